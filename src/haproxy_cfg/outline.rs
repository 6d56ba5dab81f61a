//! The sections of haproxy.cfg with their lines, and what a proxy's lines say together with its defaults. Pure.

use super::words::words;

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its first word: `global`, `defaults`, `frontend`, `backend`, `listen`, …
    pub kind: String,
    /// Its name; empty: none.
    pub name: String,
    /// The line of its head, from 1.
    pub line: usize,
    /// The lines below the head.
    pub lines: Vec<Line>,
    /// The index of its `defaults` section.
    defaults: Option<usize>,
}

/// A line of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: usize,
    /// Never empty.
    pub words: Vec<String>,
    /// It is in a conditional block (`.if`).
    pub conditional: bool,
}

impl Line {
    /// Whether it begins with these words.
    pub fn begins(&self, with: &[&str]) -> bool {
        self.words.len() >= with.len()
            && self.words.iter().zip(with).all(|(word, with)| word == with)
    }

    /// The word after this one.
    pub fn after(&self, word: &str) -> Option<&str> {
        let place = self.words.iter().position(|found| found == word)?;
        self.words.get(place + 1).map(String::as_str)
    }
}

/// The sections of a HAProxy's files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline(Vec<Section>);

impl Outline {
    /// Reads the files' texts, in HAProxy's order. A section ends with its file.
    pub fn read<'text>(texts: impl IntoIterator<Item = &'text str>) -> Self {
        let mut outline = Self::default();
        for text in texts {
            let (before, mut blocks) = (outline.0.len(), 0_usize);
            for (index, line) in text.lines().enumerate() {
                let line = Line {
                    number: index + 1,
                    words: words(line),
                    conditional: blocks > 0,
                };
                match line.words.first().map(String::as_str) {
                    Some(kind) if SECTIONS.contains(&kind) => {
                        outline.begin(&line);
                        continue;
                    }
                    Some(".if") => blocks += 1,
                    Some(".endif") => blocks = blocks.saturating_sub(1),
                    Some(_) => {}
                    None => continue,
                }
                if let Some(last) = outline.0.get_mut(before..).and_then(<[_]>::last_mut) {
                    last.lines.push(line);
                }
            }
        }
        outline
    }

    fn begin(&mut self, head: &Line) {
        let word = |index: usize| head.words.get(index).map(String::as_str);
        let kind = word(0).unwrap_or_default().to_owned();
        let defaults = |section: &Section| {
            section.kind == "defaults" && head.after("from").is_none_or(|name| name == section.name)
        };
        let inherits = kind != "defaults" || head.after("from").is_some();
        let defaults = self.0.iter().rposition(defaults).filter(|_| inherits);
        let name = word(1)
            .filter(|name| kind != "defaults" || *name != "from")
            .unwrap_or_default()
            .to_owned();
        self.0.push(Section {
            kind,
            name,
            line: head.number,
            lines: Vec::new(),
            defaults,
        });
    }

    /// The sections of these kinds.
    pub fn of<'all>(&'all self, kinds: &'all [&str]) -> impl Iterator<Item = &'all Section> {
        self.0
            .iter()
            .filter(move |section| kinds.contains(&section.kind.as_str()))
    }

    /// The backend (or `listen` section) of this name.
    pub fn backend(&self, name: &str) -> Option<&Section> {
        self.of(&["backend", "listen"])
            .find(|section| section.name == name)
    }

    /// The lines that count for a section: its defaults', then its own.
    pub fn lines<'all>(&'all self, section: &'all Section) -> Vec<&'all Line> {
        let mut lines = section
            .defaults
            .and_then(|defaults| self.0.get(defaults))
            .map_or_else(Vec::new, |defaults| self.lines(defaults));
        lines.extend(&section.lines);
        lines
    }

    /// The last line that begins so, of the section or else of its defaults.
    pub fn says<'all>(&'all self, section: &'all Section, with: &[&str]) -> Option<&'all Line> {
        self.lines(section)
            .into_iter()
            .rfind(|line| line.begins(with))
    }
}

/// Lines of an unknown section count as those of the section before it.
const SECTIONS: [&str; 16] = [
    "defaults",
    "frontend",
    "listen",
    "global",
    "backend",
    "userlist",
    "peers",
    "mailers",
    "resolvers",
    "cache",
    "program",
    "ring",
    "http-errors",
    "log-forward",
    "fcgi-app",
    "crt-store",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_belong_to_sections_and_defaults_to_the_proxies_below() {
        let text = "global\n log a local0\n\ndefaults web\n log global\ndefaults\n mode tcp # no log\nfrontend f from web\n bind :80\nbackend b\n server s 10.0.0.1:80\ndefaults sub from web\n mode http\nlisten l from sub";
        let outline = Outline::read([text]);
        let names: Vec<&str> = outline
            .of(&["frontend", "backend", "listen"])
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(names, ["f", "b", "l"]);
        let front = outline.of(&["frontend"]).next().unwrap();
        assert_eq!((front.line, front.lines[0].number), (8, 9));
        let number = |section: &Section| {
            outline
                .says(section, &["log", "global"])
                .map(|line| line.number)
        };
        assert_eq!(number(front), Some(5));
        assert_eq!(number(outline.backend("b").unwrap()), None);
        assert_eq!(number(outline.backend("l").unwrap()), Some(5));
        let server = &outline.backend("b").unwrap().lines[0];
        assert_eq!(
            (server.begins(&["server", "s"]), server.after("s")),
            (true, Some("10.0.0.1:80"))
        );
        assert_eq!(
            Outline::read(["bind :80", "global\n", "log a local0"])
                .0
                .len(),
            1
        );
        assert!(
            Outline::read(["global\n", "log a local0"]).0[0]
                .lines
                .is_empty()
        );
    }
}
