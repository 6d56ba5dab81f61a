//! Both regions, and how a failure went through them: every number is a line of the timeline, with its time.

use haproxy_rhi_lab::Region;

use crate::pages::about;
use crate::story::Told;
use crate::svg::{Area, Picture};
use crate::timeline::{Event, FAILING, Who, between};

const WIDTH: f64 = 920.0;
/// Where a region's box begins, and how high it is.
const TOPS: [f64; 2] = [40.0, 206.0];
const HEIGHT: f64 = 146.0;
const BOXES: f64 = 372.0;

/// A number's place, and whose first event it is.
type Step = ((f64, f64), Who, &'static str);

const STEPS: [Step; 5] = [
    ((578.0, 115.0), Who::Haproxy, "HAProxy"),
    ((578.0, 137.0), Who::HaproxyRhi, "haproxy-rhi"),
    ((370.0, 84.0), Who::RouteServer, "Route Server"),
    ((190.0, 160.0), Who::Msee, "MSEE"),
    ((20.0, 160.0), Who::Client, "clients"),
];

/// The whole picture.
pub fn picture(told: &Told) -> String {
    let mut picture = Picture::new(WIDTH);
    picture.text(
        (16.0, 24.0),
        "large",
        "9.9.9.9/32 in two regions: all servers of North Europe die",
    );
    for (region, top) in Region::ALL.into_iter().zip(TOPS) {
        drawn(&mut picture, region, top);
    }
    let [north, west] = TOPS;
    let middle = (north + west + HEIGHT) / 2.0;
    let area = |x: f64, width: f64| Area {
        x,
        y: middle - 34.0,
        width,
        height: 68.0,
    };
    picture.labelled(area(20.0, 110.0), &["clients", "10.1.0.10"]);
    picture.labelled(area(190.0, 110.0), &["MSEE", "AS 12076"]);
    picture.line((130.0, middle), (190.0, middle), "flow");
    // Where they went, and where they go.
    for (from, top, class, words) in [
        (middle - 10.0, north, "dash", "requests before"),
        (middle + 10.0, west, "flow", "requests since then"),
    ] {
        let turn = (346.0, top + 118.0);
        picture.line((300.0, from), turn, class);
        picture.arrow(turn, (564.0, turn.1), class);
        picture.text((400.0, turn.1 - 6.0), "dim", words);
    }
    picture.number((802.0, north + 46.0), 1);
    let mut lines = vec![format!("0 s: {}", told.seen.cause)];
    for ((at, who, name), number) in STEPS.into_iter().zip(2..) {
        let Some(event) = first(told, who) else {
            continue;
        };
        picture.number(at, number);
        let time = about(between(told.seen.since, event.at));
        lines.push(format!("{time}: {name}: {}", brief(&event.what)));
    }
    let mut y = BOXES;
    for (line, number) in lines.iter().zip(1..) {
        picture.number((28.0, y + 8.0), number);
        picture.fitting((46.0, y + 12.0), "in", line, WIDTH - 60.0);
        y += 24.0;
    }
    let last = about(told.moved);
    let words = format!(
        "From HAProxy's word to the MSEE's kernel route: {last}. {} of {} requests got no page.",
        told.failed, told.requests
    );
    picture.text((18.0, y + 14.0), "head", &words);
    picture.finish(
        y + 28.0,
        "Both regions and a failover",
        &format!("{} {words}", lines.join(" ")),
    )
}

/// A region: its Route Server, its NVA and its server.
fn drawn(picture: &mut Picture, region: Region, top: f64) {
    let area = |x: f64, y: f64, width: f64, height: f64| Area {
        x,
        y: top + y,
        width,
        height,
    };
    let frame = area(352.0, 0.0, 552.0, HEIGHT);
    picture.labelled(frame, &[&region.to_string()]);
    let [first, second] = region.route_servers();
    let last = second.octets()[3];
    picture.labelled(
        area(372.0, 28.0, 140.0, 58.0),
        &["Route Server", &format!("{first}, .{last}"), "AS 65515"],
    );
    let path: Vec<String> = region.as_path().iter().map(u32::to_string).collect();
    let nva = region.nva().to_string();
    picture.labelled(
        area(566.0, 28.0, 180.0, 106.0),
        &[
            "NVA",
            &nva,
            "HAProxy",
            "haproxy-rhi, ExaBGP",
            &format!("path {}", path.join(" ")),
        ],
    );
    picture.labelled(
        area(796.0, 28.0, 96.0, 58.0),
        &["server", &region.backend().to_string()],
    );
    picture.arrow((566.0, top + 57.0), (514.0, top + 57.0), "edge");
    picture.arrow(
        (372.0, top + 57.0),
        (302.0, if region == FAILING { 176.0 } else { 220.0 }),
        "edge",
    );
    picture.text((526.0, top + 51.0), "dim", "BGP");
    let class = if region == FAILING { "dash" } else { "flow" };
    picture.arrow((746.0, top + 57.0), (794.0, top + 57.0), class);
}

/// The first of what was seen by one of them.
fn first(told: &Told, who: Who) -> Option<&Event> {
    told.seen.events.iter().find(|event| event.who == who)
}

/// Without what is told in passing: `up -> down (why), withdrawing`, `is DOWN, reason: why, info: "more"`.
fn brief(what: &str) -> String {
    let what = what.split(", info").next().unwrap_or(what);
    let passing = what.split_once(" (").zip(what.split_once("), "));
    match passing {
        Some(((before, _), (_, after))) => format!("{before}, {after}"),
        None => what.to_owned(),
    }
}
