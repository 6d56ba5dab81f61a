//! A rehearsal as a picture: for each failure, when which NVA serves clients, and what was noticed and announced.

use crate::svg::{Area, Axis, Picture, Tone, time, wide};
use crate::value::Joined;
use crate::world::queue::Time;

use super::outcome::{Row, Stay};
use super::record::{Seen, Service};
use super::report::Report;
use super::table::{clients, get, mends, route_change};
use super::wrong::words;

const WIDTH: f64 = 920.0;
/// The lanes begin at LEFT, after the regions' names; the failure at ZERO, which leaves room for the state before.
const LEFT: f64 = 150.0;
const ZERO: f64 = 190.0;
const RIGHT: f64 = 900.0;
/// A lane: the changes of its route above, its clients below.
const LANE: f64 = 36.0;
const BAND: f64 = 17.0;
/// Above the lanes of a row, and below them.
const ABOVE: f64 = 26.0;
const BELOW: f64 = 30.0;
/// The most ticks of an axis.
const TICKS: f64 = 7.0;

/// The whole picture.
pub fn picture(report: &Report) -> String {
    let mut drawing = Drawing {
        picture: Picture::new(WIDTH),
        report,
        y: 0.0,
    };
    drawing.head();
    let mut section = String::new();
    for (row, marks) in &report.rows {
        let whom = report.whom(row);
        if whom != section {
            drawing.section(&whom);
            section = whom;
        }
        drawing.row(row, marks);
    }
    drawing.end()
}

struct Drawing<'report> {
    picture: Picture,
    report: &'report Report,
    /// The height that is drawn so far.
    y: f64,
}

/// A row's place.
struct Place {
    axis: Axis,
    /// Where its lanes begin.
    top: f64,
    bottom: f64,
}

impl Drawing<'_> {
    /// What the colours and marks say.
    fn head(&mut self) {
        self.picture
            .text((16.0, 24.0), "large", "What each failure would do");
        let entries = [
            (Tone::Good, "clients are served here"),
            (Tone::Warn, "error page"),
            (Tone::Bad, "nobody answers"),
        ];
        let mut x = self.picture.legend(47.0, &entries);
        self.picture.line((x, 34.0), (x, 52.0), "seen");
        self.picture.text((x + 7.0, 47.0), "dim", "noticed");
        x += 70.0;
        self.picture
            .mark((x, 48.0), "the Route Servers have another route");
        self.picture.text((x + 10.0, 47.0), "dim", "route changes");
        let told = "Times are from HAProxy's word to the Route Servers; each failure has a scale of its own.";
        self.picture.text((16.0, 68.0), "dim", told);
        self.y = 76.0;
    }

    fn section(&mut self, whom: &str) {
        self.picture
            .fitting((16.0, self.y + 20.0), "large", whom, 800.0);
        self.y += 26.0;
    }

    fn row(&mut self, row: &Row, marks: &[usize]) {
        let lanes = self.report.names.len() as f64;
        let top = self.y + ABOVE;
        let place = Place {
            axis: axis(row),
            top,
            bottom: top + lanes * LANE,
        };
        self.title(row, marks);
        self.lanes(&place);
        let stays = joined(row);
        if let Some(before) = stays.first() {
            self.stay(before, (LEFT, ZERO), &place);
        }
        for stay in stays.iter().filter(|stay| stay.until > stay.from) {
            let ends = [stay.from, stay.until].map(|time| place.axis.x(seconds(time)));
            self.stay(stay, ends.into(), &place);
        }
        self.moves(&stays, &place);
        self.moments(row, &place);
        self.routes(row, &place);
        self.y = place.bottom + BELOW;
    }

    /// What fails; how long until it is noticed, and what clients get.
    fn title(&mut self, row: &Row, marks: &[usize]) {
        let marks = marks.iter().map(|mark| format!(" [{}]", mark + 1));
        let indent = if row.step == 0 { "" } else { "– " };
        let title = format!("{indent}{}{}", row.title, marks.collect::<String>());
        let fates = row.fates();
        let stays = row.worst();
        let is_bad = stays.iter().any(|stay| stay.clients.get == Service::Nobody);
        let noticed = row
            .noticed()
            .map_or("nothing to notice".to_owned(), |time| {
                format!("noticed after {}", words(time))
            });
        let whose = match fates.as_slice() {
            [] | [_] => String::new(),
            [worst, ..] => format!(" of {}", worst.prefixes.iter().few()),
        };
        let told = format!("{noticed}; clients{whose} get: {}", get(stays)).replace('\u{a0}', " ");
        let y = self.y + 16.0;
        self.picture.fitting((16.0, y), "head", &title, 460.0);
        let class = if is_bad { "alarm end" } else { "dim end" };
        self.picture.text((RIGHT, y), class, &told);
    }

    /// The lanes with their names, and the axis.
    fn lanes(&mut self, place: &Place) {
        let (step, mut y) = (place.axis.step(TICKS), place.top);
        for name in &self.report.names {
            let at = (16.0, y + LANE - 9.0);
            self.picture.fitting(at, "dim", name, LEFT - 24.0);
            let area = Area {
                x: LEFT,
                y: y + LANE - BAND - 4.0,
                width: RIGHT - LEFT,
                height: BAND,
            };
            self.picture.band(area, Tone::Idle, "", name);
            y += LANE;
        }
        for tick in place.axis.ticks(step, 0.0) {
            let x = place.axis.x(tick);
            self.picture
                .line((x, place.top), (x, place.bottom + 4.0), "grid");
            self.picture
                .text((x, place.bottom + 17.0), "dim mid", &time(tick, step));
        }
        let x = place.axis.x(0.0);
        self.picture
            .line((x, place.top), (x, place.bottom + 4.0), "zero");
    }

    /// Where clients are, and what they get.
    fn stay(&mut self, stay: &Stay, (left, right): (f64, f64), place: &Place) {
        let (tone, shown) = match stay.clients.get {
            Service::Served => (Tone::Good, "served"),
            Service::ErrorPage => (Tone::Warn, "error page"),
            Service::Nobody => (Tone::Bad, "nobody answers"),
        };
        // A very short stay is drawn wide enough to be seen.
        let width = (right - left).max(2.5);
        let lasts = match left < ZERO {
            true => "before".to_owned(),
            false => format!("for {}", words(stay.until - stay.from)),
        };
        let mut band = |first: usize, lanes: usize, shown: &str, told: &str| {
            let y = place.top + first as f64 * LANE + LANE - BAND - 4.0;
            let height = (lanes - 1) as f64 * LANE + BAND;
            self.picture.band(
                Area {
                    x: left,
                    y,
                    width,
                    height,
                },
                tone,
                shown,
                told,
            );
        };
        for lane in &stay.clients.to {
            band(*lane, 1, shown, &format!("{shown} {lasts}"));
        }
        if stay.clients.to.is_empty() {
            band(
                0,
                self.report.names.len().max(1),
                "no route",
                &format!("no route {lasts}"),
            );
        }
    }

    /// Arrows where clients move to another NVA.
    fn moves(&mut self, stays: &[Stay], place: &Place) {
        let middle = |lane: usize| place.top + lane as f64 * LANE + LANE - BAND / 2.0 - 4.0;
        let mut last = f64::MIN;
        for (before, after) in stays.iter().zip(stays.iter().skip(1)) {
            let x = place.axis.x(seconds(after.from));
            let (from, to) = (before.clients.to.first(), after.clients.to.first());
            let Some((from, to)) = from.zip(to).filter(|(from, to)| from != to) else {
                continue;
            };
            if x >= last + 3.0 {
                self.picture
                    .arrow((x, middle(*from)), (x, middle(*to)), "flow");
                last = x;
            }
        }
    }

    /// When the failure was noticed.
    fn moments(&mut self, row: &Row, place: &Place) {
        if let Some(at) = row.noticed() {
            let x = place.axis.x(seconds(at));
            self.picture
                .line((x, place.top), (x, place.bottom + 4.0), "seen");
        }
    }

    /// When the Route Servers' routes change, and to what.
    fn routes(&mut self, row: &Row, place: &Place) {
        for lane in 0..self.report.names.len() {
            let of_lane = |(at, seen): &(Time, Seen)| {
                let (_, change) = route_change(seen).filter(|(of, _)| *of == lane)?;
                Some((place.axis.x(seconds(*at)), *at, change))
            };
            let changes: Vec<(f64, Time, String)> = row.seen.iter().filter_map(of_lane).collect();
            let nexts = changes.iter().skip(1).map(|(x, ..)| *x).chain([WIDTH]);
            let y = place.top + lane as f64 * LANE + LANE - BAND - 4.0;
            let mut last = f64::MIN;
            for ((x, at, change), next) in changes.iter().zip(nexts) {
                if *x >= last + 3.0 {
                    let told = format!("{}: {change} after {}", self.report.name(lane), words(*at));
                    self.picture.mark((*x, y), &told);
                    last = *x;
                }
                if x + 7.0 + wide(change) < next {
                    self.picture.text((x + 7.0, y - 2.0), "small", change);
                }
            }
        }
    }

    /// What is wrong, as below the table.
    fn end(mut self) -> String {
        self.y += 8.0;
        for line in mends(self.report).lines() {
            let x = if line.starts_with(' ') { 40.0 } else { 16.0 };
            self.picture
                .text((x, self.y + 12.0), "in", line.trim_start());
            self.y += 17.0;
        }
        let told = description(self.report);
        self.picture.finish(
            self.y + 12.0,
            "haproxy-rhi rehearse: what each failure would do",
            &told,
        )
    }
}

/// The picture in words, for screen readers.
fn description(report: &Report) -> String {
    let row = |(row, _): &(Row, Vec<usize>)| {
        let stays = row.worst();
        format!(
            "{}: {}: {}.",
            report.whom(row),
            row.title,
            clients(stays, report)
        )
    };
    let rows: Vec<String> = report.rows.iter().map(row).collect();
    rows.join(" ").replace('\u{a0}', " ")
}

/// The stays of the worst prefix; stays that differ in `able` alone are joined.
fn joined(row: &Row) -> Vec<Stay> {
    let mut joined: Vec<Stay> = Vec::new();
    for stay in row.worst() {
        let is_same = |last: &&mut Stay| {
            last.clients.to == stay.clients.to && last.clients.get == stay.clients.get
        };
        match joined.last_mut().filter(is_same) {
            Some(last) => last.until = stay.until,
            None => joined.push(stay.clone()),
        }
    }
    joined
}

/// From the failure to a little after the last event.
fn axis(row: &Row) -> Axis {
    let told = row
        .seen
        .iter()
        .filter(|(_, seen)| !matches!(seen, Seen::Logged(..)));
    let last = told.map(|(at, _)| *at).max().unwrap_or(0);
    let lasts = row.prefixes.iter().flat_map(|(_, stays)| stays.last());
    let lasts = lasts.map(|stay| stay.until).max().unwrap_or(1_000_000);
    let until = if last == 0 {
        lasts
    } else {
        (last + last / 6 + 500).min(lasts.max(last))
    };
    Axis {
        from: 0.0,
        until: seconds(until.max(1)),
        left: ZERO,
        right: RIGHT,
    }
}

fn seconds(time: Time) -> f64 {
    time as f64 / 1e6
}
