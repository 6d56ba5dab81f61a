//! The Resource Manager: questions, and operations whose result is waited for.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::Value;

use super::failure::{refusal, shown};
use super::id::ResourceId;
use super::identity::{Identity, Machine};
use super::token::Token;
use super::web::{Answer, Method, Trouble, Web};

/// The Resource Manager's URL in each cloud, by the metadata service's name of the cloud.
const CLOUDS: [(&str, &str); 5] = [
    ("", "https://management.azure.com"),
    ("azurepubliccloud", "https://management.azure.com"),
    (
        "azureusgovernmentcloud",
        "https://management.usgovcloudapi.net",
    ),
    ("azurechinacloud", "https://management.chinacloudapi.cn"),
    ("bleu", "https://management.sovcloud-api.fr"),
];
/// Between two questions about an operation, where Azure names no pause.
const PAUSE: Duration = Duration::from_secs(3);
/// The bounds of a pause that Azure names.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
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
    /// The Resource Manager of this machine's cloud.
    pub fn new(
        web: &'a Web,
        identity: &'a Identity<'a>,
        here: &Machine,
        place: Option<&str>,
    ) -> Result<Self, String> {
        let cloud = here.az_environment.as_deref().unwrap_or_default();
        let of_cloud = CLOUDS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(cloud))
            .map(|(_, place)| *place);
        let Some(place) = place.or(of_cloud) else {
            return Err(format!(
                "the cloud '{}' is not known, nor where its Resource Manager is; hand over what az prints",
                shown(cloud)
            ));
        };
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

    fn url(&self, path: &str, version: &str) -> String {
        let path = ResourceId::in_url(path);
        format!("{}{path}?api-version={version}", self.place)
    }

    /// A resource. `what`: what is asked, for errors.
    pub fn get(&self, what: &str, path: &str, version: &str) -> Result<Value, String> {
        let url = self.url(path, version);
        self.json(what, &self.settled(what, Method::Get, &url)?)
    }

    /// All members of a list, page by page.
    pub fn list(&self, what: &str, path: &str, version: &str) -> Result<Vec<Value>, String> {
        let mut url = self.url(path, version);
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let mut page = self.json(what, &self.settled(what, Method::Get, &url)?)?;
            match page.get_mut("value").map(Value::take) {
                Some(Value::Array(members)) => all.extend(members),
                _ => return Err(format!("Azure's answer to {what} is no list")),
            }
            match page.get("nextLink").and_then(Value::as_str) {
                Some(next) if !next.is_empty() => url = self.own(what, next)?,
                _ => return Ok(all),
            }
        }
        Err(format!("Azure's list of {what} has no end"))
    }

    /// Starts an operation, waits for its end, and returns the text of its result.
    pub fn result(&self, what: &str, path: &str, version: &str) -> Result<String, String> {
        let url = self.url(path, version);
        let mut answer = self.settled(what, Method::Post, &url)?;
        if let Some(operation) = &answer.operation {
            self.operation(what, &self.own(what, operation)?)?;
        }
        let mut place = None;
        loop {
            if self.is_result(what, &answer)? {
                return Ok(answer.body);
            }
            if let Some(location) = &answer.location {
                place = Some(self.own(what, location)?);
            }
            self.pause(what, answer.retry_after.unwrap_or(PAUSE))?;
            // Azure answers `null` while there is no result, sometimes without a Location: then the operation is started again.
            answer = match &place {
                Some(place) => self.settled(what, Method::Get, place)?,
                None => self.settled(what, Method::Post, &url)?,
            };
        }
    }

    /// Waits until an operation has succeeded.
    fn operation(&self, what: &str, place: &str) -> Result<(), String> {
        loop {
            let answer = self.settled(what, Method::Get, place)?;
            match status(&answer).as_deref() {
                Some("succeeded") => return Ok(()),
                Some("failed" | "canceled") => return Err(self.refusal(what, &answer)),
                _ => self.pause(what, answer.retry_after.unwrap_or(PAUSE))?,
            }
        }
    }

    /// Whether an answer is an operation's result, and not its progress.
    fn is_result(&self, what: &str, answer: &Answer) -> Result<bool, String> {
        let body = answer.body.trim();
        let is_fault = || {
            let value: Option<Value> = serde_json::from_str(body).ok();
            value.is_some_and(|value| value.get("error").is_some_and(Value::is_object))
        };
        match (answer.status, status(answer).as_deref()) {
            (204, _) => Err(format!("Azure ended without saying {what}; ask again")),
            (202, _) => Ok(false),
            (_, Some("failed" | "canceled")) => Err(self.refusal(what, answer)),
            (_, Some(_)) => Ok(false),
            (_, None) if is_fault() => Err(self.refusal(what, answer)),
            (_, None) => Ok(!matches!(body, "" | "null")),
        }
    }

    fn refusal(&self, what: &str, answer: &Answer) -> String {
        refusal(what, answer, &self.token.borrow())
    }

    /// Asks until the answer is final: again after 429 and 5xx, and once after 401, with a new token.
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
                    if self.web.wait(pause.max(SHORTEST_PAUSE)).is_err() {
                        return Err(self.refusal(what, &answer));
                    }
                }
                _ => return Err(self.refusal(what, &answer)),
            }
        }
    }

    fn pause(&self, what: &str, pause: Duration) -> Result<(), String> {
        let pause = pause.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        self.web
            .wait(pause)
            .map_err(|trouble| self.no_answer(what, trouble))
    }

    /// Checks a URL that Azure names: the token goes to the Resource Manager only.
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
                shown(&self.token.borrow().hidden(url)),
                self.place
            ))
        }
    }

    fn no_answer(&self, what: &str, trouble: Trouble) -> String {
        match trouble {
            Trouble::NoSense(why) => format!("{} cannot be asked {what}: {why}", self.place),
            Trouble::NoWay(why) => format!(
                "{} cannot be asked {what}: {why}; it takes a way out of the VM's subnet to it on port 443 (a NAT gateway, a \
                 load balancer or a public address)",
                self.place
            ),
            Trouble::Late => format!(
                "Azure has not said {what} in time; ask again with a longer --azure-timeout"
            ),
        }
    }

    fn json(&self, what: &str, answer: &Answer) -> Result<Value, String> {
        let value: Value = serde_json::from_str(&answer.body)
            .map_err(|error| format!("Azure's answer to {what} is no JSON ({error})"))?;
        match value.get("error") {
            Some(error) if error.is_object() => Err(self.refusal(what, answer)),
            _ => Ok(value),
        }
    }
}

/// The status of an operation in an answer, in lower case; `None`: the answer has none.
fn status(answer: &Answer) -> Option<String> {
    let value: Value = serde_json::from_str(&answer.body).ok()?;
    Some(value.get("status")?.as_str()?.to_lowercase())
}
