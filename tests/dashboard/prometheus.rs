//! The real Prometheus, and what it answers.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::eventually;
use serde_json::Value;

use crate::series::SCRAPE;
use crate::shipped::{RULES, list, text};

/// For what must happen on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// One that runs, and ends with its owner.
pub struct Prometheus<'host> {
    process: Running,
    host: Host<'host>,
    address: String,
}

/// A program, to be run where Prometheus runs.
pub type Host<'host> = Box<dyn Fn(&str) -> Command + 'host>;

/// What Prometheus reads and writes, by the names that its host has for them.
pub struct Files {
    pub configuration: String,
    pub data: String,
    pub log: PathBuf,
}

/// A process that ends with its owner.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Its log goes there.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let log = std::fs::File::create(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let program = command.get_program().to_string_lossy().into_owned();
        Ok(Self(child.with_context(|| {
            format!("{program}; tests/prepare installs it")
        })?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
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

impl Prometheus<'static> {
    /// One with the blocks in `folder`/data, and with the rules.
    pub fn over(folder: &Path) -> Result<Self> {
        let configuration = folder.join("prometheus.yml");
        std::fs::write(&configuration, format!("rule_files: ['{RULES}']\n"))?;
        let files = Files {
            configuration: configuration.display().to_string(),
            data: folder.join("data").display().to_string(),
            log: folder.join("prometheus.log"),
        };
        // Somebody else may have taken a port that was free a moment ago.
        let start = || {
            let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
            // A series that ends is over at once, as after a scrape without it.
            let lookback = format!("--query.lookback-delta={}s", SCRAPE - 1);
            Prometheus::start(
                Box::new(|program| Command::new(program)),
                &address,
                &files,
                &[&lookback],
            )
        };
        let mut tries = std::iter::repeat_with(start).take(5);
        let started = tries.find_map(Result::ok);
        started.with_context(|| std::fs::read_to_string(&files.log).unwrap_or_default())
    }
}

impl<'host> Prometheus<'host> {
    /// One that answers at this address.
    pub fn start(host: Host<'host>, address: &str, files: &Files, flags: &[&str]) -> Result<Self> {
        let mut command = host("prometheus");
        command
            .arg(format!("--config.file={}", files.configuration))
            .arg(format!("--storage.tsdb.path={}", files.data))
            .arg(format!("--web.listen-address={address}"))
            .arg("--storage.tsdb.retention.time=100y")
            .args(flags);
        let process = Running::start(&mut command, &files.log)?;
        let mut started = Self {
            process,
            host,
            address: address.to_owned(),
        };
        let runs = eventually(PATIENCE, "Prometheus", || {
            match started.process.0.try_wait()? {
                Some(_) => Ok(false),
                None => started.get("/-/ready", &[]).map(|_| true),
            }
        })?;
        ensure!(runs, "Prometheus ended");
        Ok(started)
    }

    fn get(&self, path: &str, form: &[(&str, &str)]) -> Result<String> {
        let mut curl = (self.host)("curl");
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

    /// What an expression is now.
    pub fn now(&self, expression: &str) -> Result<Vec<(Value, f64)>> {
        let data = self.data("/api/v1/query", &[("query", expression)])?;
        let row = |row: &Value| {
            let (_, value) = sample(row.get("value")?)?;
            Some((row.get("metric")?.clone(), value))
        };
        Ok(list(&data, "/result").iter().filter_map(row).collect())
    }

    /// The alerts that wait or fire now.
    pub fn alerts(&self) -> Result<Vec<Value>> {
        let data = self.data("/api/v1/alerts", &[])?;
        Ok(list(&data, "/alerts").to_vec())
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
