//! HTTP to the two places that are asked, and nowhere else: no proxy, no redirect, bounded answers, one deadline.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::Response;

use crate::observe::{http_settings, tls_settings};

/// The longest answer, in octets: 10,000 routes, twice, with room.
const LONGEST_ANSWER: u64 = 16 << 20;
/// The time for one answer.
const ANSWER: Duration = Duration::from_secs(30);
/// The time for a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// An HTTP client with a deadline.
pub struct Web {
    agent: Agent,
    until: Instant,
}

/// The HTTP method.
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
    /// Where the operation's progress is asked for.
    pub operation: Option<String>,
    pub retry_after: Option<Duration>,
}

/// Why there is no answer.
pub enum Trouble {
    /// No answer: no connection, no such name, or not in time.
    NoWay(String),
    /// An answer that cannot be used: no TLS, a certificate that is not trusted, too long.
    NoSense(String),
    /// The deadline has passed.
    Late,
}

impl Web {
    /// `until`: the deadline. `authority`: trusted instead of the system's certificate authorities.
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

    /// An error of ureq's, in words. It quotes no header, and so no token.
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

    /// Waits, unless the deadline is before.
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
