//! A BIRD, and its control socket.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::directory::LabDirectory;
use crate::namespace::Namespace;
use crate::program::Program;
use crate::table::{TableRow, parse};
use crate::wait::eventually;

const PATIENCE: Duration = Duration::from_secs(5);

/// One BIRD with a configuration, a control socket and a log.
#[derive(Debug)]
pub(crate) struct Bird {
    host: String,
    network: Namespace,
    config: PathBuf,
    socket: PathBuf,
    log: PathBuf,
    program: Program,
}

impl Bird {
    /// `protocols` is the configuration without its head.
    pub(crate) fn new(host: &str, directory: &LabDirectory, protocols: &str) -> Result<Self> {
        let log = directory.file(&format!("{host}-bird.log"));
        let head = format!(
            "log \"{}\" all;\ntimeformat log iso long us;\n",
            log.display()
        );
        Ok(Self {
            host: host.to_owned(),
            network: Namespace::new(directory.name(), host),
            config: directory.write(&format!("{host}-bird.conf"), &(head + protocols))?,
            socket: directory.file(&format!("{host}.ctl")),
            log,
            program: Program::new(
                &format!("{host}'s BIRD"),
                directory.file(&format!("{host}-bird-stderr.log")),
            ),
        })
    }

    pub(crate) fn start(&self) -> Result<()> {
        self.launch()?;
        self.ready()
    }

    pub(crate) fn launch(&self) -> Result<()> {
        self.program.start(
            self.network
                .command("bird")
                .env("TZ", "UTC")
                .arg("-f")
                .arg("-c")
                .arg(&self.config)
                .arg("-s")
                .arg(&self.socket),
        )
    }

    pub(crate) fn ready(&self) -> Result<()> {
        eventually(PATIENCE, &format!("{}'s BIRD", self.host), || {
            self.ask("show status")
                .map(drop)
                .with_context(|| self.program.log())
        })
    }

    pub(crate) fn kill(&self) -> Result<()> {
        self.program.kill()
    }

    pub(crate) fn stop(&self) -> Result<()> {
        self.ask("down")?;
        self.program.wait(PATIENCE).map(drop)
    }

    /// A command, and its answer without the codes in front.
    pub(crate) fn ask(&self, command: &str) -> Result<String> {
        let ask = || -> Result<String> {
            let mut stream = UnixStream::connect(&self.socket)?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            stream.write_all(format!("{command}\n").as_bytes())?;
            let mut lines = BufReader::new(stream).lines();
            // The greeting.
            lines.next().transpose()?;
            let mut answer = String::new();
            for line in lines {
                let line = line?;
                // '1007-text' goes on, '0000 text' ends the answer, and ' text' has the code of the line before.
                match line.split_at_checked(5) {
                    Some((code, text))
                        if code.starts_with(|first: char| first.is_ascii_digit()) =>
                    {
                        ensure!(
                            !code.starts_with(['9', '8']) || code.starts_with("8001"),
                            "{line}"
                        );
                        answer.push_str(text);
                        answer.push('\n');
                        if code.ends_with(' ') {
                            return Ok(answer);
                        }
                    }
                    _ => {
                        answer.push_str(line.strip_prefix(' ').unwrap_or(&line));
                        answer.push('\n');
                    }
                }
            }
            bail!("it hung up")
        };
        ask().with_context(|| format!("failed to ask {}'s BIRD '{command}'", self.host))
    }

    /// The table's rows for exactly this prefix. The best comes first.
    pub(crate) fn rows(&self, prefix: &str) -> Result<Vec<TableRow>> {
        // '8001 Network not found' is an empty table.
        parse(&self.ask(&format!("show route {prefix} all"))?)
    }

    /// The state of a BGP session: `Established`, `Active`, …
    pub(crate) fn session(&self, protocol: &str) -> Result<String> {
        let answer = self.ask(&format!("show protocols all {protocol}"))?;
        answer
            .lines()
            .find_map(|line| line.trim().strip_prefix("BGP state:"))
            .map(|state| state.trim().to_owned())
            .with_context(|| format!("no BGP state in: {answer}"))
    }

    pub(crate) fn await_session(&self, protocol: &str, timeout: Duration) -> Result<()> {
        eventually(
            timeout,
            &format!("{}'s session '{protocol}'", self.host),
            || {
                let state = self.session(protocol)?;
                ensure!(state == "Established", "it is {state}");
                Ok(())
            },
        )
    }

    pub(crate) fn log(&self) -> String {
        fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }
}
