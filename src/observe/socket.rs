//! HAProxy's stats socket (management.txt section 9.3): one fresh connection a look, one line, read to its end.
//!
//! Never a kept connection: after a reload it goes on talking to the old worker, which says UP for ever. Every
//! step has the look's deadline and the answer a size limit, because a frozen HAProxy accepts connections into
//! its backlog and some versions can answer without end.

use std::collections::HashSet;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::rows;
use super::twins::Twins;
use crate::account;
use crate::config::Socket;
use crate::foreign;
use crate::observation::{Proxy, Snapshot, Trouble};

/// The longest answer that is read.
pub const LONGEST_ANSWER: u64 = rows::MOST_ROWS as u64 * LONGEST_ROW;
/// A row of `show stat` has 190 bytes in HAProxy 2.0 and 280 in 3.5, and more where its counters are high.
const LONGEST_ROW: u64 = 600;
/// HAProxy takes less than 16 kB in a line; with more proxies than fit, all are asked for.
pub const LONGEST_QUESTION: usize = 15_000;

/// Looks once: the process and the named proxies. `meanwhile` is called while HAProxy works.
///
/// # Errors
/// HAProxy is gone, or cannot be read.
pub fn look(
    socket: &Socket,
    names: &[String],
    twins: &Twins,
    timeout: Duration,
    meanwhile: impl FnOnce(),
) -> Result<Snapshot, Trouble> {
    let answer = talk(
        socket,
        &question(names, twins),
        Instant::now() + timeout,
        meanwhile,
    )?;
    snapshot(&answer, names).map_err(Trouble::Unreadable)
}

/// Asks for the numbers of all frontends and backends.
///
/// # Errors
/// As [`look`].
pub(super) fn twins(socket: &Socket, timeout: Duration) -> Result<Twins, Trouble> {
    let answer = ask(
        socket,
        "show info;show stat -1 3 -1\n",
        Instant::now() + timeout,
    )?;
    let blocks = rows::blocks(&answer);
    let process =
        rows::process(blocks.first().copied().unwrap_or_default()).map_err(Trouble::Unreadable)?;
    // Without the numbers, the answer by names stands.
    let numbers = rows::numbers(blocks.get(1).copied().unwrap_or_default()).unwrap_or_default();
    Ok(Twins::of(process.pid, numbers))
}

/// `show info` and each proxy's frontend, backend and server rows.
fn question(names: &[String], twins: &Twins) -> String {
    let mut line = String::from("show info");
    for name in names {
        line.push_str(&twins.question(name));
    }
    if line.len() > LONGEST_QUESTION {
        line = "show info;show stat -1 7 -1".to_owned();
    }
    line.push('\n');
    line
}

/// Reads an answer to the question about `names`. A name that HAProxy does not have is absent: its reply is
/// `No such proxy.`
///
/// # Errors
/// The answer was cut off, or is none of HAProxy's.
pub fn snapshot(answer: &[u8], names: &[String]) -> Result<Snapshot, String> {
    if answer.starts_with(b"HTTP/") {
        return Err(
            "it speaks HTTP, and is no stats socket; write the URL of its stats page, http://…"
                .to_owned(),
        );
    }
    if !answer.ends_with(b"\n\n") {
        return Err(format!("its answer of {} bytes was cut off", answer.len()));
    }
    let mut blocks = rows::blocks(answer).into_iter();
    let process = rows::process(blocks.next().unwrap_or_default())?;
    let mut proxies = rows::Proxies::new();
    let wanted: HashSet<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
    for block in blocks {
        if block.starts_with(b"# ") {
            rows::add_table(&mut proxies, block, |name| wanted.contains(name))?;
            let rows: usize = proxies
                .values()
                .map(|proxy: &Proxy| proxy.servers.len())
                .sum();
            if rows > rows::MOST_ROWS {
                return Err(format!(
                    "over {} rows of the proxies that were asked for",
                    rows::MOST_ROWS
                ));
            }
        } else if without_severity(block) != b"No such proxy.\n" {
            let text = String::from_utf8_lossy(block);
            let text: String = foreign::plain(text.trim_end()).take(80).collect();
            return Err(format!("it answered '{text}'"));
        }
    }
    Ok(Snapshot {
        process: Some(process),
        proxies,
    })
}

/// A message without the `[3]: ` or `[err]: ` of a socket with `severity-output` (configuration.txt section 3.1).
fn without_severity(message: &[u8]) -> &[u8] {
    let end = message
        .windows(3)
        .position(|window| window == b"]: ")
        .filter(|_| message.starts_with(b"["));
    end.and_then(|end| message.get(end + 3..))
        .unwrap_or(message)
}

/// Says one line and reads the answer to its end.
///
/// # Errors
/// HAProxy is gone, or did not answer by the deadline, or more than fits.
pub fn ask(socket: &Socket, question: &str, deadline: Instant) -> Result<Vec<u8>, Trouble> {
    talk(socket, question, deadline, || ())
}

fn talk(
    socket: &Socket,
    question: &str,
    deadline: Instant,
    meanwhile: impl FnOnce(),
) -> Result<Vec<u8>, Trouble> {
    let said = Said { question, deadline };
    match socket {
        Socket::Unix(path) => {
            let place = path.display().to_string();
            let mut stream = connect_unix(path).map_err(|error| refused(&error, path))?;
            exchange(
                &mut stream,
                said,
                meanwhile,
                &place,
                UnixStream::set_read_timeout,
                UnixStream::set_write_timeout,
            )
        }
        Socket::Tcp(address) => {
            let place = address.as_str();
            let mut stream =
                connect_tcp(place, deadline).map_err(|error| trouble(&error, place))?;
            exchange(
                &mut stream,
                said,
                meanwhile,
                place,
                TcpStream::set_read_timeout,
                TcpStream::set_write_timeout,
            )
        }
    }
}

/// Connects without waiting: a listener whose backlog is full would block a plain `connect` without limit.
fn connect_unix(path: &Path) -> io::Result<UnixStream> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

fn connect_tcp(address: &str, deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::AddrNotAvailable, "the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, left(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The time that is left, never zero, which would mean no limit.
fn left(deadline: Instant) -> io::Result<Duration> {
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(ErrorKind::TimedOut.into()),
        left => Ok(left),
    }
}

/// What is said, and by when it must be answered.
#[derive(Clone, Copy)]
struct Said<'line> {
    question: &'line str,
    deadline: Instant,
}

fn exchange<S: Read + Write>(
    stream: &mut S,
    Said { question, deadline }: Said<'_>,
    meanwhile: impl FnOnce(),
    place: &str,
    set_read: impl Fn(&S, Option<Duration>) -> io::Result<()>,
    set_write: impl Fn(&S, Option<Duration>) -> io::Result<()>,
) -> Result<Vec<u8>, Trouble> {
    let mut answer = Vec::with_capacity(8192);
    let talk = || -> io::Result<()> {
        set_write(stream, Some(left(deadline)?))?;
        stream.write_all(question.as_bytes())?;
        meanwhile();
        let mut chunk = [0; 16384];
        loop {
            set_read(stream, Some(left(deadline)?))?;
            match stream.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(count) => answer.extend(chunk.iter().take(count)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if answer.len() as u64 > LONGEST_ANSWER {
                return Err(io::Error::new(
                    ErrorKind::FileTooLarge,
                    format!("an answer of over {LONGEST_ANSWER} bytes"),
                ));
            }
        }
    };
    match talk() {
        Ok(()) if answer.is_empty() => Err(Trouble::Unreadable(format!(
            "{place} closed the connection without an answer"
        ))),
        Ok(()) => Ok(answer),
        Err(_) if is_masters(&answer) => Err(Trouble::Unreadable(format!(
            "{place} is the socket of HAProxy's master process, which knows no servers; name one of a 'stats socket' line"
        ))),
        Err(error) => Err(trouble(&error, place)),
    }
}

/// The master's command line (`-S`) does not end its answers, and offers commands that no worker has.
fn is_masters(answer: &[u8]) -> bool {
    let offered = b"show proc ";
    answer.starts_with(b"Unknown command")
        && answer
            .windows(offered.len())
            .any(|window| window == offered)
}

/// A path that is no socket is not a HAProxy that is gone: it is unreadable.
fn refused(error: &io::Error, path: &Path) -> Trouble {
    let is_told = matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::PermissionDenied
    );
    let data = path.metadata().ok().filter(|_| is_told);
    match data.filter(|data| !data.file_type().is_socket()) {
        Some(_) => Trouble::Unreadable(format!("{} is no socket", path.display())),
        None => trouble(error, &path.display().to_string()),
    }
}

/// Gone, where nobody listens; unreadable otherwise.
fn trouble(error: &io::Error, place: &str) -> Trouble {
    match error.kind() {
        ErrorKind::NotFound => Trouble::Gone(format!("no socket at {place}")),
        ErrorKind::ConnectionRefused => Trouble::Gone(format!("connection refused at {place}")),
        // A full backlog of a unix socket, or a timeout of a read.
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            Trouble::Unreadable(format!("no answer at {place} in time"))
        }
        ErrorKind::PermissionDenied => Trouble::Unreadable(format!(
            "no permission for {place}; {} may open it, as its 'stats socket' line in haproxy.cfg says",
            who_may(Path::new(place))
        )),
        _ => Trouble::Unreadable(format!("{error} at {place}")),
    }
}

/// Who may open the socket, by owner, group and mode; where these cannot be seen, root.
fn who_may(path: &Path) -> String {
    let Ok(data) = path.metadata() else {
        return "root".to_owned();
    };
    let (user, group) = (account::user(data.uid()), account::group(data.gid()));
    let user = user
        .filter(|_| data.uid() != 0 && data.mode() & 0o200 != 0)
        .map(|name| format!(", user {name}"));
    let group = group.filter(|_| data.gid() != 0 && data.mode() & 0o020 != 0);
    let group = group.map(|name| format!(", a member of group {name}"));
    format!(
        "root{}{}",
        user.unwrap_or_default(),
        group.unwrap_or_default()
    )
}
