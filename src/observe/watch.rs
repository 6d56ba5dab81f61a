//! The threads that look: one polls HAProxy, one runs each probe. [`Program`](crate::program::Program) decides when.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use super::listener::Listener;
use super::look::{Looker, Sight, run};
use super::probe::Running;
use crate::condition::Probe;
use crate::observation::Cause;
use crate::program::Plan;

/// The threads of one plan.
#[derive(Debug)]
pub struct Watch {
    /// To the thread that polls.
    orders: SyncSender<()>,
    probes: BTreeMap<Probe, Prober>,
}

#[derive(Debug)]
struct Prober {
    orders: SyncSender<()>,
    running: Arc<Running>,
}

impl Watch {
    /// Starts the threads. They end when the watch is dropped.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start(
        plan: &Plan,
        listener: &Listener,
        report: impl Fn(Sight) + Send + Sync + Clone + 'static,
    ) -> io::Result<Self> {
        let looker = Arc::new(Looker::new(plan.clone(), report.clone()));
        let (orders, polls) = mpsc::sync_channel::<()>(1);
        let (polling, listening) = (Arc::clone(&looker), listener.clone());
        thread::Builder::new()
            .name("look".to_owned())
            .spawn(move || {
                for () in polls {
                    let process = polling.look(Cause::Poll);
                    process
                        .into_iter()
                        .for_each(|process| listening.answered(&polling, process));
                }
            })?;
        let mut watch = Self {
            orders,
            probes: BTreeMap::new(),
        };
        for probe in plan.probed() {
            watch
                .probes
                .insert(probe.clone(), Prober::start(probe.clone(), report.clone())?);
        }
        listener.watch(&looker);
        Ok(watch)
    }

    /// Begins a look.
    pub fn look(&self) {
        // One look is under way at a time; a thread that is gone shows by its silence.
        let _ = self.orders.try_send(());
    }

    /// Begins a probe.
    pub fn probe(&self, probe: &Probe) {
        self.probes
            .get(probe)
            .into_iter()
            .for_each(|prober| _ = prober.orders.try_send(()));
    }
}

impl Prober {
    fn start(probe: Probe, report: impl Fn(Sight) + Send + 'static) -> io::Result<Self> {
        let (orders, runs) = mpsc::sync_channel::<()>(1);
        let running = Arc::new(Running::default());
        let own = Arc::clone(&running);
        thread::Builder::new()
            .name("probe".to_owned())
            .spawn(move || {
                for () in runs {
                    report(Sight::Probed(probe.clone(), run(&probe, &own)));
                }
            })?;
        Ok(Self { orders, running })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.probes.values().for_each(|prober| prober.running.end());
    }
}
