//! The VM's managed identity: a token of the instance metadata service, and which machine this is.
//!
//! (learn.microsoft.com, "How to use managed identities for Azure resources on an Azure VM to acquire an access token", and
//! "Azure Instance Metadata Service". Any process of this VM gets the same token.)

use std::time::Duration;

use serde::Deserialize;

use super::failure::shown;
use super::token::Token;
use super::web::{Answer, Method, Trouble, Web};

/// The metadata service, which is on every VM; a link-local address that no proxy is asked for.
const PLACE: &str = "http://169.254.169.254";
/// Seconds before each attempt, as the documentation has them.
/// (410: the service is updated, and back within 70 s.)
const PAUSES: [u64; 6] = [0, 2, 6, 14, 30, 20];

/// Which machine this is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    pub subscription_id: String,
    pub az_environment: Option<String>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

#[derive(Deserialize)]
struct Refused {
    error: Option<String>,
    error_description: Option<String>,
}

/// The managed identity with which Azure is asked.
pub struct Identity<'web> {
    web: &'web Web,
    place: String,
    client: Option<&'web str>,
}

impl<'web> Identity<'web> {
    /// `client`: the client id, where the VM has several identities.
    pub fn new(web: &'web Web, place: Option<&str>, client: Option<&'web str>) -> Self {
        Self {
            web,
            place: place.unwrap_or(PLACE).to_owned(),
            client,
        }
    }

    /// Which machine this is.
    pub fn machine(&self) -> Result<Machine, String> {
        let url = format!(
            "{}/metadata/instance/compute?api-version=2021-02-01",
            self.place
        );
        let answer = self.ask(&url)?;
        match answer.status {
            200 => serde_json::from_str(&answer.body)
                .map_err(|error| format!("the metadata service's answer makes no sense ({error})")),
            _ => Err(self.refusal(&answer)),
        }
    }

    /// A token for the Resource Manager at this place.
    pub fn token(&self, resource: &str) -> Result<Token, String> {
        let resource = resource.replace(':', "%3A").replace('/', "%2F");
        let mut url = format!(
            "{}/metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}",
            self.place
        );
        if let Some(client) = self.client {
            url = format!("{url}&client_id={client}");
        }
        let answer = self.ask(&url)?;
        if answer.status != 200 {
            return Err(self.refusal(&answer));
        }
        let token = serde_json::from_str::<Granted>(&answer.body).ok();
        // What cannot be in a header is no token.
        let is_plain = |token: &Granted| {
            token
                .access_token
                .bytes()
                .all(|byte| byte.is_ascii_graphic())
        };
        token
            .filter(|token| !token.access_token.is_empty() && is_plain(token))
            .map(|token| Token::new(token.access_token))
            .ok_or_else(|| "the metadata service answered without a token".to_owned())
    }

    /// Asks, and again where the documentation says so.
    fn ask(&self, url: &str) -> Result<Answer, String> {
        let mut last = None;
        for pause in PAUSES {
            let answer = match self.web.wait(Duration::from_secs(pause)) {
                Ok(()) => self.web.ask(Method::Get, url, ("Metadata", "true")),
                Err(late) => Err(late),
            };
            match answer {
                Ok(answer) if !is_passing(answer.status) => return Ok(answer),
                Ok(answer) => last = Some(self.refusal(&answer)),
                Err(Trouble::NoWay(why) | Trouble::NoSense(why)) => {
                    last = Some(format!(
                        "no metadata service at {} ({why}); is this a VM of Azure's? Elsewhere, hand over what 'az network \
                         routeserver peering list-learned-routes' prints",
                        self.place
                    ));
                    // Without a metadata service, another attempt does not help.
                    if !why.contains("in time") || pause > 0 {
                        break;
                    }
                }
                Err(Trouble::Late) => break,
            }
        }
        Err(last.unwrap_or_else(|| {
            "the time for Azure's answers is too short (--azure-timeout)".to_owned()
        }))
    }

    fn refusal(&self, answer: &Answer) -> String {
        let said = serde_json::from_str::<Refused>(&answer.body).ok();
        let word = |part: Option<&String>| shown(part.map_or("", String::as_str));
        let error = word(said.as_ref().and_then(|said| said.error.as_ref()));
        let description = word(
            said.as_ref()
                .and_then(|said| said.error_description.as_ref()),
        );
        let cure = match (answer.status, error.as_str(), self.client) {
            (400, "invalid_resource", _) => "this cloud's Resource Manager is not known to it",
            (400, "bad_request_102", _) => "something between changes the question",
            (400, _, None) => {
                "this VM has no managed identity, or several: assign one to it, or name one with --azure-identity"
            }
            (400, _, Some(_)) => {
                "this VM has no managed identity with that client id; see --azure-identity"
            }
            (429, ..) => "it is asked too often; ask again later",
            (404 | 410 | 500.., ..) => "ask again later",
            _ => "is this a VM of Azure's?",
        };
        format!(
            "the metadata service refused ({}{}{error}{}{description}); {cure}",
            answer.status,
            if error.is_empty() { "" } else { ", " },
            if description.is_empty() { "" } else { ": " },
        )
    }
}

/// Whether a status passes by itself.
fn is_passing(status: u16) -> bool {
    matches!(status, 404 | 410 | 429 | 500..)
}
