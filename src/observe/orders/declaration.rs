//! What a drain's file says.

use serde::{Deserialize, Serialize};

/// What is in a drain's file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Declaration {
    /// Which drain it is: a file with the same id is the same drain, whatever else has changed in it.
    pub id: Option<String>,
    /// Unix time, in milliseconds; absent: the file's own date.
    pub since_ms: Option<u64>,
    /// The boot in which it was declared: `/proc/sys/kernel/random/boot_id`.
    pub since_boot_id: Option<String>,
    /// The time since that boot, in milliseconds.
    pub since_boottime_ms: Option<u64>,
    /// Who.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Withdraw also where no sibling is known to be healthy.
    pub force: bool,
    /// The only boot in which it is valid; absent: in all.
    pub boot: Option<String>,
}
