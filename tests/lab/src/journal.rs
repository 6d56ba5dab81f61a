//! The NVA's journal: what HAProxy logs to `/dev/log`, which Debian's unit shows it inside its chroot.

use std::fs::{File, Permissions, set_permissions};
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::log_line::LogLine;

/// The least important messages that are kept: `notice`. Requests are `info`.
const NOTICE: u8 = 5;

/// Takes HAProxy's messages for as long as the lab lives.
#[derive(Debug)]
pub(crate) struct Journal {
    socket: UnixDatagram,
    lines: Arc<Mutex<Vec<LogLine>>>,
    reader: Option<JoinHandle<()>>,
}

impl Journal {
    /// `socket` as the lab's own process reaches it; all messages also go to the file `copy`.
    pub(crate) fn open(socket: PathBuf, copy: PathBuf) -> Result<Self> {
        let open = || -> Result<(UnixDatagram, File)> {
            let receiver = UnixDatagram::bind(&socket)?;
            set_permissions(&socket, Permissions::from_mode(0o666))?;
            Ok((receiver, File::create(&copy)?))
        };
        let (receiver, copy) = open()
            .with_context(|| format!("failed to open a journal at '{}'", socket.display()))?;
        let lines = Arc::default();
        let (ours, sink) = (receiver.try_clone()?, Arc::clone(&lines));
        let reader = thread::spawn(move || read(&receiver, copy, &sink));
        Ok(Self {
            socket: ours,
            lines,
            reader: Some(reader),
        })
    }

    /// HAProxy's notices and worse, stamped when they came.
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // A reader that is not woken ends with the process.
        if self.socket.shutdown(Shutdown::Both).is_ok()
            && let Some(reader) = self.reader.take()
        {
            let _ = reader.join();
        }
    }
}

fn read(socket: &UnixDatagram, mut copy: File, lines: &Mutex<Vec<LogLine>>) {
    let mut buffer = vec![0; 65536];
    while let Ok(length) = socket.recv(&mut buffer) {
        let at = SystemTime::now();
        // Nothing is what a closed socket gives.
        let Some(message) = buffer.get(..length).filter(|message| !message.is_empty()) else {
            return;
        };
        let message = String::from_utf8_lossy(message);
        // A copy that cannot be written fails no test.
        let _ = writeln!(copy, "{}", message.trim_end());
        if let Some(text) = notice(&message) {
            lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(LogLine { at, text });
        }
    }
}

/// `<129>Nov 22 06:35:12 haproxy[12]: Server …`: facility times 8 plus severity, stamp, program, text. Of the format
/// `timed`, `<1>2026-11-22T06:35:12.123456+00:00 Server …`.
fn notice(message: &str) -> Option<String> {
    let (priority, text) = message.strip_prefix('<')?.split_once('>')?;
    let severity = priority.parse::<u8>().ok()? % 8;
    let text = text.split_once("]: ").map_or(text, |(_, text)| text);
    (severity <= NOTICE).then(|| text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::notice;

    #[test]
    fn notices_are_kept_and_requests_are_not() {
        let down = "<129>Nov 22 06:35:12 haproxy[12]: Server http_back/backend01 is DOWN\n";
        assert_eq!(
            notice(down),
            Some("Server http_back/backend01 is DOWN".to_owned())
        );
        assert_eq!(
            notice("<134>Nov 22 06:35:12 haproxy[12]: 10.1.0.10:1 [22/Nov] GET /"),
            None
        );
    }
}
