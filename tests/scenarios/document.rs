//! The text of a story: what it is about, its configuration, and times in order, each with what happens and what is
//! expected of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::event::Event;

/// What the program does, by its time: `log: info …`, in the order of [`Channel`].
pub(super) type Said = BTreeMap<u64, Vec<String>>;

/// To whom something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Channel {
    Log,
    /// A command to ExaBGP.
    ExaBgp,
    /// A variable that is set in HAProxy.
    HaProxy,
    /// The process ends.
    Exit,
}

impl Channel {
    const ALL: [Self; 4] = [Self::Log, Self::ExaBgp, Self::HaProxy, Self::Exit];
}

impl fmt::Display for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Log => "log",
            Self::ExaBgp => "exabgp",
            Self::HaProxy => "haproxy",
            Self::Exit => "exit",
        })
    }
}

/// Something that happens, and the line that says so.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) at: u64,
    pub(super) line: usize,
    pub(super) event: Event,
}

#[derive(Debug, Default)]
pub(super) struct Document {
    /// The text before the first time.
    head: String,
    /// The configuration that it begins with, and the line above it.
    pub(super) config: (usize, String),
    pub(super) steps: Vec<Step>,
    /// The lines of each time that are not expectations.
    told: BTreeMap<u64, Vec<String>>,
    pub(super) expected: Said,
}

/// A line that cannot be read, and why.
type Fault = (usize, String);

/// A line, and below `config:` the indented text.
struct Line<'text> {
    number: usize,
    text: &'text str,
    block: Vec<&'text str>,
}

impl<'text> Line<'text> {
    fn all(text: &'text str) -> Vec<Self> {
        let mut lines = text.lines().zip(1..).peekable();
        let mut all = Vec::new();
        while let Some((text, number)) = lines.next() {
            let is_block = |below: &str| is_config(text) && below.starts_with(&within(text));
            let below = std::iter::from_fn(|| lines.next_if(|(below, _)| is_block(below)));
            all.push(Self {
                number,
                text,
                block: below.map(|(below, _)| below).collect(),
            });
        }
        all
    }

    fn whole(&self) -> String {
        [self.text]
            .iter()
            .chain(&self.block)
            .map(|line| format!("{line}\n"))
            .collect()
    }

    fn config(&self) -> Option<String> {
        let indent = within(self.text);
        let line = |line: &&str| format!("{}\n", line.strip_prefix(&indent).unwrap_or(line));
        is_config(self.text).then(|| self.block.iter().map(line).collect())
    }

    /// It is a comment, or empty.
    fn is_for_the_reader(&self) -> bool {
        self.text.trim().is_empty() || self.text.trim_start().starts_with('#')
    }

    /// `100 ms`.
    fn time(&self) -> Option<u64> {
        self.text.strip_suffix(" ms")?.parse().ok()
    }
}

fn is_config(line: &str) -> bool {
    line.trim_start() == "config:"
}

/// How far what is below a line is indented.
fn within(line: &str) -> String {
    " ".repeat(line.len() - line.trim_start().len() + 2)
}

impl Document {
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let mut document = Self::default();
        for line in Line::all(text) {
            document.add(&line).map_err(|what| (line.number, what))?;
        }
        let missing = match () {
            () if document.config.1.is_empty() => {
                "expected 'config:' and an indented configuration before the first time"
            }
            () if document.steps.is_empty() => {
                "it tells nothing; expected a time such as '100 ms' and what happens then"
            }
            () => return Ok(document),
        };
        Err((1, missing.to_owned()))
    }

    fn add(&mut self, line: &Line<'_>) -> Result<(), String> {
        match (line.time(), self.told.last_key_value().map(|(at, _)| *at)) {
            (Some(at), Some(before)) if at <= before => {
                Err(format!("{at} ms after {before} ms; expected a later time"))
            }
            (Some(at), _) => {
                self.told.insert(at, Vec::new());
                Ok(())
            }
            (None, None) => self.add_before_the_first_time(line),
            (None, Some(at)) => self.add_to(at, line),
        }
    }

    fn add_before_the_first_time(&mut self, line: &Line<'_>) -> Result<(), String> {
        self.head.push_str(&line.whole());
        match line.config() {
            Some(config) if self.config.1.is_empty() => self.config = (line.number, config),
            None if line.is_for_the_reader() => {}
            _ => {
                let text = line.text;
                return Err(format!(
                    "'{text}' before the first time; expected '# …', one 'config:' or a time such as '100 ms'"
                ));
            }
        }
        Ok(())
    }

    fn add_to(&mut self, at: u64, line: &Line<'_>) -> Result<(), String> {
        let text = line.text.trim_start();
        if let Some(expected) = text.strip_prefix("> ") {
            expectation(expected)?;
            self.expected
                .entry(at)
                .or_default()
                .push(expected.to_owned());
        } else if !text.is_empty() {
            self.told.entry(at).or_default().push(line.whole());
        }
        if !text.starts_with("> ") && !line.is_for_the_reader() {
            let event = line
                .config()
                .map_or_else(|| Event::read(text), |config| Ok(Event::Config(config)))?;
            self.happen(Step {
                at,
                line: line.number,
                event,
            });
        }
        Ok(())
    }

    fn happen(&mut self, Step { at, line, event }: Step) {
        let mut rest = Some(event);
        for before in self.steps.iter_mut().filter(|step| step.at == at) {
            rest = rest.and_then(|event| before.event.join(event));
        }
        self.steps
            .extend(rest.map(|event| Step { at, line, event }));
    }

    /// The whole text again, with this expected of it.
    pub(super) fn with(&self, said: &Said) -> String {
        let mut text = format!("{}\n", self.head.trim_end());
        let times: BTreeSet<&u64> = self.told.keys().chain(said.keys()).collect();
        for at in times {
            let told = self
                .told
                .get(at)
                .map(|lines| lines.concat())
                .unwrap_or_default();
            let expected = said
                .get(at)
                .into_iter()
                .flatten()
                .map(|line| format!("  > {line}\n"));
            let lines = told + &expected.collect::<String>();
            if !lines.is_empty() {
                text.push_str(&format!("\n{at} ms\n{lines}"));
            }
        }
        text
    }
}

fn expectation(line: &str) -> Result<(), String> {
    let is_known = |channel: &Channel| line.starts_with(&format!("{channel}: "));
    match Channel::ALL.iter().any(is_known) {
        true => Ok(()),
        false => Err(format!(
            "'> {line}' expects nothing that can be; expected '> log: ', '> exabgp: ', '> haproxy: ' or '> exit: '"
        )),
    }
}
