//! Network namespaces, the cables between them, and running a program inside one.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::topology::{HostPlan, Region, hosts};

/// A network namespace of the lab.
#[derive(Debug, Clone)]
pub(crate) struct Namespace {
    name: String,
}

impl Namespace {
    pub(crate) fn new(lab: &str, host: &str) -> Self {
        Self {
            name: format!("{lab}-{host}"),
        }
    }

    /// `program`, on this host's network. nsenter becomes the program: the child's pid is the program's.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net=/run/netns/{}", self.name))
            .args(["--", program]);
        command
    }

    /// From here on the calling thread is on this host's network.
    pub(crate) fn enter(&self) -> Result<()> {
        let path = format!("/run/netns/{}", self.name);
        let enter = || -> Result<()> {
            let namespace = File::open(&path)?;
            Ok(move_into_link_name_space(
                namespace.as_fd(),
                Some(LinkNameSpaceType::Network),
            )?)
        };
        enter().with_context(|| format!("failed to enter '{path}'"))
    }

    fn ip_batch(&self, script: &str) -> Result<()> {
        feed(
            Command::new("ip").args(["-n", &self.name, "-batch", "-"]),
            script,
        )
        .with_context(|| format!("failed to set up namespace '{}'", self.name))
    }
}

/// Adds namespaces.
pub(crate) fn add(names: &[String]) -> Result<()> {
    // The first `ip netns add` on a machine prepares /run/netns, and two at a time disturb each other.
    let script = "for n; do ip netns add \"$n\" || exit 1; done";
    let mut add = Command::new("flock");
    add.args(["/run/lock/haproxy-rhi-lab", "sh", "-c", script, "add"])
        .args(names);
    run(&mut add).context("failed to add the namespaces")
}

/// Makes the core and every host, and connects them. `second`: the regions with a second NVA.
pub(crate) fn build(lab: &str, second: &[Region]) -> Result<()> {
    let plans = hosts(second);
    let mut names = vec![Namespace::new(lab, "core").name];
    names.extend(
        plans
            .iter()
            .map(|plan| Namespace::new(lab, &plan.name).name),
    );
    add(&names)?;

    let core = Namespace::new(lab, "core");
    core.ip_batch(&core_script(lab, &plans))?;
    for plan in &plans {
        Namespace::new(lab, &plan.name).ip_batch(&format!(
            "link set lo up\naddr add {}/24 dev eth0\nlink set eth0 up\nroute add default via {}\n",
            plan.address,
            plan.gateway()
        ))?;
    }
    if Path::new("/proc/sys/net/ipv6").exists() {
        build_v6(lab, &plans)?;
    }
    // An answer comes from 9.9.9.9 even while the route leads to the other region. Of two NVAs each has its connections,
    // by addresses and ports.
    let router = "cd /proc/sys/net/ipv4; echo 1 > ip_forward; echo 1 > fib_multipath_hash_policy; \
                  for i in conf/*/rp_filter; do echo 0 > $i; done";
    run(core.command("sh").args(["-c", router])).context("failed to make the core a router")
}

/// Takes a host's cable and its addresses away, as a machine's end does.
pub(crate) fn unplug(lab: &str, plan: &HostPlan) -> Result<()> {
    Namespace::new(lab, "core").ip_batch(&format!("link del {}\n", plan.core_port()))
}

/// Gives it a new one.
pub(crate) fn plug(lab: &str, plan: &HostPlan) -> Result<()> {
    let (host, port) = (Namespace::new(lab, &plan.name), plan.core_port());
    Namespace::new(lab, "core").ip_batch(&format!(
        "link add {port} type veth peer name eth0 netns {}\nlink set {port} master {} up\n",
        host.name, plan.bridge
    ))?;
    host.ip_batch(&format!(
        "addr add {}/24 dev eth0\nlink set eth0 up\nroute add default via {}\n",
        plan.address,
        plan.gateway()
    ))
}

/// The same network in IPv6. A kernel without it still has everything that IPv4 needs.
fn build_v6(lab: &str, plans: &[HostPlan]) -> Result<()> {
    let core = Namespace::new(lab, "core");
    let mut bridges: Vec<(&str, String)> = plans
        .iter()
        .map(|plan| (plan.bridge.as_str(), plan.gateway_v6().to_string()))
        .collect();
    bridges.sort();
    bridges.dedup();
    // 'nodad': an address is there at once, and not only after a second in which nobody claimed it.
    let script: Vec<String> = bridges
        .iter()
        .map(|(bridge, gateway)| format!("addr add {gateway}/64 dev {bridge} nodad\n"))
        .collect();
    core.ip_batch(&script.concat())?;
    for plan in plans {
        Namespace::new(lab, &plan.name).ip_batch(&format!(
            "addr add {}/64 dev eth0 nodad\nroute add default via {} dev eth0\n",
            plan.address_v6(),
            plan.gateway_v6()
        ))?;
    }
    run(core
        .command("sh")
        .args(["-c", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"]))
    .context("failed to make the core a router of IPv6")
}

fn core_script(lab: &str, plans: &[HostPlan]) -> String {
    let mut script = "link set lo up\n".to_owned();
    let mut bridges: Vec<&str> = Vec::new();
    for plan in plans {
        let (bridge, port) = (plan.bridge.as_str(), plan.core_port());
        if !bridges.contains(&bridge) {
            bridges.push(bridge);
            script.push_str(&format!(
                "link add {bridge} type bridge\naddr add {}/24 dev {bridge}\nlink set {bridge} up\n",
                plan.gateway()
            ));
        }
        let peer = Namespace::new(lab, &plan.name).name;
        script.push_str(&format!(
            "link add {port} type veth peer name eth0 netns {peer}\nlink set {port} master {bridge} up\n"
        ));
    }
    script
}

/// Runs to the end; an exit code other than 0 is an error with what the program said.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let output = output(command)?;
    if !output.status.success() {
        bail!("{}: {}", output.status, said(&output));
    }
    Ok(())
}

/// Runs to the end, whatever the exit code.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("failed to run '{}'", command.get_program().display()))
}

/// Standard output and standard error in one text.
pub(crate) fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).trim().to_owned()
}

pub(crate) fn feed(command: &mut Command, script: &str) -> Result<()> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(script.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("{}: {}", output.status, said(&output));
    }
    Ok(())
}
