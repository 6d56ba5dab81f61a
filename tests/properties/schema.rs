//! The JSON Schema of config.json, held against the parser: what the parser takes, the schema takes; and of documents with
//! one fault of structure, both refuse the same ones. Rules over several keys are the parser's alone.

use std::path::{Path, PathBuf};

use haproxy_rhi::config::{self, File};
use proptest::prelude::*;
use proptest::test_runner::TestRng;
use serde_json::{Map, Value, json};

use super::validator::{self, matches};

fn schema() -> Value {
    serde_json::from_str(config::SCHEMA).unwrap()
}

fn faults(document: &Value) -> Vec<String> {
    let schema = schema();
    validator::faults(&schema, &schema, document, "")
}

/// What serde reads: each value by itself.
fn is_read(document: &Value) -> Result<File, String> {
    let text = document.to_string();
    let mut json = serde_json::Deserializer::from_str(&text);
    haproxy_rhi::value::object::object(&mut json)
        .map_err(|error: serde_json::Error| error.to_string())
}

/// A configuration with every key.
fn whole() -> Value {
    let attributes = json!({
        "as_path": [65010, 65010], "med": 1, "local_preference": 2, "origin": "igp", "community": ["65010:1", "no-export"],
        "large_community": ["65010:1:2"], "extended_community": ["target:65010:7", "0x0002fdf200000064"]
    });
    let with = |mut value: Value| {
        value
            .as_object_mut()
            .unwrap()
            .extend(attributes.as_object().unwrap().clone());
        value
    };
    let when = json!({"all": [
        {"any": [{"not": {"file": {"path": "/run/off"}}}]},
        {"at_least": {"count": 1, "of": [
            {"tcp": {"address": "127.0.0.1:80", "timeout": "1s"}},
            {"command": {"argv": ["/bin/true", "x"], "timeout": "1s"}}
        ]}},
        {"frontend": {"name": "http_front"}},
        {"backend": {"name": "http_back", "min_active": 1, "min_percent": 50, "min_weight": 1,
            "count_backup": true, "servers": ["backend01"]}},
        {"http": {"url": "http://127.0.0.1/", "status": 200, "body": "ok", "host": "www", "timeout": "1s",
            "tls_verify": true, "tls_ca_file": "/etc/ca.pem"}}
    ]});
    json!({
        "$schema": "/usr/share/haproxy-rhi/config.schema.json",
        "haproxy": {
            "stats": "https://127.0.0.1:8443/haproxy?stats", "username": "rhi", "password_file": "/etc/haproxy-rhi/password",
            "tls_verify": true, "tls_ca_file": "/etc/ca.pem", "events": "127.0.0.1:30514", "control": "/run/haproxy/control.sock",
            "status_variable": "proc.haproxy_rhi_status", "interval": "1s", "fast_interval": "100ms", "timeout": "500ms", "remember": "2m"
        },
        "services": {"web": with(json!({
            "prefixes": ["9.9.9.9/32", "2001:db8::9/128"], "next_hop": ["172.16.156.70", "2001:db8::1"],
            "path_information": 1, "neighbors": ["172.16.159.4"], "rise": 2, "fall": 1,
            "unknown": {"hold": "10s", "then": "keep"}, "warm_up": "30s",
            "damping": {"wait": "5s", "ceiling": "5m", "quiet": "10m"},
            "siblings": {
                "urls": ["http://172.16.136.70/health", "http://172.16.156.71/health"],
                "same_region": ["http://172.16.156.71/health"], "settle": "10s", "timeout": "1s", "tls_verify": true,
                "tls_ca_file": "/etc/ca.pem", "last_standing": with(json!({"prepend": 6})),
                "takeover": with(json!({"from": ["http://172.16.136.70/health"], "after": "1s", "local_preference": 400}))
            },
            "drain": with(json!({"ask": "10s", "prepend": 3, "for": "10s", "variable": "proc.draining"})),
            "require_address": true, "announced_variable": "proc.announced_until",
            "levels": [with(json!({"name": "up", "prepend": 1, "rise": 2, "fall": 1, "when": when}))]
        }))},
        "on_exit": "keep", "read_back": "1m", "metrics": "/var/lib/x/rhi.prom", "record": "/var/log/x/record.jsonl",
        "hooks": [{"argv": ["/usr/local/bin/notify"], "timeout": "10s"}]
    })
}

#[test]
fn a_configuration_with_every_key_is_one_for_both() {
    let whole = whole();
    config::parse(&whole.to_string()).unwrap();
    assert_eq!(faults(&whole), Vec::<String>::new());
    let text = whole.to_string();
    let mut keys = Vec::new();
    keys_of(&schema(), &mut keys);
    assert!(keys.len() > 80, "{keys:?}");
    keys.iter()
        .for_each(|key| assert!(text.contains(&format!("\"{key}\":")), "{key} is not in it"));
}

fn keys_of(schema: &Value, keys: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            keys.extend(
                map.get("properties")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                    .map(|(key, _)| key.clone()),
            );
            map.values().for_each(|value| keys_of(value, keys));
        }
        Value::Array(list) => list.iter().for_each(|value| keys_of(value, keys)),
        _ => {}
    }
}

#[test]
fn what_lies_beside_a_schema_key_is_read_as_without_it() {
    let without = json!({"services": {}});
    let with = json!({"$schema": "./config.schema.json", "services": {}});
    assert_eq!(
        config::parse(&with.to_string()),
        config::parse(&without.to_string())
    );
    assert!(config::parse(&json!({"$schema": 1}).to_string()).is_err());
}

#[test]
fn every_configuration_of_the_repository_that_can_be_used_is_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for folder in ["exabgp", "haproxy", "systemd", "tests"] {
        files_below(&root.join(folder), &mut texts);
    }
    for page in [
        "README.md",
        "man/haproxy-rhi-config.5.md",
        "man/haproxy-rhi-azure.7.md",
        "man/haproxy-rhi.8.md",
    ] {
        blocks(
            &std::fs::read_to_string(root.join(page)).unwrap(),
            page,
            &mut texts,
        );
    }
    let (mut usable, mut names) = (0, Vec::new());
    for (name, text) in texts {
        let Ok(document) = serde_json::from_str::<Value>(&text) else {
            continue;
        };
        if config::parse(&text).is_ok() {
            let faults = faults(&document);
            assert!(faults.is_empty(), "{}: {faults:?}", name.display());
            (usable, names) = (
                usable + 1,
                [names, vec![name.display().to_string()]].concat(),
            );
        }
    }
    assert!(usable > 200, "{names:?}");
    for shipped in [
        "north-europe/config.json",
        "west-europe/config.json",
        "debian/config.json",
        "README.md",
        "config.5.md",
    ] {
        assert!(
            names.iter().any(|name| name.ends_with(shipped)),
            "{shipped} has no configuration: {names:?}"
        );
    }
}

/// Files that are a configuration, and those of `tests/scenarios` in their stories.
fn files_below(folder: &Path, texts: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // What is not text is no configuration.
        let text = || std::fs::read_to_string(&path).ok();
        if path.is_dir() && !path.is_symlink() {
            files_below(&path, texts);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            texts.extend(text().map(|text| (path.clone(), text)));
        } else if path.extension().is_some_and(|ending| ending == "story") {
            blocks(&text().unwrap(), &path.display().to_string(), texts);
        }
    }
}

/// What begins with a brace on a line of its own, up to the brace that closes it.
fn blocks(page: &str, name: &str, texts: &mut Vec<(PathBuf, String)>) {
    for (at, _) in page.match_indices('{') {
        let begins = page[..at]
            .rsplit('\n')
            .next()
            .is_some_and(|before| before.trim().is_empty());
        let mut stream = serde_json::Deserializer::from_str(&page[at..]).into_iter::<Value>();
        if begins && let Some(Ok(_)) = stream.next() {
            texts.push((name.into(), page[at..at + stream.byte_offset()].to_owned()));
        }
    }
}

/// Texts that the keys take; each is good wherever its pattern lets it stand.
const TEXTS: [&str; 20] = [
    "9.9.9.9/32",
    "172.16.156.70",
    "2001:db8::9",
    "self",
    "10s",
    "500us",
    "web",
    "http_back",
    "proc.draining",
    "/run/haproxy/admin.sock",
    "127.0.0.1:80",
    "[::1]:30514",
    "http://127.0.0.1/health",
    "https://rhi.example/stats",
    "/run/rhi.prom",
    "65010:100",
    "no-export",
    "65010:1:2",
    "target:65010:7",
    "0x0002fdf200000064",
];
/// Texts at the edge of what the keys take.
const ODD: [&str; 24] = [
    "",
    " ",
    "\n",
    "a b",
    "HTTP://a/",
    "http://a@b/",
    "[::1%1]:80",
    "[::0.0.0.1]:80",
    "127.0.0.1:+80",
    "127.0.0.1:0",
    "/",
    "/.prom",
    "/a.prom/",
    "/a\n/b.prom",
    "/..prom",
    "proc.",
    "1 s",
    "0s",
    "366d",
    "9.9.9.9/032",
    "::ffff:1.2.3.4",
    "00001:00002",
    "a\nb:80",
    ".web",
];

/// A document that the schema's structure allows.
fn document(schema: &Value, root: &Value, rng: &mut TestRng, depth: usize) -> Value {
    let mut pick = |count: usize| rng.next_u32() as usize % count.max(1);
    if let Some(target) = schema["$ref"].as_str() {
        return document(
            root.pointer(target.trim_start_matches('#')).unwrap(),
            root,
            rng,
            depth,
        );
    }
    if let Some(words) = schema["enum"].as_array() {
        return words[pick(words.len())].clone();
    }
    if let Some(ways) = schema["anyOf"].as_array() {
        let way = &ways[pick(ways.len())];
        return document(way, root, rng, depth);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) if pick(8) == 0 => kinds[pick(kinds.len())].as_str().unwrap(),
        Value::Array(kinds) => kinds[0].as_str().unwrap(),
        kind => kind.as_str().unwrap(),
    };
    match kind {
        "null" => Value::Null,
        "boolean" => (pick(2) == 0).into(),
        "integer" => {
            let (low, high) = (
                schema["minimum"].as_u64().unwrap(),
                schema["maximum"].as_u64().unwrap(),
            );
            [low, high, low + 1, low + (high - low) / 2][pick(4)].into()
        }
        "string" => {
            let pattern = schema["pattern"].as_str().unwrap_or("");
            let fitting: Vec<&str> = TEXTS
                .into_iter()
                .filter(|text| matches(pattern, text))
                .collect();
            fitting[pick(fitting.len())].into()
        }
        "array" => {
            let count = schema["minItems"].as_u64().unwrap_or(0) as usize + pick(3);
            let first = schema["prefixItems"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let items = (0..count).map(|index| first.get(index).unwrap_or(&schema["items"]));
            items.map(|of| document(of, root, rng, depth + 1)).collect()
        }
        _ => object(schema, root, rng, depth),
    }
}

fn object(schema: &Value, root: &Value, rng: &mut TestRng, depth: usize) -> Value {
    let Some(properties) = schema["properties"].as_object() else {
        let names = ["web", "api"]
            .into_iter()
            .take(1 + rng.next_u32() as usize % 2);
        let of = &schema["additionalProperties"];
        return names
            .map(|name| (name.to_owned(), document(of, root, rng, depth + 1)))
            .collect::<Map<_, _>>()
            .into();
    };
    let keys: Vec<&String> = properties.keys().collect();
    let chosen: Vec<&String> = if schema["maxProperties"] == 1 {
        // Conditions that hold others only near the top.
        let leaves: Vec<&String> = keys
            .into_iter()
            .filter(|key| depth < 9 || !["all", "any", "not", "at_least"].contains(&key.as_str()))
            .collect();
        vec![leaves[rng.next_u32() as usize % leaves.len()]]
    } else {
        let needed = |key: &str| {
            schema["required"]
                .as_array()
                .is_some_and(|list| list.iter().any(|word| word == key))
        };
        keys.into_iter()
            .filter(|key| needed(key) || rng.next_u32().is_multiple_of(3))
            .collect()
    };
    chosen
        .into_iter()
        .map(|key| {
            (
                key.clone(),
                document(&properties[key], root, rng, depth + 1),
            )
        })
        .collect::<Map<_, _>>()
        .into()
}

/// One value of the document, as JSON pointers; the whole comes first.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| places(value, &format!("{at}/{key}"), found)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(index, value)| places(value, &format!("{at}/{index}"), found)),
        _ => {}
    }
}

#[derive(Debug, Clone)]
enum Change {
    /// A key gets another name.
    Rename(String),
    Extra,
    Remove,
    Value(Value),
    /// Of another form, which a pattern may let pass.
    Text(String),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        "[a-z_]{1,8}".prop_map(Change::Rename),
        Just(Change::Extra),
        Just(Change::Remove),
        proptest::sample::select(vec![
            json!(null),
            json!(true),
            json!(-1),
            json!(0),
            json!(1),
            json!(1.5),
            json!(255),
            json!(101),
            json!(99),
            json!(600),
            json!(1_000_001),
            json!(4_294_967_295_u64),
            json!(4_294_967_296_u64),
            json!(23456),
            json!(65535),
            json!(u64::MAX),
            json!([]),
            json!({}),
            json!([[]]),
            json!([0]),
            json!({"a": 1}),
            json!("keep"),
            json!("igp"),
            json!({"withdraw": null}),
            json!({"igp": null}),
        ])
        .prop_map(Change::Value),
        prop_oneof![
            proptest::sample::select(&ODD[..]).prop_map(str::to_owned),
            "\\PC{0,12}",
            "[0-9a-f:./]{1,9}"
        ]
        .prop_map(Change::Text),
    ]
}

/// Makes the change at a place; whether it could be made there.
fn make(document: &mut Value, place: &str, change: &Change) -> bool {
    let Some((parent, key)) = place.rsplit_once('/') else {
        return match (change, document.as_object_mut()) {
            (Change::Extra, Some(map)) => map.insert("extra".to_owned(), 1.into()).is_none(),
            _ => false,
        };
    };
    match (change, document.pointer_mut(place)) {
        (Change::Value(value), Some(at)) => *at = value.clone(),
        (Change::Text(text), Some(at)) => *at = text.as_str().into(),
        (Change::Extra, Some(Value::Object(map))) => drop(map.insert("extra".to_owned(), 1.into())),
        (Change::Rename(_) | Change::Remove, _) => {
            let Some(Value::Object(map)) = document.pointer_mut(parent) else {
                return false;
            };
            let Some(value) = map.remove(key) else {
                return false;
            };
            if let Change::Rename(name) = change {
                map.insert(name.clone(), value);
            }
        }
        _ => return false,
    }
    true
}

fn check(document: &Value, is_text: bool) -> Result<(), TestCaseError> {
    let (read, faults) = (is_read(document), faults(document));
    let is_taken = config::parse(&document.to_string()).is_ok();
    // Whether a list may be empty the parser says only with the rest.
    let is_fault = |fault: &&String| is_taken || !fault.contains("minItems");
    if read.is_ok() {
        let faults: Vec<&String> = faults.iter().filter(is_fault).collect();
        prop_assert!(
            faults.is_empty(),
            "the parser takes it, the schema not: {faults:?}: {document}"
        );
    }
    if let (false, Err(why)) = (is_text, read) {
        prop_assert!(
            !faults.is_empty(),
            "the schema takes it, the parser not: {why}: {document}"
        );
    }
    Ok(())
}

#[test]
fn a_level_is_not_called_what_a_service_is_without_one() {
    for name in [
        "down",
        "Down",
        "DOWN",
        "takeover",
        "Takeover",
        "last standing",
        "not known yet",
    ] {
        let mut document = whole();
        document["services"]["web"]["levels"][0]["name"] = name.into();
        assert!(config::parse(&document.to_string()).is_err(), "{name}");
        assert_ne!(faults(&document), Vec::<String>::new(), "{name}");
    }
}

/// Where a duration stands, in each form that the schema has for one.
const OF_TIMES: [&str; 6] = [
    "/read_back",
    "/haproxy/interval",
    "/services/web/warm_up",
    "/services/web/drain/for",
    "/services/web/levels/0/when/all/1/at_least/of/0/tcp/timeout",
    "/hooks/0/timeout",
];

/// Where a text of numbers stands: an address, a port, a community.
const OF_NUMBERS: [&str; 12] = [
    "/haproxy/stats",
    "/haproxy/events",
    "/haproxy/control",
    "/services/web/prefixes/1",
    "/services/web/next_hop/0",
    "/services/web/path_information",
    "/services/web/neighbors/0",
    "/services/web/siblings/urls/0",
    "/services/web/community/0",
    "/services/web/large_community/0",
    "/services/web/extended_community/0",
    "/services/web/levels/0/when/all/1/at_least/of/0/tcp/address",
];

/// Numbers at the edges of 8, 16 and 32 bits, and others.
fn number() -> impl Strategy<Value = String> {
    let edges = [
        0,
        1,
        8,
        24,
        32,
        33,
        127,
        224,
        239,
        255,
        256,
        65535,
        65536,
        4_294_967_295,
        4_294_967_296,
    ];
    let edge = proptest::sample::select(edges.to_vec()).prop_map(|number: u64| number.to_string());
    prop_oneof![edge, "0{0,2}[0-9]{1,10}", "[0-9]{1,3}"]
}

/// Durations at the edge of the longest in each unit, and others.
fn duration() -> impl Strategy<Value = String> {
    let longest = [
        ("us", 31_536_000_000_000),
        ("ms", 31_536_000_000),
        ("s", 31_536_000),
        ("m", 525_600),
        ("h", 8760),
        ("d", 365),
    ];
    let edge = (
        proptest::sample::select(longest.to_vec()),
        0..3_u64,
        "0{0,2}",
    )
        .prop_map(|((unit, longest), more, zeros)| format!("{zeros}{}{unit}", longest - 1 + more));
    let other = (
        number(),
        proptest::sample::select(vec!["us", "ms", "s", "m", "h", "d", "", "min"]),
    )
        .prop_map(|(number, unit)| number + unit);
    prop_oneof![2 => edge, 1 => other]
}

/// Texts of numbers in the forms that the keys take.
fn of_numbers() -> impl Strategy<Value = String> {
    let address = || {
        let octets = prop_oneof![
            3 => proptest::collection::vec((0..=255_u8).prop_map(|octet| octet.to_string()), 4),
            1 => proptest::collection::vec(number(), 4)
        ];
        octets.prop_map(|octets| octets.join("."))
    };
    prop_oneof![
        address(),
        (address(), Just("/32")).prop_map(|(address, mask)| address + mask),
        number().prop_map(|mask| format!("2001:db8::/{mask}")),
        (
            prop_oneof![
                address(),
                Just("host".to_owned()),
                Just("127.0.0.1".to_owned()),
                Just("[::1]".to_owned())
            ],
            number()
        )
            .prop_map(|(host, port)| format!("{host}:{port}")),
        number().prop_map(|port| format!("http://127.0.0.1:{port}")),
        number().prop_map(|port| format!("http://host:{port}/health?x")),
        proptest::collection::vec(number(), 1..=3).prop_map(|numbers| numbers.join(":")),
        (
            proptest::sample::select(vec!["target", "origin"]),
            prop_oneof![address(), number()],
            number()
        )
            .prop_map(|(kind, global, local)| format!("{kind}:{global}:{local}")),
    ]
}

proptest! {
    #![proptest_config(crate::cases(2000))]

    #[test]
    fn a_text_of_numbers_is_refused_by_both_or_by_none(text in of_numbers(), at in any::<prop::sample::Index>()) {
        let mut document = whole();
        let place = *at.get(&OF_NUMBERS);
        *document.pointer_mut(place).unwrap() = text.as_str().into();
        let (read, faults) = (is_read(&document), faults(&document));
        // Host bits, and what an IPv6 address looks like, are the parser's alone.
        let is_v6 = ["prefixes", "next_hop", "neighbors"].iter().any(|key| place.contains(key))
            && text.matches(':').count() > 1
            && !text.starts_with("2001:db8::/");
        if read.as_ref().is_err_and(|why| is_v6 || why.contains("has host bits set")) {
            return Ok(());
        }
        prop_assert_eq!(read.is_ok(), faults.is_empty(), "{}: {}: {:?} {:?}", place, text, read.err(), faults);
    }
}

proptest! {
    #![proptest_config(crate::cases(1000))]

    #[test]
    fn a_duration_is_refused_by_both_or_by_none(text in duration(), at in any::<prop::sample::Index>()) {
        let mut document = whole();
        let place = *at.get(&OF_TIMES);
        *document.pointer_mut(place).unwrap() = text.as_str().into();
        let (read, faults) = (is_read(&document), faults(&document));
        prop_assert_eq!(read.is_ok(), faults.is_empty(), "{}: {}: {:?} {:?}", place, text, read.err(), faults);
    }
}

proptest! {
    #![proptest_config(crate::cases(200))]

    #[test]
    fn what_the_schema_allows_is_read(document in Just(()).prop_perturb(|(), mut rng| {
        let schema = schema();
        document(&schema, &schema, &mut rng, 0)
    })) {
        prop_assert_eq!(faults(&document), Vec::<String>::new());
        check(&document, false)?;
    }

    #[test]
    fn a_changed_document_is_refused_by_both_or_by_none(
        generated in proptest::option::of(Just(()).prop_perturb(|(), mut rng| {
            let schema = schema();
            document(&schema, &schema, &mut rng, 0)
        })),
        at in any::<prop::sample::Index>(),
        change in change(),
    ) {
        let mut document = generated.unwrap_or_else(whole);
        let mut found = Vec::new();
        places(&document, "", &mut found);
        if !make(&mut document, &found[at.index(found.len())], &change) {
            return Ok(());
        }
        check(&document, matches!(change, Change::Text(_)))?;
    }
}
