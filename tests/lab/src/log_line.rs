//! A line of some program's log, and when it was written.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use rustix::fs::inotify;

/// A line, and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// By the program's own stamp, or when it appeared.
    pub at: SystemTime,
    /// Without the stamp.
    pub text: String,
}

impl LogLine {
    /// The stamp that the program itself wrote: `2026-11-22T06:35:12.123Z …` of haproxy-rhi, and
    /// `2026-11-22T06:35:12.123456+00:00 …` of HAProxy's `format timed`. A zone other than UTC is not read.
    pub fn own_stamp(&self) -> Option<SystemTime> {
        let word = self.text.split(' ').next()?;
        instant(
            word.strip_suffix('Z')
                .or_else(|| word.strip_suffix("+00:00"))?,
        )
    }

    /// `2026-11-22 06:35:12.123456 <TRACE> nva: Got UPDATE`
    pub(crate) fn of_bird(line: &str) -> Option<Self> {
        let (day, rest) = line.split_once(' ')?;
        let (time, text) = rest.split_once(' ')?;
        Some(Self {
            at: instant(&format!("{day}T{time}"))?,
            text: text.to_owned(),
        })
    }
}

/// `2026-11-22T06:35:12.123456`, in UTC, with six digits of a second or fewer.
pub(crate) fn instant(stamp: &str) -> Option<SystemTime> {
    let (seconds, fraction) = stamp.split_once('.')?;
    let mut fields = seconds.split(['-', 'T', ':']).map(str::parse::<u64>);
    let mut next = || fields.next()?.ok();
    let (year, month, day, hour, minute, second) =
        (next()?, next()?, next()?, next()?, next()?, next()?);
    // Days since 1970: the year begins in March, so that the leap day is its last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = (year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day)
        .checked_sub(719_469)?;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    let micros = format!("{fraction:0<6}").parse().ok()?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros))
}

/// Watches a log and notes when each line appears, for programs whose own stamps are too coarse.
#[derive(Debug)]
pub struct Follower {
    lines: Arc<Lines>,
}

/// The lines so far, and who waits for the next.
#[derive(Debug, Default)]
struct Lines {
    lines: Mutex<Vec<LogLine>>,
    more: Condvar,
}

impl Follower {
    /// From the log's end onwards.
    pub(crate) fn start(log: &Path) -> Result<Self> {
        let mut file =
            File::open(log).with_context(|| format!("failed to open '{}'", log.display()))?;
        file.seek(SeekFrom::End(0))?;
        let lines = Arc::<Lines>::default();
        let (path, sink) = (log.to_owned(), Arc::clone(&lines));
        // It ends with the log, which the lab's end deletes.
        thread::spawn(move || follow(&path, BufReader::new(file), &sink));
        Ok(Self { lines })
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<LogLine> {
        locked(&self.lines.lines).clone()
    }

    /// Waits for a line, and takes the newest that is meant. It costs nothing until a line comes.
    ///
    /// # Errors
    /// If none comes within `timeout`.
    pub fn find<T>(
        &self,
        timeout: Duration,
        what: &str,
        meant: impl Fn(&LogLine) -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + timeout;
        let mut lines = locked(&self.lines.lines);
        loop {
            if let Some(found) = lines.iter().rev().find_map(&meant) {
                return Ok(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            ensure!(!left.is_zero(), "waited {timeout:?} in vain for: {what}");
            (lines, _) = self
                .lines
                .more
                .wait_timeout(lines, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn follow(path: &PathBuf, mut file: BufReader<File>, sink: &Lines) -> Result<()> {
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC)?;
    inotify::add_watch(&watch, path, inotify::WatchFlags::MODIFY)?;
    let mut buffer = [MaybeUninit::uninit(); 1024];
    let mut events = inotify::Reader::new(&watch, &mut buffer);
    let mut text = String::new();
    loop {
        // What was written before the watch began is read first.
        let at = SystemTime::now();
        while file.read_line(&mut text)? > 0 && text.ends_with('\n') {
            locked(&sink.lines).push(LogLine {
                at,
                text: text.trim_end().to_owned(),
            });
            sink.more.notify_all();
            text.clear();
        }
        if events
            .next()?
            .events()
            .contains(inotify::ReadFlags::IGNORED)
        {
            return Ok(());
        }
    }
}

fn locked(lines: &Mutex<Vec<LogLine>>) -> MutexGuard<'_, Vec<LogLine>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{LogLine, instant};

    #[test]
    fn a_stamp_is_read_to_the_microsecond() {
        let at = |seconds, micros| {
            Some(
                SystemTime::UNIX_EPOCH
                    + Duration::from_secs(seconds)
                    + Duration::from_micros(micros),
            )
        };
        assert_eq!(instant("1970-01-01T00:00:00.000001"), at(0, 1));
        assert_eq!(
            instant("2024-02-29T12:00:00.500000"),
            at(1_709_208_000, 500_000)
        );
        assert_eq!(
            instant("2026-11-22T06:35:12.123456"),
            at(1_795_329_312, 123_456)
        );
        assert_eq!(
            instant("2026-11-22T06:35:12.123"),
            at(1_795_329_312, 123_000)
        );
    }

    #[test]
    fn a_line_of_bird_is_parted_from_its_stamp() {
        let line = LogLine::of_bird("2026-11-22 06:35:12.123456 <TRACE> nva: Got UPDATE").unwrap();
        assert_eq!(line.text, "<TRACE> nva: Got UPDATE");
        assert_eq!(Some(line.at), instant("2026-11-22T06:35:12.123456"));
    }
}
