//! How a process leaves that cannot go on: slowly, since six starts within 64 s make ExaBGP quit.
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

/// sysexits(3): a fault of ours.
pub const SOFTWARE: u8 = 70;
/// Six starts within 64 s make ExaBGP quit: no way out of here may be faster than this, whatever happened.
pub const GUARD: Duration = Duration::from_secs(15);
/// What a pipe holds (pipe(7)).
const PIPE: usize = 64 << 10;

/// A fault of ours must not become a crash loop either: the process leaves after a pause, and it always leaves. Whatever
/// else it does here may block: stderr, when nobody reads it.
pub fn exit_slowly_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let leaves = || {
            std::thread::sleep(GUARD + Duration::from_secs(1));
            std::process::exit(SOFTWARE.into());
        };
        drop(
            std::thread::Builder::new()
                .name("end".to_owned())
                .spawn(leaves),
        );
        let text = report::unqueued(
            log::Level::Error,
            &format!("internal error, please report it: {panic}"),
        );
        let _ = io::stderr().write_all(text.as_bytes());
        if !io::stdin().is_terminal() {
            drain(io::stdin());
        }
        std::process::exit(SOFTWARE.into());
    }));
}

/// Empties a pipe for [`GUARD`], or until its end: ExaBGP must never wait for us. Without a thread, since the system may
/// have none to give; without a lock, which another thread may hold that reads; and without ever waiting in a read, since
/// that thread may be the one that gets what there is.
pub fn drain(pipe: impl AsFd) {
    drain_for(pipe, GUARD);
}

fn drain_for(pipe: impl AsFd, time: Duration) {
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
            // It is no pipe.
            Err(_) => return std::thread::sleep(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// The reader of the loop is in the middle of a read, and gets what comes; others get nothing.
    #[test]
    fn a_pipe_that_another_thread_reads_is_drained_without_waiting_for_it() {
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
        drain_for(&pipe, Duration::from_millis(300));
        drop(writes.join().unwrap());
        reads.join().unwrap();
    }

    #[test]
    fn a_pipe_that_nobody_reads_is_emptied_until_its_end() {
        let (reader, mut writer) = io::pipe().unwrap();
        let writes = std::thread::spawn(move || writer.write_all(&[b'x'; 4 * PIPE]).unwrap());
        drain_for(&reader, Duration::from_secs(600));
        writes.join().unwrap();
    }
}
