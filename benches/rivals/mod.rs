//! What benchmarks measure haproxy-rhi beside: exabgp-healthcheck, on an NVA of the same lab.

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

/// A page of HAProxy's own verdict. The shipped file's `/health` says whether the route is out, which depends on the one
/// that asks.
const PAGE: &str = "
frontend rival
    bind 127.0.0.1:8405
    monitor-uri /servers
    monitor fail if { nbsrv(http_local) lt 1 }
";

/// A haproxy.cfg with that page.
pub fn with_page(haproxy: &str) -> String {
    format!("{haproxy}{PAGE}")
}

/// exabgp-healthcheck's command line for a region: HAProxy's own verdict by curl, and the region's own route.
pub fn healthcheck(region: Region, timing: &str) -> String {
    let as_path: Vec<String> = region.as_path().iter().map(u32::to_string).collect();
    format!(
        "/usr/bin/exabgp-healthcheck --no-syslog --no-ip-setup --withdraw-on-down --ip {ANYCAST} \
         --next-hop {} --as-path \"{}\" --command \"curl -sf -o /dev/null http://127.0.0.1:8405/servers\" {timing}",
        region.nva(),
        as_path.join(" ")
    )
    .trim_end()
    .to_owned()
}

/// The region's own files, with exabgp-healthcheck where haproxy-rhi was.
pub fn with_healthcheck(lab: LabBuilder, region: Region, timing: &str) -> LabBuilder {
    let shipped = |path: &str| {
        std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR")))
            .unwrap_or_default()
    };
    let exabgp = shipped(&format!("exabgp/{}/exabgp.conf", region.folder()));
    let haproxy = shipped(&format!("haproxy/{}.cfg", region.folder()));
    let run = format!("run {};", healthcheck(region, timing));
    lab.file(
        region,
        "/etc/exabgp/exabgp.conf",
        &exabgp.replace("run /usr/bin/haproxy-rhi run;", &run),
    )
    .file(region, "/etc/haproxy/haproxy.cfg", &with_page(&haproxy))
}
