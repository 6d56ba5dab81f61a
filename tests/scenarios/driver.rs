//! Tells a story to the program that decides, the very struct that the daemon drives, and compares what it answers with
//! what the story expects. Nothing sleeps: the time is the story's.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::document::{Document, Said, Step};
use super::event::Event;
use super::world::World;

/// The end of a story after what happens last, unless it says otherwise.
const AFTERMATH: u64 = 1000;

/// Runs the story and compares, or with `UPDATE_SCENARIOS=1` rewrites, what came of it.
pub fn run(path: &Path) {
    let shown = path
        .strip_prefix(env!("CARGO_MANIFEST_DIR"))
        .unwrap_or(path)
        .display()
        .to_string();
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{shown}: {error}"));
    if std::env::var_os("UPDATE_SCENARIOS").is_none() {
        return check(&text, &shown).unwrap_or_else(|fault| panic!("{fault}"));
    }
    let (_, _, came) = outcome(&text, &shown).unwrap_or_else(|fault| panic!("{fault}"));
    if came != text {
        fs::write(path, came).unwrap();
    }
}

/// Whether the story comes as the text says; otherwise where it does not.
pub fn check(text: &str, shown: &str) -> Result<(), String> {
    let (document, said, came) = outcome(text, shown)?;
    let differences = differences(&document.expected, &said);
    if !differences.is_empty() {
        return Err(format!(
            "{shown}\n{differences}(UPDATE_SCENARIOS=1 rewrites what is expected)"
        ));
    }
    let mut pairs = text
        .lines()
        .chain([""])
        .zip(came.lines().chain([""]))
        .enumerate();
    match pairs.find(|(_, (is, should))| is != should) {
        Some((line, (_, should))) => Err(format!(
            "{shown}:{}: expected '{should}' (UPDATE_SCENARIOS=1 writes it so)",
            line + 1
        )),
        None if came != text => Err(format!(
            "{shown}: its last lines differ (UPDATE_SCENARIOS=1 writes them)"
        )),
        None => Ok(()),
    }
}

/// The story, what came of it, and its text with that expected.
fn outcome(text: &str, shown: &str) -> Result<(Document, Said, String), String> {
    let told = Document::read(text).and_then(|document| Ok((tell(&document)?, document)));
    let (said, document) = told.map_err(|(line, what)| format!("{shown}:{line}: {what}"))?;
    let came = document.with(&said);
    Ok((document, said, came))
}

fn differences(expected: &Said, came: &Said) -> String {
    let times: BTreeSet<&u64> = expected.keys().chain(came.keys()).collect();
    let mut text = String::new();
    for at in times {
        let lines = |said: &Said| {
            said.get(at)
                .map_or("(nothing)".to_owned(), |lines| lines.join("\n"))
        };
        let (expected, came) = (lines(expected), lines(came));
        if expected != came {
            text.push_str(&format!(
                "--- {at} ms, expected:\n{expected}\n+++ {at} ms, came:\n{came}\n"
            ));
        }
    }
    text
}

fn tell(document: &Document) -> Result<Said, (usize, String)> {
    let (steps, (line, config)) = (&document.steps, &document.config);
    let looks_are_ordered = steps
        .iter()
        .any(|step| matches!(step.event, Event::Lives(_)));
    let mut world = World::new(config, looks_are_ordered).map_err(|what| (*line, what))?;
    let happen = |world: &mut World, step: &Step| {
        world.happen(&step.event).map_err(|what| (step.line, what))
    };
    // How the world is that the program begins in.
    let begins =
        |step: &&Step| step.at == 0 && matches!(step.event, Event::Answers(_) | Event::Refused(_));
    steps
        .iter()
        .filter(begins)
        .try_for_each(|step| happen(&mut world, step))?;
    world.begin();
    for together in steps.chunk_by(|one, next| one.at == next.at) {
        world.pass_time_to(
            together
                .iter()
                .map(|step| step.at)
                .max()
                .unwrap_or_default(),
        );
        together
            .iter()
            .try_for_each(|step| happen(&mut world, step))?;
        world.take_what_happened();
    }
    if let Some(last) = steps.last() {
        world.pass_time_to(
            last.at
                + if matches!(last.event, Event::End) {
                    0
                } else {
                    AFTERMATH
                },
        );
    }
    Ok(world.said())
}
