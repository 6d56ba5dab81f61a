//! The screen of both regions as a picture of a real run.
//!
//! `UPDATE_PICTURES=1 cargo test --test regions -- haproxy_2_6::the_screen_says` draws *man/pictures/screen.svg* anew, for review.

use std::path::Path;

use anyhow::{Context, Result};
use haproxy_rhi::svg::Picture;

/// The height of a line, and a letter's width at the most.
const HEIGHT: f64 = 17.0;
const LETTER: f64 = 8.0;
const BESIDE: f64 = 14.0;
const STYLE: &str = "\
.tty text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}
.tty text.alarm{font-weight:600}
";

/// Draws screens below each other, each under what had happened. Nothing, where no picture is wanted.
pub fn draw(screens: &[(&str, String)]) -> Result<()> {
    if std::env::var_os("UPDATE_PICTURES").is_none() {
        return Ok(());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/pictures/screen.svg");
    std::fs::write(&path, picture(screens)).with_context(|| path.display().to_string())
}

fn picture(screens: &[(&str, String)]) -> String {
    let lines = screens.iter().flat_map(|(_, text)| text.lines());
    let longest = lines.map(|line| line.chars().count()).max().unwrap_or(0);
    let width = longest as f64 * LETTER + 2.0 * BESIDE;
    let mut picture = Picture::new(width);
    picture.style(STYLE);
    let mut y = 6.0;
    for (happened, text) in screens {
        y += 20.0;
        picture.text((BESIDE, y), "large", happened);
        y += 8.0;
        picture.line((BESIDE, y), (width - BESIDE, y), "grid");
        picture.raw("<g class=\"tty\">\n");
        let mut class = "line";
        for line in text.lines() {
            y += HEIGHT;
            class = class_of(line, class);
            picture.text((BESIDE, y), class, line);
        }
        picture.raw("</g>\n");
        y += HEIGHT;
    }
    let told: Vec<String> = screens
        .iter()
        .map(|(happened, text)| {
            format!(
                "{happened}: {}",
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            )
        })
        .collect();
    picture.finish(y, "The screen of both regions", &told.join(". "))
}

/// A folded sentence goes on as it began.
fn class_of(line: &str, before: &'static str) -> &'static str {
    match line.get(..2) {
        Some("  ") => before,
        Some("! ") => "alarm",
        Some("- ") => "dim",
        _ => "line",
    }
}
