//! The Resource Manager: questions, and operations whose result is waited for.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::Value;

use super::failure::refusal;
use super::identity::{Identity, Machine, Token};
use super::web::{Answer, Method, Trouble, Web};

/// The public cloud's.
const PUBLIC: &str = "https://management.azure.com";
/// Of the other clouds, by the name that the metadata service says.
const CLOUDS: [(&str, &str); 3] = [
    (
        "azureusgovernmentcloud",
        "https://management.usgovcloudapi.net",
    ),
    ("azurechinacloud", "https://management.chinacloudapi.cn"),
    ("bleu", "https://management.sovcloud-api.fr"),
];
/// Between two looks at an operation, where Azure does not say.
const PAUSE: Duration = Duration::from_secs(3);
/// The longest that is waited where it says.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Pages of a list that are read.
const MOST_PAGES: usize = 50;

/// The Resource Manager, asked as one identity.
pub struct Manager<'a> {
    web: &'a Web,
    identity: &'a Identity<'a>,
    place: String,
    token: RefCell<Token>,
}

impl<'a> Manager<'a> {
    /// That of the cloud in which this machine is.
    pub fn new(
        web: &'a Web,
        identity: &'a Identity<'a>,
        here: &Machine,
        place: Option<&str>,
    ) -> Result<Self, String> {
        let cloud = here.az_environment.to_lowercase();
        let of_cloud = CLOUDS.iter().find(|(name, _)| *name == cloud);
        let place = place.unwrap_or(of_cloud.map_or(PUBLIC, |(_, place)| place));
        if !place.starts_with("https://") {
            return Err(format!(
                "'{place}' is not asked: a token goes over https only"
            ));
        }
        Ok(Self {
            web,
            identity,
            token: RefCell::new(identity.token(&format!("{place}/"))?),
            place: place.to_owned(),
        })
    }

    /// What a resource is. `what`: in words.
    pub fn get(&self, what: &str, path: &str, version: &str) -> Result<Value, String> {
        let url = format!("{}{path}?api-version={version}", self.place);
        json(what, &self.settled(what, Method::Get, &url)?)
    }

    /// All members of a list, page by page.
    pub fn list(&self, what: &str, path: &str, version: &str) -> Result<Vec<Value>, String> {
        let mut url = format!("{}{path}?api-version={version}", self.place);
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let mut page = json(what, &self.settled(what, Method::Get, &url)?)?;
            if let Some(Value::Array(members)) = page.get_mut("value").map(Value::take) {
                all.extend(members);
            }
            match page.get("nextLink").and_then(Value::as_str) {
                Some(next) if !next.is_empty() => url = self.own(what, next)?,
                _ => return Ok(all),
            }
        }
        Err(format!("Azure's list of {what} has no end"))
    }

    /// The text of what an operation ends with.
    pub fn result(&self, what: &str, path: &str, version: &str) -> Result<String, String> {
        let mut url = format!("{}{path}?api-version={version}", self.place);
        let mut method = Method::Post;
        loop {
            let answer = self.settled(what, method, &url)?;
            // A result that is not there yet has been seen as `null`.
            if answer.status != 202 && !matches!(answer.body.trim(), "" | "null") {
                return Ok(answer.body);
            }
            match answer.location {
                Some(location) => (method, url) = (Method::Get, self.own(what, &location)?),
                None if method == Method::Get => {}
                None => return Err(format!("Azure says nowhere where {what} will be")),
            }
            self.pause(what, answer.retry_after.unwrap_or(PAUSE))?;
        }
    }

    /// An answer that is no refusal: what passes by itself is asked again.
    fn settled(&self, what: &str, method: Method, url: &str) -> Result<Answer, String> {
        let mut renewed = false;
        loop {
            let header = self.token.borrow().header();
            let asked = self.web.ask(method, url, ("Authorization", &header));
            let answer = asked.map_err(|trouble| self.no_answer(what, trouble))?;
            match answer.status {
                200..=299 => return Ok(answer),
                401 if !renewed => {
                    renewed = true;
                    *self.token.borrow_mut() = self.identity.token(&format!("{}/", self.place))?;
                }
                429 | 500..=599 => {
                    let pause = answer.retry_after.unwrap_or(PAUSE);
                    if self.pause(what, pause).is_err() {
                        return Err(refusal(what, &answer));
                    }
                }
                _ => return Err(refusal(what, &answer)),
            }
        }
    }

    fn pause(&self, what: &str, pause: Duration) -> Result<(), String> {
        let pause = pause.clamp(Duration::from_millis(10), LONGEST_PAUSE);
        self.web
            .wait(pause)
            .map_err(|trouble| self.no_answer(what, trouble))
    }

    /// A place that Azure names, where the token may go: the same host, over TLS.
    fn own(&self, what: &str, url: &str) -> Result<String, String> {
        let is_own = url
            .strip_prefix(&self.place)
            .is_some_and(|rest| rest.starts_with('/'))
            && url.bytes().all(|byte| byte.is_ascii_graphic());
        if is_own {
            Ok(url.to_owned())
        } else {
            Err(format!(
                "Azure leads elsewhere for {what}: '{}'; the token goes to {} only",
                super::failure::shown(url),
                self.place
            ))
        }
    }

    fn no_answer(&self, what: &str, trouble: Trouble) -> String {
        match trouble {
            Trouble::NoAnswer(why) => format!(
                "{} cannot be asked {what}: {why}; it takes a way out of the VM's subnet to it on port 443 (a NAT gateway, a \
                 load balancer or a public address)",
                self.place
            ),
            Trouble::Late => format!(
                "Azure has not said {what} in time; ask again with a longer --azure-timeout"
            ),
        }
    }
}

fn json(what: &str, answer: &Answer) -> Result<Value, String> {
    serde_json::from_str(&answer.body)
        .map_err(|error| format!("Azure's answer to {what} is no JSON ({error})"))
}
