//! HAProxy itself, in a directory of the test's own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::backend::Backend;
use super::wait::{PATIENCE, eventually};

/// Unless the variable HAPROXY names another one.
const PROGRAM: &str = "/usr/sbin/haproxy";

const CONFIG: &str = "\
global
    stats socket DIR/admin.sock mode 600 level admin expose-fd listeners
    stats socket DIR/operator.sock mode 600 level operator
    stats socket DIR/user.sock mode 600 level user
    stats socket ipv4@127.0.0.1:PORT level admin
    stats timeout 60s
    hard-stop-after 30s
GLOBAL
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    option httpchk GET /check
    timeout check 5s
    default-server inter 100ms fall 2 rise 2
DEFAULTS
frontend http_front
    bind unix@DIR/front.sock
    bind 127.0.0.1:FRONT
    default_backend http_back
frontend doomed
    bind unix@DIR/doomed.sock
    default_backend http_back
frontend narrow
    bind unix@DIR/narrow.sock
    default_backend one:at-a_time.1
backend http_back
    balance roundrobin
    server backend01 unix@DIR/backend01.sock check
    server backend02 unix@DIR/backend02.sock check
    server spare unix@DIR/spare.sock check backup
backend followers
    server first unix@DIR/backend01.sock track http_back/backend01
    server second unix@DIR/backend01.sock track followers/first
backend one:at-a_time.1
    # The queue is the server's own, not the backend's.
    balance uri
    server a.b:c-d_1 unix@DIR/backend02.sock check maxconn 1
    server off unix@DIR/backend02.sock check disabled
backend empty
listen both
    bind unix@DIR/both.sock
    server l1 unix@DIR/backend02.sock check
";

/// HAProxy with two servers and a spare one; gone with this value.
pub struct Haproxy {
    folder: tempfile::TempDir,
    master: Child,
    port: u16,
    front: u16,
    pub backend01: Backend,
    pub backend02: Backend,
    _spare: Backend,
}

impl Haproxy {
    pub fn start() -> Self {
        Self::with("", "")
    }

    /// With further lines of the sections `global` and `defaults`. Comes back when every server is up and checked.
    pub fn with(global: &str, defaults: &str) -> Self {
        // Not the environment's temporary directory: a unix socket's path has 107 bytes at most.
        let folder = tempfile::Builder::new()
            .prefix("haproxy-rhi-control-")
            .tempdir_in("/tmp")
            .unwrap();
        let at = |name: &str| folder.path().join(name);
        let (backend01, backend02) = (
            Backend::at(&at("backend01.sock")),
            Backend::at(&at("backend02.sock")),
        );
        let spare = Backend::at(&at("spare.sock"));
        let (port, front) = (free_port(), free_port());
        let path = folder.path().to_str().unwrap();
        let config = CONFIG
            .replace("GLOBAL", global)
            .replace("DEFAULTS", defaults)
            .replace("DIR", path)
            .replace("PORT", &port.to_string())
            .replace("FRONT", &front.to_string());
        std::fs::write(at("haproxy.cfg"), config).unwrap();
        std::fs::write(at("nothing.json"), r#"{"services": {}}"#).unwrap();
        let master = launch(folder.path());
        let mut haproxy = Self {
            folder,
            master,
            port,
            front,
            backend01,
            backend02,
            _spare: spare,
        };
        assert!(
            haproxy.is_up(),
            "{}",
            std::fs::read_to_string(haproxy.path("haproxy.log")).unwrap()
        );
        haproxy.eventually_all_up();
        haproxy
    }

    /// Waits for its first answer; false where it ended instead.
    fn is_up(&mut self) -> bool {
        eventually("HAProxy answers, or ends", || {
            let ended = self.master.try_wait().unwrap().is_some();
            (ended || self.says("show info").is_some()).then_some(!ended)
        })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// As an argument.
    pub fn arg(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The admin socket over TCP.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port of http_front.
    pub fn front(&self) -> u16 {
        self.front
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.arg(name)
    }

    /// HAProxy's own answer to a line, without anything of ours between.
    pub fn says(&self, line: &str) -> Option<String> {
        let mut stream = UnixStream::connect(self.path("admin.sock")).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.write_all(format!("{line}\n").as_bytes()).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        (!text.is_empty()).then_some(text)
    }

    /// A field of `show info`, of a process that is not leaving.
    fn info(&self, name: &str) -> Option<String> {
        let text = self.says("show info")?;
        if !text.contains("\nStopping: 0\n") {
            return None;
        }
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .map(str::to_owned)
    }

    pub fn pid(&self) -> u32 {
        eventually("HAProxy's process id", || self.info("Pid")?.parse().ok())
    }

    /// The column `srv_admin_state` of `backend/server`, as the process says that is not leaving.
    pub fn admin(&self, name: &str) -> u32 {
        let (backend, server) = name.split_once('/').unwrap();
        eventually("a server's state", || {
            let text = self.says(&format!("show info;show servers state {backend}"))?;
            let row = text
                .lines()
                .find(|line| line.split(' ').nth(3) == Some(server))?;
            text.contains("\nStopping: 0\n")
                .then(|| row.split(' ').nth(6)?.parse().ok())?
        })
    }

    /// The column `status` of a row of `show stat`.
    pub fn status(&self, proxy: &str, row: &str) -> String {
        eventually("a row of show stat", || self.try_status(proxy, row))
    }

    fn try_status(&self, proxy: &str, row: &str) -> Option<String> {
        let text = self.says("show stat -1 7 -1")?;
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{proxy},{row},")))?;
        line.split(',').nth(17).map(str::to_owned)
    }

    pub fn eventually_is(&self, proxy: &str, row: &str, status: &str) {
        eventually(&format!("{proxy}/{row} is {status}"), || {
            (self.try_status(proxy, row)? == status).then_some(())
        });
    }

    pub fn eventually_all_up(&self) {
        for server in ["backend01", "backend02", "spare"] {
            eventually(&format!("{server} is up and checked"), || {
                let text = self.says("show stat http_back 4 -1")?;
                let line = text
                    .lines()
                    .find(|line| line.starts_with(&format!("http_back,{server},")))?;
                (line.contains(",UP,") && line.contains("L7OK")).then_some(())
            });
        }
    }

    /// The worker is replaced; comes back when the new one answers.
    pub fn reload(&self) {
        self.reload_from(self.pid());
    }

    /// The same, where a signal may have been sent already.
    pub fn reload_from(&self, pid: u32) {
        self.signal_until("USR2", || {
            (self.info("Pid")?.parse::<u32>().ok()? != pid).then_some(())
        });
    }

    /// The worker is told to leave; comes back when it says so.
    pub fn leave(&self) {
        self.signal_until("USR1", || {
            self.says("show info")?
                .contains("\nStopping: 1\n")
                .then_some(())
        });
    }

    /// HAProxy's master loses signals that come while it is busy with its start or its last reload.
    fn signal_until(&self, signal: &str, mut look: impl FnMut() -> Option<()>) {
        let mut next = Instant::now();
        eventually(&format!("what SIG{signal} is for"), || {
            if look().is_some() {
                return Some(());
            }
            if Instant::now() >= next {
                self.signal(signal);
                next = Instant::now() + Duration::from_secs(2);
            }
            None
        });
    }

    /// A signal to the master.
    pub fn signal(&self, signal: &str) {
        kill(signal, &self.master.id().to_string());
    }

    /// Stops the master and its workers in the midst of whatever they do.
    pub fn freeze(&self) {
        kill("STOP", &format!("-{}", self.master.id()));
    }

    pub fn thaw(&self) {
        kill("CONT", &format!("-{}", self.master.id()));
    }

    /// As a crash: its sockets stay in the directory.
    pub fn crash(&mut self) {
        kill("KILL", &format!("-{}", self.master.id()));
        self.master.wait().unwrap();
    }

    /// It is there again, as after `systemctl restart`.
    pub fn restart(&mut self) {
        self.crash();
        self.master = launch(self.folder.path());
        self.eventually_all_up();
    }

    /// A request through a frontend's socket: its status line, or absent where nobody accepts it or answers.
    pub fn get(&self, socket: &str) -> Option<String> {
        request(&self.path(socket))
    }

    /// Whether http_front accepts connections over TCP. HAProxy goes on accepting at a unix socket that is disabled.
    pub fn accepts(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.front)).is_ok()
    }

    /// A request in the background.
    pub fn get_slowly(&self, socket: &str) -> JoinHandle<Option<String>> {
        let path = self.path(socket);
        thread::spawn(move || request(&path))
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!(
                "HAProxy said: {}",
                std::fs::read_to_string(self.path("haproxy.log")).unwrap_or_default()
            );
        }
        if self.master.try_wait().is_ok_and(|status| status.is_none()) {
            kill("KILL", &format!("-{}", self.master.id()));
            let _ = self.master.wait();
        }
    }
}

/// In a process group of its own; gone when this process is, however it ends.
fn launch(folder: &Path) -> Child {
    let log = std::fs::File::create(folder.join("haproxy.log")).unwrap();
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL"])
        .arg(std::env::var_os("HAPROXY").unwrap_or(PROGRAM.into()))
        .args(["-W", "-S"])
        .arg(folder.join("master.sock"))
        .arg("-f")
        .arg(folder.join("haproxy.cfg"))
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

fn kill(signal: &str, target: &str) {
    let status = Command::new("kill")
        .args(["-s", signal, "--", target])
        .status()
        .unwrap();
    assert!(
        status.success(),
        "SIG{signal} could not be sent to {target}"
    );
}

/// One that was free a moment ago: HAProxy cannot be asked which it got.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn request(path: &Path) -> Option<String> {
    let mut stream = UnixStream::connect(path).ok()?;
    stream.set_read_timeout(Some(PATIENCE * 2)).ok()?;
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        .ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.lines().next().map(str::to_owned)
}
