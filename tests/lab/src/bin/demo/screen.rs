//! The terminal: 80 columns, and colour where somebody looks.

use std::io::{self, IsTerminal, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Result;

const WIDTH: usize = 80;
const READING: Duration = Duration::from_secs(3);

/// How a text stands out.
#[derive(Debug, Clone, Copy)]
pub enum Style {
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Bad => "31",
        }
    }
}

/// A line: its parts, each in its style.
pub type Line = Vec<(Style, String)>;

/// Where the demo writes.
#[derive(Debug)]
pub struct Screen {
    out: io::Stdout,
    watched: bool,
    coloured: bool,
    begun: Instant,
    /// Everything that was written, and when.
    pub written: Vec<(Duration, Line)>,
}

impl Screen {
    /// `recorded`: it is watched later.
    pub fn new(recorded: bool) -> Self {
        let out = io::stdout();
        // https://no-color.org
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let able = std::env::var_os("TERM").is_some_and(|term| term != "dumb");
        let watched = out.is_terminal();
        Self {
            watched: watched || recorded,
            coloured: watched && wanted && able,
            out,
            begun: Instant::now(),
            written: Vec::new(),
        }
    }

    pub fn line(&mut self, text: &str) -> Result<()> {
        text.split('\n')
            .try_for_each(|line| self.styled(Style::Plain, line))
    }

    pub fn styled(&mut self, style: Style, text: &str) -> Result<()> {
        self.parts(vec![(style, text.to_owned())])
    }

    fn parts(&mut self, line: Line) -> Result<()> {
        let painted = line.iter().map(|(style, text)| self.paint(*style, text));
        let painted: String = painted.collect();
        self.written.push((self.begun.elapsed(), line));
        Ok(writeln!(self.out, "{painted}")?)
    }

    /// Time to read what was said.
    pub fn pause(&self) {
        if self.watched {
            sleep(READING);
        }
    }

    /// A part's title.
    pub fn heading(&mut self, text: &str) -> Result<()> {
        self.line("")?;
        self.styled(Style::Bold, text)?;
        self.line("")
    }

    /// Text under a heading, broken at words.
    pub fn paragraph(&mut self, text: &str) -> Result<()> {
        for line in wrap(text, WIDTH - 2) {
            self.line(&format!("  {line}"))?;
        }
        Ok(())
    }

    /// A line of a timeline: `+1.063 s  HAProxy      Server …`, broken at words below its own column.
    pub fn event(&mut self, millis: u128, who: &str, what: &str, style: Style) -> Result<()> {
        let head = format!("  {:>+3}.{:03} s  {who:<13}", millis / 1000, millis % 1000);
        for (index, line) in wrap(what, WIDTH - head.len()).iter().enumerate() {
            let head = if index == 0 {
                head.clone()
            } else {
                " ".repeat(head.len())
            };
            self.parts(vec![(Style::Plain, head), (style, line.clone())])?;
        }
        Ok(())
    }

    pub fn failure(&mut self, text: &str) -> Result<()> {
        self.line("")?;
        self.styled(Style::Bad, "failed")?;
        self.line(text)
    }

    fn paint(&self, style: Style, text: &str) -> String {
        match style {
            Style::Plain => text.to_owned(),
            _ if !self.coloured => text.to_owned(),
            _ => format!("\x1b[{}m{text}\x1b[0m", style.code()),
        }
    }
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn a_text_is_broken_at_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("indivisible", 3), ["indivisible"]);
    }
}
