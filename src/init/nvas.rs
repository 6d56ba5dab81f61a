//! Checks of the second chance's NVAs. `haproxy-rhi-second-chance validate` checks the file itself; a test compares the two.

use std::net::IpAddr;

use super::task::InitTask;
use crate::route::Family;

/// The first fault.
pub fn fit(task: &InitTask) -> Result<(), String> {
    let addresses: Vec<IpAddr> = task.nva.iter().map(|nva| nva.address).collect();
    let Some(first) = addresses.first() else {
        return Ok(());
    };
    has_all(task, &addresses)?;
    if addresses.len() == 1 {
        return Err(format!(
            "only one NVA, {first}, for a second chance; name every one, or leave --nva out"
        ));
    }
    for (index, nva) in addresses.iter().enumerate() {
        if nva.is_unspecified() || nva.is_loopback() || nva.is_multicast() {
            return Err(format!(
                "other NVAs cannot reach {nva}; name each NVA by its network interface's address"
            ));
        }
        if addresses.iter().skip(index + 1).any(|other| other == nva) {
            return Err(format!("NVA {nva} is there twice; remove one"));
        }
        if Family::of(*nva) != Family::of(*first) {
            return Err(format!(
                "NVA {nva} is not of the family of NVA {first}; name all of them by one family"
            ));
        }
        if let Some(prefix) = task.prefix.iter().find(|prefix| prefix.contains(*nva)) {
            return Err(format!(
                "NVA {nva} lies in the anycast prefix {prefix}; name it by its own address"
            ));
        }
    }
    Ok(())
}

/// Checks that this NVA and its siblings are among them; not for IPv6, since the siblings' addresses are IPv4.
fn has_all(task: &InitTask, addresses: &[IpAddr]) -> Result<(), String> {
    if addresses.iter().all(IpAddr::is_ipv6) {
        return Ok(());
    }
    let own = task.address.iter().map(|own| (own, "this NVA"));
    let siblings = task.sibling.iter().chain(&task.same_region);
    for (own, what) in own.chain(siblings.map(|one| (one, "the sibling"))) {
        if !addresses.contains(&IpAddr::V4(own.0)) {
            return Err(format!(
                "{what}, {own}, is not among the NVAs of the second chance; name every one, in the same order everywhere"
            ));
        }
    }
    Ok(())
}
