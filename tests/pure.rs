//! What the source's layout promises: what decides is pure (it reads no clock, starts no thread, opens nothing and logs
//! nothing; edges do), files are opened in one way, and no room uses one above it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Files and folders of `src` that decide.
const PURE: [&str; 26] = [
    "announce",
    "change.rs",
    "condition",
    "damping.rs",
    "decide.rs",
    "drain.rs",
    "exabgp",
    "glance.rs",
    "health",
    "health.rs",
    "judge.rs",
    "last_resort.rs",
    "note.rs",
    "observation",
    "observation.rs",
    "program",
    "record",
    "rehearse",
    "replay",
    "report/words.rs",
    "route",
    "standing.rs",
    "svg",
    "takeover.rs",
    "verdict.rs",
    "world",
];
/// Edges among them.
const EDGES: [&str; 1] = ["announce/pipe.rs"];
/// What only an edge does.
const IMPURE: [&str; 21] = [
    "Instant::now",
    "SystemTime",
    ".elapsed()",
    "thread::",
    "sleep(",
    "std::fs",
    "fs::",
    "File::",
    "std::net::Tcp",
    "std::net::Udp",
    "UnixStream",
    "std::env",
    "rustix::",
    "println!",
    "log!(",
    "log::{",
    "info!(",
    "warn!(",
    "error!(",
    "debug!(",
    "trace!(",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    fs::read_dir(path)
        .unwrap()
        .flat_map(|entry| files(&entry.unwrap().path()))
        .collect()
}

/// Ways to open, read or write a file.
const WAYS: [&str; 9] = [
    "File::open(",
    "File::create",
    "File::options",
    "OpenOptions",
    "fs::read(",
    "fs::read_to_string(",
    "fs::write(",
    "fs::rename(",
    "fs::copy(",
];
/// Files of `src` that may use them: the way itself, and those that open what is the kernel's (/proc, /dev/null).
const OPENERS: [&str; 7] = [
    "files.rs",
    "control/running.rs",
    "haproxy_cfg/files.rs",
    "observe/orders/date.rs",
    "report/status/life.rs",
    "respawn.rs",
    "second_chance/kernel.rs",
];

/// The lines of code in which one of these words stands, tests left out.
fn lines_with(paths: impl Iterator<Item = PathBuf>, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in paths.filter(|path| !path.to_string_lossy().ends_with("tests.rs")) {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let lines = code
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"));
        for (number, line) in lines {
            let here = words.iter().filter(|word| line.contains(**word));
            found.extend(here.map(|word| format!("{}:{}: {word}", path.display(), number + 1)));
        }
    }
    found
}

#[test]
fn a_file_is_opened_in_one_way() {
    let openers: Vec<PathBuf> = OPENERS.iter().map(|path| source().join(path)).collect();
    assert!(openers.iter().all(|path| path.exists()));
    let others = files(&source())
        .into_iter()
        .filter(|path| !openers.contains(path));
    let found = lines_with(others, &WAYS);
    assert!(
        found.is_empty(),
        "crate::files is the way:\n{}",
        found.join("\n")
    );
}

#[test]
fn what_decides_reads_no_clock_starts_nothing_and_logs_nothing() {
    let edges: Vec<PathBuf> = EDGES.iter().map(|edge| source().join(edge)).collect();
    let pure = PURE
        .iter()
        .flat_map(|path| files(&source().join(path)))
        .filter(|path| !edges.contains(path));
    // Tests may do all that.
    let found = lines_with(pure, &IMPURE);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_file_that_decides_is_there() {
    for path in PURE.iter().chain(&EDGES) {
        assert!(source().join(path).exists(), "{path} is not there any more");
    }
}

/// The second chance is another program, whose rules the main one neither holds nor knows.
#[test]
fn the_main_program_contains_nothing_of_the_second_chance() {
    let own = source().join("second_chance");
    let others = files(&source())
        .into_iter()
        .filter(|path| !path.starts_with(&own));
    let found = lines_with(
        others,
        &["mod second_chance", "second_chance::", "second_chance/"],
    );
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The rooms by their floors, as lib.rs has them: the number of the floor, from the ground up.
fn floors() -> BTreeMap<String, usize> {
    let text = fs::read_to_string(source().join("lib.rs")).unwrap();
    let (mut floor, mut rooms) = (0, BTreeMap::new());
    for line in text.lines() {
        floor += usize::from(line.starts_with("// Floor: "));
        if let Some(room) = line
            .strip_prefix("pub mod ")
            .and_then(|rest| rest.strip_suffix(';'))
        {
            rooms.insert(room.to_owned(), floor);
        }
    }
    rooms
}

/// The rooms that each room's code uses, apart from its tests.
fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in files(&source()) {
        let inner = path.strip_prefix(source()).unwrap().with_extension("");
        let room = inner.iter().next().unwrap().to_str().unwrap().to_owned();
        if ["lib", "main", "second_chance"].contains(&room.as_str())
            || inner.to_str().unwrap().ends_with("tests")
        {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let words = lines.flat_map(|line| line.split("crate::").skip(1));
        let names = words.map(|rest| {
            rest.split(|letter: char| !(letter.is_ascii_lowercase() || letter == '_'))
                .next()
        });
        let others = names
            .flatten()
            .filter(|name| !name.is_empty() && *name != room)
            .map(str::to_owned);
        uses.entry(room.clone()).or_default().extend(others);
    }
    uses
}

#[test]
fn no_room_uses_one_above_it() {
    let floors = floors();
    assert!(
        floors.len() > 30 && floors.values().all(|floor| *floor > 0),
        "{floors:?}"
    );
    for (room, used) in uses() {
        let own = floors
            .get(&room)
            .unwrap_or_else(|| panic!("{room} is on no floor of lib.rs"));
        let above: Vec<&String> = used
            .iter()
            .filter(|other| floors.get(*other).is_none_or(|floor| floor > own))
            .collect();
        assert!(
            above.is_empty(),
            "{room} uses {above:?}, which are above it"
        );
    }
}

#[test]
fn no_circle_is_among_the_rooms() {
    let mut uses = uses();
    // Rooms that use none of those that are left, until none is.
    while let Some(room) = uses
        .iter()
        .find(|(_, used)| used.iter().all(|other| !uses.contains_key(other)))
        .map(|(room, _)| room.clone())
    {
        uses.remove(&room);
    }
    assert!(uses.is_empty(), "a circle is among {:?}", uses.keys());
}

/// Each file of `src`, by the names of its module; tests are left out.
fn modules() -> BTreeMap<Vec<String>, PathBuf> {
    let mut modules = BTreeMap::new();
    for path in files(&source()) {
        let inner = path.strip_prefix(source()).unwrap().with_extension("");
        let mut name: Vec<String> = inner
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        if !is_source || name.last().unwrap().ends_with("tests") {
            continue;
        }
        name.pop_if(|last| last == "mod");
        modules.insert(name, path);
    }
    modules
}

/// The paths that this text begins with: of `a::{b, c::d}` two.
fn paths(text: &str) -> Vec<Vec<String>> {
    if text.starts_with('{') {
        let (mut depth, mut start, mut found) = (0, 1, Vec::new());
        for (at, letter) in text.char_indices() {
            depth += i32::from(letter == '{') - i32::from(letter == '}');
            if depth == 0 || depth == 1 && letter == ',' {
                found.extend(paths(text[start..at].trim_start()));
                start = at + 1;
            }
            if depth == 0 {
                break;
            }
        }
        return found;
    }
    let is_end = |letter: char| !(letter.is_alphanumeric() || letter == '_');
    let (word, rest) = text.split_at(text.find(is_end).unwrap_or(text.len()));
    let rests = rest
        .strip_prefix("::")
        .map_or_else(|| vec![Vec::new()], paths);
    let with_word = |rest| [vec![word.to_owned()], rest].concat();
    rests.into_iter().map(with_word).collect()
}

/// The module where a path of this module's leads.
fn target(
    own: &[String],
    path: &[String],
    modules: &BTreeMap<Vec<String>, PathBuf>,
) -> Vec<String> {
    let mut full = match path[0].as_str() {
        "crate" if own[0] == "second_chance" => vec!["second_chance".to_owned()],
        "crate" | "haproxy_rhi" => Vec::new(),
        "super" => own[..own.len() - 1].to_vec(),
        "self" => own.to_vec(),
        _ => [own, &path[..1]].concat(),
    };
    for name in &path[1..] {
        if name == "super" {
            full.pop();
        } else {
            full.push(name.clone());
        }
    }
    while !full.is_empty() && !modules.contains_key(&full) {
        full.pop();
    }
    full
}

/// The files that each file's code uses.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let modules = modules();
    let shown = |path: &Path| path.strip_prefix(source()).unwrap().display().to_string();
    let mut arrows = BTreeMap::new();
    for (own, path) in &modules {
        let text = fs::read_to_string(path).unwrap();
        let code: Vec<&str> = text
            .split("#[cfg(test)]")
            .next()
            .unwrap()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        let code = code.join("\n");
        let used = code.match_indices("::").filter_map(|(at, _)| {
            let is_end = |letter: char| !(letter.is_alphanumeric() || letter == '_');
            let start = code[..at].rfind(is_end).map_or(0, |end| end + 1);
            let first = &code[start..at];
            let is_child = modules.contains_key(&[&own[..], &[first.to_owned()]].concat());
            let is_root = ["crate", "haproxy_rhi", "super", "self"].contains(&first);
            let is_first = !code[..start].ends_with(':');
            (is_first && (is_child || is_root)).then(|| paths(&code[start..]))
        });
        let targets = used.flatten().map(|path| target(own, &path, &modules));
        let others = targets.filter(|other| other != own && !other.is_empty());
        let others = others.map(|other| shown(&modules[&other])).collect();
        arrows.insert(shown(path), others);
    }
    arrows
}

#[test]
fn no_circle_is_among_the_files() {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = arrows();
    // Files that use none of those that are left, and files that none of those uses, until there is none.
    while let Some(file) = arrows
        .iter()
        .find(|(file, used)| {
            used.iter().all(|other| !arrows.contains_key(other))
                || arrows.values().all(|used| !used.contains(*file))
        })
        .map(|(file, _)| file.clone())
    {
        arrows.remove(&file);
    }
    let left: Vec<String> = arrows
        .iter()
        .flat_map(|(file, used)| used.iter().map(move |other| format!("{file} -> {other}")))
        .filter(|arrow| arrows.contains_key(arrow.split(" -> ").last().unwrap()))
        .collect();
    assert!(left.is_empty(), "a circle is among:\n{}", left.join("\n"));
}

#[test]
fn each_room_says_what_it_is_what_comes_in_and_what_goes_out() {
    for room in floors().keys() {
        let places = [format!("{room}.rs"), format!("{room}/mod.rs")];
        let text = places
            .iter()
            .find_map(|place| fs::read_to_string(source().join(place)).ok())
            .unwrap();
        let mut lines = text.lines();
        for begins in ["", "In come", "Out "] {
            let line = lines.next().unwrap();
            let is_so = line
                .strip_prefix("//! ")
                .is_some_and(|line| line.starts_with(begins) && line.ends_with('.'));
            assert!(is_so, "{room}: after 'what it is', {begins:?}: {line:?}");
        }
    }
}
