//! The main job before your eyes: both regions on this machine, North Europe failed over and back.
//!
//! Run it with `tests/demo`.

mod pages;
mod screen;
mod story;
mod timeline;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab};

use crate::screen::Screen;

const USAGE: &str = "usage: demo [EXABGP-VERSION]

Shows how the announcement of 9.9.9.9/32 follows HAProxy's servers, in two regions on this machine.
EXABGP-VERSION is taken from PyPI, as '5.0.15'; without it, the distribution's ExaBGP runs.";

fn main() -> ExitCode {
    let mut screen = Screen::new();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let shown = match arguments.as_slice() {
        [] => show(&mut screen, ExaBgp::Debian),
        [help] if help == "-h" || help == "--help" => screen.line(USAGE),
        [version] if is_version(version) => show(&mut screen, ExaBgp::Pip(version.clone().leak())),
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

fn show(screen: &mut Screen, version: ExaBgp) -> Result<()> {
    let binary = std::env::current_exe()?.with_file_name("haproxy-rhi");
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
    story::tell(screen, &lab)
        .inspect_err(|_| lab.keep_logs())
        .with_context(|| {
            format!(
                "not everything was seen at the far end; the logs are in {}",
                lab.directory().display()
            )
        })
}
