//! Signals become events.

use std::io;
use std::thread;

use signal_hook::consts::signal::{SIGALRM, SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

use super::event::{Event, Sender};

/// TERM and INT leave, HUP looks at the configuration again; the others are caught so that they do no harm:
/// `systemctl kill` of ExaBGP's reload signals reaches its processes too.
pub(super) fn catch(sender: Sender) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE])?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                drop(sender.send(Box::new(Event::Signal(signal))));
            }
        })?;
    Ok(())
}
