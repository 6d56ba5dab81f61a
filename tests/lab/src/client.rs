//! The client: what somebody who asks for the anycast address gets.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

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
        Self {
            network: Namespace::new(lab, &client_plan().name),
        }
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
        self.request("GET", url, Duration::from_secs(2))
    }

    /// Sends a request of any method but HEAD; what is not a GET has a body of one byte.
    ///
    /// # Errors
    /// If no answer comes within `patience`.
    pub fn request(&self, method: &str, url: &str, patience: Duration) -> Result<Answer> {
        let patience = patience.as_secs_f64().to_string();
        let mut curl = self.network.command("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--max-time",
            &patience,
            "--write-out",
            "%{http_code}",
            url,
        ]);
        let answer = output(curl.args(sending(method)))?;
        if !answer.status.success() {
            bail!("{url}: {}", said(&answer));
        }
        let text = String::from_utf8_lossy(&answer.stdout);
        let (body, status) = text
            .split_at_checked(text.len().saturating_sub(3))
            .context("no status")?;
        Ok(Answer {
            status: status.parse()?,
            body: body.to_owned(),
            region: Region::of_page(body),
        })
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
        let mut child = self
            .network
            .command("ping")
            .args([
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
        let stdout = child.stdout.take().context("no output of ping")?;
        // Read all the time: ping would wait for room in the pipe.
        let lines = thread::spawn(|| {
            BufReader::new(stdout)
                .lines()
                .map_while(Result::ok)
                .collect()
        });
        Ok(Ping {
            child,
            lines: Some(lines),
        })
    }

    /// `program` on the client, to be run or spawned by the caller.
    pub fn command(&self, program: &str) -> Command {
        self.network.command(program)
    }
}

/// curl's options for a request of this method.
pub(crate) fn sending(method: &str) -> Vec<&str> {
    match method {
        "GET" => Vec::new(),
        _ => vec!["--request", method, "--data", "x"],
    }
}

/// A ping that runs.
#[derive(Debug)]
pub struct Ping {
    child: Child,
    lines: Option<JoinHandle<Vec<String>>>,
}

/// What came of a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pinged {
    /// Echo requests sent, without the last one if it was still under way at the end.
    pub sent: u32,
    /// Those that were answered.
    pub received: u32,
}

impl Pinged {
    /// Those without a reply.
    pub fn lost(&self) -> u32 {
        self.sent.saturating_sub(self.received)
    }

    fn of(lines: &[String]) -> Result<Self> {
        // `64 bytes from 9.9.9.9: icmp_seq=1 ttl=63 time=0.05 ms`
        let number = |line: &String| {
            let (_, rest) = line.split_once(" bytes from ")?.1.split_once("icmp_seq=")?;
            rest.split(' ').next()?.parse::<u32>().ok()
        };
        let answered: BTreeSet<u32> = lines.iter().filter_map(number).collect();
        // `10 packets transmitted, 10 received, 0% packet loss, time 90ms`
        let summary = lines
            .iter()
            .find(|line| line.contains("packets transmitted"))
            .context("no summary")?;
        let Some(sent) = summary.split(' ').next().and_then(|word| word.parse().ok()) else {
            bail!("not a summary: '{summary}'")
        };
        let received = u32::try_from(answered.len())?;
        let under_way = received > 0 && !answered.contains(&sent);
        Ok(Self {
            sent: sent - u32::from(under_way),
            received,
        })
    }
}

impl Ping {
    /// Ends it and counts.
    ///
    /// # Errors
    /// If ping does not say.
    pub fn finish(mut self) -> Result<Pinged> {
        // Ctrl-C makes ping print its summary. It may have ended by itself.
        let _ = send(Signal::Int, self.child.id());
        let lines = self.lines.take().context("ping has ended")?;
        Pinged::of(
            &lines
                .join()
                .map_err(|_| anyhow!("what ping said is lost"))?,
        )
    }
}

impl Drop for Ping {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::Pinged;

    #[test]
    fn an_echo_request_under_way_at_the_end_is_not_lost() {
        let said = |answered: &[u32], sent: u32| {
            let line =
                |number| format!("64 bytes from 9.9.9.9: icmp_seq={number} ttl=63 time=0.05 ms");
            let mut lines: Vec<String> = answered.iter().map(line).collect();
            lines.push("From 10.1.0.1 icmp_seq=2 Destination Net Unreachable".to_owned());
            lines.push(format!(
                "{sent} packets transmitted, {} received, 0% packet loss",
                answered.len()
            ));
            Pinged::of(&lines).unwrap().lost()
        };
        assert_eq!(said(&[1, 2, 3], 3), 0);
        assert_eq!(said(&[1, 2, 3], 4), 0);
        assert_eq!(said(&[1, 3], 3), 1);
        assert_eq!(said(&[1, 3], 4), 1);
        assert_eq!(said(&[1], 4), 2);
        assert_eq!(said(&[], 3), 3);
    }
}
