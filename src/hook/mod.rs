//! Hooks: programs that run at each transition of a service.
//! In come transitions; each hook has a thread and a short queue, so that the loop never waits.
//! Out goes a process with a time limit and without ExaBGP's pipe, and counters of how its runs ended.

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

/// Length of a hook's queue; when it is full, the oldest transition is dropped.
const WAITING: usize = 16;

/// The hooks of the configuration in force.
#[derive(Debug, Default)]
pub struct Hooks(Vec<Runner>);

/// One hook, and its thread.
#[derive(Debug)]
struct Runner {
    rule: Hook,
    queue: Mailbox<Transition>,
    account: Arc<Account>,
    means: Means,
}

impl Hooks {
    /// Applies the configured hooks: removes and starts threads; hooks that stay keep theirs.
    pub fn apply(&mut self, rules: &[Hook]) {
        self.0.retain(|runner| rules.contains(&runner.rule));
        for rule in rules {
            if !self.0.iter().any(|runner| runner.rule == *rule) {
                match Runner::start(rule.clone()) {
                    Ok(runner) => self.0.push(runner),
                    Err(error) => error!(
                        "cannot start a thread for {} ({error}); it does not run until the configuration changes",
                        name(rule)
                    ),
                }
            }
        }
    }

    /// Queues a transition for every hook.
    pub fn tell(&self, transition: &Transition) {
        for runner in &self.0 {
            if let Some(Transition {
                service,
                from,
                to,
                at,
                ..
            }) = runner.queue.put(transition.clone())
            {
                let name = name(&runner.rule);
                warn!(
                    "{name} is busy and its queue is full: dropped service {service}: {from} -> {to} of {at}"
                );
                runner.account.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Each hook's state, for reports.
    pub fn account(&self, clock: &Clock) -> Vec<status::Hook> {
        self.0.iter().map(|runner| runner.account(clock)).collect()
    }

    /// Kills the programs that run: without this process nothing would limit their time.
    pub fn end(&self) {
        for runner in &self.0 {
            runner.account.group.end();
        }
    }
}

impl Runner {
    fn start(rule: Hook) -> io::Result<Self> {
        let (queue, reader) = mailbox(WAITING);
        let account = Arc::new(Account::default());
        let (own, shared, means) = (rule.clone(), Arc::clone(&account), Means::new(name(&rule)));
        let used = means.clone();
        thread::Builder::new()
            .name("hook".to_owned())
            .spawn(move || serve(&own, &reader, &shared, &used))?;
        Ok(Self {
            rule,
            queue,
            account,
            means,
        })
    }

    fn account(&self, clock: &Clock) -> status::Hook {
        let program = self.rule.argv.program().display().to_string();
        let number = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        // Read before `failed`, which is counted first: `failed` is never less than it should be.
        let runs = number(&self.account.runs);
        status::Hook {
            argv: [program]
                .into_iter()
                .chain(self.rule.argv.arguments().iter().cloned())
                .collect(),
            running: self.account.group.is_running(),
            waiting: self.queue.waiting(),
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

fn serve(rule: &Hook, queue: &Reader<Transition>, account: &Account, means: &Means) {
    while let Some(transition) = queue.take() {
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
    fn a_full_queue_drops_its_oldest_transition() {
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
        // At the end the running program is killed, and no other is started.
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
