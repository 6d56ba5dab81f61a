//! Rehearsals of whatever configurations: each ends, with a row for each failure and keys that there are, and says the same to
//! people and to programs.

use std::collections::BTreeSet;
use std::time::Instant;

use haproxy_rhi::config;
use haproxy_rhi::failure::{End, Outcome};
use haproxy_rhi::rehearse::{RehearseTask, rehearse};
use haproxy_rhi::verify::Named;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// Failures of every region, with their steps' number.
const FAILURES: [(&str, usize); 10] = [
    ("servers-die", 2),
    ("servers-flap", 1),
    ("haproxy-dies", 2),
    ("haproxy-freezes", 2),
    ("haproxy-reloads", 1),
    ("haproxy-restarts", 1),
    ("exabgp-restarts", 1),
    ("haproxy-rhi-dies", 1),
    ("vm-vanishes", 2),
    ("drain", 2),
];
/// No row is longer, in milliseconds: what is seen afterwards, three times what is waited for at most, and the hold time.
const LONGEST: f64 = 10_000.0 + 4.0 * 300_000.0 + 30_000.0;

fn time() -> impl Strategy<Value = &'static str> {
    select(vec!["0s", "100ms", "1s", "5s", "30s", "20m"])
}

fn path() -> impl Strategy<Value = Value> {
    (1usize..6).prop_map(|length| json!(vec![65010; length]))
}

fn levels() -> impl Strategy<Value = Value> {
    let rule = select(vec![
        json!({"min_active": 1}),
        json!({"min_active": 3}),
        json!({"min_percent": 50}),
        json!({"min_weight": 20}),
        json!({"servers": ["s7"]}),
    ]);
    let other = select(vec![
        json!({"file": {"path": "/run/up"}}),
        json!({"not": {"file": {"path": "/run/off"}}}),
        json!({"frontend": {"name": "front"}}),
    ]);
    let level = (rule, select(vec!["back", "other"]), option::of(other));
    vec(level, 1..4).prop_map(|levels| {
        let level = |(index, (mut rule, name, other)): (usize, (Value, &str, Option<Value>))| {
            rule["name"] = json!(name);
            let rule = json!({"backend": rule});
            let when = match other {
                Some(other) => json!({"all": [rule, other]}),
                None => rule,
            };
            json!({"name": format!("l{index}"), "prepend": index, "when": when})
        };
        Value::from_iter(levels.into_iter().enumerate().map(level))
    })
}

/// A service without its place among the regions.
fn service() -> impl Strategy<Value = Value> {
    let damping = json!({"wait": "5s", "ceiling": "5m", "quiet": "10m"});
    let drain = (time(), time(), 1u8..4)
        .prop_map(|(ask, last, times)| json!({"ask": ask, "for": last, "prepend": times}));
    let readings = (1u8..5, 1u8..5);
    let unknown = (time(), select(vec!["withdraw", "keep"]));
    (
        (path(), levels(), readings),
        (unknown, time(), option::of(Just(damping)), option::of(drain)),
    )
        .prop_map(|((path, levels, (rise, fall)), ((hold, then), warm_up, damping, drain))| {
            let mut service = json!({
                "as_path": path, "levels": levels, "rise": rise, "fall": fall, "warm_up": warm_up,
                "unknown": {"hold": hold, "then": then}
            });
            let more = [("damping", damping), ("drain", drain)];
            for (key, value) in more.into_iter().filter_map(|(key, value)| Some((key, value?))) {
                service[key] = value;
            }
            service
        })
}

/// How a service knows the other NVAs: which it asks, what settles, and whether and from whom it takes over.
type Siblings = (bool, bool, &'static str, Option<Value>, bool);

fn siblings() -> impl Strategy<Value = Siblings> {
    let takeover = option::of(path());
    (
        any::<bool>(),
        any::<bool>(),
        time(),
        takeover,
        any::<bool>(),
    )
}

fn haproxy() -> impl Strategy<Value = Value> {
    select(vec![
        json!({"stats": "/run/haproxy/watch.sock", "events": "127.0.0.1:30514", "control": "/run/haproxy/control.sock"}),
        json!({"stats": "/run/haproxy/watch.sock", "interval": "3s"}),
        json!({"stats": "http://127.0.0.1/haproxy?stats", "control": "/run/haproxy/control.sock"}),
    ])
}

/// The configurations of one to three NVAs, those that are no configuration left out.
fn regions() -> impl Strategy<Value = Vec<Value>> {
    let services = vec((service(), siblings(), any::<bool>()), 1..4);
    vec((haproxy(), services), 1..4).prop_map(|regions| {
        let count = regions.len();
        let region = |(number, (haproxy, services)): (usize, (Value, Vec<_>))| {
            let services = services.into_iter().enumerate();
            let named = services.map(
                |(index, (mut service, siblings, renamed)): (usize, (Value, Siblings, bool))| {
                    service["prefixes"] = json!([format!("9.9.9.{index}/32")]);
                    service["next_hop"] = json!(hop(number));
                    if let Some(siblings) = of_others(number, count, siblings) {
                        service["siblings"] = siblings;
                    }
                    // The same prefix has another name in another region.
                    let name = if renamed {
                        format!("web{index}-{number}")
                    } else {
                        format!("web{index}")
                    };
                    (name, service)
                },
            );
            json!({"haproxy": haproxy, "services": Map::from_iter(named)})
        };
        let all = regions.into_iter().enumerate().map(region);
        all.filter(|config| config::parse(&config.to_string()).is_ok())
            .collect()
    })
}

fn hop(number: usize) -> String {
    format!("172.16.{number}.70")
}

/// `count` itself is a sibling whose configuration nobody has.
fn of_others(own: usize, count: usize, siblings: Siblings) -> Option<Value> {
    let (asks, stranger, settle, takeover, near) = siblings;
    let known = (0..count).filter(|number| *number != own && asks);
    let others = known.chain(stranger.then_some(count));
    let urls: Vec<String> = others
        .map(|number| format!("http://{}/health", hop(number)))
        .collect();
    let first = urls.first()?.clone();
    let mut siblings = json!({"urls": urls, "settle": settle});
    if near {
        siblings["same_region"] = json!([first]);
    }
    if let Some(path) = takeover {
        siblings["takeover"] = json!({"as_path": path, "from": [first]});
    }
    Some(siblings)
}

fn task(folder: &std::path::Path, regions: &[Value], only: &[&str], json: bool) -> RehearseTask {
    let named = |(number, config): (usize, &Value)| {
        let path = folder.join(format!("r{number}.json"));
        std::fs::write(&path, config.to_string()).unwrap();
        Named {
            region: Some(format!("r{number}")),
            word: path.to_str().unwrap().to_owned(),
        }
    };
    RehearseTask {
        regions: regions.iter().enumerate().map(named).collect(),
        edit: Vec::new(),
        haproxy_cfg: Vec::new(),
        only: only.iter().map(ToString::to_string).collect(),
        servers: None,
        hold_time: "30s".parse().unwrap(),
        timeline: false,
        json,
        svg: None,
    }
}

/// The titles of a table's rows, without marks: a row begins where something stands in its second column.
fn titles(table: &str) -> Vec<String> {
    let mut titles: Vec<String> = Vec::new();
    let lines = table
        .lines()
        .skip_while(|line| !line.starts_with("FAILURE"));
    // What stands below an empty line names regions, and may be long.
    let below = lines.clone().skip(1).zip(lines);
    let rows = below
        .take_while(|(line, _)| *line != "Wrong:" && *line != "Nothing is wrong.")
        .filter(|(_, above)| !above.is_empty());
    for (line, _) in rows {
        let part =
            |from: usize, width: usize| line.chars().skip(from).take(width).collect::<String>();
        let (title, noticed) = (part(0, 26).trim().to_owned(), part(27, 8));
        match (noticed.trim().is_empty(), titles.last_mut()) {
            (false, _) => titles.push(title),
            (true, Some(last)) if line.len() > 26 || last.contains(' ') => {
                last.push_str(&format!(" {title}"));
            }
            _ => {}
        }
    }
    titles
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The key is of a service or of HAProxy's, is in the schema and in the manual, and the region is one of these.
fn is_key(key: &str, regions: &[Value], names: &BTreeSet<String>) -> bool {
    let (path, region) = key.split_once(" (").unwrap();
    let region = region.trim_end_matches(')');
    let name = |part: &'_ str| part.split('[').next().unwrap_or_default().to_owned();
    let mut parts: Vec<String> = path.split('.').map(name).collect();
    if parts[0] == "services" {
        let number: Option<usize> = region
            .strip_prefix('r')
            .and_then(|number| number.parse().ok());
        let config = number.and_then(|number| regions.get(number));
        if config.is_some_and(|config| config["services"].get(&parts[1]).is_none()) {
            return false;
        }
        parts.drain(..2);
    }
    let manual = include_str!("../../man/haproxy-rhi-config.5.md");
    names.contains(region)
        && parts
            .iter()
            .all(|part| config::SCHEMA.contains(&format!("\"{part}\": {{")))
        && parts
            .last()
            .is_some_and(|part| manual.contains(&format!("**{part}**")))
}

proptest! {
    #![proptest_config(crate::cases(8))]

    #[test]
    fn every_rehearsal_ends_and_says_one_thing(
        regions in regions().prop_filter("none is a configuration", |regions| !regions.is_empty()),
        (failure, steps) in select(FAILURES.to_vec()),
    ) {
        let (folder, now) = (tempfile::tempdir().unwrap(), Instant::now());
        let task = |json| task(folder.path(), &regions, &[failure], json);
        let [json, table] = [true, false].map(|json| rehearse(&task(json), now).unwrap());
        let told: Value = serde_json::from_str(&json.text).unwrap();
        let (rows, wrong) = (told["rows"].as_array().unwrap(), told["wrong"].as_array().unwrap());
        for number in 0..regions.len() {
            let own = rows.iter().filter(|row| row["regions"] == json!([format!("r{number}")]));
            prop_assert_eq!(own.count(), steps);
        }
        for row in rows {
            prop_assert_eq!(&row["failure"], failure);
            let times = row["timeline"].as_array().unwrap().iter().map(|event| event[0].as_f64().unwrap());
            let ends = row["clients"].as_array().unwrap().iter().map(|stay| stay["until_ms"].as_f64().unwrap());
            let last = times.chain(ends).fold(0.0, f64::max);
            prop_assert!(last <= LONGEST, "{last}");
            let marks = row["wrong"].as_array().unwrap();
            prop_assert!(marks.iter().all(|mark| (mark.as_u64().unwrap() as usize) < wrong.len()));
        }
        let names: BTreeSet<String> = told["regions"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        for (number, one) in wrong.iter().enumerate() {
            let key = one["key"].as_str().unwrap();
            prop_assert!(is_key(key, &regions, &names), "{key}");
            let line = format!("[{}] ", number + 1);
            prop_assert!(table.text.contains(&format!("\n{line}")), "{line}{}", table.text);
            let (what, cure) = (one["what"].as_str().unwrap(), one["cure"].as_str().unwrap());
            prop_assert!(words(&table.text).contains(&format!("{what} mend: {key}: {cure}")), "{what}\n{}", table.text);
        }
        let expected = if wrong.is_empty() { Outcome::Best } else { Outcome::Worse };
        prop_assert!(matches!(&json.end, End::As(outcome) if *outcome == expected));
        prop_assert_eq!(json.end, table.end);
        let titles = titles(&table.text);
        prop_assert_eq!(titles.len(), rows.len(), "{}", table.text);
        for (title, row) in titles.iter().zip(rows) {
            let bare = title.trim_start_matches("- ").split(" [").next().unwrap();
            prop_assert!(bare.starts_with(row["what"].as_str().unwrap()), "{title}: {}", row["what"]);
        }
    }
}
