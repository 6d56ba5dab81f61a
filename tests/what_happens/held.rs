//! A table of a document, and the tests that hold each of its rows.

use std::collections::BTreeSet;
use std::path::Path;

/// A row's first cell, and its tests: the file without its ending, below `tests` or from `src` on, and the name.
pub type Row = (&'static str, &'static [&'static str]);

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the first table under a heading, cell by cell. Where there is no table, a term is a row, with what it can
/// and what it cannot.
pub fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let text = read(document);
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap_or(section);
    if !section.contains("\n|") {
        return terms(section);
    }
    let table = section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .skip(2);
    let rows = table.take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    })
    .collect()
}

/// `**term**`, and after `: Can:` and `Cannot:` what each can and cannot.
fn terms(section: &str) -> Vec<Vec<String>> {
    let paragraphs = section
        .split("\n\n")
        .filter_map(|paragraph| paragraph.trim().split_once("\n: Can: "));
    let row = |(term, said): (&str, &str)| {
        let (can, cannot) = said.split_once("Cannot:").unwrap_or((said, ""));
        [term.trim_matches('*'), can, cannot]
            .map(|text| text.trim().to_owned())
            .to_vec()
    };
    paragraphs.map(row).collect()
}

/// The table has these rows and no others.
pub fn each_row_has_its_tests(document: &str, heading: &str, entries: &[Row]) {
    let rows: Vec<String> = rows(document, heading)
        .into_iter()
        .map(|mut row| row.remove(0))
        .collect();
    let (told, held): (BTreeSet<String>, BTreeSet<String>) = (
        rows.iter().cloned().collect(),
        entries.iter().map(|(row, _)| (*row).to_owned()).collect(),
    );
    let without_tests: Vec<&String> = told.difference(&held).collect();
    assert!(
        without_tests.is_empty(),
        "rows of {document} without an entry here: {without_tests:#?}"
    );
    let without_row: Vec<&String> = held.difference(&told).collect();
    assert!(
        without_row.is_empty(),
        "entries without a row in {document}: {without_row:#?}"
    );
    assert_eq!(
        (rows.len(), entries.len()),
        (told.len(), told.len()),
        "a row or an entry is there twice"
    );
}

/// Whether the file has this test: a scenario, a story in a list of stories, or a function with the attribute.
fn has_test(file: &str, name: &str) -> bool {
    let lines: Vec<&str> = file.lines().map(str::trim).collect();
    let is_function = |line: &str| {
        line.split_once("fn ")
            .is_some_and(|(_, rest)| rest.split(['(', '<']).next() == Some(name))
    };
    let is_listed = |item: String| lines.contains(&item.as_str());
    let is_attributed = || {
        lines
            .windows(2)
            .any(|pair| pair[0] == "#[test]" && is_function(pair[1]))
    };
    let is_scenario = || {
        let items = file.split("\nscenario!(").skip(1);
        let mut names = items.filter_map(|item| Some(item.split_once(')')?.0.trim()));
        names.any(|known| known == name)
    };
    is_scenario()
        || lines.iter().any(|line| is_function(line))
            && (is_listed(format!("{name},")) || is_attributed())
}

/// Each entry names a test at least, and each of those is there.
pub fn each_named_test_is_there(entries: &[Row]) {
    let mut missing = Vec::new();
    for (row, tests) in entries {
        assert!(!tests.is_empty(), "{row}: no test");
        for test in *tests {
            let (file, name) = test.split_once("::").unwrap();
            let folder = if file.starts_with("src/") {
                ""
            } else {
                "tests/"
            };
            if !has_test(&read(&format!("{folder}{file}.rs")), name) {
                missing.push(format!("{row}: {test}"));
            }
        }
    }
    assert!(missing.is_empty(), "tests that are not there: {missing:#?}");
}
