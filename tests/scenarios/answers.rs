//! How ExaBGP answers.

use haproxy_rhi::exabgp::{Command, Dialect, Message, message};
use haproxy_rhi::route::Neighbor;

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
    /// `version 5.0.15`: it is this one; otherwise 4.2.21. A 6 is one with API version 4.
    version: Option<String>,
    /// `JSON version 6.0.0`: it is this one, with API version 6.
    json: Option<String>,
    /// `holds neighbor …`: what it says that it holds, one route a line.
    held: Vec<String>,
    /// `established 172.16.159.4`: a session that is, when it is asked for. Without one it refuses to tell.
    pub(super) established: Vec<Neighbor>,
    /// `idle 172.16.159.5`: a neighbor without a session, which only ExaBGP 6 names.
    idle: Vec<Neighbor>,
}

impl Answers {
    pub(super) fn of(rules: &[String]) -> Result<Self, String> {
        let mut answers = Self::default();
        for rule in rules {
            answers.add(rule).ok_or_else(|| {
                format!(
                    "'{rule}' is not a way to answer; expected 'done', 'nothing', 'reads nothing', 'no acks', \
                     'error to TEXT', 'version 5.0.15', 'JSON version 6.0.0', 'holds neighbor …', 'established 192.0.2.4' or \
                     'idle 192.0.2.4'"
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
            (("holds", route), _) => {
                message(route)?;
                self.held.push(route.to_owned());
            }
            (("established", name), _) => self.established.push(name.parse().ok()?),
            (("idle", name), _) => self.idle.push(name.parse().ok()?),
            (("done", ""), _) => {}
            (("nothing", ""), _) => self.nothing = true,
            (("reads", "nothing"), _) => self.blocked = true,
            (("no", "acks"), _) => self.no_acks = true,
            (("version", version), _) => self.version = Some(version.to_owned()),
            (("JSON", version), _) => {
                self.json = Some(version.strip_prefix("version ")?.to_owned());
            }
            (_, Some(text)) => self.errors.push(text.to_owned()),
            _ => return None,
        }
        Some(())
    }

    pub(super) fn to(&self, command: &Command) -> Vec<Message> {
        match &self.json {
            _ if self.nothing || self.blocked => Vec::new(),
            Some(version) => self.in_json(command, version),
            None => self.in_text(command),
        }
    }

    /// In the words of 4.2, 5.0 and 6 with API version 4.
    fn in_text(&self, command: &Command) -> Vec<Message> {
        let refused = self.refuses(&command.to_string()) || self.keeps_to_itself(command);
        let ack = if refused {
            Message::Error
        } else {
            Message::Done
        };
        let words = match command {
            Command::Version => {
                let version = self.version.as_deref().unwrap_or("4.2.21");
                message(&format!("exabgp {version}")).into_iter().collect()
            }
            Command::ReadBack => self.held.iter().filter_map(|line| message(line)).collect(),
            Command::Established => {
                let up = self.established.iter().cloned();
                up.map(Message::Established).collect()
            }
            _ => Vec::new(),
        };
        let ack = (!self.no_acks).then_some(ack);
        words.into_iter().chain(ack).collect()
    }

    /// In the words of 6 with API version 6. A list of routes, and a route for named neighbors, have no other acknowledgement.
    fn in_json(&self, command: &Command, version: &str) -> Vec<Message> {
        let mut dialects = Dialect::ALL.into_iter();
        let six = dialects.find(|dialect| dialect.names_neighbors).unwrap();
        let said = |line: String| vec![message(&line).unwrap()];
        if self.refuses(&six.line(command)) || self.keeps_to_itself(command) {
            return vec![Message::Error];
        }
        let (answer, acknowledged) = match command {
            Command::Version => {
                let who = format!(r#"{{"version": "{version}", "application": "exabgp"}}"#);
                (said(who), true)
            }
            Command::Established => (said(self.peers()), true),
            Command::ReadBack => (said(self.routes()), false),
            Command::Announce(key, _) if !key.neighbors.is_empty() => {
                (self.taken("success", &key.neighbors), false)
            }
            Command::Withdraw(key) if !key.neighbors.is_empty() => {
                (self.taken("removed", &key.neighbors), false)
            }
            _ => (Vec::new(), true),
        };
        let ack = acknowledged.then_some(Message::Done);
        answer.into_iter().chain(ack).collect()
    }

    fn refuses(&self, line: &str) -> bool {
        self.errors.iter().any(|text| line.contains(text))
    }

    /// Who is established is told in the stories that are about it.
    fn keeps_to_itself(&self, command: &Command) -> bool {
        *command == Command::Established && self.established.is_empty() && self.idle.is_empty()
    }

    fn peers(&self) -> String {
        let row = |name: &Neighbor, state| {
            format!(r#"{{"peer-address": "{name}", "peer-as": 65515, "state": "{state}"}}"#)
        };
        let up = self.established.iter().map(|name| row(name, "ESTABLISHED"));
        let idle = self.idle.iter().map(|name| row(name, "IDLE"));
        format!("[{}]", up.chain(idle).collect::<Vec<_>>().join(", "))
    }

    fn routes(&self) -> String {
        let row = |line: &String| {
            let (neighbor, route) = line.split_once(" family-allowed in-open ipv4 unicast ")?;
            Some(format!(
                r#"{{"index": "00", "route": "{route}", "neighbor": "{neighbor}"}}"#
            ))
        };
        let rows: Vec<String> = self.held.iter().filter_map(row).collect();
        format!("[{}]", rows.join(", "))
    }

    fn taken<'names>(
        &self,
        word: &str,
        names: impl IntoIterator<Item = &'names Neighbor>,
    ) -> Vec<Message> {
        let has = |name: &Neighbor| self.established.contains(name) || self.idle.contains(name);
        let taken = names.into_iter().any(has);
        message(&format!(
            r#"{{"{word}": {taken}, "route": "", "index": "00"}}"#
        ))
        .into_iter()
        .collect()
    }
}
