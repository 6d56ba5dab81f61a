//! A VM's first boot with the user-data of `init --cloud-init`: cloud-init itself, on a machine that has only it and the
//! package's file.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Debian, Lab, Machine, RouteServer};

use crate::site::{NE, PACKAGE, is_routed, routed, serves, tell_bare};

crate::stories!(a_vm_ends_its_first_boot_with_its_route_out_and_a_wrong_one_announces_nothing);

/// North Europe's NVA, but for its address and the package.
const ANSWERS: &str = "init --cloud-init - --region North-Europe --prefix 9.9.9.9/32 --route-server 172.16.159.4 \
    --route-server 172.16.159.5 --primary --server backend01=172.16.156.69 --sibling 172.16.136.70 --no-second-chance";
const ADDRESS: &str = "172.16.156.70";

/// Where cloud-init finds an instance's data without a cloud.
const SEED: &str = "/var/lib/cloud/seed/nocloud";
/// What the boot's programs said.
const OUTPUT: &str = "/var/log/cloud-init-output.log";
/// The machine is as its image was.
const AS_NEW: &str = "apt-get -q -y purge haproxy-rhi exabgp haproxy; rm -rf /etc/exabgp /etc/haproxy /etc/haproxy-rhi";

fn a_vm_ends_its_first_boot_with_its_route_out_and_a_wrong_one_announces_nothing(debian: Debian) {
    tell_bare(debian, |lab, machine| {
        machine.sh("apt-get -q -y --no-install-recommends install cloud-init")?;
        // The network is the lab's, which has no way out: what is not reached at once is not reached.
        machine.write(
            "/etc/apt/apt.conf.d/no-retries",
            b"Acquire::Retries \"0\";\n",
        )?;
        machine.write(
            "/etc/cloud/cloud.cfg.d/99-network.cfg",
            b"network: {config: disabled}\n",
        )?;
        // HAProxy does not start without its address: the boot's one try is systemd's last one.
        machine.write(
            "/etc/systemd/system/haproxy.service.d/impatient.conf",
            b"[Unit]\nStartLimitIntervalSec=600\nStartLimitBurst=1\n",
        )?;
        wrong_ones_announce_nothing(lab, machine)?;
        machine.sh(AS_NEW)?;
        the_right_one_serves_first(lab, machine)
    });
}

fn user_data(address: &str, package: &str) -> Result<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .args(ANSWERS.split(' '))
        .args(["--address", address, "--package", package])
        .output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {error}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// A boot that cloud-init takes for the first one of this instance; what it says of it, and what its programs said.
fn first_boot(machine: &Machine, instance: &str, user_data: &str) -> Result<String> {
    machine.write(&format!("{SEED}/user-data"), user_data.as_bytes())?;
    let meta = format!("instance-id: {instance}\nlocal-hostname: nva\n");
    machine.write(&format!("{SEED}/meta-data"), meta.as_bytes())?;
    machine.sh(&format!("rm -f {OUTPUT}"))?;
    machine.reboot()?;
    machine.sh(&format!(
        "cloud-init status --wait --long || true; cat {OUTPUT}"
    ))
}

fn wrong_ones_announce_nothing(lab: &Lab, machine: &Machine) -> Result<()> {
    let right = user_data(ADDRESS, PACKAGE)?;
    let unknown = right.replace("\"levels\":", "\"level\":");
    let wrong = [
        (
            "package",
            user_data(ADDRESS, "haproxy-rhi")?,
            "Unable to locate package haproxy-rhi",
        ),
        (
            "address",
            user_data("172.16.156.71", PACKAGE)?,
            "this VM does not have 172.16.156.71",
        ),
        ("key", unknown, "services.web.level: unknown key 'level'"),
    ];
    for (instance, data, cause) in wrong {
        let said = first_boot(machine, instance, &data)?;
        for words in ["status: error", cause, "haproxy-rhi: the first boot failed"] {
            ensure!(said.contains(words), "no '{words}': {said}");
        }
        is_off(lab, machine)?;
    }
    // Also at the next boot.
    machine.reboot()?;
    is_off(lab, machine)
}

/// ExaBGP is there and does not run, and the Route Servers have never heard of this NVA.
fn is_off(lab: &Lab, machine: &Machine) -> Result<()> {
    let said = machine.sh(
        "systemctl is-enabled exabgp.service || true; systemctl is-active exabgp.service || true",
    )?;
    ensure!(said == "disabled\ninactive", "{said}");
    is_routed(lab, None)?;
    let updates: Vec<usize> = lab
        .route_servers(NE)
        .iter()
        .map(RouteServer::updates)
        .collect();
    ensure!(updates.iter().all(|count| *count == 0), "{updates:?}");
    Ok(())
}

fn the_right_one_serves_first(lab: &Lab, machine: &Machine) -> Result<()> {
    let data = user_data(ADDRESS, PACKAGE)?;
    machine.write("/srv/user-data", data.as_bytes())?;
    let schema = machine.sh("cloud-init schema --config-file /srv/user-data")?;
    ensure!(schema.contains("Valid"), "{schema}");
    let is_over = AtomicBool::new(false);
    let said = thread::scope(|scope| {
        let watch = scope.spawn(|| watched(lab, &is_over));
        let said = first_boot(machine, "right", &data);
        is_over.store(true, Ordering::Relaxed);
        watch.join().ok().context("the watch ended early")??;
        said
    })?;
    ensure!(said.contains("status: done"), "{said}");
    // With its sessions up, not soon after.
    is_routed(lab, Some(NE.as_path())).with_context(|| said.clone())?;
    serves(lab)?;
    let owners = machine.sh("stat -c '%a %U:%G' /etc/exabgp/exabgp.conf; journalctl -b -u exabgp -o cat | grep -c '^Started'")?;
    ensure!(owners == "640 root:exabgp\n1", "{owners}");

    // The next boot is no first one.
    machine.reboot()?;
    routed(lab, Some(NE.as_path()))?;
    serves(lab)?;
    let times = machine.sh(&format!("grep -c '^+ haproxy-rhi validate' {OUTPUT}"))?;
    ensure!(times == "1", "user-data's commands ran {times} times");
    Ok(())
}

/// From the first moment at which an instance of the Route Server has the route, each page is one, until this region's. A request to the
/// other region that is under way as the route moves may be reset.
fn watched(lab: &Lab, is_over: &AtomicBool) -> Result<()> {
    let mut resets = 0;
    while !is_over.load(Ordering::Relaxed) {
        if is_routed(lab, None).is_err() {
            let answer = match lab.client().get() {
                Err(error) if resets == 0 && error.to_string().contains("reset by peer") => {
                    resets += 1;
                    continue;
                }
                answer => answer?,
            };
            ensure!(answer.status == 200, "too early: {answer:?}");
            if answer.region == Some(NE) {
                return Ok(());
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
