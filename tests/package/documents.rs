//! What documents name: each path is on a machine that has done what they say, and each command runs there as it is
//! written. What is not so is listed here with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Machine, eventually};

use crate::site::PATIENCE;

/// What a machine has of the documents: README, the manuals, and what the installed files say above their lines.
const DOCUMENTS: [&str; 21] = [
    "README.md",
    "man/haproxy-rhi.8.md",
    "man/haproxy-rhi-config.5.md",
    "man/haproxy-rhi-faults.7.md",
    "man/haproxy-rhi-azure.7.md",
    "man/haproxy-rhi-clouds.7.md",
    "man/haproxy-rhi-security.7.md",
    "man/haproxy-rhi-second-chance.8.md",
    "systemd/exabgp.service.d/haproxy-rhi.conf",
    "systemd/exabgp.service.d/haproxy-rhi-hardening.conf",
    "systemd/haproxy.service.d/haproxy-rhi.conf",
    "systemd/anycast-address@.service",
    "systemd/haproxy-rhi-verify.service",
    "systemd/haproxy-rhi-verify.timer",
    "systemd/second-chance/second-chance.conf",
    "systemd/second-chance/haproxy-rhi-second-chance.service",
    "systemd/second-chance/haproxy-rhi-second-chance-heartbeat.service",
    "systemd/prometheus/haproxy-rhi.rules.yml",
    "exabgp/north-europe/exabgp.conf",
    "haproxy/north-europe.cfg",
    "systemd/haproxy-rhi.tmpfiles.conf",
];

const SITES: &str = "an example of what is a site's own";
const EXPORTER: &str = "package prometheus-node-exporter has the folder";
/// Paths that are not there, and why.
const NO_PATHS: [(&str, &str); 14] = [
    ("/run/haproxy-rhi-verify/verify.prom", AZURE),
    (
        "/var/log/cloud-init-output.log",
        "only cloud-init writes it",
    ),
    ("/var/log/haproxy-rhi/record.jsonl", SITES),
    ("/var/log/haproxy-rhi/record.jsonl.1", SITES),
    ("/etc/haproxy-rhi/ca.pem", SITES),
    ("/etc/haproxy-rhi/off", SITES),
    ("/etc/haproxy-rhi/password", SITES),
    ("/usr/local/bin/check", SITES),
    ("/usr/local/bin/notify", SITES),
    ("/var/lib/haproxy/rhi/events.sock", SITES),
    (
        "/etc/haproxy/conf.d/haproxy-rhi.cfg",
        "only 'init --add' writes it",
    ),
    (
        "/etc/systemd/system/haproxy.service.d/haproxy-rhi.conf",
        "a site's own takes the place of the package's",
    ),
    ("/var/lib/prometheus/node-exporter", EXPORTER),
    (
        "/var/lib/prometheus/node-exporter/haproxy-rhi.prom",
        EXPORTER,
    ),
];
/// The same, which the story makes (the hardening example), or which have a name of a process in them.
const BEGINNINGS: [&str; 2] = [
    "/etc/systemd/system/exabgp.service.d",
    "/run/exabgp/haproxy-rhi",
];

const AZURE: &str = "needs Azure";
const FAR: &str = "is about the other region";
const OTHER_NVA: &str = "is about two NVAs of a region, of which the lab's machine is none: tests/regions has their story";
const CURL: &str = "a small Debian has no curl; the lab's client asks in its place";
const TOLD: &str = "another story does it";
const DESTROYS: &str = "takes the machine, or what the next command needs, away";
/// Commands that are not run, by their beginning, and why.
const NO_COMMANDS: [(&str, &str); 31] = [
    ("az ", AZURE),
    ("haproxy-rhi verify ne=", AZURE),
    ("haproxy-rhi verify ne1=", AZURE),
    ("haproxy-rhi verify own=", AZURE),
    ("haproxy-rhi verify --azure", AZURE),
    ("haproxy-rhi init --region 'West Europe'", FAR),
    (
        "haproxy-rhi init --region 'North Europe' --prefix 9.9.9.9/32 --address 172.16.156.70 --same-region",
        OTHER_NVA,
    ),
    (
        "haproxy-rhi init --region 'North Europe' --prefix 9.9.9.9/32 --address 172.16.156.71",
        OTHER_NVA,
    ),
    (
        "haproxy-rhi validate --platform azure --sibling-config ne2/",
        OTHER_NVA,
    ),
    ("haproxy-rhi rehearse ne1=", OTHER_NVA),
    (
        "haproxy-rhi replay /var/log/haproxy-rhi/record.jsonl",
        "nothing is recorded here: tests/regions has a day of faults",
    ),
    ("haproxy-rhi status --region", FAR),
    ("for nva in ", FAR),
    ("haproxy-rhi rehearse north=", FAR),
    ("curl ", CURL),
    (
        "apt install ",
        "the package is installed before the story begins",
    ),
    ("apt upgrade && reboot", TOLD),
    ("systemctl edit exabgp", "asks at a terminal"),
    ("systemctl revert exabgp", "nothing was edited here"),
    (
        "haproxy-rhi init --output-dir / --force",
        "asks at a terminal: the quick start's test has answered",
    ),
    (
        "haproxy-rhi-second-chance check",
        "the other NVA of the lab has none, and so it says no",
    ),
    ("systemctl stop", DESTROYS),
    ("systemctl restart", TOLD),
    ("systemctl kill ", TOLD),
    ("systemctl reload exabgp", TOLD),
    ("adduser NAME ", "NAME is a person's"),
    (
        "adduser exabgp haproxy",
        "only where HAProxy has no socket of haproxy-rhi's",
    ),
    ("ip address add ", "the unit does it"),
    ("haproxy -S", "is named as an option"),
    ("ln -s ", EXPORTER),
    (
        "nft list",
        "has its rest elsewhere in the sentence, or its test in tests/second_chance",
    ),
];

/// First words of commands.
const PROGRAMS: [&str; 21] = [
    "adduser",
    "apt",
    "az",
    "cp",
    "curl",
    "for",
    "haproxy",
    "haproxy-rhi",
    "haproxy-rhi-second-chance",
    "install",
    "ip",
    "journalctl",
    "ln",
    "ls",
    "mkdir",
    "nft",
    "runuser",
    "systemctl",
    "systemd-analyze",
    "usermod",
    "while",
];

fn text(document: &str) -> Result<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document))
        .with_context(|| document.to_owned())
}

/// Every path from the root that a text names, and those of the examples.
fn paths(text: &str) -> BTreeSet<String> {
    let is_in_path = |letter: char| letter.is_ascii_alphanumeric() || "/._-@".contains(letter);
    text.split(|letter| !is_in_path(letter))
        .map(|word| word.trim_end_matches(['.', '/']))
        .filter_map(|word| match word.strip_prefix("examples/") {
            Some(rest) => Some(format!("/usr/share/doc/haproxy-rhi/examples/{rest}")),
            None => ["/etc/", "/usr/", "/run/", "/var/"]
                .iter()
                .any(|top| word.starts_with(top))
                .then(|| word.to_owned()),
        })
        .collect()
}

/// Every path is there, and each that is listed is not.
pub fn paths_are_there(machine: &Machine) -> Result<()> {
    let mut named: BTreeMap<String, &str> = BTreeMap::new();
    for document in DOCUMENTS {
        named.extend(
            paths(&text(document)?)
                .into_iter()
                .map(|path| (path, document)),
        );
    }
    ensure!(named.len() > 40, "{named:?}");
    let is_there = |path: &str| {
        Ok::<bool, anyhow::Error>(machine.sh_as("root", &format!("test -e {path}"))?.0 == Some(0))
    };
    for (path, document) in &named {
        let listed = NO_PATHS.iter().any(|(name, _)| name == path);
        if !listed
            && !BEGINNINGS
                .iter()
                .any(|beginning| path.starts_with(beginning))
        {
            // What a service keeps is there a few seconds after its start.
            eventually(PATIENCE, &format!("{path}, which {document} names"), || {
                ensure!(is_there(path)?, "it is not there");
                Ok(())
            })?;
        }
    }
    for (path, why) in NO_PATHS {
        ensure!(
            named.contains_key(path),
            "no document names {path} any more"
        );
        ensure!(!is_there(path)?, "{path} is there ({why})");
    }
    Ok(())
}

/// The lines of commands: blocks that are set apart, a line's end that is escaped goes on, and a comment ends it.
fn blocks(document: &str, text: &str) -> Vec<String> {
    let text = text.replace("\\\n#", " ").replace("\\\n", " ");
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        let line = match document {
            "README.md" if fenced => line,
            "README.md" => continue,
            _ => match line
                .strip_prefix("    ")
                .or_else(|| line.strip_prefix("#     "))
            {
                Some(line) => line,
                None => continue,
            },
        };
        let line = line
            .split("  #")
            .next()
            .unwrap_or(line)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        found.extend(is_command(&line).then_some(line));
    }
    found
}

fn is_command(line: &str) -> bool {
    line.split_once(' ')
        .is_some_and(|(first, _)| PROGRAMS.contains(&first))
}

/// Commands within sentences: whatever stands in backquotes, or in one or two asterisks.
fn spans(text: &str) -> BTreeSet<String> {
    let prose: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("    "))
        .collect();
    let prose = prose.join(" ").replace("**", "*");
    let is_set_apart = |piece: &&str| !piece.starts_with(' ') && !piece.ends_with(' ');
    let pieces = prose.split(['`', '*']).filter(is_set_apart);
    let pieces = pieces.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "));
    // One that has another form in it, or goes on after an escaped asterisk, is none to be typed.
    let is_whole = |span: &String| !span.contains(['|', '…', '\\', '[']) && span.len() < 200;
    pieces
        .filter(|span| is_command(span) && is_whole(span))
        .collect()
}

fn is_left_out(command: &str) -> bool {
    NO_COMMANDS
        .iter()
        .any(|(beginning, _)| command.starts_with(beginning))
}

/// Each command of a block runs, once.
pub fn blocks_run(machine: &Machine) -> Result<()> {
    let mut done = BTreeSet::new();
    for document in DOCUMENTS {
        for command in blocks(document, &text(document)?) {
            if !is_left_out(&command) && done.insert(command.clone()) {
                runs(machine, &command).with_context(|| format!("{document}: {command}"))?;
            }
        }
    }
    ensure!(done.len() >= 10, "{done:?}");
    Ok(())
}

/// What looks may have to wait until HAProxy has checked its servers.
pub fn runs(machine: &Machine, command: &str) -> Result<()> {
    if ["haproxy-rhi check", "--live"]
        .iter()
        .any(|look| command.contains(look))
    {
        return eventually(PATIENCE, command, || machine.sh(command).map(drop));
    }
    machine.sh(command).map(drop)
}

/// Each command in a sentence runs; one of haproxy-rhi's is known with its flags.
pub fn spans_run(machine: &Machine) -> Result<()> {
    let mut count = 0;
    for document in DOCUMENTS
        .iter()
        .filter(|document| document.ends_with(".md"))
    {
        for span in spans(&text(document)?) {
            count += 1;
            if span.starts_with("haproxy-rhi") && span.contains(" -- ") {
                // What comes after it is another program's.
            } else if span.starts_with("haproxy-rhi") {
                // The last word may be a flag whose value is left out.
                machine
                    .sh(&format!("{span} --help >/dev/null || {span} x --help"))
                    .with_context(|| (*document).to_owned())?;
            } else if !is_left_out(&span) {
                runs(machine, &span).with_context(|| (*document).to_owned())?;
            }
        }
    }
    ensure!(count > 40, "{count}");
    Ok(())
}

/// What `init` says is next, as far as it names `what`: its lines are commands, but for what is allowed elsewhere, and what
/// is done later.
pub fn next_runs(machine: &Machine, told: &str, what: &str) -> Result<()> {
    let (_, next) = told.split_once("\nnext:\n").context("no 'next:'")?;
    let lines = next
        .lines()
        .map(str::trim)
        .filter(|line| line.contains(what) && is_command(line));
    let lines: Vec<&str> = lines.filter(|line| !is_left_out(line)).collect();
    ensure!(!lines.is_empty(), "{next}");
    lines
        .into_iter()
        .try_for_each(|line| runs(machine, line).with_context(|| line.to_owned()))
}

#[test]
fn each_command_that_is_left_out_is_in_a_document() {
    let mut named = BTreeSet::new();
    for document in DOCUMENTS {
        let text = text(document).unwrap();
        named.extend(blocks(document, &text));
        named.extend(spans(&text));
    }
    let is_named = |beginning: &str| named.iter().any(|command| command.starts_with(beginning));
    let stale: Vec<_> = NO_COMMANDS
        .iter()
        .filter(|(beginning, _)| !is_named(beginning))
        .collect();
    assert!(stale.is_empty(), "{stale:?}");
}

#[test]
fn paths_and_commands_are_found_in_a_text() {
    let text = "See */etc/a/b.conf*, `/usr/share/doc/x/`, examples/y and http://127.0.0.1/etc/no.\n\n    \
                cp /run/a \\\n        /var/b   # why\n\nDo `systemctl status x` or **ls -l /run/a**; for now.\n";
    let found: Vec<String> = paths(text).into_iter().collect();
    let wanted = [
        "/etc/a/b.conf",
        "/run/a",
        "/usr/share/doc/haproxy-rhi/examples/y",
        "/usr/share/doc/x",
        "/var/b",
    ];
    assert_eq!(found, wanted);
    assert_eq!(blocks("man/x.8.md", text), ["cp /run/a /var/b"]);
    assert_eq!(
        spans(text).into_iter().collect::<Vec<_>>(),
        ["ls -l /run/a", "systemctl status x"]
    );
}
