//! What stands still: the map, the versions, the tables, the summary.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use haproxy_rhi_lab::{ANYCAST, ANYCAST_ADDRESS, ExaBgp, Lab, Region};

use crate::screen::{Screen, Style};
use crate::story::Told;

const MAP: &str = "                       Route Server        NVA             server
                    ┌─ 172.16.159.4, .5 ── 172.16.156.70 ─ .69  North Europe
  client ── MSEE ───┤  AS 65515            AS 65010
  10.1.0.10 AS12076 └─ 172.16.139.4, .5 ── 172.16.136.70 ─ .69  West Europe";

pub fn opening(screen: &mut Screen, version: &ExaBgp, binary: &Path) -> Result<()> {
    screen.styled(
        Style::Bold,
        "haproxy-rhi: the announcement of 9.9.9.9/32 follows HAProxy's servers",
    )?;
    screen.line("")?;
    screen.line(MAP)?;
    screen.line("")?;
    let exabgp = match version {
        ExaBgp::Debian => first_line(Command::new("/usr/sbin/exabgp").arg("--version"))?,
        ExaBgp::Pip(version) => (*version).to_owned(),
    };
    let versions = [
        (
            "haproxy-rhi",
            number(&first_line(Command::new(binary).arg("--version"))?),
        ),
        (
            "HAProxy",
            number(&first_line(Command::new("haproxy").arg("-v"))?),
        ),
        ("ExaBGP", number(&exabgp)),
        (
            "BIRD",
            number(&first_line(Command::new("bird").arg("--version"))?),
        ),
    ];
    let versions: Vec<String> = versions
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    screen.styled(Style::Dim, &format!("  {}", versions.join(", ")))?;
    screen.paragraph(
        "An NVA runs HAProxy, and ExaBGP with haproxy-rhi, from this repository's own files. Route Servers \
         and MSEE are BIRDs. All of it lives in network namespaces that lead nowhere.",
    )
}

fn first_line(command: &mut Command) -> Result<String> {
    let name = command.get_program().display().to_string();
    let output = command
        .output()
        .with_context(|| format!("failed to run '{name}'"))?;
    let text = [output.stdout, output.stderr].concat();
    Ok(String::from_utf8_lossy(&text)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned())
}

/// `2.6.12` of `HAProxy version 2.6.12-1+deb12u4 2026/10/17 - …`
fn number(text: &str) -> String {
    let word = text
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    word.unwrap_or(text)
        .split('-')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// What both instances of each region's Route Server learned.
pub fn learned(screen: &mut Screen, lab: &Lab) -> Result<()> {
    screen.paragraph("What the Route Servers learned from their NVA:")?;
    screen.line("")?;
    screen.styled(
        Style::Dim,
        "  Instance       Network      Next hop        AS path",
    )?;
    for region in Region::ALL {
        for instance in lab.route_servers(region) {
            for row in instance.rows(ANYCAST)? {
                let path: Vec<String> = row.as_path.iter().map(u32::to_string).collect();
                let next_hop = row.next_hop.map(|hop| hop.to_string()).unwrap_or_default();
                let address = instance.address().to_string();
                screen.line(&format!(
                    "  {address:<14} {:<12} {next_hop:<15} {:<18} {region}",
                    row.prefix,
                    path.join(" ")
                ))?;
            }
        }
    }
    screen.line("")
}

/// The MSEE's table, and what the client gets.
pub fn far_end(screen: &mut Screen, lab: &Lab) -> Result<()> {
    screen.paragraph("The MSEE's table (* is the route in use), and the client's page:")?;
    screen.line("")?;
    screen.styled(
        Style::Dim,
        "  Network            From                   AS path",
    )?;
    let mut rows = lab.msee().rows(ANYCAST)?;
    rows.sort_by_key(|row| (!row.best, row.as_path.len(), row.from));
    for row in rows {
        screen.styled(
            if row.best { Style::Good } else { Style::Plain },
            &format!("  {row}"),
        )?;
    }
    screen.line("")?;
    let answer = lab.client().get()?;
    let page = answer
        .body
        .lines()
        .find(|line| line.contains("<p>"))
        .unwrap_or_default()
        .trim()
        .to_owned();
    screen.line(&format!("  $ curl http://{ANYCAST_ADDRESS}/"))?;
    screen.line(&format!("  {page}"))
}

pub fn summary(screen: &mut Screen, told: &[Told]) -> Result<()> {
    screen.heading("Summary: about how long it took")?;
    screen.styled(
        Style::Dim,
        "                         until      then until   requests    longest time",
    )?;
    screen.styled(
        Style::Dim,
        "                         HAProxy    the route    failed      without",
    )?;
    screen.styled(
        Style::Dim,
        "                         says so    moved        (of)        a page",
    )?;
    for story in told {
        let failed = format!("{} ({})", story.failed, story.requests);
        let verdict = story.verdict.map_or_else(|| "-".to_owned(), about);
        screen.line(&format!(
            "  {:<22} {verdict:<10} {:<12} {failed:<11} {}",
            story.name,
            about(story.moved),
            about(story.gap)
        ))?;
    }
    screen.line("")?;
    screen.paragraph(
        "The times are of this machine, busy with two regions, and differ from run to run. Up to HAProxy's \
         word they are its checks ('inter', 'fastinter', 'fall' and 'rise' in haproxy.cfg), or the third of its \
         clients' connections in a row that failed ('error-limit').",
    )
}

/// No more digits than a second run would confirm.
pub fn about(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1000.0;
    match millis {
        ..9.95 => format!("{millis:.1} ms"),
        ..999.5 => format!("{millis:.0} ms"),
        _ => format!("{:.1} s", millis / 1000.0),
    }
}
