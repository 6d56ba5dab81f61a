//! Files in the drains' folder that nobody of good will puts there: what `drain` and `resume` make of them. Nothing may
//! hang, nothing is followed, and every complaint names the file.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::command::Said;
use super::drains::{declare, declared, does, service};
use super::haproxy::Haproxy;
use super::wait::eventually;

const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A name, what makes it, and what is said of it.
type Bad<'say> = (&'say str, fn(&Path), &'say str);

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

fn device(path: &Path) {
    assert!(
        Command::new("mknod")
            .arg(path)
            .args(["c", "1", "5"])
            .status()
            .unwrap()
            .success()
    );
}

/// Regular files, and what is said of those that say nothing that is understood.
const FILES: [Bad<'_>; 6] = [
    ("empty", |path| fs::write(path, "").unwrap(), ""),
    (
        "huge",
        |path| File::create(path).unwrap().set_len(10 << 30).unwrap(),
        "longer than 16 KiB",
    ),
    (
        "not UTF-8",
        |path| fs::write(path, b"\xff\xfe{").unwrap(),
        "not UTF-8",
    ),
    (
        "by hand",
        |path| fs::write(path, "by hand\n").unwrap(),
        "expected value",
    ),
    (
        "another shape",
        |path| fs::write(path, r#"{"reason": {"a": 1}}"#).unwrap(),
        "invalid type: map, expected a string",
    ),
    (
        "of the future",
        |path| {
            let file = File::create(path).unwrap();
            file.set_modified(SystemTime::now() + Duration::from_secs(86_400))
                .unwrap();
        },
        "",
    ),
];

#[test]
fn a_regular_file_is_a_drain_that_is_declared_again_and_ended() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    let path = haproxy.path("drains/web");
    for (what, make, why) in FILES {
        let again = |said: Said| {
            assert!(
                said.out.contains("web: drained") && !said.out.contains("declared"),
                "{what}: {said:#?}"
            );
            let note = format!("note: '{}' is not understood ({why}", path.display());
            assert!(
                why.is_empty() || said.err.contains(", and is replaced"),
                "{what}: {said:#?}"
            );
            assert_eq!(
                said.err.contains(&note),
                !why.is_empty(),
                "{what}: {said:#?}"
            );
        };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        make(&path);
        again(does(&haproxy, &["drain", "web", "--force"], &places).ends_with(0));
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"force\":true"), "{what}: {text}");
        fs::remove_file(&path).unwrap();

        make(&path);
        let said = does(&haproxy, &["resume", "web"], &places).ends_with(0);
        assert_eq!(said.out, "web: not drained any more\n", "{what}");
        assert_eq!(said.err, "", "{what}");
        assert!(declared(&haproxy).is_empty(), "{what}");
    }
}

#[test]
fn the_date_of_a_file_of_the_future_is_not_believed() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    declare(
        &haproxy,
        "web",
        r#"{"since_ms": 99999999999999, "by": "alice"}"#,
    );
    does(&haproxy, &["drain", "web"], &places)
        .ends_with(0)
        .shows(&["web: drained, since when is not known, by alice\n"]);
}

/// What is none, and what is said of it.
fn others() -> Vec<Bad<'static>> {
    let mut all: Vec<Bad<'_>> = vec![
        ("web", fifo, "a FIFO"),
        (
            "web",
            |path| symlink("/dev/zero", path).unwrap(),
            "a symbolic link",
        ),
        (
            "web",
            |path| symlink(path.with_file_name("victim"), path).unwrap(),
            "a symbolic link",
        ),
        (
            "web",
            |path| drop(UnixListener::bind(path).unwrap()),
            "a socket",
        ),
        ("web", |path| fs::create_dir(path).unwrap(), "a directory"),
    ];
    if is_root() {
        all.push(("web", device, "a device"));
    }
    all
}

#[test]
fn what_is_no_regular_file_is_no_drain_and_gives_way_to_one() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    fs::create_dir(haproxy.path("drains")).unwrap();
    let victim = haproxy.path("drains/victim");
    fs::write(&victim, r#"{"reason": "untouched"}"#).unwrap();
    for (name, make, kind) in others() {
        let path = haproxy.path("drains").join(name);
        let named = format!("'{}'", path.display());
        make(&path);
        does(&haproxy, &["resume", "web"], &places)
            .ends_with(0)
            .shows(&["web: not drained\n"])
            .complains_of(&[&named, &format!("is {kind}, and no drain; remove it\n")]);
        if kind == "a directory" {
            does(&haproxy, &["drain", "web"], &places)
                .ends_with(1)
                .complains_of(&[&named, "a directory lies there; remove it"]);
            assert_eq!(
                declared(&haproxy),
                ["victim", "web"],
                "nothing is left beside it"
            );
            fs::remove_dir(&path).unwrap();
            continue;
        }
        does(&haproxy, &["drain", "web"], &places)
            .ends_with(0)
            .shows(&["web: declared; withdrawn\n"])
            .complains_of(&[&named, &format!("was {kind}, and is now the drain\n")]);
        assert!(fs::symlink_metadata(&path).unwrap().is_file(), "{kind}");
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(
        fs::read_to_string(victim).unwrap(),
        r#"{"reason": "untouched"}"#
    );
}

const LISTS: &str = r#"{"servers": ["http_back/backend01"], "frontends": ["doomed", "\u001b[2J"]}"#;

/// A server in maintenance and a paused frontend, which a list says were taken out with the drain of web.
fn taken_out(haproxy: &Haproxy) -> PathBuf {
    haproxy.says("set server http_back/backend01 state maint");
    haproxy.says("disable frontend doomed");
    let folder = haproxy.path("drains.taken-out");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("web"), LISTS).unwrap();
    folder
}

#[track_caller]
fn is_left_as_it_was(haproxy: &Haproxy) {
    let now = (
        haproxy.admin("http_back/backend01"),
        haproxy.status("doomed", "FRONTEND"),
    );
    assert_eq!((now.0, now.1.as_str()), (1, "PAUSED"));
}

/// Whoever can write there, or put another file or folder there, has HAProxy changed by nobody.
#[test]
fn a_list_that_others_could_write_changes_nothing_in_haproxy() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    let folder = taken_out(&haproxy);
    let list = folder.join("web");
    let parent = folder.parent().unwrap().to_owned();
    for (place, mode) in [
        (&list, 0o664),
        (&list, 0o646),
        (&folder, 0o775),
        (&parent, 0o777),
    ] {
        let before = fs::metadata(place).unwrap().permissions();
        fs::set_permissions(place, Permissions::from_mode(mode)).unwrap();
        declare(&haproxy, "web", "");
        let named = format!(
            "note: '{}' is left, and what it lists in HAProxy: users other than root and you can write to '{}'\n",
            list.display(),
            place.display()
        );
        does(&haproxy, &["resume", "web"], &places)
            .ends_with(0)
            .complains_of(&[&named])
            .shows(&["web: not drained any more\n"]);
        is_left_as_it_was(&haproxy);
        fs::set_permissions(place, before).unwrap();
    }
    // Nor is anything taken out where it could not be noted.
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    let then = [
        "drain",
        "web",
        "--wait",
        "--then-maint",
        "http_back/backend02",
    ];
    does(&haproxy, &then, &places)
        .ends_with(1)
        .complains_of(&["users other than root and you can write to"]);
    assert_eq!(haproxy.admin("http_back/backend02"), 0);
}

#[test]
fn a_list_of_another_user_changes_nothing_in_haproxy() {
    if !is_root() {
        return;
    }
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    let folder = taken_out(&haproxy);
    for place in [&folder.join("web"), &folder] {
        chown(place, Some(NOBODY), Some(NOBODY)).unwrap();
        declare(&haproxy, "web", "");
        does(&haproxy, &["resume", "web"], &places)
            .ends_with(0)
            .complains_of(&[&format!(
                "users other than root and you can write to '{}'",
                place.display()
            )])
            .shows(&["web: not drained any more\n"]);
        is_left_as_it_was(&haproxy);
        chown(place, Some(0), Some(0)).unwrap();
    }
}

/// Whoever may write in the folder of the drains can write any drain, and move root's away and back.
#[test]
fn what_a_drain_lists_itself_changes_nothing_in_haproxy() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    fs::remove_dir_all(taken_out(&haproxy)).unwrap();
    declare(&haproxy, "web", LISTS);
    does(&haproxy, &["resume", "web"], &places)
        .ends_with(0)
        .shows(&["web: not drained any more\n"]);
    is_left_as_it_was(&haproxy);
    // A drain that took something out, and was ended, comes back.
    haproxy.says("set server http_back/backend01 state ready");
    let then = [
        "drain",
        "web",
        "--wait",
        "--then-maint",
        "http_back/backend01",
    ];
    does(&haproxy, &then, &places).ends_with(0);
    let kept = haproxy.path("kept");
    fs::copy(haproxy.path("drains/web"), &kept).unwrap();
    does(&haproxy, &["resume", "web"], &places).ends_with(0);
    assert_eq!(haproxy.admin("http_back/backend01"), 0);
    haproxy.says("set server http_back/backend01 state maint");
    fs::rename(&kept, haproxy.path("drains/web")).unwrap();
    does(&haproxy, &["resume", "web"], &places)
        .ends_with(0)
        .shows(&["web: not drained any more\n"]);
    is_left_as_it_was(&haproxy);
}

/// What was taken out with it is put back all the same.
#[test]
fn a_drain_whose_file_is_gone_leaves_nothing_taken_out() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    let then = [
        "drain",
        "web",
        "--wait",
        "--then-maint",
        "http_back/backend01",
        "--then-disable",
        "doomed",
    ];
    does(&haproxy, &then, &places).ends_with(0);
    fs::remove_file(haproxy.path("drains/web")).unwrap();
    does(&haproxy, &["resume", "web"], &places)
        .ends_with(0)
        .complains_of(&["http_back/backend01: ready", "doomed: enabled"])
        .shows(&["web: not drained\n"]);
    assert_eq!(
        (
            haproxy.admin("http_back/backend01"),
            haproxy.status("doomed", "FRONTEND").as_str()
        ),
        (0, "OPEN")
    );
    assert_eq!(
        fs::read_dir(haproxy.path("drains.taken-out"))
            .unwrap()
            .count(),
        0
    );
}

/// It is left, and said, and the route comes back.
#[test]
fn a_list_that_is_none_keeps_no_route_away() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    let folder = haproxy.path("drains.taken-out");
    let lists: [fn(&Path); 6] = [
        |path| fs::write(path, "noise").unwrap(),
        |path| fs::write(path, "").unwrap(),
        |path| fs::write(path, r#"{"servers": 1}"#).unwrap(),
        |path| fs::create_dir(path).unwrap(),
        |path| symlink("/etc/passwd", path).unwrap(),
        fifo,
    ];
    for make in lists {
        fs::create_dir(&folder).unwrap();
        make(&folder.join("web"));
        declare(&haproxy, "web", "");
        does(&haproxy, &["resume", "web"], &places)
            .ends_with(0)
            .complains_of(&[
                &format!(
                    "note: '{}' is left, and what it lists in HAProxy: it cannot be read (",
                    folder.join("web").display()
                ),
                "; remove it",
            ])
            .shows(&["web: not drained any more\n"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn what_another_drain_has_out_too_or_somebody_by_hand_is_not_put_back() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    let drain = |which: &str| {
        let then = [
            "drain",
            which,
            "--wait",
            "--then-maint",
            "http_back/backend01",
            "--then-disable",
            "doomed",
        ];
        does(&haproxy, &then, &places).ends_with(0);
    };
    drain("web");
    drain("--all");
    does(&haproxy, &["resume", "web"], &places).ends_with(0).complains_of(&[
        "note: doomed of HAProxy's is left as it is: another drain has taken it out too",
        "note: http_back/backend01 of HAProxy's is left as it is: another drain has taken it out too",
    ]);
    is_left_as_it_was(&haproxy);
    does(&haproxy, &["resume", "--all"], &places).ends_with(0);
    assert_eq!(
        (
            haproxy.admin("http_back/backend01"),
            haproxy.status("doomed", "FRONTEND").as_str()
        ),
        (0, "OPEN")
    );
    // Before the drain.
    haproxy.says("set server http_back/backend01 state maint");
    haproxy.says("disable frontend doomed");
    drain("web");
    does(&haproxy, &["resume", "web"], &places).ends_with(0);
    is_left_as_it_was(&haproxy);
}

/// Who may end drains, and may not command HAProxy.
#[test]
fn a_member_does_not_end_a_drain_that_has_taken_something_out() {
    if !is_root() {
        return;
    }
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    let then = [
        "drain",
        "web",
        "--wait",
        "--then-maint",
        "http_back/backend01",
    ];
    does(&haproxy, &then, &places).ends_with(0);
    fs::set_permissions(haproxy.path("."), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(haproxy.path("drains"), Permissions::from_mode(0o777)).unwrap();
    let program = haproxy.path("haproxy-rhi");
    let copied = Command::new("cp")
        .arg(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .arg(&program)
        .status();
    assert!(copied.unwrap().success());
    let mut member = Command::new(program);
    member
        .args(["resume", "web", "--stats", &haproxy.arg("admin.sock")])
        .args(&places);
    Said::of(&member.uid(NOBODY).gid(NOBODY).output().unwrap())
        .ends_with(2)
        .complains_of(&[
            "note: http_back/backend01 of HAProxy's was taken out with this drain",
            "run this as root",
        ]);
    assert_eq!(
        (haproxy.admin("http_back/backend01"), declared(&haproxy)),
        (1, vec!["web".to_owned()])
    );
    does(&haproxy, &["resume", "web"], &places).ends_with(0);
    assert_eq!(
        (
            haproxy.admin("http_back/backend01"),
            declared(&haproxy).len()
        ),
        (0, 0)
    );
}

#[test]
fn what_an_earlier_drain_has_taken_out_is_said_and_left() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    let then = [
        "drain",
        "web",
        "--wait",
        "--then-maint",
        "http_back/backend01",
    ];
    does(&haproxy, &then, &places).ends_with(0);
    fs::remove_file(haproxy.path("drains/web")).unwrap();
    does(&haproxy, &["drain", "web"], &places).ends_with(0);
    let left =
        "note: http_back/backend01 of HAProxy's is left as it is: an earlier drain took it out";
    does(&haproxy, &["resume", "web"], &places)
        .ends_with(0)
        .complains_of(&[left]);
    assert_eq!(haproxy.admin("http_back/backend01"), 1);
    // Nor is it forgotten without a word where the new one takes something out too.
    haproxy.says("set server http_back/backend01 state ready");
    does(&haproxy, &then, &places).ends_with(0);
    fs::remove_file(haproxy.path("drains/web")).unwrap();
    let other = [
        "drain",
        "web",
        "--wait",
        "--then-maint",
        "http_back/backend02",
    ];
    does(&haproxy, &other, &places)
        .ends_with(0)
        .complains_of(&[left]);
    does(&haproxy, &["resume", "web"], &places).ends_with(0);
    assert_eq!(
        (
            haproxy.admin("http_back/backend01"),
            haproxy.admin("http_back/backend02")
        ),
        (1, 0)
    );
    assert_eq!(
        fs::read_dir(haproxy.path("drains.taken-out"))
            .unwrap()
            .count(),
        0
    );
}

/// A folder of drains, and a command of a user who is not root.
struct Stranger {
    folder: tempfile::TempDir,
}

impl Stranger {
    /// The folder's other order is `api`.
    fn with(mode: u32, text: &str) -> Self {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let config = r#"{"haproxy": {"stats": "/none.sock"}, "services": {"web": {"prefixes": ["192.0.2.9/32"],
            "next_hop": "198.51.100.1", "require_address": false,
            "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]}}}"#;
        fs::write(folder.path().join("config.json"), config).unwrap();
        let drains = folder.path().join("drains");
        fs::create_dir(&drains).unwrap();
        fs::set_permissions(&drains, Permissions::from_mode(0o777)).unwrap();
        let web = drains.join("web");
        fs::write(&web, text).unwrap();
        fs::set_permissions(&web, Permissions::from_mode(mode)).unwrap();
        Self { folder }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
        command
            .args(words)
            .arg("--config")
            .arg(self.folder.path().join("config.json"));
        command
            .arg("--drain-folder")
            .arg(self.folder.path().join("drains"));
        command.stdin(Stdio::null()).env_remove("SUDO_USER");
        if is_root() {
            // The program itself may lie where only root comes.
            let program = self.folder.path().join("haproxy-rhi");
            // By another process: a child that another thread starts meanwhile would hold the file open to write, and
            // it could not be run.
            let copied = Command::new("cp")
                .arg(env!("CARGO_BIN_EXE_haproxy-rhi"))
                .arg(&program)
                .status();
            assert!(copied.unwrap().success());
            let mut stranger = Command::new(program);
            stranger
                .args(command.get_args())
                .stdin(Stdio::null())
                .env_remove("SUDO_USER");
            stranger.uid(NOBODY).gid(NOBODY);
            return stranger;
        }
        command
    }

    fn does(&self, words: &[&str]) -> Said {
        Said::of(&self.command(words).output().unwrap())
    }
}

/// A running process of the stranger's, and its log.
struct Logged {
    child: Child,
    log: PathBuf,
}

impl Logged {
    fn start(stranger: &Stranger) -> Self {
        let log = stranger.folder.path().join("log");
        let mut command = stranger.command(&["run", "--status-file", "/dev/null"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap());
        Self {
            child: command.spawn().unwrap(),
            log,
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    #[track_caller]
    fn eventually_says(&self, words: &[&str]) {
        eventually(&format!("{words:?}"), || {
            words
                .iter()
                .all(|words| self.log().contains(words))
                .then_some(())
        });
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_drain_that_may_not_be_read_may_be_declared_again_and_ended() {
    let stranger = Stranger::with(0o000, r#"{"reason": "secret"}"#);
    let path = stranger.folder.path().join("drains/web");
    let named = format!("'{}'", path.display());
    stranger
        .does(&["drain", "web", "--force"])
        .ends_with(0)
        .shows(&["web: drained since ", "now with --force"])
        .complains_of(&[&format!(
            "note: {named} cannot be read (permission denied), and is replaced\n"
        )]);
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .contains("\"force\":true")
    );
    fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
    stranger
        .does(&["resume", "web"])
        .ends_with(0)
        .shows(&["web: not drained any more\n"]);
    assert!(!path.exists());
}

#[test]
fn a_running_process_takes_a_drain_of_the_future_for_an_old_one() {
    let future = r#"{"since_ms": 99999999999999, "by": "alice"}"#;
    let stranger = Stranger::with(0o644, future);
    let config = stranger.folder.path().join("config.json");
    let text = fs::read_to_string(&config).unwrap();
    let plan = r#""as_path": [65010], "drain": {"for": "1d"}, "levels""#;
    fs::write(&config, text.replace(r#""levels""#, plan)).unwrap();
    let running = Logged::start(&stranger);
    running.eventually_says(&["service web: drained by alice, withdrawing 192.0.2.9/32\n"]);
}

#[test]
fn a_running_process_obeys_what_it_may_not_read_and_says_so_once() {
    let stranger = Stranger::with(0o000, r#"{"reason": "secret"}"#);
    let drains = stranger.folder.path().join("drains");
    fifo(&drains.join("api"));
    symlink("/dev/zero", drains.join("@all")).unwrap();
    let running = Logged::start(&stranger);
    let complaints = [
        "drains/web' is in force, but cannot be read (permission denied)",
        "drains/api' is a FIFO and drains nothing",
        "drains/@all' is a symbolic link and drains nothing",
        "service web: drained, ",
    ];
    running.eventually_says(&complaints);
    // Looked at some times more.
    for name in ["one", "two", "three"] {
        fs::write(drains.join(name), "").unwrap();
        running.eventually_says(&[&format!("a drain is declared for '{name}'")]);
    }
    let log = running.log();
    for words in &complaints[..3] {
        assert_eq!(log.matches(words).count(), 1, "{log}");
    }
}
