//! Every story is recorded, and its record is run again: each call has the outputs and the deadline that it had.
//! `RECORD_STORY=FILE cargo test --test scenarios NAME` leaves the record there.

use std::time::Instant;

use haproxy_rhi::config::Config;
use haproxy_rhi::program::{Input, Output, Program};
use haproxy_rhi::record::{Event, Reader, Scribe};
use haproxy_rhi::route::RouteKey;

const WALL: &str = "2026-11-22T10:00:00.000Z";

pub(super) struct Recorded {
    start: Instant,
    scribe: Scribe,
    lives: usize,
    text: String,
    /// What came of each call.
    outcomes: Vec<String>,
}

impl Recorded {
    pub(super) fn new(start: Instant) -> Self {
        let scribe = Scribe::new(start, "0".to_owned());
        let mut recorded = Self {
            start,
            scribe,
            lives: 0,
            text: String::new(),
            outcomes: Vec::new(),
        };
        recorded.begins(Vec::new(), start);
        recorded
    }

    /// A process begins.
    pub(super) fn begins(&mut self, routes: Vec<RouteKey>, now: Instant) {
        self.lives += 1;
        self.scribe = Scribe::new(self.start, self.lives.to_string());
        let head = self.scribe.head(routes, &[], "", (now, WALL.to_owned()));
        self.text.push_str(&head);
    }

    pub(super) fn called(&mut self, inputs: &[Input], config: &str, now: Instant) {
        self.scribe.called(inputs, config, now);
    }

    pub(super) fn ended(&mut self, outputs: &[Output], program: &Program) {
        self.text.push_str(&self.scribe.ended(outputs).0);
        self.outcomes.push(outcome(outputs, program));
    }

    /// Runs it again. `paced`: what a story makes of a configuration.
    pub(super) fn check(&self, paced: impl Fn(Config) -> Config) {
        if let Some(path) = std::env::var_os("RECORD_STORY") {
            std::fs::write(path, &self.text).unwrap();
        }
        let (mut program, mut number) = (None, 0);
        let mut tell = |event| match event {
            Event::Life(life) => {
                assert!(life.is_whole());
                let routes = life.head.routes.into_iter().collect();
                program = Some(Program::new(routes, life.begun));
            }
            Event::Call(call) => {
                let program = program.as_mut().unwrap();
                let inputs = call.inputs.into_iter().map(|input| match input {
                    Input::Configuration(config) => Input::Configuration(Box::new(paced(*config))),
                    other => other,
                });
                let outputs = program.take(inputs.collect::<Vec<_>>(), call.at);
                assert_eq!(
                    outcome(&outputs, program),
                    self.outcomes[number],
                    "call {number} of:\n{}",
                    self.text
                );
                number += 1;
            }
            Event::Cut => panic!("nothing is cut"),
        };
        let mut reader = Reader::new(self.start);
        reader.file(self.text.as_bytes(), &mut tell).unwrap();
        reader.end(&mut tell).unwrap();
        assert_eq!(number, self.outcomes.len());
    }
}

fn outcome(outputs: &[Output], program: &Program) -> String {
    format!("{outputs:?} until {:?}", program.deadline())
}
