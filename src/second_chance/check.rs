//! `check`: what keeps connections from outliving a move.

use serde_json::{Value, json};

use super::args::Files;
use super::kernel;
use super::mtu;
use super::plan::{DEVICE, Member, Plan};
use super::set_up;
use super::tables::Tables;
use super::validate;
use super::warning::anycast;
use haproxy_rhi::failure::{self, Answer, Failure};

pub fn check(plan: &Plan, at: &Files, as_json: bool) -> Result<Answer, Failure> {
    let findings = findings(plan, at)?;
    let wrong = findings
        .iter()
        .filter(|finding| finding.problem.is_some())
        .count();
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
        failure::not_reached(
            "connections would not survive a move of the route: see the lines marked WRONG"
                .to_owned(),
        )
    });
    Ok((text, failure).into())
}

struct Finding {
    what: String,
    problem: Option<String>,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn find(&mut self, what: impl Into<String>, problem: Option<impl Into<String>>) {
        self.0.push(Finding {
            what: what.into(),
            problem: problem.map(Into::into),
        });
    }
}

/// The cure of most findings.
pub const UP: &str = "run 'haproxy-rhi-second-chance up'";
/// Of a sibling that answers and does not ask.
pub const SILENT: &str = "its heartbeat does not run, so it hands nothing over; start haproxy-rhi-second-chance-heartbeat.service there, or by hand \
                          'haproxy-rhi-second-chance heartbeat'; where it runs, its 'mtu' does not get through";
const NOT_HERE: &str = "it does not, so nothing is handed over; start haproxy-rhi-second-chance-heartbeat.service, or by hand \
                        'haproxy-rhi-second-chance heartbeat'";

fn findings(plan: &Plan, at: &Files) -> Result<Vec<Finding>, Failure> {
    let mut found = Findings::default();
    for (what, problem) in anycast(plan)? {
        found.find(what, problem);
    }
    let tables = Tables::read(plan)?;
    found.find(
        "the rules are there",
        (!tables.is_on).then(|| format!("they are not; {UP}")),
    );
    if tables.is_on {
        let another = || format!("the file, or the way to the siblings, is another since; {UP}");
        found.find(
            "the rules are those of the file",
            (!set_up::is_of_file(plan, &at.state)).then(another),
        );
    }
    let marks = kernel::sysctl("net/ipv4/tcp_fwmark_accept") == Some(1);
    let problem = || format!("net.ipv4.tcp_fwmark_accept is not 1; {UP}");
    found.find("connections are marked", (!marks).then(problem));
    let device = kernel::link(DEVICE)?;
    let absent = match &device {
        None => Some(format!("it is not; {UP}")),
        Some(device) => device.foreign(),
    };
    found.find(format!("the tunnel '{DEVICE}' is there"), absent.clone());
    if let Some(device) = device.filter(|_| absent.is_none()) {
        let problem = || format!("it is down, or lacks one of its addresses; {UP}");
        let is_whole = set_up::is_whole(plan, &device);
        found.find(
            "the tunnel is up, with its addresses",
            (!is_whole).then(problem),
        );
        tunnel(plan, device.mtu, &tables, &mut found);
    }
    tracking(&mut found);
    for what in validate::left_out(&at.config, plan.settings()) {
        found.find("every prefix of config.json is in the file", Some(what));
    }
    Ok(found.0)
}

fn tunnel(plan: &Plan, mtu: u64, tables: &Tables, found: &mut Findings) {
    let filter =
        |name| kernel::sysctl(&format!("net/ipv4/conf/{name}/rp_filter")).unwrap_or_default();
    let strict = filter("all").max(filter(DEVICE)) == 1;
    let problem = || format!("net.ipv4.conf.all.rp_filter or that of {DEVICE} is 1; {UP}");
    found.find(
        "the tunnel has no strict reverse path filter",
        strict.then(problem),
    );
    let no_way = mtu::narrowest(plan).err();
    if no_way.is_none() {
        let problem = match mtu::tunnel_mtu(plan) {
            Err(narrow) => Some(narrow.to_string()),
            Ok(wanted) if mtu != u64::from(wanted) => {
                Some(format!("it is {mtu}, and has to be {wanted}; {UP}"))
            }
            Ok(_) => mtu::in_fragments(plan),
        };
        found.find("the tunnel's MTU fits its way", problem);
    }
    found.find(
        "there is a way to each sibling",
        no_way.map(|why| why.to_string()),
    );
    let asks = tables.asks(plan.me());
    found.find("the heartbeat runs here", (!asks).then_some(NOT_HERE));
    for sibling in plan.siblings() {
        self::sibling(plan, *sibling, mtu, tables, found);
    }
}

fn sibling(plan: &Plan, sibling: Member, mtu: u64, tables: &Tables, found: &mut Findings) {
    let (answers, asks, differs) = (
        tables.answers(sibling),
        tables.asks(sibling),
        tables.differs(sibling),
    );
    let (address, port) = (sibling.address, plan.settings().port);
    let same = format!(
        "'haproxy-rhi-second-chance validate' has to say {:08x} there, as here",
        plan.settings().fingerprint()
    );
    let silent = || match (tables.asks(plan.me()), asks) {
        (false, _) => "it does not; no heartbeat of this NVA asks it".to_owned(),
        (true, true) => format!(
            "it does not; it asks: does its firewall, or this one's, drop ICMP on '{DEVICE}', does an MTU of {mtu} get through, \
             and is its file the same? {same}"
        ),
        (true, false) => format!(
            "it does not, and no packet of it arrives: is it switched on there, is UDP {port} open both ways, does an MTU of {mtu} get \
             through, and is its file the same (with another order or port nothing arrives)? {same}"
        ),
    };
    found.find(
        format!("sibling {address} answers"),
        (!answers).then(silent),
    );
    if answers {
        found.find(
            format!("sibling {address} asks"),
            (!asks).then(|| format!("it does not: {SILENT}")),
        );
    }
    if answers || differs {
        let problem =
            || format!("it has another file: other prefixes, other NVAs or another order; {same}");
        found.find(
            format!("sibling {address} has the same file"),
            differs.then(problem),
        );
    }
}

/// The second chance needs no connection tracking. Where other rules use it, a full table drops what opens a connection.
fn tracking(found: &mut Findings) {
    let number = |name| kernel::sysctl(&format!("net/netfilter/nf_conntrack_{name}"));
    let (Some(count), Some(most)) = (number("count"), number("max")) else {
        return;
    };
    // A limit of 0 is none.
    let is_full = most > 0 && count >= most - most / 10;
    let problem = "it is nearly full, and full it drops packets; raise net.netfilter.nf_conntrack_max, or see what fills it (conntrack -L)";
    found.find(
        format!("connection tracking has room ({count} of {most})"),
        is_full.then_some(problem),
    );
}
