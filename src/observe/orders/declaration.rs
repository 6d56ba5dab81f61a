//! What a drain's file says.

use serde::{Deserialize, Serialize};

/// What is in a drain's file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Declaration {
    /// Another one is another drain; the same one is the same, though it says more by now.
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
    /// Also where no sibling is known to be healthy.
    pub force: bool,
    /// The boot after which it is void.
    pub boot: Option<String>,
}
