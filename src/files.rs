//! Files: the one way in which this program opens, reads and replaces them.
//! In come a path, and how long such a file may be.
//! Out goes its text, or a file that is replaced whole.
//!
//! Others than root may write in many of the folders where root reads and writes. So nothing that could block is
//! opened, no more is read than such a file has, nothing is written under a name that can be foreseen, and what is no
//! regular file is named and left alone.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, fchmod, openat, renameat, unlinkat};
use rustix::rand::{GetRandomFlags, getrandom};

/// Whether a link under the file's own name is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// The file's place is its owner's: a configuration may be a link.
    Followed,
    /// Others may put one there.
    Refused,
}

/// Opens a regular file, without waiting.
///
/// # Errors
/// It cannot be opened, or is something else ([`ErrorKind::InvalidInput`], [`ErrorKind::IsADirectory`]).
pub fn open(path: &Path, links: Links) -> io::Result<(File, Metadata)> {
    // Looked at before it is opened, since opening a device may do something; and again, since it may be another by then.
    regular(what(&match links {
        Links::Followed => path.metadata()?,
        Links::Refused => path.symlink_metadata()?,
    }))?;
    let mut flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    flags.set(OFlags::NOFOLLOW, links == Links::Refused);
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let data = file.metadata()?;
    regular(what(&data))?;
    Ok((file, data))
}

/// Reads a regular file of so many bytes at most.
///
/// # Errors
/// As [`open`]; or it is longer.
pub fn read(path: &Path, links: Links, longest: u64) -> io::Result<Vec<u8>> {
    content(open(path, links)?.0, longest)
}

/// Reads how a regular file begins, so many bytes at most.
///
/// # Errors
/// As [`open`]; or it cannot be read.
pub fn beginning(path: &Path, links: Links, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path, links)?.0.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a regular file of text.
///
/// # Errors
/// As [`read`]; or it is not UTF-8 ([`ErrorKind::InvalidData`]).
pub fn text(path: &Path, links: Links, longest: u64) -> io::Result<String> {
    let bytes = read(path, links, longest)?;
    String::from_utf8(bytes).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Reads what an operator names on a command line, which may be a pipe: `<(az …)`. It is waited for.
///
/// # Errors
/// It cannot be read, or is longer ([`ErrorKind::InvalidInput`]).
pub fn read_piped(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    content(File::open(path)?, longest)
}

/// Reads what was opened, so many bytes at most.
///
/// # Errors
/// It cannot be read, or is longer ([`ErrorKind::InvalidInput`]).
pub fn content(file: impl Read, longest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(longest.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest {
        return Err(refused(format!(
            "it is longer than {longest} bytes, the most that are read"
        )));
    }
    Ok(bytes)
}

/// Writes a file, whole or not at all, of this mode whatever the umask is; absent: as the umask says. What is no regular file
/// is not replaced: a rename would put a file in the place of a device.
///
/// # Errors
/// It cannot be written; what was there before is there still, and nothing beside it.
pub fn replace(
    path: &Path,
    mode: Option<u32>,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    replaceable(path)?;
    put(path, mode, fill)
}

/// Whether [`replace`] could write it now: a file of a name that nobody can foresee is written beside it, and removed.
///
/// # Errors
/// As [`replace`].
pub fn try_replace(path: &Path) -> io::Result<()> {
    replaceable(path)?;
    let mut part = Part::beside(path, None)?;
    let written = part.file.write_all(b"#\n");
    part.remove();
    written
}

fn replaceable(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(data) => regular(what(&data)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// As [`replace`], but in the place of whatever lies there except a directory: for folders where others may write.
///
/// # Errors
/// As [`replace`].
pub fn put(
    path: &Path,
    mode: Option<u32>,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut part = Part::beside(path, mode)?;
    let written = fill(&mut part.file).and_then(|()| part.rename(path));
    if written.is_err() {
        part.remove();
    }
    written
}

/// A file that is not whole yet, in its folder.
struct Part {
    folder: OwnedFd,
    name: String,
    file: File,
}

impl Part {
    fn beside(path: &Path, mode: Option<u32>) -> io::Result<Self> {
        let (folder, name) = place(path)?;
        let folder = open_folder(folder)?;
        let name = format!(".{}.{}", name.to_string_lossy(), random()?);
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let first = Mode::from_raw_mode(if mode.is_some() { 0o600 } else { 0o666 });
        let file = File::from(openat(&folder, &name, flags, first)?);
        let part = Self { folder, name, file };
        if let Some(Err(error)) =
            mode.map(|mode| fchmod(part.file.as_fd(), Mode::from_raw_mode(mode)))
        {
            part.remove();
            return Err(error.into());
        }
        Ok(part)
    }

    fn rename(&self, path: &Path) -> io::Result<()> {
        Ok(renameat(
            &self.folder,
            &self.name,
            &self.folder,
            place(path)?.1,
        )?)
    }

    fn remove(&self) {
        let _ = unlinkat(&self.folder, &self.name, AtFlags::empty());
    }
}

fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

/// Makes a folder, and those above it, which everybody may look into whatever the umask is. What is there is left.
///
/// # Errors
/// It cannot be made.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .collect();
    for folder in missing.into_iter().rev() {
        std::fs::create_dir(folder)?;
        fchmod(open_folder(folder)?, Mode::from_raw_mode(0o755))?;
    }
    Ok(())
}

/// Syncs the folder of a file, so that a file that was replaced outlives a power cut.
///
/// # Errors
/// The disk fails.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::from(open_folder(place(path)?.0)?).sync_all()
}

/// Opens a file to write at its end, for this process alone, and returns its length. A file that is missing is made
/// with this mode; one that is not empty must begin with `begins`.
///
/// # Errors
/// It cannot be opened, is something else ([`ErrorKind::InvalidInput`]), or another process has it ([`ErrorKind::WouldBlock`]).
pub fn append(path: &Path, mode: u32, begins: &str) -> io::Result<(File, u64)> {
    replaceable(path)?;
    let mut flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::NONBLOCK;
    flags |= OFlags::NOFOLLOW | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::from_raw_mode(mode))?);
    regular(what(&file.metadata()?))?;
    rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    let data = file.metadata()?;
    // The other process may have given it another name before it let go.
    if path.symlink_metadata()?.ino() != data.ino() {
        return Err(ErrorKind::WouldBlock.into());
    }
    let mut first = Vec::new();
    (&file).take(begins.len() as u64).read_to_end(&mut first)?;
    if data.len() > 0 && first != begins.as_bytes() {
        return Err(refused(format!(
            "it is not empty, and does not begin with {begins}"
        )));
    }
    Ok((file, data.len()))
}

/// Renames a regular file. Only a regular file is replaced by it.
///
/// # Errors
/// The system refuses it, or one of them is something else.
pub fn rename(path: &Path, to: &Path) -> io::Result<()> {
    replaceable(path)?;
    replaceable(to)?;
    std::fs::rename(path, to)
}

/// 32 hexadecimal digits that nobody can foresee.
///
/// # Errors
/// The kernel gives no random numbers.
pub fn random() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What lies there, in words, if it is no regular file: `a FIFO`.
pub fn what(data: &Metadata) -> Option<&'static str> {
    kind(rustix::fs::FileType::from_raw_mode(data.mode()))
}

fn kind(of: rustix::fs::FileType) -> Option<&'static str> {
    use rustix::fs::FileType;
    match of {
        FileType::RegularFile => None,
        FileType::Symlink => Some("a symbolic link"),
        FileType::Directory => Some("a directory"),
        FileType::Fifo => Some("a FIFO"),
        FileType::Socket => Some("a socket"),
        _ => Some("a device"),
    }
}

fn regular(kind: Option<&'static str>) -> io::Result<()> {
    match kind {
        None => Ok(()),
        Some("a directory") => Err(ErrorKind::IsADirectory.into()),
        Some(kind) => Err(refused(format!("it is {kind}, and no regular file"))),
    }
}

fn refused(why: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, why)
}

/// The folder, and the name in it.
fn place(path: &Path) -> io::Result<(&Path, &std::ffi::OsStr)> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::from(ErrorKind::InvalidFilename))?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    Ok((folder.unwrap_or(Path::new(".")), name))
}

/// The system's words without Rust's `(os error 2)`.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let mut letters = text.split(" (os error").next().unwrap_or(&text).chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_lowercase)
        .chain(letters)
        .collect()
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
