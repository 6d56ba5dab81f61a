//! Tells systemd when the siblings have been heard, or had the time to answer: ExaBGP starts after that.
//!
//! A route that leads clients here brings packets of connections that a sibling holds, from the first moment on.

use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

use super::plan::Plan;
use super::tables::Tables;

/// Looks at most, one each pause of the heartbeat: a dead sibling must not keep ExaBGP from starting.
const LOOKS: u32 = 10;
/// On a machine that is too busy for so many looks, no longer than this.
const MOST: Duration = Duration::from_secs(10);

/// systemd, which waits for the heartbeat to be ready.
pub struct Ready {
    socket: Option<OsString>,
    looks: u32,
    first: Option<Instant>,
}

impl Ready {
    /// Where systemd listens, by the environment (sd_notify(3)); where that names nothing, nobody is told.
    pub fn of_environment() -> Self {
        Self {
            socket: std::env::var_os("NOTIFY_SOCKET"),
            looks: 0,
            first: None,
        }
    }

    /// Looks once more which siblings answer; without a plan none does.
    pub fn look(&mut self, plan: Option<&Plan>, now: Instant) {
        let Some(socket) = &self.socket else { return };
        self.looks += 1;
        let first = *self.first.get_or_insert(now);
        let heard = plan.is_some_and(|plan| {
            Tables::read(plan).is_ok_and(|tables| tables.alive().len() == plan.siblings().len())
        });
        if heard || self.looks >= LOOKS || now.duration_since(first) >= MOST {
            if let Err(error) = tell(socket) {
                log::warn!("cannot tell systemd at '{}': {error}", socket.display());
            }
            self.socket = None;
        }
    }
}

fn tell(path: &OsString) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    // systemd must not be waited for.
    socket.set_nonblocking(true)?;
    match path.as_bytes().strip_prefix(b"@") {
        Some(name) => socket.send_to_addr(b"READY=1", &SocketAddr::from_abstract_name(name)?)?,
        None => socket.send_to(b"READY=1", path)?,
    };
    Ok(())
}
