//! `init` at a terminal: questions, a last word before anything is written, and Ctrl-C.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::stage::PATIENCE;

/// A command at a terminal of its own, which `script` makes.
struct Terminal {
    child: Child,
    seen: Receiver<Vec<u8>>,
    text: String,
}

impl Terminal {
    fn start(folder: &Path, more: &str) -> Self {
        let command = format!(
            "{} init --output-dir {} {more}",
            env!("CARGO_BIN_EXE_haproxy-rhi"),
            folder.display()
        );
        let mut child = Command::new("script")
            .args([
                "--quiet",
                "--return",
                "--echo",
                "never",
                "--command",
                &command,
                "/dev/null",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = child.stdout.take().unwrap();
        let (tell, seen) = channel();
        thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut part) {
                let _ = tell.send(part[..count].to_vec());
            }
        });
        Self {
            child,
            seen,
            text: String::new(),
        }
    }

    /// Waits for a question, then answers it.
    fn answer(&mut self, question: &str, answer: &str) {
        while !self.text.contains(question) {
            let part = self
                .seen
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no '{question}' in: {}", self.text));
            self.text += &String::from_utf8_lossy(&part);
        }
        let (_, rest) = self.text.split_once(question).unwrap();
        self.text = rest.to_owned();
        self.child
            .stdin
            .as_mut()
            .unwrap()
            .write_all(answer.as_bytes())
            .unwrap();
    }

    fn status(self) -> i32 {
        self.end().0
    }

    /// Its exit status, and what it said last.
    fn end(mut self) -> (i32, String) {
        drop(self.child.stdin.take());
        let status = self.child.wait().unwrap().code().unwrap();
        while let Ok(part) = self.seen.recv_timeout(PATIENCE) {
            self.text += &String::from_utf8_lossy(&part);
        }
        (status, self.text)
    }
}

fn all_but_the_last(terminal: &mut Terminal) {
    for (question, answer) in [
        ("Name of this region", "North Europe\n"),
        ("Anycast address", "\n"),
        ("own address", "nonsense\n"),
        (
            "'nonsense' is not the IPv4 address of a host",
            "172.16.156.70\n",
        ),
        ("AS number", "\n"),
        ("Route Server", "172.16.159.4 172.16.159.5\n"),
        ("primary or the secondary", "primary\n"),
        ("backend", "\n"),
        ("servers", "backend01=172.16.156.69\n"),
        ("health check", "\n"),
        ("other region", "172.16.136.70\n"),
        (
            "Second chance",
            "North Europe=172.16.156.70, West Europe=172.16.136.70\n",
        ),
    ] {
        terminal.answer(question, answer);
    }
}

fn is_empty(folder: &Path) -> bool {
    folder.read_dir().unwrap().next().is_none()
}

#[test]
fn questions_lead_to_the_shipped_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), "");
    all_but_the_last(&mut terminal);
    terminal.answer("Write these below", "yes\n");
    assert_eq!(terminal.status(), 0);
    for (made, shipped) in [
        ("etc/exabgp/exabgp.conf", "exabgp/north-europe/exabgp.conf"),
        ("etc/haproxy/haproxy.cfg", "haproxy/north-europe.cfg"),
        (
            "etc/haproxy-rhi/config.json",
            "exabgp/north-europe/config.json",
        ),
        (
            "etc/haproxy-rhi/second-chance.conf",
            "systemd/second-chance/second-chance.conf",
        ),
    ] {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(shipped);
        let text = |path: &Path| std::fs::read_to_string(path).unwrap();
        assert_eq!(text(&folder.path().join(made)), text(&shipped), "{made}");
    }
}

#[test]
fn what_is_there_is_kept_when_somebody_says_yes_and_not_touched_when_no() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("etc/haproxy/haproxy.cfg");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "theirs\n").unwrap();
    for (answer, status, theirs) in [("no\n", 1, true), ("yes\n", 0, false)] {
        let mut terminal = Terminal::start(folder.path(), "");
        all_but_the_last(&mut terminal);
        terminal.answer("keep the file that is there as .bak", answer);
        if theirs {
            terminal.answer("Change which answer", "none\n");
        }
        assert_eq!(terminal.status(), status);
        assert_eq!(
            std::fs::read_to_string(&path).unwrap() == "theirs\n",
            theirs
        );
    }
    let kept = std::fs::read_to_string(path.with_file_name("haproxy.cfg.bak")).unwrap();
    assert_eq!(kept, "theirs\n");
}

#[test]
fn whoever_says_no_or_presses_ctrl_c_has_changed_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), "");
    all_but_the_last(&mut terminal);
    terminal.answer("Write these below", "\n");
    terminal.answer("Change which answer", "\n");
    assert_eq!(terminal.status(), 1);
    assert!(is_empty(folder.path()));

    let mut terminal = Terminal::start(folder.path(), "--prefix 9.9.9.9/32");
    terminal.answer("Name of this region", "\n");
    terminal.answer("own address", "\u{3}");
    assert_ne!(terminal.status(), 0);
    assert!(is_empty(folder.path()));
}

#[test]
fn each_answer_is_checked_at_its_question_and_one_can_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), "");
    for (question, answer) in [
        ("Name of this region", "<\n"),
        (
            "this is the first question: there is none before it",
            "North Europe\n",
        ),
        ("Anycast address", "2001:db8::9/128\n"),
        ("2001:db8::9/128 is IPv6", "\n"),
        ("own address", "9.9.9.9\n"),
        (
            "is this NVA's own address; the anycast address is another one",
            "172.16.156.71\n",
        ),
        ("AS number", "65515\n"),
        ("65515 is the Route Server's own; choose another", "back\n"),
        ("own address [172.16.156.71]", "172.16.156.70\n"),
        ("AS number", "\n"),
        ("Route Server", "172.16.159.4 172.16.156.70\n"),
        (
            "is this NVA and a Route Server",
            "172.16.159.4 172.16.159.5\n",
        ),
        ("primary or the secondary", "\n"),
        ("backend", "stats\n"),
        ("'stats' is another section", "\n"),
        ("servers", "backend01=9.9.9.9\n"),
        ("is a server", "backend01=172.16.156.68\n"),
        ("health check", "\n"),
        ("other region", "172.16.156.70\n"),
        ("is this NVA and its sibling", "172.16.136.70\n"),
        ("Second chance", "172.16.156.70, 172.16.137.70\n"),
        ("is not among the NVAs", "none\n"),
        // No loses nothing: one answer is changed.
        ("Write these below", "no\n"),
        ("Change which answer", "12\n"),
        ("write the number of an answer", "8\n"),
        ("[backend01=172.16.156.68:80]", "backend01=172.16.156.69\n"),
        ("Write these below", "yes\n"),
    ] {
        terminal.answer(question, answer);
    }
    let (status, text) = terminal.end();
    assert_eq!(status, 0, "{text}");
    let written = std::fs::read_to_string(folder.path().join("etc/haproxy/haproxy.cfg")).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("haproxy/north-europe.cfg");
    assert_eq!(written, std::fs::read_to_string(shipped).unwrap());

    // What is printed says the same.
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("haproxy-rhi "))
        .unwrap();
    let command = format!("{} {line} </dev/null", env!("CARGO_BIN_EXE_haproxy-rhi"));
    let again = Command::new("sh").args(["-c", &command]).output().unwrap();
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert_eq!(
        said.matches(": is so already").count(),
        3,
        "{command}: {said}"
    );
}

#[test]
fn where_nothing_is_written_the_command_line_is_printed_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), "");
    all_but_the_last(&mut terminal);
    terminal.answer("Write these below", "no\n");
    terminal.answer("Change which answer", "\n");
    let (status, text) = terminal.end();
    assert_eq!(status, 1);
    assert!(
        text.contains("haproxy-rhi init --region 'North Europe' --prefix 9.9.9.9/32"),
        "{text}"
    );
    assert!(
        text.contains("--nva 'North Europe=172.16.156.70'"),
        "{text}"
    );
    assert!(is_empty(folder.path()));
}

#[test]
fn what_is_anothers_is_named_before_somebody_agrees_to_lose_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("etc/exabgp/exabgp.conf");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "process theirs { run /bin/cat; encoder text; }\n").unwrap();
    let mut terminal = Terminal::start(folder.path(), "");
    all_but_the_last(&mut terminal);
    terminal.answer("exabgp.conf:1: process theirs", "");
    terminal.answer("keep the file that is there as .bak", "yes\n");
    assert_eq!(terminal.status(), 0);
    assert!(
        std::fs::read_to_string(path.with_file_name("exabgp.conf.bak"))
            .unwrap()
            .contains("theirs")
    );
}
