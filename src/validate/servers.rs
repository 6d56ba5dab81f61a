//! The servers of watched backends in the running HAProxy: whether enough of them can count, and whether they are checked.

use super::ground::Ground;
use super::names::Named;
use super::rule::*;
use crate::observation::{Proxy, ServerRow, Snapshot};
use crate::value::Joined;

/// The findings about the servers of one name; none where HAProxy lacks the backend.
pub(super) fn findings(
    ground: &Ground<'_>,
    named: &Named<'_>,
    snapshot: &Snapshot,
) -> Vec<Finding> {
    let Some(Proxy {
        backend: Some(_),
        servers,
        ..
    }) = snapshot.proxies.get(named.proxy)
    else {
        return Vec::new();
    };
    if named.frontend {
        return Vec::new();
    }
    let counts =
        |row: &&ServerRow| named.servers.is_empty() || named.servers.contains(&row.name.as_str());
    let servers: Vec<&ServerRow> = servers.iter().filter(counts).collect();
    let found = none(named, &servers)
        .into_iter()
        .chain(unchecked(named, &servers));
    let at = named.place.key("name");
    found.map(|said| ground.in_config(&at, said)).collect()
}

fn none(named: &Named<'_>, servers: &[&ServerRow]) -> Option<Said> {
    let name = named.proxy;
    if servers.is_empty() {
        let what = format!("HAProxy's backend '{name}' has no server, so this level never holds");
        let cure =
            "watch a backend that has servers, or ask HAProxy itself by an http or tcp condition";
        return Some(error(&NO_SERVER_COUNTS, what, cure));
    }
    let counting = servers
        .iter()
        .filter(|row| named.count_backup || !row.backup)
        .count();
    if counting > 0 {
        return too_few(named, counting);
    }
    let what = format!(
        "every server of HAProxy's backend '{name}' is a backup, so this level never holds"
    );
    Some(error(&NO_SERVER_COUNTS, what, "set \"count_backup\": true"))
}

fn too_few(named: &Named<'_>, counting: usize) -> Option<Said> {
    let (name, wanted) = (named.proxy, named.wanted);
    (counting < usize::try_from(wanted).unwrap_or(usize::MAX)).then(|| {
        let what = format!(
            "{wanted} servers of HAProxy's backend '{name}' are wanted, and it has {counting} that can count, so this level never holds"
        );
        let cure = format!("write \"min_active\": {counting} at most, or add servers");
        warning(&NO_SERVER_COUNTS, what, cure)
    })
}

/// Servers that HAProxy shows as UP without checking them.
fn unchecked(named: &Named<'_>, servers: &[&ServerRow]) -> Vec<Said> {
    let name = named.proxy;
    let of_rows = |rows: Vec<&str>, why: &str, cure: &str| {
        let list = rows.iter().take(5).copied().joined(", ");
        let more = if rows.len() > 5 { ", …" } else { "" };
        let what = format!(
            "{} server(s) of HAProxy's backend '{name}' {why}: {list}{more}",
            rows.len()
        );
        (!rows.is_empty()).then(|| warning(&NOBODY_CHECKS, what, cure))
    };
    let of = |is: fn(&ServerRow) -> bool| {
        let rows = servers.iter().filter(|row| row.tracks.is_none() && is(row));
        rows.map(|row| row.name.as_str()).collect::<Vec<_>>()
    };
    let without = of_rows(
        of(|row| row.words == "no check"),
        "have no check, and are up whatever happens",
        "add 'check' to the server; one that was added by the runtime API needs 'enable health' too",
    );
    // With a check, its result follows: `UP L4OK`.
    let by_agent = of_rows(
        of(|row| row.words == "UP"),
        "are checked by their agent alone: where it is silent they stay as they were",
        "add 'check' beside 'agent-check'",
    );
    without.into_iter().chain(by_agent).collect()
}
