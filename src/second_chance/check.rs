//! `check`: what is in the way of connections that are to outlive a move.

use serde_json::{Value, json};

use super::args::Files;
use super::beside;
use super::kernel;
use super::plan::{DEVICE, Plan};
use super::set_up;
use super::tables::Tables;
use super::way;
use haproxy_rhi::control::{Answer, Failure};

/// Says it of everything that is looked at.
pub fn check(plan: &Plan, at: &Files, as_json: bool) -> Result<Answer, Failure> {
    let findings = findings(plan, at)?;
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

struct Finding {
    what: String,
    problem: Option<String>,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn find(&mut self, what: impl Into<String>, holds: bool, problem: impl Into<String>) {
        self.0.push(Finding { what: what.into(), problem: (!holds).then(|| problem.into()) });
    }
}

const UP: &str = "run 'haproxy-rhi-second-chance up'";

fn findings(plan: &Plan, at: &Files) -> Result<Vec<Finding>, Failure> {
    let mut found = Findings::default();
    let addresses = kernel::addresses()?;
    for prefix in plan.settings().prefixes.iter().filter(|prefix| prefix.host().is_some()) {
        let holds = addresses.iter().any(|address| prefix.contains(*address));
        let problem = "it is not; put it on lo (anycast-address@.service)";
        found.find(format!("{prefix} is an address of this host"), holds, problem);
    }
    let tables = Tables::read(plan)?;
    found.find("the rules are there", tables.is_on, format!("they are not; {UP}"));
    if tables.is_on {
        let is_of_file = set_up::is_of_file(plan, &at.state);
        let another = || format!("the file, or the way to the siblings, is another since; {UP}");
        let problem = is_of_file.as_ref().err().map_or_else(another, Failure::to_string);
        found.find("the rules are those of the file", is_of_file.unwrap_or_default(), problem);
    }
    let marks = kernel::sysctl("net/ipv4/tcp_fwmark_accept") == Some(1);
    found.find("connections are marked", marks, format!("net.ipv4.tcp_fwmark_accept is not 1; {UP}"));
    let device = kernel::link(DEVICE)?;
    found.find(format!("the tunnel '{DEVICE}' is there"), device.is_some(), format!("it is not; {UP}"));
    if let Some(device) = device {
        let problem = format!("it is down, or lacks one of its addresses; {UP}");
        found.find("the tunnel is up, with its addresses", set_up::is_whole(plan, &device), problem);
        tunnel(plan, device.mtu, &tables, &mut found);
    }
    tracking(&mut found);
    for what in beside::left_out(&at.config, plan.settings()) {
        found.find("every prefix of config.json is in the file", false, what);
    }
    Ok(found.0)
}

fn tunnel(plan: &Plan, mtu: u64, tables: &Tables, found: &mut Findings) {
    let filter = |name| kernel::sysctl(&format!("net/ipv4/conf/{name}/rp_filter")).unwrap_or_default();
    let strict = filter("all").max(filter(DEVICE)) == 1;
    found.find(
        "the tunnel has no strict reverse path filter",
        !strict,
        format!("net.ipv4.conf.all.rp_filter or that of {DEVICE} is 1; {UP}"),
    );
    let room = way::narrowest(plan).map(|way| plan.inside(way)).unwrap_or_default();
    let problem = format!(
        "it is {mtu}, and the way to the siblings leaves {room}; packets are sent in fragments; change or remove the line 'mtu'"
    );
    found.find("the tunnel's MTU fits its way", mtu <= room.into(), problem);
    if let Ok(wanted) = way::tunnel_mtu(plan) {
        let problem = format!("it is {mtu}, and has to be {wanted}; {UP}");
        found.find("the tunnel's MTU is that of the rules", mtu == u64::from(wanted), problem);
    }
    let fingerprint = plan.settings().fingerprint();
    for sibling in plan.siblings() {
        let (answers, differs) = (tables.answers(*sibling), tables.differs(*sibling));
        let problem = format!(
            "it does not; is it on there, does haproxy-rhi-second-chance-heartbeat.service run here, is UDP {} open both ways, \
             does an MTU of {mtu} get through, and is its file this one, of fingerprint {fingerprint:08x}?",
            plan.settings().port
        );
        found.find(format!("sibling {} answers", sibling.address), answers, problem);
        if answers || differs {
            let problem = format!(
                "it has not: other prefixes, NVAs or another order; 'haproxy-rhi-second-chance validate' has to say {fingerprint:08x} there, as here"
            );
            found.find(format!("sibling {} has the same file", sibling.address), !differs, problem);
        }
    }
}

/// The second chance needs no connection tracking. Where other rules use it, a full table drops what opens a connection.
fn tracking(found: &mut Findings) {
    let number = |name| kernel::sysctl(&format!("net/netfilter/nf_conntrack_{name}"));
    let (Some(count), Some(most)) = (number("count"), number("max")) else { return };
    // A limit of 0 is none.
    let has_room = most == 0 || count < most - most / 10;
    found.find(
        format!("connection tracking has room ({count} of {most})"),
        has_room,
        "it is nearly full, and full it drops packets; raise net.netfilter.nf_conntrack_max, or see what fills it (conntrack -L)",
    );
}
