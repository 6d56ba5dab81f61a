//! What takes an ExaBGP long to do to the dialogue, with time as an argument.

use std::time::{Duration, Instant};

use haproxy_rhi::announce::Dialogue;
use haproxy_rhi::decide::{Desired, Intent};
use haproxy_rhi::exabgp::{Command, Message, message};
use haproxy_rhi::route::{Attributes, Route, RouteKey};

/// A step of the simulation.
const STEP: Duration = Duration::from_millis(50);

fn key() -> RouteKey {
    RouteKey {
        prefix: "9.9.9.9/32".parse().unwrap(),
        path_information: None,
        neighbors: Vec::new(),
    }
}

fn wanted() -> Desired {
    let route = Route {
        next_hop: "192.0.2.1".parse().unwrap(),
        attributes: Attributes::default(),
    };
    [(key(), Intent::Announce(route))].into()
}

/// An ExaBGP that answers some commands only, and writes a line of its own in each step.
struct Simulation {
    dialogue: Dialogue,
    now: Instant,
    answers: fn(&Command) -> bool,
    writes: Box<dyn FnMut() -> String>,
}

impl Simulation {
    fn new(
        version: &str,
        answers: fn(&Command) -> bool,
        writes: impl FnMut() -> String + 'static,
    ) -> Self {
        let now = Instant::now();
        let mut simulation = Self {
            dialogue: Dialogue::new(now),
            now,
            answers,
            writes: Box::new(writes),
        };
        simulation
            .dialogue
            .read_back_every(Some(Duration::from_secs(1)), now);
        assert_eq!(
            simulation.dialogue.next(&Desired::new(), now),
            [Command::Version]
        );
        simulation
            .dialogue
            .heard(message(&format!("exabgp {version}")).unwrap(), now);
        simulation.dialogue.heard(Message::Done, now);
        simulation
    }

    /// Lets time pass until this is said; returns how long it took, which is less than `limit`.
    fn until(
        &mut self,
        desired: &Desired,
        limit: Duration,
        said: impl Fn(&Command) -> bool,
    ) -> Duration {
        let begun = self.now;
        loop {
            let commands = self.dialogue.next(desired, self.now);
            for command in &commands {
                if *command == Command::Version {
                    self.dialogue
                        .heard(message("exabgp 5.0.15").unwrap(), self.now);
                }
                if (self.answers)(command) {
                    self.dialogue.heard(Message::Done, self.now);
                }
            }
            if commands.iter().any(&said) {
                return self.now - begun;
            }
            self.now += STEP;
            assert!(self.now < begun + limit, "not within {} s", limit.as_secs());
            if let Some(message) = message(&(self.writes)()) {
                self.dialogue.heard(message, self.now);
            }
        }
    }
}

fn announces(command: &Command) -> bool {
    matches!(command, Command::Announce(..))
}

fn withdraws(command: &Command) -> bool {
    *command == Command::Withdraw(key())
}

#[test]
fn a_reading_that_somebody_keeps_alive_does_not_hold_up_a_withdrawal() {
    let line = "neighbor 127.0.0.2 local-ip 127.0.0.1 local-as 65010 peer-as 65001 router-id 127.0.0.1 \
                family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 192.0.2.1";
    let mut exabgp = Simulation::new(
        "5.0.15",
        |command| *command != Command::ReadBack,
        move || line.to_owned(),
    );
    exabgp.until(&wanted(), Duration::from_secs(5), announces);
    exabgp.until(&wanted(), Duration::from_secs(5), |command| {
        *command == Command::ReadBack
    });
    exabgp.until(&Desired::new(), Duration::from_secs(60), withdraws);
}

/// Every neighbor that is remembered comes up again and again, and whatever is said to it is never answered.
#[test]
fn neighbors_that_are_none_do_not_hold_up_a_withdrawal() {
    for version in ["4.2.21", "5.0.15"] {
        let mut number = 0u32;
        let writes = move || {
            number += 1;
            let (name, state) = (
                std::net::Ipv4Addr::from(0x0a00_0000 + number / 2 % 300),
                number % 2,
            );
            format!("neighbor {name} {}", if state == 0 { "down" } else { "up" })
        };
        let answers = |command: &Command| match command {
            Command::Announce(key, _) | Command::Withdraw(key) => key.neighbors.is_empty(),
            Command::Flush(_) => false,
            Command::Version | Command::Acknowledge | Command::ReadBack | Command::Established => {
                true
            }
        };
        let mut exabgp = Simulation::new(version, answers, writes);
        for _ in 0..50 {
            let limit = Duration::from_secs(5);
            exabgp.until(
                &wanted(),
                limit,
                |command| matches!(command, Command::Announce(known, _) if *known == key()),
            );
            exabgp.until(&Desired::new(), limit, withdraws);
            // The time between two changes differs, so that they meet a healing anywhere.
            exabgp.now += STEP * 7;
        }
    }
}

/// A withdrawal waits for a sibling's word: nothing begins that would hold it up, and it is said at once when it may be.
#[test]
fn what_makes_way_asks_and_heals_nothing_and_withdraws_at_once() {
    let mut exabgp = Simulation::new("5.0.15", |_| true, || "neighbor 127.0.0.2 up".to_owned());
    exabgp.until(&wanted(), Duration::from_secs(5), announces);
    let reads = |command: &Command| *command == Command::ReadBack;
    // It holds nothing, whatever it is told: that is said again once.
    exabgp.until(&wanted(), Duration::from_secs(5), reads);
    exabgp.until(&wanted(), Duration::from_secs(5), announces);
    exabgp.until(&wanted(), Duration::from_secs(5), reads);
    exabgp.dialogue.makes_way(true);
    for _ in 0..100 {
        exabgp.now += STEP;
        assert_eq!(exabgp.dialogue.next(&wanted(), exabgp.now), []);
        // Nor does anybody wait for what does not come.
        assert_eq!(exabgp.dialogue.deadline(exabgp.now), None);
    }
    assert_eq!(
        exabgp.dialogue.next(&Desired::new(), exabgp.now),
        [Command::Withdraw(key())]
    );
    exabgp.dialogue.heard(Message::Done, exabgp.now);
    exabgp.dialogue.makes_way(false);
    exabgp.until(&Desired::new(), Duration::from_secs(5), reads);
}

/// A command that ExaBGP took no notice of in time may be taken later, and replaces what other neighbors' selection had announced: it is said
/// again, though nobody wants the other one any more.
#[test]
fn what_an_unanswered_command_may_take_away_later_is_said_again() {
    let to_some = |command: &Command| match command {
        Command::Announce(key, _) | Command::Withdraw(key) => !key.neighbors.is_empty(),
        _ => false,
    };
    let longer = |desired: Desired| {
        let lengthen = |(key, intent)| match intent {
            Intent::Announce(route) => {
                let attributes = Attributes {
                    med: Some("7".parse().unwrap()),
                    ..route.attributes
                };
                let key = RouteKey {
                    neighbors: vec!["127.0.0.2".parse().unwrap()],
                    ..key
                };
                (
                    key,
                    Intent::Announce(Route {
                        attributes,
                        ..route
                    }),
                )
            }
            other => (key, other),
        };
        desired.into_iter().map(lengthen).collect::<Desired>()
    };
    let mut exabgp = Simulation::new(
        "5.0.15",
        |command| !matches!(command, Command::Announce(key, _) if !key.neighbors.is_empty()),
        String::new,
    );
    // Nobody reads back what it holds.
    exabgp.dialogue.read_back_every(None, exabgp.now);
    exabgp.until(&wanted(), Duration::from_secs(5), announces);
    exabgp.now += Duration::from_secs(1);
    exabgp.until(&longer(wanted()), Duration::from_secs(5), to_some);
    // It is asked whether it is there, and answers: the edit is taken back meanwhile.
    exabgp.until(&wanted(), Duration::from_secs(5), |command| {
        *command == Command::Version
    });
    exabgp.dialogue.heard(Message::Done, exabgp.now);
    let limit = Duration::from_secs(3);
    exabgp.until(
        &wanted(),
        limit,
        |command| matches!(command, Command::Announce(known, _) if *known == key()),
    );
}
