//! Keeps a file up to date for other programs, in a thread: replaced whole, with the newest state only. A disk that is
//! full, slow or missing neither delays the loop nor fills the log.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use log::warn;

use crate::files;
use crate::mailbox::{Mailbox, mailbox};
use crate::means::Means;

/// Readable for monitors of any user, whatever the umask is.
const MODE: u32 = 0o644;

/// The file while it is written. The state goes to it in parts: its whole text is never in memory.
pub type File<'file> = BufWriter<&'file mut fs::File>;

/// The keeper of one file.
#[derive(Debug)]
pub struct Keeper<T> {
    path: PathBuf,
    means: Means,
    states: Mailbox<Letter<T>>,
}

#[derive(Debug)]
enum Letter<T> {
    State(T),
    /// The last state; whether the file may still be written; and the channel on which the loop waits.
    Last(T, fn(&Path) -> bool, mpsc::SyncSender<()>),
    Remove,
}

impl<T: Send + 'static> Keeper<T> {
    /// Starts the thread that writes. `without` ends the warning of a failed write: what is missing then.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(
        path: PathBuf,
        without: &'static str,
        text: impl Fn(&T, &mut File<'_>) -> io::Result<()> + Send + 'static,
    ) -> io::Result<Self> {
        let (states, letters) = mailbox(1);
        let (place, means) = (path.clone(), Means::new(path.display()));
        let used = means.clone();
        thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || {
                let mut complained = false;
                while let Some(letter) = letters.take() {
                    let state = match letter {
                        Letter::State(state) => state,
                        Letter::Remove => {
                            // It may never have been written.
                            let _ = fs::remove_file(&place);
                            continue;
                        }
                        Letter::Last(state, may_be_written, waiting) => {
                            if may_be_written(&place) {
                                // The folder may be gone already, which is no fault.
                                let _ = write(&place, |file| text(&state, file));
                            }
                            let _ = waiting.try_send(());
                            continue;
                        }
                    };
                    let written = write(&place, |file| text(&state, file));
                    used.came_of(written.as_ref().map_err(files::reason));
                    match written {
                        Ok(()) => complained = false,
                        Err(error) if !complained => {
                            warn!("failed to write '{}' ({error}); {without}", place.display());
                            complained = true;
                        }
                        Err(_) => {}
                    }
                }
            })?;
        Ok(Self {
            path,
            means,
            states,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether writing works. A use is one write.
    pub fn means(&self) -> &Means {
        &self.means
    }

    /// Removes the file, and ends the thread.
    pub fn remove(self) {
        self.states.put(Letter::Remove);
    }

    /// Writes this state, unless a newer one comes before.
    pub fn keep(&self, state: T) {
        self.states.put(Letter::State(state));
    }

    /// Writes the last state if the file may still be written then. Waits for that, at most for `patience`.
    pub fn last(&self, state: T, may_be_written: fn(&Path) -> bool, patience: Duration) {
        let (written, waiting) = mpsc::sync_channel(1);
        self.states
            .put(Letter::Last(state, may_be_written, written));
        let _ = waiting.recv_timeout(patience);
    }
}

fn write(path: &Path, text: impl Fn(&mut File<'_>) -> io::Result<()>) -> io::Result<()> {
    files::replace(path, Some(MODE), |file| {
        let mut file = File::new(file);
        text(&mut file)?;
        file.flush()
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_whole_readable_for_all_and_has_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write(&path, |file| file.write_all(b"one")).unwrap();
        write(&path, |file| file.write_all(b"two")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o644
        );
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a-folder");
        fs::create_dir_all(path.join("with something in it")).unwrap();
        let one = |file: &mut File<'_>| file.write_all(b"one");
        assert!(write(&path, one).is_err());
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        assert!(write(&folder.path().join("no/such"), one).is_err());
        let link = folder.path().join("a-link");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        assert!(write(&link, one).is_err() && link.is_symlink());
    }

    #[test]
    fn the_last_state_is_written_unless_somebody_else_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let text = |text: &String, file: &mut File<'_>| file.write_all(text.as_bytes());
        let keeper = Keeper::start(path.clone(), "nothing", text).unwrap();
        keeper.last("one".to_owned(), |_| true, Duration::from_secs(60));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        keeper.last("two".to_owned(), |_| false, Duration::from_secs(60));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
    }
}
