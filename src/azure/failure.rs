//! What the Resource Manager refuses, and the cure, in words.

use serde::Deserialize;

use super::token::Token;
use super::web::Answer;
use crate::foreign;

/// The longest text of Azure's that is shown, in characters.
const LONGEST: usize = 600;

#[derive(Deserialize)]
struct Body {
    error: Fault,
}

#[derive(Deserialize)]
struct Fault {
    code: Option<String>,
    message: Option<String>,
}

/// The refusal of a question, in Azure's words and ours.
pub fn refusal(what: &str, answer: &Answer, token: &Token) -> String {
    let fault = serde_json::from_str::<Body>(&answer.body).ok();
    let part = |part: fn(&Fault) -> Option<&String>| {
        let text = fault.as_ref().and_then(|body| part(&body.error));
        shown(&token.hidden(text.map_or("", String::as_str)))
    };
    let (code, message) = (
        part(|fault| fault.code.as_ref()),
        part(|fault| fault.message.as_ref()),
    );
    let said = match (code.as_str(), message.as_str()) {
        ("", "") => format!("status {}", answer.status),
        ("", message) => format!("{}: {message}", answer.status),
        (code, message) => format!("{}, {code}: {message}", answer.status),
    };
    let cure = cure(answer.status, &code, &message);
    format!("Azure refused to say {what} ({said}); {cure}")
}

fn cure(status: u16, code: &str, message: &str) -> String {
    match (status, code) {
        (401, _) => {
            "the token is not accepted there: is the resource of another tenant?".to_owned()
        }
        (403, _) => {
            let action = between(message, "perform action '", "'");
            format!(
                "give the managed identity a role with {}; 'Reader' is not enough, and a new role takes some minutes",
                action.map_or(
                    "the actions that haproxy-rhi-azure(7) lists".to_owned(),
                    |action| { format!("the action '{action}'") }
                )
            )
        }
        (404, "SubscriptionNotFound") => {
            "the identity sees no such subscription; is it of another tenant?".to_owned()
        }
        (400, "NicMustBeAttachedToRunningVmForGettingEffectiveRoutes") => {
            "the VM of that network interface must run".to_owned()
        }
        (404, _) => "check the resource ID; a name may be another one".to_owned(),
        (409, _) | (429, "RetryableErrorDueToAnotherOperation") => {
            "another operation is under way there; ask again in some minutes".to_owned()
        }
        (429, _) => "it is asked too often; ask again later".to_owned(),
        (500.., _) => "this is Azure's fault; ask again later".to_owned(),
        (300..=399, _) => "it leads elsewhere, where the token must not go".to_owned(),
        (200..=299, _) => "the operation has failed there; ask again".to_owned(),
        _ => "check the resource ID, and ask again".to_owned(),
    }
}

/// Another program's text for a terminal: cut, with control characters replaced.
pub fn shown(text: &str) -> String {
    foreign::plain(text).take(LONGEST).collect()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = text.split_once(before)?.1;
    Some(rest.split_once(after)?.0)
}
