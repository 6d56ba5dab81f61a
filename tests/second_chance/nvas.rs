//! NVAs with a web server each and the second chance, and clients that try nothing twice.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use haproxy_rhi_lab::{ANYCAST_ADDRESS, ANYCAST_V6, Host, Ring, address, address_v6, eventually};
use rustix::net::{AddressFamily, SocketType, sockopt};
use serde_json::Value;

use crate::pair::{PATIENCE, PROGRAM};

/// The anycast addresses of both families.
pub const BOTH: [IpAddr; 2] = [IpAddr::V4(ANYCAST_ADDRESS), IpAddr::V6(ANYCAST_V6)];

/// NVAs, each with its server; its page is the NVA's number.
pub struct Nvas {
    pub ring: Ring,
    count: u8,
    /// The command, and what comes before its words.
    program: Vec<String>,
    servers: Vec<Running>,
    heartbeats: Vec<Running>,
}

/// A process that ends with its owner.
pub struct Running(Child);

impl Running {
    pub fn start(command: &mut Command) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Ok(Self(child.context("failed to start a process")?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Nvas {
    /// They serve; nothing is switched on.
    pub fn start(count: u8) -> Result<Self> {
        Self::start_with(count, &[PROGRAM.to_owned()])
    }

    /// The same with another program.
    pub fn start_with(count: u8, program: &[String]) -> Result<Self> {
        let ring = Ring::start(count)?;
        let nvas: String = (1..=count)
            .map(|nva| format!("nva {}\n", address(Host::Nva(nva))))
            .collect();
        let prefixes = format!("prefix {ANYCAST_ADDRESS}/32\nprefix {ANYCAST_V6}/128\n");
        let text = prefixes + &nvas;
        let mut nvas = Self {
            ring,
            count,
            program: program.to_vec(),
            servers: Vec::new(),
            heartbeats: Vec::new(),
        };
        for nva in 1..=count {
            nvas.write(nva, &text)?;
            nvas.serve(nva)?;
        }
        Ok(nvas)
    }

    /// They serve, all are switched on, and each hears all others.
    pub fn switched_on(count: u8) -> Result<Self> {
        let mut nvas = Self::start(count)?;
        nvas.switch_on()?;
        Ok(nvas)
    }

    fn serve(&mut self, nva: u8) -> Result<()> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/second_chance/server.py");
        let mut python = self.ring.command(Host::Nva(nva), "/usr/bin/python3");
        self.servers.push(Running::start(python.args([
            script,
            "80",
            &nva.to_string(),
        ]))?);
        let local = SocketAddr::from((address(Host::Nva(nva)), 80));
        eventually(PATIENCE, &format!("the server of NVA {nva}"), || {
            joined(
                self.ring
                    .on(Host::Nva(nva), move || Ok(TcpStream::connect(local)?)),
            )
            .map(drop)
        })
    }

    pub fn switch_on(&mut self) -> Result<()> {
        (1..=self.count).try_for_each(|nva| self.switch_on_one(nva))?;
        (1..=self.count).try_for_each(|nva| self.ready(nva))
    }

    pub fn switch_on_one(&mut self, nva: u8) -> Result<()> {
        self.command(nva, "up")?;
        let heartbeat = self.heartbeat(nva, &[])?;
        self.heartbeats.push(heartbeat);
        Ok(())
    }

    /// Waits until nothing is in the way of connections that are to outlive a move.
    pub fn ready(&self, nva: u8) -> Result<()> {
        eventually(PATIENCE, &format!("a second chance at NVA {nva}"), || {
            self.command(nva, "check")
        })
        .map(drop)
    }

    pub fn heartbeat(&self, nva: u8, arguments: &[&str]) -> Result<Running> {
        Running::start(&mut self.heartbeat_command(nva, arguments))
    }

    pub fn heartbeat_command(&self, nva: u8, arguments: &[&str]) -> Command {
        let mut heartbeat = self.program(nva);
        heartbeat
            .args(["heartbeat", "--config"])
            .arg(self.file(nva))
            .args(arguments);
        heartbeat
    }

    fn program(&self, nva: u8) -> Command {
        let (program, words) = self
            .program
            .split_first()
            .map_or((PROGRAM, [].as_slice()), |(a, b)| (a, b));
        let mut command = self.ring.command(Host::Nva(nva), program);
        command.args(words);
        command
    }

    /// Where an NVA's second-chance.conf is.
    pub fn file(&self, nva: u8) -> PathBuf {
        self.ring
            .directory()
            .join(format!("second-chance-{nva}.conf"))
    }

    pub fn text(&self, nva: u8) -> Result<String> {
        Ok(std::fs::read_to_string(self.file(nva))?)
    }

    pub fn write(&self, nva: u8, text: &str) -> Result<()> {
        Ok(std::fs::write(self.file(nva), text)?)
    }

    /// Before it is switched on: every NVA's file.
    pub fn edit(&self, change: impl Fn(String) -> String) -> Result<()> {
        (1..=self.count).try_for_each(|nva| self.write(nva, &change(self.text(nva)?)))
    }

    /// Before it is switched on: the NVAs by their addresses of IPv6.
    pub fn name_by_ipv6(&self) -> Result<()> {
        let of = |text: String, nva| {
            let (v4, v6) = (address(Host::Nva(nva)), address_v6(Host::Nva(nva)));
            text.replace(&format!("nva {v4}\n"), &format!("nva {v6}\n"))
        };
        self.edit(|text| (1..=self.count).fold(text, of))
    }

    pub fn end_heartbeat(&mut self, nva: u8) {
        self.heartbeats.remove(usize::from(nva) - 1);
    }

    pub fn kill_server(&mut self, nva: u8) {
        self.servers.remove(usize::from(nva) - 1);
    }

    /// `haproxy-rhi-second-chance …`, and what it printed.
    pub fn command(&self, nva: u8, word: &str) -> Result<String> {
        let mut command = self.program(nva);
        command.args(word.split(' '));
        if word != "down" {
            command.arg("--config").arg(self.file(nva));
        }
        command
            .arg("--state")
            .arg(self.ring.directory().join(format!("state-{nva}")));
        let output = command.output()?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        ensure!(
            output.status.success(),
            "NVA {nva}: {}: {said}",
            output.status
        );
        Ok(said)
    }

    pub fn counted(&self, nva: u8) -> Result<Counted> {
        let text = self.command(nva, "status --json")?;
        let status: Value = serde_json::from_str(&text)?;
        let number = |key: &str| {
            status
                .get(key)
                .and_then(Value::as_u64)
                .with_context(|| format!("no '{key}' in {text}"))
        };
        let siblings = status
            .get("siblings")
            .and_then(Value::as_array)
            .context("no siblings")?;
        Ok(Counted {
            handed_over: siblings
                .iter()
                .filter_map(|sibling| sibling.get("handed_to")?.as_u64())
                .sum(),
            taken: number("taken")?,
            nobodys: number("nobodys")?,
            over_limit: number("over_limit")?,
            forged: number("forged")?,
        })
    }

    /// A client connects to the anycast address.
    pub fn connect(&self, to: IpAddr) -> Result<Http> {
        joined(self.ring.on(Host::Client, move || Http::connect(to)))
    }

    /// What a shell says on a host.
    pub fn shell(&self, host: Host, script: &str) -> Result<String> {
        let output = self
            .ring
            .command(host, "sh")
            .args(["-c", script])
            .output()?;
        ensure!(
            output.status.success(),
            "{script}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// What an NVA has counted, of both families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub handed_over: u64,
    pub taken: u64,
    pub nobodys: u64,
    pub over_limit: u64,
    pub forged: u64,
}

pub fn joined<T>(thread: std::thread::JoinHandle<Result<T>>) -> Result<T> {
    thread.join().map_err(|_| anyhow!("a thread is lost"))?
}

/// A connection of a client's, kept.
pub struct Http(BufReader<TcpStream>);

impl Http {
    pub fn connect(to: IpAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&SocketAddr::new(to, 80), PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// From this port of the client's.
    pub fn connect_from(port: u16, to: IpAddr) -> Result<Self> {
        let family = if to.is_ipv4() {
            AddressFamily::INET
        } else {
            AddressFamily::INET6
        };
        let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        let own = if to.is_ipv4() {
            address(Host::Client).into()
        } else {
            address_v6(Host::Client).into()
        };
        rustix::net::bind(&socket, &SocketAddr::new(own, port))?;
        rustix::net::connect(&socket, &SocketAddr::new(to, 80))?;
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    pub fn stream(&self) -> &TcpStream {
        self.0.get_ref()
    }

    /// Whose page it is: the NVA's number.
    pub fn who(&mut self) -> Result<u8> {
        self.ask("GET /", 0)
    }

    fn ask(&mut self, request: &str, body: usize) -> Result<u8> {
        self.send(request, body)?;
        let answer = self.answer()?;
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (number, rest) = text.split_once(' ').unwrap_or((&text, ""));
        ensure!(body == 0 || rest == format!("took {body}"), "{text}");
        Ok(number.parse()?)
    }

    /// Sends so many bytes, pausing at each megabyte, and says who took them.
    pub fn put(&mut self, size: usize) -> Result<u8> {
        self.ask("PUT /", size)
    }

    pub fn send(&mut self, request: &str, body: usize) -> Result<()> {
        let mut stream = self.0.get_ref();
        write!(
            stream,
            "{request} HTTP/1.1\r\nhost: a\r\ncontent-length: {body}\r\n\r\n"
        )?;
        let piece = vec![b'x'; 1 << 20];
        let mut left = body;
        while left > 0 {
            let size = left.min(piece.len());
            stream.write_all(piece.get(..size).unwrap_or_default())?;
            left -= size;
            if left > 0 {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(())
    }

    /// The body of an answer.
    pub fn answer(&mut self) -> Result<Vec<u8>> {
        let mut length = 0;
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            bail!("it was closed");
        }
        ensure!(line.starts_with("HTTP/1.1 200"), "{line}");
        loop {
            line.clear();
            self.0.read_line(&mut line)?;
            match line.trim_end().split_once(": ") {
                Some(("content-length", value)) => length = value.parse()?,
                None if line.trim_end().is_empty() => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(body)
    }
}
