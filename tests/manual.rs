//! The manual pages say everything: each command, each flag and each key, by the program's own lists of them.

#![cfg(test)]

#[path = "../src/second_chance/args.rs"]
mod second_chance;

use clap::{Command, CommandFactory};
use haproxy_rhi::cli::Cli;
use haproxy_rhi::condition::{
    AtLeast, BackendRule, CommandProbe, Condition, FileProbe, FrontendRule, HttpProbe, TcpProbe,
};
use haproxy_rhi::config::{
    self, DampingFile, DrainFile, File, HaproxyFile, HookFile, LastStandingFile, LevelFile, ServiceFile,
    SiblingsFile, UnknownFile,
};
use serde::de::DeserializeOwned;

fn page(name: &str) -> String {
    std::fs::read_to_string(format!("{}/man/{name}.md", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The text under the first heading that `is_it`, up to the next heading of any level.
fn section(page: &str, is_it: impl Fn(&str) -> bool) -> Option<&str> {
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("\n##") {
        let (heading, body) = after.split_once('\n')?;
        if is_it(heading.trim_start_matches('#').trim()) {
            return Some(body.split("\n##").next().unwrap_or(body));
        }
        rest = after;
    }
    None
}

/// Every command that does something, by its words: `server list`.
fn commands(parent: &Command, words: &str) -> Vec<(String, Command)> {
    let children = parent.get_subcommands().filter(|child| child.get_name() != "help");
    children
        .flat_map(|child| {
            let words = format!("{words} {}", child.get_name()).trim().to_owned();
            match child.has_subcommands() {
                true => commands(child, &words),
                false => vec![(words, child.clone())],
            }
        })
        .collect()
}

#[test]
fn every_command_and_every_flag_is_in_the_manual() {
    for (name, program) in
        [("haproxy-rhi.8", Cli::command()), ("haproxy-rhi-second-chance.8", second_chance::Cli::command())]
    {
        let missing = missing(&page(name), &program);
        assert!(missing.is_empty(), "man/{name}.md does not tell of: {missing:?}");
    }
}

/// Commands and flags of a program that its page does not tell of.
fn missing(page: &str, program: &Command) -> Vec<String> {
    let names = |heading: &str, words: &str| heading.split(", ").any(|name| name == words);
    // What check takes from run it says in one sentence.
    let of_run = section(page, |heading| names(heading, "run")).unwrap_or_default().to_owned();
    let mut missing = Vec::new();
    for (words, command) in commands(program, "") {
        let Some(text) = section(page, |heading| names(heading, &words)) else {
            missing.push(words);
            continue;
        };
        for flag in command.get_arguments().filter_map(clap::Arg::get_long) {
            let is_in = |text: &str| text.contains(&format!("**--{flag}**"));
            let told =
                is_in(text) || words == "check" && is_in(&of_run) || ["help", "version"].contains(&flag);
            if !told {
                missing.push(format!("{words} --{flag}"));
            }
        }
    }
    missing
}

/// The keys that serde knows, as it names them to who writes another.
fn keys<T: DeserializeOwned>() -> Vec<String> {
    let refusal = serde_json::from_str::<T>(r#"{"?": 0}"#).err().unwrap().to_string();
    let (_, known) = refusal.split_once("expected ").unwrap();
    let keys: Vec<String> = known.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(!keys.is_empty(), "{refusal}");
    keys
}

#[test]
fn every_key_is_in_the_manual() {
    let page = page("haproxy-rhi-config.5");
    let attributes = section(&page, |heading| heading == "ATTRIBUTES").unwrap();
    let mut missing = Vec::new();
    for (heading, keys) in [
        ("THE FILE", keys::<File>()),
        ("HAPROXY", keys::<HaproxyFile>()),
        ("SERVICES", keys::<ServiceFile>()),
        ("LEVELS", keys::<LevelFile>()),
        ("CONDITIONS", keys::<Condition>()),
        ("CONDITIONS", keys::<BackendRule>()),
        ("CONDITIONS", keys::<FrontendRule>()),
        ("CONDITIONS", keys::<HttpProbe>()),
        ("CONDITIONS", keys::<TcpProbe>()),
        ("CONDITIONS", keys::<FileProbe>()),
        ("CONDITIONS", keys::<CommandProbe>()),
        ("CONDITIONS", keys::<AtLeast>()),
        ("UNKNOWN", keys::<UnknownFile>()),
        ("DAMPING", keys::<DampingFile>()),
        ("SIBLINGS", keys::<SiblingsFile>()),
        ("SIBLINGS", keys::<LastStandingFile>()),
        ("DRAIN", keys::<DrainFile>()),
        ("HOOKS", keys::<HookFile>()),
    ] {
        let text = section(&page, |found| found == heading).unwrap();
        for key in keys {
            let is_in = |text: &str| text.contains(&format!("**{key}**"));
            if !is_in(text) && !is_in(attributes) {
                missing.push(format!("{heading}: {key}"));
            }
        }
    }
    assert!(missing.is_empty(), "man/haproxy-rhi-config.5.md does not tell of: {missing:?}");
}

#[test]
fn the_manuals_example_can_be_used() {
    let page = page("haproxy-rhi-config.5");
    let block: Vec<&str> =
        page.lines().skip_while(|line| *line != "    {").take_while(|line| !line.is_empty()).collect();
    let config = config::parse(&block.join("\n")).unwrap();
    assert_eq!(config.services.len(), 1);
}

/// What HAProxy calls the ends of a check (its `check_statuses`, 2.0 to 3.2): an operator finds them in the log.
const CHECK_WORDS: [&str; 19] = [
    "UNK", "INI", "CHECKED", "HANA", "SOCKERR", "L4OK", "L4TOUT", "L4CON", "L6OK", "L6TOUT", "L6RSP", "L7OK",
    "L7OKC", "L7TOUT", "L7RSP", "L7STS", "PROCERR", "PROCTOUT", "PROCOK",
];

#[test]
fn every_word_of_a_check_is_explained() {
    let page = page("haproxy-rhi-faults.7");
    let text = section(&page, |heading| heading == "CHECK WORDS").unwrap();
    let words: Vec<&str> = text.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    let missing: Vec<&&str> = CHECK_WORDS.iter().filter(|word| !words.contains(*word)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
