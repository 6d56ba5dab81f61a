//! What the heartbeat of the second chance writes for Prometheus: the real one, between two NVAs.

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Host, eventually};

use crate::nvas::{BOTH, Nvas};
use crate::pair::PATIENCE;

/// How the NVA's sibling is, or the NVA itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chance {
    Well,
    /// Packets of no connection came, and forged ones.
    Busy,
    OtherFile,
    DoesNotAsk,
    Silent,
    Off,
}

const SIBLING: &str = "{nva=\"172.16.2.70\"}";

/// The file of each state.
pub fn pages() -> Result<Vec<(Chance, String)>> {
    let nvas = Nvas::start(2)?;
    nvas.command(1, "up")?;
    nvas.command(2, "up")?;
    let path = nvas.ring.directory().join("second-chance.prom");
    let page = |is: &[(&str, u8)]| {
        eventually(PATIENCE, &format!("the second chance: {is:?}"), || {
            let text = std::fs::read_to_string(&path)?;
            for (name, value) in is {
                let line = format!("haproxy_rhi_second_chance_{name} {value}\n");
                ensure!(text.contains(&line), "no '{line}' in {text}");
            }
            Ok(text)
        })
    };
    let sibling = |name: &str| format!("sibling_{name}{SIBLING}");
    let (answers, asks, differs) = (sibling("answers"), sibling("asks"), sibling("file_differs"));
    let _own = nvas.heartbeat(1, &["--metrics", &path.to_string_lossy()])?;
    let heartbeat = nvas.heartbeat(2, &[])?;
    nvas.ready(1)?;
    let well = page(&[("on", 1), (&answers, 1), (&asks, 1), (&differs, 0)])?;
    nvas.connect(BOTH[0])?.who()?;
    raw(&nvas, &["acks", &BOTH[0].to_string(), "100"])?;
    raw(&nvas, &["vxlan", "172.16.1.70", "50", "ack"])?;
    let handed = format!("handed_over_packets_total{SIBLING}");
    let busy = page(&[
        (&handed, 100),
        ("nobodys_packets_total", 100),
        ("forged_packets_total", 50),
    ])?;
    drop(heartbeat);
    let does_not_ask = page(&[("on", 1), (&answers, 1), (&asks, 0)])?;
    // A prefix more.
    nvas.write(2, &format!("{}prefix 9.9.9.10/32\n", nvas.text(2)?))?;
    nvas.command(2, "up")?;
    let heartbeat = nvas.heartbeat(2, &[])?;
    let other_file = page(&[("on", 1), (&asks, 1), (&differs, 1)])?;
    drop(heartbeat);
    nvas.command(2, "down")?;
    let silent = page(&[("on", 1), (&answers, 0)])?;
    nvas.command(1, "down")?;
    let off = page(&[("on", 0)])?;
    Ok(vec![
        (Chance::Well, well),
        (Chance::Busy, busy),
        (Chance::OtherFile, other_file),
        (Chance::DoesNotAsk, does_not_ask),
        (Chance::Silent, silent),
        (Chance::Off, off),
    ])
}

/// Packets that no program sends by itself.
fn raw(nvas: &Nvas, arguments: &[&str]) -> Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/second_chance/raw.py");
    let mut python = nvas.ring.command(Host::Client, "/usr/bin/python3");
    let output = python.arg(script).args(arguments).output()?;
    ensure!(output.status.success(), "{output:?}");
    Ok(())
}
