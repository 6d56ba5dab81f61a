//! Reads a record: its lives, and the calls in them.

use std::io::{BufRead, Read};
use std::time::Instant;

use serde::Deserialize;

use super::seen::Seen;
use super::shape::{FORMAT, Head, Line};
use crate::program::Input;

/// The longest line, in octets: a head with a configuration and a table, each as long as may be read.
const LONGEST: u64 = 16 << 20;

/// The error for a file without a line of a record.
const NO_RECORD: &str = "it is no record; a record is the file that the configuration's key 'record' names, in which haproxy-rhi run writes lines of JSON, the first of them with haproxy_rhi_record";

/// What a record says, in its order.
#[derive(Debug)]
pub enum Event {
    /// The beginning of a process, or of what is recorded of it after a gap.
    Life(Life),
    /// A call of the program.
    Call(Call),
    /// The last line of a life is cut off.
    Cut,
}

/// A call of the program.
#[derive(Debug, Clone)]
pub struct Call {
    /// When.
    pub at: Instant,
    /// What it took.
    pub inputs: Vec<Input>,
    /// What it said to ExaBGP.
    pub said: Vec<String>,
}

/// The beginning of a life: a process, or a part of one, that is recorded without a gap.
#[derive(Debug)]
pub struct Life {
    /// Its first line.
    pub head: Head,
    /// When the life begins.
    pub begun: Instant,
    /// What was in force.
    pub before: Vec<Input>,
}

impl Life {
    /// Whether the life begins with the process.
    pub fn is_whole(&self) -> bool {
        self.head.calls == 0 && self.before.is_empty()
    }
}

/// The keys that only a head has, in any format.
#[derive(Deserialize)]
struct Version {
    haproxy_rhi_record: u32,
    version: Option<String>,
}

/// Reads records, one after another.
#[derive(Debug)]
pub struct Reader {
    start: Instant,
    seen: Seen,
    /// The process's identifier, and the count of its calls so far.
    life: Option<(String, u64)>,
    last: Instant,
    /// The error of the line before, which may be the cut-off last line of a killed process.
    cut: Option<String>,
}

impl Reader {
    /// `start`: what is taken for the start of each process.
    pub fn new(start: Instant) -> Self {
        Self {
            start,
            seen: Seen::new(start),
            life: None,
            last: start,
            cut: None,
        }
    }

    /// Reads one file, and passes its events to `tell`.
    ///
    /// # Errors
    /// It is no record, or one of another format, with the number of the line.
    pub fn file(
        &mut self,
        mut file: impl BufRead,
        tell: &mut impl FnMut(Event),
    ) -> Result<(), String> {
        let mut bytes = Vec::new();
        for number in 1_usize.. {
            bytes.clear();
            let read = file.by_ref().take(LONGEST).read_until(b'\n', &mut bytes);
            let length = read.map_err(|error| format!("line {number}: {error}"))? as u64;
            if length == 0 {
                break;
            }
            let read = match length {
                LONGEST => Err(format!(
                    "longer than {LONGEST} bytes, the most that are read"
                )),
                _ => self.line(bytes.trim_ascii(), tell),
            };
            read.map_err(|why| match why.as_str() {
                NO_RECORD => why,
                _ => format!("line {number}: {why}"),
            })?;
        }
        Ok(())
    }

    /// There are no more files.
    ///
    /// # Errors
    /// Nothing was in them.
    pub fn end(mut self, tell: &mut impl FnMut(Event)) -> Result<(), String> {
        match (&self.life, self.cut.take()) {
            (Some(_), Some(_)) => {
                tell(Event::Cut);
                Ok(())
            }
            (Some(_), None) => Ok(()),
            (None, Some(_)) => Err(NO_RECORD.to_owned()),
            (None, None) => Err("it is empty".to_owned()),
        }
    }

    fn line(&mut self, line: &[u8], tell: &mut impl FnMut(Event)) -> Result<(), String> {
        if line.is_empty() {
            return Ok(());
        }
        if let Ok(version) = serde_json::from_slice::<Version>(line) {
            if self.cut.take().is_some() {
                self.life = None;
                tell(Event::Cut);
            }
            return self.head(line, version, tell);
        }
        if let Some(why) = self.cut.take() {
            return Err(match self.life {
                Some(_) => format!("the line before {why}"),
                None => NO_RECORD.to_owned(),
            });
        }
        match serde_json::from_slice::<Line>(line) {
            Ok(line) => tell(Event::Call(self.call(line)?)),
            Err(error) => self.cut = Some(format!("is no line of a record: {error}")),
        }
        Ok(())
    }

    fn head(
        &mut self,
        line: &[u8],
        version: Version,
        tell: &mut impl FnMut(Event),
    ) -> Result<(), String> {
        if version.haproxy_rhi_record != FORMAT {
            let by = version.version.map_or(String::new(), |by| format!(" {by}"));
            return Err(format!(
                "a record of format {}, and this haproxy-rhi reads format {FORMAT}: use the haproxy-rhi{by} that wrote it",
                version.haproxy_rhi_record
            ));
        }
        let head: Head = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        self.seen = Seen::new(self.start);
        let before = head.items.iter().cloned();
        let before = before.map(|item| self.seen.input(item));
        let before = before.collect::<Result<Vec<Input>, String>>()?;
        let begun = self.seen.instant(head.at)?;
        let (life, now) = (self.life.take(), (head.life.clone(), head.calls));
        self.life = Some(now.clone());
        // Another file goes on with the same life, without a gap.
        if life == Some(now) && begun >= self.last {
            return Ok(());
        }
        self.last = begun;
        tell(Event::Life(Life {
            head,
            begun,
            before,
        }));
        Ok(())
    }

    fn call(&mut self, line: Line) -> Result<Call, String> {
        let Some((_, calls)) = &mut self.life else {
            return Err("no head of a record is before it".to_owned());
        };
        *calls = calls.saturating_add(1);
        let at = self.seen.instant(line.at)?;
        if at < self.last {
            return Err("its time lies before that of the line before".to_owned());
        }
        self.last = at;
        let inputs = line.items.into_iter().map(|item| self.seen.input(item));
        Ok(Call {
            at,
            inputs: inputs.collect::<Result<_, _>>()?,
            said: line.say,
        })
    }
}
