//! From the installation to the purge.

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Debian, Lab, Machine, eventually};

use crate::deb::called;
use crate::site::{ADDRESS, NE, PATIENCE, is_routed, routed, serves, set_up, shorten_drains, tell};

crate::stories!(
    installed_it_announces_nothing_and_exabgp_works_without_it,
    it_is_upgraded_downgraded_and_purged,
    debians_own_haproxy_cfg_will_do,
);

/// An ExaBGP that has nothing to do with haproxy-rhi.
const FOREIGN: &str = "neighbor 172.16.159.4 {
	router-id 172.16.156.70;
	local-address 172.16.156.70;
	local-as 65010;
	peer-as 65515;
	static { route 192.0.2.1/32 next-hop self; }
}
";

fn installed_it_announces_nothing_and_exabgp_works_without_it(debian: Debian) {
    tell(debian, |lab, machine| {
        is_there(machine)?;
        is_idle(lab, machine)?;
        is_no_hindrance(lab, machine)?;
        // And then what it is for.
        set_up(machine)?;
        serves(lab)?;
        lab.backend(NE).kill()?;
        routed(lab, None)?;
        lab.backend(NE).start()?;
        serves(lab)?;
        addresses_of_both_families(machine)
    });
}

fn is_there(machine: &Machine) -> Result<()> {
    machine.sh("haproxy-rhi --version
         haproxy-rhi validate
         dpkg --verify haproxy-rhi
         ! dpkg --listfiles haproxy-rhi | grep '^/etc' || exit 1
         haproxy-rhi-second-chance --version
         gzip -t /usr/share/man/man8/haproxy-rhi.8.gz /usr/share/man/man8/haproxy-rhi-second-chance.8.gz /usr/share/man/man5/haproxy-rhi-config.5.gz
         ! ldd /usr/bin/haproxy-rhi /usr/bin/haproxy-rhi-second-chance | grep 'not found' || exit 1
         getent group haproxy-rhi
         systemd-analyze verify --man=no exabgp.service haproxy.service 'anycast-address@9.9.9.9-32.service'
         systemd-analyze verify --man=no haproxy-rhi-second-chance.service haproxy-rhi-second-chance-heartbeat.service
         systemd-analyze verify --man=no haproxy-rhi-verify.service haproxy-rhi-verify.timer
         haproxy-rhi validate --print-schema | cmp - /usr/share/haproxy-rhi/config.schema.json
         bash -n /usr/share/bash-completion/completions/haproxy-rhi
         bash -n /usr/share/bash-completion/completions/haproxy-rhi-second-chance
         for region in north-europe west-europe; do
             haproxy-rhi validate /usr/share/doc/haproxy-rhi/examples/$region/config.json
             haproxy -c -f /usr/share/doc/haproxy-rhi/examples/$region/haproxy.cfg
             runuser -u exabgp -- exabgp --validate /usr/share/doc/haproxy-rhi/examples/$region/exabgp.conf
         done")?;
    Ok(())
}

/// Nothing of it runs, and nothing is announced.
fn is_idle(lab: &Lab, machine: &Machine) -> Result<()> {
    ensure!(
        machine
            .sh("systemctl list-units --all --plain --no-legend 'anycast-address@*'")?
            .is_empty()
    );
    ensure!(
        machine
            .sh("ip -o address show dev lo scope global")?
            .is_empty()
    );
    machine.sh(
        "! pidof haproxy-rhi || exit 1; systemctl is-active haproxy; ! systemctl is-active exabgp",
    )?;
    is_routed(lab, None)
}

/// Started, reloaded, restarted and stopped as if haproxy-rhi were not installed: no drain, and nothing waited for.
fn is_no_hindrance(lab: &Lab, machine: &Machine) -> Result<()> {
    let has_it = || {
        let rows = lab
            .route_servers(NE)
            .first()
            .map(|first| first.rows("192.0.2.1/32"))
            .transpose()?;
        Ok(rows.is_some_and(|rows| !rows.is_empty()))
    };
    let becomes = |wanted: bool| {
        eventually(PATIENCE, "another's route", || {
            let has: Result<bool> = has_it();
            ensure!(has? == wanted, "it is not so yet");
            Ok(())
        })
    };
    machine.write("/etc/exabgp/exabgp.conf", FOREIGN.as_bytes())?;
    machine.sh("systemctl restart exabgp")?;
    becomes(true)?;
    machine.sh("systemctl reload exabgp; systemctl restart exabgp")?;
    becomes(true)?;
    machine.sh("systemctl restart haproxy")?;
    machine.sh("systemctl stop exabgp")?;
    becomes(false)?;
    let told = machine.sh("journalctl --no-pager --unit exabgp --unit haproxy")?;
    ensure!(
        told.matches("nothing to drain: no service is configured")
            .count()
            == 3,
        "{told}"
    );
    ensure!(machine.sh("ls /var/lib/haproxy-rhi/drain")?.is_empty());
    Ok(())
}

fn debians_own_haproxy_cfg_will_do(debian: Debian) {
    tell(debian, |_, machine| debians_own_socket_will_do(machine));
}

/// README's two ways with Debian's own haproxy.cfg, to which only a backend is added: its socket of level admin, and one line more.
fn debians_own_socket_will_do(machine: &Machine) -> Result<()> {
    let own = machine.sh("cat /etc/haproxy/haproxy.cfg")?;
    ensure!(
        own.contains("stats socket /run/haproxy/admin.sock") && !own.contains("watch.sock"),
        "{own}"
    );
    let backend = "\nbackend http_back\n    server backend01 172.16.156.69:80 check\n";
    let reads = |socket: &str, haproxy: &str| -> Result<String> {
        machine.write(
            "/etc/haproxy/haproxy.cfg",
            (haproxy.to_owned() + backend).as_bytes(),
        )?;
        let config = format!(
            r#"{{"haproxy": {{"stats": "{socket}"}}, "services": {{"web": {{"prefixes": ["9.9.9.9/32"],
                "next_hop": "172.16.156.70", "levels": [{{"name": "up", "when": {{"backend": {{"name": "http_back"}}}}}}]}}}}}}"#
        );
        machine.write("/etc/haproxy-rhi/config.json", config.as_bytes())?;
        machine.sh("systemctl reload haproxy")?;
        let mut told = String::new();
        eventually(PATIENCE, "HAProxy's checks", || {
            told = machine.sh_as("exabgp", "haproxy-rhi check")?.1;
            ensure!(
                !told.contains("not checked yet") && !told.contains("no socket"),
                "{told}"
            );
            Ok(())
        })?;
        Ok(told)
    };
    let told = reads("/run/haproxy/admin.sock", &own)?;
    ensure!(
        told.contains("no permission for /run/haproxy/admin.sock"),
        "{told}"
    );
    machine.sh("adduser exabgp haproxy")?;
    let told = reads("/run/haproxy/admin.sock", &own)?;
    ensure!(told.contains("http_back: 1 of 1 server up"), "{told}");
    machine.sh("gpasswd -d exabgp haproxy")?;
    let line = "stats socket /run/haproxy/watch.sock user exabgp mode 600 level user";
    ensure!(include_str!("../../README.md").contains(line));
    let told = reads(
        "/run/haproxy/watch.sock",
        &own.replacen("global", &format!("global\n\t{line}"), 1),
    )?;
    ensure!(told.contains("http_back: 1 of 1 server up"), "{told}");
    Ok(())
}

fn addresses_of_both_families(machine: &Machine) -> Result<()> {
    let unit = machine.sh("systemd-escape --template anycast-address@.service 2001:db8::9/128")?;
    machine.sh(&format!(
        "systemctl start '{unit}'; ip -o address show dev lo | grep -q '2001:db8::9/128'"
    ))?;
    machine.sh(&format!(
        "systemctl stop '{unit}'; ! ip -o address show dev lo | grep '2001:db8::9/128'"
    ))?;
    machine.sh("ip -o address show dev lo | grep -q 9.9.9.9/32")?;
    Ok(())
}

fn it_is_upgraded_downgraded_and_purged(debian: Debian) {
    tell(debian, |lab, machine| {
        set_up(machine)?;
        shorten_drains(machine)?;
        serves(lab)?;
        let before = machine.sh("pidof haproxy-rhi; cat /etc/haproxy-rhi/config.json")?;
        let updates = updates(lab);
        for (version, options) in [("9.9.9-1", ""), ("0.0.1-1", "--allow-downgrades")] {
            machine.write("/srv/other.deb", &called(version)?)?;
            machine.sh(&format!("apt-get -q -y {options} install /srv/other.deb"))?;
            ensure!(
                machine.sh("dpkg-query --show --showformat '${Version}' haproxy-rhi")? == version
            );
            let after = machine.sh("pidof haproxy-rhi; cat /etc/haproxy-rhi/config.json")?;
            ensure!(after == before, "{before} became {after}");
        }
        serves(lab)?;
        ensure!(
            self::updates(lab) == updates,
            "the Route Servers heard of it"
        );
        machine.sh("systemctl restart exabgp")?;
        serves(lab)?;
        purged(lab, machine)?;
        purged_where_nothing_names_the_group(machine)
    });
}

fn updates(lab: &Lab) -> Vec<usize> {
    lab.route_servers(NE)
        .iter()
        .map(haproxy_rhi_lab::RouteServer::updates)
        .collect()
}

/// Removed, it has drained first; purged, nothing of it is left, and ExaBGP goes on.
fn purged(lab: &Lab, machine: &Machine) -> Result<()> {
    let told = machine.sh("apt-get -q -y remove haproxy-rhi 2>&1")?;
    ensure!(
        told.contains("web: drained")
            && told.contains("exabgp.conf still runs /usr/bin/haproxy-rhi"),
        "{told}"
    );
    routed(lab, None)?;
    machine.sh("! ip -o address show dev lo | grep 9.9.9.9")?;
    // Still ExaBGP's process, and still drained.
    machine.sh("pidof haproxy-rhi; test -e /var/lib/haproxy-rhi/drain.units/@haproxy-rhi.deb")?;
    machine.write("/etc/exabgp/exabgp.conf", FOREIGN.as_bytes())?;
    let told = machine.sh("systemctl restart exabgp; apt-get -q -y purge haproxy-rhi 2>&1")?;
    ensure!(
        told.contains("/etc/haproxy/haproxy.cfg names group haproxy-rhi, which stays"),
        "{told}"
    );
    let left = machine.sh(
        "find / -xdev \\( -name '*haproxy-rhi*' -o -name '*anycast-address*' \\) \
             -not -path '/proc/*' -not -path '/srv/*' -not -path '/var/lib/apt/*'",
    )?;
    ensure!(left.is_empty(), "left: {left}");
    machine.sh(&format!(
        "systemctl is-active exabgp haproxy; ! systemctl cat '{ADDRESS}'"
    ))?;
    // Its haproxy.cfg names the group.
    machine.sh("getent group haproxy-rhi; systemctl reload haproxy; systemctl restart haproxy")?;
    is_routed(lab, None)
}

/// Where only a comment names the group, it goes too.
fn purged_where_nothing_names_the_group(machine: &Machine) -> Result<()> {
    machine
        .sh("sed -i '/^[^#]*group haproxy-rhi/ s/^/#/' /etc/haproxy/haproxy.cfg; systemctl reload haproxy")?;
    let told =
        machine.sh("apt-get -q -y install /srv/other.deb; apt-get -q -y purge haproxy-rhi 2>&1")?;
    ensure!(!told.contains("names group"), "{told}");
    machine.sh(
        "! getent group haproxy-rhi || exit 1; systemctl reload haproxy; systemctl restart haproxy",
    )?;
    Ok(())
}
