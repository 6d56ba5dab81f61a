//! A picture of the dashboard's upper part for the guide, by what Prometheus answered: the panels where they are, with their own
//! words and colours. It is no Grafana.

use std::fmt::Write;

use anyhow::Result;
use serde_json::Value;

use crate::day::BEGIN;
use crate::over::clock;
use crate::prometheus::{Prometheus, Row};
use crate::series::SCRAPE;
use crate::shipped::{Panel, dashboard, legend, panels};

/// When no region has servers.
const UNTIL: u64 = BEGIN + 322 * 60 + 30;
/// A column and a line of Grafana's grid, in pixels.
const COLUMN: u64 = 50;
const LINE: u64 = 34;
/// What is below is not drawn.
const LINES: u64 = 35;
/// Between panels, and around what is in them.
const GAP: u64 = 8;
/// A letter.
const LETTER: u64 = 6;

const STYLE: &str = "text{font:11px sans-serif;fill:#24292f}.title{font-weight:bold;font-size:12px}.big{font-size:17px;font-weight:bold}\
.page{fill:#f4f5f5}.panel{fill:#fff;stroke:#d8dade}.axis{fill:#6a6f76}\
@media(prefers-color-scheme:dark){text{fill:#ccccdc}.page{fill:#111217}.panel{fill:#181b1f;stroke:#2c3037}.axis{fill:#8e9098}}\
.dark{fill:#111}.light{fill:#fff}";

/// The picture, in SVG.
pub fn picture(prometheus: &Prometheus<'_>) -> Result<String> {
    let (width, height) = (24 * COLUMN + GAP, LINES * LINE + GAP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"The dashboard\">\n\
         <style>{STYLE}</style>\n<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n"
    );
    for panel in panels(&dashboard()) {
        let frame = Frame::of(&panel.json);
        if frame.bottom <= LINES * LINE {
            draw(&panel, &frame, prometheus, &mut svg)?;
        }
    }
    Ok(svg + "</svg>\n")
}

/// Where a panel is.
struct Frame {
    left: u64,
    top: u64,
    right: u64,
    bottom: u64,
}

impl Frame {
    fn of(json: &Value) -> Self {
        let at = |side: &str| json["gridPos"][side].as_u64().unwrap_or_default();
        Self {
            left: at("x") * COLUMN + GAP,
            top: at("y") * LINE + GAP,
            right: (at("x") + at("w")) * COLUMN,
            bottom: (at("y") + at("h")) * LINE,
        }
    }
}

fn draw(panel: &Panel, frame: &Frame, prometheus: &Prometheus<'_>, svg: &mut String) -> Result<()> {
    let mut rows: Vec<(String, Row)> = Vec::new();
    for target in &panel.targets {
        let answer = prometheus.over_time(&target.expression, (BEGIN, UNTIL))?;
        rows.extend(
            answer
                .into_iter()
                .map(|row| (legend(&target.legend, &row.labels), row)),
        );
    }
    let (width, height) = (frame.right - frame.left, frame.bottom - frame.top);
    let _ = writeln!(
        svg,
        "<rect class=\"panel\" x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\" rx=\"2\"/>",
        frame.left, frame.top
    );
    words(
        svg,
        "title",
        (frame.left + GAP, frame.top + 18),
        &panel.title,
    );
    if panel.kind == "stat" {
        tiles(panel, frame, &rows, svg);
    } else {
        timeline(panel, frame, &rows, svg);
    }
    Ok(())
}

/// The last value of each series.
fn tiles(panel: &Panel, frame: &Frame, rows: &[(String, Row)], svg: &mut String) {
    let (left, top) = (frame.left + GAP, frame.top + 28);
    let width = (frame.right - GAP - left) / rows.len().max(1) as u64;
    for (index, (name, row)) in rows.iter().enumerate() {
        let value = row.values.last().map_or(f64::NAN, |(_, value)| *value);
        let (text, colour) = panel.shown(value);
        let (x, height) = (left + index as u64 * width, frame.bottom - GAP - top);
        block(svg, (x, top, width - 3, height), &colour);
        words(
            svg,
            &format!("big {}", on(&colour)),
            (x + GAP, top + height / 2 + 2),
            &text,
        );
        words(svg, on(&colour), (x + GAP, top + height - GAP), name);
    }
}

/// The states of each series, one after the other.
fn timeline(panel: &Panel, frame: &Frame, rows: &[(String, Row)], svg: &mut String) {
    let longest = rows
        .iter()
        .map(|(name, _)| name.chars().count() as u64)
        .max()
        .unwrap_or_default();
    let label = (longest * LETTER).min((frame.right - frame.left) * 9 / 20);
    let (left, top) = (frame.left + 2 * GAP + label, frame.top + 28);
    let span = frame.right - GAP - left;
    let x = |at: u64| left + (at - BEGIN) * span / (UNTIL - BEGIN);
    let height = ((frame.bottom - 20 - top) / rows.len().max(1) as u64).min(64);
    for (index, (name, row)) in rows.iter().enumerate() {
        let y = top + index as u64 * height;
        words(
            svg,
            "",
            (frame.left + GAP, y + height / 2 + 4),
            &shortened(name, label / LETTER),
        );
        for (begin, end, value) in states(panel, row) {
            let (text, colour) = panel.shown(value);
            let (from, width) = (x(begin), x(end.min(UNTIL)) - x(begin));
            block(
                svg,
                (from, y + 1, width.max(1), height.saturating_sub(3)),
                &colour,
            );
            if text.chars().count() as u64 * LETTER + 6 < width {
                words(svg, on(&colour), (from + 4, y + height / 2 + 4), &text);
            }
        }
    }
    if panel.json["options"]["legend"]["showLegend"] == true {
        meanings(panel, (left, frame.bottom - 34), svg);
    }
    for hour in (BEGIN..UNTIL).step_by(3600) {
        words(
            svg,
            "axis",
            (x(hour), frame.bottom - 7),
            clock(hour).get(..5).unwrap_or_default(),
        );
    }
}

/// What the colours mean.
fn meanings(panel: &Panel, (mut x, y): (u64, u64), svg: &mut String) {
    for (text, colour) in panel.words() {
        block(svg, (x, y - 8, 14, 8), &colour);
        words(svg, "", (x + 18, y), &text);
        x += 30 + text.chars().count() as u64 * LETTER;
    }
}

/// From when until when a series is shown in one way.
fn states(panel: &Panel, row: &Row) -> Vec<(u64, u64, f64)> {
    let mut states: Vec<(u64, u64, f64)> = Vec::new();
    for (at, value) in &row.values {
        match states.last_mut() {
            Some((_, end, before))
                if *end == *at && panel.shown(*before) == panel.shown(*value) =>
            {
                *end += SCRAPE
            }
            _ => states.push((*at, at + SCRAPE, *value)),
        }
    }
    states
}

fn shortened(name: &str, letters: u64) -> String {
    let letters = letters as usize;
    match name.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

fn block(svg: &mut String, (x, y, width, height): (u64, u64, u64, u64), colour: &str) {
    let _ = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{}\"/>",
        shade(colour)
    );
}

fn words(svg: &mut String, class: &str, (x, y): (u64, u64), text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let class = if class.is_empty() {
        String::new()
    } else {
        format!(" class=\"{class}\"")
    };
    let _ = writeln!(svg, "<text{class} x=\"{x}\" y=\"{y}\">{text}</text>");
}

/// Grafana's own colours, by their names.
fn shade(colour: &str) -> &str {
    match colour {
        "green" => "#73bf69",
        "yellow" => "#fade2a",
        "light-orange" => "#ffb357",
        "orange" => "#ff9830",
        "dark-orange" => "#fa6400",
        "red" => "#f2495c",
        "dark-red" => "#c4162a",
        "purple" => "#b877d9",
        "blue" => "#5794f2",
        other => other,
    }
}

/// What can be read on it.
fn on(colour: &str) -> &'static str {
    let is_dark = ["dark", "red", "purple", "blue", "#"]
        .iter()
        .any(|dark| colour.starts_with(dark));
    if is_dark { "light" } else { "dark" }
}
