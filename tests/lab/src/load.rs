//! Requests one after another, from several clients at once: who answered, and what was lost.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow};

use crate::namespace::Namespace;
use crate::topology::{ANYCAST_ADDRESS, Region};

/// Before curl's own words about a request.
const MARK: &str = "@@";

/// How much to ask for. Each client waits for its answer before it asks again, on a new connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// How many at once.
    pub clients: usize,
    /// How many requests a client makes in a second, at most.
    pub per_second: u32,
    /// When it ends by itself.
    pub at_most: Duration,
}

impl Default for Load {
    fn default() -> Self {
        Self { clients: 4, per_second: 50, at_most: Duration::from_secs(60) }
    }
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A region's page.
    Page(Region),
    /// An answer that is no region's page: HAProxy's own 503, for example.
    Status(u16),
    /// No answer, and why.
    Lost(String),
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// When it ended.
    pub at: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// What became of it.
    pub outcome: Outcome,
}

/// All requests of a load, in the order in which they ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// The requests.
    pub requests: Vec<Request>,
}

impl LoadReport {
    /// How many got this region's page.
    pub fn pages(&self, region: Region) -> usize {
        self.requests.iter().filter(|request| request.outcome == Outcome::Page(region)).count()
    }

    /// Those that got no page.
    pub fn failed(&self) -> Vec<&Request> {
        self.requests.iter().filter(|request| !matches!(request.outcome, Outcome::Page(_))).collect()
    }

    /// The longest time in which nobody got a page, and when it ended.
    pub fn longest_gap(&self) -> Option<(Duration, SystemTime)> {
        let pages = self.requests.iter().filter(|request| matches!(request.outcome, Outcome::Page(_)));
        let ends: Vec<SystemTime> = pages.map(|request| request.at).collect();
        ends.iter()
            .zip(ends.iter().skip(1))
            .map(|(before, after)| (after.duration_since(*before).unwrap_or_default(), *after))
            .max()
    }

    /// From the first failed request's beginning to the last one's end; nothing if none failed.
    pub fn outage(&self) -> Duration {
        let failed = self.failed();
        let begin = failed.iter().filter_map(|request| request.at.checked_sub(request.took)).min();
        let end = failed.iter().map(|request| request.at).max();
        begin.zip(end).and_then(|(begin, end)| end.duration_since(begin).ok()).unwrap_or_default()
    }
}

/// A load that runs.
#[derive(Debug)]
pub struct Measurement {
    clients: Vec<Child>,
    readers: Vec<JoinHandle<()>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Measurement {
    pub(crate) fn start(network: &Namespace, load: &Load) -> Result<Self> {
        let seconds = load.at_most.as_secs().max(1);
        let count = seconds * u64::from(load.per_second.max(1));
        let mut measurement = Self { clients: Vec::new(), readers: Vec::new(), requests: Arc::default() };
        for _ in 0..load.clients {
            let mut client = network
                .command("curl")
                .args(["--silent", "--no-buffer", "--header", "Connection: close"])
                .args([
                    "--connect-timeout",
                    "1",
                    "--max-time",
                    "2",
                    "--rate",
                    &format!("{}/s", load.per_second.max(1)),
                ])
                .args(["--write-out", &format!("\n{MARK} %{{http_code}} %{{time_total}} %{{errormsg}}\n")])
                // One curl makes all requests: its [1-n] is a loop.
                .arg(format!("http://{ANYCAST_ADDRESS}/?[1-{count}]"))
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .context("failed to start curl")?;
            if let Some(stdout) = client.stdout.take() {
                let requests = Arc::clone(&measurement.requests);
                measurement.readers.push(thread::spawn(move || read(stdout, &requests)));
            }
            measurement.clients.push(client);
        }
        Ok(measurement)
    }

    /// Ends it, and tells what became of the requests. One that is under way is not counted.
    ///
    /// # Errors
    /// If a result is lost.
    pub fn finish(mut self) -> Result<LoadReport> {
        self.stop();
        for reader in self.readers.drain(..) {
            reader.join().map_err(|_| anyhow!("a client's result is lost"))?;
        }
        Ok(self.so_far())
    }

    /// What became of the requests that have ended.
    pub fn so_far(&self) -> LoadReport {
        let mut requests = locked(&self.requests).clone();
        requests.sort_by_key(|request| request.at);
        LoadReport { requests }
    }

    fn stop(&mut self) {
        for mut client in self.clients.drain(..) {
            // It may have ended by itself.
            let _ = client.kill();
            let _ = client.wait();
        }
    }
}

impl Drop for Measurement {
    fn drop(&mut self) {
        self.stop();
    }
}

fn locked(requests: &Mutex<Vec<Request>>) -> MutexGuard<'_, Vec<Request>> {
    requests.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(stdout: ChildStdout, requests: &Mutex<Vec<Request>>) {
    let mut body = String::new();
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        match line.strip_prefix(MARK).and_then(|words| request(words, &body)) {
            Some(request) => {
                locked(requests).push(request);
                body.clear();
            }
            None => body.push_str(&line),
        }
    }
}

fn request(words: &str, body: &str) -> Option<Request> {
    let mut words = words.trim_start().splitn(3, ' ');
    let status: u16 = words.next()?.parse().ok()?;
    let took = Duration::try_from_secs_f64(words.next()?.parse().ok()?).ok()?;
    let error = words.next().unwrap_or_default();
    let outcome = match Region::of_page(body) {
        Some(region) if status == 200 && error.is_empty() => Outcome::Page(region),
        _ if status == 0 || !error.is_empty() => Outcome::Lost(error.to_owned()),
        _ => Outcome::Status(status),
    };
    Some(Request { at: SystemTime::now(), took, outcome })
}
