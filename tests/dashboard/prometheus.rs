//! The real Prometheus, and what it answers.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::eventually;
use serde_json::Value;

use crate::series::SCRAPE;
use crate::shipped::{list, text};

/// For what must happen on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// One that runs, and ends with its owner.
#[derive(Debug)]
pub struct Prometheus {
    child: Child,
    address: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A rule as Prometheus read it.
#[derive(Debug)]
pub struct Rule {
    pub alert: String,
    pub expression: String,
    pub wait: u64,
}

/// A series of an answer: its labels, and its values by the second.
#[derive(Debug)]
pub struct Row {
    pub labels: Value,
    pub values: Vec<(u64, f64)>,
}

/// An alert that fired: which, of what, and when it began and was over.
pub type Window = (u64, u64, String, Value);

impl Prometheus {
    /// One with the blocks in `folder`/data, and with the rules.
    pub fn over(folder: &Path) -> Result<Self> {
        let rules = crate::shipped::RULES;
        let configuration = folder.join("prometheus.yml");
        std::fs::write(&configuration, format!("rule_files: ['{rules}']\n"))?;
        // Nobody else takes a port that was free a moment ago, but may: then the next one is tried.
        let last = std::iter::repeat_with(|| Self::at_a_port(folder, &configuration));
        last.take(5)
            .find_map(Result::ok)
            .context("Prometheus does not start")
    }

    fn at_a_port(folder: &Path, configuration: &Path) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", configuration.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .arg("--storage.tsdb.retention.time=100y")
            // A series that ends is over at once, as after a scrape without it.
            .arg(format!("--query.lookback-delta={}s", SCRAPE - 1))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("prometheus.log"))?)
            .spawn()
            .context("Prometheus (tests/prepare installs it)")?;
        let mut started = Self { child, address };
        let runs = eventually(PATIENCE, "Prometheus", || {
            match started.child.try_wait()? {
                Some(_) => Ok(false),
                None => started.get("/-/ready", &[]).map(|_| true),
            }
        })?;
        ensure!(runs, "Prometheus ended");
        Ok(started)
    }

    fn get(&self, path: &str, form: &[(&str, &str)]) -> Result<String> {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail-with-body", "--get"]);
        for (name, value) in form {
            curl.args(["--data-urlencode", &format!("{name}={value}")]);
        }
        let output = curl
            .arg(format!("http://{}{path}", self.address))
            .output()?;
        ensure!(output.status.success(), "{output:?}");
        Ok(String::from_utf8(output.stdout)?)
    }

    fn data(&self, path: &str, form: &[(&str, &str)]) -> Result<Value> {
        let mut answer: Value = serde_json::from_str(&self.get(path, form)?)?;
        ensure!(text(&answer, "/status") == "success", "{form:?}: {answer}");
        Ok(answer
            .pointer_mut("/data")
            .map(Value::take)
            .unwrap_or_default())
    }

    /// What an expression is from then to then, by the scrape.
    pub fn over_time(&self, expression: &str, (begin, end): (u64, u64)) -> Result<Vec<Row>> {
        let step = SCRAPE.to_string();
        let (begin, end) = (begin.to_string(), end.to_string());
        let form = [
            ("query", expression),
            ("start", &begin),
            ("end", &end),
            ("step", &step),
        ];
        let data = self.data("/api/v1/query_range", &form)?;
        let row = |row: &Value| Row {
            labels: row.get("metric").cloned().unwrap_or_default(),
            values: list(row, "/values").iter().filter_map(sample).collect(),
        };
        Ok(list(&data, "/result").iter().map(row).collect())
    }

    /// The values of a label, as a variable of the dashboard asks for them.
    pub fn label_values(
        &self,
        series: &str,
        label: &str,
        (begin, end): (u64, u64),
    ) -> Result<Vec<String>> {
        let (begin, end) = (begin.to_string(), end.to_string());
        let form = [("match[]", series), ("start", &begin), ("end", &end)];
        let data = self.data(&format!("/api/v1/label/{label}/values"), &form)?;
        Ok(list(&data, "")
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect())
    }

    /// The alerts, as Prometheus read them.
    pub fn rules(&self) -> Result<Vec<Rule>> {
        let data = self.data("/api/v1/rules", &[])?;
        let rules = list(&data, "/groups")
            .iter()
            .flat_map(|group| list(group, "/rules"));
        let rule = |rule: &Value| Rule {
            alert: text(rule, "/name").to_owned(),
            expression: text(rule, "/query").to_owned(),
            wait: rule
                .get("duration")
                .and_then(Value::as_f64)
                .unwrap_or_default() as u64,
        };
        Ok(rules.map(rule).collect())
    }

    /// When an alert fires, if it is evaluated at each scrape.
    pub fn windows(&self, rule: &Rule, (begin, end): (u64, u64)) -> Result<Vec<Window>> {
        let mut windows = Vec::new();
        for row in self.over_time(&rule.expression, (begin, end))? {
            let follows = |one: &(u64, f64), other: &(u64, f64)| other.0 == one.0 + SCRAPE;
            for run in row.values.chunk_by(follows) {
                let (Some((first, _)), Some((last, _))) = (run.first(), run.last()) else {
                    continue;
                };
                if first + rule.wait <= *last {
                    let window = (
                        first + rule.wait,
                        last + SCRAPE,
                        rule.alert.clone(),
                        row.labels.clone(),
                    );
                    windows.push(window);
                }
            }
        }
        Ok(windows)
    }
}

fn sample(pair: &Value) -> Option<(u64, f64)> {
    let at = pair.get(0)?.as_f64()?;
    Some((at as u64, pair.get(1)?.as_str()?.parse().ok()?))
}
