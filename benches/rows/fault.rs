//! What befalls North Europe, and who watches.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, LabBuilder, Nva, Region, Signal};

use crate::silence::{CONFIG, Silence, with_takeover};
use crate::{four, rivals};

use Fault::*;
use Watcher::*;

const NE: Region = Region::NorthEurope;
const WE: Region = Region::WestEurope;
/// Of faults that take the hold time.
const LONG: u32 = 3;

/// What befalls North Europe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    ServersDie,
    HaproxyIsKilled,
    /// Stopped and started, as `systemctl restart` does without the drop-in that drains first.
    HaproxyIsRestarted,
    FrontendIsDisabled,
    AddressIsRemoved,
    ConfigurationIsEdited,
    /// ExaBGP starts it again.
    HaproxyRhiGetsSigterm,
    ExabgpGetsSigterm,
    ExabgpIsKilled,
    ExabgpHangs,
    Silent(Silence),
    /// Its HAProxy is killed.
    OneOfTwoDies,
    /// Its cable is pulled.
    OneOfTwoVanishes,
    BothDie,
    BothVanish,
}

/// Who watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watcher {
    HaproxyRhi,
    /// The other region takes over, or the other NVA.
    WithTakeover,
    /// exabgp-healthcheck.
    Fastest,
    Defaults,
}

/// Each row: who watches, and how many rounds.
pub const ROWS: [(Fault, &[(Watcher, u32)]); 17] = [
    (
        ServersDie,
        &[(HaproxyRhi, 30), (Fastest, 30), (Defaults, 10)],
    ),
    (
        HaproxyIsKilled,
        &[(HaproxyRhi, 30), (Fastest, 30), (Defaults, 10)],
    ),
    (HaproxyIsRestarted, &[(HaproxyRhi, 30)]),
    (FrontendIsDisabled, &[(HaproxyRhi, 30)]),
    (AddressIsRemoved, &[(HaproxyRhi, 30)]),
    (ConfigurationIsEdited, &[(HaproxyRhi, 30)]),
    (HaproxyRhiGetsSigterm, &[(HaproxyRhi, 30)]),
    (ExabgpGetsSigterm, &[(HaproxyRhi, 30)]),
    (ExabgpIsKilled, &[(HaproxyRhi, 30)]),
    (ExabgpHangs, &[(HaproxyRhi, LONG)]),
    (
        Silent(Silence::Haproxy),
        &[
            (WithTakeover, 30),
            (HaproxyRhi, LONG),
            (Fastest, LONG),
            (Defaults, LONG),
        ],
    ),
    (
        Silent(Silence::Cable),
        &[(WithTakeover, 30), (HaproxyRhi, LONG)],
    ),
    (
        Silent(Silence::Machine),
        &[(WithTakeover, 30), (HaproxyRhi, LONG)],
    ),
    (OneOfTwoDies, &[(WithTakeover, 30)]),
    (OneOfTwoVanishes, &[(WithTakeover, 30)]),
    (BothDie, &[(WithTakeover, 30)]),
    (BothVanish, &[(WithTakeover, 30)]),
];

impl Fault {
    pub fn begin(self, lab: &Lab) -> Result<()> {
        let nva = lab.nva(NE);
        match self {
            ServersDie => lab.backend(NE).kill(),
            HaproxyIsKilled | OneOfTwoDies => nva.haproxy().kill(),
            HaproxyIsRestarted => nva.haproxy().stop().and_then(|()| nva.haproxy().start()),
            FrontendIsDisabled => frontend(nva, "disable"),
            AddressIsRemoved => nva.remove_address(ANYCAST),
            ConfigurationIsEdited => edit(nva, "[65010]", "[65010, 65010, 65010, 65010]"),
            HaproxyRhiGetsSigterm => nva.exabgp().signal_helper(Signal::Term),
            ExabgpGetsSigterm => nva.exabgp().stop(),
            ExabgpIsKilled => nva.exabgp().kill(),
            ExabgpHangs => nva.exabgp().signal(Signal::Stop),
            Silent(silence) => silence.begin(lab),
            OneOfTwoVanishes => nva.cut_link(),
            BothDie => lab.nvas(NE).try_for_each(|nva| nva.haproxy().kill()),
            BothVanish => lab.nvas(NE).try_for_each(Nva::cut_link),
        }
    }

    pub fn end(self, lab: &Lab) -> Result<()> {
        let nva = lab.nva(NE);
        match self {
            ServersDie => lab.backend(NE).start(),
            HaproxyIsKilled | OneOfTwoDies => nva.haproxy().start(),
            HaproxyIsRestarted | HaproxyRhiGetsSigterm => Ok(()),
            FrontendIsDisabled => frontend(nva, "enable"),
            AddressIsRemoved => nva.add_address(ANYCAST),
            ConfigurationIsEdited => edit(nva, "[65010, 65010, 65010, 65010]", "[65010]"),
            ExabgpGetsSigterm | ExabgpIsKilled => nva.exabgp().start(),
            ExabgpHangs => nva.exabgp().signal(Signal::Cont),
            Silent(silence) => silence.end(lab),
            OneOfTwoVanishes => nva.join_link(),
            BothDie => lab.nvas(NE).try_for_each(|nva| nva.haproxy().start()),
            BothVanish => lab.nvas(NE).try_for_each(Nva::join_link),
        }
    }

    /// It ends by itself, as soon as it has begun.
    pub fn passes(self) -> bool {
        matches!(self, HaproxyIsRestarted | HaproxyRhiGetsSigterm)
    }

    /// Until the next one may begin. ExaBGP starts a process five times a minute at most.
    pub fn pause(self) -> Duration {
        Duration::from_secs(match self {
            HaproxyRhiGetsSigterm => 13,
            _ => 0,
        })
    }

    fn has_two_nvas(self) -> bool {
        matches!(self, OneOfTwoDies | OneOfTwoVanishes | BothDie | BothVanish)
    }

    /// Where the connections go while nothing is wrong.
    pub fn home(self) -> Vec<Ipv4Addr> {
        self.nvas(NE)
    }

    /// Where they go meanwhile.
    pub fn away(self) -> Vec<Ipv4Addr> {
        match self {
            OneOfTwoDies | OneOfTwoVanishes => vec![NE.second_nva()],
            _ => self.nvas(WE),
        }
    }

    fn nvas(self, region: Region) -> Vec<Ipv4Addr> {
        let nvas = 1 + usize::from(self.has_two_nvas());
        four::of(region).into_iter().take(nvas).collect()
    }
}

fn frontend(nva: &Nva, verb: &str) -> Result<()> {
    let answer = nva
        .haproxy()
        .admin(&format!("{verb} frontend http_front"))?;
    ensure!(answer.trim().is_empty(), "HAProxy answered '{answer}'");
    Ok(())
}

fn edit(nva: &Nva, from: &str, to: &str) -> Result<()> {
    let [from, to] = [from, to].map(|path| format!("\"as_path\": {path},"));
    nva.write(CONFIG, &nva.read(CONFIG)?.replace(&from, &to))
}

/// The lab for a row.
pub fn lab(fault: Fault, watcher: Watcher) -> Result<LabBuilder> {
    let lab = Lab::builder()
        .exabgp(ExaBgp::Debian)
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"));
    Ok(match watcher {
        _ if fault.has_two_nvas() => four::four_nvas(lab, &[])?,
        HaproxyRhi => lab,
        WithTakeover => with_takeover(lab),
        Fastest => rivals::with_healthcheck(lab, NE, "-i 0.1 -f 0.1 --rise 1 --fall 1"),
        Defaults => rivals::with_healthcheck(lab, NE, ""),
    })
}
