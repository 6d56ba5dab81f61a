//! Whether a condition holds. Pure.
//! In come a condition and an observation.
//! Out goes yes, no or unknown (Kleene's three values), with the reason.

use std::fmt::Write;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::condition::{BackendRule, Condition, Count, FrontendRule, Probe, ProxyName};
use crate::observation::{
    BackendRow, Observation, Out, Proxy, ServerRow, ServerState, Snapshot, Trouble,
};

/// Yes, no, or it cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    /// It does not hold.
    No,
    /// It cannot be told.
    Unknown,
    /// It holds.
    Yes,
}

impl Truth {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Unknown => "unknown",
            Self::Yes => "yes",
        }
    }
}

impl From<Option<bool>> for Truth {
    fn from(value: Option<bool>) -> Self {
        match value {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Unknown,
        }
    }
}

/// A truth and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it holds.
    pub truth: Truth,
    /// It does not hold because operators wished so (DRAIN, MAINT, a disabled frontend) since the level was confirmed: that
    /// alone takes it away, without any failure.
    pub wish: bool,
    /// In words and figures.
    pub why: String,
}

impl Verdict {
    /// A verdict that is nobody's wish.
    pub fn new(truth: Truth, why: impl Into<String>) -> Self {
        Self {
            truth,
            wish: false,
            why: why.into(),
        }
    }
}

/// The longest reason: a line of a log, not a page.
const LONGEST_REASON: usize = 300;

/// What is known from before the look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Past<'past> {
    /// Only looks that began after this are believed, and what an older one said is unknown: so that one reading of a
    /// slow probe is not counted twice.
    pub newer_than: Option<Instant>,
    /// What took no requests when the level was confirmed last: that it takes none now is no wish of an operator's.
    pub out: Option<&'past Out>,
}

impl Past<'_> {
    /// Nothing is known: the look stands for itself.
    pub fn none() -> Self {
        Self::default()
    }

    /// What was seen at this time is news.
    pub fn is_before(&self, at: Instant) -> bool {
        self.newer_than.is_none_or(|time| at > time)
    }

    /// It took requests when the level was confirmed.
    fn was_in(&self, proxy: &str, server: Option<&str>) -> bool {
        let known = |out: &Out| {
            !out.is_empty() && out.contains(&(proxy.to_owned(), server.map(str::to_owned)))
        };
        !self.out.is_some_and(known)
    }
}

/// Whether `condition` holds.
pub fn verdict(condition: &Condition, seen: &Observation, past: Past<'_>) -> Verdict {
    let sub = |condition: &Condition| verdict(condition, seen, past);
    match condition {
        Condition::All(list) => all(list.iter().map(sub).collect()),
        Condition::Any(list) => any(list.iter().map(sub).collect()),
        Condition::Not(inner) => negated(sub(inner)),
        Condition::AtLeast(rule) => at_least(rule.count, rule.of.iter().map(sub).collect()),
        Condition::Backend(rule) => {
            in_haproxy(seen, past, |snapshot| backend(rule, snapshot, past))
        }
        Condition::Frontend(rule) => {
            in_haproxy(seen, past, |snapshot| frontend(rule, snapshot, past))
        }
        Condition::Http(probe) => probed(&Probe::Http(probe.clone()), seen, past),
        Condition::Tcp(probe) => probed(&Probe::Tcp(probe.clone()), seen, past),
        Condition::File(probe) => probed(&Probe::File(probe.clone()), seen, past),
        Condition::Command(probe) => probed(&Probe::Command(probe.clone()), seen, past),
    }
}

/// Every one holds: the lowest of their truths.
pub fn all(verdicts: Vec<Verdict>) -> Verdict {
    let truth = verdicts
        .iter()
        .map(|verdict| verdict.truth)
        .min()
        .unwrap_or(Truth::Yes);
    joined(truth, &verdicts, |verdict| verdict.truth == truth)
}

/// At least one holds: the highest of their truths.
fn any(verdicts: Vec<Verdict>) -> Verdict {
    let truth = verdicts
        .iter()
        .map(|verdict| verdict.truth)
        .max()
        .unwrap_or(Truth::No);
    joined(truth, &verdicts, |verdict| verdict.truth == truth)
}

fn negated(mut verdict: Verdict) -> Verdict {
    verdict.truth = match verdict.truth {
        Truth::Yes => Truth::No,
        Truth::Unknown => Truth::Unknown,
        Truth::No => Truth::Yes,
    };
    verdict.why = format!("not wanted: {}", verdict.why);
    verdict.wish = false;
    verdict
}

fn at_least(count: Count, verdicts: Vec<Verdict>) -> Verdict {
    let have = |truth| {
        verdicts
            .iter()
            .filter(|verdict| verdict.truth == truth)
            .count()
    };
    let (yes, unknown, wanted) = (have(Truth::Yes), have(Truth::Unknown), count.get() as usize);
    let truth = reached(yes, unknown, wanted);
    let mut verdict = joined(truth, &verdicts, |verdict| {
        truth == Truth::Yes || verdict.truth <= truth
    });
    verdict.why = shortened(format!(
        "{yes} of {} hold, {wanted} wanted: {}",
        verdicts.len(),
        verdict.why
    ));
    verdict
}

/// `have` are certain and `perhaps` more are possible: do they reach `wanted`?
fn reached<N: PartialOrd + std::ops::Add<Output = N> + Copy>(
    have: N,
    perhaps: N,
    wanted: N,
) -> Truth {
    if have >= wanted {
        Truth::Yes
    } else if have + perhaps >= wanted {
        Truth::Unknown
    } else {
        Truth::No
    }
}

/// One verdict from several, with the reasons of those that decided it.
fn joined(truth: Truth, verdicts: &[Verdict], decided: impl Fn(&Verdict) -> bool) -> Verdict {
    let mut why: Vec<&str> = verdicts
        .iter()
        .filter(|verdict| decided(verdict))
        .map(|verdict| verdict.why.as_str())
        .collect();
    // A HAProxy that is gone is the reason of each condition on it.
    why.dedup();
    let wish = truth == Truth::No
        && verdicts
            .iter()
            .any(|verdict| verdict.truth == Truth::No && verdict.wish);
    Verdict {
        truth,
        wish,
        why: shortened(why.join("; ")),
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > LONGEST_REASON {
        let end = (0..=LONGEST_REASON)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn in_haproxy(seen: &Observation, past: Past<'_>, judge: impl Fn(&Snapshot) -> Verdict) -> Verdict {
    match &seen.haproxy {
        None => Verdict::new(Truth::Unknown, "HAProxy was not looked at yet"),
        Some(reading) if !past.is_before(reading.at) => {
            Verdict::new(Truth::Unknown, "HAProxy was not looked at again yet")
        }
        Some(reading) => match &reading.what {
            Err(Trouble::Gone(why)) => Verdict::new(Truth::No, format!("HAProxy is gone: {why}")),
            Err(Trouble::Unreadable(why)) => {
                Verdict::new(Truth::Unknown, format!("HAProxy cannot be read: {why}"))
            }
            Ok(Snapshot {
                process: Some(process),
                ..
            }) if process.stopping => Verdict::new(
                Truth::Unknown,
                format!(
                    "HAProxy process {} is stopping: what it shows is out of date",
                    process.pid
                ),
            ),
            Ok(snapshot) => judge(snapshot),
        },
    }
}

fn probed(probe: &Probe, seen: &Observation, past: Past<'_>) -> Verdict {
    match seen.probes.get(probe) {
        Some(reading) if past.is_before(reading.at) => Verdict::new(
            Truth::from(reading.what.holds),
            format!("{probe}: {}", reading.what.why),
        ),
        Some(_) => Verdict::new(Truth::Unknown, format!("{probe}: not looked at again yet")),
        None => Verdict::new(Truth::Unknown, format!("{probe}: not looked at yet")),
    }
}

/// HAProxy has no proxy of this kind and name, or its page does not show it.
fn missing(snapshot: &Snapshot, kind: &str, name: &ProxyName) -> Verdict {
    let other =
        snapshot
            .proxies
            .get(name.as_str())
            .map(|proxy| match (&proxy.frontend, &proxy.backend) {
                (Some(_), None) => format!(", and '{name}' is a frontend"),
                (None, Some(_)) => format!(", and '{name}' is a backend"),
                _ => String::new(),
            });
    let who = match &snapshot.process {
        Some(_) => "HAProxy has",
        // `stats scope` hides proxies.
        None => "HAProxy's stats page shows",
    };
    Verdict::new(
        Truth::Unknown,
        format!("{who} no {kind} '{name}'{}", other.unwrap_or_default()),
    )
}

fn frontend(rule: &FrontendRule, snapshot: &Snapshot, past: Past<'_>) -> Verdict {
    let name = &rule.name;
    match snapshot
        .proxies
        .get(name.as_str())
        .and_then(|proxy| proxy.frontend.as_deref())
    {
        None => missing(snapshot, "frontend", name),
        Some("OPEN") => Verdict::new(Truth::Yes, format!("{name}: OPEN")),
        // A frontend is disabled or shut down by somebody, never by a failure.
        Some(status) => {
            let wish = past.was_in(name.as_str(), None);
            Verdict {
                truth: Truth::No,
                wish,
                why: format!("{name}: {status}"),
            }
        }
    }
}

/// Servers, and their weight together.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    servers: u32,
    weight: u64,
}

impl Share {
    fn add(&mut self, row: &ServerRow) {
        (self.servers, self.weight) = (self.servers + 1, self.weight + u64::from(row.weight));
    }
}

/// The servers of a backend that count for a rule, by what they are good for.
#[derive(Debug, Default)]
struct Tally {
    total: u32,
    usable: Share,
    /// Those that nobody has checked yet, or whose status is not known: perhaps usable.
    unchecked: Share,
    /// Those that took requests when the level was confirmed.
    were_in: Share,
    /// Those of them that no operator took out since.
    left: Share,
    /// Servers of which only an earlier process of HAProxy knew something.
    remembered: u32,
}

impl Tally {
    fn of<'rows>(
        rows: impl Iterator<Item = (usize, &'rows ServerRow)>,
        snapshot: &Snapshot,
        was_in: impl Fn(&ServerRow) -> bool,
    ) -> Self {
        let mut tally = Self::default();
        let mut lookup = snapshot.lookup();
        for (place, row) in rows {
            let state = lookup.state(place, row);
            match state {
                // A slot of a server template without an address is no server.
                ServerState::Unresolved => continue,
                ServerState::Usable => tally.usable.add(row),
                ServerState::Unchecked | ServerState::Strange => tally.unchecked.add(row),
                _ => {}
            }
            if was_in(row) {
                tally.were_in.add(row);
                if !state.is_wish() {
                    tally.left.add(row);
                }
            }
            tally.total += 1;
            tally.remembered += u32::from(row.remembered.is_some());
        }
        tally
    }

    /// Whether the rule is met by these servers, and perhaps `more`.
    fn meets(&self, rule: &BackendRule, have: Share, more: Share) -> Truth {
        let mut truth = Truth::Yes;
        let wanted = rule.min_active.map(Count::get).into_iter();
        let wanted = wanted.chain(rule.min_percent.map(|percent| percent.of(self.total)));
        // Without any measure, and beside any, one server must be usable.
        for wanted in wanted.chain([1]) {
            truth = truth.min(reached(have.servers, more.servers, wanted));
        }
        if let Some(wanted) = rule.min_weight {
            truth = truth.min(reached(have.weight, more.weight, u64::from(wanted.get())));
        }
        truth
    }

    /// What operators took out since the level was confirmed is enough to take it away, whatever else failed.
    fn is_wished_away(&self, rule: &BackendRule) -> bool {
        let met = |servers| self.meets(rule, servers, Share::default()) == Truth::Yes;
        met(self.were_in) && !met(self.left)
    }
}

fn backend(rule: &BackendRule, snapshot: &Snapshot, past: Past<'_>) -> Verdict {
    let name = &rule.name;
    let Some(Proxy {
        backend: Some(row),
        servers,
        ..
    }) = snapshot.proxies.get(name.as_str())
    else {
        return missing(snapshot, "backend", name);
    };
    if let Some(why) = not_shown(rule, row, servers) {
        return Verdict::new(Truth::Unknown, why);
    }
    let named = |row: &ServerRow| {
        rule.servers.is_empty() || rule.servers.iter().any(|name| name.as_str() == row.name)
    };
    let counts = |(_, row): &(usize, &ServerRow)| named(row) && (rule.count_backup || !row.backup);
    let counted = || servers.iter().enumerate().filter(counts);
    let tally = Tally::of(counted(), snapshot, |row| {
        past.was_in(name.as_str(), Some(&row.name))
    });

    let unpublished = row.is_unpublished();
    let word = row.status.split(' ').next().unwrap_or_default();
    let up = word == "UP" && row.usable > 0 && !unpublished;
    let mut truth = tally.meets(rule, tally.usable, tally.unchecked);
    if !up && !unpublished && tally.unchecked.servers > 0 {
        // DOWN by default (`init-state down`) or UP by default: either way nothing was checked.
        truth = truth.min(Truth::Unknown);
    } else if !up && (unpublished || tally.remembered == 0) {
        truth = Truth::No;
    }
    if !matches!(word, "UP" | "DOWN") {
        // Nothing follows from a status that is not known.
        truth = Truth::Unknown;
    }
    let wish = truth == Truth::No
        && (unpublished && past.was_in(name.as_str(), None) || tally.is_wished_away(rule));
    Verdict {
        truth,
        wish,
        why: shortened(reason(
            rule,
            row.status.as_str(),
            &tally,
            truth,
            counted(),
            snapshot,
        )),
    }
}

/// What a rule counts, and HAProxy does not show.
fn not_shown(rule: &BackendRule, row: &BackendRow, servers: &[ServerRow]) -> Option<String> {
    let name = &rule.name;
    let is_shown = |wanted: &ProxyName| servers.iter().any(|row| row.name == wanted.as_str());
    if let Some(missing) = rule.servers.iter().find(|wanted| !is_shown(wanted)) {
        return Some(format!("backend '{name}' has no server '{missing}'"));
    }
    (servers.is_empty() && row.usable > 0).then(|| {
        let usable = row.usable;
        format!("HAProxy says {usable} servers of backend '{name}' are up, and shows none")
    })
}

/// `http_back: 1 of 2 servers up, 2 wanted: backend02 DOWN L4CON`.
fn reason<'rows>(
    rule: &BackendRule,
    status: &str,
    tally: &Tally,
    truth: Truth,
    counted: impl Iterator<Item = (usize, &'rows ServerRow)>,
    snapshot: &Snapshot,
) -> String {
    let servers = if tally.total == 1 {
        "server up"
    } else {
        "servers up"
    };
    let mut text = String::with_capacity(LONGEST_REASON);
    text.push_str(rule.name.as_str());
    let _ = write!(
        text,
        ": {} of {} {servers}",
        tally.usable.servers, tally.total
    );
    if truth != Truth::Yes {
        wanted(&mut text, rule, status, tally);
    }
    if tally.total == 0 {
        text.push_str(&nobody(rule, snapshot));
    }
    let mut lookup = snapshot.lookup();
    let (failed, others): (Vec<_>, Vec<_>) = counted
        .filter_map(|(place, row)| {
            let state = lookup.state(place, row);
            Some((state == ServerState::Down, in_words(row, state)?))
        })
        .partition(|(failed, _)| *failed);
    if failed.is_empty() && others.is_empty() {
        return text;
    }
    // What failed is named first.
    let others: Vec<String> = failed
        .into_iter()
        .chain(others)
        .map(|(_, words)| words)
        .take(5)
        .collect();
    match others.split_at_checked(4) {
        Some((first, [_, ..])) => format!("{text}: {}, …", first.join(", ")),
        _ => format!("{text}: {}", others.join(", ")),
    }
}

/// Appends what the rule asks for.
fn wanted(text: &mut String, rule: &BackendRule, status: &str, tally: &Tally) {
    if let Some(count) = rule.min_active {
        text.push_str(&format!(", {} wanted", count.get()));
    }
    if let Some(percent) = rule.min_percent {
        text.push_str(&format!(", {percent} wanted"));
    }
    if let Some(weight) = rule.min_weight {
        text.push_str(&format!(
            ", weight {} of {} wanted",
            tally.usable.weight,
            weight.get()
        ));
    }
    if status != "UP" && status != "DOWN" {
        text.push_str(&format!(", backend {status}"));
    }
}

/// Why no server of a backend counts.
fn nobody(rule: &BackendRule, snapshot: &Snapshot) -> String {
    let servers = snapshot
        .proxies
        .get(rule.name.as_str())
        .map(|proxy| proxy.servers.as_slice());
    let backups = servers
        .unwrap_or_default()
        .iter()
        .filter(|row| row.backup)
        .count();
    match servers.unwrap_or_default().len() {
        0 => " (this backend has no server: a level that watches it never holds)".to_owned(),
        _ if backups > 0 && !rule.count_backup => {
            format!(" (it has {backups} backup server(s), which count with \"count_backup\": true)")
        }
        _ => String::new(),
    }
}

/// A server that is not simply up.
fn in_words(row: &ServerRow, state: ServerState) -> Option<String> {
    let name = &row.name;
    Some(match state {
        ServerState::Unresolved => return None,
        ServerState::Usable if row.remembered.is_none() => return None,
        ServerState::Usable => format!("{name} not checked yet, up before HAProxy's reload"),
        ServerState::Down if row.remembered.is_some() => {
            format!("{name} not checked yet, down before HAProxy's reload")
        }
        ServerState::Unchecked => format!("{name} not checked yet"),
        ServerState::Weightless => format!("{name} weight 0"),
        ServerState::Strange if row.words.is_empty() => format!("{name} has no status"),
        ServerState::Strange => format!("{name} '{}', a status that is not known", row.words),
        ServerState::Down | ServerState::Maint | ServerState::Drain => {
            format!("{name} {}", row.words)
        }
    })
}

/// Every leaf of a condition with its own verdict, in the order of the configuration.
pub fn leaves(condition: &Condition, seen: &Observation) -> Vec<Verdict> {
    match condition {
        Condition::All(list) | Condition::Any(list) => list
            .iter()
            .flat_map(|condition| leaves(condition, seen))
            .collect(),
        Condition::AtLeast(rule) => rule
            .of
            .iter()
            .flat_map(|condition| leaves(condition, seen))
            .collect(),
        Condition::Not(inner) => leaves(inner, seen),
        leaf => vec![verdict(leaf, seen, Past::none())],
    }
}
