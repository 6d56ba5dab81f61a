//! The main job before your eyes: both regions on this machine, North Europe failed over and back.
//!
//! Run it with `tests/demo`.

mod pages;
mod screen;
mod story;
mod timeline;

// What is drawn of it.
mod answers;
mod regions;
mod terminal;

#[path = "../../../../../src/foreign.rs"]
mod foreign;
#[path = "../../../../../src/svg/mod.rs"]
#[expect(dead_code, reason = "the program's pictures use the rest")]
mod svg;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab};

use crate::screen::Screen;
use crate::story::Told;

const USAGE: &str = "usage: demo [--svg FOLDER] [EXABGP-VERSION]

Shows how the announcement of 9.9.9.9/32 follows HAProxy's servers, in two regions on this machine.
EXABGP-VERSION is taken from PyPI, as '5.0.15'; without it, the distribution's ExaBGP runs.
--svg draws what was seen: FOLDER/regions.svg, answers.svg and terminal.svg.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, rest) = match arguments.as_slice() {
        [flag, folder, rest @ ..] if flag == "--svg" => (Some(PathBuf::from(folder)), rest),
        rest => (None, rest),
    };
    let mut screen = Screen::new(folder.is_some());
    let folder = folder.as_deref();
    let shown = match rest {
        [] => show(&mut screen, ExaBgp::Debian, folder),
        [help] if help == "-h" || help == "--help" => screen.line(USAGE),
        [version] if is_version(version) => {
            show(&mut screen, ExaBgp::Pip(version.clone().leak()), folder)
        }
        _ => {
            // With nobody to read it, the exit code says it.
            let _ = screen.line(USAGE);
            return ExitCode::from(64);
        }
    };
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = screen.failure(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn is_version(word: &str) -> bool {
    word.contains('.') && word.chars().all(|c| c.is_ascii_digit() || c == '.')
}

fn show(screen: &mut Screen, version: ExaBgp, folder: Option<&Path>) -> Result<()> {
    let binary = std::env::current_exe()?.with_file_name("haproxy-rhi");
    ensure!(
        folder.is_none_or(Path::is_dir),
        "--svg takes a folder that is there"
    );
    ensure!(
        binary.exists(),
        "no '{}': cargo build --release --workspace makes it",
        binary.display()
    );
    pages::opening(screen, &version, &binary)?;
    // Before the clock is started: the first time, a version from PyPI is fetched.
    version.prepare()?;
    let begin = Instant::now();
    let lab = Lab::builder().exabgp(version).binary(binary).start()?;
    screen.paragraph(&format!(
        "Both regions came up in about {}.",
        pages::about(begin.elapsed())
    ))?;
    let told = story::tell(screen, &lab)
        .inspect_err(|_| lab.keep_logs())
        .with_context(|| {
            format!(
                "not everything was seen at the far end; the logs are in {}",
                lab.directory().display()
            )
        })?;
    folder.map_or(Ok(()), |folder| draw(folder, screen, &told))
}

/// The pictures of what was shown.
fn draw(folder: &Path, screen: &Screen, told: &[Told]) -> Result<()> {
    let first = told.first().context("no story")?;
    for (name, picture) in [
        ("regions.svg", regions::picture(first)),
        ("answers.svg", answers::picture(told)),
        ("terminal.svg", terminal::picture(&screen.written)),
    ] {
        let path = folder.join(name);
        fs::write(&path, picture)
            .with_context(|| format!("failed to write '{}'", path.display()))?;
    }
    Ok(())
}
