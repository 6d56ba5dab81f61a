//! Each failover's time as a stroke, of every candidate in a row of its own.

use haproxy_rhi::svg::{Area, Axis, Picture, Tone};

use crate::candidate::Watcher;
use crate::figures::{Figures, milliseconds};
use crate::moves::{Move, Way};
use crate::rounds::Measured;

const WIDTH: f64 = 920.0;
const LEFT: f64 = 216.0;
const RIGHT: f64 = 640.0;
/// A row, and its strokes in it.
const ROW: f64 = 34.0;
const STROKE: f64 = 20.0;
const TOP: f64 = 62.0;
/// A stamp that was earlier than HAProxy's own is drawn here, in milliseconds.
const LEAST: f64 = 0.1;

/// The whole picture.
pub fn picture(results: &[Measured], is_quick: bool) -> String {
    let all = results
        .iter()
        .flat_map(|measured| measured.moves(Way::Over));
    let logs = all.map(|one| log(one.route * 1000.0));
    let (least, most) = logs.fold((0.0, 1.0), |(least, most): (f64, f64), log| {
        (least.min(log.floor()), most.max(log.ceil()))
    });
    // The logarithm of milliseconds.
    let axis = Axis {
        from: least,
        until: most,
        left: LEFT,
        right: RIGHT,
    };
    let mut picture = Picture::new(WIDTH);
    let title = "A region fails: until the far router's kernel route has moved";
    picture.text((16.0, 24.0), "large", title);
    let told = "From HAProxy's word, or from the fault where HAProxy says nothing. A stroke is a failover, the high one the median.";
    picture.text((16.0, 44.0), "dim", told);
    let bottom = TOP + results.len() as f64 * ROW;
    for power in axis.ticks(1.0, 0.0) {
        let x = axis.x(power);
        picture.line((x, TOP), (x, bottom + 5.0), "grid");
        picture.text((x, bottom + 20.0), "dim mid", &time(power));
    }
    let mut in_words = Vec::new();
    for (measured, number) in results.iter().zip(0..) {
        let y = TOP + f64::from(number) * ROW;
        in_words.push(row(&mut picture, measured, &axis, y));
    }
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let flags = if is_quick { " -- --quick" } else { "" };
    let made = format!(
        "cargo bench --bench latency{flags}, on a machine of {cpus} CPUs, with clients at work"
    );
    picture.text((16.0, bottom + 46.0), "dim", &made);
    picture.finish(
        bottom + 60.0,
        title,
        &format!("{} {made}.", in_words.join(" ")),
    )
}

/// A candidate's failovers, and the same in words.
fn row(picture: &mut Picture, measured: &Measured, axis: &Axis, y: f64) -> String {
    let name = measured.candidate.name;
    let tone = match measured.candidate.watcher {
        Watcher::HaproxyRhi { .. } => Tone::First,
        Watcher::Healthcheck(_) => Tone::Second,
        Watcher::Bare => Tone::Lesser,
    };
    picture.fitting((16.0, y + 22.0), "in", name, LEFT - 24.0);
    let stroke = |log: f64, width: f64, height: f64| Area {
        x: axis.x(log) - width / 2.0,
        y: y + (ROW - height) / 2.0,
        width,
        height,
    };
    let moves: Vec<&Move> = measured.moves(Way::Over).collect();
    let figures = Figures::of(moves.iter().map(|one| one.route));
    let [p50, most] = [50, 100].map(|percent| figures.percentile(percent));
    if let Some(p50) = p50 {
        let Area { x, y, height, .. } = stroke(log(p50), 0.0, ROW - 4.0);
        picture.line((x, y), (x, y + height), "zero");
    }
    let strokes = moves
        .iter()
        .map(|one| stroke(log(one.route * 1000.0), 2.4, STROKE));
    picture.bars(&strokes.collect::<Vec<_>>(), tone, name);
    let told = format!(
        "p50 {}, max {} ms of {} failovers",
        milliseconds(p50),
        milliseconds(most),
        moves.len()
    );
    picture.text((RIGHT + 14.0, y + 22.0), "dim", &told);
    format!("{name}: {told}.")
}

fn log(milliseconds: f64) -> f64 {
    milliseconds.max(LEAST).log10()
}

/// `1 ms`, `10 s`.
fn time(power: f64) -> String {
    match 10_f64.powf(power) {
        milliseconds if milliseconds < 999.0 => format!("{milliseconds} ms"),
        milliseconds => format!("{} s", milliseconds / 1000.0),
    }
}
