//! What both benchmarks measure haproxy-rhi beside: exabgp-healthcheck, on an NVA of the same lab.

use haproxy_rhi_lab::{ANYCAST, LabBuilder, Region};

/// Whether this may measure: Cargo starts benchmarks as tests too, and the lab takes root.
#[expect(clippy::print_stdout, reason = "a benchmark talks to a person")]
pub fn ready(name: &str) -> bool {
    if !std::env::args().any(|argument| argument == "--bench") {
        return false;
    }
    match haproxy_rhi_lab::requirements() {
        Ok(()) => true,
        Err(error) => {
            println!(
                "{name}: {error}; as root: cargo bench --bench {name} (tests/prepare installs the programs)"
            );
            false
        }
    }
}

/// exabgp-healthcheck's command line for a region: HAProxy's own verdict by curl, and the region's own route.
pub fn healthcheck(region: Region, timing: &str) -> String {
    let as_path: Vec<String> = region.as_path().iter().map(u32::to_string).collect();
    format!(
        "/usr/bin/exabgp-healthcheck --no-syslog --no-ip-setup --withdraw-on-down --ip {ANYCAST} \
         --next-hop {} --as-path \"{}\" --command \"curl -sf -o /dev/null http://127.0.0.1/health\" {timing}",
        region.nva(),
        as_path.join(" ")
    )
    .trim_end()
    .to_owned()
}

/// The region's own exabgp.conf, with exabgp-healthcheck where haproxy-rhi was.
pub fn with_healthcheck(lab: LabBuilder, region: Region, timing: &str) -> LabBuilder {
    let path = format!("{}/exabgp/{}/exabgp.conf", env!("CARGO_MANIFEST_DIR"), region.folder());
    let shipped = std::fs::read_to_string(&path).unwrap_or_default();
    let run = format!("run {};", healthcheck(region, timing));
    lab.file(region, "/etc/exabgp/exabgp.conf", &shipped.replace("run /usr/bin/haproxy-rhi run;", &run))
}
