//! The places, what may lie in them, and how it is looked at what becomes of it.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use haproxy_rhi::place::file_name_of;

/// A path that is written, by a command that ends or by one that runs on.
pub struct Place {
    pub name: &'static str,
    /// Below the folder of the test.
    path: fn(&Path) -> PathBuf,
    /// `{}` is that folder.
    arguments: &'static [&'static str],
    runs: bool,
}

/// What is done at `$1` before, as root, in a mount namespace of its own. `$2` is a file that must stay as it is.
pub struct Obstacle {
    pub name: &'static str,
    script: &'static str,
}

pub const PLACES: &[Place] = &[
    Place {
        name: "status",
        path: |folder| folder.join("place/status.json"),
        arguments: &[
            "run",
            "--config",
            "config.json",
            "--status-file",
            "{}/place/status.json",
        ],
        runs: true,
    },
    Place {
        name: "metrics",
        path: |folder| folder.join("place/rhi.prom"),
        arguments: &[
            "run",
            "--config",
            "config.json",
            "--metrics",
            "{}/place/rhi.prom",
        ],
        runs: true,
    },
    Place {
        name: "ledger",
        path: |folder| {
            let name = file_name_of(&folder.join("config.json"));
            Path::new("/run/exabgp").join(format!("haproxy-rhi.{name}.routes"))
        },
        arguments: &["run", "--config", "config.json"],
        runs: true,
    },
    Place {
        name: "drain",
        path: |folder| folder.join("place/web"),
        arguments: &[
            "drain",
            "web",
            "--force",
            "--config",
            "config.json",
            "--drain-folder",
            "place",
        ],
        runs: false,
    },
    Place {
        name: "units",
        path: |folder| folder.join("place.units/@a.service"),
        arguments: &[
            "drain",
            "--all",
            "--on-behalf-of",
            "a.service",
            "--force",
            "--config",
            "config.json",
            "--drain-folder",
            "place",
        ],
        runs: false,
    },
    Place {
        name: "events",
        path: |folder| folder.join("place/events.sock"),
        arguments: &["run", "--config", "events.json"],
        runs: true,
    },
    Place {
        name: "record",
        path: |folder| folder.join("place/record.jsonl"),
        arguments: &["run", "--config", "recorder.json"],
        runs: true,
    },
    Place {
        name: "init",
        path: |folder| folder.join("place/etc/haproxy-rhi/config.json"),
        arguments: &[
            "init",
            "--region",
            "A",
            "--prefix",
            "9.9.9.9/32",
            "--address",
            "172.16.156.70",
            "--primary",
            "--no-sibling",
            "--no-second-chance",
            "--route-server",
            "172.16.159.4",
            "--route-server",
            "172.16.159.5",
            "--server",
            "s1=172.16.156.69",
            "--output-dir",
            "place",
        ],
        runs: false,
    },
    Place {
        name: "picture",
        path: |folder| folder.join("place/picture.svg"),
        arguments: &[
            "rehearse",
            "config.json",
            "--only",
            "haproxy-reloads",
            "--svg",
            "place/picture.svg",
        ],
        runs: false,
    },
];

pub const OBSTACLES: &[Obstacle] = &[
    Obstacle {
        name: "nothing",
        script: "",
    },
    Obstacle {
        name: "link",
        script: "ln -s $2 $1",
    },
    Obstacle {
        name: "dangling",
        script: "ln -s $2.none $1",
    },
    Obstacle {
        name: "fifo",
        script: "mkfifo $1",
    },
    Obstacle {
        name: "device",
        script: "mknod $1 c 1 3",
    },
    Obstacle {
        name: "directory",
        script: "mkdir $1",
    },
    Obstacle {
        name: "stranger",
        script: "echo theirs >$1; chown 65534:65534 $1; chmod 600 $1",
    },
    Obstacle {
        name: "full",
        script: "mount -t tmpfs -o size=4k none ${1%/*}; head -c 4096 /dev/zero >${1%/*}/filler",
    },
    Obstacle {
        name: "read-only",
        script: "mount -t tmpfs -o ro none ${1%/*}",
    },
    Obstacle {
        name: "gone",
        script: "rmdir ${1%/*}",
    },
];

/// Nothing takes so long that is not stuck.
const PATIENCE: Duration = Duration::from_secs(60);
/// After a complaint: it might be written all the same.
const AFTERWARDS: Duration = Duration::from_millis(300);

const PROGRAM: &str = env!("CARGO_BIN_EXE_haproxy-rhi");
/// The last lines say what lies there now: what kind, and how it begins.
const SCRIPT: &str = r#"
set -e
path=$1 prize=$2 obstacle=$3 runs=$4
shift 4
mount -t tmpfs none /run
mkdir -p /run/exabgp "${path%/*}"
set -- "$@"
plant() { eval "$obstacle"; }
plant "$path" "$prize"
if [ "$runs" = true ]; then exec "$@"; fi
code=0
timeout 60 "$@" || code=$?
stat -c %F "$path" || echo none
if [ -f "$path" ]; then head -c 6 "$path" | tr -dc a-z; fi
echo "
$code"
"#;

/// One file of a test's folder.
struct Stage<'folder> {
    folder: &'folder Path,
    path: PathBuf,
    prize: PathBuf,
}

/// What becomes of a place with this in it, in a word.
pub fn cell(place: &Place, obstacle: &Obstacle) -> String {
    let what = format!("{}, {}", place.name, obstacle.name);
    let temporary = tempfile::tempdir().unwrap();
    let stage = Stage::new(temporary.path(), place);
    let child = stage.start(place, obstacle);
    let written = match place.runs {
        true => stage.writes_while_it_runs(child, &what),
        false => stage.has_written(child, &what),
    };
    assert_eq!(
        fs::read_to_string(&stage.prize).unwrap(),
        "untouched\n",
        "{what}"
    );
    assert!(!stage.folder.join("prize.none").exists(), "{what}");
    let made = written && obstacle.name == "gone";
    (if made {
        "made"
    } else if written {
        "written"
    } else {
        "left"
    })
    .to_owned()
}

/// What `validate --live` says of a place with this in it. The folder is as it was, and what a link leads to untouched.
pub fn is_said_to_be_written(place: &Place, obstacle: &Obstacle) -> bool {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let stage = Stage::new(folder, place);
    let config = format!(
        r#"{{"metrics": "{}", "services": {{}}}}"#,
        stage.path.display()
    );
    fs::write(folder.join("config.json"), config).unwrap();
    let mut command = Command::new("unshare");
    command.args([
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        TRIAL,
        "sh",
    ]);
    command
        .arg(&stage.path)
        .arg(&stage.prize)
        .args([obstacle.script, PROGRAM])
        .current_dir(folder);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}: {said}{}",
        obstacle.name,
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        fs::read_to_string(&stage.prize).unwrap(),
        "untouched\n",
        "{}",
        obstacle.name
    );
    !said.contains("cannot be written")
}

/// `look` lists what lies there and when each was changed last, and what the files say.
const TRIAL: &str = r#"
set -e
path=$1 prize=$2 obstacle=$3 program=$4
mkdir -p "${path%/*}"
set -- "$path" "$prize"
eval "$obstacle"
look() { find "${path%/*}" -mindepth 1 -printf '%p %y %m %u %s %i %l\n' 2>&1 | sort; }
before=$(look)
timeout 60 "$program" validate --live --config config.json || test $? = 1
after=$(look)
test "$before" = "$after" || { echo "before: $before, after: $after" >&2; exit 9; }
"#;

impl<'folder> Stage<'folder> {
    fn new(folder: &'folder Path, place: &Place) -> Self {
        let service = r#""services": {"web": {"prefixes": ["9.9.9.9/32"], "next_hop": "172.16.156.70", "require_address": false,
            "levels": [{"name": "up", "when": {"file": {"path": "/dev/null"}}}]}}"#;
        fs::write(folder.join("config.json"), format!("{{{service}}}")).unwrap();
        let events = format!(
            r#"{{"haproxy": {{"events": "{}/place/events.sock"}}, {service}}}"#,
            folder.display()
        );
        fs::write(folder.join("events.json"), events).unwrap();
        let record = format!(
            r#"{{"record": "{}/place/record.jsonl", {service}}}"#,
            folder.display()
        );
        fs::write(folder.join("recorder.json"), record).unwrap();
        let prize = folder.join("prize");
        fs::write(&prize, "untouched\n").unwrap();
        Self {
            folder,
            path: (place.path)(folder),
            prize,
        }
    }

    fn start(&self, place: &Place, obstacle: &Obstacle) -> Child {
        let log = fs::File::create(self.folder.join("log")).unwrap();
        let mut command = Command::new("unshare");
        command.args([
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            SCRIPT,
            "sh",
        ]);
        command.arg(&self.path).arg(&self.prize).args([
            obstacle.script,
            &place.runs.to_string(),
            PROGRAM,
        ]);
        let folder = self.folder.to_string_lossy();
        command.args(
            place
                .arguments
                .iter()
                .map(|argument| argument.replace("{}", &folder)),
        );
        command.current_dir(self.folder);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }

    fn is_named(&self) -> bool {
        self.log()
            .contains(&*self.path.file_name().unwrap().to_string_lossy())
    }

    /// Of a command that ends. What it did not write it names, with an exit status that says so.
    fn has_written(&self, child: Child, what: &str) -> bool {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines: Vec<&str> = text.lines().rev().collect();
        let [code, begins, kind, ..] = lines[..] else {
            panic!("{what}: {text}{}", self.log())
        };
        let written = kind == "regular file" && begins != "theirs" && code == "0";
        assert!(
            written || code != "0" && code != "124" && self.is_named(),
            "{what}: {text}{}",
            self.log()
        );
        written
    }

    /// Of one that runs on. What it does not write it names, and it leaves when it is told to.
    fn writes_while_it_runs(&self, mut child: Child, what: &str) -> bool {
        let seen = Path::new("/proc").join(child.id().to_string()).join("root");
        let there = seen.join(self.path.strip_prefix("/").unwrap());
        let is_written = || {
            let Ok(kind) = fs::symlink_metadata(&there).map(|data| data.file_type()) else {
                return false;
            };
            let is_theirs = || fs::read(&there).is_ok_and(|text| text == b"theirs\n");
            kind.is_socket() || kind.is_file() && !is_theirs()
        };
        let (begun, mut named) = (Instant::now(), None);
        let written = loop {
            assert!(
                begun.elapsed() < PATIENCE,
                "{what}: neither written nor named: {}",
                self.log()
            );
            assert!(
                child.try_wait().unwrap().is_none(),
                "{what}: it ended: {}",
                self.log()
            );
            named = named.or_else(|| self.is_named().then(Instant::now));
            match named {
                _ if is_written() => break true,
                Some(at) if at.elapsed() > AFTERWARDS => break false,
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let told = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(
                told.elapsed() < PATIENCE,
                "{what}: it does not leave: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        written
    }
}

/// A process that obeys drains, until it is dropped.
pub struct Running(Child);

impl Running {
    pub fn start(folder: &Path) -> Self {
        Self::new(
            folder,
            &["/dev/null".into(), "/dev/null".into()],
            Stdio::null(),
        )
    }

    /// With these files for its status and its metrics, and its log.
    pub fn with(folder: &Path, files: &[PathBuf; 2], log: fs::File) -> Self {
        Self::new(folder, files, log.into())
    }

    fn new(folder: &Path, [status, metrics]: &[PathBuf; 2], log: Stdio) -> Self {
        fs::write(folder.join("config.json"), r#"{"services": {}}"#).unwrap();
        let mut command = Command::new(PROGRAM);
        command
            .args(["run", "--config", "config.json", "--status-file"])
            .arg(status);
        if metrics != Path::new("/dev/null") {
            command.arg("--metrics").arg(metrics);
        }
        command
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log);
        Self(command.spawn().unwrap())
    }

    pub fn goes_on(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Its own process, also when the test fails.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
