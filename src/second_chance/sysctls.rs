//! The sysctls that the second chance changes, and their values before.

use std::collections::BTreeMap;

use haproxy_rhi::failure::Failure;

use super::kernel;
use super::plan::{DEVICE, Plan};

/// A connection has the mark of the packet that opened it.
pub const ACCEPT: &str = "net/ipv4/tcp_fwmark_accept";
const ALL: &str = "net/ipv4/conf/all/rp_filter";

/// Notes the values that [`reverse_path_filter`] and the mark will change, unless they are noted. Where the note of before is `lost`, the value
/// of now is not taken for it.
pub fn note(sysctls: &mut BTreeMap<String, u64>, lost: bool) {
    let mut note = |name: &str| {
        if let Some(value) = kernel::sysctl(name) {
            sysctls.entry(name.to_owned()).or_insert(value);
        }
    };
    if !lost {
        note(ACCEPT);
    }
    if kernel::sysctl(ALL) == Some(1) {
        note(ALL);
        kernel::interfaces()
            .iter()
            .filter(|name| is_own(name))
            .for_each(|name| note(&of_interface(name)));
    }
}

/// Puts back what was noted.
pub fn put_back(sysctls: &BTreeMap<String, u64>) -> Result<(), Failure> {
    for (name, value) in sysctls.iter().filter(|(name, _)| is_ours(name)) {
        // An interface may be gone, and its settings with it.
        if kernel::sysctl(name).is_some_and(|now| now != *value) {
            kernel::set_sysctl(name, *value)?;
        }
    }
    Ok(())
}

/// The sysctls whose values of before are not known, with their values now; `None`: all are known. The mark is noted
/// at the first change.
pub fn not_recorded(sysctls: &BTreeMap<String, u64>) -> Option<String> {
    let strict = |name: &&String| is_own(name) && kernel::sysctl(&of_interface(name)) == Some(1);
    let interfaces = kernel::interfaces();
    let kept = interfaces
        .iter()
        .filter(strict)
        .map(|name| of_interface(name));
    let all = [ACCEPT.to_owned(), ALL.to_owned()].into_iter().chain(kept);
    let row = |name: String| {
        let value = kernel::sysctl(&name).filter(|_| !sysctls.contains_key(&name))?;
        Some(format!("{} = {value}", name.replace('/', ".")))
    };
    (!sysctls.contains_key(ACCEPT)).then(|| all.filter_map(row).collect::<Vec<_>>().join(", "))
}

/// A client's packet that comes through the tunnel would be answered elsewhere, which a strict reverse path filter (RFC 3704,
/// section 2.2) forbids. In force is the stricter of an interface's own setting and that of `all`: where `all` is strict, each
/// interface is given it for its own, and only the tunnel is left out.
pub fn reverse_path_filter(plan: &Plan) -> Result<(), Failure> {
    if plan.families().is_empty() {
        return Ok(());
    }
    kernel::set_sysctl(&of_interface(DEVICE), 0)?;
    if kernel::sysctl(ALL) != Some(1) {
        return Ok(());
    }
    for name in kernel::interfaces().iter().filter(|name| is_own(name)) {
        let name = of_interface(name);
        if kernel::sysctl(&name) == Some(0) {
            kernel::set_sysctl(&name, 1)?;
        }
    }
    kernel::set_sysctl(ALL, 0)
}

/// The unit's user keeps the file of what was before, and root may read it: nothing else is set because of it.
fn is_ours(name: &str) -> bool {
    let interface = name
        .strip_prefix("net/ipv4/conf/")
        .and_then(|name| name.strip_suffix("/rp_filter"));
    name == ACCEPT || interface.is_some_and(|interface| !interface.contains('/'))
}

fn of_interface(name: &str) -> String {
    format!("net/ipv4/conf/{name}/rp_filter")
}

/// An interface with a setting of its own. 'default' counts too: later interfaces take their setting from it.
fn is_own(name: &str) -> bool {
    name != "all" && name != DEVICE
}

#[cfg(test)]
mod tests {
    use super::{ACCEPT, ALL, is_ours};

    #[test]
    fn nothing_but_its_own_sysctls_is_put_back() {
        assert!(is_ours(ACCEPT) && is_ours(ALL) && is_ours("net/ipv4/conf/eth0.7/rp_filter"));
        for name in [
            "kernel/core_pattern",
            "net/ipv4/conf/../../../kernel/panic/rp_filter",
            "/etc/x",
            "net/ipv4/ip_forward",
        ] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
