//! A slow exit after a panic or a failed start: six starts within 64 s make ExaBGP quit.
//! In comes a panic, or a start that failed.
//! Out goes the exit status, late; ExaBGP's pipe is emptied meanwhile.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{SpliceFlags, splice};

use crate::report;

/// Exit status after a panic or a failed start: EX_SOFTWARE, sysexits(3).
pub const SOFTWARE: u8 = 70;
/// The least time from a failure to the exit, so that ExaBGP does not see six starts within 64 s.
pub const GUARD: Duration = Duration::from_secs(15);
/// A pipe's capacity in bytes (pipe(7)).
const PIPE: usize = 64 << 10;

/// Makes a panic end the process after [`GUARD`], not at once. A thread of its own ends the process in any case, since
/// writing to stderr may block.
pub fn exit_slowly_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let exit = || {
            std::thread::sleep(GUARD + Duration::from_secs(1));
            std::process::exit(SOFTWARE.into());
        };
        drop(
            std::thread::Builder::new()
                .name("end".to_owned())
                .spawn(exit),
        );
        let text = report::unqueued(
            log::Level::Error,
            &format!("internal error, please report it: {panic}"),
        );
        let _ = io::stderr().write_all(text.as_bytes());
        if !io::stdin().is_terminal() {
            discard(io::stdin());
        }
        std::process::exit(SOFTWARE.into());
    }));
}

/// Reads and discards a pipe for [`GUARD`], or until its end, so that ExaBGP never blocks on it. No thread is started: the
/// system may refuse one. No lock is taken and no read blocks: another thread may hold the lock, or read the bytes first.
pub fn discard(pipe: impl AsFd) {
    discard_for(pipe, GUARD);
}

fn discard_for(pipe: impl AsFd, time: Duration) {
    let end = Instant::now() + time;
    let Ok(nowhere) = File::options().write(true).open("/dev/null") else {
        return std::thread::sleep(time);
    };
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        let timeout = Timespec::try_from(left).ok();
        match poll(&mut [PollFd::new(&pipe, PollFlags::IN)], timeout.as_ref()) {
            Ok(0) => return,
            Ok(_) => {}
            Err(_) => return std::thread::sleep(left),
        }
        match splice(&pipe, None, &nowhere, None, PIPE, SpliceFlags::NONBLOCK) {
            Ok(0) => return,
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
            // Not a pipe: splice(2) refuses it.
            Err(_) => return std::thread::sleep(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// The other thread is inside a read, and gets every byte.
    #[test]
    fn a_pipe_that_another_thread_reads_is_discarded_without_waiting_for_it() {
        let (mut reader, mut writer) = io::pipe().unwrap();
        let pipe = reader.try_clone().unwrap();
        let reads =
            std::thread::spawn(
                move || while reader.read(&mut [0; 1]).is_ok_and(|count| count > 0) {},
            );
        let writes = std::thread::spawn(move || {
            for _ in 0..1000 {
                writer.write_all(b"neighbor 172.16.159.4 up\n").unwrap();
                std::thread::sleep(Duration::from_micros(100));
            }
            writer
        });
        discard_for(&pipe, Duration::from_millis(300));
        drop(writes.join().unwrap());
        reads.join().unwrap();
    }

    #[test]
    fn a_pipe_that_nobody_reads_is_emptied_until_its_end() {
        let (reader, mut writer) = io::pipe().unwrap();
        let writes = std::thread::spawn(move || writer.write_all(&[b'x'; 4 * PIPE]).unwrap());
        discard_for(&reader, Duration::from_secs(600));
        writes.join().unwrap();
    }
}
