//! What the program puts out, carried out and noted.

use haproxy_rhi::exabgp::{Command, Dialect};
use haproxy_rhi::program::{Input, Output, Settings};
use haproxy_rhi::report;

use super::document::Channel;
use super::world::World;

impl World {
    pub(super) fn carry_out(&mut self, output: Output) {
        match output {
            Output::Watch(number, plan) => {
                let result = self.refused.clone().map_or(Ok(()), Err);
                if result.is_ok() {
                    self.watch = (number, *plan);
                }
                self.inputs.push(Input::Watching(number, result));
            }
            Output::Look(number) if number == self.watch.0 => self.look_ordered(),
            Output::Probe(_, probe) => self.answer_probe(&probe).unwrap(),
            Output::Look(..) | Output::Judged => {}
            Output::Keep(number, keys) => {
                self.ledger = keys;
                self.inputs.push(Input::Kept(number));
            }
            Output::Say(commands, dialect) => self.say(&commands, dialect),
            Output::Tell(_, settings) => self.tell(settings),
            Output::Changed(service, change) => {
                let view = self.program.view();
                let service = view.config.unwrap().service(&service).unwrap();
                let health = view.judge.health(&service.name).unwrap();
                let said =
                    report::change(service, health, view.drains.stage(&service.name), &change);
                self.log(said);
            }
            Output::Stage(service, before) => {
                let view = self.program.view();
                let Some(service) = view.config.unwrap().service(&service) else {
                    return;
                };
                let (health, order) = (
                    view.judge.health(&service.name),
                    view.drains.order(&service.name),
                );
                let said = report::drain(
                    service,
                    health,
                    order,
                    (before, view.drains.stage(&service.name)),
                );
                self.log(said);
            }
            Output::Note(note) if note.level == log::Level::Debug => {}
            Output::Note(note) => self.note(Channel::Log, &note.to_string()),
            Output::Exit(reason) => {
                self.note(Channel::Exit, &format!("{reason:?}"));
                self.left = true;
            }
        }
    }

    fn log(&mut self, (level, line): (log::Level, String)) {
        self.note(
            Channel::Log,
            &format!("{} {line}", level.as_str().to_lowercase()),
        );
    }

    fn say(&mut self, commands: &[Command], dialect: &Dialect) {
        for command in commands {
            // Each story would have this question, of which few tell.
            if *command != Command::Established || !self.answers.established.is_empty() {
                self.note(Channel::ExaBgp, &dialect.line(command));
            }
        }
        self.unwritten = self.answers.blocked;
        if !self.unwritten {
            self.inputs.push(Input::Written);
        }
        self.inputs.extend(
            commands
                .iter()
                .flat_map(|command| self.answers.to(command))
                .map(Input::Heard),
        );
    }

    /// What is only refreshed is left out.
    fn tell(&mut self, settings: Settings) {
        for (variable, setting) in settings {
            if self.told.insert(variable.clone(), setting) != Some(setting) || self.control.is_err()
            {
                self.note(Channel::HaProxy, &format!("{variable} {setting:?}"));
            }
        }
        self.inputs.push(Input::Switched(self.control.clone()));
    }
}
