//! The regions with a HAProxy of one version, and configurations of which a story changes a part.

use anyhow::Result;
use haproxy_rhi_lab::{ExaBgp, Haproxy, Lab, LabBuilder, eventually};

use crate::far_end::{NE, PATIENCE, WE};

pub const CONFIG: &str = "/etc/haproxy-rhi/config.json";
pub const HAPROXY: &str = "/etc/haproxy/haproxy.cfg";

/// The two regions with the repository's files, this build, and this HAProxy.
pub fn regions(version: Haproxy) -> LabBuilder {
    crate::far_end::regions(&ExaBgp::Debian).haproxy(version)
}

/// The same with plain files: these in North Europe, and in West Europe what knows nothing of a sibling, so that
/// nobody but haproxy-rhi and the client connects to North Europe's HAProxy.
pub fn regions_with(version: Haproxy, haproxy_cfg: &str, config_json: &str) -> LabBuilder {
    let of_we = |text: String| {
        text.replace("172.16.156.", "172.16.136.")
            .replace("[65010]", "[65010, 65010, 65010]")
    };
    regions(version)
        .file(NE, HAPROXY, haproxy_cfg)
        .file(NE, CONFIG, config_json)
        .file(WE, HAPROXY, &of_we(haproxy("", ONE_SERVER)))
        .file(WE, CONFIG, &of_we(config("", UP)))
}

/// A haproxy.cfg like the repository's: `global` further lines of that section, `backend` all lines of `http_back`.
pub fn haproxy(global: &str, backend: &str) -> String {
    format!(
        "global
    user haproxy
    group haproxy
    chroot /var/lib/haproxy
    stats socket /run/haproxy/watch.sock user root group haproxy mode 660 level user
    stats socket /run/haproxy/admin.sock user root group root mode 600 level admin expose-fd listeners
    log /dev/log local0
    hard-stop-after 60s
{global}
defaults
    mode http
    log global
    timeout connect 500ms
    timeout client 30s
    timeout server 30s
frontend http_front
    bind *:80
    default_backend http_back
backend http_back
    option httpchk GET /
{backend}
"
    )
}

/// The one server of the documentation.
pub const ONE_SERVER: &str =
    "    default-server check inter 500ms fastinter 100ms downinter 500ms fall 2 rise 2
    server backend01 172.16.156.69:80";

/// The repository's wake-up: a datagram for each change of a server.
pub const EVENTS: &str = "    log 127.0.0.1:30514 format timed local0 notice\n";

/// A config.json: `watch` further keys of `haproxy`, `service` those of the service but its routes.
pub fn config(watch: &str, service: &str) -> String {
    format!(
        r#"{{
  "haproxy": {{"stats": "/run/haproxy/watch.sock"{watch}}},
  "services": {{
    "web": {{
      "prefixes": ["9.9.9.9/32"], "next_hop": "172.16.156.70", "as_path": [65010]{service}
    }}
  }}
}}
"#
    )
}

/// The service's one level: its backend has a server.
pub const UP: &str = r#", "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]"#;

/// The service's one level: its backend, and all of these.
pub fn and(probes: &[&str]) -> String {
    let probes = probes.join(", ");
    format!(
        r#", "levels": [{{"name": "up", "when": {{"all": [{{"backend": {{"name": "http_back"}}}}, {probes}]}}}}]"#
    )
}

/// The regions with an hour between two polls in North Europe, and a HAProxy that logs nothing there. ExaBGP starts with [`begin`].
pub fn hourly(version: Haproxy) -> LabBuilder {
    let config = config(r#", "interval": "1h""#, UP);
    regions_with(version, &haproxy("", ONE_SERVER), &config).without_exabgp()
}

/// Starts ExaBGP when the server was checked: the first look is the only one.
pub fn begin(lab: &Lab) -> Result<()> {
    crate::far_end::server_is(lab, NE, ",L7OK,")?;
    [NE, WE]
        .into_iter()
        .try_for_each(|region| lab.nva(region).exabgp().start())
}

/// Waits until another worker than this one answers.
pub fn answers_another_than(lab: &Lab, old: u32) -> Result<u32> {
    eventually(PATIENCE, "another worker's answer", || {
        let now = lab.nva(NE).haproxy().answering()?;
        anyhow::ensure!(now != old, "still {old}");
        Ok(now)
    })
}

/// Requests that North Europe's worker has taken so far, this one included. Without clients, all others are
/// looks.
pub fn requests(lab: &Lab) -> Result<u32> {
    lab.nva(NE).haproxy().info("CumReq")
}
