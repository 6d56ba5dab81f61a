//! The files that an operator installs are accepted by the programs that they are for.

#![cfg(test)]

use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::ensure;
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, Region, eventually};

const PATIENCE: Duration = Duration::from_secs(20);

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat())
        .into_owned()
}

fn are_accepted_by(version: ExaBgp) {
    let lab = Lab::builder().exabgp(version).start().unwrap();
    for region in Region::ALL {
        let nva = lab.nva(region);
        let validated = nva.exabgp().validate().unwrap();
        assert!(validated.status.success(), "{region}: {}", said(&validated));
        let checked = nva.haproxy().check_config().unwrap();
        assert!(checked.status.success(), "{region}: {}", said(&checked));
        assert_eq!(
            said(&checked).trim(),
            "Configuration file is valid",
            "{region}"
        );

        // The shipped configuration announces nothing by itself, and starts haproxy-rhi.
        nva.exabgp().helper_pid().unwrap();
        for instance in lab.route_servers(region) {
            assert_eq!(instance.rows(ANYCAST).unwrap(), []);
        }
        // The watch socket answers, to user exabgp too, and only for looking.
        eventually(PATIENCE, "backend01 to be up", || {
            let stat = nva.haproxy().watch("show stat http_back 4 -1")?;
            ensure!(stat.contains("L7OK"), "{stat}");
            Ok(())
        })
        .unwrap();
        let mut access = nva.command_as_exabgp("test");
        assert!(
            access
                .args(["-w", "/run/haproxy/watch.sock"])
                .status()
                .unwrap()
                .success()
        );
        let mut access = nva.command_as_exabgp("test");
        assert!(
            !access
                .args(["-w", "/run/haproxy/admin.sock"])
                .status()
                .unwrap()
                .success()
        );
        let maint = "set server http_back/backend01 state maint";
        assert!(
            nva.haproxy()
                .watch(maint)
                .unwrap()
                .contains("Permission denied")
        );
        assert_eq!(nva.haproxy().admin(maint).unwrap().trim(), "");

        // The page is about the servers and the route, which is out as soon as somebody says so.
        let is_out = || {
            let until = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + 9;
            let command =
                format!("experimental-mode on; set var proc.announced_until int({until})");
            let answer = nva.haproxy().control(&command)?;
            ensure!(answer.trim().is_empty(), "{answer}");
            Ok(())
        };
        let health = |expected: u16| {
            let answer = lab
                .client()
                .get_url(&format!("http://{}/health", region.nva()))?;
            ensure!(answer.status == expected, "{answer:?}");
            Ok(())
        };
        eventually(PATIENCE, "503 without servers", || {
            is_out().and_then(|()| health(503))
        })
        .unwrap();
        nva.haproxy()
            .admin("set server http_back/backend01 state ready")
            .unwrap();
        eventually(PATIENCE, "200", || is_out().and_then(|()| health(200))).unwrap();

        // The statistics are not for clients.
        let page = lab
            .client()
            .get_url(&format!("http://{}/haproxy?stats", region.nva()))
            .unwrap();
        assert!(!page.body.contains("Statistics Report"), "{}", page.body);
        let local = nva
            .command("curl")
            .args(["-s", "http://127.0.0.1:8404/haproxy?stats;csv"])
            .output()
            .unwrap();
        assert!(said(&local).starts_with("# pxname"), "{}", said(&local));
    }
    the_line_with_flags_is_accepted(&lab);
    // A Route Server may ask for everything again.
    let instance = &lab.route_servers(Region::NorthEurope)[0];
    instance.refresh().unwrap();
    assert_eq!(instance.session().unwrap(), "Established");
}

/// The line that 'init' writes for one service without a file (README has it too).
const FLAGS: &str = "run /usr/bin/haproxy-rhi run --stats /run/haproxy/watch.sock --frontend http_front --backend http_back --prefix 9.9.9.9/32 --next-hop 172.16.136.70 --as-path \"65010 65010 65010\" --events 127.0.0.1:30514;";

/// A run line with flags stands for a configuration file.
fn the_line_with_flags_is_accepted(lab: &Lab) {
    const CONF: &str = "/etc/exabgp/exabgp.conf";
    for region in Region::ALL {
        let nva = lab.nva(region);
        let shipped = nva.read(CONF).unwrap();
        let flags = shipped.replace("run /usr/bin/haproxy-rhi run;", FLAGS);
        assert_eq!(flags.matches("\trun /usr/bin/haproxy-rhi run").count(), 1);
        nva.write(CONF, &flags).unwrap();
        let validated = nva.exabgp().validate().unwrap();
        assert!(validated.status.success(), "{region}: {}", said(&validated));
    }
}

#[test]
fn the_files_are_accepted_by_the_distributions_exabgp() {
    are_accepted_by(ExaBgp::Debian);
}

#[test]
fn the_files_are_accepted_by_exabgp_4_2_25() {
    are_accepted_by(ExaBgp::Pip("4.2.25"));
}

#[test]
fn the_files_are_accepted_by_exabgp_5() {
    are_accepted_by(ExaBgp::Pip("5.0.15"));
}

#[test]
fn the_units_are_accepted_by_systemd() {
    let repository = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let units = format!("/tmp/rhi-units-{}", std::process::id());
    let script = format!(
        "set -e
        mkdir {units}; trap 'rm -rf {units}' EXIT
        cp -r {repository}/systemd/. {units}
        cp /lib/systemd/system/exabgp.service /lib/systemd/system/haproxy.service {units}
        sed -i 's#/usr/lib/haproxy-rhi/#{units}/#' {units}/exabgp.service.d/*.conf
        SYSTEMD_UNIT_PATH={units}: systemd-analyze verify --man=no anycast-address@9.9.9.9-32.service exabgp.service"
    );
    let verified = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(
        verified.status.success() && said(&verified).is_empty(),
        "{}",
        said(&verified)
    );
}
