//! What keeps the second chance from being of use, though it is on.

use super::kernel;
use super::mtu;
use super::plan::Plan;
use haproxy_rhi::failure::Failure;

/// What `up` warns of: it is on, and would not be of use.
pub fn warnings(plan: &Plan) -> Result<Vec<String>, Failure> {
    let missing = anycast(plan)?
        .into_iter()
        .filter_map(|(what, problem)| Some(format!("{what}: {}", problem?)));
    Ok(missing
        .chain(mtu::in_fragments(plan).map(|why| format!("the tunnel's MTU: {why}")))
        .collect())
}

/// Each anycast address, and whether it is missing.
pub fn anycast(plan: &Plan) -> Result<Vec<(String, Option<&'static str>)>, Failure> {
    let addresses = kernel::addresses()?;
    let problem = "it is not; put it on lo (anycast-address@.service)";
    let hosts = plan
        .settings()
        .prefixes
        .iter()
        .filter(|prefix| prefix.host().is_some());
    let row = hosts.map(|prefix| {
        let holds = addresses.iter().any(|address| prefix.contains(*address));
        (
            format!("{prefix} is an address of this host"),
            (!holds).then_some(problem),
        )
    });
    Ok(row.collect())
}
