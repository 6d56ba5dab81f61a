//! What Google says that a Cloud Router learned: the JSON of `gcloud compute routers get-status`, and of `list-bgp-routes`
//! for one peer and the inbound direction. Pure.
//!
//! The shapes are those of the compute v1 API: RouterStatusResponse, and RoutersListBgpRoutes or, as gcloud prints it, its
//! list alone.

use serde_json::Value;

use super::learned::{LearnedRoute, of_set};
use super::output::{Output, Said, Wrong, address, prefix, rows, text, word, wrong};
use crate::config::Place;
use crate::value::Joined;

/// The lists of routes in get-status, and their names in the table.
const LISTS: [(&str, &str); 2] = [("bestRoutesForRouter", "router"), ("bestRoutes", "network")];

/// Whether it is a router's status.
pub fn is_status(value: &Value) -> bool {
    let keys = ["bgpPeerStatus", "bestRoutes", "bestRoutesForRouter"];
    let result = value.get("result");
    let is_of_kind = value.get("kind") == Some(&Value::from("compute#routerStatusResponse"));
    is_of_kind || result.is_some_and(|result| keys.iter().any(|key| result.get(key).is_some()))
}

/// Whether it is a list of a session's routes.
pub fn is_list(value: &Value) -> bool {
    let is_route = |row: &Value| row.get("destination").is_some();
    let is_of_kind = value.get("kind") == Some(&Value::from("compute#routersListBgpRoutes"));
    is_of_kind
        || value
            .as_array()
            .is_some_and(|rows| rows.iter().any(is_route))
}

/// Reads a status.
pub fn status(value: &Value) -> Result<Output, Wrong> {
    let mut output = Output {
        said: Said::BestRoutes,
        ..Output::default()
    };
    let (place, empty) = (Place::default().key("result"), Value::Null);
    let result = value.get("result").unwrap_or(&empty);
    for (key, by) in LISTS {
        output.learned.entry(by.to_owned()).or_default();
        for (place, row) in rows(result, &place, key)? {
            output.add(by, best(row, &place)?);
        }
    }
    for (place, peer) in rows(result, &place, "bgpPeerStatus")? {
        let Some(address) = address(peer, &place, "peerIpAddress")? else {
            continue;
        };
        let status = text(peer, &place, "status")?.unwrap_or("unknown");
        if status != "UP" {
            let name = text(peer, &place, "name")?.unwrap_or("without a name");
            let state = text(peer, &place, "state")?.unwrap_or("state unknown");
            let words = format!(
                "session {} is {} ({})",
                word(name),
                word(status),
                word(state)
            );
            output.down.push((address, words));
        }
    }
    Ok(output)
}

fn best(row: &Value, place: &Place) -> Result<LearnedRoute, Wrong> {
    let status = text(row, place, "routeStatus")?.filter(|status| *status != "ACTIVE");
    let status = status.map(|status| format!("its status is {}", word(status)));
    let (as_path, of_path) = as_path(row, place, &["asLists"])?;
    Ok(LearnedRoute {
        network: prefix(row, place, "destRange")?,
        next_hop: address(row, place, "nextHopIp")?,
        as_path,
        local_address: None,
        source_peer: None,
        fault: status.or(of_path),
    })
}

/// Reads a list.
pub fn list(value: &Value) -> Result<Output, Wrong> {
    let mut output = Output {
        said: Said::Session,
        ..Output::default()
    };
    let top = Place::default();
    let key = if value.is_array() { "" } else { "result" };
    if text(value, &top, "nextPageToken")?.is_some()
        || !rows(value, &top, "unreachables")?.is_empty()
    {
        let doubt =
            "there is a nextPageToken, or something that was unreachable, so routes are missing";
        output.doubts.push(doubt.to_owned());
    }
    output.learned.entry("session".to_owned()).or_default();
    for (place, row) in rows(value, &top, key)? {
        let nowhere = Value::Null;
        let to = row.get("destination").unwrap_or(&nowhere);
        let (as_path, fault) = as_path(row, &place, &["asns32", "asns"])?;
        let route = LearnedRoute {
            network: prefix(to, &place.key("destination"), "prefix")?,
            next_hop: None,
            as_path,
            local_address: None,
            source_peer: None,
            fault,
        };
        output.add("session", route);
    }
    Ok(output)
}

/// The AS numbers of all segments, and what is wrong with a set, which counts as one (RFC 4271, section 9.1.2.2). In each, the
/// first of `keys` that it has is read.
fn as_path(row: &Value, place: &Place, keys: &[&str]) -> Result<(Vec<u32>, Option<String>), Wrong> {
    let (mut path, mut fault) = (Vec::new(), None);
    for (place, segment) in rows(row, place, "asPaths")? {
        let numbers = numbers(segment, &place, keys)?;
        if is_set(segment) {
            path.extend(numbers.first());
            fault = Some(of_set(&format!("{{{}}}", numbers.iter().joined(" "))));
        } else {
            path.extend(numbers);
        }
    }
    Ok((path, fault))
}

/// `AS_SET` of get-status, `AS_PATH_TYPE_SET` of list-bgp-routes.
fn is_set(segment: &Value) -> bool {
    let kinds = ["pathSegmentType", "type"].into_iter();
    let mut kinds = kinds.filter_map(|key| segment.get(key)?.as_str());
    kinds.any(|kind| matches!(kind, "AS_SET" | "AS_PATH_TYPE_SET"))
}

/// The AS numbers of a segment.
fn numbers(segment: &Value, place: &Place, keys: &[&str]) -> Result<Vec<u32>, Wrong> {
    let has = |key: &&&str| segment.get(**key).is_some_and(Value::is_array);
    let Some(key) = keys.iter().find(has) else {
        let key = keys.first().copied().unwrap_or_default();
        return Err(wrong(place, key, "a list of AS numbers belongs here"));
    };
    let mut numbers = Vec::new();
    for (place, number) in rows(segment, place, key)? {
        let read = number.as_i64().and_then(as_number);
        let what = || format!("{place}: no AS number");
        numbers.push(read.ok_or_else(|| (place.clone(), what()))?);
    }
    Ok(numbers)
}

/// Google's `asns` overflow: a number of more than 31 bits is negative there.
fn as_number(number: i64) -> Option<u32> {
    let wrapped = || i32::try_from(number).ok().map(i32::cast_unsigned);
    u32::try_from(number).ok().or_else(wrapped)
}
