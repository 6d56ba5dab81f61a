//! A level at which another region's servers serve this region's clients: whether routers then prefer that region. Pure.

use super::ground::{Ground, place};
use super::regions::shares_prefix;
use super::rule::*;
use crate::config::{Config, Service};

/// All findings. `others`: the other regions' configurations, each with its path.
pub fn findings(ground: &Ground<'_>, others: &[(String, Config)]) -> Vec<Finding> {
    let services = ground.config.services.iter();
    services
        .flat_map(|service| of_service(ground, service, others))
        .collect()
}

fn of_service(ground: &Ground<'_>, own: &Service, others: &[(String, Config)]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, level) in own.through() {
        let at = place(own).key("levels").index(index);
        let wins = |(path, config): &(String, Config)| {
            let mut same = config
                .services
                .iter()
                .filter(|other| shares_prefix(own, other));
            let best = same.find_map(|other| other.levels.first())?;
            (!level.attributes.is_less_preferred_than(&best.attributes)).then(|| {
                let what = format!(
                    "level '{}' of service {} is served elsewhere, and routers do not prefer the best level of {path} to it",
                    level.name, own.name
                );
                let cure = "give it a larger prepend, or a longer as_path";
                ground.in_config(&at, warning(&NOT_LONGER, what, cure))
            })
        };
        found.extend(others.iter().filter_map(wins));
    }
    found
}
