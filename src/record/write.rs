//! Writes a record, line by line.

use std::time::Instant;

use serde::Serialize;

use super::seen::Seen;
use super::shape::{FORMAT, Head, Item, Line};
use crate::program::{Input, Output};
use crate::route::RouteKey;

/// Writes the lines of one life.
#[derive(Debug)]
pub struct Scribe {
    start: Instant,
    life: String,
    seen: Seen,
    calls: u64,
    line: Line,
}

impl Scribe {
    /// `start`: when the process started. `life`: an identifier that no other process has.
    pub fn new(start: Instant, life: String) -> Self {
        Self {
            start,
            life,
            seen: Seen::new(start),
            calls: 0,
            line: Line::default(),
        }
    }

    /// A head; the lines after it have only what is new. `routes`: those that are managed; `inputs`: what is in force, with the text
    /// of the configuration; `wall`: the wall clock's time.
    pub fn head(
        &mut self,
        routes: Vec<RouteKey>,
        inputs: &[Input],
        text: &str,
        (now, wall): (Instant, String),
    ) -> String {
        self.seen = Seen::new(self.start);
        let items = self.items(inputs, text);
        line(&Head {
            haproxy_rhi_record: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            wall,
            life: self.life.clone(),
            at: self.seen.time(now),
            calls: self.calls,
            routes,
            items,
        })
    }

    /// A call begins.
    pub fn called(&mut self, inputs: &[Input], text: &str, now: Instant) {
        self.line = Line {
            at: self.seen.time(now),
            items: self.items(inputs, text),
            say: Vec::new(),
        };
    }

    fn items(&mut self, inputs: &[Input], text: &str) -> Vec<Item> {
        let item = |input| self.seen.item(input, text);
        inputs.iter().filter_map(item).collect()
    }

    /// The call ends: its line, and whether it says something to ExaBGP.
    pub fn ended(&mut self, outputs: &[Output]) -> (String, bool) {
        let mut written = std::mem::take(&mut self.line);
        written.say = said(outputs);
        self.calls += 1;
        (line(&written), !written.say.is_empty())
    }
}

/// The lines for ExaBGP in a call's outputs.
pub fn said(outputs: &[Output]) -> Vec<String> {
    let mut lines = Vec::new();
    for output in outputs {
        if let Output::Say(commands, dialect) = output {
            lines.extend(commands.iter().map(|command| dialect.line(command)));
        }
    }
    lines
}

fn line(value: &impl Serialize) -> String {
    // It cannot fail: each key of a map is text.
    let mut line = serde_json::to_string(value).unwrap_or_default();
    line.push('\n');
    line
}
