//! The two pipes to ExaBGP: a thread that drains stdin for life, and the owner of stdout with a thread for when it blocks.
//!
//! ExaBGP 4.2 and 5.0 block in `write` when a process does not read its answers, and BGP stops with them; a
//! process whose stdin is closed makes them abandon their neighbors. So stdin is read whatever else happens, and a
//! write that blocks, because ExaBGP is stopped, holds up nobody but its own thread.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::exabgp::{Command, Dialect, LONGEST_HEARD, Message, message};

/// Octets of a line's buffer that are kept for the next line.
const ROOM: usize = 64 * 1024;

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
    thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || {
            let mut line = Vec::new();
            while let Some(whole) = next_line(&mut input, &mut line) {
                let message = match whole {
                    true => std::str::from_utf8(&line).ok().and_then(message),
                    false => Some(Message::TooLong),
                };
                line.clear();
                line.shrink_to(ROOM);
                message
                    .into_iter()
                    .for_each(|heard| report(PipeEvent::Heard(heard)));
            }
            report(PipeEvent::Closed);
        })?;
    Ok(())
}

/// Reads one line into `line`, or skips it to its end where it is too long: false. Nothing at the end of the input.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> Option<bool> {
    line.clear();
    match input.by_ref().take(LONGEST_HEARD).read_until(b'\n', line) {
        Ok(0) | Err(_) => return None,
        Ok(_) if line.ends_with(b"\n") => return Some(true),
        Ok(_) => line.clear(),
    }
    loop {
        match input.fill_buf() {
            Ok([]) | Err(_) => return None,
            Ok(buffer) => {
                let newline = buffer.iter().position(|byte| *byte == b'\n');
                let length = newline.map_or(buffer.len(), |at| at + 1);
                input.consume(length);
                if newline.is_some() {
                    return Some(false);
                }
            }
        }
    }
}

/// The owner of stdout.
///
/// A line that is sure to fit into the pipe is written by whoever has it, at once. The thread has the others, and may wait.
#[derive(Debug)]
pub struct Writer {
    /// A copy of the descriptor, so that no buffer of the library lies between a line and its `write`.
    output: File,
    is_pipe: bool,
    lines: SyncSender<Vec<String>>,
    idle: bool,
}

/// What fits into a pipe that has any room at all, in one piece (POSIX: PIPE_BUF, pipe(7)).
const SURE_TO_FIT: usize = rustix::pipe::PIPE_BUF;

impl Writer {
    /// Starts the thread that writes, each line with one `write`.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(report: impl Fn(PipeEvent) + Send + 'static) -> io::Result<Self> {
        let output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let is_pipe = output
            .metadata()
            .is_ok_and(|data| data.file_type().is_fifo());
        let (lines, orders) = mpsc::sync_channel(1);
        let slow = output.try_clone()?;
        thread::Builder::new()
            .name("stdout".to_owned())
            .spawn(move || write_all(&slow, &orders, report))?;
        Ok(Self {
            output,
            is_pipe,
            lines,
            idle: true,
        })
    }

    /// Nothing waits to be written.
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// Writes lines, and never waits. Only when it is idle: nothing queues up behind an ExaBGP that does not read.
    ///
    /// # Errors
    /// ExaBGP takes no more lines: it is gone.
    pub fn write(&mut self, commands: &[Command], dialect: &Dialect) -> io::Result<()> {
        let mut lines = commands
            .iter()
            .map(|command| dialect.line(command) + "\n")
            .peekable();
        while let Some(line) = lines.next_if(|line| self.has_room_for(line)) {
            self.output.write_all(line.as_bytes())?;
        }
        if lines.peek().is_some() {
            match self.lines.try_send(lines.collect()) {
                Ok(()) | Err(TrySendError::Disconnected(_)) => self.idle = false,
                Err(TrySendError::Full(_)) => {}
            }
        }
        Ok(())
    }

    /// The line fits into the pipe now: a `write` of it waits for nobody.
    fn has_room_for(&self, line: &str) -> bool {
        let mut pipe = [PollFd::new(&self.output, PollFlags::OUT)];
        self.is_pipe
            && line.len() <= SURE_TO_FIT
            && poll(&mut pipe, Some(&Timespec::default())).is_ok()
            && pipe
                .iter()
                .all(|pipe| pipe.revents().contains(PollFlags::OUT))
    }

    /// The thread has written what it was given.
    pub fn written(&mut self) {
        self.idle = true;
    }
}

fn write_all(mut output: &File, orders: &Receiver<Vec<String>>, report: impl Fn(PipeEvent)) {
    for lines in orders {
        let result = lines
            .iter()
            .try_for_each(|line| output.write_all(line.as_bytes()));
        report(PipeEvent::Written(result));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<Vec<u8>> {
        let mut reader = BufReader::with_capacity(100, input);
        let (mut line, mut lines) = (Vec::new(), Vec::new());
        while next_line(&mut reader, &mut line).is_some() {
            lines.push(line.clone());
        }
        lines
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_is_read() {
        let mut input = vec![b'x'; 5 << 20];
        input.extend(b"\ndone\nerror");
        assert_eq!(lines(&input), [b"".to_vec(), b"done\n".to_vec()]);
    }

    #[test]
    fn an_unfinished_last_line_is_no_message() {
        assert_eq!(lines(b"done\ndo"), [b"done\n".to_vec()]);
    }
}
