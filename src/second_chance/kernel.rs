//! What is asked of the kernel and told to it: `ip`, `bridge`, `nft`, and files below `/proc`.

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::connections::{self, Connection};
use super::plan::{DEVICE, MAC, Plan, VNI};
use haproxy_rhi::failure::{self, Failure};
use haproxy_rhi::files;

/// Runs a program with a text for its standard input, and gives its standard output.
///
/// # Errors
/// If it is not there or does not succeed: what it said.
pub fn run(program: &str, arguments: &[&str], input: &str) -> Result<String, Failure> {
    let attempt = || -> std::io::Result<_> {
        let mut child = Command::new(program)
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that has ended reads no more; its exit status tells.
            let _ = stdin.write_all(input.as_bytes());
        }
        child.wait_with_output()
    };
    let output = attempt().map_err(|error| {
        let package = if program == "nft" {
            "nftables"
        } else {
            "iproute2"
        };
        failure::unknown(format!(
            "cannot run '{program}': {error}; is package {package} installed?"
        ))
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("it said nothing")
        .trim();
    let cure = if first.contains("not permitted") {
        "; run this as root"
    } else {
        ""
    };
    Err(failure::unknown(format!(
        "'{program} {}': {first}{cure}",
        arguments.join(" ")
    )))
}

/// As [`run`], for a program that prints JSON.
pub fn json(program: &str, arguments: &[&str]) -> Result<Value, Failure> {
    let text = run(program, arguments, "")?;
    let text = if text.trim().is_empty() { "[]" } else { &text };
    serde_json::from_str(text).map_err(|error| {
        failure::unknown(format!(
            "'{program} {}': not JSON: {error}",
            arguments.join(" ")
        ))
    })
}

/// This host's addresses, of all interfaces.
pub fn addresses() -> Result<Vec<IpAddr>, Failure> {
    let links = json("ip", &["-json", "address", "show"])?;
    Ok(list(&links)
        .iter()
        .flat_map(addresses_of)
        .map(|(address, _)| address)
        .collect())
}

fn addresses_of(link: &Value) -> impl Iterator<Item = (IpAddr, u64)> {
    let infos = link.get("addr_info").map(list).unwrap_or_default();
    infos.iter().filter_map(|info| {
        Some((
            info.get("local")?.as_str()?.parse().ok()?,
            info.get("prefixlen")?.as_u64()?,
        ))
    })
}

/// The connections to the anycast prefixes that are there now.
pub fn connections(plan: &Plan) -> Vec<Connection> {
    // A kernel without IPv6 has no tcp6.
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"]
        .map(|path| fs::read_to_string(path).unwrap_or_default());
    tables
        .iter()
        .flat_map(|table| connections::to(&plan.settings().prefixes, table))
        .collect()
}

/// A network device, as the kernel has it.
#[derive(Debug, Clone)]
pub struct Link {
    pub index: u32,
    pub mtu: u64,
    pub is_up: bool,
    /// `None`: it is this program's.
    foreign_kind: Option<String>,
    /// Each with the length of its network.
    pub addresses: Vec<(IpAddr, u64)>,
}

impl Link {
    /// Why this program neither changes nor removes it: it is not its own.
    pub fn foreign(&self) -> Option<String> {
        let kind = self.foreign_kind.as_ref()?;
        Some(format!(
            "the device '{DEVICE}' is not this program's ({kind}), and is left; give it another name (ip link set {DEVICE} name OTHER), \
             then run 'haproxy-rhi-second-chance up'"
        ))
    }
}

/// The kind of a device that is not this program's. Its own is known by kind, VXLAN number and Ethernet address,
/// whatever the file says now.
fn foreign_kind(link: &Value) -> Option<String> {
    let text = |place: &str| link.pointer(place).and_then(Value::as_str);
    let kind = text("/linkinfo/info_kind").unwrap_or("no tunnel");
    let is_ours = link.pointer("/linkinfo/info_data/id") == Some(&VNI.into())
        && text("/address").is_some_and(|mac| mac.starts_with(MAC));
    (kind != "vxlan" || !is_ours).then(|| match kind {
        "vxlan" => "another vxlan".to_owned(),
        kind => kind.to_owned(),
    })
}

/// A network device, if there is one of that name. Not from `/sys`, which may be another namespace's.
pub fn link(name: &str) -> Result<Option<Link>, Failure> {
    let links = json("ip", &["-json", "-details", "address", "show"])?;
    let link = list(&links)
        .iter()
        .find(|link| link.get("ifname").and_then(Value::as_str) == Some(name));
    Ok(link.and_then(|link| {
        let number = |key| link.get(key).and_then(Value::as_u64);
        let flags = link.get("flags").map(list).unwrap_or_default();
        Some(Link {
            index: u32::try_from(number("ifindex")?).ok()?,
            mtu: number("mtu")?,
            is_up: flags.iter().any(|flag| flag == "UP"),
            foreign_kind: foreign_kind(link),
            addresses: addresses_of(link).collect(),
        })
    }))
}

/// A sysctl's file.
pub fn sysctl_path(name: &str) -> PathBuf {
    Path::new("/proc/sys").join(name)
}

/// A sysctl, such as `net/ipv4/tcp_fwmark_accept`.
pub fn sysctl(name: &str) -> Option<u64> {
    number(&sysctl_path(name))
}

/// Sets one.
pub fn set_sysctl(name: &str, value: u64) -> Result<(), Failure> {
    let path = sysctl_path(name);
    fs::write(&path, format!("{value}\n")).map_err(|error| {
        let cure = match error.kind() {
            ErrorKind::ReadOnlyFilesystem => {
                "/proc/sys is read-only here, as in a container or under ProtectKernelTunables; its host has to leave /proc/sys/net writable"
            }
            _ => "run this as root",
        };
        failure::unknown(format!(
            "cannot write {value} to '{}': {}; {cure}",
            path.display(),
            files::reason(&error)
        ))
    })
}

/// The interfaces that have settings of IPv4.
pub fn interfaces() -> Vec<String> {
    let entries = fs::read_dir("/proc/sys/net/ipv4/conf")
        .into_iter()
        .flatten()
        .flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// Puts a file in place in one step. Everybody may read it.
pub fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    files::replace(path, Some(0o644), |file| file.write_all(text))
}

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// A JSON list's elements, none where it is no list.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
