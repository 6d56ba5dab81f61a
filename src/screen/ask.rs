//! The edge: each source is read by a thread of its own, so that one that hangs holds up no other.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::source::{Place, Source};
use crate::files::{self, Links};
use crate::observe::{http_settings, tls_settings, tls_words};
use crate::report::status::{LONGEST, Report, parse, plain};

/// The time for one answer.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The time for all answers: each thread ends before, unless a disk hangs.
const PATIENCE: Duration = Duration::from_millis(2500);
/// The longest page, in octets; HAProxy's has less than 12 kB.
const LONGEST_PAGE: u64 = 64 << 10;
/// Characters of a text that are kept; the longest texts are commands of ExaBGP's.
const LONGEST_WORDS: usize = 4096;
/// The longest interval of heartbeats, in seconds, that a status may claim: without a bound it would never be old.
const LONGEST_BEAT: u64 = 60;

/// The beginning of [`parse`]'s error for a text that is no status.
const NO_STATUS: &str = "it is no status file";
const NO_PAGE: &str =
    "it answers with no status of haproxy-rhi's; is it the page of status_variable?";

/// A status, or why there is none.
pub type Answer = Result<Report, String>;

/// A source, and the thread that still waits for it.
#[derive(Debug)]
pub struct Asker {
    source: Source,
    waiting: Option<Receiver<Answer>>,
}

impl Asker {
    pub fn new(source: Source) -> Self {
        Self {
            source,
            waiting: None,
        }
    }

    /// Starts the thread, unless the one before still hangs.
    fn begin(&mut self) {
        if self.waiting.is_some() {
            return;
        }
        let (answer, answered) = mpsc::sync_channel(1);
        let place = self.source.place.clone();
        let ask = move || drop(answer.try_send(read(&place)));
        let begun = thread::Builder::new().name("source".to_owned()).spawn(ask);
        self.waiting = begun.is_ok().then_some(answered);
    }

    fn answer(&mut self, deadline: Instant) -> Answer {
        let Some(waiting) = self.waiting.take() else {
            return Err("the system gives no thread".to_owned());
        };
        match waiting.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Disconnected) => Err("its answer cannot be read".to_owned()),
            Err(RecvTimeoutError::Timeout) => {
                self.waiting = Some(waiting);
                Err("no answer yet".to_owned())
            }
        }
    }
}

/// Reads all sources at once.
pub fn all(askers: &mut [Asker]) -> Vec<(Source, Answer)> {
    askers.iter_mut().for_each(Asker::begin);
    let deadline = Instant::now() + PATIENCE;
    let answer = |asker: &mut Asker| (asker.source.clone(), asker.answer(deadline));
    askers.iter_mut().map(answer).collect()
}

fn read(place: &Place) -> Answer {
    let bytes = match place {
        Place::File(path) => {
            files::read(path, Links::Followed, LONGEST).map_err(|error| files::reason(&error))?
        }
        Place::Page(url) => page(url.as_str())?,
    };
    let value = serde_json::from_slice(&bytes).unwrap_or_default();
    let mut report = parse(clean(value)).map_err(|why| match place {
        Place::Page(_) if why.starts_with(NO_STATUS) => NO_PAGE.to_owned(),
        _ => why,
    })?;
    report.heartbeat_every_seconds = report.heartbeat_every_seconds.min(LONGEST_BEAT);
    if matches!(place, Place::Page(_)) {
        // Whatever the page says: its PID is not of this machine.
        report.status.process.pid_namespace = "elsewhere".to_owned();
    }
    Ok(report)
}

fn page(url: &str) -> Result<Vec<u8>, String> {
    let mut settings = http_settings(TIMEOUT);
    if url.starts_with("https:") {
        settings = settings.tls_config(tls_settings(true, None)?);
    }
    let agent: ureq::Agent = settings.build().into();
    let mut response = agent.get(url).call().map_err(|error| in_words(&error))?;
    match response.status().as_u16() {
        200 => {}
        status => {
            return Err(format!(
                "it answers with HTTP status {status}; haproxy.cfg there must have the page, and open it to this host"
            ));
        }
    }
    let body = response.body_mut().as_reader();
    let bytes = files::content(body, LONGEST_PAGE).map_err(|error| broken(&error))?;
    if bytes.is_empty() {
        return Err("its page is empty: no haproxy-rhi has told its HAProxy anything".to_owned());
    }
    Ok(bytes)
}

fn in_words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => format!("no answer in {} s", TIMEOUT.as_secs()),
        ureq::Error::Io(error) => tls_words(files::reason(error)),
        other => tls_words(other.to_string()),
    }
}

/// The words for an error while the body is read. ureq's timeout is inside of an I/O error there.
fn broken(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::InvalidInput => error.to_string(),
        std::io::ErrorKind::UnexpectedEof => "its answer was cut off".to_owned(),
        _ if error.to_string().contains("timeout") => {
            format!("its answer has no end within {} s", TIMEOUT.as_secs())
        }
        _ => files::reason(error),
    }
}

/// Bounds the texts of another host and removes control characters: they go to a terminal that may be root's.
fn clean(value: Value) -> Value {
    match value {
        Value::String(text) => {
            let text = plain(&text).replace('\n', " ");
            match text.char_indices().nth(LONGEST_WORDS) {
                Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()).into(),
                None => text.into(),
            }
        }
        Value::Array(list) => list.into_iter().map(clean).collect(),
        Value::Object(object) => {
            let entries = object.into_iter();
            entries.map(|(key, value)| (key, clean(value))).collect()
        }
        value => value,
    }
}
