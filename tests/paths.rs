//! Every path that the program writes, and what may lie there instead: a table. It takes root, for devices, other owners
//! and file systems of its own.

#![cfg(test)]
#[path = "paths/place.rs"]
mod place;

use std::fs;
use std::time::{Duration, Instant};

use place::{OBSTACLES, PLACES, Running, cell};

/// What becomes of it. Completions are printed and have no path; the second chance's files are in its own tests. `written`: a file of ours is there afterwards. `left`: what was there is there still, and the log or
/// the command names the path. `made`: the folder was missing, and is there now with the file. What a link leads to is
/// never written, and nothing hangs or ends for it: [`cell`] holds that for each of them. On a full disk a record is there, and
/// empty.
const TABLE: &str = "
            status   metrics  ledger   drain    units    events   record   init     picture
nothing     written  written  written  written  written  written  written  written  written
link        left     left     left     written  written  left     left     left     left
dangling    left     left     left     written  written  left     left     left     left
fifo        left     left     left     written  written  left     left     left     left
device      left     left     left     written  written  left     left     left     left
directory   left     left     left     left     left     left     left     left     left
stranger    written  written  written  written  written  left     left     left     left
full        left     left     left     left     left     written  written  left     left
read-only   left     left     left     left     left     left     left     left     left
gone        left     left     left     made     made     left     left     made     left
";

#[test]
fn each_path_is_written_or_what_lies_there_is_left_and_named() {
    // A unit's drain is for whoever runs.
    let temporary = tempfile::tempdir().unwrap();
    let _running = Running::start(temporary.path());
    let mut table = format!("\n{:12}", "");
    table.push_str(&row(PLACES.iter().map(|place| place.name.to_owned())));
    for obstacle in OBSTACLES {
        let cells = PLACES.iter().map(|place| cell(place, obstacle));
        table.push_str(&format!("\n{:12}{}", obstacle.name, row(cells)));
    }
    table.push('\n');
    assert!(table == TABLE, "expected:{TABLE}came:{table}");
}

fn row(cells: impl Iterator<Item = String>) -> String {
    cells
        .map(|cell| format!("{cell:9}"))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// `validate --live` says of the metrics what the process that runs would say, and leaves the folder as it was.
#[test]
fn what_is_tried_of_a_path_is_what_becomes_of_it_and_leaves_nothing() {
    let metrics = PLACES.iter().find(|place| place.name == "metrics").unwrap();
    for obstacle in OBSTACLES {
        let written = place::is_said_to_be_written(metrics, obstacle);
        let row = TABLE
            .lines()
            .find(|row| row.starts_with(&format!("{:12}", obstacle.name)))
            .unwrap();
        let becomes = row.split_ascii_whitespace().nth(2).unwrap();
        assert_eq!(written, becomes == "written", "{}", obstacle.name);
    }
}

/// What watches them is left with the old file, or none, until the folder is back.
#[test]
fn a_folder_that_goes_meanwhile_is_named_and_written_to_when_it_is_back() {
    let temporary = tempfile::tempdir().unwrap();
    let (place, log) = (temporary.path().join("place"), temporary.path().join("log"));
    let files = [place.join("status.json"), place.join("rhi.prom")];
    fs::create_dir(&place).unwrap();
    let mut running = Running::with(temporary.path(), &files, fs::File::create(&log).unwrap());
    eventually("both are written", || {
        files.iter().all(|file| file.is_file())
    });
    fs::remove_dir_all(&place).unwrap();
    let named = |text: &str| text.contains("status.json") && text.contains("rhi.prom");
    eventually("both are named", || {
        named(&fs::read_to_string(&log).unwrap())
    });
    fs::create_dir(&place).unwrap();
    eventually("both are written again", || {
        files.iter().all(|file| file.is_file())
    });
    assert!(running.goes_on(), "{}", fs::read_to_string(&log).unwrap());
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
