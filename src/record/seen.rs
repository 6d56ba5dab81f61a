//! What the writer and the reader of a record both know, so that a line has only what is new.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::shape::{Haproxy, Look, Probed, Table, Time};
use crate::condition::Probe;
use crate::config::Config;
use crate::observation::{self, Finding, Process, Proxy, Reading, Snapshot};
use crate::program::Plan;

/// About 100 years, in nanoseconds; no process lives longer.
const LONGEST: Time = 3_153_600_000_000_000_000;

/// What the lines so far say.
#[derive(Debug)]
pub(super) struct Seen {
    start: Instant,
    /// Every probe so far, with its last finding.
    probes: Vec<(Probe, Option<Finding>)>,
    process: Option<Process>,
    proxies: BTreeMap<String, Proxy>,
    addresses: BTreeMap<IpAddr, Result<bool, String>>,
}

impl Seen {
    /// Before the first line. `start`: when the process started.
    pub fn new(start: Instant) -> Self {
        Self {
            start,
            probes: Vec::new(),
            process: None,
            proxies: BTreeMap::new(),
            addresses: BTreeMap::new(),
        }
    }

    /// A time as a record has it.
    pub fn time(&self, at: Instant) -> Time {
        let since = at.saturating_duration_since(self.start).as_nanos();
        Time::try_from(since).unwrap_or(LONGEST)
    }

    /// A time as the program has it.
    pub fn instant(&self, at: Time) -> Result<Instant, String> {
        let instant = self.start.checked_add(Duration::from_nanos(at));
        let instant = instant.filter(|_| at <= LONGEST);
        instant.ok_or_else(|| format!("no process lives for {at} ns"))
    }

    /// Adds the probes of a configuration.
    pub fn configured(&mut self, config: &Config) {
        for probe in Plan::of(config).probed() {
            if self.place(probe).is_none() {
                self.probes.push((probe.clone(), None));
            }
        }
    }

    fn place(&self, probe: &Probe) -> Option<usize> {
        self.probes.iter().position(|(known, _)| known == probe)
    }

    /// What is new of a finding. `None`: no configuration has the probe any more.
    pub fn probed(
        &mut self,
        watch: u32,
        probe: &Probe,
        reading: &Reading<Finding>,
    ) -> Option<Probed> {
        let (place, at) = (self.place(probe)?, self.time(reading.at));
        let (_, before) = self.probes.get_mut(place)?;
        let is_new = before.as_ref() != Some(&reading.what);
        let found = is_new.then(|| before.insert(reading.what.clone()).clone());
        Some(Probed {
            watch,
            probe: place,
            at,
            found,
        })
    }

    /// The whole finding: the inverse of [`Self::probed`].
    pub fn found(&mut self, probed: Probed) -> Result<(Probe, Reading<Finding>), String> {
        let (place, at) = (probed.probe, self.instant(probed.at)?);
        let known = self.probes.get_mut(place);
        let (probe, before) =
            known.ok_or_else(|| format!("no configuration before it has a probe {place}"))?;
        if probed.found.is_some() {
            *before = probed.found;
        }
        let what = before.clone();
        let what =
            what.ok_or_else(|| format!("no line before it says what probe {place} found"))?;
        Ok((probe.clone(), Reading { at, what }))
    }

    /// What is new of a look.
    pub fn look(&mut self, watch: u32, look: &observation::Look) -> Look {
        let haproxy = match &look.haproxy {
            None => Haproxy::NotAsked,
            Some(Err(trouble)) => Haproxy::Trouble(trouble.clone()),
            Some(Ok(snapshot)) => Haproxy::Table(self.table(snapshot)),
        };
        let is_new = self.addresses != look.addresses;
        if is_new {
            self.addresses.clone_from(&look.addresses);
        }
        Look {
            watch,
            at: self.time(look.at),
            cause: look.cause,
            haproxy,
            addresses: is_new.then(|| look.addresses.clone()),
        }
    }

    fn table(&mut self, snapshot: &Snapshot) -> Table {
        let mut table = Table {
            nameless: snapshot.process.is_none(),
            uptime: snapshot.process.as_ref().and_then(|process| process.uptime),
            ..Table::default()
        };
        let process = snapshot.process.as_ref();
        if process.is_some_and(|process| !self.is_known(process)) {
            table.process = process.map(|process| Process {
                uptime: None,
                ..process.clone()
            });
            self.process.clone_from(&table.process);
        }
        for name in self.proxies.keys() {
            if !snapshot.proxies.contains_key(name) {
                table.proxies.insert(name.clone(), None);
            }
        }
        for (name, proxy) in &snapshot.proxies {
            if self.proxies.get(name) != Some(proxy) {
                table.proxies.insert(name.clone(), Some(proxy.clone()));
            }
        }
        self.change(&table.proxies);
        table
    }

    fn is_known(&self, process: &Process) -> bool {
        let Process {
            version,
            pid,
            stopping,
            uptime: _,
        } = process;
        let known = self.process.as_ref();
        known.is_some_and(|known| {
            (&known.version, known.pid, known.stopping) == (version, *pid, *stopping)
        })
    }

    fn change(&mut self, proxies: &BTreeMap<String, Option<Proxy>>) {
        for (name, proxy) in proxies {
            match proxy {
                Some(proxy) => drop(self.proxies.insert(name.clone(), proxy.clone())),
                None => drop(self.proxies.remove(name)),
            }
        }
    }

    /// The whole look: the inverse of [`Self::look`].
    pub fn looked(&mut self, look: Look) -> Result<observation::Look, String> {
        let haproxy = match look.haproxy {
            Haproxy::NotAsked => None,
            Haproxy::Trouble(trouble) => Some(Err(trouble)),
            Haproxy::Table(table) => Some(Ok(self.snapshot(table)?)),
        };
        if let Some(addresses) = look.addresses {
            self.addresses = addresses;
        }
        Ok(observation::Look {
            at: self.instant(look.at)?,
            cause: look.cause,
            haproxy,
            addresses: self.addresses.clone(),
        })
    }

    fn snapshot(&mut self, table: Table) -> Result<Snapshot, String> {
        self.change(&table.proxies);
        if table.process.is_some() {
            self.process = table.process;
        }
        let process = match (&self.process, table.nameless) {
            (_, true) => None,
            (None, false) => return Err("no look before it says which HAProxy answered".to_owned()),
            (Some(process), false) => Some(Process {
                uptime: table.uptime,
                ..process.clone()
            }),
        };
        Ok(Snapshot {
            process,
            proxies: self.proxies.clone(),
        })
    }
}
