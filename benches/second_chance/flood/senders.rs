//! Who floods: so many a second, for so long, and no more in all.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use anyhow::Result;
use haproxy_rhi_lab::{ANYCAST_ADDRESS, Host};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_reuseaddr, set_socket_timeout};
use rustix::net::{
    AddressFamily, SendFlags, SocketFlags, SocketType, bind, ipproto, listen, sendto, socket_with,
};

use crate::nvas::{Nvas, joined};
use crate::pair::PATIENCE;

/// Where connections are taken.
pub const PORT: u16 = 8000;
const TAKERS: usize = 32;
const MAKERS: u32 = 8;
/// The addresses that are forged: 10.64.0.0/12.
const FORGED: u32 = 0x0a40_0000;

/// Does something so many times a second. What is late is made up for.
fn paced(rate: u32, time: Duration, mut act: impl FnMut(u32) -> Result<()>) -> Result<u32> {
    let (start, most) = (
        Instant::now(),
        rate.saturating_mul(u32::try_from(time.as_secs())?),
    );
    let mut done = 0;
    while done < most && start.elapsed() < time {
        let due = u128::from(rate) * start.elapsed().as_millis() / 1000;
        while u128::from(done) < due.min(most.into()) && start.elapsed() < time {
            act(done)?;
            done += 1;
        }
        sleep(Duration::from_millis(2));
    }
    Ok(done)
}

/// SYNs of as many addresses, which are nobody's.
pub fn syns(nvas: &Nvas, rate: u32, time: Duration) -> Result<()> {
    nvas.ring
        .ip(Host::Core, "route replace blackhole 10.64.0.0/12\n")?;
    let send = nvas.ring.on(Host::Client, move || {
        let socket = socket_with(
            AddressFamily::INET,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            Some(ipproto::RAW),
        )?;
        let to = SocketAddr::new(ANYCAST_ADDRESS.into(), 0);
        paced(rate, time, |number| {
            match sendto(&socket, &syn(number), SendFlags::empty(), &to) {
                Ok(_) | Err(Errno::NOBUFS) => Ok(()),
                Err(error) => Err(error.into()),
            }
        })
    });
    joined(send).map(drop)
}

/// IPv4 (RFC 791, the kernel writes its length and checksum) and TCP (RFC 9293).
fn syn(number: u32) -> Vec<u8> {
    let scattered = number.wrapping_mul(0x9e37_79b1);
    let from = Ipv4Addr::from(FORGED | (scattered >> 12)).octets();
    let port = u16::try_from(1024 + number % 60_000).unwrap_or(1024);
    let mut tcp = [port.to_be_bytes(), PORT.to_be_bytes()].concat();
    tcp.extend(scattered.to_be_bytes());
    tcp.extend([0, 0, 0, 0, 5 << 4, 2, 0xff, 0xff, 0, 0, 0, 0]);
    let pseudo = [from, ANYCAST_ADDRESS.octets(), [0, 6, 0, 20]].concat();
    let words = pseudo.iter().chain(&tcp).zip([8, 0].iter().cycle());
    let mut sum: u32 = words.map(|(byte, shift)| u32::from(*byte) << shift).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    tcp.splice(
        16..18,
        (!u16::try_from(sum).unwrap_or_default()).to_be_bytes(),
    );
    let ip = [0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0];
    [ip.as_slice(), &from, &ANYCAST_ADDRESS.octets(), &tcp].concat()
}

/// Connections that were made, carried a byte each way, and were closed by the client; and those that failed.
#[derive(Debug, Default, Clone, Copy)]
pub struct Made {
    pub whole: u32,
    pub failed: u32,
}

pub fn connections(nvas: &Nvas, rate: u32, time: Duration) -> Result<Made> {
    // The client's own bounds are not what is measured: what it closed it forgets at once.
    nvas.ring
        .set_sysctl(Host::Client, "net/ipv4/ip_local_port_range", "1024 65535")?;
    nvas.ring
        .set_sysctl(Host::Client, "net/ipv4/tcp_max_tw_buckets", "1000")?;
    let maker = |_| {
        nvas.ring.on(Host::Client, move || {
            let mut made = Made::default();
            paced(rate / MAKERS, time, |_| {
                match connection() {
                    Ok(()) => made.whole += 1,
                    Err(_) => made.failed += 1,
                }
                Ok(())
            })?;
            Ok(made)
        })
    };
    let makers: Vec<_> = (0..MAKERS).map(maker).collect();
    makers.into_iter().try_fold(Made::default(), |sum, maker| {
        let made = joined(maker)?;
        Ok(Made {
            whole: sum.whole + made.whole,
            failed: sum.failed + made.failed,
        })
    })
}

fn connection() -> std::io::Result<()> {
    let mut stream =
        TcpStream::connect_timeout(&SocketAddr::new(ANYCAST_ADDRESS.into(), PORT), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"?")?;
    stream.read_exact(&mut [0])
}

/// Takes connections at an NVA until it is dropped.
pub struct Taker {
    ends: Arc<AtomicBool>,
    _threads: Vec<JoinHandle<Result<()>>>,
}

impl Taker {
    pub fn start(nvas: &Nvas, nva: u8) -> Result<Self> {
        let ends = Arc::new(AtomicBool::new(false));
        let listener = Arc::new(joined(nvas.ring.on(Host::Nva(nva), listener))?);
        let take = |_| {
            let (ends, listener) = (Arc::clone(&ends), Arc::clone(&listener));
            std::thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    let _ = listener.accept().and_then(|(stream, _)| serve(stream));
                }
                Ok(())
            })
        };
        let threads = (0..TAKERS).map(take).collect();
        Ok(Self {
            ends,
            _threads: threads,
        })
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

fn listener() -> Result<TcpListener> {
    let socket = socket_with(
        AddressFamily::INET,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    set_socket_reuseaddr(&socket, true)?;
    // So that its takers end.
    set_socket_timeout(&socket, Timeout::Recv, Some(Duration::from_millis(500)))?;
    bind(&socket, &SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT)))?;
    listen(&socket, 4096)?;
    Ok(socket.into())
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut byte = [0];
    stream.read_exact(&mut byte)?;
    stream.write_all(&byte)?;
    // The client closes first.
    stream.read(&mut byte).map(drop)
}
