//! A replay as a picture: where each prefix stood over the recorded time, of both configurations one below the other.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::report::moment::Moment;
use crate::standing::Standing;
use crate::svg::{Area, Axis, Picture, Tone};
use crate::value::{Joined, counted};

use super::lanes::{Key, Stand};
use super::report::Report;
use super::tally::{Event, Tally};

const WIDTH: f64 = 920.0;
/// The lanes begin here, after their names.
const LEFT: f64 = 110.0;
const RIGHT: f64 = 872.0;
/// A lane: its moves above, its levels below.
const LANE: f64 = 28.0;
const BAND: f64 = 18.0;
/// The most ticks, prefixes and (about) bands.
const TICKS: f64 = 8.0;
const PREFIXES: usize = 60;
const BANDS: f64 = 1500.0;
/// The narrowest band.
const NARROWEST: f64 = 2.0;

/// The whole picture.
pub fn picture(report: &Report) -> String {
    let tallies = [
        Some(("recorded", &report.recorded)),
        report.new.as_ref().map(|new| ("new", new)),
    ];
    let tallies: Vec<(&'static str, &Tally)> = tallies.into_iter().flatten().collect();
    let keys: BTreeSet<&Key> = tallies
        .iter()
        .flat_map(|(_, tally)| tally.lanes.lanes.keys())
        .collect();
    let from = report
        .lives
        .first()
        .map_or(Moment::default(), |life| life.clock.at(life.begun));
    let until = report
        .lives
        .last()
        .map_or(from, |life| life.clock.at(life.until));
    let lanes = keys.len().min(PREFIXES) * tallies.len();
    let mut drawing = Drawing {
        picture: Picture::new(WIDTH),
        axis: Axis {
            from: 0.0,
            until: until.since(from).max(0.001),
            left: LEFT,
            right: RIGHT,
        },
        from,
        least: (lanes as f64 * (RIGHT - LEFT) / BANDS).max(NARROWEST),
        y: 0.0,
    };
    drawing.head(from, until);
    let top = drawing.y;
    for key in keys.iter().take(PREFIXES) {
        drawing.prefix(key, &tallies);
    }
    drawing.ticks(report, top);
    drawing.end(report, keys.len().saturating_sub(PREFIXES), &tallies)
}

struct Drawing {
    picture: Picture,
    /// Seconds from the record's beginning.
    axis: Axis,
    from: Moment,
    /// Bands that are narrower are drawn as one with their neighbors.
    least: f64,
    y: f64,
}

/// A part of a lane.
struct Band {
    left: f64,
    right: f64,
    /// The worst standing in it.
    stand: Stand,
    since: Moment,
    count: usize,
}

impl Drawing {
    /// The title and the legend.
    fn head(&mut self, from: Moment, until: Moment) {
        let title = format!("What was done, {from} to {until}");
        self.picture.text((16.0, 24.0), "large", &title);
        let entries = [
            (Tone::Good, "best level"),
            (Tone::Lesser, "a lesser level"),
            (Tone::Warn, "last standing"),
            (Tone::Bad, "no route"),
        ];
        let x = self.picture.legend(47.0, &entries);
        self.picture
            .mark((x + 6.0, 48.0), "a move to another level");
        self.picture.text((x + 16.0, 47.0), "dim", "a move");
        self.picture
            .line((x + 80.0, 34.0), (x + 80.0, 52.0), "seen");
        self.picture
            .text((x + 87.0, 47.0), "dim", "a process begins");
        self.y = 62.0;
    }

    fn prefix(&mut self, key: &Key, tallies: &[(&'static str, &Tally)]) {
        let (service, prefix) = key;
        let at = (16.0, self.y + 16.0);
        let title = format!("{service}: {prefix}");
        self.picture.fitting(at, "head", &title, 320.0);
        let numbers = tallies
            .iter()
            .filter_map(|(name, tally)| Some(format!("{name}: {}", tally.services.get(service)?)));
        let at = (RIGHT, self.y + 16.0);
        self.picture.text(at, "dim end", &numbers.joined("; "));
        self.y += 20.0;
        for (name, tally) in tallies {
            let at = (16.0, self.y + LANE - 5.0);
            self.picture.text(at, "dim", name);
            self.lane(key, tally);
            self.y += LANE;
        }
        self.y += 8.0;
    }

    fn x(&self, at: Moment) -> f64 {
        self.axis.x(at.since(self.from))
    }

    /// The bands, the narrow ones over the others, and the moves.
    fn lane(&mut self, key: &Key, tally: &Tally) {
        let (y, bands) = (self.y + LANE - BAND, self.bands(key, tally));
        for is_narrow in [false, true] {
            for band in bands
                .iter()
                .filter(|band| (band.right - band.left < self.least) == is_narrow)
            {
                let width = (band.right - band.left).max(NARROWEST);
                let area = Area {
                    x: band.left,
                    y,
                    width,
                    height: BAND,
                };
                let (words, told) = (band.words(), band.told());
                self.picture.band(area, tone(&band.stand), &words, &told);
            }
        }
        let mut last = f64::MIN;
        for (at, event) in &tally.events {
            let x = self.x(*at);
            if let Event::Moved { service, line, .. } = event
                && *service == key.0
                && x >= last + self.least
            {
                self.picture.mark((x, y), &format!("{at} {line}"));
                last = x;
            }
        }
    }

    fn bands(&self, key: &Key, tally: &Tally) -> Vec<Band> {
        let none = Vec::new();
        let lane = tally.lanes.lanes.get(key).unwrap_or(&none);
        let end = self.from.plus(Duration::from_secs_f64(self.axis.until));
        let nexts = lane.iter().skip(1).map(|(at, _)| *at).chain([end]);
        let mut bands: Vec<Band> = Vec::new();
        for ((since, stand), next) in lane.iter().zip(nexts) {
            let Some(stand) = stand.clone().filter(|_| next > *since) else {
                continue;
            };
            let (left, right, count) = (self.x(*since), self.x(next), 1);
            let is_narrow = |left: f64, right: f64| right - left < self.least;
            let joins = |last: &&mut Band| {
                is_narrow(last.left, last.right) && is_narrow(left, right) && left <= last.right
            };
            match bands.last_mut().filter(joins) {
                Some(last) => last.join(stand, right),
                None => bands.push(Band {
                    left,
                    right,
                    stand,
                    since: *since,
                    count,
                }),
            }
        }
        bands
    }

    /// The axis, through all lanes, in UTC; and where processes begin.
    fn ticks(&mut self, report: &Report, top: f64) {
        let step = self.axis.step(TICKS);
        let midnight = -self.from.seconds().rem_euclid(86_400.0);
        for tick in self.axis.ticks(step, midnight) {
            let x = self.axis.x(tick);
            self.picture.line((x, self.y), (x, self.y + 5.0), "edge");
            // 0.4 ms more: a tick that was rounded down would show the second before.
            let moment = self
                .from
                .plus(Duration::from_secs_f64(tick.max(0.0) + 0.0004));
            self.picture
                .text((x, self.y + 18.0), "dim mid", &of_day(moment, step));
        }
        self.picture.line((LEFT, self.y), (RIGHT, self.y), "edge");
        let mut last = f64::MIN;
        for life in &report.lives {
            let x = self.x(life.clock.at(life.begun));
            if life.is_whole && x >= last + self.least {
                self.picture.line((x, top), (x, self.y), "seen");
                last = x;
            }
        }
        self.y += 30.0;
    }

    /// Notes on what the lanes do not show, and the end of the picture.
    fn end(mut self, report: &Report, hidden: usize, tallies: &[(&'static str, &Tally)]) -> String {
        let mut notes = Vec::new();
        if hidden > 0 {
            notes.push(format!("Not drawn: {}.", counted(hidden as u64, "other")));
        }
        if report.lives.iter().any(|life| life.differs.is_some()) {
            notes.push(
                "The replay does not say to ExaBGP what was recorded: see the table.".to_owned(),
            );
        }
        if !report.missing.is_empty() {
            notes.push(format!(
                "Nothing is recorded of: {}.",
                report.missing.join(", ")
            ));
        }
        for note in &notes {
            self.picture
                .fitting((16.0, self.y + 4.0), "alarm", note, WIDTH - 32.0);
            self.y += 18.0;
        }
        let numbers = tallies.iter().flat_map(|(name, tally)| {
            let services = tally.services.iter();
            services.map(move |(service, numbers)| format!("{name}, {service}: {numbers}."))
        });
        let told: Vec<String> = numbers
            .take(PREFIXES)
            .chain(notes.iter().cloned())
            .collect();
        self.picture.finish(
            self.y + 4.0,
            "haproxy-rhi replay: where each prefix stood",
            &told.join(" "),
        )
    }
}

impl Band {
    fn join(&mut self, other: Stand, right: f64) {
        self.right = right;
        self.count += 1;
        if rank(&other) > rank(&self.stand) {
            self.stand = other;
        }
    }

    fn words(&self) -> String {
        let Stand { name, is_out, .. } = &self.stand;
        match (self.count, *is_out) {
            (1, true) => name.clone(),
            (1, false) => format!("{name}: no route"),
            (count, _) => count.to_string(),
        }
    }

    fn told(&self) -> String {
        match self.count {
            1 => format!("{} {}", self.since, self.words()),
            count => format!(
                "{} {count} changes, at the worst {}",
                self.since, self.stand.name
            ),
        }
    }
}

/// A larger rank is worse.
fn rank(stand: &Stand) -> (bool, usize) {
    (!stand.is_out, stand.standing.rank())
}

fn tone(stand: &Stand) -> Tone {
    match stand.standing {
        _ if !stand.is_out => Tone::Bad,
        Standing::Takeover | Standing::Level(0) => Tone::Good,
        Standing::Level(_) | Standing::NotYetKnown => Tone::Lesser,
        Standing::LastStanding | Standing::Down => Tone::Warn,
    }
}

/// A tick's label: the time of day, as exact as the step; at midnight, the date.
fn of_day(moment: Moment, step: f64) -> String {
    let text = moment.to_string();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().to_owned();
    match step {
        _ if text.contains("T00:00:00.000") => part(5..10),
        86_400.0.. => part(5..10),
        60.0.. => part(11..16),
        1.0.. => part(11..19),
        _ => part(11..23),
    }
}
