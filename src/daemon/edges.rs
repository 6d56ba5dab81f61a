//! Carries out what the program orders: looks, lines for ExaBGP, variables in HAProxy, the ledger, the log.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use log::log;

use super::event::{Event, Sender, to};
use super::ledger::Ledger;
use super::recorder::{LAST_LINES, Recorder};
use crate::announce::Writer;
use crate::config::{EventsAddress, Socket};
use crate::exabgp::{Command, Dialect, Message};
use crate::means::Means;
use crate::observe::{Followed, Listener, Watch};
use crate::program::{Input, Output, Plan, Reason, Settings};
use crate::switch::Switch;

/// On leaving: how long HAProxy may take to set the last variables.
const LAST_SWITCH: Duration = Duration::from_millis(100);

/// Where commands go.
#[derive(Debug)]
pub(super) enum Outlet {
    /// To ExaBGP, at stdout.
    ExaBgp(Writer),
    /// To the terminal of a dry run: each command is taken as done.
    Terminal,
}

/// Threads and files, by what they do.
#[derive(Debug)]
pub(super) struct Edges {
    sender: Sender,
    outlet: Outlet,
    ledger: Option<Ledger>,
    watch: Option<(u32, Watch)>,
    listener: Listener,
    switch: Option<Switch>,
    /// The HAProxy whose variables are set now: results of orders to an earlier one are dropped.
    control: Arc<Mutex<Option<(Socket, Means)>>>,
    pub recorder: Option<Recorder>,
    left: bool,
}

impl Edges {
    /// # Errors
    /// The system gives no thread.
    pub fn start(sender: Sender, outlet: Outlet, ledger: Option<Ledger>) -> io::Result<Self> {
        Ok(Self {
            sender,
            outlet,
            ledger,
            watch: None,
            listener: Listener::start()?,
            switch: None,
            control: Arc::default(),
            recorder: None,
            left: false,
        })
    }

    /// The program has left.
    pub fn left(&self) -> bool {
        self.left
    }

    pub fn leave(&mut self) {
        self.left = true;
        self.switch
            .take()
            .into_iter()
            .for_each(|switch| switch.finish(LAST_SWITCH));
        let recorder = self.recorder.take().into_iter();
        recorder.for_each(|recorder| recorder.finish(LAST_LINES));
    }

    /// Carries out an output. A result that is known at once becomes another input.
    pub fn carry_out(&mut self, output: Output, inputs: &mut Vec<Input>) {
        match output {
            Output::Watch(number, plan) => inputs.push(self.watch(number, &plan)),
            Output::Look(number) => self.watch_of(number).into_iter().for_each(Watch::look),
            Output::Probe(number, probe) => {
                self.watch_of(number)
                    .into_iter()
                    .for_each(|watch| watch.probe(&probe));
            }
            Output::Keep(number, routes) => match &mut self.ledger {
                Some(ledger) => ledger.keep(number, routes),
                None => inputs.push(Input::Kept(number)),
            },
            Output::Say(commands, dialect) => self.say(&commands, dialect, inputs),
            Output::Tell(control, settings) => self.tell(control, settings, inputs),
            Output::Note(note) => log!(note.level, "{}", note.text),
            Output::Judged | Output::Changed(..) | Output::Stage(..) | Output::Exit(_) => {}
        }
    }

    fn watch_of(&self, number: u32) -> Option<&Watch> {
        self.watch
            .as_ref()
            .filter(|(known, _)| *known == number)
            .map(|(_, watch)| watch)
    }

    /// The watch before ends when the new one has begun.
    fn watch(&mut self, number: u32, plan: &Plan) -> Input {
        let report = to(&self.sender, move |sight| Event::Sight(number, sight));
        let started = Watch::start(plan, &self.listener, report);
        let result = started.map(|watch| self.watch = Some((number, watch)));
        Input::Watching(number, result.map_err(|error| error.to_string()))
    }

    /// Listens for HAProxy's events at this address only; absent: nowhere.
    pub fn listen(&self, address: Option<&EventsAddress>) {
        // A dry run takes nobody's socket away.
        let is_dry = matches!(self.outlet, Outlet::Terminal);
        if !is_dry {
            self.listener.listen(address);
        }
    }

    fn say(&mut self, commands: &[Command], dialect: &Dialect, inputs: &mut Vec<Input>) {
        match &mut self.outlet {
            Outlet::ExaBgp(writer) => match writer.write(commands, dialect) {
                Ok(()) if writer.is_idle() => inputs.push(Input::Written),
                Ok(()) => {}
                Err(error) => inputs.push(Input::Leave(gone(&error))),
            },
            Outlet::Terminal => {
                // A closed terminal shows by its signal. An ExaBGP that reads these lines after all obeys none of them.
                commands
                    .iter()
                    .for_each(|command| drop(writeln!(io::stdout(), "would say: {command}")));
                inputs.push(Input::Written);
                inputs.extend(commands.iter().map(|_| Input::Heard(Message::Done)));
            }
        }
    }

    /// The thread has written what it was given, or ExaBGP takes no more.
    pub fn written(&mut self, result: io::Result<()>) -> Option<Input> {
        if let Outlet::ExaBgp(writer) = &mut self.outlet {
            writer.written();
        }
        Some(match result {
            Ok(()) => Input::Written,
            Err(error) => Input::Leave(gone(&error)),
        })
    }

    fn tell(&mut self, control: Socket, settings: Settings, inputs: &mut Vec<Input>) {
        // A dry run changes nothing.
        if matches!(self.outlet, Outlet::Terminal) {
            return inputs.push(Input::Switched(Ok(())));
        }
        self.tells(&control);
        if self.switch.is_none() {
            match self.start_switch() {
                Ok(switch) => self.switch = Some(switch),
                Err(error) => return inputs.push(Input::Switched(Err(error.to_string()))),
            }
        }
        let taken = self
            .switch
            .as_ref()
            .is_some_and(|switch| switch.set(control, settings));
        if !taken {
            inputs.push(Input::Switched(Err(
                "HAProxy has not answered earlier commands".to_owned(),
            )));
        }
    }

    fn tells(&self, control: &Socket) {
        let mut now = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        if now.as_ref().is_none_or(|(before, _)| before != control) {
            *now = Some((control.clone(), Means::new(control)));
        }
    }

    fn start_switch(&self) -> io::Result<Switch> {
        let (report, now) = (
            to(&self.sender, |input| Event::Input(Box::new(input))),
            Arc::clone(&self.control),
        );
        Switch::start(move |control, result| {
            let now = now.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some((_, means)) = now.filter(|(now, _)| now == control) {
                means.came_of(result.clone());
                report(Input::Switched(result));
            }
        })
    }

    /// Whether HAProxy's process is followed.
    pub fn followed(&self) -> Followed {
        self.listener.followed()
    }

    /// What this process works with, each by its name.
    pub fn means(&self) -> Vec<(&'static str, Means)> {
        let heard = self.listener.means();
        let control = self
            .control
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let control = control.map(|(_, means)| ("control", means));
        let ledger = self
            .ledger
            .as_ref()
            .map(|ledger| ("ledger", ledger.means().clone()));
        let recorder = self.recorder.as_ref();
        let recorder = recorder.map(|recorder| ("recorder", recorder.means().clone()));
        let own = control.into_iter().chain(ledger).chain(recorder);
        heard.into_iter().chain(own).collect()
    }
}

fn gone(error: &io::Error) -> Reason {
    Reason::Gone(format!("ExaBGP takes no more commands ({error})"))
}
