//! The part of a router's whole table that is this NVA's. Pure.
//!
//! Azure's list is one peering's. AWS and Google show the routes of every NVA: those with another next hop are put aside.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::intended::Intent;
use super::learned::{Learned, LearnedRoute};
use super::output::{Output, Said};
use crate::report::status::Out;
use crate::value::Joined;

/// The next-hops of this NVA that its intent names.
fn hops(intent: Option<&Intent>) -> BTreeSet<IpAddr> {
    let routes = intent.into_iter().flat_map(|intent| &intent.routes);
    let of = |out: Option<&Out>| Out::wire(out).and_then(|wire| wire.next_hop);
    let hops = routes.flat_map(|route| {
        let held = route.held.as_ref().and_then(|held| held.out.as_ref());
        [route.next_hop, of(route.wanted.as_ref()), of(held)]
    });
    hops.flatten().collect()
}

/// The output with the other NVAs' routes put aside.
pub fn only(intent: Option<&Intent>, output: &Output) -> Output {
    let mut output = output.clone();
    let hops = hops(intent);
    let is_whole = matches!(output.said, Said::Database | Said::BestRoutes);
    if is_whole && intent.is_some() {
        of_sessions(&mut output, &hops);
    }
    if is_whole && !hops.is_empty() {
        put_aside(&mut output, &hops);
    }
    if output.said == Said::Database {
        of_endpoints(&mut output);
        let routes = intent.into_iter().flat_map(|intent| &intent.routes);
        let prefixes: BTreeSet<String> = routes.map(|route| route.prefix.to_string()).collect();
        of_fib(&mut output, &prefixes);
    }
    output
}

fn put_aside(output: &mut Output, hops: &BTreeSet<IpAddr>) {
    let is_own = |route: &LearnedRoute| route.next_hop.is_some_and(|hop| hops.contains(&hop));
    for routes in output.learned.values_mut() {
        let (own, others) = std::mem::take(routes).into_iter().partition(is_own);
        *routes = own;
        output.others.extend::<Vec<_>>(others);
    }
}

/// Removes endpoints without a route of this NVA: they are other NVAs'.
fn of_endpoints(output: &mut Output) {
    output.learned.retain(|_, routes| !routes.is_empty());
    match output.learned.len() {
        0 => {
            output.learned = Learned::from([("database".to_owned(), Vec::new())]);
        }
        1 => output
            .words
            .push("one endpoint alone has routes of this NVA".to_owned()),
        _ => {}
    }
}

/// A session of this NVA that is not up is a fault.
fn of_sessions(output: &mut Output, hops: &BTreeSet<IpAddr>) {
    let is_own = |nva: &IpAddr| hops.is_empty() || hops.contains(nva);
    let down = output.down.iter().filter(|(nva, _)| is_own(nva));
    let faults: Vec<String> = down.map(|(_, words)| words.clone()).collect();
    output.faults.extend(faults);
}

/// Notes the FIB's next-hops, which the route tables get.
fn of_fib(output: &mut Output, prefixes: &BTreeSet<String>) {
    let fib = output
        .fib
        .iter()
        .filter(|(prefix, _)| prefixes.contains(prefix));
    let words = fib.filter_map(|(prefix, hop)| Some(format!("{prefix} to {}", (*hop)?)));
    let words = words.joined(", ");
    if !words.is_empty() {
        output.words.push(format!("the FIB has {words}"));
    }
}
