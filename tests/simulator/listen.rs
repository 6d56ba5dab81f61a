//! Whoever listens to the process of an NVA, as the daemon's reports do: nobody in a history of the simulator; in the day of
//! `tests/dashboard`, what writes its metrics.

use std::fmt::Debug;
use std::time::Instant;

use haproxy_rhi::change::Change;
use haproxy_rhi::program::View;

use super::world::World;

/// One listens to one NVA.
pub trait Listens: Debug {
    /// A process starts.
    fn starts(&mut self, now: Instant);
    /// It judged what it saw.
    fn judged(&mut self, view: View<'_>, now: Instant);
    /// A service changed.
    fn changed(&mut self, view: View<'_>, service: &str, change: &Change, now: Instant);
    /// HAProxy logged something. False: that is not heard.
    fn hears(&mut self, now: Instant) -> bool;
    /// HAProxy took variables, or did not.
    fn switched(&mut self, result: &Result<(), String>, now: Instant);
}

impl World {
    /// With who listens to the NVA, if anybody does.
    pub fn listener(&mut self, n: usize) -> Option<(&mut dyn Listens, Instant)> {
        let now = self.instant(self.now);
        let listener = self.listeners.get_mut(n)?;
        Some((listener.as_mut(), now))
    }

    /// The same, with what the process knows.
    pub fn tell_listener(
        &mut self,
        n: usize,
        tell: impl FnOnce(&mut dyn Listens, View<'_>, Instant),
    ) {
        let now = self.instant(self.now);
        let program = self.nvas[n].program.as_ref();
        if let (Some(listener), Some(program)) = (self.listeners.get_mut(n), program) {
            tell(listener.as_mut(), program.view(), now);
        }
    }
}
