//! The command as a person types it, or a script.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::haproxy::Haproxy;
use super::wait::PATIENCE;

const PROGRAM: &str = env!("CARGO_BIN_EXE_haproxy-rhi");

/// What a command said, and its exit status.
#[derive(Debug)]
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn of(output: &Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    #[track_caller]
    pub fn ends_with(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// stderr contains each of these.
    #[track_caller]
    pub fn complains_of(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "no '{word}' in {self:#?}");
        }
        self
    }

    /// stdout contains each of these.
    #[track_caller]
    pub fn shows(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.out.contains(word), "no '{word}' in {self:#?}");
        }
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:#?}"))
    }
}

/// Changes are guarded by a configuration without services and without drains, unless the arguments name others: what
/// this machine has in its own folders is none of the test's.
fn command(haproxy: &Haproxy, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env_remove("NO_COLOR");
    if !arguments.contains(&"--stats") {
        command.arg("--stats").arg(haproxy.path("admin.sock"));
    }
    let is_guarded = ["drain", "maint", "disable"]
        .iter()
        .any(|word| arguments.get(1) == Some(word));
    if is_guarded && !arguments.contains(&"--config") {
        command.arg("--config").arg(haproxy.path("nothing.json"));
    }
    if is_guarded && !arguments.contains(&"--drain-folder") {
        command.arg("--drain-folder").arg(haproxy.path("no-drains"));
    }
    command
}

/// Runs it to its end.
pub fn run(haproxy: &Haproxy, arguments: &[&str]) -> Said {
    Said::of(&command(haproxy, arguments).output().unwrap())
}

/// A command that is still running; gone with this value.
pub struct Running {
    child: Option<Child>,
    lines: Receiver<String>,
    err: String,
}

/// Starts it.
pub fn start(haproxy: &Haproxy, arguments: &[&str]) -> Running {
    let mut child = command(haproxy, arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        stderr
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line))
    });
    Running {
        child: Some(child),
        lines,
        err: String::new(),
    }
}

impl Running {
    /// Reads its stderr until a line contains this.
    #[track_caller]
    pub fn eventually_says(&mut self, words: &str) {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("waited in vain for '{words}'; it said: {}", self.err)
            };
            self.err.push_str(&line);
            self.err.push('\n');
            if line.contains(words) {
                return;
            }
        }
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", signal, "--", &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for its end.
    pub fn end(mut self) -> Said {
        let output = self.child.take().unwrap().wait_with_output().unwrap();
        let mut said = Said::of(&output);
        self.err.extend(self.lines.iter().map(|line| line + "\n"));
        said.err = std::mem::take(&mut self.err);
        said
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs it at a terminal, whose output both streams share.
pub fn run_at_a_terminal(haproxy: &Haproxy, arguments: &[&str], no_color: bool) -> String {
    let mut words: Vec<String> = command(haproxy, arguments)
        .get_args()
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    words.insert(0, PROGRAM.to_owned());
    let mut script = Command::new("script");
    script
        .args([
            "--quiet",
            "--return",
            "--command",
            &words.join(" "),
            "/dev/null",
        ])
        .stdin(Stdio::null());
    script.env("TERM", "xterm").env_remove("NO_COLOR");
    if no_color {
        script.env("NO_COLOR", "1");
    }
    String::from_utf8(script.output().unwrap().stdout).unwrap()
}
