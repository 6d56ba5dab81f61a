//! A VM's first boot with the user-data of `init --cloud-init`: cloud-init itself, on a machine that has only it and the
//! package's file.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Debian, Lab, Machine};

use crate::deb::deb;
use crate::site::{NE, is_routed, routed, serves};

const ANSWERS: [&str; 20] = [
    "init",
    "--region",
    "North Europe",
    "--prefix",
    "9.9.9.9/32",
    "--address",
    "172.16.156.70",
    "--route-server",
    "172.16.159.4",
    "--route-server",
    "172.16.159.5",
    "--primary",
    "--server",
    "backend01=172.16.156.69",
    "--sibling",
    "172.16.136.70",
    "--no-second-chance",
    "--package",
    "/srv/haproxy-rhi.deb",
    "--cloud-init=-",
];

fn user_data() -> Result<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .args(ANSWERS)
        .output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {error}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// A boot of which cloud-init says that it is the first one of this instance; what cloud-init says of it.
fn first_boot(machine: &Machine, instance: &str, user_data: &str) -> Result<String> {
    let seed = "/var/lib/cloud/seed/nocloud";
    machine.write(&format!("{seed}/user-data"), user_data.as_bytes())?;
    let meta = format!("instance-id: {instance}\nlocal-hostname: nva\n");
    machine.write(&format!("{seed}/meta-data"), meta.as_bytes())?;
    machine.reboot()?;
    machine.sh("cloud-init status --wait --long || true")
}

#[test]
fn a_vm_ends_its_first_boot_with_its_route_out_and_announces_nothing_before_it_serves() {
    let lab = Lab::builder()
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .without_nva(NE)
        .start()
        .unwrap();
    lab.run(|lab| {
        let machine = lab.machine(NE, Debian::BookwormWithCloudInit)?;
        machine.boot()?;
        machine.write("/srv/haproxy-rhi.deb", &std::fs::read(deb())?)?;
        // The network is the lab's.
        machine.write(
            "/etc/cloud/cloud.cfg.d/99-network.cfg",
            b"network: {config: disabled}\n",
        )?;
        let told = story(lab, &machine);
        told.map_err(|error| error.context(log(&machine).unwrap_or_default()))
    })
    .unwrap();
}

fn story(lab: &Lab, machine: &Machine) -> Result<()> {
    let data = user_data()?;
    machine.write("/srv/user-data", data.as_bytes())?;
    let schema = machine.sh("cloud-init schema --config-file /srv/user-data")?;
    ensure!(schema.contains("Valid"), "{schema}");

    // A configuration that cannot be used: ExaBGP stays off, also at the next boot.
    let faulty = data.replace("\"levels\":", "\"level\":");
    ensure!(faulty != data, "config.json has levels");
    let said = first_boot(machine, "faulty", &faulty)?;
    ensure!(said.contains("status: error"), "{said}");
    let exabgp =
        "systemctl is-enabled exabgp.service || true; systemctl is-active exabgp.service || true";
    let is_off = || -> Result<()> {
        let said = machine.sh(exabgp)?;
        ensure!(said == "disabled\ninactive", "{said}");
        routed(lab, None)
    };
    is_off()?;
    machine.reboot()?;
    is_off()?;

    // As it is made. The machine has the package already; a new one with the same end is the next line.
    machine.sh("apt-get -q -y purge haproxy-rhi exabgp haproxy; rm -rf /etc/exabgp /etc/haproxy /etc/haproxy-rhi")?;
    let is_over = AtomicBool::new(false);
    let said = thread::scope(|scope| {
        let watch = scope.spawn(|| watched(lab, &is_over));
        let said = first_boot(machine, "nva", &data);
        is_over.store(true, Ordering::Relaxed);
        let watched = watch.join();
        watched.ok().context("the watch ended early")??;
        said
    })?;
    ensure!(said.contains("status: done"), "{said}");
    serves(lab)?;
    let owners = machine.sh("stat -c '%a %U:%G' /etc/exabgp/exabgp.conf; journalctl -b -u exabgp -o cat | grep -c '^Started'")?;
    ensure!(owners == "640 root:exabgp\n1", "{owners}");

    // The next boot is no first one.
    machine.reboot()?;
    serves(lab)
}

/// From the first moment at which an instance of the Route Server has the route, each page is one, until this region's.
fn watched(lab: &Lab, is_over: &AtomicBool) -> Result<()> {
    while !is_over.load(Ordering::Relaxed) {
        if is_routed(lab, None).is_err() {
            let answer = lab.client().get()?;
            ensure!(answer.status == 200, "too early: {answer:?}");
            if answer.region == Some(NE) {
                return Ok(());
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn log(machine: &Machine) -> Result<String> {
    machine.sh("tail -n 60 /var/log/cloud-init-output.log; tail -n 20 /var/log/cloud-init.log; systemctl --failed --no-pager")
}
