//! What happens if something else lies in a file's place.

use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use rustix::fs::{CWD, FileType, mknodat};

use super::*;

/// Each thing that is no regular file, in a folder of its own, and its name in words.
fn strangers(folder: &Path) -> Vec<(PathBuf, &'static str)> {
    let at = |name: &str| folder.join(name);
    std::fs::write(at("victim"), "victim").unwrap();
    symlink(at("victim"), at("link")).unwrap();
    symlink(at("nowhere"), at("dangling")).unwrap();
    mknodat(CWD, at("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    std::fs::create_dir(at("folder")).unwrap();
    drop(UnixListener::bind(at("socket")).unwrap());
    [
        ("link", "it is a symbolic link, and no regular file"),
        ("dangling", "it is a symbolic link, and no regular file"),
        ("fifo", "it is a FIFO, and no regular file"),
        ("socket", "it is a socket, and no regular file"),
        ("folder", "is a directory"),
    ]
    .map(|(name, words)| (at(name), words))
    .to_vec()
}

#[test]
fn what_is_no_regular_file_is_not_opened_and_named() {
    let folder = tempfile::tempdir().unwrap();
    for (path, words) in strangers(folder.path()) {
        let error = read(&path, Links::Refused, 100).unwrap_err().to_string();
        assert!(error.contains(words), "{}: {error}", path.display());
    }
    let device = read(Path::new("/dev/zero"), Links::Followed, 100)
        .unwrap_err()
        .to_string();
    assert_eq!(device, "it is a device, and no regular file");
}

#[test]
fn a_link_is_followed_where_its_place_is_its_owners() {
    let folder = tempfile::tempdir().unwrap();
    let strangers = strangers(folder.path());
    assert_eq!(
        read(&strangers[0].0, Links::Followed, 100).unwrap(),
        b"victim"
    );
    assert_eq!(
        read(&strangers[1].0, Links::Followed, 100)
            .unwrap_err()
            .kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn no_more_is_read_than_a_file_may_have() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long");
    std::fs::write(&path, "12345").unwrap();
    assert_eq!(read(&path, Links::Refused, 5).unwrap(), b"12345");
    let error = read(&path, Links::Refused, 4).unwrap_err();
    assert_eq!(
        error.to_string(),
        "it is longer than 4 bytes, the most that are read"
    );
    // Ten gigabytes that take no room on the disk.
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(10 << 30)
        .unwrap();
    assert!(read(&path, Links::Refused, 4).is_err());
}

#[test]
fn what_is_no_regular_file_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let strangers = strangers(folder.path());
    let names = || folder.path().read_dir().unwrap().count();
    let before = names();
    for (path, words) in &strangers {
        let error = replace(path, Some(0o644), |file| file.write_all(b"mine"))
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{}: {error}", path.display());
    }
    assert_eq!(
        std::fs::read(folder.path().join("victim")).unwrap(),
        b"victim"
    );
    assert_eq!(names(), before);
}

#[test]
fn a_file_is_whole_of_its_mode_and_has_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    for text in ["one", "two"] {
        replace(&path, Some(0o640), |file| file.write_all(text.as_bytes())).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    let failed = replace(&path, Some(0o640), |file| {
        file.write_all(b"thr").and(Err(io::Error::other("full")))
    });
    assert_eq!(failed.unwrap_err().to_string(), "full");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    assert!(replace(&folder.path().join("no/such"), Some(0o644), |_| Ok(())).is_err());
    assert!(replace(Path::new("/"), Some(0o644), |_| Ok(())).is_err());
}

#[test]
fn a_name_alone_lies_in_the_folder_where_one_is() {
    assert_eq!(
        place(Path::new("a.json")).unwrap(),
        (Path::new("."), "a.json".as_ref())
    );
}

#[test]
fn where_others_put_what_they_like_only_a_directory_is_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    for (path, words) in strangers(folder.path()) {
        let done = put(&path, Some(0o644), |file| file.write_all(b"mine"));
        match words {
            "is a directory" => assert_eq!(done.unwrap_err().kind(), ErrorKind::IsADirectory),
            _ => assert_eq!(
                (done.unwrap(), read(&path, Links::Refused, 9).unwrap()),
                ((), b"mine".to_vec())
            ),
        }
    }
    assert_eq!(
        std::fs::read(folder.path().join("victim")).unwrap(),
        b"victim"
    );
}
