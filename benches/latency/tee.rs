//! A tee in the `process` stanza: ExaBGP runs it, it runs what is measured, and stamps each line as it passes.
//!
//! Messages from ExaBGP do not pass here: the program has ExaBGP's pipe as its own stdin.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

/// The first argument.
pub const WORD: &str = "tee";

/// A line, stamped twice.
#[derive(Debug, Clone)]
pub struct Line {
    /// When it came out of the program.
    pub read: SystemTime,
    /// When it was in ExaBGP's pipe.
    pub written: SystemTime,
    /// The line.
    pub text: String,
}

/// `tee FILE PROGRAM ARGUMENT…`
pub fn run(words: &[String]) -> Result<()> {
    let [file, program, arguments @ ..] = words else {
        anyhow::bail!("tee FILE PROGRAM ARGUMENT…")
    };
    let mut stamps = OpenOptions::new().create(true).append(true).open(file)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdout.take().context("no pipe")?;
    // A copy of the descriptor: the library's own buffer would keep a line until its newline, and ours come whole.
    let mut output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let mut buffer = vec![0; 65536];
    loop {
        let count = input.read(&mut buffer)?;
        let read = SystemTime::now();
        let lines = buffer.get(..count).filter(|lines| !lines.is_empty());
        let Some(lines) = lines else {
            return child.wait().map(drop).context("no exit status");
        };
        output.write_all(lines)?;
        let written = SystemTime::now();
        let mut text = String::new();
        for line in String::from_utf8_lossy(lines).lines() {
            text.push_str(&format!(
                "{} {} {line}\n",
                nanoseconds(read),
                nanoseconds(written)
            ));
        }
        stamps.write_all(text.as_bytes())?;
    }
}

/// The stamps that a tee left.
pub fn read(file: &Path) -> Result<Vec<Line>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("failed to read '{}'", file.display()))?;
    Ok(text.lines().filter_map(line).collect())
}

fn line(text: &str) -> Option<Line> {
    let mut words = text.splitn(3, ' ');
    let mut stamp =
        || Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(words.next()?.parse().ok()?));
    Some(Line {
        read: stamp()?,
        written: stamp()?,
        text: words.next()?.to_owned(),
    })
}

fn nanoseconds(at: SystemTime) -> u128 {
    at.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos()
}
