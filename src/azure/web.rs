//! HTTP to the two places that are asked, and nowhere else: no proxy, no redirect, bounded answers, one time for all.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::Response;

use crate::observe::{http_settings, tls_settings};

/// The longest answer: 10,000 routes, twice, with room.
const LONGEST_ANSWER: u64 = 16 << 20;
/// For one answer.
const ANSWER: Duration = Duration::from_secs(30);
/// For a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// A way to ask over HTTP, until a time.
pub struct Web {
    agent: Agent,
    until: Instant,
}

/// How to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    /// Without a body.
    Post,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub body: String,
    /// Where the result of an operation that is under way will be.
    pub location: Option<String>,
    /// Where it is said how far the operation has come.
    pub operation: Option<String>,
    pub retry_after: Option<Duration>,
}

/// Why there is no answer.
pub enum Trouble {
    /// Nobody answers: no way, no name, no time.
    NoWay(String),
    /// Who answers cannot be heard: no TLS, a certificate that is not believed, too long.
    NoSense(String),
    /// The time for all answers is over.
    Late,
}

impl Web {
    /// A way that ends then. `authority`: believed instead of the system's.
    pub fn new(until: Instant, authority: Option<&Path>) -> Result<Self, String> {
        let tls = tls_settings(true, authority)?;
        let agent = http_settings(ANSWER).tls_config(tls).build().into();
        Ok(Self { agent, until })
    }

    /// Asks once.
    pub fn ask(
        &self,
        method: Method,
        url: &str,
        (name, value): (&str, &str),
    ) -> Result<Answer, Trouble> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Trouble::Late);
        }
        let (timeout, connect) = (Some(left.min(ANSWER)), Some(left.min(CONNECT)));
        let answer = match method {
            Method::Get => {
                let request = self.agent.get(url).header(name, value).config();
                let request = request.timeout_global(timeout).timeout_connect(connect);
                request.build().call()
            }
            Method::Post => {
                let request = self.agent.post(url).header(name, value).config();
                let request = request.timeout_global(timeout).timeout_connect(connect);
                request.build().send_empty()
            }
        };
        answer.and_then(read).map_err(|error| self.trouble(&error))
    }

    /// An error of the library's without what was asked, in which no secret is: the token is a header.
    fn trouble(&self, error: &ureq::Error) -> Trouble {
        use ureq::Error;
        match error {
            Error::Timeout(_) if Instant::now() >= self.until => Trouble::Late,
            Error::Timeout(_) => Trouble::NoWay("no answer in time".to_owned()),
            Error::HostNotFound => Trouble::NoWay("no name server knows its name".to_owned()),
            Error::ConnectionFailed => Trouble::NoWay("no connection".to_owned()),
            Error::Io(error) => Trouble::NoWay(crate::files::reason(error)),
            Error::BodyExceedsLimit(_) => {
                Trouble::NoSense("its answer is longer than any that is read".to_owned())
            }
            other => Trouble::NoSense(
                crate::observe::tls_words(other.to_string())
                    .replace("(see tls_ca_file)", "(a proxy that takes TLS apart?)"),
            ),
        }
    }

    /// Waits, unless the time for all answers ends before.
    pub fn wait(&self, pause: Duration) -> Result<(), Trouble> {
        if Instant::now() + pause >= self.until {
            return Err(Trouble::Late);
        }
        sleep(pause);
        Ok(())
    }
}

fn read(mut response: Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        Some(value.to_str().ok()?.to_owned())
    };
    let (location, retry_after) = (header("location"), header("retry-after"));
    let operation = header("azure-asyncoperation");
    let body = response.body_mut().with_config().limit(LONGEST_ANSWER);
    let body = body.read_to_vec()?;
    Ok(Answer {
        status: response.status().as_u16(),
        body: String::from_utf8_lossy(&body).into_owned(),
        location,
        operation,
        retry_after: retry_after
            .and_then(|seconds| seconds.parse().ok())
            .map(Duration::from_secs),
    })
}
