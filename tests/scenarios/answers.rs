//! How ExaBGP answers.

use haproxy_rhi::exabgp::{Command, Message, message};

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
    /// `established 172.16.159.4`: a session that is, when it is asked for. Without one it refuses to tell.
    pub(super) established: Vec<Message>,
}

impl Answers {
    pub(super) fn of(rules: &[String]) -> Result<Self, String> {
        let mut answers = Self::default();
        for rule in rules {
            answers.add(rule).ok_or_else(|| {
                format!(
                    "'{rule}' is not a way to answer; expected 'done', 'nothing', 'reads nothing', 'no acks', \
                     'error to TEXT', 'version 5.0.15', 'holds neighbor …' or 'established 192.0.2.4'"
                )
            })?;
        }
        Ok(answers)
    }

    fn add(&mut self, rule: &str) -> Option<()> {
        match (
            rule.split_once(' ').unwrap_or((rule, "")),
            rule.strip_prefix("error to "),
        ) {
            (("holds", route), _) => self.held.push(message(route)?),
            (("established", name), _) => self
                .established
                .push(Message::Established(name.parse().ok()?)),
            (("done", ""), _) => {}
            (("nothing", ""), _) => self.nothing = true,
            (("reads", "nothing"), _) => self.blocked = true,
            (("no", "acks"), _) => self.no_acks = true,
            (("version", version), _) => self.version = Some(version.to_owned()),
            (_, Some(text)) => self.errors.push(text.to_owned()),
            _ => return None,
        }
        Some(())
    }

    pub(super) fn to(&self, command: &Command) -> Vec<Message> {
        let line = command.to_string();
        let ack = match () {
            () if self.no_acks => None,
            // Who is established is told in the stories that are about it.
            () if *command == Command::Established && self.established.is_empty() => {
                Some(Message::Error)
            }
            () if self.errors.iter().any(|text| line.contains(text)) => Some(Message::Error),
            () => Some(Message::Done),
        };
        let words = match command {
            _ if self.nothing || self.blocked => return Vec::new(),
            Command::Version => {
                let version = self.version.as_deref().unwrap_or("4.2.21");
                message(&format!("exabgp {version}")).into_iter().collect()
            }
            Command::ReadBack => self.held.clone(),
            Command::Established => self.established.clone(),
            _ => Vec::new(),
        };
        words.into_iter().chain(ack).collect()
    }
}
