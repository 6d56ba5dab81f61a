//! The two pipes to ExaBGP: a thread that drains stdin for life, and a thread that owns stdout.
//!
//! ExaBGP 4.2 and 5.0 block in `write` when a process does not read its answers, and BGP stops with them; a
//! process whose stdin is closed makes them abandon their neighbors. So stdin is read whatever else happens, and a
//! write that blocks, because ExaBGP is stopped, holds up nobody but its own thread.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread;

use super::grammar::{Command, Message, message};

/// The longest message that is read as one; a longer line is skipped to its end.
const LONGEST_MESSAGE: u64 = 64 * 1024;

/// What the pipes report.
#[derive(Debug)]
pub enum PipeEvent {
    /// A message of ExaBGP's.
    Heard(Message),
    /// ExaBGP closed its end: it is gone.
    Closed,
    /// The lines were written, or ExaBGP does not take them any more.
    Written(io::Result<()>),
}

/// Starts the thread that reads stdin to its end. It never stops reading before.
///
/// # Errors
/// The thread cannot be started.
pub fn drain_stdin(report: impl Fn(PipeEvent) + Send + 'static) -> io::Result<()> {
    let mut input = BufReader::new(File::from(io::stdin().as_fd().try_clone_to_owned()?));
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut line = Vec::new();
        while next_line(&mut input, &mut line) {
            if let Some(message) = std::str::from_utf8(&line).ok().and_then(message) {
                report(PipeEvent::Heard(message));
            }
        }
        report(PipeEvent::Closed);
    })?;
    Ok(())
}

/// Reads one line into `line`, or skips it where it is too long. False at the end of the input.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> bool {
    line.clear();
    match input.by_ref().take(LONGEST_MESSAGE).read_until(b'\n', line) {
        Ok(0) | Err(_) => return false,
        Ok(_) if line.ends_with(b"\n") => return true,
        Ok(_) => line.clear(),
    }
    loop {
        match input.fill_buf() {
            Ok([]) | Err(_) => return false,
            Ok(buffer) => {
                let newline = buffer.iter().position(|byte| *byte == b'\n');
                let length = newline.map_or(buffer.len(), |at| at + 1);
                input.consume(length);
                if newline.is_some() {
                    return true;
                }
            }
        }
    }
}

/// The owner of stdout.
#[derive(Debug)]
pub struct Writer {
    lines: SyncSender<Vec<Command>>,
    idle: bool,
}

impl Writer {
    /// Starts the thread that writes, each line with one `write`.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(report: impl Fn(PipeEvent) + Send + 'static) -> io::Result<Self> {
        // A copy of the descriptor, so that no buffer of the library lies between a line and its `write`.
        let output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let (lines, orders) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("stdout".to_owned())
            .spawn(move || write_all(&output, &orders, report))?;
        Ok(Self { lines, idle: true })
    }

    /// Nothing waits to be written.
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// Hands lines to the thread. Only when it is idle: nothing queues up behind an ExaBGP that does not read.
    pub fn write(&mut self, commands: Vec<Command>) {
        match self.lines.try_send(commands) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => self.idle = false,
            Err(TrySendError::Full(_)) => {}
        }
    }

    /// The thread has written what it was given.
    pub fn written(&mut self) {
        self.idle = true;
    }
}

fn write_all(mut output: &File, orders: &Receiver<Vec<Command>>, report: impl Fn(PipeEvent)) {
    for commands in orders {
        let result =
            commands.iter().try_for_each(|command| output.write_all(format!("{command}\n").as_bytes()));
        report(PipeEvent::Written(result));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<Vec<u8>> {
        let mut reader = BufReader::with_capacity(100, input);
        let (mut line, mut lines) = (Vec::new(), Vec::new());
        while next_line(&mut reader, &mut line) {
            lines.push(line.clone());
        }
        lines
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_is_read() {
        let mut input = vec![b'x'; 1 << 20];
        input.extend(b"\ndone\nerror");
        assert_eq!(lines(&input), [b"".to_vec(), b"done\n".to_vec()]);
    }

    #[test]
    fn an_unfinished_last_line_is_no_message() {
        assert_eq!(lines(b"done\ndo"), [b"done\n".to_vec()]);
    }
}
