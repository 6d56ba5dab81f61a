//! `status`: what is in force, and what it counted; and the same for Prometheus.

use serde_json::{Value, json};

use super::kernel::list;
use super::plan::{Member, Plan};
use super::rules::{self, COUNTERS};
use super::tables::Tables;
use haproxy_rhi::failure::Failure;

/// `status`.
pub fn status(plan: &Plan, as_json: bool) -> Result<String, Failure> {
    let value = value(plan, &Tables::read(plan)?);
    Ok(if as_json {
        format!("{value:#}\n")
    } else {
        text(&value)
    })
}

/// What is counted, and which siblings answer, as JSON.
pub fn value(plan: &Plan, tables: &Tables) -> Value {
    if !tables.is_on {
        return json!({"on": false});
    }
    let [taken, nobodys, over_limit, forged] = COUNTERS.map(|name| tables.packets(name));
    let siblings: Vec<Value> = plan
        .siblings()
        .iter()
        .map(|sibling| {
            json!({
                "nva": sibling.address,
                "answers": tables.answers(*sibling),
                "asks": tables.asks(*sibling),
                "other_file": tables.differs(*sibling),
                "handed_to": tables.packets(&rules::handed_to(*sibling)),
            })
        })
        .collect();
    json!({
        "on": true, "nva": plan.me().address, "asks": tables.asks(plan.me()), "fingerprint": format!("{:08x}", plan.settings().fingerprint()),
        "siblings": siblings, "taken": taken, "nobodys": nobodys, "over_limit": over_limit, "forged": forged,
    })
}

/// The same as text.
pub fn text(value: &Value) -> String {
    if value.get("on") != Some(&Value::Bool(true)) {
        return "second chance: off\n".to_owned();
    }
    let number = |of: &Value, key: &str| of.get(key).and_then(Value::as_u64).unwrap_or_default();
    let nva = |of: &Value| {
        of.get("nva")
            .and_then(Value::as_str)
            .unwrap_or("?")
            .to_owned()
    };
    let is = |of: &Value, key: &str| of.get(key) == Some(&Value::Bool(true));
    let asks = if is(value, "asks") {
        ""
    } else {
        "; ITS HEARTBEAT DOES NOT RUN, so it hands nothing over"
    };
    let mut text = format!("second chance: on, at {}{asks}\n", nva(value));
    for sibling in value.get("siblings").map(list).unwrap_or_default() {
        let answers = match (is(sibling, "answers"), is(sibling, "asks")) {
            (true, true) => "answers",
            (true, false) => "answers, DOES NOT ASK",
            (false, _) => "DOES NOT ANSWER",
        };
        let packets = number(sibling, "handed_to");
        let file = if is(sibling, "other_file") {
            ", HAS ANOTHER FILE"
        } else {
            ""
        };
        text.push_str(&format!(
            "  sibling {}: {answers}{file}, handed to it: {packets} packets\n",
            nva(sibling)
        ));
    }
    let [taken, nobodys, over_limit, forged] =
        ["taken", "nobodys", "over_limit", "forged"].map(|key| number(value, key));
    text.push_str(&format!(
        "  taken from siblings: {taken}, nobody's: {nobodys}, over the limit: {over_limit}, forged: {forged}\n"
    ));
    text
}

/// A metric with a series for each sibling: its name, its kind, its help, and the value.
type OfSiblings = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Tables, Member) -> u64,
);

const OF_SIBLINGS: [OfSiblings; 4] = [
    (
        "sibling_answers",
        "gauge",
        "Whether the sibling answers through the tunnel.",
        |tables, sibling| tables.answers(sibling).into(),
    ),
    (
        "sibling_asks",
        "gauge",
        "Whether the sibling asks, and so hands anything over: its heartbeat runs.",
        |tables, sibling| tables.asks(sibling).into(),
    ),
    (
        "sibling_file_differs",
        "gauge",
        "Whether the sibling's second-chance.conf is another.",
        |tables, sibling| tables.differs(sibling).into(),
    ),
    (
        "handed_over_packets_total",
        "counter",
        "Packets that were handed to the sibling.",
        |tables, sibling| tables.packets(&rules::handed_to(sibling)),
    ),
];

/// The same for Prometheus, in its text format.
pub fn metrics(plan: &Plan, tables: &Tables) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, rows: Vec<(Option<Member>, u64)>| {
        let name = format!("haproxy_rhi_second_chance_{name}");
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        for (sibling, value) in rows {
            let label = sibling
                .map(|sibling| format!("{{nva=\"{}\"}}", sibling.address))
                .unwrap_or_default();
            text.push_str(&format!("{name}{label} {value}\n"));
        }
    };
    let on = vec![(None, tables.is_on.into())];
    family("on", "gauge", "Whether the rules are there.", on);
    for (name, kind, help, value) in OF_SIBLINGS {
        let siblings = plan.siblings().iter();
        let rows = siblings.map(|sibling| (Some(*sibling), value(tables, *sibling)));
        family(name, kind, help, rows.collect());
    }
    for (counter, help) in COUNTERS.iter().zip([
        "Packets from siblings whose connection is here.",
        "Packets of no connection that any NVA holds.",
        "Packets that were dropped since there were more than the limit.",
        "Packets that were dropped since no sibling can have sent them.",
    ]) {
        let name = format!("{counter}_packets_total");
        family(
            &name,
            "counter",
            help,
            vec![(None, tables.packets(counter))],
        );
    }
    text
}
