//! The services that `drain` and `resume` are for: named ones, or all.

use std::collections::BTreeSet;
use std::path::Path;

use super::drain_args::{Places, Which};
use super::observer;
use super::progress::Progress;
use crate::config::{self, Config, Service};
use crate::drain::ALL;
use crate::failure::{self, Failure};
use crate::value::did_you_mean;

/// The services of one command.
pub(super) struct Scope {
    /// The configuration, or why it does not load: `--all` works without it.
    pub(super) config: Result<Config, String>,
    /// The names of the drains: a service each, or one for all.
    pub(super) orders: Vec<String>,
}

impl Scope {
    pub(super) fn of(which: &Which, places: &Places) -> Result<Self, Failure> {
        let config = config::load(&places.config).map_err(|problem| problem.to_string());
        if which.all {
            let order = which
                .on_behalf_of
                .as_ref()
                .map_or(ALL.to_owned(), |unit| format!("@{}", unit.0));
            return Ok(Self {
                config,
                orders: vec![order],
            });
        }
        let config = config.map_err(failure::configuration)?;
        let known = || config.services.iter().map(|service| service.name.as_str());
        for name in &which.services {
            if !known().any(|service| service == name.0) {
                let perhaps = did_you_mean(&name.0, known());
                return Err(failure::refused(format!(
                    "{} has no service '{}'{}",
                    places.config.display(),
                    name.0,
                    perhaps
                )));
            }
        }
        let orders: BTreeSet<String> = which.services.iter().map(|name| name.0.clone()).collect();
        Ok(Self {
            config: Ok(config),
            orders: orders.into_iter().collect(),
        })
    }

    /// The configured services; none where the file does not load.
    pub(super) fn services(&self) -> impl Iterator<Item = &Service> {
        let meant = |service: &&Service| {
            self.orders
                .iter()
                .any(|order| is_for_all(order) || *order == service.name)
        };
        self.config
            .iter()
            .flat_map(|config| &config.services)
            .filter(meant)
    }

    /// The services that only flags configure.
    pub(super) fn of_flags(&self, folder: &Path) -> Vec<String> {
        let is_new = |name: &String| self.service(name).is_none();
        observer::services_of_flags(folder)
            .into_iter()
            .filter(is_new)
            .collect()
    }

    /// The file loads, and has no service.
    pub(super) fn has_none(&self) -> bool {
        self.config
            .as_ref()
            .is_ok_and(|config| config.services.is_empty())
    }

    /// The services' names: from the file, or else from the running process; then those that flags configure.
    pub(super) fn names(
        &self,
        places: &Places,
        of_flags: &[String],
        progress: &mut Progress,
    ) -> Result<Vec<String>, Failure> {
        let mut names: Vec<String> = self
            .services()
            .map(|service| service.name.clone())
            .collect();
        if let Err(problem) = &self.config {
            names = observer::services(&places.config).unwrap_or_default();
            if names.is_empty() && of_flags.is_empty() {
                return Err(failure::configuration(problem.clone()));
            }
            progress.tell(&format!(
                "note: the configuration does not load, so what the running process has in force is drained; it holds the drain where no sibling is healthy: {problem}"
            ));
        }
        names.extend_from_slice(of_flags);
        Ok(names)
    }

    pub(super) fn service(&self, name: &str) -> Option<&Service> {
        self.services().find(|service| service.name == name)
    }
}

pub(super) fn is_for_all(order: &str) -> bool {
    order.starts_with('@')
}

/// The drain's name for people.
pub(super) fn shown(order: &str) -> &str {
    if is_for_all(order) {
        "all services"
    } else {
        order
    }
}

/// The drain's name as arguments of `drain` or `resume`.
pub(super) fn as_arguments(order: &str) -> String {
    match order.strip_prefix('@') {
        None => order.to_owned(),
        Some(_) if order == ALL => "--all".to_owned(),
        Some(unit) => format!("--all --on-behalf-of {unit}"),
    }
}
