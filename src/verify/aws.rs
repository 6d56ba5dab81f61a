//! What AWS says that a route server learned: the JSON of `aws ec2 get-route-server-routing-database`. Pure.
//!
//! The shape is that of the EC2 API model: `AreRoutesPersisted`, `Routes` of all peers, `NextToken`. The form of an
//! `AsPaths` text is not documented: numbers, as 65536 or 1.0, with anything between them are read, and sets in braces.

use std::collections::BTreeSet;

use serde_json::Value;

use super::learned::{LearnedRoute, of_set, with_sets};
use super::output::{Output, Said, Wrong, address, prefix, rows, text, word, wrong};
use crate::config::Place;

/// Whether a value is such an answer.
pub fn is_database(value: &Value) -> bool {
    value.get("Routes").is_some() || value.get("AreRoutesPersisted").is_some()
}

/// Reads it.
pub fn read(value: &Value) -> Result<Output, Wrong> {
    let top = Place::default();
    let mut output = Output {
        said: Said::Database,
        ..Output::default()
    };
    if text(value, &top, "NextToken")?.is_some() {
        let doubt = "there is a NextToken, so routes are missing; ask without '--max-items' and '--no-paginate'";
        output.doubts.push(doubt.to_owned());
    }
    match value.get("AreRoutesPersisted") {
        None | Some(Value::Null | Value::Bool(false)) => {}
        Some(Value::Bool(true)) => {
            let fault = "routes are persisted: they stay after all sessions have ended; aws ec2 modify-route-server --persist-routes disable";
            output.faults.push(fault.to_owned());
        }
        Some(_) => {
            return Err(wrong(
                &top,
                "AreRoutesPersisted",
                "true or false belongs here",
            ));
        }
    }
    let rows = rows(value, &top, "Routes")?;
    let mut chosen = BTreeSet::new();
    for (place, row) in &rows {
        if text(row, place, "RouteStatus")? == Some("in-fib") {
            let (network, hop) = (
                prefix(row, place, "Prefix")?,
                address(row, place, "NextHopIp")?,
            );
            chosen.insert(network.clone());
            output.fib.insert((network, hop));
        }
    }
    for (place, row) in &rows {
        let mut route = route(row, place)?;
        if route.fault.is_none() && !chosen.contains(&route.network) {
            route.fault = Some("in the RIB and not in the FIB, so in no route table".to_owned());
        }
        let by = text(row, place, "RouteServerEndpointId")?;
        output.add(&by.map_or("database".to_owned(), word), route);
    }
    Ok(output)
}

fn route(row: &Value, place: &Place) -> Result<LearnedRoute, Wrong> {
    if !row.is_object() {
        let what =
            format!("{place}: a route belongs here, such as {{\"Prefix\": \"9.9.9.9/32\", ...}}");
        return Err((place.clone(), what));
    }
    let (mut as_path, mut fault) = (Vec::new(), rejected(row, place)?);
    for (place, part) in rows(row, place, "AsPaths")? {
        let part = part.as_str().unwrap_or_default();
        let what = || format!("{place}: '{}' is no AS path", word(part));
        let (numbers, has_set) =
            with_sets(part, |part, _| numbers(part)).ok_or_else(|| (place.clone(), what()))?;
        as_path.extend(numbers);
        if has_set {
            fault = fault.or_else(|| Some(of_set(&word(part))));
        }
    }
    Ok(LearnedRoute {
        network: prefix(row, place, "Prefix")?,
        next_hop: address(row, place, "NextHopIp")?,
        as_path,
        local_address: None,
        source_peer: None,
        fault,
    })
}

/// AS numbers with anything between them.
fn numbers(part: &str) -> Option<Vec<u32>> {
    let words = part.split(|of: char| !of.is_ascii_digit() && of != '.');
    let words = words.map(|word| word.trim_matches('.'));
    words.filter(|word| !word.is_empty()).map(number).collect()
}

/// An AS number: 65546, or as two of 16 bits, 1.10 (RFC 5396).
fn number(word: &str) -> Option<u32> {
    let Some((high, low)) = word.split_once('.') else {
        return word.parse().ok();
    };
    let (high, low): (u16, u16) = (high.parse().ok()?, low.parse().ok()?);
    Some(u32::from(high) << 16 | u32::from(low))
}

/// The route tables that rejected a route.
fn rejected(row: &Value, place: &Place) -> Result<Option<String>, Wrong> {
    let mut refused = Vec::new();
    for (place, detail) in rows(row, place, "RouteInstallationDetails")? {
        if text(detail, &place, "RouteInstallationStatus")? != Some("rejected") {
            continue;
        }
        let table = text(detail, &place, "RouteTableId")?.unwrap_or("a route table");
        let reason = text(detail, &place, "RouteInstallationStatusReason")?;
        let reason = reason.map(|reason| format!(" ({})", word(reason)));
        refused.push(format!(
            "{} rejected it{}",
            word(table),
            reason.unwrap_or_default()
        ));
    }
    Ok((!refused.is_empty()).then(|| refused.join(", ")))
}
