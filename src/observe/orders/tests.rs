use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::sync::mpsc;
use std::time::SystemTime;

use rustix::fs::{FileType, Mode, mknodat};

use super::known::COMPLAINTS;
use super::look::{Look, MOST};
use super::*;
use crate::drain::OLD;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Root, who may read everything and give files away.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn a_file_is_an_order_whatever_is_in_it() {
    let folder = folder();
    for (name, text) in [
        ("web", ""),
        ("api", "by hand\n"),
        (
            "@all",
            r#"{"by": "alice", "reason": "kernel\nupdate", "since_ms": 1000, "force": true, "new": 1}"#,
        ),
        (".web.part", "{}"),
        ("no service", "{}"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let orders = read(folder.path()).unwrap();
    assert_eq!(orders.0.keys().collect::<Vec<_>>(), ["@all", "api", "web"]);
    let all = orders.of("another").unwrap();
    assert_eq!(
        (all.by.as_deref(), all.reason.as_deref(), all.force),
        (Some("alice"), Some("kernel update"), true)
    );
    assert!(all.age > Duration::from_secs(1_000_000_000));
    assert!(orders.0["web"].age < Duration::from_secs(60));
}

/// Root declares a unit's drain at every stop of the unit: in a folder that others write, it would do so at their will.
#[test]
fn a_units_drain_lies_beside_the_folder_that_operators_write() {
    let parent = folder();
    let (folder, unit) = (parent.path().join("drain"), "@exabgp.service");
    let declaration = Declaration {
        reason: Some("stops".to_owned()),
        ..Declaration::default()
    };
    write(&folder, unit, &declaration).unwrap();
    write(&folder, "web", &declaration).unwrap();
    assert_eq!(
        path(&folder, unit),
        parent.path().join("drain.units").join(unit)
    );
    assert!(path(&folder, unit).is_file() && !folder.join(unit).exists());
    let orders = || read(&folder).unwrap().0.into_keys().collect::<Vec<_>>();
    assert_eq!(orders(), [unit, "web"]);
    // An operator's folder may be missing.
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(orders(), [unit]);
    fs::remove_file(path(&folder, unit)).unwrap();
    assert_eq!(orders(), [""; 0]);
}

/// Not below a folder that others write, and where a process looks that was told of it in other words.
#[test]
fn a_units_drain_lies_there_however_the_folder_is_spelled() {
    let parent = folder();
    let real = fs::canonicalize(parent.path()).unwrap();
    fs::create_dir_all(real.join("drain/x")).unwrap();
    symlink(real.join("drain"), real.join("link")).unwrap();
    for spelled in [
        "drain",
        "drain/",
        "drain/.",
        "./drain",
        "drain/x/..",
        "x/../drain",
        "link",
        "link/",
    ] {
        let folder = real.join(spelled);
        let there = path(&folder, "@a.service");
        // What is not there cannot be resolved, and is taken as it stands.
        let wanted = if spelled == "x/../drain" {
            real.join("x/../drain.units")
        } else {
            real.join("drain.units")
        };
        assert_eq!(there, wanted.join("@a.service"), "{spelled}");
    }
    assert_eq!(
        path(&real.join("none/"), "@a.service"),
        real.join("none.units/@a.service")
    );
    assert_eq!(
        path(Path::new("/"), "@a.service"),
        Path::new("/.units/@a.service")
    );
}

#[test]
fn a_folder_that_cannot_be_read_hides_no_drain_of_the_other() {
    let parent = folder();
    let operators = parent.path().join("drain");
    fs::create_dir(&operators).unwrap();
    fs::write(operators.join("web"), "").unwrap();
    let units = parent.path().join("drain.units");
    fs::create_dir(&units).unwrap();
    fs::write(units.join("@a.service"), "").unwrap();
    let mut parts = [Part::of(Whose::Operators), Part::of(Whose::Units)];
    let mut names = || {
        parts
            .iter_mut()
            .for_each(|part| drop(part.look(&operators, &Clocks::now())));
        parts
            .iter()
            .flat_map(|part| part.orders.keys().cloned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), ["web", "@a.service"]);
    // What is known stays; the other one is followed.
    fs::remove_dir_all(&units).unwrap();
    fs::write(&units, "").unwrap();
    fs::remove_file(operators.join("web")).unwrap();
    assert_eq!(names(), ["@a.service"]);
    assert_eq!(read(&operators).unwrap(), Orders::default());
    fs::remove_dir_all(&operators).unwrap();
    fs::write(&operators, "").unwrap();
    fs::remove_file(&units).unwrap();
    assert_eq!(names(), [""; 0]);
}

#[test]
fn a_folder_of_many_files_is_read_to_a_bound() {
    let folder = folder();
    // What can be no drain hides none.
    for number in 0..=MOST {
        fs::write(folder.path().join(format!(".s{number}")), "").unwrap();
    }
    fs::write(folder.path().join("web"), "").unwrap();
    assert_eq!(
        read(folder.path())
            .unwrap()
            .0
            .into_keys()
            .collect::<Vec<_>>(),
        ["web"]
    );
    for number in 0..=MOST {
        fs::write(folder.path().join(format!("s{number}")), "").unwrap();
    }
    let found = look(folder.path(), Whose::Operators, &Clocks::now()).unwrap();
    assert_eq!(found.orders.len(), MOST);
    assert!(
        found.complaints[""].contains("has 4096 files or more"),
        "{:?}",
        found.complaints
    );
}

#[test]
fn nobody_declares_in_a_units_name_where_operators_write() {
    let parent = folder();
    let folder = parent.path().join("drain");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("@exabgp.service"), "").unwrap();
    fs::write(folder.join("@all"), "").unwrap();
    fs::create_dir(parent.path().join("drain.units")).unwrap();
    fs::write(parent.path().join("drain.units/web"), "").unwrap();
    let found = look(&folder, Whose::Operators, &Clocks::now()).unwrap();
    assert_eq!(found.orders.into_keys().collect::<Vec<_>>(), ["@all"]);
    let complaint = &found.complaints["@exabgp.service"];
    assert!(
        complaint.contains("has the name of a unit's drain and drains nothing"),
        "{complaint}"
    );
}

/// Puts something bad at a path.
type Make = fn(&Path);

fn text(path: &Path, text: &[u8]) {
    fs::write(path, text).unwrap();
}

/// What a folder has beside the order `good`, as it is found.
fn found(make: impl FnOnce(&Path)) -> (Look, String) {
    let folder = folder();
    fs::write(folder.path().join("good"), r#"{"reason": "good"}"#).unwrap();
    let path = folder.path().join("web");
    make(&path);
    let found = look(folder.path(), Whose::Operators, &Clocks::now()).unwrap();
    assert_eq!(
        found.orders["good"].order.reason.as_deref(),
        Some("good"),
        "the others are found beside it"
    );
    let complaint = found.complaints.get("web").cloned().unwrap_or_default();
    assert!(
        complaint.is_empty() || complaint.contains(path.to_str().unwrap()),
        "{complaint}"
    );
    (found, complaint)
}

#[test]
fn a_regular_file_is_obeyed_and_what_is_wrong_with_it_is_said() {
    let many: [(&str, Make, &str); 11] = [
        ("empty", |path| text(path, b""), ""),
        ("a blank line", |path| text(path, b" \n"), ""),
        (
            "of the future",
            |path| {
                let file = File::create(path).unwrap();
                file.set_modified(
                    SystemTime::UNIX_EPOCH + Clocks::now().wall + Duration::from_secs(3600),
                )
                .unwrap();
            },
            "",
        ),
        (
            "huge",
            |path| File::create(path).unwrap().set_len(10 << 30).unwrap(),
            "longer than 16 KiB",
        ),
        (
            "not UTF-8",
            |path| text(path, b"{\"reason\": \"\xff\"}"),
            "not UTF-8",
        ),
        ("a word", |path| text(path, b"by hand"), "expected value"),
        ("another shape", |path| text(path, b"[1, 2]"), "invalid"),
        (
            "another type",
            |path| text(path, b"{\"force\": \"yes\"}"),
            "expected a boolean",
        ),
        (
            "a negative date",
            |path| text(path, b"{\"since_ms\": -1}"),
            "expected u64",
        ),
        (
            "a control character",
            |path| text(path, b"{\"force\": \"\\u001b[2J\"}"),
            "not understood",
        ),
        ("no end", |path| text(path, b"{\"force\": true"), "EOF"),
    ];
    for (what, make, complaint) in many {
        let (found, said) = found(make);
        let order = &found
            .orders
            .get("web")
            .unwrap_or_else(|| panic!("{what} is not obeyed"))
            .order;
        assert!(!order.force && order.reason.is_none(), "{what}: {order:?}");
        assert!(
            said.contains(complaint) && said.is_empty() == complaint.is_empty(),
            "{what}: {said}"
        );
        assert!(!said.contains(char::is_control), "{what}: {said:?}");
        assert_eq!(
            order.age == OLD,
            what == "of the future",
            "{what}: {order:?}"
        );
    }
}

#[test]
fn a_file_that_may_not_be_read_is_obeyed() {
    if is_root() {
        // Root may: tests/control/bad_files.rs has another user look.
        return;
    }
    let (found, complaint) = found(|path| {
        fs::write(path, r#"{"reason": "secret"}"#).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    });
    assert!(found.orders["web"].order.reason.is_none());
    assert!(
        complaint.contains("cannot be read (permission denied)"),
        "{complaint}"
    );
}

#[test]
fn a_file_of_another_user_is_obeyed() {
    if !is_root() {
        return;
    }
    let (found, complaint) = found(|path| {
        fs::write(path, r#"{"force": true}"#).unwrap();
        chown(path, Some(65_534), Some(65_534)).unwrap();
    });
    assert!(
        found.orders["web"].order.force && complaint.is_empty(),
        "{complaint}"
    );
}

#[test]
fn what_is_no_regular_file_drains_nothing_and_holds_nothing_up() {
    let mut many: Vec<(&str, Make)> = vec![
        ("a FIFO", |path| {
            mknodat(rustix::fs::CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap()
        }),
        ("a directory", |path| fs::create_dir(path).unwrap()),
        ("a symbolic link", |path| {
            symlink(path.with_file_name("good"), path).unwrap()
        }),
        ("a symbolic link", |path| {
            symlink("/dev/zero", path).unwrap()
        }),
        ("a symbolic link", |path| symlink("web", path).unwrap()),
        ("a socket", |path| drop(UnixListener::bind(path).unwrap())),
    ];
    if is_root() {
        // /dev/zero, which never ends.
        many.push(("a device", |path| {
            assert!(
                Command::new("mknod")
                    .arg(path)
                    .args(["c", "1", "5"])
                    .status()
                    .unwrap()
                    .success()
            );
        }));
    }
    for (what, make) in many {
        let (found, complaint) = found(make);
        assert!(!found.orders.contains_key("web"), "{what} is obeyed");
        assert!(
            complaint.contains(&format!("is {what} and drains nothing")),
            "{complaint}"
        );
    }
}

#[test]
fn a_complaint_is_made_once() {
    let complaints = |words: &str| {
        BTreeMap::from([
            ("web".to_owned(), words.to_owned()),
            ("api".to_owned(), "b".to_owned()),
        ])
    };
    let (mut known, now) = (Known::default(), Instant::now());
    assert_eq!(known.complain(&complaints("a"), now), ["b", "a"]);
    // For as long as it is there.
    for minutes in 0..3 {
        let later = now + minutes * Duration::from_secs(59);
        assert!(known.complain(&complaints("a"), later).is_empty());
    }
    let now = now + Duration::from_secs(120);
    assert_eq!(known.complain(&complaints("other"), now), ["other"]);
    assert!(known.complain(&BTreeMap::new(), now).is_empty());
    assert!(
        known.complain(&complaints("other"), now).is_empty(),
        "it went, and came back"
    );
    assert_eq!(
        known
            .complain(&complaints("other"), now + Duration::from_secs(60))
            .len(),
        2,
        "much later"
    );
    // Nobody fills a journal with them.
    let many = (0..1000)
        .map(|name| (name.to_string(), "bad".to_owned()))
        .collect();
    assert_eq!(
        known.complain(&many, now + Duration::from_secs(61)).len(),
        COMPLAINTS - 2
    );
}

#[test]
fn an_order_until_the_next_boot_is_void_after_it() {
    let folder = folder();
    let declared = |boot: &str| {
        fs::write(
            folder.path().join("web"),
            format!(r#"{{"boot": "{boot}"}}"#),
        )
        .unwrap();
        read(folder.path()).unwrap().0.len()
    };
    assert_eq!(declared(&Clocks::now().boot_id.unwrap()), 1);
    assert_eq!(declared("7f6b2f5e-0000-0000-0000-000000000000"), 0);
}

#[test]
fn a_folder_that_is_not_there_holds_no_orders() {
    assert_eq!(
        read(&folder().path().join("none")).unwrap(),
        Orders::default()
    );
}

/// The orders that a watch reports of one look after another.
fn reported<const N: usize>(looks: [(&str, Clocks); N]) -> [Option<Orders>; N] {
    let folder = folder();
    let (path, mut known) = (folder.path().join("web"), Known::default());
    looks.map(|(text, clocks)| {
        fs::write(&path, text).unwrap();
        known.follow(
            look(folder.path(), Whose::Operators, &clocks)
                .unwrap()
                .orders,
        )
    })
}

fn at(wall: u64, boottime: u64) -> Clocks {
    Clocks {
        wall: Duration::from_secs(wall),
        boottime: Duration::from_secs(boottime),
        boot_id: Some("this".to_owned()),
    }
}

const DECLARED: &str = r#"{"since_ms": 1000000, "id": "a"}"#;
const FORCED: &str = r#"{"since_ms": 1000000, "id": "a", "force": true}"#;

#[test]
fn a_clock_that_steps_makes_no_new_order() {
    let [first, back, forward] = reported([
        (DECLARED, at(1060, 500)),
        (DECLARED, at(1, 501)),
        (DECLARED, at(90_000, 502)),
    ]);
    assert_eq!(first.unwrap().0["web"].age, Duration::from_secs(60));
    assert_eq!((back, forward), (None, None));
}

#[test]
fn what_is_declared_again_is_as_old_as_it_was_whatever_the_clock_says() {
    let [first, again] = reported([(DECLARED, at(1060, 500)), (FORCED, at(1001, 501))]);
    let (first, again) = (
        first.unwrap().0["web"].clone(),
        again.unwrap().0["web"].clone(),
    );
    assert_eq!(
        (again.age, again.read, again.force),
        (first.age, first.read, true)
    );
}

#[test]
fn another_date_or_another_id_is_another_order() {
    let other_date = r#"{"since_ms": 1059000, "id": "a"}"#;
    let [_, age] = reported([(DECLARED, at(1060, 500)), (other_date, at(1060, 500))]);
    assert_eq!(age.unwrap().0["web"].age, Duration::from_secs(1));
    let other_id = r#"{"since_ms": 1000000, "id": "b"}"#;
    let [_, id] = reported([(DECLARED, at(1060, 500)), (other_id, at(1060, 500))]);
    assert_eq!(id.unwrap().0["web"].id.as_deref(), Some("b"));
}

#[test]
fn no_orders_are_reported_at_once_too() {
    let mut known = Known::default();
    assert_eq!(known.follow(BTreeMap::new()), Some(Orders::default()));
    assert_eq!(known.follow(BTreeMap::new()), None);
}

#[test]
fn a_drain_that_ends_and_begins_at_once_is_another_one() {
    let folder = folder();
    let declare = |id: &str| {
        let declaration = Declaration {
            id: Some(id.to_owned()),
            ..Declaration::default()
        };
        write(folder.path(), "web", &declaration).unwrap();
    };
    declare("a");
    let (sender, orders) = mpsc::channel();
    watch(folder.path().to_owned(), move |orders| {
        drop(sender.send(orders))
    })
    .unwrap();
    let next = || orders.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(next().0["web"].id.as_deref(), Some("a"));
    fs::remove_file(folder.path().join("web")).unwrap();
    declare("b");
    let mut seen = next();
    if seen == Orders::default() {
        seen = next();
    }
    assert_eq!(seen.0["web"].id.as_deref(), Some("b"));
}

#[test]
fn a_declaration_is_written_for_everybody_to_read_and_follows_no_link() {
    let folder = folder();
    let victim = folder.path().join("victim");
    fs::write(&victim, "untouched").unwrap();
    symlink(&victim, folder.path().join("web")).unwrap();
    // The names that were foreseeable.
    for pid in [1, std::process::id()] {
        symlink(&victim, folder.path().join(format!(".web.{pid}"))).unwrap();
    }
    let declaration = Declaration {
        reason: Some("test".to_owned()),
        ..Declaration::default()
    };
    write(folder.path(), "web", &declaration).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    let data = fs::symlink_metadata(folder.path().join("web")).unwrap();
    assert!(
        data.is_file() && data.permissions().mode() & 0o777 == 0o644,
        "{data:?}"
    );
    let Some(Found::Order(file)) = find(&folder.path().join("web")).unwrap() else {
        panic!()
    };
    assert_eq!(file.content.unwrap(), declaration);
}

#[test]
fn a_directory_in_its_place_is_left_and_nothing_else_is() {
    let folder = folder();
    fs::create_dir(folder.path().join("web")).unwrap();
    let error = write(folder.path(), "web", &Declaration::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IsADirectory);
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["web"]);
}
