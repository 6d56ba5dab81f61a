//! A client that keeps its connection, as browsers and proxies do. What breaks is told and never mended.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};

use crate::load::{Load, Outcome, Request};
use crate::topology::ANYCAST_ADDRESS;

/// Asks until `end`, from the calling thread's network.
pub(crate) fn ask(load: &Load, client: usize, end: &AtomicBool, mut note: impl FnMut(Request)) {
    let begin = Instant::now();
    let pace = Duration::from_secs(1) / load.per_second.max(1);
    let mut kept: Option<Connection> = None;
    for number in 1_u64.. {
        let start = Instant::now();
        if end.load(Ordering::Relaxed) || begin.elapsed() > load.at_most {
            return;
        }
        let reused = kept.is_some();
        let ask = |kept: Option<Connection>| {
            let connection = kept.map_or_else(|| Connection::open(load.patience), Ok);
            connection.and_then(|connection| {
                connection.request(load.method, &format!("/?{client}-{number}"))
            })
        };
        let (mut answer, mut again) = (ask(kept.take()), false);
        if load.again && answer.is_err() {
            (answer, again) = (ask(None), true);
        }
        let outcome = match answer {
            Ok((status, body, connection)) => {
                kept = connection;
                Outcome::of(status, &body)
            }
            Err(error) => Outcome::Lost(format!("{error:#}")),
        };
        note(Request {
            at: SystemTime::now(),
            took: start.elapsed(),
            reused,
            again,
            outcome,
        });
        sleep(pace.saturating_sub(start.elapsed()));
    }
}

/// A connection to the anycast address.
#[derive(Debug)]
struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    fn open(patience: Duration) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&SocketAddr::from((ANYCAST_ADDRESS, 80)), patience)
            .context("failed to connect")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// The status, the body, and the connection if it is kept.
    fn request(mut self, method: &str, target: &str) -> Result<(u16, String, Option<Self>)> {
        let body = if method == "GET" { "" } else { "x" };
        let length = body.len();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {ANYCAST_ADDRESS}\r\nContent-Length: {length}"
        );
        let request = format!("{head}\r\n\r\n{body}");
        self.stream
            .get_mut()
            .write_all(request.as_bytes())
            .context("failed to send")?;

        let line = self.line().context("no answer")?;
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status: u16 = status.with_context(|| format!("not HTTP: '{line}'"))?;
        let (mut length, mut kept) = (0, true);
        loop {
            let line = self
                .line()
                .context("an answer without its end")?
                .to_ascii_lowercase();
            match line.split_once(": ") {
                _ if line.is_empty() => break,
                Some(("content-length", value)) => length = value.parse()?,
                Some(("connection", value)) => kept = value != "close",
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream
            .read_exact(&mut body)
            .context("an answer without its end")?;
        Ok((
            status,
            String::from_utf8_lossy(&body).into_owned(),
            kept.then_some(self),
        ))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(Error::from(ErrorKind::UnexpectedEof).into());
        }
        Ok(line.trim_end().to_owned())
    }
}
