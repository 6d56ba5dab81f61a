//! What ExaBGP really said to its process, read: recorded dialogues of 4.2.21, 5.0.15 and 6, with both of its grammars, in
//! `tests/captures/exabgp`. Each answer is read as what it is, each command is written as that version took it, and the dialogue goes on
//! as it should with what was answered.

use std::time::{Duration, Instant};

use haproxy_rhi::announce::{Dialogue, Told};
use haproxy_rhi::decide::{Desired, Intent};
use haproxy_rhi::exabgp::{Command, Dialect, Message, message};
use haproxy_rhi::route::{Attributes, Origin, Route, RouteKey};

use super::folder;

/// Each folder of dialogues, and the dialect in it.
const FOLDERS: [(&str, usize); 4] = [
    ("4.2.21", 0),
    ("5.0.15", 1),
    ("6-main-api4", 2),
    ("6-main-api6", 3),
];

/// A line of a dialogue.
#[derive(Debug, Clone, PartialEq)]
enum Line {
    Written(String),
    Heard(String),
}

fn dialogue(version: &str, topic: &str) -> Vec<Line> {
    let folder = folder().join("exabgp").join(version);
    let mut files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let file = files.find(|file| {
        let name = file.file_name().unwrap().to_str().unwrap();
        name.starts_with(topic)
    });
    lines(&std::fs::read_to_string(file.unwrap_or_else(|| panic!("{version} {topic}"))).unwrap())
}

fn lines(text: &str) -> Vec<Line> {
    let line = |line: &str| {
        let (mark, rest) = line.split_once(' ')?;
        let (_, text) = rest.split_once(' ')?;
        match mark {
            ">" => Some(Line::Written(text.to_owned())),
            "<" => Some(Line::Heard(text.to_owned())),
            _ => None,
        }
    };
    text.lines().filter_map(line).collect()
}

fn everything() -> Vec<(usize, String, Vec<Line>)> {
    let mut all = Vec::new();
    for (version, dialect) in FOLDERS {
        let mut files: Vec<_> = std::fs::read_dir(folder().join("exabgp").join(version))
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            all.push((dialect, file.display().to_string(), lines(&text)));
        }
    }
    all
}

/// What a line is, by its look, in a word; absent: the recording has cut it.
fn kind(line: &str) -> Option<&'static str> {
    let line = line.trim();
    let begins = |text: &str| line.starts_with(text);
    Some(match line {
        _ if line.contains("octets cut)") => return None,
        "done" => "done",
        "error" => "error",
        _ if begins("error: ") => "reason",
        _ if begins("exabgp ") || begins("{\"version\"") && line.contains("application") => {
            "version"
        }
        _ if begins("shutdown ") && line != "shutdown in progress" => "shutdown",
        _ if begins("[{") || line == "[]" => "list",
        _ if begins("neighbor ") && line.contains(" local-ip ") => "held",
        _ if begins("neighbor ") && line.ends_with(" up")
            || line.contains("\"state\": \"up\" }") =>
        {
            "up"
        }
        _ if begins("neighbor ") && line.contains(" down - ")
            || line.contains("\"state\": \"down\"") && begins("{ ") =>
        {
            "down"
        }
        _ if line.contains("\"route\": ")
            && (line.contains("\"success\": ") || line.contains("\"removed\": ")) =>
        {
            "taken"
        }
        _ if line.contains(" established ") => "established",
        _ => "other",
    })
}

fn kind_of(message: Option<&Message>) -> &'static str {
    match message {
        None | Some(Message::Other(_)) => "other",
        Some(Message::Done) => "done",
        Some(Message::Error) => "error",
        Some(Message::Reason(_)) => "reason",
        Some(Message::Taken(_)) => "taken",
        Some(Message::Version(_)) => "version",
        Some(Message::Up(_)) => "up",
        Some(Message::Down(..)) => "down",
        Some(Message::Shutdown) => "shutdown",
        Some(Message::Held(_)) => "held",
        Some(Message::Established(_)) => "established",
        Some(Message::Listed(..)) => "list",
        Some(Message::TooLong) => "too long",
    }
}

#[test]
fn each_answer_is_read_as_what_it_is() {
    let mut count = std::collections::BTreeMap::new();
    for (_, file, lines) in everything() {
        for line in lines {
            let Line::Heard(line) = line else { continue };
            let Some(kind) = kind(&line) else { continue };
            assert_eq!(kind_of(message(&line).as_ref()), kind, "{file}: {line}");
            *count.entry(kind).or_insert(0) += 1;
            if let Some(Message::Listed(held, neighbors)) = message(&line) {
                let rows = line.matches("\"index\": ").count()
                    + line.matches("\"peer-address\": ").count();
                // No identifier of ours is 0.
                let zero = line.matches("path-information 0.0.0.0").count();
                assert!(
                    held.len() + neighbors.len() + zero >= rows,
                    "{file}: {line}"
                );
            }
            if let Some(Message::Taken(taken)) = message(&line) {
                assert_eq!(taken, line.contains(": true"), "{file}: {line}");
            }
        }
    }
    for kind in [
        "done",
        "error",
        "reason",
        "version",
        "shutdown",
        "list",
        "held",
        "up",
        "down",
        "taken",
        "established",
    ] {
        assert!(
            count.get(kind).is_some_and(|count| *count > 1),
            "{kind}: {count:?}"
        );
    }
}

/// The statement that is in a line of any dialect, if it is one that haproxy-rhi could make.
fn statement(line: &str) -> Option<Command> {
    let at = [
        "announce route ",
        "withdraw route ",
        "routes add route ",
        "routes remove route ",
    ];
    let (verb, at) = at.iter().find_map(|verb| Some((*verb, line.find(verb)?)))?;
    let before = line[..at].trim();
    let names = before.replace(['[', ']', ','], " ");
    let mut neighbors = Vec::new();
    for word in names
        .split_ascii_whitespace()
        .filter(|word| !matches!(*word, "peer" | "neighbor" | "*"))
    {
        neighbors.push(word.parse().ok()?);
    }
    let words: Vec<&str> = line[at + verb.len()..].split_ascii_whitespace().collect();
    let mut words = words.into_iter();
    let mut key = RouteKey {
        prefix: words.next()?.parse().ok()?,
        path_information: None,
        neighbors,
    };
    let (mut next_hop, mut attributes) = (None, Attributes::default());
    while let Some(word) = words.next() {
        let mut value = words.next()?.to_owned();
        if value == "[" {
            let list: Vec<&str> = words.by_ref().take_while(|word| *word != "]").collect();
            value = list.join(" ");
        }
        fn all<T: std::str::FromStr>(value: &str) -> Option<Vec<T>> {
            value.split(' ').map(|one| one.parse().ok()).collect()
        }
        match word {
            "next-hop" => next_hop = Some(value.parse().ok()?),
            "as-path" => attributes.as_path = Some(value.parse().ok()?),
            "med" => attributes.med = Some(value.parse().ok()?),
            "local-preference" => attributes.local_preference = Some(value.parse().ok()?),
            "origin" => attributes.origin = Some(origin(&value)?),
            "community" => attributes.community = all(&value)?,
            "large-community" => attributes.large_community = all(&value)?,
            "extended-community" => attributes.extended_community = all(&value)?,
            "path-information" => key.path_information = Some(value.parse().ok()?),
            _ => return None,
        }
    }
    match verb.contains("announce") || verb.contains("add") {
        true => Some(Command::Announce(
            key,
            Route {
                next_hop: next_hop?,
                attributes,
            },
        )),
        false => Some(Command::Withdraw(key)),
    }
}

fn origin(word: &str) -> Option<Origin> {
    let all = [Origin::Igp, Origin::Egp, Origin::Incomplete];
    all.into_iter().find(|origin| origin.to_string() == word)
}

/// The words of a line, in any order of its attributes, with communities by number as haproxy-rhi writes them.
fn words(line: &str) -> Vec<String> {
    let line = line.replace("65535:65281", "no-export");
    let mut words: Vec<String> = line.split_ascii_whitespace().map(str::to_owned).collect();
    words.sort();
    words
}

#[test]
fn each_statement_is_written_as_that_version_took_it() {
    let mut compared = [[0; 2]; 4];
    for (number, file, lines) in everything() {
        let dialect = Dialect::ALL[number];
        // Statements that should be refused are none of ours.
        if file.contains("/03-") {
            continue;
        }
        for pair in lines.windows(2) {
            let [Line::Written(line), Line::Heard(answer)] = pair else {
                continue;
            };
            let is_taken = matches!(message(answer), Some(Message::Done | Message::Taken(true)));
            let Some(command) = statement(line).filter(|_| is_taken) else {
                continue;
            };
            let written = dialect.line(&command);
            if words(&written) == words(line) {
                let named = matches!(&command, Command::Announce(key, _) | Command::Withdraw(key) if !key.neighbors.is_empty());
                compared[number][usize::from(named)] += 1;
                continue;
            }
            // Recorded, and not ours: what ExaBGP 6 may give to all, its words in the other grammar, communities by other names.
            let is_not_ours = number == 3 || line.starts_with("peer ") || line.contains("target:");
            assert!(is_not_ours, "{file}: '{line}' would be '{written}'");
        }
    }
    for (number, counts) in compared.iter().enumerate() {
        assert!(
            counts.iter().all(|count| *count >= 5),
            "{number}: {compared:?}"
        );
    }
}

/// A dialogue to whose questions is answered what was recorded.
fn opened(version: &str, topic: &str) -> (Dialogue, Instant, Vec<Command>) {
    let mut now = Instant::now();
    let mut dialogue = Dialogue::new(now);
    let recorded = self::dialogue(version, topic);
    let asked = dialogue.next(&Desired::new(), now);
    assert_eq!(asked, [Command::Version]);
    let first = recorded
        .iter()
        .position(|line| *line == Line::Written("system version".to_owned()));
    for line in &recorded[first.unwrap() + 1..] {
        match line {
            Line::Heard(line) => message(line)
                .into_iter()
                .for_each(|heard| dialogue.heard(heard, now)),
            Line::Written(_) => break,
        }
    }
    now += Duration::from_millis(300);
    let said = dialogue.next(&Desired::new(), now);
    (dialogue, now, said)
}

#[test]
fn the_probe_tells_all_of_them_apart() {
    for (version, number) in FOLDERS {
        let dialect = Dialect::ALL[number];
        let (dialogue, ..) = opened(version, "14-");
        let account = dialogue.account();
        assert_eq!(account.dialect, Some(dialect), "{version}");
        assert!(account.acknowledges, "{version}");
        let (dialogue, _, said) = opened(version, "14b-");
        assert_eq!(dialogue.account().dialect, Some(dialect), "{version}");
        let turns_on = dialect.acknowledge.is_some();
        assert_eq!(said.contains(&Command::Acknowledge), turns_on, "{version}");
        assert_eq!(dialogue.account().acknowledges, turns_on, "{version}");
    }
}

/// What was announced in the recordings of what is held.
fn announced() -> Desired {
    let mut desired = Desired::new();
    for line in dialogue("4.2.21", "05-") {
        let Line::Written(line) = line else { continue };
        match statement(&line) {
            Some(Command::Announce(key, route)) => {
                drop(desired.insert(key, Intent::Announce(route)))
            }
            Some(Command::Withdraw(_)) => return desired,
            _ => {}
        }
    }
    panic!("nothing is withdrawn");
}

#[test]
fn what_each_version_says_that_it_holds_is_what_it_was_told() {
    for (version, number) in FOLDERS {
        let dialect = Dialect::ALL[number];
        let (mut dialogue, mut now, _) = opened(version, "14-");
        dialogue.read_back_every(Some(Duration::from_secs(1)), now);
        let desired = announced();
        let mut read = 0;
        for _ in 0..100 {
            now += Duration::from_millis(250);
            for command in dialogue.next(&desired, now) {
                let line = dialect.line(&command);
                for answer in answers(version, &line, &command) {
                    message(&answer)
                        .into_iter()
                        .for_each(|heard| dialogue.heard(heard, now));
                }
                read += usize::from(command == Command::ReadBack);
            }
        }
        let notes: Vec<String> = dialogue.notes().iter().map(ToString::to_string).collect();
        assert!(read > 1, "{version}: {notes:#?}");
        assert_eq!(dialogue.mended(), 0, "{version}: {notes:#?}");
        assert_eq!(
            dialogue.account().read_back.unwrap().fault,
            None,
            "{version}"
        );
        for (key, intent) in &desired {
            let Intent::Announce(route) = intent else {
                panic!()
            };
            assert_eq!(
                dialogue.rib().told(key),
                Some(&Told::Announced(route.clone())),
                "{version}: {notes:#?}"
            );
        }
    }
}

/// What that version answered to this line where it was recorded; statements were taken.
fn answers(version: &str, line: &str, command: &Command) -> Vec<String> {
    let named = |key: &RouteKey| version == "6-main-api6" && !key.neighbors.is_empty();
    match command {
        Command::Announce(key, _) if named(key) => {
            return vec![format!(
                "{{\"index\": \"00\", \"route\": \"{}\", \"success\": true}}",
                key.prefix
            )];
        }
        Command::Announce(..) | Command::Withdraw(_) | Command::Flush(_) => {
            return vec!["done".to_owned()];
        }
        _ => {}
    }
    let recorded = dialogue(
        version,
        if version == "6-main-api6" && *command == Command::ReadBack {
            "05b-"
        } else {
            "05-"
        },
    );
    // What is held is asked for the first time before anything is announced.
    let asked = recorded
        .iter()
        .enumerate()
        .filter(|(_, said)| **said == Line::Written(line.to_owned()));
    let answered = asked.map(|(at, _)| {
        let answer = recorded[at + 1..].iter().map_while(|line| match line {
            Line::Heard(line) => Some(line.clone()),
            Line::Written(_) => None,
        });
        answer.collect::<Vec<String>>()
    });
    let longest = answered.max_by_key(Vec::len);
    longest.unwrap_or_else(|| vec!["done".to_owned()])
}

/// Bad input: whatever a line is, it is read as nothing that was not said.
#[test]
fn json_that_is_cut_nested_huge_or_anothers_is_none_of_ours() {
    let whole = r#"[{"index": "00", "route": "9.9.9.9/32 next-hop 192.0.2.1", "neighbor": "neighbor 127.0.61.2 local-ip 127.0.61.1"}]"#;
    let Some(Message::Listed(held, _)) = message(whole) else {
        panic!()
    };
    assert_eq!(held.len(), 1);
    for length in 1..whole.len() {
        let cut = &whole[..length];
        assert!(matches!(message(cut), Some(Message::Other(_))), "{cut}");
    }
    let nested = "[".repeat(100_000);
    let deep = format!("{{\"type\": {}", "{\"a\": ".repeat(100_000));
    let event = r#"{ "exabgp": "6.0.0", "type": "update", "neighbor": { "address": { "peer": "127.0.61.2" } } }"#;
    for (line, kind) in [
        (nested.as_str(), "other"),
        (deep.as_str(), "other"),
        (event, "other"),
        ("[1, 2]", "other"),
        ("[{\"route\": 1}]", "other"),
        ("[{}]", "list"),
        (
            "{\"version\": \"6.0\", \"application\": \"other\"}",
            "other",
        ),
        (
            "{\"version\": \"6.0 x\", \"application\": \"exabgp\"}",
            "other",
        ),
        ("{\"version\": 6, \"application\": \"exabgp\"}", "other"),
        (
            "{\"type\": \"state\", \"version\": \"6.0\", \"application\": \"exabgp\"}",
            "other",
        ),
        ("{\"success\": true}", "other"),
        (
            "{\"route\": \"9.9.9.9/32\", \"success\": \"true\"}",
            "other",
        ),
        ("{\"error\": \"empty group\"}", "other"),
        (
            "{\"status\": \"group processed\", \"announced\": 1, \"withdrawn\": 0}",
            "other",
        ),
    ] {
        let shown: String = line.chars().take(80).collect();
        assert_eq!(kind_of(message(line).as_ref()), kind, "{shown}");
    }
    let huge = vec![whole.trim_matches(['[', ']']); 50_000].join(", ");
    let Some(Message::Listed(held, _)) = message(&format!("[{huge}]")) else {
        panic!()
    };
    assert_eq!(held.len(), 50_000);
}

/// Nobody knows the version, or it is no ExaBGP: nothing is announced, and it is said what to do.
#[test]
fn who_is_not_understood_is_told_nothing() {
    for (answer, understood) in [
        ("exabgp 7.0.0", false),
        ("exabgp main", false),
        ("exabgp 2.0", false),
        (
            "{\"version\": \"7.0.0\", \"application\": \"exabgp\"}",
            true,
        ),
        (
            "{\"version\": \"5.0.0\", \"application\": \"exabgp\"}",
            false,
        ),
        (
            "{\"version\": \"unknown-20260822+uncontrolled\", \"application\": \"exabgp\"}",
            true,
        ),
        ("exabgp unknown-20260822+uncontrolled", false),
        ("error", false),
        ("hello", false),
        ("{\"version\": \"6.0\"", false),
        ("exabgp 5.0.15", true),
    ] {
        let mut now = Instant::now();
        let mut dialogue = Dialogue::new(now);
        let desired = announced();
        assert_eq!(dialogue.next(&desired, now), [Command::Version]);
        let mut said = Vec::new();
        message(answer)
            .into_iter()
            .for_each(|heard| dialogue.heard(heard, now));
        dialogue.heard(Message::Done, now);
        for _ in 0..20 {
            now += Duration::from_millis(400);
            for command in dialogue.next(&desired, now) {
                if !matches!(command, Command::Version | Command::Acknowledge) {
                    said.push(command);
                }
            }
        }
        assert_eq!(!said.is_empty(), understood, "{answer}: {said:?}");
        let warned = dialogue.notes().iter().any(|note| {
            note.to_string()
                .contains("is no ExaBGP that haproxy-rhi understands")
        });
        assert_eq!(warned, !understood, "{answer}");
        assert_eq!(
            dialogue.account().not_understood.is_some(),
            !understood,
            "{answer}"
        );
    }
}

/// Somebody says `system api version`: what was right a moment ago is refused, and who is there is asked again.
#[test]
fn a_grammar_that_changes_is_found_out() {
    let (mut dialogue, mut now, _) = opened("6-main-api6", "14-");
    let desired = announced();
    let mut lines = Vec::new();
    for _ in 0..20 {
        now += Duration::from_millis(300);
        for command in dialogue.next(&desired, now) {
            let line = dialogue.dialect().line(&command);
            let heard = match &command {
                Command::Version => vec!["exabgp 6.0.0", "done"],
                _ if line.starts_with("peer ") => vec!["error"],
                _ => vec!["done"],
            };
            lines.push(line);
            heard
                .into_iter()
                .filter_map(message)
                .for_each(|heard| dialogue.heard(heard, now));
        }
    }
    assert!(lines[0].starts_with("peer "), "{lines:#?}");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("neighbor 127.0.61.2 announce route ")),
        "{lines:#?}"
    );
    assert!(
        lines.iter().any(|line| line.starts_with("announce route ")),
        "{lines:#?}"
    );
    assert_eq!(dialogue.account().dialect, Some(Dialect::ALL[2]));
}

/// Text in a JSON dialect and the other way round: what all versions ever said, heard between the own ExaBGP's answers, is at worst another's
/// acknowledgement or session. Once the own one is alone again, it is told what is desired, in its own words.
#[test]
fn what_another_version_would_say_leads_to_no_other_words() {
    let foreign: Vec<(usize, String)> = everything()
        .into_iter()
        .flat_map(|(number, _, lines)| lines.into_iter().map(move |line| (number, line)))
        .filter_map(|(number, line)| match line {
            Line::Heard(line) => Some((number, line)),
            Line::Written(_) => None,
        })
        .collect();
    for (version, number) in FOLDERS {
        let (mut dialogue, mut now, _) = opened(version, "14-");
        let desired = announced();
        let others = foreign.iter().filter(|(other, _)| *other != number);
        assert!(others.clone().count() > 1000, "{version}");
        let mut in_other_words = 0;
        for (_, line) in others {
            now += Duration::from_millis(250);
            let (said, words) = (dialogue.next(&desired, now), dialogue.dialect());
            message(line)
                .into_iter()
                .for_each(|heard| dialogue.heard(heard, now));
            in_other_words += answered((version, words), number, &mut dialogue, &said, now);
        }
        // Somebody's answer to the question who is there was taken for the own one's.
        assert!(in_other_words > 0, "{version}");
        for _ in 0..4000 {
            now += Duration::from_millis(250);
            let (said, words) = (dialogue.next(&desired, now), dialogue.dialect());
            answered((version, words), number, &mut dialogue, &said, now);
        }
        let account = dialogue.account();
        assert_eq!(account.dialect, Some(Dialect::ALL[number]), "{version}");
        for (key, intent) in &desired {
            let Intent::Announce(route) = intent else {
                panic!()
            };
            let told = dialogue.rib().told(key);
            assert_eq!(told, Some(&Told::Announced(route.clone())), "{version}");
        }
    }
}

/// What is said is answered as this version answers it. Words of another dialect are an error; how many there were.
fn answered(
    (version, words): (&str, &Dialect),
    number: usize,
    dialogue: &mut Dialogue,
    said: &[Command],
    now: Instant,
) -> usize {
    let own = words == Dialect::ALL[number];
    for command in said {
        let answers = match command {
            Command::Version => whoami(version),
            _ if own => answers(version, &words.line(command), command),
            _ => vec!["error".to_owned()],
        };
        answers
            .iter()
            .filter_map(|answer| message(answer))
            .for_each(|heard| dialogue.heard(heard, now));
    }
    if own { 0 } else { said.len() }
}

/// The recorded answer to the question who is there.
fn whoami(version: &str) -> Vec<String> {
    let recorded = dialogue(version, "14-");
    let asked = recorded
        .iter()
        .position(|line| *line == Line::Written("system version".to_owned()));
    recorded[asked.unwrap() + 1..]
        .iter()
        .map_while(|line| match line {
            Line::Heard(line) => Some(line.clone()),
            Line::Written(_) => None,
        })
        .collect()
}
