//! Hooks: programs that are told of each move of a service.
//! In come moves, for which nobody waits: each hook has a thread and a short queue of its own.
//! Out goes a process with a bounded time and no way to ExaBGP's pipe, and an account of how it ended.

mod account;
mod run;
mod said;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{io, thread};

use log::{error, warn};

use crate::child::End;
use crate::config::{Hook, Span};
use crate::mailbox::{Mailbox, Reader, mailbox};
use crate::means::Means;
use crate::report::moment::Clock;
use crate::report::status::{self, Transition};
use account::Account;
use run::run;
use said::Said;

/// Moves that may wait for a hook that is still busy; then the oldest is dropped.
const WAITING: usize = 16;

/// The hooks of the configuration in force.
#[derive(Debug, Default)]
pub struct Hooks(Vec<Runner>);

/// One hook, and its thread.
#[derive(Debug)]
struct Runner {
    rule: Hook,
    moves: Mailbox<Transition>,
    account: Arc<Account>,
    means: Means,
}

impl Hooks {
    /// Other hooks are configured. Those that stay go on.
    pub fn apply(&mut self, rules: &[Hook]) {
        self.0.retain(|runner| rules.contains(&runner.rule));
        for rule in rules {
            if !self.0.iter().any(|runner| runner.rule == *rule) {
                match Runner::start(rule.clone()) {
                    Ok(runner) => self.0.push(runner),
                    Err(error) => error!(
                        "cannot start a thread for {} ({error}); it is not told of moves until the configuration changes",
                        name(rule)
                    ),
                }
            }
        }
    }

    /// A service moved.
    pub fn tell(&self, transition: &Transition) {
        for runner in &self.0 {
            if let Some(Transition {
                service,
                from,
                to,
                at,
                ..
            }) = runner.moves.put(transition.clone())
            {
                let name = name(&runner.rule);
                warn!(
                    "{name} is still busy with an earlier move: it is not told of service {service}: {from} -> {to} at {at}"
                );
                runner.account.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// For reports.
    pub fn account(&self, clock: &Clock) -> Vec<status::Hook> {
        self.0.iter().map(|runner| runner.account(clock)).collect()
    }

    /// Ends what runs: nobody would bound its time any more.
    pub fn end(&self) {
        for runner in &self.0 {
            runner.account.group.end();
        }
    }
}

impl Runner {
    fn start(rule: Hook) -> io::Result<Self> {
        let (moves, letters) = mailbox(WAITING);
        let account = Arc::new(Account::default());
        let (own, shared, means) = (rule.clone(), Arc::clone(&account), Means::new(name(&rule)));
        let used = means.clone();
        thread::Builder::new()
            .name("hook".to_owned())
            .spawn(move || serve(&own, &letters, &shared, &used))?;
        Ok(Self {
            rule,
            moves,
            account,
            means,
        })
    }

    fn account(&self, clock: &Clock) -> status::Hook {
        let program = self.rule.argv.program().display().to_string();
        let number = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        // Before those that failed: they are counted the other way round.
        let runs = number(&self.account.runs);
        status::Hook {
            argv: [program]
                .into_iter()
                .chain(self.rule.argv.arguments().iter().cloned())
                .collect(),
            running: self.account.group.is_running(),
            waiting: self.moves.waiting(),
            runs,
            failed: number(&self.account.failed),
            dropped: number(&self.account.dropped),
            fault: self
                .means
                .account()
                .fault
                .map(|fault| status::Fault::of(fault, clock)),
        }
    }
}

fn name(rule: &Hook) -> String {
    format!("hook '{}'", rule.argv.program().display())
}

fn serve(rule: &Hook, letters: &Reader<Transition>, account: &Account, means: &Means) {
    while let Some(transition) = letters.take() {
        let mut said = Said::default();
        let ended = run(rule, &transition, account, &mut said);
        if matches!(ended, Ok(End::NotBegun)) {
            return;
        }
        account.count(&ended);
        let name = name(rule);
        said.log(&name);
        let what = format!(
            "{name} for service {}: {} -> {}",
            transition.service, transition.from, transition.to
        );
        let failure = match ended {
            Ok(End::Status(status)) if status.success() => {
                means.used();
                continue;
            }
            Ok(End::Status(status)) => match status.code() {
                Some(code) => format!("ended with exit status {code}"),
                None => "was ended by a signal".to_owned(),
            },
            Ok(End::Killed | End::NotBegun) => format!(
                "did not end within {} and was killed",
                Span::from(rule.timeout)
            ),
            Err(error) => format!("cannot be run: {error}"),
        };
        means.failed(&failure);
        warn!("{what} {failure}");
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn transition(to: &str) -> Transition {
        let words = |text: &str| text.to_owned();
        Transition {
            at: crate::report::moment::Moment::now(),
            service: words("web"),
            from: words("up"),
            to: words(to),
            why: words("a NUL \0 and\na line"),
            prefixes: vec![words("9.9.9.9/32")],
        }
    }

    fn clock() -> Clock {
        Clock::new(Instant::now(), crate::report::moment::Moment::now())
    }

    fn hooks(argv: &[&str], timeout: u64) -> Hooks {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let mut hooks = Hooks::default();
        hooks.apply(&[Hook {
            argv: argv.try_into().unwrap(),
            timeout: Duration::from_secs(timeout),
        }]);
        hooks
    }

    fn eventually(hooks: &Hooks, is: impl Fn(&status::Hook) -> bool) -> status::Hook {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let account = hooks.account(&clock()).remove(0);
            if is(&account) || Instant::now() > end {
                assert!(is(&account), "{account:?}");
                return account;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn of_what_waits_too_long_the_oldest_is_dropped() {
        let hooks = hooks(&["/bin/sleep", "600"], 3600);
        hooks.tell(&transition("down"));
        eventually(&hooks, |account| account.running);
        for _ in 0..WAITING + 3 {
            hooks.tell(&transition("down"));
        }
        let account = eventually(&hooks, |account| account.running);
        assert_eq!(
            (account.waiting, account.dropped, account.runs),
            (WAITING, 3, 0)
        );
        // Whoever leaves ends what runs, and starts no other.
        hooks.end();
        let account = eventually(&hooks, |account| !account.running && account.runs == 1);
        assert_eq!(account.failed, 1);
    }

    #[test]
    fn hooks_that_stay_go_on_and_others_end() {
        let mut hooks = hooks(&["/bin/true"], 10);
        hooks.tell(&transition("down"));
        eventually(&hooks, |account| account.runs == 1 && account.failed == 0);
        let rules: Vec<Hook> = hooks.0.iter().map(|runner| runner.rule.clone()).collect();
        let other = Hook {
            argv: vec!["/no/such/program".to_owned()].try_into().unwrap(),
            ..rules[0].clone()
        };
        hooks.apply(&[other.clone(), rules[0].clone()]);
        let names: Vec<String> = hooks
            .account(&clock())
            .iter()
            .map(|hook| hook.argv.join(" "))
            .collect();
        assert_eq!(names, ["/bin/true", "/no/such/program"]);
        assert_eq!(hooks.account(&clock())[0].runs, 1);
        hooks.apply(&[other]);
        hooks.tell(&transition("down"));
        eventually(&hooks, |account| account.runs == 1 && account.failed == 1);
    }
}
