//! HAProxy's stats page over HTTP, in its CSV form (management.txt section 9.1): for a HAProxy without a socket.
//!
//! The page does not say which process answers. Only `;` makes it CSV: after `&` or `%3B` it is HTML, with 200.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::agent::CachedAgent;
use super::socket::LONGEST_ANSWER;
use super::{rows, tls};
use crate::condition::Url;
use crate::config::Trust;
use crate::files::{self, Links};
use crate::foreign;
use crate::observation::{Snapshot, Trouble};
use crate::value::base64;

/// The longest password.
const LONGEST_PASSWORD: usize = 1024;
/// The longest password file: what stands below its first line is not looked at.
const LONGEST_FILE: u64 = 64 << 10;

/// Looks once: the named proxies.
///
/// # Errors
/// Nobody listens, or the answer is not the stats page's CSV.
pub fn look(
    url: &Url,
    login: Option<&(String, PathBuf)>,
    trust: &Trust,
    names: &[String],
    timeout: Duration,
    agent: &CachedAgent,
) -> Result<Snapshot, Trouble> {
    let place = url.as_str();
    let authorization = login
        .map(|(user, file)| basic(user, file))
        .transpose()
        .map_err(Trouble::Unreadable)?;
    let agent = agent
        .get(timeout, trust.verify, trust.authorities.as_deref())
        .map_err(Trouble::Unreadable)?;
    let mut request = agent.get(question(place, names));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let mut response = request.call().map_err(|error| trouble(error, place))?;
    if let Some(why) = refused(&response, login) {
        return Err(Trouble::Unreadable(format!("{place} {why}")));
    }
    let body = response
        .body_mut()
        .with_config()
        .limit(LONGEST_ANSWER)
        .read_to_vec()
        .map_err(|error| trouble(error, place))?;
    let wanted: HashSet<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
    let mut proxies = rows::Proxies::new();
    rows::add_table(&mut proxies, &body, |name| wanted.contains(name))
        .map_err(|error| Trouble::Unreadable(format!("{place}: {error}")))?;
    Ok(Snapshot {
        process: None,
        proxies,
    })
}

type Response = ureq::http::Response<ureq::Body>;

/// Why an answer has no statistics.
fn refused(response: &Response, login: Option<&(String, PathBuf)>) -> Option<String> {
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    };
    let own = "is it the 'stats uri' of haproxy.cfg?";
    let kind = header("content-type");
    match (response.status().as_u16(), login) {
        (200, _) if kind.starts_with("text/plain") => None,
        (200, _) => Some(format!(
            "answered with {}, not with statistics; {own}",
            shown(kind, "no content type")
        )),
        (401, None) => {
            Some("asks for a user and a password (401); set username and password_file".to_owned())
        }
        (401, Some((user, file))) => Some(format!(
            "refuses user '{user}' with the password in '{}' (401)",
            file.display()
        )),
        (status @ 300..=399, _) => Some(format!(
            "answered with status {status}, which leads to {}; write the URL of the page itself",
            shown(header("location"), "nowhere")
        )),
        (status, _) => Some(format!("answered with status {status}; {own}")),
    }
}

/// The page's URL in its CSV form; of one proxy only (and of those whose names contain its name) where one is asked for.
fn question(url: &str, names: &[String]) -> String {
    let mut question = url.to_owned();
    for option in [";csv", ";norefresh"] {
        if !question.contains(option) {
            question.push_str(option);
        }
    }
    if let [name] = names
        && !question.contains(";scope=")
    {
        question.push_str(";scope=");
        question.push_str(name);
    }
    question
}

/// `Basic …` (RFC 7617) for the user and the password in the file's first line.
fn basic(user: &str, path: &Path) -> Result<String, String> {
    let shown = path.display();
    let text =
        files::read(path, Links::Followed, LONGEST_FILE).map_err(|error| match error.kind() {
            ErrorKind::NotFound => format!("no password file '{shown}'"),
            ErrorKind::PermissionDenied => format!("no permission to read password file '{shown}'"),
            _ => format!(
                "failed to read password file '{shown}': {}",
                files::reason(&error)
            ),
        })?;
    let password = text
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .next()
        .unwrap_or_default();
    if password.is_empty() || password.len() > LONGEST_PASSWORD {
        return Err(format!(
            "password file '{shown}' holds no password in its first line"
        ));
    }
    Ok(format!(
        "Basic {}",
        base64(&[user.as_bytes(), b":", password].concat())
    ))
}

/// What is shown of a header; `absent` where it has nothing to show.
fn shown(text: &str, absent: &str) -> String {
    match foreign::plain(text).take(60).collect::<String>() {
        text if text.is_empty() => absent.to_owned(),
        text => format!("'{text}'"),
    }
}

fn trouble(error: ureq::Error, place: &str) -> Trouble {
    match &error {
        ureq::Error::Io(io) if io.kind() == ErrorKind::ConnectionRefused => {
            Trouble::Gone(format!("connection refused at {place}"))
        }
        ureq::Error::Timeout(_) => Trouble::Unreadable(format!("no answer at {place} in time")),
        ureq::Error::BodyExceedsLimit(limit) => {
            Trouble::Unreadable(format!("an answer of over {limit} bytes at {place}"))
        }
        ureq::Error::Protocol(_) => Trouble::Unreadable(format!(
            "{place} does not speak HTTP; a stats socket over TCP is written without http://"
        )),
        ureq::Error::Io(io) => {
            Trouble::Unreadable(format!("{} at {place}", tls::in_words(files::reason(io))))
        }
        _ => Trouble::Unreadable(format!("{} at {place}", tls::in_words(error.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_the_pages_csv_form() {
        let one = ["http_back".to_owned()];
        assert_eq!(
            question("http://h/haproxy?stats", &one),
            "http://h/haproxy?stats;csv;norefresh;scope=http_back"
        );
        assert_eq!(
            question("http://h/stats;csv", &[]),
            "http://h/stats;csv;norefresh"
        );
        // Without a path, as many write it.
        for (text, asked) in [
            (
                "http://127.0.0.1:9402",
                "http://127.0.0.1:9402/;csv;norefresh",
            ),
            (
                "http://127.0.0.1:9402?stats",
                "http://127.0.0.1:9402/?stats;csv;norefresh",
            ),
        ] {
            let url: Url = text.parse().unwrap();
            assert_eq!(question(url.as_str(), &[]), asked);
            let uri: ureq::http::Uri = asked.parse().unwrap();
            assert_eq!(uri.port_u16(), Some(9402));
        }
        assert!("http://127.0.0.1:9402;csv".parse::<Url>().is_err());
    }
}
