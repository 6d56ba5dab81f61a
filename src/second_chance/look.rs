//! What is in force, what it counted, and what is in the way.

use serde_json::{Value, json};

use super::kernel::{self, list};
use super::plan::{DEVICE, Member, Plan};
use super::rules::{self, COUNTERS};
use crate::control::{Answer, Failure};

/// `second-chance status`.
pub fn status(plan: &Plan, as_json: bool) -> Result<String, Failure> {
    let value = value(plan)?;
    Ok(if as_json { format!("{value:#}\n") } else { text(&value) })
}

/// What is counted, and who answers, for a program.
pub fn value(plan: &Plan) -> Result<Value, Failure> {
    let tables = Tables::read(plan)?;
    if !tables.is_on {
        return Ok(json!({"on": false}));
    }
    let [taken, nobodys, over_limit, forged] = COUNTERS.map(|name| tables.packets(name));
    let siblings: Vec<Value> = plan
        .siblings()
        .iter()
        .map(|sibling| {
            json!({
                "nva": sibling.address,
                "answers": tables.answers(*sibling),
                "handed_to": tables.packets(&rules::handed_to(*sibling)),
            })
        })
        .collect();
    Ok(json!({
        "on": true, "nva": plan.me().address, "siblings": siblings, "taken": taken,
        "nobodys": nobodys, "over_limit": over_limit, "forged": forged,
    }))
}

/// The same for a person.
pub fn text(value: &Value) -> String {
    if value.get("on") != Some(&Value::Bool(true)) {
        return "second chance: off\n".to_owned();
    }
    let number = |of: &Value, key: &str| of.get(key).and_then(Value::as_u64).unwrap_or_default();
    let nva = |of: &Value| of.get("nva").and_then(Value::as_str).unwrap_or("?").to_owned();
    let mut text = format!("second chance: on, at {}\n", nva(value));
    for sibling in value.get("siblings").map(list).unwrap_or_default() {
        let answers =
            if sibling.get("answers") == Some(&Value::Bool(true)) { "answers" } else { "DOES NOT ANSWER" };
        let packets = number(sibling, "handed_to");
        text.push_str(&format!("  sibling {}: {answers}, handed to it: {packets} packets\n", nva(sibling)));
    }
    let [taken, nobodys, over_limit, forged] =
        ["taken", "nobodys", "over_limit", "forged"].map(|key| number(value, key));
    text.push_str(&format!(
        "  taken from siblings: {taken}, nobody's: {nobodys}, over the limit: {over_limit}, forged: {forged}\n"
    ));
    text
}

/// The same for Prometheus, in its text format.
pub fn metrics(plan: &Plan) -> Result<String, Failure> {
    let tables = Tables::read(plan)?;
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, rows: Vec<(Option<Member>, u64)>| {
        let name = format!("haproxy_rhi_second_chance_{name}");
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        for (sibling, value) in rows {
            let label = sibling.map(|sibling| format!("{{nva=\"{}\"}}", sibling.address)).unwrap_or_default();
            text.push_str(&format!("{name}{label} {value}\n"));
        }
    };
    let each = |value: &dyn Fn(Member) -> u64| {
        plan.siblings().iter().map(|sibling| (Some(*sibling), value(*sibling))).collect::<Vec<_>>()
    };
    family("on", "gauge", "Whether the rules are there.", vec![(None, tables.is_on.into())]);
    let answers = each(&|sibling| tables.answers(sibling).into());
    family("sibling_answers", "gauge", "Whether the sibling answers through the tunnel.", answers);
    let handed = each(&|sibling| tables.packets(&rules::handed_to(sibling)));
    family("handed_over_packets_total", "counter", "Packets that were handed to the sibling.", handed);
    for (counter, help) in COUNTERS.iter().zip([
        "Packets from siblings whose connection is here.",
        "Packets of no connection that any NVA holds.",
        "Packets that were dropped since there were more than the limit.",
        "Packets that were dropped since no sibling can have sent them.",
    ]) {
        let name = format!("{counter}_packets_total");
        family(&name, "counter", help, vec![(None, tables.packets(counter))]);
    }
    Ok(text)
}

/// `second-chance check`.
pub fn check(plan: &Plan, as_json: bool) -> Result<Answer, Failure> {
    let findings = findings(plan)?;
    let wrong = findings.iter().filter(|finding| finding.problem.is_some()).count();
    let text = if as_json {
        let rows: Vec<Value> = findings
            .iter()
            .map(|finding| json!({"what": finding.what, "problem": finding.problem}))
            .collect();
        format!("{:#}\n", json!({"ready": wrong == 0, "findings": rows}))
    } else {
        let row = |finding: &Finding| match &finding.problem {
            None => format!("ok     {}\n", finding.what),
            Some(problem) => format!("WRONG  {}: {problem}\n", finding.what),
        };
        findings.iter().map(row).collect()
    };
    let failure = (wrong > 0).then(|| {
        Failure::NotReached(
            "connections would not survive a move of the route: see the lines marked WRONG".to_owned(),
        )
    });
    Ok(Answer { text, failure })
}

/// What is in the way, a line each; nothing where all is well.
pub fn problems(plan: &Plan) -> Result<Vec<String>, Failure> {
    let row = |finding: Finding| finding.problem.map(|problem| format!("{}: {problem}", finding.what));
    Ok(findings(plan)?.into_iter().filter_map(row).collect())
}

struct Finding {
    what: String,
    problem: Option<String>,
}

fn findings(plan: &Plan) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    let mut find = |what: String, holds: bool, problem: &str| {
        findings.push(Finding { what, problem: (!holds).then(|| problem.to_owned()) });
    };
    let up = "run 'haproxy-rhi second-chance up'";
    let addresses = kernel::addresses()?;
    for prefix in plan.settings().prefixes.iter().filter(|prefix| prefix.host().is_some()) {
        let holds = addresses.iter().any(|address| prefix.contains(*address));
        find(
            format!("{prefix} is an address of this host"),
            holds,
            "it is not; put it on lo (anycast-address@.service)",
        );
    }
    let tables = Tables::read(plan)?;
    find("the rules are there".to_owned(), tables.is_on, &format!("they are not; {up}"));
    let marks = kernel::sysctl("net/ipv4/tcp_fwmark_accept") == Some(1);
    find("connections are marked".to_owned(), marks, &format!("net.ipv4.tcp_fwmark_accept is not 1; {up}"));
    let mtu = kernel::link(DEVICE)?.map(|link| link.mtu);
    find(format!("the tunnel '{DEVICE}' is there"), mtu.is_some(), &format!("it is not; {up}"));
    if let Some(mtu) = mtu {
        let (own, all) = ["all", DEVICE]
            .map(|name| kernel::sysctl(&format!("net/ipv4/conf/{name}/rp_filter")).unwrap_or_default())
            .into();
        let strict = own.max(all) == 1;
        find(
            "the tunnel has no strict reverse path filter".to_owned(),
            !strict,
            &format!("rp_filter is 1; {up}"),
        );
        let room = kernel::way_mtu(plan).map(|way| plan.inside(way)).unwrap_or_default();
        let problem = format!(
            "it is {mtu}, and the way to the siblings leaves {room}; packets are sent in fragments; change or remove the line 'mtu'"
        );
        find("the tunnel's MTU fits its way".to_owned(), mtu <= room.into(), &problem);
        for sibling in plan.siblings() {
            let problem = format!(
                "it does not; is it on there, does haproxy-rhi-second-chance-heartbeat.service run here, is UDP {} open both ways, \
                 and does an MTU of {mtu} get through?",
                plan.settings().port
            );
            find(format!("sibling {} answers", sibling.address), tables.answers(*sibling), &problem);
        }
    }
    Ok(findings)
}

/// What nft tells.
struct Tables {
    is_on: bool,
    counters: Vec<Value>,
    alive: Vec<Member>,
}

impl Tables {
    fn read(plan: &Plan) -> Result<Self, Failure> {
        let mut tables = Self { is_on: true, counters: Vec::new(), alive: plan.siblings().to_vec() };
        for family in plan.families() {
            let table = rules::nft(family);
            match kernel::nft_list(&["counters", "table", table, rules::TABLE])? {
                Some(counters) => tables.counters.extend(counters),
                None => tables.is_on = false,
            }
            let mut alive = Vec::new();
            for sibling in tables.alive {
                let set = kernel::nft_list(&["set", table, rules::TABLE, &rules::alive(sibling)])?;
                let elements = set.unwrap_or_default();
                if elements
                    .iter()
                    .any(|row| !row.pointer("/set/elem").map(list).unwrap_or_default().is_empty())
                {
                    alive.push(sibling);
                }
            }
            tables.alive = alive;
        }
        Ok(tables)
    }

    fn answers(&self, sibling: Member) -> bool {
        self.alive.contains(&sibling)
    }

    /// Of both families together.
    fn packets(&self, counter: &str) -> u64 {
        let rows = self.counters.iter().filter_map(|row| row.get("counter"));
        let named = rows.filter(|row| row.get("name").and_then(Value::as_str) == Some(counter));
        named.filter_map(|row| row.get("packets").and_then(Value::as_u64)).sum()
    }
}
