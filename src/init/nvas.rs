//! Whether the NVAs of the second chance fit together: what the questions' answers show. The file itself is judged by
//! `haproxy-rhi-second-chance validate`; a test holds both against each other.

use std::net::IpAddr;

use super::task::InitTask;
use crate::route::Family;

/// The first thing that is wrong with them.
pub fn fit(task: &InitTask) -> Result<(), String> {
    let addresses: Vec<IpAddr> = task.nva.iter().map(|nva| nva.address).collect();
    let Some(first) = addresses.first() else {
        return Ok(());
    };
    are_all(task, &addresses)?;
    if addresses.len() == 1 {
        return Err(format!(
            "only one NVA, {first}, for a second chance; name every one, or leave --nva out"
        ));
    }
    for (index, nva) in addresses.iter().enumerate() {
        if nva.is_unspecified() || nva.is_loopback() || nva.is_multicast() {
            return Err(format!(
                "no other NVA reaches one at {nva}; name each by its network interface's address"
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

/// By addresses of IPv6 they are others than those that the Route Server knows.
fn are_all(task: &InitTask, addresses: &[IpAddr]) -> Result<(), String> {
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
