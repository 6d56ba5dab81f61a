//! The MTU of the tunnel, by the ways to the siblings.

use std::net::IpAddr;

use serde_json::Value;

use super::file::LEAST_MTU;
use super::kernel::{self, list};
use super::plan::Plan;
use haproxy_rhi::failure::{self, Failure};

/// The tunnel's MTU: the file's, or what the ways to the siblings leave.
///
/// # Errors
/// If that cannot be told, or is too little.
pub fn tunnel_mtu(plan: &Plan) -> Result<u16, Failure> {
    let Some(mtu) = plan.settings().mtu else {
        let way = narrowest(plan)?;
        let mtu = plan.inside(way);
        return if mtu >= LEAST_MTU {
            Ok(mtu)
        } else {
            Err(too_narrow(way, mtu))
        };
    };
    Ok(mtu)
}

/// The smallest MTU of this host's interfaces and routes towards the siblings.
pub fn narrowest(plan: &Plan) -> Result<u16, Failure> {
    let mut ways = plan
        .siblings()
        .iter()
        .map(|sibling| Way::to(plan, sibling.address));
    ways.try_fold(u16::MAX, |least, way| Ok(least.min(way?.mtu()?)))
}

/// Why packets of the tunnel are sent in fragments: the file says more than the ways to the siblings leave.
pub fn in_fragments(plan: &Plan) -> Option<String> {
    let (mtu, room) = (plan.settings().mtu?, plan.inside(narrowest(plan).ok()?));
    (mtu > room).then(|| {
        format!(
            "it is {mtu}, and the way to the siblings leaves {room}; packets are sent in fragments; change or remove the line 'mtu'"
        )
    })
}

/// Has the kernel forget what ICMP said of the ways before the rules judged ICMP. Where that fails, the heartbeats tell.
pub fn forget_learned(plan: &Plan) {
    let mut ways = plan
        .siblings()
        .iter()
        .map(|sibling| Way::to(plan, sibling.address));
    if ways.any(|way| way.is_ok_and(|way| way.is_learned())) {
        let family = if plan.me().address.is_ipv4() {
            "-4"
        } else {
            "-6"
        };
        let _ = kernel::run("ip", &[family, "route", "flush", "cache"], "");
    }
}

fn too_narrow(way: u16, mtu: u16) -> Failure {
    failure::unknown(format!(
        "the way to the siblings takes packets of {way} bytes, which leaves {mtu} in the tunnel, and it takes {LEAST_MTU}; raise the MTU of \
         the interface or of the route to the siblings"
    ))
}

/// The kernel's route to a sibling.
struct Way {
    to: IpAddr,
    /// As it is taken now.
    taken: Value,
}

impl Way {
    fn to(plan: &Plan, to: IpAddr) -> Result<Self, Failure> {
        let taken = route(&["get", &to.to_string()]).map_err(|failure| {
            let said = failure.to_string();
            let why = if said.contains("nreachable") {
                "add one"
            } else {
                &said
            };
            failure::unknown(format!(
                "no route to sibling {to} ({}); {why}",
                plan.settings().place(to)
            ))
        })?;
        Ok(Self { to, taken })
    }

    fn mtu(&self) -> Result<u16, Failure> {
        let device = self
            .taken
            .get("dev")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let of_device = kernel::link(device)?.map(|link| link.mtu);
        // A router's advertisement may have said less.
        let of_family =
            kernel::sysctl(&format!("net/ipv6/conf/{device}/mtu")).filter(|_| self.to.is_ipv6());
        // The route itself, beside which the kernel keeps what it has learned.
        let own = route(&["get", "fibmatch", &self.to.to_string()])?;
        let of_route = own.pointer("/metrics/0/mtu").and_then(Value::as_u64);
        let mtu = of_route.into_iter().chain(of_device).chain(of_family).min();
        mtu.and_then(|mtu| u16::try_from(mtu).ok()).ok_or_else(|| {
            failure::unknown(format!(
                "the MTU of the way to {} (interface '{device}') is unknown; add a line 'mtu'",
                self.to
            ))
        })
    }

    /// ICMP changed it: such a route expires, and this host's settings do not.
    fn is_learned(&self) -> bool {
        self.taken.get("expires").is_some()
    }
}

fn route(words: &[&str]) -> Result<Value, Failure> {
    let routes = kernel::json("ip", &[&["-json", "route"], words].concat())?;
    Ok(list(&routes).first().cloned().unwrap_or_default())
}
