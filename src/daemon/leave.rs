//! The end: told by a signal, or because ExaBGP is gone.

use std::io;
use std::time::{Duration, Instant};

use log::info;

use super::{Daemon, Event, Outlet, show};
use crate::announce::PipeEvent;
use crate::config::OnExit;

/// For the last words: ExaBGP is not waited for any longer.
const LAST_WORDS: Duration = Duration::from_millis(500);

impl Daemon {
    /// Leaves: the routes are withdrawn if ExaBGP still listens, and nobody is waited for.
    pub(super) fn leave(&mut self, reason: String) -> io::Result<()> {
        let told = reason.is_empty();
        let keep = self.settings.config().is_some_and(|config| config.on_exit == OnExit::Keep);
        let commands = if told && !keep { self.dialogue.farewell() } else { Vec::new() };
        match (told, commands.len()) {
            (false, _) => info!("{reason}, leaving"),
            (true, 0) => info!("told to leave, leaving"),
            (true, count) => info!("told to leave, withdrawing {count} route(s)"),
        }
        match &mut self.outlet {
            Outlet::ExaBgp(writer) if writer.is_idle() && !commands.is_empty() => {
                // Nobody is there to be told of an error.
                drop(writer.write(&commands));
                let deadline = Instant::now() + LAST_WORDS;
                let waits = !writer.is_idle();
                while waits
                    && let Ok(event) =
                        self.events.recv_timeout(deadline.saturating_duration_since(Instant::now()))
                {
                    if matches!(event, Event::Pipe(PipeEvent::Written(_))) {
                        break;
                    }
                }
            }
            Outlet::ExaBgp(_) => {}
            Outlet::Terminal => commands.iter().for_each(show),
        }
        self.reports.iter_mut().for_each(|reports| reports.leave(&reason));
        Ok(())
    }
}
