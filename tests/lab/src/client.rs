//! The client: what somebody who asks for the anycast address gets.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::load::{Load, Measurement};
use crate::namespace::{Namespace, output, said};
use crate::program::{Signal, send};
use crate::topology::{ANYCAST_ADDRESS, Region, client_plan};

/// The client, on premises.
#[derive(Debug)]
pub struct Client {
    network: Namespace,
}

/// What a web server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// Whose page it is.
    pub region: Option<Region>,
}

impl Client {
    pub(crate) fn new(lab: &str) -> Self {
        Self { network: Namespace::new(lab, &client_plan().name) }
    }

    /// Asks for the page at the anycast address.
    ///
    /// # Errors
    /// If no answer comes within two seconds.
    pub fn get(&self) -> Result<Answer> {
        self.get_url(&format!("http://{ANYCAST_ADDRESS}/"))
    }

    /// Asks for any page in the lab.
    ///
    /// # Errors
    /// If no answer comes within two seconds.
    pub fn get_url(&self, url: &str) -> Result<Answer> {
        let options = ["--silent", "--show-error", "--max-time", "2", "--write-out", "%{http_code}", url];
        let answer = output(self.network.command("curl").args(options))?;
        if !answer.status.success() {
            bail!("{url}: {}", said(&answer));
        }
        let text = String::from_utf8_lossy(&answer.stdout);
        let (body, status) = text.split_at_checked(text.len().saturating_sub(3)).context("no status")?;
        Ok(Answer { status: status.parse()?, body: body.to_owned(), region: Region::of_page(body) })
    }

    /// Begins to send requests to the anycast address, from several clients at once.
    ///
    /// # Errors
    /// If they cannot be started.
    pub fn load(&self, load: &Load) -> Result<Measurement> {
        Measurement::start(&self.network, load)
    }

    /// Begins to ping the anycast address, `count` times at most.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn ping(&self, interval: Duration, count: u32) -> Result<Ping> {
        let child = self
            .network
            .command("ping")
            .args([
                "-q",
                "-n",
                "-W",
                "1",
                "-i",
                &interval.as_secs_f64().to_string(),
                "-c",
                &count.to_string(),
            ])
            .arg(ANYCAST_ADDRESS.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("failed to start ping")?;
        Ok(Ping { child: Some(child) })
    }

    /// `program` on the client, to be run or spawned by the caller.
    pub fn command(&self, program: &str) -> Command {
        self.network.command(program)
    }
}

/// A ping that runs.
#[derive(Debug)]
pub struct Ping {
    child: Option<Child>,
}

/// What came of a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pinged {
    /// Echo requests sent.
    pub sent: u32,
    /// Replies that came back.
    pub received: u32,
}

impl Pinged {
    /// Those without a reply.
    pub fn lost(&self) -> u32 {
        self.sent.saturating_sub(self.received)
    }
}

impl Ping {
    /// Ends it and counts.
    ///
    /// # Errors
    /// If ping does not say.
    pub fn finish(mut self) -> Result<Pinged> {
        let child = self.child.take().context("ping has ended")?;
        // Ctrl-C makes ping print its summary. It may have ended by itself.
        let _ = send(Signal::Int, child.id());
        let text = String::from_utf8_lossy(&child.wait_with_output()?.stdout).into_owned();
        let summary = text.lines().find(|line| line.contains("packets transmitted")).context("no summary")?;
        // `10 packets transmitted, 10 received, 0% packet loss, time 90ms`
        let mut numbers = summary.split_whitespace().filter_map(|word| word.parse().ok());
        let (Some(sent), Some(received)) = (numbers.next(), numbers.next()) else {
            bail!("not a summary: '{summary}'")
        };
        Ok(Pinged { sent, received })
    }
}

impl Drop for Ping {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
