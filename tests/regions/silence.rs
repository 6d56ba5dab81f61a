//! North Europe's NVA falls silent, in each way that there is, beside a West Europe that takes over.

use anyhow::Result;
use haproxy_rhi_lab::{Lab, LabBuilder, Region, Signal};

use Region::{NorthEurope as NE, WestEurope as WE};

pub const CONFIG: &str = "/etc/haproxy-rhi/config.json";
/// North Europe's path, West Europe's, and West Europe's while it has taken over.
pub const PREFERRED: [u32; 2] = [65010; 2];
pub const STANDBY: [u32; 4] = [65010; 4];
pub const TAKEOVER: [u32; 1] = [65010];

/// The shipped files with room for a shorter path, and West Europe as the one that takes over.
pub fn with_takeover(builder: LabBuilder) -> LabBuilder {
    let file = |region: Region| {
        let folder = format!("{}/exabgp/{}", env!("CARGO_MANIFEST_DIR"), region.folder());
        std::fs::read_to_string(format!("{folder}/config.json")).unwrap()
    };
    let replaced = |text: String, old: &str, new: &str| {
        assert!(text.contains(old), "{old} is not in {text}");
        text.replace(old, new)
    };
    let preferred = replaced(
        file(NE),
        "\"as_path\": [65010]",
        "\"as_path\": [65010, 65010]",
    );
    let standby = replaced(
        file(WE),
        "[65010, 65010, 65010]",
        "[65010, 65010, 65010, 65010]",
    );
    let takeover = "\"siblings\": {\"settle\": \"1s\", \"takeover\": {\"as_path\": [65010]},";
    let standby = replaced(standby, "\"siblings\": {", takeover);
    builder
        .file(NE, CONFIG, &preferred)
        .file(WE, CONFIG, &standby)
}

/// How it falls silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The cable is pulled, as when a VM vanishes.
    Cable,
    /// HAProxy is stopped (SIGSTOP): its kernel accepts, and nobody answers.
    Haproxy,
    /// Every program of the NVA is, while its kernel lives.
    Machine,
}

impl Silence {
    /// Nothing answers any more.
    pub fn begin(self, lab: &Lab) -> Result<()> {
        let nva = lab.nva(NE);
        match self {
            Self::Cable => nva.cut_link(),
            Self::Haproxy => nva.haproxy().freeze(),
            Self::Machine => {
                nva.haproxy().freeze()?;
                nva.exabgp().signal(Signal::Stop)?;
                nva.exabgp().signal_helper(Signal::Stop)
            }
        }
    }

    /// All goes on.
    pub fn end(self, lab: &Lab) -> Result<()> {
        let nva = lab.nva(NE);
        match self {
            Self::Cable => nva.join_link(),
            Self::Haproxy => nva.haproxy().thaw(),
            Self::Machine => {
                nva.exabgp().signal_helper(Signal::Cont)?;
                nva.exabgp().signal(Signal::Cont)?;
                nva.haproxy().thaw()
            }
        }
    }
}
