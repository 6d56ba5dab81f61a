//! The comparison as a table in the manner of `az`'s, or as JSON.

use serde_json::{Value, json};

use crate::failure::Outcome;
use crate::value::Joined;

use super::compare::{Comparison, Region, Row};

/// The outcome in a word.
fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Best => "agree",
        Outcome::Worse => "differ",
        Outcome::Unknown => "unknown",
    }
}

/// For a person.
pub fn text(regions: &[Region], comparison: &Comparison) -> String {
    let mut text = String::new();
    for region in regions {
        for words in region.intent.iter().flat_map(|intent| &intent.said_by) {
            text += &format!("{}: intended is what {words}\n", region.name);
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text += &table(&comparison.rows);
    for line in &comparison.preferences {
        text += &format!("\n{line}\n");
    }
    for line in &comparison.notes {
        text += &format!("\nnote: {line}\n");
    }
    text.push('\n');
    for line in &comparison.problems {
        text += &format!("! {line}\n");
    }
    text += match comparison.outcome {
        Outcome::Best => "all agree\n",
        Outcome::Worse => "something differs\n",
        Outcome::Unknown => "it is unknown whether all agree\n",
    };
    text
}

fn table(rows: &[Row]) -> String {
    let head = ["PREFIX", "REGION", "SEEN BY", "NEXT HOP", "AS PATH", ""].map(str::to_owned);
    let mut lines = vec![head];
    let mut before: Option<&Row> = None;
    for row in rows {
        let same_prefix = before.is_some_and(|before| before.prefix == row.prefix);
        let same_region = same_prefix && before.is_some_and(|before| before.region == row.region);
        let unless = |same: bool, text: &str| if same { String::new() } else { text.to_owned() };
        lines.push([
            unless(same_prefix, &row.prefix),
            unless(same_region, &row.region),
            row.seen_by.clone(),
            row.next_hop.clone().unwrap_or_else(|| "-".to_owned()),
            row.as_path.clone().unwrap_or_else(|| "-".to_owned()),
            row.words.clone(),
        ]);
        before = Some(row);
    }
    let mut widths = [0; 6];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for line in &lines {
        let cells = line
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .joined("  ");
        text += cells.trim_end();
        text.push('\n');
    }
    text
}

/// For a program. Keys are added, never renamed.
pub fn json(regions: &[Region], comparison: &Comparison) -> String {
    let rows = |name: &str| -> Vec<Value> {
        let rows = comparison.rows.iter().filter(|row| row.region == name);
        let row = |row: &Row| {
            json!({
                "prefix": row.prefix,
                "seen_by": row.seen_by,
                "next_hop": row.next_hop,
                "as_path": row.as_path,
                "agreement": row.agreement.map(word),
                "words": row.words,
            })
        };
        rows.map(row).collect()
    };
    let regions: Vec<Value> = regions
        .iter()
        .map(|region| {
            let said_by: Vec<&String> = region
                .intent
                .iter()
                .flat_map(|intent| &intent.said_by)
                .collect();
            json!({"region": region.name, "intended_by": said_by, "rows": rows(&region.name)})
        })
        .collect();
    let value = json!({
        "outcome": word(comparison.outcome),
        "regions": regions,
        "preferences": comparison.preferences,
        "problems": comparison.problems,
        "notes": comparison.notes,
    });
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}
