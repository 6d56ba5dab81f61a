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
    self, DampingFile, DrainFile, File, HaproxyFile, HookFile, LastStandingFile, LevelFile,
    ServiceFile, SiblingsFile, TakeoverFile, UnknownFile,
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
    let children = parent
        .get_subcommands()
        .filter(|child| child.get_name() != "help");
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
    for (name, program) in [
        ("haproxy-rhi.8", Cli::command()),
        ("haproxy-rhi-second-chance.8", second_chance::Cli::command()),
    ] {
        let missing = missing(&page(name), &program);
        assert!(
            missing.is_empty(),
            "man/{name}.md does not tell of: {missing:?}"
        );
    }
}

/// Commands and flags of a program that its page does not tell of.
fn missing(page: &str, program: &Command) -> Vec<String> {
    let names = |heading: &str, words: &str| heading.split(", ").any(|name| name == words);
    // What check takes from run it says in one sentence.
    let of_run = section(page, |heading| names(heading, "run"))
        .unwrap_or_default()
        .to_owned();
    let mut missing = Vec::new();
    for (words, command) in commands(program, "") {
        let Some(text) = section(page, |heading| names(heading, &words)) else {
            missing.push(words);
            continue;
        };
        let shown = command.get_arguments().filter(|flag| !flag.is_hide_set());
        for flag in shown.filter_map(clap::Arg::get_long) {
            let is_in = |text: &str| text.contains(&format!("**--{flag}**"));
            let told = is_in(text)
                || words == "check" && is_in(&of_run)
                || ["help", "version"].contains(&flag);
            if !told {
                missing.push(format!("{words} --{flag}"));
            }
        }
    }
    missing
}

/// The keys that serde knows, as it names them to who writes another.
fn keys<T: DeserializeOwned>() -> Vec<String> {
    let refusal = serde_json::from_str::<T>(r#"{"?": 0}"#)
        .err()
        .unwrap()
        .to_string();
    let (_, known) = refusal.split_once("expected ").unwrap();
    let keys: Vec<String> = known
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert!(!keys.is_empty(), "{refusal}");
    keys
}

/// Every object of the file: the manual's heading, its place in the schema, and its keys.
fn objects() -> Vec<(&'static str, &'static str, Vec<String>)> {
    vec![
        ("THE FILE", "", keys::<File>()),
        ("HAPROXY", "/$defs/haproxy", keys::<HaproxyFile>()),
        ("SERVICES", "/$defs/service", keys::<ServiceFile>()),
        ("LEVELS", "/$defs/level", keys::<LevelFile>()),
        ("CONDITIONS", "/$defs/condition", keys::<Condition>()),
        (
            "CONDITIONS",
            "/$defs/condition/properties/backend",
            keys::<BackendRule>(),
        ),
        (
            "CONDITIONS",
            "/$defs/condition/properties/frontend",
            keys::<FrontendRule>(),
        ),
        (
            "CONDITIONS",
            "/$defs/condition/properties/http",
            keys::<HttpProbe>(),
        ),
        (
            "CONDITIONS",
            "/$defs/condition/properties/tcp",
            keys::<TcpProbe>(),
        ),
        (
            "CONDITIONS",
            "/$defs/condition/properties/file",
            keys::<FileProbe>(),
        ),
        (
            "CONDITIONS",
            "/$defs/condition/properties/command",
            keys::<CommandProbe>(),
        ),
        (
            "CONDITIONS",
            "/$defs/condition/properties/at_least",
            keys::<AtLeast>(),
        ),
        ("UNKNOWN", "/$defs/unknown", keys::<UnknownFile>()),
        ("DAMPING", "/$defs/damping", keys::<DampingFile>()),
        ("SIBLINGS", "/$defs/siblings", keys::<SiblingsFile>()),
        (
            "SIBLINGS",
            "/$defs/siblings/properties/last_standing",
            keys::<LastStandingFile>(),
        ),
        (
            "SIBLINGS",
            "/$defs/siblings/properties/takeover",
            keys::<TakeoverFile>(),
        ),
        ("DRAIN", "/$defs/drain", keys::<DrainFile>()),
        ("HOOKS", "/$defs/hook", keys::<HookFile>()),
    ]
}

#[test]
fn every_key_is_in_the_schema_and_every_key_of_the_schema_is_one() {
    let schema: serde_json::Value = serde_json::from_str(config::SCHEMA).unwrap();
    let mut known = 0;
    for (_, place, mut keys) in objects() {
        let object = schema.pointer(place).unwrap();
        let mut listed: Vec<String> = object["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        keys.sort();
        listed.sort();
        assert_eq!(keys, listed, "{place}");
        assert_eq!(object["additionalProperties"], false, "{place}");
        known += 1;
    }
    assert_eq!(
        known,
        count_objects(&schema),
        "an object of the schema is none of the parser's"
    );
}

/// Objects with keys of their own.
fn count_objects(value: &serde_json::Value) -> usize {
    let inner = match value {
        serde_json::Value::Object(map) => map.values().map(count_objects).sum(),
        serde_json::Value::Array(list) => list.iter().map(count_objects).sum(),
        _ => 0,
    };
    inner + usize::from(value["type"] == "object" && value["properties"].is_object())
}

#[test]
fn the_schema_has_the_manuals_defaults() {
    let page = page("haproxy-rhi-config.5");
    let schema: serde_json::Value = serde_json::from_str(config::SCHEMA).unwrap();
    for (heading, place, keys) in objects() {
        let text = section(&page, |found| found == heading).unwrap();
        for key in keys {
            let Some(default) = schema.pointer(&format!("{place}/properties/{key}/default")) else {
                continue;
            };
            let (shown, bare) = (default.to_string(), default.to_string().replace('"', ""));
            let is_said = |said: &str| {
                let said = said
                    .split("\n\n")
                    .next()
                    .and_then(|said| said.split("\n    - ").next())
                    .unwrap_or(said);
                ["Default: ", "default: ", "default "].iter().any(|word| {
                    said.contains(&format!("{word}{shown}"))
                        || said.contains(&format!("{word}{bare}"))
                })
            };
            let is_in = text.split(&format!("**{key}**")).skip(1).any(is_said);
            // Said of several at once.
            let elsewhere = ["rise", "fall", "hold", "then", "tls_verify"].contains(&key.as_str());
            assert!(is_in || elsewhere, "{heading}: {key} {shown}");
        }
    }
}

#[test]
fn every_key_is_in_the_manual() {
    let page = page("haproxy-rhi-config.5");
    let attributes = section(&page, |heading| heading == "ATTRIBUTES").unwrap();
    let mut missing = Vec::new();
    for (heading, _, keys) in objects() {
        let text = section(&page, |found| found == heading).unwrap();
        for key in keys {
            let is_in = |text: &str| text.contains(&format!("**{key}**"));
            if !is_in(text) && !is_in(attributes) {
                missing.push(format!("{heading}: {key}"));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "man/haproxy-rhi-config.5.md does not tell of: {missing:?}"
    );
}

#[test]
fn the_manuals_example_can_be_used() {
    let page = page("haproxy-rhi-config.5");
    let block: Vec<&str> = page
        .lines()
        .skip_while(|line| *line != "    {")
        .take_while(|line| !line.is_empty())
        .collect();
    let config = config::parse(&block.join("\n")).unwrap();
    assert_eq!(config.services.len(), 1);
}

/// What HAProxy calls the ends of a check (its `check_statuses`, 2.0 to 3.2): an operator finds them in the log.
const CHECK_WORDS: [&str; 19] = [
    "UNK", "INI", "CHECKED", "HANA", "SOCKERR", "L4OK", "L4TOUT", "L4CON", "L6OK", "L6TOUT",
    "L6RSP", "L7OK", "L7OKC", "L7TOUT", "L7RSP", "L7STS", "PROCERR", "PROCTOUT", "PROCOK",
];

#[test]
fn every_word_of_a_check_is_explained() {
    let page = page("haproxy-rhi-faults.7");
    let text = section(&page, |heading| heading == "CHECK WORDS").unwrap();
    let words: Vec<&str> = text
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .collect();
    let missing: Vec<&&str> = CHECK_WORDS
        .iter()
        .filter(|word| !words.contains(*word))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The width of a terminal.
const WIDTH: usize = 80;
/// What is taken over as it stands, such as a line of haproxy.cfg, cannot be folded; so far it may go.
const OF_A_BLOCK: usize = 120;

/// A page as a terminal shows it, made as the package makes it; and what groff complains of.
fn rendered(page: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page");
    let script = r#".ci/manual "$1" >"$2" && man --warnings -P cat -l "$2""#;
    let ended = std::process::Command::new("sh")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["-c", script, "sh", &format!("man/{page}.md")])
        .arg(&path)
        .envs([
            ("MANWIDTH", "80"),
            ("LC_ALL", "C.UTF-8"),
            ("MAN_KEEP_FORMATTING", ""),
        ])
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        ended.status.success(),
        "go-md2man and man are needed (tests/prepare): {complaints}"
    );
    // Of which groff 1.23 complains, and 1.22 does not.
    assert!(
        !std::fs::read_to_string(path).unwrap().contains(r"\fC"),
        "{page}: font C, which no terminal has"
    );
    (String::from_utf8(ended.stdout).unwrap(), complaints)
}

#[test]
fn each_page_fits_80_columns() {
    let mut pages = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/man")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".md") else {
            continue;
        };
        let (text, complaints) = rendered(name);
        assert!(!complaints.contains("wider than"), "{name}: {complaints}");
        assert!(text.lines().count() > 30, "{name}: {text}");
        let source = page(name);
        let blocks: Vec<&str> = source
            .lines()
            .filter_map(|line| line.strip_prefix("    "))
            .map(str::trim)
            .collect();
        for line in text.lines() {
            let allowed = if blocks.contains(&line.trim()) {
                OF_A_BLOCK
            } else {
                WIDTH
            };
            assert!(
                line.chars().count() <= allowed,
                "{name}: {} columns: {line}",
                line.chars().count()
            );
        }
        pages += 1;
    }
    assert!(pages > 5);
}

#[test]
fn the_readme_is_read_in_one_go() {
    let lines = include_str!("../README.md").lines().count();
    assert!(lines <= 300, "README.md has {lines} lines");
}
