//! Requests one after another, from several clients at once: who answered, and what was lost.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow};

use crate::client::sending;
use crate::kept;
use crate::namespace::Namespace;
use crate::topology::{ANYCAST_ADDRESS, Region};

/// Before curl's own words about a request.
const MARK: &str = "@@";

/// What a client does with its connection when it has its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// Ends it: each request has its own.
    Short,
    /// Asks again on it, for as long as it lasts.
    Kept,
}

/// How much to ask for. Each client waits for its answer before it asks again, and asks nothing twice. No two requests
/// are for the same URL: `/?1-17` is the first client's 17th.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// How many at once.
    pub clients: usize,
    /// How many requests a client makes in a second, at most.
    pub per_second: u32,
    /// When it ends by itself.
    pub at_most: Duration,
    /// How long a client waits for an answer.
    pub patience: Duration,
    /// The method of the requests. What is not a GET has a body of one byte.
    pub method: &'static str,
    /// Short ones, or kept.
    pub connections: Connections,
    /// With kept connections: a request that was lost is made once more, on a new connection, as a browser does with what
    /// is idempotent. Only what becomes of that counts.
    pub again: bool,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            clients: 4,
            per_second: 50,
            at_most: Duration::from_secs(60),
            patience: Duration::from_secs(2),
            method: "GET",
            connections: Connections::Short,
            again: false,
        }
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

impl Outcome {
    pub(crate) fn of(status: u16, body: &str) -> Self {
        match Region::of_page(body) {
            Some(region) if status == 200 => Self::Page(region),
            _ => Self::Status(status),
        }
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// When it ended.
    pub at: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// Whether its connection had served an earlier request.
    pub reused: bool,
    /// Whether it is the second of its kind: the first was lost.
    pub again: bool,
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
        self.requests
            .iter()
            .filter(|request| request.outcome == Outcome::Page(region))
            .count()
    }

    /// Those that got no page.
    pub fn failed(&self) -> Vec<&Request> {
        self.requests
            .iter()
            .filter(|request| !matches!(request.outcome, Outcome::Page(_)))
            .collect()
    }

    /// Those that had no answer at all: no page, and no HTTP status.
    pub fn lost(&self) -> Vec<&Request> {
        self.requests
            .iter()
            .filter(|request| matches!(request.outcome, Outcome::Lost(_)))
            .collect()
    }

    /// How many kept connections broke under a request.
    pub fn resets(&self) -> usize {
        self.lost().iter().filter(|request| request.reused).count()
    }

    /// How many were on their way at this time.
    pub fn under_way(&self, at: SystemTime) -> usize {
        let covers = |request: &&Request| {
            request.at >= at
                && request
                    .at
                    .checked_sub(request.took)
                    .is_some_and(|begin| begin <= at)
        };
        self.requests.iter().filter(covers).count()
    }

    /// The longest time in which nobody got a page, and when it ended.
    pub fn longest_gap(&self) -> Option<(Duration, SystemTime)> {
        let pages = self
            .requests
            .iter()
            .filter(|request| matches!(request.outcome, Outcome::Page(_)));
        let ends: Vec<SystemTime> = pages.map(|request| request.at).collect();
        ends.iter()
            .zip(ends.iter().skip(1))
            .map(|(before, after)| (after.duration_since(*before).unwrap_or_default(), *after))
            .max()
    }

    /// From the first failed request's beginning to the last one's end; nothing if none failed.
    pub fn outage(&self) -> Duration {
        let failed = self.failed();
        let begin = failed
            .iter()
            .filter_map(|request| request.at.checked_sub(request.took))
            .min();
        let end = failed.iter().map(|request| request.at).max();
        begin
            .zip(end)
            .and_then(|(begin, end)| end.duration_since(begin).ok())
            .unwrap_or_default()
    }
}

/// A load that runs.
#[derive(Debug)]
pub struct Measurement {
    clients: Vec<Child>,
    threads: Vec<JoinHandle<Result<()>>>,
    end: Arc<AtomicBool>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Measurement {
    pub(crate) fn start(network: &Namespace, load: &Load) -> Result<Self> {
        let mut measurement = Self {
            clients: Vec::new(),
            threads: Vec::new(),
            end: Arc::default(),
            requests: Arc::default(),
        };
        for client in 1..=load.clients {
            match load.connections {
                Connections::Short => measurement.short(network, load, client)?,
                Connections::Kept => measurement.kept(network, load, client),
            }
        }
        Ok(measurement)
    }

    /// curl makes all requests of a client: its [1-n] is a loop.
    fn short(&mut self, network: &Namespace, load: &Load, client: usize) -> Result<()> {
        let per_second = load.per_second.max(1);
        let count = load.at_most.as_secs().max(1) * u64::from(per_second);
        let mut curl = network
            .command("curl")
            .args(["--silent", "--no-buffer", "--header", "Connection: close"])
            .args([
                "--connect-timeout",
                "1",
                "--max-time",
                &load.patience.as_secs_f64().to_string(),
            ])
            .args(["--rate", &format!("{per_second}/s")])
            .args([
                "--write-out",
                &format!("\n{MARK} %{{http_code}} %{{time_total}} %{{errormsg}}\n"),
            ])
            .args(sending(load.method))
            .arg(format!("http://{ANYCAST_ADDRESS}/?{client}-[1-{count}]"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("failed to start curl")?;
        if let Some(stdout) = curl.stdout.take() {
            let requests = Arc::clone(&self.requests);
            self.threads.push(thread::spawn(move || {
                read(stdout, &requests);
                Ok(())
            }));
        }
        self.clients.push(curl);
        Ok(())
    }

    /// curl would ask again by itself where a kept connection broke: this client is a thread.
    fn kept(&mut self, network: &Namespace, load: &Load, client: usize) {
        let (network, load) = (network.clone(), load.clone());
        let (end, requests) = (Arc::clone(&self.end), Arc::clone(&self.requests));
        self.threads.push(thread::spawn(move || {
            network.enter()?;
            kept::ask(&load, client, &end, |request| {
                locked(&requests).push(request)
            });
            Ok(())
        }));
    }

    /// Ends it, and tells what became of the requests. One that is under way on a short connection is not
    /// counted.
    ///
    /// # Errors
    /// If a result is lost.
    pub fn finish(mut self) -> Result<LoadReport> {
        self.stop();
        for thread in self.threads.drain(..) {
            thread
                .join()
                .map_err(|_| anyhow!("a client's result is lost"))??;
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
        self.end.store(true, Ordering::Relaxed);
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
        match line
            .strip_prefix(MARK)
            .and_then(|words| request(words, &body))
        {
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
    let outcome = match status {
        _ if status == 0 || !error.is_empty() => Outcome::Lost(error.to_owned()),
        _ => Outcome::of(status, body),
    };
    Some(Request {
        at: SystemTime::now(),
        took,
        reused: false,
        again: false,
        outcome,
    })
}
