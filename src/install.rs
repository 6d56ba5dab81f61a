//! Writes files that an operator asked for.
//! In come a path and a text.
//! Out goes a complete file or none. A file that exists is replaced only with `force`, and kept as .bak.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::buffer::spare_capacity;
use rustix::fs::{Gid, Mode, Uid, XattrFlags, fchmod, fchown, fgetxattr, fsetxattr};
use rustix::io::Errno;

use crate::failure::{self, Failure};
use crate::files::{self, Links};

/// Where Linux keeps a file's access control list (acl(5)).
const ACCESS: &str = "system.posix_acl_access";

/// The beginning of this program's pictures.
const PICTURE: &str = "<svg";

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrote {
    /// A new file.
    New,
    /// Nothing: the file has this text already.
    Same,
    /// The file, which was there; the old one has this name now.
    Replaced(PathBuf),
}

impl Wrote {
    /// One line for the operator.
    pub fn words(&self, path: &Path) -> String {
        let path = path.display();
        match self {
            Self::New => format!("{path}: written\n"),
            Self::Same => format!("{path}: is so already\n"),
            Self::Replaced(old) => {
                format!("{path}: written; what was there is {}\n", old.display())
            }
        }
    }
}

/// Mode of files for everybody to read: user exabgp must, whatever root's umask is.
pub const FOR_ALL: u32 = 0o644;

/// The longest file that is replaced, in bytes.
pub const LONGEST: u64 = 16 << 20;

/// Writes a file by a rename; a new file has this `mode`. With `force` an existing file with another text is kept under another
/// name, and the new file has its owner, group, mode and access control list. A symbolic link stays; its target is replaced.
///
/// # Errors
/// Another text is there and `force` is not set, or the file cannot be written.
pub fn write(path: &Path, text: &str, force: bool, mode: u32) -> Result<Wrote, String> {
    let shown = path.display();
    let failed = |error: io::Error| format!("failed to write '{shown}': {}", files::reason(&error));
    let (before, is_same) = match files::open(path, Links::Followed) {
        Ok((file, data)) => {
            let is_same = files::content(&file, LONGEST).map_err(failed)? == text.as_bytes();
            (Some((file, data)), is_same)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => (None, false),
        Err(error) => return Err(failed(error)),
    };
    match before {
        Some(_) if is_same => Ok(Wrote::Same),
        Some(_) if !force => Err(format!(
            "'{shown}' is there already; look at it, and add --force to replace it (it is kept as {shown}.bak)"
        )),
        Some((file, data)) => replace(path, &file, &data, text)
            .map(Wrote::Replaced)
            .map_err(failed),
        None => {
            let fill = |file: &mut File| {
                file.write_all(text.as_bytes())
                    .and_then(|()| file.sync_all())
            };
            files::replace(path, Some(mode), fill)
                .map(|()| Wrote::New)
                .map_err(failed)
        }
    }
}

/// Writes a picture and returns the answer for stdout; with path `-` that is the picture itself. An earlier picture is
/// replaced.
///
/// # Errors
/// A file that is no picture is there, or the picture cannot be written.
pub fn drawn(path: &Path, svg: String, answer: String) -> Result<String, Failure> {
    if path == Path::new("-") {
        return Ok(svg);
    }
    let shown = path.display();
    let failed = |error: io::Error| {
        let why = files::reason(&error);
        failure::unwritten(format!("failed to write '{shown}': {why}"))
    };
    match files::beginning(path, Links::Refused, PICTURE.len() as u64) {
        Ok(begins) if !begins.is_empty() && begins != PICTURE.as_bytes() => {
            return Err(failure::unwritten(format!(
                "'{shown}' is there already, and is no SVG picture; name another file"
            )));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    files::replace(path, None, |file| file.write_all(svg.as_bytes())).map_err(failed)?;
    Ok(answer)
}

fn replace(path: &Path, before: &File, data: &Metadata, text: &str) -> io::Result<PathBuf> {
    let target = path.canonicalize()?;
    let old = spare(path);
    files::replace(&target, Some(0o600), |file| {
        file.write_all(text.as_bytes())?;
        // The old file is kept before the new one takes its name.
        fs::hard_link(&target, &old).or_else(|_| copy(before, data, &old))?;
        inherit(file, before, data)?;
        file.sync_all()
    })?;
    Ok(old)
}

fn copy(before: &File, data: &Metadata, to: &Path) -> io::Result<()> {
    files::replace(to, Some(0o600), |file| {
        let mut before = before;
        before.rewind()?;
        io::copy(&mut before, file)?;
        inherit(file, before, data)
    })
}

/// Gives `file` the owner, group, mode and access control list of `before`.
fn inherit(file: &File, before: &File, data: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (data.uid(), data.gid()) {
        fchown(
            file,
            Some(Uid::from_raw(data.uid())),
            Some(Gid::from_raw(data.gid())),
        )?;
    }
    fchmod(file, Mode::from_raw_mode(data.mode() & 0o7777))?;
    let mut list = Vec::with_capacity(64 << 10);
    match fgetxattr(before, ACCESS, spare_capacity(&mut list)) {
        Ok(_) => Ok(fsetxattr(file, ACCESS, &list, XattrFlags::empty())?),
        // No list, or a file system without lists.
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    name.into()
}

/// `FILE.bak`, or the first free `FILE.bak.N`.
fn spare(path: &Path) -> PathBuf {
    let names =
        std::iter::once("bak".to_owned()).chain((1..).map(|number| format!("bak.{number}")));
    names
        .map(|ending| with_ending(path, &ending))
        .find(|name| fs::symlink_metadata(name).is_err())
        .unwrap_or_else(|| with_ending(path, "bak"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_unasked_and_nothing_is_lost_when_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        assert_eq!(write(&path, "1", false, FOR_ALL), Ok(Wrote::New));
        assert_eq!(write(&path, "1", false, FOR_ALL), Ok(Wrote::Same));
        assert!(
            write(&path, "2", false, FOR_ALL)
                .unwrap_err()
                .contains("is there already")
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "1");
        assert_eq!(
            write(&path, "2", true, FOR_ALL),
            Ok(Wrote::Replaced(folder.path().join("config.json.bak")))
        );
        assert_eq!(
            write(&path, "3", true, FOR_ALL),
            Ok(Wrote::Replaced(folder.path().join("config.json.bak.1")))
        );
        let mut names: Vec<(String, String)> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                (
                    entry.file_name().into_string().unwrap(),
                    fs::read_to_string(entry.path()).unwrap(),
                )
            })
            .collect();
        names.sort();
        let names: Vec<(&str, &str)> = names
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        assert_eq!(
            names,
            [
                ("config.json", "3"),
                ("config.json.bak", "1"),
                ("config.json.bak.1", "2")
            ]
        );
    }

    #[test]
    fn who_could_read_a_file_can_read_what_replaces_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("exabgp.conf");
        write(&path, "1", false, FOR_ALL).unwrap();
        let file = File::open(&path).unwrap();
        // ExaBGP's package has root:exabgp 0640. Only root can give a file to another group.
        if rustix::process::geteuid().is_root() {
            fchown(&file, None, Some(Gid::from_raw(1))).unwrap();
        }
        fchmod(&file, Mode::from_raw_mode(0o640)).unwrap();
        // user::rw- user:1:r-- group::r-- mask::r-- other::--- (linux/posix_acl_xattr.h)
        let entry = |tag: u16, rights: u16, id: u32| {
            [
                &tag.to_le_bytes()[..],
                &rights.to_le_bytes(),
                &id.to_le_bytes(),
            ]
            .concat()
        };
        let nobody = u32::MAX;
        let list = [
            2_u32.to_le_bytes().to_vec(),
            entry(0x01, 6, nobody),
            entry(0x02, 4, 1),
            entry(0x04, 4, nobody),
            entry(0x10, 4, nobody),
            entry(0x20, 0, nobody),
        ]
        .concat();
        let has_lists = fsetxattr(&file, ACCESS, &list, XattrFlags::empty()).is_ok();
        let before = file.metadata().unwrap();

        write(&path, "2", true, FOR_ALL).unwrap();
        let file = File::open(&path).unwrap();
        let after = file.metadata().unwrap();
        assert_ne!(after.ino(), before.ino());
        let rights = |data: &Metadata| (data.uid(), data.gid(), data.mode());
        assert_eq!(rights(&after), rights(&before));
        let mut found = Vec::with_capacity(1000);
        let read = fgetxattr(&file, ACCESS, spare_capacity(&mut found));
        assert_eq!(
            (read.is_ok(), has_lists.then_some(found)),
            (has_lists, has_lists.then_some(list))
        );
    }

    #[test]
    fn a_new_file_can_be_read_by_everybody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        write(&path, "1", false, FOR_ALL).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o644);
    }

    #[test]
    fn a_link_stays_one_and_what_it_leads_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (path, target) = (
            folder.path().join("config.json"),
            folder.path().join("of-this-host.json"),
        );
        write(&target, "1", false, FOR_ALL).unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert_eq!(
            write(&path, "2", true, FOR_ALL),
            Ok(Wrote::Replaced(folder.path().join("config.json.bak")))
        );
        assert!(path.is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "2");
        assert_eq!(
            fs::read_to_string(folder.path().join("config.json.bak")).unwrap(),
            "1"
        );
    }

    #[test]
    fn what_is_no_file_is_named_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            Mode::RUSR,
            0,
        )
        .unwrap();
        let error = write(&path, "1", true, FOR_ALL).unwrap_err();
        assert!(
            error.ends_with("fifo': it is a FIFO, and no regular file"),
            "{error}"
        );
    }

    #[test]
    fn what_cannot_be_written_is_said_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone/config.json");
        assert!(
            write(&path, "1", false, FOR_ALL)
                .unwrap_err()
                .ends_with("gone/config.json': no such file or directory")
        );
        assert!(write(folder.path(), "1", true, FOR_ALL).is_err());
    }
}
