//! `validate`; and which prefixes of haproxy-rhi's configuration the file leaves out.

use std::path::Path;

use haproxy_rhi::config::{self, Service};
use haproxy_rhi::failure::Failure;
use haproxy_rhi::route::Prefix;

use super::file::{self, Settings};

/// The configuration's name, in the folder of the file.
const CONFIGURATION: &str = "config.json";

/// `validate`: the file's fingerprint, which is the same where the NVAs' files agree; and the prefixes that it leaves
/// out.
///
/// # Errors
/// The file's first fault.
pub fn validate(path: &Path) -> Result<String, Failure> {
    let settings = file::load(path)?;
    let (count, fingerprint) = (settings.nvas.len(), settings.fingerprint());
    let warnings = left_out(path, &settings)
        .into_iter()
        .map(|what| format!("warning: {what}\n"));
    let valid = format!(
        "{}: valid, {count} NVAs, fingerprint {fingerprint:08x}\n",
        path.display()
    );
    Ok(valid + &warnings.collect::<String>())
}

/// Warnings: prefixes that config.json beside the file announces and the file leaves out. None where config.json is
/// missing or faulty, which `haproxy-rhi validate` says.
pub fn left_out(path: &Path, settings: &Settings) -> Vec<String> {
    let Ok(config) = config::load(&path.with_file_name(CONFIGURATION)) else {
        return Vec::new();
    };
    let covered = |prefix: &Prefix| {
        let host = prefix.host();
        settings
            .prefixes
            .iter()
            .any(|known| known == prefix || host.is_some_and(|host| known.contains(host)))
    };
    let line = |service: &Service, prefix: &Prefix| {
        format!(
            "{prefix} of service {} is not in {}, so its connections have no second chance; add 'prefix {prefix}', on every NVA",
            service.name,
            path.display()
        )
    };
    let prefixes = config.services.iter().flat_map(|service| {
        service
            .prefixes
            .iter()
            .map(move |(prefix, _)| (service, prefix))
            .filter(|(_, prefix)| !covered(prefix))
    });
    prefixes
        .map(|(service, prefix)| line(service, prefix))
        .collect()
}
