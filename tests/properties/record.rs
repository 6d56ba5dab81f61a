//! A record has all that was put into it, and what is no record harms nobody.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use haproxy_rhi::config;
use haproxy_rhi::drain::{OLD, Order, Orders};
use haproxy_rhi::exabgp::{Message, message};
use haproxy_rhi::observation::{
    BackendRow, Cause, Finding, Look, Process, Proxy, Reading, ServerRow, ServerState, Snapshot,
    Trouble,
};
use haproxy_rhi::program::{Input, Plan, Reason};
use haproxy_rhi::record::{Event, Reader, Scribe};
use haproxy_rhi::replay::{ReplayTask, replay};
use proptest::prelude::*;

use super::cases;

const CONFIG: &str = r#"{"services": {"web": {"prefixes": ["9.9.9.9/32"], "next_hop": "192.0.2.1", "as_path": [65010], "siblings": {"urls":
    ["http://192.0.2.7/health"]}, "levels": [{"name": "up", "when": {"all": [{"backend": {"name": "a"}}, {"backend": {"name": "b"}},
    {"file": {"path": "/run/ready"}}]}}]}}}"#;

/// Every kind of line that ExaBGP writes.
const HEARD: [&str; 12] = [
    "done",
    "error",
    "error: no such command",
    "exabgp 4.2.21",
    "{\"version\": \"6.0.0\", \"application\": \"exabgp\"}",
    "neighbor 192.0.2.2 up",
    "neighbor 0:0:0:0:0:0:0:1 down - peer reset",
    "shutdown 12 34",
    "neighbor 192.0.2.2 local-ip 192.0.2.1 local-as 65010 peer-as 65515 router-id 192.0.2.1 family-allowed in-open ipv4 unicast \
     9.9.9.9/32 next-hop 192.0.2.1 as-path [ 65010 65010 ] community 65010:1 path-information 0.0.0.7",
    "192.0.2.2 65515 0:00:05 established 1 1",
    "[]",
    "what is \"this\"?",
];

fn text() -> impl Strategy<Value = String> {
    "[a-z\"\\\\é\n{]{0,6}"
}

fn row() -> impl Strategy<Value = ServerRow> {
    let states = [
        ServerState::Usable,
        ServerState::Unchecked,
        ServerState::Maint,
        ServerState::Drain,
        ServerState::Unresolved,
        ServerState::Weightless,
        ServerState::Strange,
        ServerState::Down,
    ];
    let state = proptest::sample::select(states.to_vec());
    let tracks = proptest::option::of((text(), text()));
    (text(), any::<bool>(), any::<u32>(), state, text(), tracks).prop_map(
        |(name, backup, weight, state, words, tracks)| ServerRow {
            name,
            backup,
            weight,
            state,
            words,
            tracks,
            remembered: None,
        },
    )
}

fn proxy() -> impl Strategy<Value = Proxy> {
    let backend = proptest::option::of((text(), any::<u32>()));
    let rows = proptest::collection::vec(row(), 0..3);
    (proptest::option::of(text()), backend, rows).prop_map(|(frontend, backend, servers)| Proxy {
        frontend,
        backend: backend.map(|(status, usable)| BackendRow { status, usable }),
        servers,
    })
}

fn snapshot() -> impl Strategy<Value = Result<Snapshot, Trouble>> {
    let process = proptest::option::of((
        text(),
        0..3_u32,
        any::<bool>(),
        proptest::option::of(any::<u64>()),
    ));
    let proxies = proptest::collection::btree_map("[abc]", proxy(), 0..3);
    let table = (process, proxies).prop_map(|(process, proxies)| Snapshot {
        process: process.map(|(version, pid, stopping, uptime)| Process {
            version,
            pid,
            stopping,
            uptime,
        }),
        proxies,
    });
    prop_oneof![
        4 => table.prop_map(Ok),
        1 => text().prop_map(|why| Err(Trouble::Gone(why))),
        1 => text().prop_map(|why| Err(Trouble::Unreadable(why))),
    ]
}

/// An input at a time; times within it are before.
fn input(at: Instant) -> impl Strategy<Value = Input> {
    let result = || prop_oneof![Just(Ok(())), text().prop_map(Err)];
    let cause = proptest::sample::select(vec![Cause::Poll, Cause::Event, Cause::End]);
    let here = prop_oneof![any::<bool>().prop_map(Ok), text().prop_map(Err)];
    let addresses = proptest::collection::btree_map(any::<std::net::IpAddr>(), here, 0..2);
    let look = (
        any::<u32>(),
        cause,
        proptest::option::of(snapshot()),
        addresses,
    );
    let look = look.prop_map(move |(watch, cause, haproxy, addresses)| {
        let look = Look {
            at,
            cause,
            haproxy,
            addresses,
        };
        Input::Looked(watch, look)
    });
    let probes: Vec<_> = Plan::of(&config::parse(CONFIG).unwrap())
        .probed()
        .into_iter()
        .cloned()
        .collect();
    let holds = proptest::option::of(any::<bool>());
    let found = (
        any::<u32>(),
        proptest::sample::select(probes),
        holds,
        text(),
    );
    let found = (found, any::<bool>(), proptest::option::of(any::<bool>()));
    let found = found.prop_map(move |((watch, probe, holds, why), is_silence, is_own)| {
        let what = Finding {
            is_silence,
            is_own,
            name: is_own.and_then(|_| "192.0.2.1".parse().ok()),
            ..Finding::new(holds, why)
        };
        Input::Probed(watch, probe, Reading { at, what })
    });
    let order = (any::<u64>(), proptest::option::of(text()), any::<bool>());
    let order = order.prop_map(move |(age, word, force)| Order {
        read: at,
        age: if force {
            OLD
        } else {
            Duration::from_nanos(age)
        },
        id: word.clone(),
        by: None,
        reason: word,
        force,
    });
    let orders = proptest::collection::btree_map("web|@all", order, 0..3);
    let heard: Vec<Message> = HEARD.iter().filter_map(|line| message(line)).collect();
    assert!(heard.len() >= 10);
    prop_oneof![
        Just(Input::Configuration(Box::new(
            config::parse(CONFIG).unwrap()
        ))),
        orders.prop_map(|orders| Input::Orders(Orders(orders))),
        (any::<u32>(), result()).prop_map(|(watch, result)| Input::Watching(watch, result)),
        look,
        found,
        proptest::sample::select(heard).prop_map(Input::Heard),
        Just(Input::Heard(Message::TooLong)),
        Just(Input::Written),
        any::<u32>().prop_map(Input::Kept),
        result().prop_map(Input::Switched),
        prop_oneof![Just(Reason::Told), text().prop_map(Reason::Gone)].prop_map(Input::Leave),
    ]
}

/// Calls, each so long after the one before, of a process that begins with its configuration.
fn calls(start: Instant) -> impl Strategy<Value = Vec<(Instant, Vec<Input>)>> {
    let call = (0..5_000_000_000_u64).prop_flat_map(move |wait| {
        let inputs = input(start + Duration::from_nanos(wait));
        (Just(wait), proptest::collection::vec(inputs, 0..4))
    });
    proptest::collection::vec(call, 0..12).prop_map(move |calls| {
        let config = Input::Configuration(Box::new(config::parse(CONFIG).unwrap()));
        let mut now = start;
        let first = (start, vec![config]);
        let later = calls.into_iter().map(|(wait, inputs)| {
            now += Duration::from_nanos(wait);
            (now, inputs)
        });
        std::iter::once(first).chain(later).collect()
    })
}

fn written(start: Instant, calls: &[(Instant, Vec<Input>)]) -> String {
    let mut scribe = Scribe::new(start, "1".to_owned());
    let wall = "2026-11-22T10:08:00.123Z".to_owned();
    let mut text = scribe.head(Vec::new(), &[], "", (start, wall));
    for (at, inputs) in calls {
        scribe.called(inputs, CONFIG, *at);
        text.push_str(&scribe.ended(&[]).0);
    }
    text
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn what_is_read_is_what_was_written(calls in calls(Instant::now())) {
        let start = calls[0].0;
        let (mut read, mut reader) = (Vec::new(), Reader::new(start));
        let mut tell = |event| match event {
            Event::Life(life) => assert!(life.is_whole()),
            Event::Call(call) => read.push((call.at, call.inputs)),
            Event::Cut => panic!("nothing is cut"),
        };
        reader.file(written(start, &calls).as_bytes(), &mut tell).unwrap();
        reader.end(&mut tell).unwrap();
        prop_assert_eq!(format!("{read:?}"), format!("{calls:?}"));
    }

    #[test]
    fn a_record_that_is_cut_is_replayed_to_there(
        calls in calls(Instant::now()),
        at in any::<proptest::sample::Index>(),
    ) {
        let start = calls[0].0;
        let text = written(start, &calls);
        let whole = text.lines().next().unwrap().len() + 1;
        let cut = whole + at.index(text.len() - whole);
        let text = &text.as_bytes()[..cut];
        let (mut read, mut is_cut, mut reader) = (0, false, Reader::new(start));
        let mut tell = |event| match event {
            Event::Life(_) => {}
            Event::Call(_) => read += 1,
            Event::Cut => is_cut = true,
        };
        reader.file(text, &mut tell).unwrap();
        reader.end(&mut tell).unwrap();
        let lines = text.iter().filter(|byte| **byte == b'\n').count() - 1;
        let rest = text.rsplit(|byte| *byte == b'\n').next().unwrap();
        // A line that lacks nothing but its end is whole.
        let more = usize::from(!rest.is_empty() && !is_cut);
        prop_assert_eq!(read, lines + more);
        let is_whole = rest.ends_with(b"}");
        prop_assert!(more == 0 || is_whole);
    }

    #[test]
    fn what_is_no_record_harms_nobody(
        calls in calls(Instant::now()),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let start = calls[0].0;
        let mut bytes = written(start, &calls).into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("record");
        fs::write(&file, bytes).unwrap();
        let config = folder.path().join("config.json");
        fs::write(&config, CONFIG).unwrap();
        let task = ReplayTask { file, config: Some(config), json: false, svg: Some("-".into()) };
        // Whatever comes of it.
        let _ = replay(&task, start);
    }
}

/// A line of each kind, which a later version must read.
#[test]
fn the_format_is_what_it_was() {
    let start = Instant::now();
    let at = start + Duration::from_millis(1);
    let proxies = BTreeMap::from([("a".to_owned(), Proxy::default())]);
    let look = Look {
        at,
        cause: Cause::End,
        haproxy: Some(Ok(Snapshot {
            process: None,
            proxies,
        })),
        addresses: BTreeMap::new(),
    };
    let calls = [(
        at,
        vec![
            Input::Orders(Orders::default()),
            Input::Watching(1, Ok(())),
            Input::Looked(1, look),
            Input::Heard(message(HEARD[8]).unwrap()),
            Input::Written,
            Input::Kept(2),
            Input::Switched(Err("away".to_owned())),
            Input::Leave(Reason::Told),
        ],
    )];
    let text = written(start, &calls);
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "{{\"haproxy_rhi_record\":1,\"version\":\"{version}\",{}",
        concat!(
            r#""wall":"2026-11-22T10:08:00.123Z","life":"1","at":0,"calls":0,"routes":[]}"#,
            "\n",
            r#"{"at":1000000,"in":[{"orders":{}},{"watching":[1,{"Ok":null}]},"#,
            r#"{"looked":{"watch":1,"at":1000000,"cause":"end","haproxy":{"table":{"nameless":true,"#,
            r#""proxies":{"a":{"frontend":null,"backend":null,"servers":[]}}}}}},"#,
            r#"{"heard":{"held":{"neighbor":"192.0.2.2","prefix":"9.9.9.9/32","path_information":"7","#,
            r#""next_hop":"192.0.2.1","words":{"as-path":["65010","65010"],"community":["65010:1"],"#,
            r#""next-hop":["192.0.2.1"]},"size":219}}},"written",{"kept":2},"#,
            r#"{"switched":{"Err":"away"}},{"leave":"told"}]}"#,
            "\n",
        )
    );
    assert_eq!(text, expected);
}
