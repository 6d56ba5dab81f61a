//! Asks the siblings whether they are there: ICMP echo requests through the tunnel. The rules read the answers, not
//! this process. Without it, or without an answer, no client's packet is handed over.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SendFlags, SocketFlags, SocketType, ipproto, sendto, socket_with, sockopt,
};
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::plan::{DEVICE, Plan};
use super::ready::Ready;
use super::rules::CODE;
use super::tables::Tables;
use super::{check, kernel, load_plan, status, status_file, validate};
use haproxy_rhi::failure::{self, Failure};
use haproxy_rhi::files;
use haproxy_rhi::report::moment::Moment;
use haproxy_rhi::report::{self, LogFormat};
use haproxy_rhi::route::Family;

/// Five in the time for which an answer counts: see [`super::rules::ALIVE`].
const PAUSE: Duration = Duration::from_millis(200);
/// After this many pauses everything is looked at anew: the file and the device may be others.
const ROUND: u32 = 25;
/// After so long a sibling has had the time to answer and to ask.
const SETTLED: Duration = Duration::from_secs(2);
/// IP's header without options, and IPv6's.
const HEADERS: [usize; 2] = [20, 40];

/// Whom to ask, and how.
struct Asking {
    plan: Plan,
    sockets: Vec<(Family, OwnedFd)>,
    mtu: usize,
    device: u32,
}

/// Shared by the thread that asks and the one that looks and writes files, so that the latter never delays a
/// heartbeat.
#[derive(Default)]
struct Shared {
    /// `None`: no sibling is asked.
    asking: Mutex<Option<Arc<Asking>>>,
    /// Why a sibling could not be asked.
    problem: Mutex<Option<String>>,
}

/// Asks until the process is told to end. The file is read again every now and then.
///
/// # Errors
/// At the start only: no socket for ICMP, or no thread.
pub fn run(
    file: &Path,
    metrics: Option<PathBuf>,
    status: Option<PathBuf>,
    format: LogFormat,
) -> Result<String, Failure> {
    open(Family::V4).map_err(failure::unknown)?;
    report::log_to_stderr(format);
    let (shared, outputs) = (
        Arc::new(Shared::default()),
        Arc::new(Outputs {
            metrics,
            status,
            ..Outputs::default()
        }),
    );
    let (asks, ends) = (Arc::clone(&shared), Arc::clone(&outputs));
    let mut signals =
        Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(|error| cannot_start(&error))?;
    thread::Builder::new()
        .name("asking".to_owned())
        .spawn(move || ask_on(&asks))
        .and_then(|_| {
            thread::Builder::new()
                .name("end".to_owned())
                .spawn(move || signals.forever().next().map(|_| ends.end()))
        })
        .map_err(|error| cannot_start(&error))?;
    log::info!(
        "asking the siblings through '{DEVICE}' every {} ms",
        PAUSE.as_millis()
    );
    look_on(file, &shared, &outputs)
}

fn cannot_start(error: &std::io::Error) -> Failure {
    failure::unknown(format!(
        "cannot start the heartbeat: {}",
        files::reason(error)
    ))
}

/// Reads the file and the tables, writes the outputs and logs what is wrong, for ever.
fn look_on(file: &Path, shared: &Shared, outputs: &Outputs) -> ! {
    let mut ready = Ready::of_environment();
    let (mut trouble, mut amiss): (Option<String>, Vec<String>) = (None, Vec::new());
    let (mut plan, mut device, mut since): (Option<Plan>, Option<u32>, Instant) =
        (None, None, Instant::now());
    loop {
        let looked = update_asking(file, shared, &mut plan);
        let seen = looked.as_ref().ok().map(|asking| asking.device);
        if seen.is_some() && seen != device {
            (device, since) = (seen, Instant::now());
        }
        // Before SETTLED nothing is known of the siblings.
        let settled = since.elapsed() >= SETTLED;
        let told = plan
            .as_ref()
            .filter(|_| settled)
            .map(|plan| outputs.write_all(plan, file));
        let now = looked
            .err()
            .or_else(|| told.as_ref()?.as_ref().err().cloned())
            .or_else(|| shared.problem());
        // Logged once, not each round.
        if now != trouble {
            match &now {
                Some(problem) => log::warn!("{problem}"),
                None => log::info!("asking again"),
            }
            trouble = now;
        }
        if let Some(Ok(problems)) = told {
            log_changes(&amiss, &problems);
            amiss = problems;
        }
        for _ in 0..ROUND {
            sleep(PAUSE);
            ready.look(plan.as_ref().filter(|_| seen.is_some()), Instant::now());
            if trouble.is_some() || shared.problem().is_some() {
                break;
            }
        }
    }
}

/// Logs each new problem, and each that is over.
fn log_changes(before: &[String], now: &[String]) {
    now.iter()
        .filter(|problem| !before.contains(problem))
        .for_each(|problem| log::warn!("{problem}"));
    before
        .iter()
        .filter(|problem| !now.contains(problem))
        .for_each(|problem| log::info!("no longer: {problem}"));
}

impl Shared {
    fn set(&self, asking: Option<Arc<Asking>>) {
        *self.asking.lock().unwrap_or_else(PoisonError::into_inner) = asking;
    }

    fn asking(&self) -> Option<Arc<Asking>> {
        self.asking
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn problem(&self) -> Option<String> {
        self.problem
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Whom to ask, by the file and the device as they are now; no sibling is asked where either is faulty. `plan` keeps the last one that was read.
fn update_asking(
    file: &Path,
    shared: &Shared,
    plan: &mut Option<Plan>,
) -> Result<Arc<Asking>, String> {
    let asking = load_plan(file)
        .map_err(|failure| failure.to_string())
        .and_then(|new| {
            *plan = Some(new.clone());
            Asking::new(new).map(Arc::new)
        });
    shared.set(asking.as_ref().ok().cloned());
    asking
}

/// Asks the siblings, for ever.
fn ask_on(shared: &Shared) {
    let mut sequence: u16 = 0;
    loop {
        sequence = sequence.wrapping_add(1);
        let problem = shared
            .asking()
            .and_then(|asking| asking.ask(sequence).err());
        *shared
            .problem
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = problem;
        sleep(PAUSE);
    }
}

/// The files that the flags ask for: each is written whole, and removed at the end.
#[derive(Default)]
struct Outputs {
    metrics: Option<PathBuf>,
    status: Option<PathBuf>,
    written: Mutex<Vec<PathBuf>>,
}

impl Outputs {
    /// Writes both files. Returns what is wrong.
    fn write_all(&self, plan: &Plan, file: &Path) -> Result<Vec<String>, String> {
        let tables = Tables::read(plan).map_err(|failure| failure.to_string())?;
        let value = status::value(plan, &tables);
        let problems = [
            status_file::problems(&value),
            validate::left_out(file, plan.settings()),
        ]
        .concat();
        self.write(self.metrics.as_deref(), &status::metrics(plan, &tables))?;
        self.write(
            self.status.as_deref(),
            &format!(
                "{}\n",
                status_file::content(value, &problems, Moment::now())
            ),
        )?;
        Ok(problems)
    }

    fn write(&self, path: Option<&Path>, text: &str) -> Result<(), String> {
        let Some(path) = path else { return Ok(()) };
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        kernel::write(path, text.as_bytes()).map_err(|error| {
            format!(
                "cannot write '{}': {}",
                path.display(),
                files::reason(&error)
            )
        })?;
        if !written.iter().any(|known| known == path) {
            written.push(path.to_owned());
        }
        Ok(())
    }

    /// Removes the files and ends the process.
    fn end(&self) {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        for path in written.iter() {
            if let Err(error) = std::fs::remove_file(path) {
                log::warn!(
                    "cannot remove '{}': {}",
                    path.display(),
                    files::reason(&error)
                );
            }
        }
        log::info!("told to end");
        report::flush_log();
        std::process::exit(0)
    }
}

impl Asking {
    fn new(plan: Plan) -> Result<Self, String> {
        let link = kernel::link(DEVICE).map_err(|failure| failure.to_string())?;
        let link = link.ok_or_else(|| {
            format!(
                "the device '{DEVICE}' is not there, so no packet is handed to anybody; {}",
                check::UP
            )
        })?;
        if let Some(foreign) = link.foreign() {
            return Err(foreign);
        }
        let families = plan.families().into_iter();
        let sockets = families.map(|family| open(family).map(|socket| (family, socket)));
        let sockets = sockets.collect::<Result<_, _>>()?;
        Ok(Self {
            plan,
            sockets,
            mtu: usize::try_from(link.mtu).unwrap_or_default(),
            device: link.index,
        })
    }

    fn ask(&self, sequence: u16) -> Result<(), String> {
        for (family, socket) in &self.sockets {
            let packet = request(
                *family,
                self.mtu,
                sequence,
                self.plan.settings().fingerprint(),
            );
            for sibling in self.plan.siblings() {
                let address = to(sibling.tunnel(*family), self.device);
                match sendto(socket, &packet, SendFlags::DONTWAIT, &address) {
                    // A full queue, or a sibling that cannot be reached: the missing answer tells.
                    Ok(_)
                    | Err(Errno::AGAIN | Errno::NOBUFS | Errno::HOSTUNREACH | Errno::CONNREFUSED) =>
                        {}
                    Err(error) => {
                        return Err(format!(
                            "cannot ask {} in the tunnel: {error}",
                            sibling.address
                        ));
                    }
                }
            }
        }
        Ok(())
    }
}

fn open(family: Family) -> Result<OwnedFd, String> {
    let (domain, protocol) = match family {
        Family::V4 => (AddressFamily::INET, ipproto::ICMP),
        Family::V6 => (AddressFamily::INET6, ipproto::ICMPV6),
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(domain, SocketType::RAW, flags, Some(protocol)).map_err(|error| {
        format!(
            "cannot open a socket for ICMP: {}; it takes CAP_NET_RAW (and CAP_NET_ADMIN): run this as root",
            files::reason(&error.into())
        )
    })?;
    // The kernel gives a raw socket a copy of all ICMP that comes, and nothing here reads it.
    let _ = sockopt::set_socket_recv_buffer_size(&socket, 0);
    Ok(socket)
}

fn to(address: IpAddr, index: u32) -> SocketAddr {
    match address {
        IpAddr::V4(_) => SocketAddr::new(address, 0),
        IpAddr::V6(address) => SocketAddrV6::new(address, 0, 0, index).into(),
    }
}

/// An echo request (RFC 792, RFC 4443 section 4.1) that fills the tunnel and begins with the file's fingerprint. The kernel
/// writes ICMPv6's checksum.
fn request(family: Family, mtu: usize, sequence: u16, fingerprint: u32) -> Vec<u8> {
    let (kind, header) = match family {
        Family::V4 => (8, HEADERS[0]),
        Family::V6 => (128, HEADERS[1]),
    };
    let [high, low] = sequence.to_be_bytes();
    let head = [kind, CODE, 0, 0, 0x5c, 0x5c, high, low];
    let mut packet = [head.as_slice(), &fingerprint.to_be_bytes()].concat();
    packet.resize(mtu.saturating_sub(header).max(packet.len()), 0);
    if family == Family::V4 {
        let sum = checksum(&packet).to_be_bytes();
        packet.splice(2..4, sum);
    }
    packet
}

/// The Internet checksum (RFC 1071) of a packet of even or odd length.
fn checksum(packet: &[u8]) -> u16 {
    let words = packet.chunks(2).map(|pair| match pair {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(u16::from_be_bytes([*high, 0])),
        _ => 0,
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{checksum, request};
    use haproxy_rhi::route::Family;

    #[test]
    fn a_request_fills_the_tunnel_and_its_checksum_holds() {
        let packet = request(Family::V4, 1450, 0x1234, 0x5678_9abc);
        assert_eq!(
            (packet.len(), packet[0], &packet[6..8]),
            (1430, 8, &[0x12, 0x34][..])
        );
        assert_eq!(packet[8..12], [0x56, 0x78, 0x9a, 0xbc]);
        assert_eq!(checksum(&packet), 0);
        assert_eq!(request(Family::V6, 1450, 1, 0).len(), 1410);
    }
}
