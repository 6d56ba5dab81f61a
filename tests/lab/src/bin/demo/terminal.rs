//! The terminal as it was, at the speed at which it was written: an animation of one column of lines that moves up, under a cover that moves down.

use std::time::Duration;

use crate::screen::{Line, Style};
use crate::svg::{Picture, escaped};

const WIDTH: f64 = 720.0;
/// Lines that are seen at once, and the height of one.
const LINES: usize = 34;
const HEIGHT: f64 = 17.0;
/// What is above the lines, and beside them.
const HEAD: f64 = 34.0;
const BESIDE: f64 = 14.0;
/// The end is left for so long before it begins again.
const END: f64 = 10.0;

const STYLE: &str = "\
.tty text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}
.up{fill:#1a7f37}.down{fill:#a40e26}
@media(prefers-color-scheme:dark){.up{fill:#3fb950}.down{fill:#ff9492}}
@media(prefers-reduced-motion:reduce){.roll,.cover{animation:none!important}}
";

/// The whole picture.
pub fn picture(written: &[(Duration, Line)]) -> String {
    let mut picture = Picture::new(WIDTH);
    picture.style(STYLE);
    picture.style(&rolling(written));
    picture.text(
        (BESIDE, 21.0),
        "dim",
        "# tests/demo    (at its own speed, again and again)",
    );
    picture.line((0.0, HEAD - 3.0), (WIDTH, HEAD - 3.0), "grid");
    let height = LINES as f64 * HEIGHT + 8.0;
    picture.raw(&format!(
        "<svg x=\"{BESIDE}\" y=\"{HEAD}\" width=\"{}\" height=\"{height}\"><g class=\"tty roll\">\n",
        WIDTH - BESIDE
    ));
    let mut y = HEIGHT;
    for (_, line) in written {
        let parts: String = line.iter().map(part).collect();
        if !parts.is_empty() {
            picture.raw(&format!("<text y=\"{y}\">{parts}</text>\n"));
        }
        y += HEIGHT;
    }
    let below = LINES as f64 * HEIGHT + 99.0;
    picture.raw(&format!(
        "<rect width=\"{WIDTH}\" height=\"{below}\" class=\"page cover\"/></g></svg>\n"
    ));
    let lines = written
        .iter()
        .map(|(_, line)| line.iter().map(|(_, text)| text.trim()).collect());
    let lines: Vec<String> = lines.collect();
    let told = format!(
        "A terminal in which tests/demo runs. It ends with: {}",
        lines
            .get(lines.len().saturating_sub(16)..)
            .unwrap_or_default()
            .join(" ")
    );
    picture.finish(HEAD + height, "The demo's terminal", &told)
}

/// How far the column of lines has moved up from when on, and how far what covers those to come is down. Both stay at their end where
/// nothing may move.
fn rolling(written: &[(Duration, Line)]) -> String {
    let lasts = written.last().map_or(0.0, |(at, _)| at.as_secs_f64()) + END;
    let up = |count: usize| -HEIGHT * count.saturating_sub(LINES) as f64;
    let down = |count: usize| HEIGHT * count as f64 + 5.0;
    let moved = |to: f64| format!("{{transform:translateY({to}px)}}");
    let [mut lines, mut cover] = [up(0), down(0)].map(|to| format!("0%{}", moved(to)));
    let nexts = written
        .iter()
        .skip(1)
        .map(|(at, _)| Some(*at))
        .chain([None]);
    for (number, ((at, _), next)) in written.iter().zip(nexts).enumerate() {
        // What is written at once is seen at once.
        if next.is_none_or(|next| next > *at + Duration::from_millis(20)) {
            let share = at.as_secs_f64() / lasts * 100.0;
            lines += &format!("{share:.2}%{}", moved(up(number + 1)));
            cover += &format!("{share:.2}%{}", moved(down(number + 1)));
        }
    }
    let ends = [up(written.len()), down(written.len())];
    let parts = [("roll", lines), ("cover", cover)].into_iter().zip(ends);
    let rules = parts.map(|((name, frames), end)| {
        format!(
            ".{name}{{transform:translateY({end}px);animation:{name} {lasts:.1}s step-end infinite}}\n\
             @keyframes {name}{{{frames}100%{}}}\n",
            moved(end)
        )
    });
    rules.collect()
}

fn part((style, text): &(Style, String)) -> String {
    let class = match style {
        Style::Plain => return escaped(text),
        Style::Bold => "head",
        Style::Dim => "dim",
        Style::Good => "up",
        Style::Bad => "down",
    };
    format!("<tspan class=\"{class}\">{}</tspan>", escaped(text))
}
