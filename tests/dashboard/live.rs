//! A real Prometheus, with the rules as they are, scrapes real node exporters in the two regions, which read the files of the real
//! haproxy-rhi: a failover, a drain, flaps, events that are not heard, and a takeover, as the dashboard shows them.

use std::path::Path;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab, Region, eventually};
use serde_json::Value;

use crate::pair::PATIENCE;
use crate::prometheus::{Files, Prometheus, Running};
use crate::shipped::{Panel, RULES, dashboard, panels};

const NE: Region = Region::NorthEurope;
const WE: Region = Region::WestEurope;
const CONFIG: &str = "/etc/haproxy-rhi/config.json";
const FOLDER: &str = "/run/metrics";
const EXPORTER: u16 = 9100;

/// What has nothing at the start: no alert fires, and neither verify nor the second chance runs.
const NOT_HERE: [&str; 4] = [
    "Alerts",
    "Routes at the Route Servers",
    "Siblings of the second chance",
    "Packets of the second chance",
];

/// The shipped files, with metrics, with damping, and West Europe as the one that takes over; its HAProxy logs elsewhere.
fn config(region: Region) -> String {
    let path = format!(
        "{}/exabgp/{}/config.json",
        env!("CARGO_MANIFEST_DIR"),
        region.folder()
    );
    let shipped = std::fs::read_to_string(path).unwrap();
    let keys = format!(
        "{{\"metrics\": \"{FOLDER}/rhi.prom\", \"hooks\": [{{\"argv\": [\"/bin/true\"]}}],"
    );
    let text = shipped.replacen('{', &keys, 1);
    let text = text.replace(
        "\"rise\": 2",
        "\"rise\": 2, \"damping\": {\"wait\": \"5m\", \"ceiling\": \"5m\"}",
    );
    if region == NE {
        return text.replace("[65010]", "[65010, 65010]");
    }
    let takeover = "\"siblings\": {\"settle\": \"1s\", \"takeover\": {\"as_path\": [65010]},";
    text.replace("[65010, 65010, 65010]", "[65010, 65010, 65010, 65010]")
        .replace("\"siblings\": {", takeover)
        .replace("127.0.0.1:30514", "127.0.0.1:30515")
}

/// What a panel shows of a series now, in its own words.
struct Shown<'lab> {
    prometheus: Prometheus<'lab>,
    panels: Vec<Panel>,
}

impl Shown<'_> {
    fn becomes(&self, title: &str, series: &[(&str, &str)], words: &str) -> Result<()> {
        let panel = self
            .panels
            .iter()
            .find(|panel| panel.title == title)
            .unwrap();
        let is = |labels: &Value| series.iter().all(|(name, value)| labels[name] == **value);
        eventually(PATIENCE, &format!("{title}: {words}"), || {
            let mut all = Vec::new();
            for target in &panel.targets {
                all.extend(self.prometheus.now(&target.expression)?);
            }
            let mut mapped = all.iter().filter(|(labels, _)| is(labels));
            let found = mapped
                .any(|(_, value)| panel.mapped(*value).is_some_and(|(text, _)| text == words));
            ensure!(found, "{all:?}");
            Ok(())
        })
    }

    fn standing(&self, instance: &str, words: &str) -> Result<()> {
        self.becomes(
            "Standing of each service",
            &[("instance", instance), ("service", "web")],
            words,
        )
    }

    /// It is in one of these states.
    fn alert(&self, name: &str, instance: &str, states: &[&str]) -> Result<()> {
        eventually(PATIENCE, &format!("{name} {states:?}"), || {
            let alerts = self.prometheus.alerts()?;
            let is = |alert: &Value| {
                let labels = &alert["labels"];
                labels["alertname"] == name
                    && labels["instance"] == instance
                    && states.iter().any(|state| alert["state"] == **state)
            };
            ensure!(alerts.iter().any(is), "{alerts:?}");
            Ok(())
        })
    }

    /// Every panel has data.
    fn speak(&self) -> Result<()> {
        for panel in self
            .panels
            .iter()
            .filter(|panel| !NOT_HERE.contains(&panel.title.as_str()))
        {
            for target in &panel.targets {
                eventually(PATIENCE, &panel.title, || {
                    let rows = self.prometheus.now(&target.expression)?;
                    ensure!(!rows.is_empty(), "{} gives nothing", target.expression);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }
}

fn exporter(lab: &Lab, region: Region, logs: &Path) -> Result<Running> {
    let nva = lab.nva(region);
    let made = nva
        .command("install")
        .args(["-d", "-m", "0777", FOLDER])
        .status()?;
    ensure!(made.success(), "{FOLDER}: {made}");
    nva.exabgp().start()?;
    let mut command = nva.command("prometheus-node-exporter");
    command.args(["--collector.disable-defaults", "--collector.textfile"]);
    command.arg(format!("--collector.textfile.directory={FOLDER}"));
    command.arg(format!("--web.listen-address={}:{EXPORTER}", nva.address()));
    Running::start(&mut command, &logs.join(format!("exporter-{region}.log")))
}

/// On West Europe's NVA.
fn scraping<'lab>(lab: &'lab Lab, logs: &Path) -> Result<Prometheus<'lab>> {
    let target = |region: Region, name: &str| {
        let address = lab.nva(region).address();
        format!("      - {{targets: ['{address}:{EXPORTER}'], labels: {{instance: {name}}}}}\n")
    };
    let text = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: ['{FOLDER}/rules.yml']\n\
         scrape_configs:\n  - job_name: node\n    static_configs:\n{}{}",
        target(NE, "ne"),
        target(WE, "we")
    );
    let nva = lab.nva(WE);
    nva.write(&format!("{FOLDER}/prometheus.yml"), &text)?;
    nva.write(
        &format!("{FOLDER}/rules.yml"),
        &std::fs::read_to_string(RULES)?,
    )?;
    let files = Files {
        configuration: format!("{FOLDER}/prometheus.yml"),
        data: format!("{FOLDER}/data"),
        log: logs.join("prometheus.log"),
    };
    Prometheus::start(
        Box::new(move |program| nva.command(program)),
        "127.0.0.1:9090",
        &files,
        &[],
    )
}

fn drain(lab: &Lab, word: &str) -> Result<()> {
    let output = lab
        .nva(NE)
        .command("/usr/bin/haproxy-rhi")
        .args([word, "web"])
        .output()?;
    ensure!(output.status.success(), "{output:?}");
    Ok(())
}

#[test]
fn a_real_prometheus_shows_what_happens_in_the_two_regions() {
    let binary = env!("CARGO_BIN_EXE_haproxy-rhi");
    let builder = Lab::builder()
        .exabgp(ExaBgp::Debian)
        .binary(binary)
        .without_exabgp();
    let lab = builder
        .file(NE, CONFIG, &config(NE))
        .file(WE, CONFIG, &config(WE))
        .start()
        .unwrap();
    lab.run(|lab| {
        let logs = tempfile::tempdir()?;
        let _exporters = [
            exporter(lab, NE, logs.path())?,
            exporter(lab, WE, logs.path())?,
        ];
        let prometheus = scraping(lab, logs.path())?;
        let shown = Shown {
            prometheus,
            panels: panels(&dashboard()),
        };
        shown.standing("ne", "best level")?;
        shown.standing("we", "best level")?;
        shown.speak()?;

        lab.backend(NE).kill()?;
        shown.standing("ne", "withdrawn")?;
        shown.becomes("Routes", &[("instance", "ne")], "withdrawn")?;
        shown.becomes("Siblings", &[("instance", "we")], "not healthy")?;
        shown.alert("HaproxyRhiServiceDown", "ne", &["pending", "firing"])?;
        lab.backend(NE).start()?;
        shown.standing("ne", "best level")?;

        drain(lab, "drain")?;
        shown.standing("ne", "drained")?;
        drain(lab, "resume")?;
        shown.standing("ne", "best level")?;

        // Its second fall.
        lab.backend(NE).kill()?;
        shown.standing("ne", "withdrawn")?;
        lab.backend(NE).start()?;
        shown.standing("ne", "kept back")?;

        lab.backend(WE).kill()?;
        shown.becomes(
            "Means: events, variables, files, hooks",
            &[("instance", "we"), ("means", "events")],
            "fails",
        )?;
        lab.backend(WE).start()?;
        shown.standing("we", "best level")?;

        lab.nva(NE).cut_link()?;
        shown.standing("we", "takeover")?;
        shown.alert("HaproxyRhiTakeover", "we", &["firing"])?;
        let takeover = [("instance", "we"), ("alertname", "HaproxyRhiTakeover")];
        shown.becomes("Alerts", &takeover, "fires")
    })
    .unwrap();
}
