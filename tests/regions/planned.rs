//! Planned work under load: North Europe is drained, its NVA shut down and booted, and the drain ended, while clients
//! with kept connections ask and ask. With two NVAs a region, one of North Europe's.

use std::net::Ipv4Addr;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{
    ANYCAST, ANYCAST_ADDRESS, Connections, Lab, LabBuilder, Load, Outcome, Region, eventually,
};

use crate::four::{four_nvas, of};

/// The region that is worked on.
pub const NE: Region = Region::NorthEurope;
/// The one that serves meanwhile.
pub const WE: Region = Region::WestEurope;
/// For anything that takes no more than a drain's stages.
pub const PATIENCE: Duration = Duration::from_secs(60);
const CONFIG: &str = "/etc/haproxy-rhi/config.json";

/// How the work is done.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// HAProxy asks its clients to close before the route moves.
    pub asking: bool,
    /// The clients make a request that was lost once more.
    pub again: bool,
    /// How many there are.
    pub clients: usize,
    /// The drain's `ask` and `for`; absent: the shipped configuration's.
    pub stages: Option<(&'static str, &'static str)>,
    /// Each region has two NVAs, with the files that `init` makes: these ask, with the usual stages.
    pub two: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Account {
    /// Requests in all.
    pub requests: usize,
    /// Those that got no page.
    pub failed: usize,
    /// Requests whose connection broke, whatever became of a second try.
    pub cut: usize,
    /// Requests that were on their way when the MSEE's kernel route moved, of both moves.
    pub under_way: usize,
    /// Pings, and those without an answer.
    pub pings: (u32, u32),
    /// What was done, and how long it took, one after another.
    pub stages: Vec<(&'static str, Duration)>,
}

impl Plan {
    /// The two regions as this plan wants them.
    pub fn regions(&self, builder: LabBuilder) -> Result<LabBuilder> {
        if self.two {
            return four_nvas(builder, &[]);
        }
        let mut file = include_str!("../../exabgp/north-europe/config.json").to_owned();
        if let Some((ask, time)) = self.stages {
            let plan =
                format!("\"drain\": {{\"ask\": \"{ask}\", \"for\": \"{time}\"}},\n      \"rise\"");
            file = file.replace("\"rise\"", &plan);
        }
        if !self.asking {
            let control = "\"control\": \"/run/haproxy/control.sock\",";
            ensure!(file.contains(control), "no control in the shipped file");
            file = file.replace(control, "");
        }
        Ok(builder.file(NE, CONFIG, &file))
    }

    /// Where the clients' connections go before and after the work.
    fn usual(&self) -> Vec<Ipv4Addr> {
        match self.two {
            true => of(NE).to_vec(),
            false => vec![NE.nva()],
        }
    }

    /// Where they go meanwhile.
    fn meanwhile(&self) -> (Region, Ipv4Addr) {
        match self.two {
            true => (NE, NE.second_nva()),
            false => (WE, WE.nva()),
        }
    }

    /// Does the work, in a lab of [`Plan::regions`] that announces from both regions.
    pub fn carry_out(&self, lab: &Lab) -> Result<Account> {
        // No faster than two small CPUs carry.
        let load = Load {
            clients: self.clients,
            per_second: 4,
            at_most: Duration::from_secs(240),
            patience: Duration::from_secs(10),
            connections: Connections::Kept,
            again: self.again,
            ..Load::default()
        };
        let ping = lab.client().ping(Duration::from_millis(100), 2400)?;
        let load = lab.client().load(&load)?;
        let pages = |region: Region| -> Result<()> {
            let before = load.so_far().pages(region);
            eventually(PATIENCE, &format!("pages of {region}"), || {
                let count = load.so_far().pages(region) - before;
                ensure!(
                    count > 3 * self.clients,
                    "{count}: {:?}",
                    load.so_far().requests.last()
                );
                Ok(())
            })
        };
        led_to(lab, &self.usual())?;
        pages(NE)?;
        // No region is drained beside one that is not known to serve.
        eventually(PATIENCE, "200 from the health page of West Europe", || {
            let answer = lab
                .client()
                .get_url(&format!("http://{}/health", WE.nva()))?;
            ensure!(answer.status == 200, "{answer:?}");
            Ok(())
        })?;
        let mut stages = Vec::new();
        let (region, elsewhere) = self.meanwhile();
        let mut stage = Stage(Instant::now());

        let mut drain = lab.nva(NE).command("haproxy-rhi");
        let mut drain = drain
            .args([
                "drain",
                "web",
                "--wait",
                "--timeout",
                "2m",
                "--reason",
                "kernel update",
            ])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .context("failed to start haproxy-rhi drain")?;
        let moved = led_to(lab, &[elsewhere]);
        stages.push(("drain to the route's move", stage.end()));
        let withdrawn = moved.and_then(|()| gone(lab));
        stages.push(("move to the withdrawal", stage.end()));
        let ended = drain.wait()?;
        stages.push(("withdrawal to the sessions' end", stage.end()));
        withdrawn?;
        ensure!(ended.success(), "haproxy-rhi drain: {ended}");

        lab.nva(NE).shut_down()?;
        pages(region)?;
        lab.nva(NE).boot()?;
        for instance in lab.route_servers(NE) {
            instance.await_session(PATIENCE)?;
        }
        stages.push(("shut down, up again, sessions established", stage.end()));
        // The drain is kept over a reboot. What would come, comes with the first looks.
        sleep(Duration::from_secs(2));
        gone(lab).context("drained, and announced after the boot")?;

        stage.end();
        let resumed = lab
            .nva(NE)
            .command("haproxy-rhi")
            .args(["resume", "web"])
            .output()?;
        ensure!(resumed.status.success(), "haproxy-rhi resume: {resumed:?}");
        led_to(lab, &self.usual())?;
        stages.push(("resume to the route's return", stage.end()));
        pages(NE)?;

        let (report, pinged) = (load.finish()?, ping.finish()?);
        let changes = lab.msee().route_changes()?;
        let begin = report
            .requests
            .first()
            .map_or(SystemTime::UNIX_EPOCH, |request| request.at);
        let moves = changes
            .iter()
            .filter(|change| change.prefix == ANYCAST_ADDRESS.to_string() && change.at > begin);
        Ok(Account {
            requests: report.requests.len(),
            failed: report.failed().len(),
            cut: report
                .requests
                .iter()
                .filter(|request| request.again || matches!(request.outcome, Outcome::Lost(_)))
                .count(),
            under_way: moves.map(|change| report.under_way(change.at)).sum(),
            pings: (pinged.sent, pinged.lost()),
            stages,
        })
    }
}

struct Stage(Instant);

impl Stage {
    fn end(&mut self) -> Duration {
        let now = Instant::now();
        now - std::mem::replace(&mut self.0, now)
    }
}

/// The clients' connections go to these.
fn led_to(lab: &Lab, nvas: &[Ipv4Addr]) -> Result<()> {
    lab.msee().await_next_hops(ANYCAST, nvas, PATIENCE)
}

/// Neither instance holds a route of the NVA that is worked on.
fn gone(lab: &Lab) -> Result<()> {
    for instance in lab.route_servers(NE) {
        let what = format!("no route of {} at {}", NE.nva(), instance.address());
        eventually(PATIENCE, &what, || {
            let rows = instance.rows(ANYCAST)?;
            let is_of = |hop: Option<std::net::IpAddr>| hop == Some(NE.nva().into());
            ensure!(!rows.iter().any(|row| is_of(row.next_hop)), "{rows:?}");
            Ok(())
        })?;
    }
    Ok(())
}
