//! Pictures: those that are committed, and those that the commands draw. Each is well-formed, small, and stands alone.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where pictures are, and nowhere else; the longest, in bytes, and that of the demo's terminal.
const FOLDER: &str = "man/pictures";
const LONGEST: usize = 60_000;
const TERMINAL: usize = 500_000;
/// What lies at the top of the repository, but for what is hidden or built.
const TOP: [&str; 15] = [
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "benches",
    "clippy.toml",
    "deny.toml",
    "exabgp",
    "fuzz",
    "haproxy",
    "man",
    "src",
    "systemd",
    "tests",
];
/// Those that a command draws of this repository's own files, the same each time.
const DRAWN: [(&str, &[&str]); 2] = [
    (
        "rehearse.svg",
        &[
            "rehearse",
            "north=exabgp/north-europe/config.json",
            "west=exabgp/west-europe/config.json",
            "--only",
            "north",
            "--only",
            "servers-die",
            "--only",
            "haproxy-dies",
            "--only",
            "vm-vanishes",
            "--only",
            "drain",
        ],
    ),
    (
        "replay.svg",
        &[
            "replay",
            "tests/cli/replay/day.jsonl",
            "--config",
            "tests/cli/replay/slow.json",
        ],
    ),
];
/// Reads a document from stdin as anybody's reader of XML does, and prints what those are told who do not see it.
const READER: &str = "import sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
name = '{http://www.w3.org/2000/svg}'
assert root.tag == name + 'svg', root.tag
told = [root.findtext(name + word, root.get('aria-label')) for word in ('title', 'desc')]
assert all(told), told
print(*told, sep='\\n')";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(arguments: &[&str], file: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .args(arguments)
        .args(["--svg", file])
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn drawn(arguments: &[&str]) -> String {
    let output = run(arguments, "-");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{told}");
    String::from_utf8(output.stdout).unwrap()
}

/// A picture can be read by everybody, and asks for nothing else.
fn is_sound(name: &str, svg: &str, longest: usize) {
    assert!(svg.len() <= longest, "{name} has {} bytes", svg.len());
    let mut reader = Command::new("python3")
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    reader
        .stdin
        .take()
        .unwrap()
        .write_all(svg.as_bytes())
        .unwrap();
    let output = reader.wait_with_output().unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && words.lines().count() >= 2,
        "{name}: {words}"
    );
    let beyond = svg.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for word in [
        "=\"http",
        "href",
        "@import",
        "<script",
        "<image",
        "<foreignObject",
        "src=",
        "url(h",
        "url(/",
    ] {
        assert!(
            !beyond.contains(word),
            "{name} asks for something else: {word}"
        );
    }
    let checkout = env!("CARGO_MANIFEST_DIR").to_owned();
    let temporary = std::env::temp_dir().display().to_string();
    for path in [Some(checkout), Some(temporary), std::env::var("HOME").ok()] {
        let path = path.filter(|path| path.len() > 1);
        assert!(
            path.as_ref().is_none_or(|path| !svg.contains(path)),
            "{name} names a path of this machine: {path:?}"
        );
    }
    assert!(svg.contains("@media(prefers-color-scheme:dark)"), "{name}");
}

fn committed() -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join(FOLDER)).unwrap();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    entries.map(|entry| read(entry.unwrap().path())).collect()
}

#[test]
fn each_committed_picture_is_sound_and_shown() {
    let documents = [
        "README.md",
        "benches/README.md",
        "man/haproxy-rhi-azure.7.md",
        "man/haproxy-rhi-faults.7.md",
    ];
    let shown = documents.map(|document| fs::read_to_string(root().join(document)).unwrap());
    let committed = committed();
    assert!(committed.len() >= 5, "{}", committed.len());
    for (name, svg) in &committed {
        let longest = if name == "terminal.svg" {
            TERMINAL
        } else {
            LONGEST
        };
        is_sound(name, svg, longest);
        let is_shown = shown
            .iter()
            .any(|text| text.contains(&format!("pictures/{name})")));
        assert!(is_shown, "{name} is shown in none of {documents:?}");
    }
    let names: BTreeSet<&str> = committed.iter().map(|(name, _)| name.as_str()).collect();
    for text in &shown {
        for rest in text.split("pictures/").skip(1) {
            let name = rest.split([')', '`', '*']).next().unwrap();
            assert!(names.contains(name), "{name} is shown, and is not there");
        }
    }
}

/// `UPDATE_PICTURES=1 cargo test --test pictures` draws them anew, for review.
#[test]
fn what_a_command_draws_of_these_files_is_what_is_committed() {
    for (name, arguments) in DRAWN {
        let (path, now) = (root().join(FOLDER).join(name), drawn(arguments));
        if std::env::var_os("UPDATE_PICTURES").is_some() {
            fs::write(&path, &now).unwrap();
        }
        assert!(
            fs::read_to_string(&path).unwrap() == now,
            "{name} is drawn otherwise now"
        );
    }
}

#[test]
fn pictures_lie_in_one_place_and_the_top_is_as_it_was() {
    let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap());
    let names = entries.map(|entry| entry.file_name().into_string().unwrap());
    let is_own = |name: &String| !name.starts_with('.') && name != "target";
    let names: BTreeSet<String> = names.filter(is_own).collect();
    let others: Vec<&String> = names
        .iter()
        .filter(|name| !TOP.contains(&name.as_str()))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    let mut folders: Vec<PathBuf> = names.iter().map(|name| root().join(name)).collect();
    while let Some(path) = folders.pop() {
        if path.is_dir() && !path.ends_with("target") {
            folders.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
        let is_picture = path.extension().is_some_and(|ending| {
            ["svg", "png", "gif", "cast"]
                .iter()
                .any(|one| ending == *one)
        });
        assert!(
            !is_picture || path.parent() == Some(&root().join(FOLDER)),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_rehearsal_is_drawn_with_words_where_nobody_serves() {
    let svg = drawn(&[
        "rehearse",
        "north=exabgp/north-europe/config.json",
        "west=exabgp/west-europe/config.json",
    ]);
    is_sound("the whole rehearsal", &svg, 150_000);
    for words in [
        "nobody answers",
        "url(#hatch)",
        "error page",
        "noticed after",
        "withdrawn",
        ">30 s<",
        "Wrong:",
        "the VM vanishes",
    ] {
        assert!(svg.contains(words), "{words}");
    }
}

#[test]
fn a_replay_is_drawn_with_the_time_of_day_and_the_other_configuration_beside_it() {
    let record = "tests/cli/replay/day.jsonl";
    let alone = drawn(&["replay", record]);
    is_sound("a replay", &alone, 20_000);
    for words in [
        "web: 9.9.9.9/32",
        ">10:00:05<",
        "down: no route",
        "recorded: 5 moves, 6.3 s without a route",
    ] {
        assert!(alone.contains(words), "{words}");
    }
    assert!(!alone.contains(">new<"));
    let both = drawn(&["replay", record, "--config", "tests/cli/replay/slow.json"]);
    assert!(
        both.contains(">new<") && both.contains("api_back"),
        "{both}"
    );
}

/// What HAProxy says of a server is in the reasons of moves.
#[test]
fn what_a_record_says_breaks_no_picture() {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record.jsonl");
    let day = fs::read_to_string(root().join("tests/cli/replay/day.jsonl")).unwrap();
    let hostile = r#"]]></title></text><script>alert(1)</script><image href='x'/>&#0;&lol; \" \u0000\u001b[2J\u202e\ufffe"#;
    assert!(day.contains("L4CON"));
    fs::write(&record, day.replace("L4CON", hostile)).unwrap();
    let svg = drawn(&["replay", record.to_str().unwrap()]);
    assert!(svg.contains("&lt;script&gt;"), "{svg}");
    is_sound("a hostile record", &svg.replace("href=&#39;", ""), 20_000);
}

#[test]
fn only_a_picture_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.svg");
    let file = path.to_str().unwrap();
    let replay = ["replay", "tests/cli/replay/day.jsonl"];
    let written = run(&replay, file);
    assert_eq!(written.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&written.stdout).contains("SERVICE"));
    assert_eq!(fs::read_to_string(&path).unwrap(), drawn(&replay));
    assert_eq!(run(&replay, file).status.code(), Some(0));
    fs::write(&path, "{\"services\": {}}").unwrap();
    let refused = run(&replay, file);
    assert_eq!(refused.status.code(), Some(74));
    assert!(refused.stdout.is_empty());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is no SVG picture"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"services\": {}}");
}

/// A day in which the servers flap: bands that nobody could tell apart are one.
#[test]
fn a_day_of_flapping_is_a_small_picture() {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record.jsonl");
    let day = fs::read_to_string(root().join("tests/cli/replay/day.jsonl")).unwrap();
    // What two looks saw: the servers up, and down.
    let seen = |at: &str| {
        let begins = format!("{{\"at\":{at},\"in\":[{{\"looked\":{{\"watch\":1,\"at\":{at},");
        let look = day
            .lines()
            .find_map(|line| line.strip_prefix(&begins))
            .unwrap();
        look.split("]}}}}}}]").next().unwrap().to_owned() + "]}}}}}}]}"
    };
    let (up, down) = (seen("4103000000"), seen("2103000000"));
    let mut lines: Vec<String> = day.lines().take(4).map(str::to_owned).collect();
    // Two readings bring the route back, one takes it away.
    for (number, look) in [&up, &up, &down].into_iter().cycle().enumerate().take(6000) {
        let at = (10 + number * 14) * 1_000_000_000;
        lines.push(format!(
            "{{\"at\":{at},\"in\":[{{\"looked\":{{\"watch\":1,\"at\":{at},{look}"
        ));
    }
    fs::write(&record, lines.join("\n") + "\n").unwrap();
    let svg = drawn(&["replay", record.to_str().unwrap()]);
    is_sound("a day of flapping", &svg, 250_000);
    for words in ["recorded: 4000 moves", ">12:00<", ">11-23<", ">09:00<"] {
        assert!(svg.contains(words), "{words}: {svg:.3000}");
    }
}
