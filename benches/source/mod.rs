//! How much there is to read and to trust: lines of source, functions, and crates.

#![expect(clippy::print_stdout, reason = "a benchmark talks to a person")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The rooms of what an operator types; all others but [`BESIDE`] run.
const OPERATOR: [&str; 11] = [
    "cli",
    "control",
    "exabgp_conf",
    "haproxy_cfg",
    "import",
    "init",
    "install",
    "main",
    "report/status",
    "validate",
    "verify",
];
const BESIDE: &str = "second_chance";
const LONG_FILE: usize = 300;

/// What a room has, its tests left out.
#[derive(Default)]
struct Room {
    lines: usize,
    comments: usize,
    public: usize,
    long_files: usize,
    /// Lines of each function, and its name.
    functions: Vec<(usize, String)>,
}

/// `before`: another `src`, of an earlier commit for example, whose lines stand beside.
pub fn print(before: Option<&Path>) -> Result<()> {
    let own = rooms(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))?;
    let before = before.map(rooms).transpose()?.unwrap_or_default();
    println!();
    println!(
        "Lines of source: not blank, no comment, before a file's tests; functions by the same lines."
    );
    println!();
    println!(
        "{:<24} {:>6} {:>6} {:>8} {:>6} {:>9} {:>6} {:>5}  longest function",
        "room", "before", "lines", "comments", "public", "functions", "median", "> 300"
    );
    let is_operator = |name: &str| OPERATOR.contains(&name);
    let names: BTreeSet<&String> = own.keys().chain(before.keys()).collect();
    for name in names {
        row(name, before.get(name), own.get(name));
    }
    let sum = |name: &str, is_part: &dyn Fn(&str) -> bool| {
        row(
            name,
            Some(&Room::sum(&before, is_part)),
            Some(&Room::sum(&own, is_part)),
        );
    };
    println!();
    sum("what runs", &|name| !is_operator(name) && name != BESIDE);
    sum("what an operator types", &is_operator);
    sum("in sum", &|_| true);
    println!();
    let (direct, all) = (crates(&["--depth", "1"])?, crates(&[])?);
    println!("{:<44} {direct:>12}", "crates that it names");
    println!("{:<44} {all:>12}", "crates in the program, with theirs");
    Ok(())
}

fn row(name: &str, before: Option<&Room>, now: Option<&Room>) {
    let none = Room::default();
    let (before, room) = (before.unwrap_or(&none), now.unwrap_or(&none));
    let mut lengths: Vec<usize> = room.functions.iter().map(|(lines, _)| *lines).collect();
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    let longest = room
        .functions
        .iter()
        .max()
        .map(|(lines, name)| format!("{lines} {name}"));
    println!(
        "{name:<24} {:>6} {:>6} {:>8} {:>6} {:>9} {median:>6} {:>5}  {}",
        before.lines,
        room.lines,
        room.comments,
        room.public,
        lengths.len(),
        room.long_files,
        longest.unwrap_or_default()
    );
}

impl Room {
    fn sum(rooms: &BTreeMap<String, Self>, is_part: &dyn Fn(&str) -> bool) -> Self {
        let mut sum = Self::default();
        for (_, room) in rooms.iter().filter(|(name, _)| is_part(name)) {
            sum.lines += room.lines;
            sum.comments += room.comments;
            sum.public += room.public;
            sum.long_files += room.long_files;
            sum.functions.extend(room.functions.iter().cloned());
        }
        sum
    }

    fn add(&mut self, text: &str) {
        self.long_files += usize::from(text.lines().count() > LONG_FILE);
        let said = text
            .lines()
            .take_while(|line| line.trim() != "#[cfg(test)]")
            .filter(|line| !line.trim().is_empty());
        let (comments, code): (Vec<&str>, Vec<&str>) =
            said.partition(|line| line.trim().starts_with("//"));
        self.comments += comments.len();
        self.lines += code.len();
        self.public += code
            .iter()
            .filter(|line| line.trim().starts_with("pub "))
            .count();
        let functions = code
            .iter()
            .enumerate()
            .filter_map(|(index, line)| function(line, code.get(index..)?));
        self.functions.extend(functions);
    }
}

/// The function that begins in this line: rustfmt puts its last brace below its first word.
fn function(line: &str, code: &[&str]) -> Option<(usize, String)> {
    let word = line.trim_start();
    let (before, rest) = word.split_once("fn ")?;
    let is_modifier = |word: &str| word == "const" || word.starts_with("pub");
    before.split_whitespace().all(is_modifier).then_some(())?;
    let indent = line.strip_suffix(word)?;
    let is_end = |line: &&str| {
        line.strip_prefix(indent)
            .is_some_and(|rest| rest == "}" || rest.starts_with(')') && rest.ends_with(';'))
    };
    let lines = if line.ends_with(['}', ';']) {
        1
    } else {
        code.iter().position(is_end)? + 1
    };
    Some((lines, rest.split(['(', '<']).next()?.to_owned()))
}

fn rooms(source: &Path) -> Result<BTreeMap<String, Room>> {
    let mut rooms: BTreeMap<String, Room> = BTreeMap::new();
    for path in files(source)? {
        let inner = path.strip_prefix(source)?.with_extension("");
        let own = OPERATOR.iter().find(|room| inner.starts_with(room));
        let first = inner.iter().next().unwrap_or_default().to_string_lossy();
        let room = own.map_or(first.into_owned(), |room| (*room).to_owned());
        rooms
            .entry(room)
            .or_default()
            .add(&fs::read_to_string(&path)?);
    }
    Ok(rooms)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Without this one.
fn crates(options: &[&str]) -> Result<usize> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "tree",
            "--quiet",
            "--package",
            env!("CARGO_PKG_NAME"),
            "--edges",
            "normal,no-proc-macro",
        ])
        .args(["--prefix", "none", "--no-dedupe", "--format", "{p}"])
        .args(options)
        .output()
        .context("failed to run cargo tree")?;
    ensure!(
        output.status.success(),
        "cargo tree: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let crates: BTreeSet<&str> = text.lines().collect();
    Ok(crates.len().saturating_sub(1))
}
