//! What happens in a story, a line each:
//!
//! | line                                | what happens                                                                  |
//! |-------------------------------------|-------------------------------------------------------------------------------|
//! | `config:`                           | the file is another one; one that cannot be used changes nothing              |
//! | `killed and started again`          | the process is killed with -9, and another one begins                         |
//! | `no watch can start: no threads`    | from now on, and why                                                          |
//! | `watches can start`                 | again                                                                         |
//! | `address 9.9.9.9: elsewhere`        | or `here`, or `unknown` and the reason; before, all are here                  |
//! | `probe file /run/ready: yes exists` | or `no`, `unknown`, or `silent` where nobody answers, and the reason            |
//! | `probe lives http http://…: no 503` | from now on each such probe that the program orders is answered so; the lines of |
//! |                                     | one time are all of them                                                      |
//! | `no probe lives`                    | from now on none is answered                                                  |
//! | `drain web: kernel update`          | it is drained, and why; `force`, `id 1`, `a minute ago` and `an age ago` in the |
//! |                                     | reason say of which kind, which one and how old the order is                  |
//! | `drain web: over`                   | the order is gone                                                             |
//! | `exabgp: neighbor 192.0.2.4 up`     | a line that ExaBGP writes                                                     |
//! | `exabgp answers: nothing`           | how it answers from now on, see [`Answers`]; the lines of one time are all of it |
//! | `exabgp gone`                       | it closes its end of the pipe                                                 |
//! | `haproxy: http_back 2 of 2 up`      | a look, and what HAProxy says, see [`State`]                                  |
//! | `haproxy lives: …`                  | from now on each look that the program orders is answered so                  |
//! | `haproxy hangs`                     | from now on none is answered                                                  |
//! | `haproxy gone: connection refused`  | a look: nobody listens, and the reason                                        |
//! | `haproxy unreadable: no answer`     | a look: it cannot be read, and the reason                                     |
//! | `haproxy refuses variables`         | from now on it sets none; `haproxy takes variables`: it does                  |
//! | `look`                              | a look where no condition asks for HAProxy                                    |
//! | `SIGTERM`                           | the process is told to leave                                                  |
//! | `end`                               | the story ends (otherwise a second after what happens last)                   |

use std::net::IpAddr;
use std::time::Duration;

use haproxy_rhi::observation::Finding;

use super::answers::Answers;
use super::haproxy::State;

#[derive(Debug)]
pub(super) enum Event {
    Config(String),
    Restart,
    /// Why no watch can start, or that they can.
    Refused(Option<String>),
    Address(IpAddr, Result<bool, String>),
    /// The probe as it is shown, and what it found.
    Probe(String, Finding),
    ProbesLive(Vec<(String, Finding)>),
    Drain(String, Option<Wish>),
    /// Rules of [`Answers`].
    Answers(Vec<String>),
    ExaBgp(String),
    ExaBgpGone,
    HaProxy(State),
    Lives(State),
    Hangs,
    Gone(String),
    Unreadable(String),
    Control(Result<(), String>),
    Look,
    Leave,
    End,
}

/// An operator's order.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) reason: String,
    pub(super) age: Duration,
    pub(super) id: Option<String>,
    pub(super) force: bool,
}

impl Event {
    /// `config:` has its text below it.
    pub(super) fn read(line: &str) -> Result<Self, String> {
        let (key, text) = line.split_once(": ").unwrap_or((line, ""));
        let why = || text.to_owned();
        Ok(match (key, text.is_empty()) {
            ("killed and started again", true) => Self::Restart,
            ("no watch can start", false) => Self::Refused(Some(why())),
            ("watches can start", true) => Self::Refused(None),
            ("no probe lives", true) => Self::ProbesLive(Vec::new()),
            ("exabgp", false) => Self::ExaBgp(why()),
            ("exabgp answers", false) => {
                Answers::of(&[why()]).map(|_| Self::Answers(vec![why()]))?
            }
            ("exabgp gone", true) => Self::ExaBgpGone,
            ("haproxy", false) => Self::HaProxy(State::read(text)?),
            ("haproxy lives", false) => Self::Lives(State::read(text)?),
            ("haproxy hangs", true) => Self::Hangs,
            ("haproxy gone", false) => Self::Gone(why()),
            ("haproxy unreadable", false) => Self::Unreadable(why()),
            ("haproxy refuses variables", true) => {
                Self::Control(Err("permission denied".to_owned()))
            }
            ("haproxy takes variables", true) => Self::Control(Ok(())),
            ("look", true) => Self::Look,
            ("SIGTERM", true) => Self::Leave,
            ("end", true) => Self::End,
            _ => Self::of_a_name(key, text)?,
        })
    }

    fn of_a_name(key: &str, text: &str) -> Result<Self, String> {
        let named = |word: &str| {
            key.strip_prefix(word)
                .filter(|_| !text.is_empty())
                .map(str::to_owned)
        };
        if let Some(address) = named("address ") {
            let address = address
                .parse()
                .map_err(|_| format!("'{address}' is no address"))?;
            Ok(Self::Address(address, place(text)?))
        } else if let Some(probe) = named("probe lives ") {
            Ok(Self::ProbesLive(vec![(probe, found(text)?)]))
        } else if let Some(probe) = named("probe ") {
            Ok(Self::Probe(probe, found(text)?))
        } else if let Some(service) = named("drain ") {
            Ok(Self::Drain(service, wish(text)))
        } else {
            Err(format!(
                "'{key}' is nothing that happens, with or without a text after ': '; expected such as 'haproxy: http_back 2 of 2 up', \
                 'drain web: why', 'exabgp: neighbor 192.0.2.4 up', 'SIGTERM' or 'end' (the table of tests/scenarios/event.rs)"
            ))
        }
    }

    /// Takes in an event of the same time, where they are one: what lists all that is so from now on.
    pub(super) fn join(&mut self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Answers(all), Self::Answers(more)) => all.extend(more),
            (Self::ProbesLive(all), Self::ProbesLive(more)) => all.extend(more),
            (_, other) => return Some(other),
        }
        None
    }
}

fn place(text: &str) -> Result<Result<bool, String>, String> {
    match text.split_once(' ').unwrap_or((text, "")) {
        ("here", "") => Ok(Ok(true)),
        ("elsewhere", "") => Ok(Ok(false)),
        ("unknown", why) if !why.is_empty() => Ok(Err(why.to_owned())),
        _ => Err(format!(
            "'{text}' does not say where the address is; expected 'here', 'elsewhere', or 'unknown' and why"
        )),
    }
}

fn found(text: &str) -> Result<Finding, String> {
    let (word, why) = text.split_once(' ').unwrap_or((text, ""));
    Ok(match word {
        "yes" => Finding::new(Some(true), why),
        "no" => Finding::new(Some(false), why),
        "unknown" => Finding::new(None, why),
        "silent" => Finding::silence(why),
        "nameless" => Finding {
            is_own: Some(false),
            ..Finding::new(Some(true), why)
        },
        _ => {
            return Err(format!(
                "'{text}' does not say what the probe found; expected 'yes', 'no', 'unknown', 'silent' or 'nameless', and why"
            ));
        }
    })
}

fn wish(text: &str) -> Option<Wish> {
    let age = match text {
        "over" => return None,
        _ if text.contains("an age ago") => Duration::MAX,
        _ if text.contains("a minute ago") => Duration::from_secs(60),
        _ => Duration::ZERO,
    };
    let id = text.split_once("id ").map(|(_, id)| id.to_owned());
    Some(Wish {
        reason: text.to_owned(),
        age,
        id,
        force: text.contains("force"),
    })
}
