//! What the clients got, in each tenth of a second of each story.

use std::time::{Duration, SystemTime};

use haproxy_rhi_lab::{Outcome, Region, Request};

use crate::pages::about;
use crate::story::Told;
use crate::svg::{Area, Axis, Picture, Tone, time};
use crate::timeline::Who;

const WIDTH: f64 = 920.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 900.0;
/// A story's bars, and what is above and below them.
const BARS: f64 = 84.0;
const ABOVE: f64 = 42.0;
const BELOW: f64 = 34.0;
/// Before the cause.
const BEFORE: f64 = 0.9;
/// After the last move at least.
const AFTERWARDS: f64 = 1.0;
/// A bar's time, in seconds.
const BIN: f64 = 0.1;
const TICKS: f64 = 10.0;

/// Who answers, and how it is drawn.
type Side = (Tone, fn(&Outcome) -> bool, &'static str);

const SIDES: [Side; 3] = [
    (
        Tone::First,
        |one| *one == Outcome::Page(Region::NorthEurope),
        "North Europe",
    ),
    (
        Tone::Second,
        |one| *one == Outcome::Page(Region::WestEurope),
        "West Europe",
    ),
    (Tone::Bad, |one| !matches!(one, Outcome::Page(_)), "no page"),
];

/// The whole picture.
pub fn picture(told: &[Told]) -> String {
    let mut picture = Picture::new(WIDTH);
    picture.text(
        (16.0, 24.0),
        "large",
        "Who answers the clients, in each tenth of a second",
    );
    picture.legend(47.0, &SIDES.map(|(tone, _, words)| (tone, words)));
    let mut y = 60.0;
    // One scale for all.
    let moved = told.iter().filter_map(moved).fold(0.0, f64::max);
    let until = (moved + AFTERWARDS).ceil();
    for one in told {
        story(&mut picture, one, until, y);
        y += ABOVE + BARS + BELOW;
    }
    let in_words = told.iter().map(|one| {
        format!(
            "{}: {} of {} requests got no page, the route had moved after {}.",
            one.name,
            one.failed,
            one.requests,
            about(one.moved)
        )
    });
    let in_words: Vec<String> = in_words.collect();
    picture.finish(y, "The demo: who answers the clients", &in_words.join(" "))
}

/// When the route had moved, after the cause.
fn moved(told: &Told) -> Option<f64> {
    let mut events = told.seen.events.iter().rev();
    let moved = events.find(|event| event.who == Who::Msee)?;
    Some(after(told.seen.since, moved.at))
}

fn story(picture: &mut Picture, told: &Told, until: f64, y: f64) {
    let top = y + ABOVE;
    let axis = Axis {
        from: -BEFORE,
        until,
        left: LEFT,
        right: RIGHT,
    };
    picture.text(
        (16.0, y + 16.0),
        "head",
        told.seen
            .heading
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == ' '),
    );
    let words = format!(
        "{} of {} requests got no page; longest time without one: {}",
        told.failed,
        told.requests,
        about(told.gap)
    );
    picture.text((RIGHT, y + 16.0), "dim end", &words);
    let most = bars(picture, told, &axis, top);
    let step = axis.step(TICKS);
    for tick in axis.ticks(step, 0.0) {
        let x = axis.x(tick);
        picture.line((x, top + BARS), (x, top + BARS + 4.0), "edge");
        picture.text((x, top + BARS + 17.0), "dim mid", &time(tick, step));
    }
    picture.line((LEFT, top + BARS), (RIGHT, top + BARS), "edge");
    picture.text((LEFT - 6.0, top + 10.0), "dim end", &most.to_string());
    picture.text((LEFT - 6.0, top + BARS), "dim end", "0");
    moments(picture, told, &axis, top);
}

/// The cause, HAProxy's word, and the route.
fn moments(picture: &mut Picture, told: &Told, axis: &Axis, top: f64) {
    let zero = axis.x(0.0);
    picture.line((zero, top - 8.0), (zero, top + BARS), "zero");
    let Some(moved) = moved(told).map(|moved| axis.x(moved)) else {
        return;
    };
    if let Some(verdict) = told.verdict {
        let x = axis.x(verdict.as_secs_f64());
        picture.line((x, top - 8.0), (x, top + BARS), "seen");
    }
    picture.line((moved, top - 8.0), (moved, top + BARS), "flow");
    let took = about(told.moved);
    let words = match told.verdict {
        Some(_) => format!("HAProxy's word, and {took} later the route has moved"),
        None => format!("after {took} the route has moved"),
    };
    picture.text((moved + 6.0, top - 3.0), "small", &words);
}

/// The answers as bars, one above the other; how many the highest has.
fn bars(picture: &mut Picture, told: &Told, axis: &Axis, top: f64) -> usize {
    let place = |one: &&Request| (after(told.seen.since, one.at) + BEFORE) / BIN;
    let whole = ((axis.until + BEFORE) / BIN).round();
    // The last tenth in which they ask is not whole.
    let ends = told.seen.requests.iter().map(|one| place(&one));
    let last = ends.fold(0.0, f64::max).floor().min(whole);
    let shown = |one: &&Request| (0.0..last).contains(&place(one));
    let counts = |is: fn(&Outcome) -> bool| {
        let mut counts = vec![0_usize; last as usize];
        let requests = told.seen.requests.iter().filter(shown);
        for one in requests.filter(|one| is(&one.outcome)) {
            let count = counts.get_mut(place(&one) as usize);
            count.into_iter().for_each(|count| *count += 1);
        }
        counts
    };
    let all = counts(|_| true);
    let most = all.iter().copied().max().unwrap_or(0).max(1);
    let mut below = vec![0_usize; all.len()];
    for (tone, is, words) in SIDES {
        let mut areas = Vec::new();
        for ((number, count), below) in counts(is).into_iter().enumerate().zip(&mut below) {
            let left = axis.x(number as f64 * BIN - BEFORE);
            let right = axis.x((number + 1) as f64 * BIN - BEFORE);
            let unit = BARS / most as f64;
            let height = count as f64 * unit;
            let y = top + BARS - *below as f64 * unit - height;
            *below += count;
            if count > 0 {
                areas.push(Area {
                    x: left,
                    y,
                    width: (right - left - 0.6).max(0.4),
                    height,
                });
            }
        }
        if tone == Tone::Bad {
            areas
                .iter()
                .for_each(|area| picture.band(*area, tone, "", words));
        } else {
            picture.bars(&areas, tone, words);
        }
    }
    most
}

/// Seconds; less than none before it.
fn after(since: SystemTime, at: SystemTime) -> f64 {
    let seconds = |time: Duration| time.as_secs_f64();
    at.duration_since(since)
        .map_or_else(|early| -seconds(early.duration()), seconds)
}
