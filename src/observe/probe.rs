//! Probes: an HTTP request, a TCP connection, a file, a command. What fails to run is unknown; what runs and does
//! not find what it wants, or not in time, does not hold.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::agent::CachedAgent;
use super::tls;
use crate::child::{self, End, Group, Wait};
use crate::condition::{CommandProbe, HttpProbe, Probe, TcpProbe};
use crate::config::Span;
use crate::files;
use crate::observation::{Finding, NVA_NAME};

/// How much of an answer's body is searched.
const SEARCHED_BODY: u64 = 64 * 1024;

/// What one probe keeps from run to run: its HTTP agent, and the process group of its command, which ends with the watch.
#[derive(Debug, Default)]
pub struct Running {
    agent: CachedAgent,
    group: Group,
}

impl Running {
    /// Ends what runs, and what would still begin.
    pub fn end(&self) {
        self.group.end();
    }
}

/// Runs one probe. It ends within its own timeout.
pub fn run(probe: &Probe, running: &Running) -> Finding {
    match probe {
        Probe::Http(probe) => http(probe, &running.agent),
        Probe::Tcp(probe) => tcp(probe),
        Probe::File(probe) => match fs::symlink_metadata(probe.path.as_path()) {
            Ok(_) => Finding::new(Some(true), "exists"),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Finding::new(Some(false), "does not exist")
            }
            Err(error) => Finding::new(None, files::reason(&error)),
        },
        Probe::Command(probe) => command(probe, &running.group),
    }
}

fn tcp(probe: &TcpProbe) -> Finding {
    let deadline = Instant::now() + probe.timeout.get();
    let addresses = match resolved(probe.address.as_str(), probe.timeout.get()) {
        Ok(addresses) => addresses,
        Err(why) => return Finding::new(None, format!("cannot be resolved: {why}")),
    };
    let mut why = "the name has no address".to_owned();
    for address in addresses {
        let left = deadline
            .saturating_duration_since(Instant::now())
            .max(Duration::from_millis(1));
        match TcpStream::connect_timeout(&address, left) {
            Ok(_) => return Finding::new(Some(true), "accepts"),
            Err(error) if is_own(&error) => return Finding::new(None, files::reason(&error)),
            Err(error) => why = files::reason(&error),
        }
    }
    Finding::new(Some(false), why)
}

/// Threads that wait for a name server.
static RESOLVING: AtomicUsize = AtomicUsize::new(0);
/// The most of them at once.
const MOST_RESOLVING: usize = 16;

/// The addresses of `host:port`. A name server that does not answer is left to a thread of its own: the system's resolver
/// has no deadline but its own, of tens of seconds.
fn resolved(address: &str, timeout: Duration) -> Result<Vec<SocketAddr>, String> {
    if let Ok(address) = address.parse() {
        return Ok(vec![address]);
    }
    if RESOLVING.fetch_add(1, Ordering::Relaxed) >= MOST_RESOLVING {
        RESOLVING.fetch_sub(1, Ordering::Relaxed);
        return Err("earlier requests have no answer yet".to_owned());
    }
    let (answer, answered) = mpsc::sync_channel(1);
    let name = address.to_owned();
    let resolve = move || {
        let found = name.to_socket_addrs().map(Iterator::collect);
        RESOLVING.fetch_sub(1, Ordering::Relaxed);
        drop(answer.try_send(found));
    };
    if let Err(error) = thread::Builder::new()
        .name("resolve".to_owned())
        .spawn(resolve)
    {
        RESOLVING.fetch_sub(1, Ordering::Relaxed);
        return Err(files::reason(&error));
    }
    match answered.recv_timeout(timeout) {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => Err(files::reason(&error)),
        Err(_) => Err(format!("no answer in {}", Span::from(timeout))),
    }
}

type Response = ureq::http::Response<ureq::Body>;

/// The NVA that the answer's header names.
fn name(response: &Response) -> Option<IpAddr> {
    let name = response.headers().get(NVA_NAME)?;
    name.to_str().ok()?.trim().parse().ok()
}

/// Whether the answer's header names the address that was asked; absent: a name was asked, which may be any address.
fn is_named(probe: &HttpProbe, name: Option<IpAddr>) -> Option<bool> {
    match (name, probe.url.address()) {
        (Some(_), None) => None,
        (name, asked) => Some(name.is_some() && name == asked),
    }
}

fn http(probe: &HttpProbe, kept: &CachedAgent) -> Finding {
    let (timeout, authorities) = (probe.timeout.get(), probe.tls_ca_file.as_deref());
    let agent = match kept.get(timeout, probe.tls_verify, authorities) {
        Ok(agent) => agent,
        Err(why) => return Finding::new(None, why),
    };
    let mut request = agent.get(probe.url.as_str());
    if let Some(host) = &probe.host {
        request = request.header("host", host);
    }
    let response = match request.call() {
        Ok(response) => response,
        Err(
            error @ (ureq::Error::HostNotFound | ureq::Error::BadUri(_) | ureq::Error::Http(_)),
        ) => {
            return Finding::new(None, error.to_string());
        }
        Err(ureq::Error::Timeout(_)) => {
            return Finding::silence(format!("no answer in {}", probe.timeout));
        }
        Err(ureq::Error::Io(error)) if is_own(&error) => {
            return Finding::new(None, files::reason(&error));
        }
        Err(ureq::Error::Io(error)) if is_silence(&error) => {
            return Finding::silence(files::reason(&error));
        }
        Err(ureq::Error::Io(error)) => {
            return Finding::new(Some(false), tls::in_words(files::reason(&error)));
        }
        Err(error) => return Finding::new(Some(false), tls::in_words(error.to_string())),
    };
    let name = name(&response);
    Finding {
        is_own: is_named(probe, name),
        name,
        ..answered(probe, response)
    }
}

fn answered(probe: &HttpProbe, mut response: Response) -> Finding {
    let status = response.status().as_u16();
    let fits = probe
        .status
        .map_or((200..300).contains(&status), |wanted| wanted.0 == status);
    let Some(text) = &probe.body else {
        return Finding::new(Some(fits), format!("status {status}"));
    };
    if !fits {
        return Finding::new(Some(false), format!("status {status}"));
    }
    let mut body = Vec::new();
    match response
        .body_mut()
        .as_reader()
        .take(SEARCHED_BODY)
        .read_to_end(&mut body)
    {
        Ok(_)
            if text.is_empty()
                || body
                    .windows(text.len())
                    .any(|window| window == text.as_bytes()) =>
        {
            Finding::new(Some(true), format!("status {status} with the text"))
        }
        Ok(_) => Finding::new(Some(false), format!("status {status} without the text")),
        Err(error) => Finding::new(Some(false), files::reason(&error)),
    }
}

/// Nobody is there: no answer in time, or no way there.
fn is_silence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::TimedOut
            | ErrorKind::WouldBlock
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
    )
}

/// This host lacks what it needs to ask (descriptors, memory, ports): nothing follows for the host that was to be asked.
fn is_own(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let own = [
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOBUFS,
        Errno::NOMEM,
        Errno::ADDRNOTAVAIL,
    ];
    Errno::from_io_error(error).is_some_and(|errno| own.contains(&errno))
}

fn command(probe: &CommandProbe, group: &Group) -> Finding {
    let mut command = Command::new(probe.argv.program());
    // What it prints must not reach ExaBGP.
    command
        .args(probe.argv.arguments())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let within = probe.timeout.get();
    match child::run(&mut command, within, Wait::ForTheFirst, group, |_| {}) {
        Ok(End::Status(status)) => match status.code() {
            Some(code) => Finding::new(Some(code == 0), format!("exit status {code}")),
            None => Finding::new(Some(false), "ended by a signal"),
        },
        Ok(End::Killed) => Finding::new(
            Some(false),
            format!("did not end within {}, killed", probe.timeout),
        ),
        Ok(End::NotBegun) => Finding::new(None, "not asked for any more"),
        Err(error) => Finding::new(None, format!("cannot be run: {}", files::reason(&error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_without_file_descriptors_is_at_fault_itself_and_one_that_refuses_has_answered() {
        for (number, own, silence) in [
            (24, true, false),
            (23, true, false),
            (105, true, false),
            (99, true, false),
            (113, false, true),
            (101, false, true),
            (110, false, true),
            (111, false, false),
            (104, false, false),
        ] {
            let error = io::Error::from_raw_os_error(number);
            assert_eq!(
                (is_own(&error), is_silence(&error)),
                (own, silence),
                "{error}"
            );
        }
    }
}
