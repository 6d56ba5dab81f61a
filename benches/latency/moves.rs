//! What the stamps of all programs say of each move of the route. Pure.

use std::time::SystemTime;

use haproxy_rhi_lab::{ANYCAST, LogLine, RouteChange};

use crate::site::{HERE, leads};
use crate::tap::Word;
use crate::tee::Line;

/// One failover and the fail-back after it.
pub struct Round {
    /// Counted from 0, with those that went wrong.
    pub number: u32,
    /// The servers were told to die.
    pub failed: SystemTime,
    /// They were told to come back.
    pub repaired: SystemTime,
    /// It was over.
    pub ended: SystemTime,
}

/// Which way the route moves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From here, because HAProxy says DOWN.
    Over,
    /// To here, because HAProxy says UP.
    Back,
}

/// Seconds from HAProxy's own stamp of DOWN, or of UP, to what followed.
#[derive(Clone, Copy)]
pub struct Move {
    /// The round's number.
    pub round: u32,
    pub way: Way,
    /// HAProxy's stamp.
    pub word: SystemTime,
    /// From the death of the servers, or their start, to HAProxy's stamp.
    pub found: f64,
    /// HAProxy's message at the tap.
    pub datagram: f64,
    /// The line at the tee, and its way out of it. None without a tee.
    pub line: Option<f64>,
    pub passed: Option<f64>,
    /// The first UPDATE at each instance of the Route Server.
    pub updates: [f64; 2],
    /// The withdrawal at the last of them, which may come later than an UPDATE with a longer path.
    pub gone: Option<f64>,
    /// The MSEE's kernel.
    pub route: f64,
}

/// Everything that was stamped, each list in its order.
pub struct Evidence {
    /// The watched backend: the words about others do not count. Where HAProxy itself is killed, or the address removed, there are none.
    pub backend: Option<String>,
    pub words: Vec<Word>,
    pub lines: Vec<Line>,
    pub heard: [Vec<LogLine>; 2],
    pub routes: Vec<RouteChange>,
    pub has_tee: bool,
}

impl Evidence {
    /// One move of a round, or what is missing of it.
    pub fn of(&self, round: &Round, way: Way) -> Result<Move, &'static str> {
        let (from, to) = match way {
            Way::Over => (round.failed, round.repaired),
            Way::Back => (round.repaired, round.ended),
        };
        let within = |at: SystemTime| from <= at && at <= to;
        let word = match &self.backend {
            Some(backend) => self
                .words
                .iter()
                .find(|word| within(word.stamped) && says(word, backend, way))
                .map(|word| (word.stamped, word.arrived)),
            None => Some((from, from)),
        };
        let (stamped, arrived) = word.ok_or(if way == Way::Over {
            "no DOWN of HAProxy's"
        } else {
            "no UP of HAProxy's"
        })?;
        let after = |at: SystemTime| {
            // Whoever looked while HAProxy was about to log may have been earlier: the figure is negative.
            let late = at.duration_since(stamped).map(|late| late.as_secs_f64());
            late.unwrap_or_else(|early| -early.duration().as_secs_f64())
        };
        let line = self.line(round, way);
        if self.has_tee && line.is_none() {
            return Err("no line at the tee");
        }
        let heard = |heard: &[LogLine], words: &[&str]| {
            let is_meant = |line: &&LogLine| {
                within(line.at)
                    && words.iter().any(|word| line.text.starts_with(word))
                    && line.text.contains(ANYCAST)
            };
            heard.iter().find(is_meant).map(|line| after(line.at))
        };
        let words: &[&str] = if way == Way::Over {
            &["added", "removed"]
        } else {
            &["added"]
        };
        let [first, second] = &self.heard;
        let update = |of: &[LogLine]| heard(of, words).ok_or("no UPDATE at a Route Server");
        let gone = heard(first, &["removed"]).zip(heard(second, &["removed"]));
        let region = if way == Way::Over { HERE.other() } else { HERE };
        let route = self
            .routes
            .iter()
            .find(|change| within(change.at) && leads(change, region));
        Ok(Move {
            round: round.number,
            way,
            word: stamped,
            found: stamped
                .duration_since(from)
                .unwrap_or_default()
                .as_secs_f64(),
            datagram: after(arrived),
            line: line.map(|line| after(line.read)),
            passed: line.map(|line| after(line.written)),
            updates: [update(first)?, update(second)?],
            gone: gone
                .filter(|_| way == Way::Over)
                .map(|(first, second)| first.max(second)),
            route: after(route.ok_or("the MSEE's kernel route has not moved")?.at),
        })
    }

    /// The line that moves the route: the first that says something else than before the servers died, or the first
    /// that says the same again. Another command than about the route is none.
    fn line(&self, round: &Round, way: Way) -> Option<&Line> {
        let mut lines = self.lines.iter().filter(|line| line.text.contains(ANYCAST));
        let home = lines
            .clone()
            .take_while(|line| line.read < round.failed)
            .last()?;
        match way {
            Way::Over => lines.find(|line| {
                round.failed <= line.read && line.read < round.repaired && line.text != home.text
            }),
            Way::Back => lines.find(|line| round.repaired <= line.read && line.text == home.text),
        }
    }
}

/// Whether it is the word that takes the backend's last server away, or brings one back.
fn says(word: &Word, backend: &str, way: Way) -> bool {
    let server = word
        .text
        .strip_prefix("Server ")
        .and_then(|text| text.strip_prefix(backend));
    server
        .filter(|text| text.starts_with('/'))
        .is_some_and(|text| match way {
            Way::Over => text.contains(" DOWN") && text.contains(" 0 active"),
            Way::Back => text.contains(" is UP"),
        })
}
