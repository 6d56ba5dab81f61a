//! How ExaBGP answers.

use haproxy_rhi::announce::{Command, Message, message};

/// How ExaBGP answers what is written to it, one rule a line; without a rule `done`.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// `nothing`: it is stopped, or hangs.
    nothing: bool,
    /// `reads nothing`: the pipe to it is full.
    pub(super) blocked: bool,
    /// `no acks`: `exabgp.api.ack` is false; only `version` has an answer.
    no_acks: bool,
    /// `error to TEXT`: it refuses commands that contain the text.
    errors: Vec<String>,
    /// `version 5.0.15`: it is this one; otherwise 4.2.21.
    version: Option<String>,
    /// `holds neighbor …`: what it says that it holds, one route a line.
    held: Vec<Message>,
    /// `established 172.16.159.4`: a session that is, when it is asked for.
    pub(super) established: Vec<Message>,
}

impl Answers {
    pub(super) fn parse(text: &str) -> Self {
        let mut answers = Self::default();
        for line in text.lines() {
            match (line.split_once(' ').unwrap_or((line, "")), line.strip_prefix("error to ")) {
                (("holds", route), _) => answers.held.push(message(route).unwrap()),
                (("established", name), _) => {
                    answers.established.push(Message::Established(name.parse().unwrap()));
                }
                (("done", ""), _) => {}
                (("nothing", ""), _) => answers.nothing = true,
                (("reads", "nothing"), _) => answers.blocked = true,
                (("no", "acks"), _) => answers.no_acks = true,
                (("version", version), _) => answers.version = Some(version.to_owned()),
                (_, Some(text)) => answers.errors.push(text.to_owned()),
                _ => panic!("'{line}' is not a way to answer"),
            }
        }
        answers
    }

    pub(super) fn to(&self, command: &Command) -> Vec<Message> {
        let line = command.to_string();
        let ack = match () {
            () if self.no_acks => None,
            () if self.errors.iter().any(|text| line.contains(text)) => Some(Message::Error),
            () => Some(Message::Done),
        };
        let words = match command {
            _ if self.nothing || self.blocked => return Vec::new(),
            Command::Version => {
                vec![Message::Version(self.version.clone().unwrap_or_else(|| "4.2.21".to_owned()))]
            }
            Command::ReadBack => self.held.clone(),
            Command::Established => self.established.clone(),
            _ => Vec::new(),
        };
        words.into_iter().chain(ack).collect()
    }
}
