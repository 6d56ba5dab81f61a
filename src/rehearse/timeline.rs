//! Every event of a rehearsal, in words.

use crate::world::queue::Time;

use super::record::{Seen, Service};
use super::report::Report;
use super::table::{mends, named};
use super::wrong::words;

/// Every event of every failure, in its order.
pub fn timeline(report: &Report) -> String {
    let mut text = String::new();
    for (row, _) in &report.rows {
        let whom = report.whom(row);
        text.push_str(&format!("{whom}: {}\n", row.title));
        let mut clients = String::new();
        for (at, seen) in &row.seen {
            let Some(told) = event(seen, report) else {
                continue;
            };
            if let Seen::Clients(..) = seen
                && std::mem::replace(&mut clients, told.clone()) == told
            {
                continue;
            }
            text.push_str(&format!("{:>9}  {told}\n", words(*at)));
        }
        text.push('\n');
    }
    text.push_str(&mends(report));
    text
}

/// An event in words; absent: another line says it.
pub fn event(seen: &Seen, report: &Report) -> Option<String> {
    let name = |number: &usize| report.name(*number);
    Some(match seen {
        Seen::Fault(_) | Seen::Noticed | Seen::KeptBack(..) => return None,
        Seen::Logged(n, line) => format!("{}: {line}", name(n)),
        Seen::Route {
            node,
            prefix,
            length: Some(length),
            ..
        } => {
            format!(
                "{}: the Route Servers have {prefix} with a path of {length}",
                name(node)
            )
        }
        Seen::Route { node, prefix, .. } => {
            format!("{}: the Route Servers have {prefix} no more", name(node))
        }
        Seen::Left(node, prefix, neighbor) => format!(
            "{}: {prefix} is withdrawn from {}: the service is not for it any more",
            name(node),
            named(neighbor)
        ),
        Seen::Held(n) => format!("{}: BGP's hold time is over", name(n)),
        Seen::Clients(prefix, clients) => {
            let place = report.place(&clients.to);
            format!("clients of {prefix} go to {place}: {}", got(clients.get))
        }
    })
}

/// What clients get, in the words of the JSON.
pub fn got(get: Service) -> &'static str {
    match get {
        Service::Served => "served",
        Service::ErrorPage => "error page",
        Service::Nobody => "nobody",
    }
}

/// Microseconds as milliseconds, cut to a tenth.
pub fn milliseconds(time: Time) -> f64 {
    (time / 100) as f64 / 10.0
}
