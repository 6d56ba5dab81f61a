//! The controller itself: looks at HAProxy, gives one order at a time, and believes that it was followed when the
//! state says so.
//!
//! Each question and each order has a connection of its own, for one that is kept goes on talking to the old process
//! after a reload. With the order goes `show info`, so that it is known which process took it.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use super::name::ServerName;
use super::order::{FrontendWish, Order, Reply, ServerWish, reply};
use super::view::{Frontend, Server, View};
use crate::condition::ProxyName;
use crate::config::Socket;
use crate::failure::{self, Failure, Kind};
use crate::observation::{Process, Trouble};
use crate::observe;

/// For one question or order. A person waits, and a busy HAProxy with thousands of servers takes its time.
const ANSWER: Duration = Duration::from_secs(3);
/// For a state to show after an order, and for a new process to answer after a reload: during a long `grace` the old
/// one may answer many times in a row.
const SETTLE: Duration = Duration::from_secs(5);
/// Between two looks at what should show at once.
const PAUSE: Duration = Duration::from_millis(5);
/// One refused connection is tried again after this: a restart without socket passing has such a gap.
const SECOND_TRY: Duration = Duration::from_millis(20);
/// Reloads in a row that a change is said anew for: each forgets it.
pub(super) const ATTEMPTS: usize = 5;
/// HAProxy takes less than 16 kB in a line; with more proxies than fit, all are asked for.
const LONGEST_QUESTION: usize = 15_000;

/// Controls one HAProxy.
#[derive(Debug, Clone)]
pub struct Controller {
    socket: Socket,
    /// Names that a frontend and a backend have, each for itself: HAProxy tells of one of the two by its name.
    twins: OnceLock<BTreeSet<String>>,
}

/// Whether a row is as wished.
enum Reached {
    Yes,
    /// Why not; it may come.
    NotYet(String),
    /// Why it will not come by itself.
    Never(String),
}

impl Controller {
    /// Of the HAProxy that takes commands there.
    pub fn new(socket: Socket) -> Self {
        Self {
            socket,
            twins: OnceLock::new(),
        }
    }

    /// Where HAProxy takes commands.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Looks at everything.
    ///
    /// After a reload with `grace` the old process still answers some of the time; another look finds the new one. Where
    /// there is none, what the old one says is returned, and its `process` is `stopping`.
    ///
    /// # Errors
    /// HAProxy is gone, or cannot be read.
    pub fn look(&self) -> Result<View, Failure> {
        let view = self.view("show info;show stat -1 7 -1;show servers state\n")?;
        self.twins.get_or_init(|| view.twins.clone());
        Ok(view)
    }

    /// The same before a change, which a process that is leaving would take with it.
    ///
    /// # Errors
    /// HAProxy is gone, or is leaving, or cannot be read.
    pub(super) fn look_before_a_change(&self) -> Result<View, Failure> {
        let view = self.look()?;
        if view.process.stopping {
            Err(leaving(&view.process))
        } else {
            Ok(view)
        }
    }

    /// Looks at these proxies, mostly alone: for looking again and again. Those that HAProxy does not have are absent.
    ///
    /// # Errors
    /// HAProxy is gone, or cannot be read.
    pub fn look_at<'name>(
        &self,
        proxies: impl IntoIterator<Item = &'name ProxyName>,
    ) -> Result<View, Failure> {
        let Some(twins) = self.twins.get() else {
            return self.look();
        };
        let mut question = String::from("show info");
        for name in proxies {
            if twins.contains(name.as_str()) {
                return self.look();
            }
            question.push_str(&format!(";show stat {name} 7 -1;show servers state {name}"));
        }
        question.push('\n');
        if question.len() > LONGEST_QUESTION {
            self.look()
        } else {
            self.view(&question)
        }
    }

    /// Changes a server's state and returns the server as it is then.
    ///
    /// # Errors
    /// HAProxy refused, or the state did not follow, or HAProxy cannot be asked.
    pub fn set_server(&self, name: &ServerName, wish: ServerWish) -> Result<Server, Failure> {
        let reached = |server: &Server| {
            if server.admin.wish() != wish {
                Reached::NotYet(format!("{name} is {}", server.words()))
            } else if wish == ServerWish::Ready && server.admin.is_taken_along() {
                let leader = server.tracks.as_deref().unwrap_or("another");
                Reached::Never(format!(
                    "{name} is {}: it follows {leader}; make that one ready",
                    server.words()
                ))
            } else {
                Reached::Yes
            }
        };
        self.obeyed(
            Order::Server(name, wish),
            |view| view.servers.get(name).cloned(),
            reached,
        )
    }

    /// Enables or disables a frontend and returns it as it is then.
    ///
    /// # Errors
    /// HAProxy refused, or the state did not follow, or HAProxy cannot be asked.
    pub fn set_frontend(&self, name: &ProxyName, wish: FrontendWish) -> Result<Frontend, Failure> {
        let order = Order::Frontend(name, wish);
        let reached = |frontend: &Frontend| {
            // HAProxy 2.3 to 2.5 go on saying OPEN; said again, the order is answered by what is so.
            let confirmed = || match self.say(order) {
                Ok((process, Reply::Taken(text))) => {
                    wish == FrontendWish::Disabled
                        && !process.stopping
                        && text.contains("already disabled")
                }
                _ => false,
            };
            if frontend.is_open() == (wish == FrontendWish::Enabled) || confirmed() {
                Reached::Yes
            } else {
                Reached::NotYet(format!("{name} is {}", frontend.status))
            }
        };
        self.obeyed(order, |view| view.frontends.get(name).cloned(), reached)
    }

    /// Says it, and looks until it shows. Said again where the process that took it has been replaced.
    fn obeyed<Row>(
        &self,
        order: Order<'_>,
        row: impl Fn(&View) -> Option<Row>,
        reached: impl Fn(&Row) -> Reached,
    ) -> Result<Row, Failure> {
        let deadline = Instant::now() + SETTLE;
        loop {
            let (process, reply) = self.say(order)?;
            match reply {
                Reply::Taken(_) => {}
                Reply::Denied => return Err(self.denied()),
                Reply::Refused(words) => {
                    return Err(failure::refused(format!(
                        "HAProxy refused '{order}': {words}"
                    )));
                }
                Reply::NotKnown => {
                    return Err(failure::refused(format!(
                        "HAProxy {} does not know '{order}'",
                        process.version
                    )));
                }
            }
            loop {
                let view = self.look_at([order.proxy()])?;
                let Some(row) = row(&view) else {
                    return Err(failure::not_reached(format!(
                        "HAProxy accepted '{order}', and now has no such name"
                    )));
                };
                let why = match reached(&row) {
                    // What a process says that is leaving is of no use to anybody.
                    Reached::Yes if !view.process.stopping => return Ok(row),
                    Reached::Yes => return Err(leaving(&view.process)),
                    Reached::Never(why) => {
                        return Err(failure::not_reached(format!(
                            "HAProxy accepted '{order}', but {why}"
                        )));
                    }
                    Reached::NotYet(why) => why,
                };
                if Instant::now() >= deadline {
                    return Err(failure::not_reached(format!(
                        "HAProxy accepted '{order}', but {why}"
                    )));
                }
                thread::sleep(PAUSE);
                if view.process.pid != process.pid || process.stopping {
                    break;
                }
            }
        }
    }

    /// Gives an order; who answered, and what.
    fn say(&self, order: Order<'_>) -> Result<(Process, Reply), Failure> {
        let answer = self
            .ask(&format!("show info;set severity-output number;{order}\n"))
            .map_err(|failure| {
                match failure.kind {
                    // It may lie in the socket's queue, and be carried out when HAProxy goes on.
                    Kind::Unknown => failure::unknown(format!(
                        "{failure}; whether it did '{order}' is not known"
                    )),
                    _ => failure,
                }
            })?;
        let info = observe::blocks(&answer)
            .first()
            .copied()
            .unwrap_or_default();
        let process = observe::process(info).map_err(|why| {
            failure::unknown(format!(
                "HAProxy cannot be understood at {}: {why}",
                self.socket
            ))
        })?;
        Ok((process, reply(answer.get(info.len()..).unwrap_or_default())))
    }

    fn view(&self, question: &str) -> Result<View, Failure> {
        let deadline = Instant::now() + SETTLE;
        loop {
            let view =
                View::read(&self.ask(question)?, question.matches(';').count()).map_err(|why| {
                    failure::unknown(format!(
                        "HAProxy cannot be understood at {}: {why}",
                        self.socket
                    ))
                })?;
            if !view.process.stopping || Instant::now() >= deadline {
                return Ok(view);
            }
            thread::sleep(PAUSE);
        }
    }

    /// Asks once more where nobody listened or nothing came.
    fn ask(&self, question: &str) -> Result<Vec<u8>, Failure> {
        let begun = Instant::now();
        let ask = || observe::ask(&self.socket, question, Instant::now() + ANSWER);
        let answer = match ask() {
            Err(_) if begun.elapsed() < ANSWER / 2 => {
                thread::sleep(SECOND_TRY);
                ask()
            }
            answer => answer,
        };
        answer.map_err(|trouble| match trouble {
            Trouble::Gone(why) => failure::gone(format!("HAProxy is gone: {why}")),
            Trouble::Unreadable(why) => failure::unknown(format!("HAProxy cannot be asked: {why}")),
        })
    }

    /// The socket is one of level admin, as far as HAProxy says it.
    ///
    /// # Errors
    /// It only lets one look.
    pub(super) fn takes_commands(&self) -> Result<(), Failure> {
        let level = self.ask("show cli level\n")?;
        let words = String::from_utf8_lossy(&level);
        if matches!(words.trim(), "user" | "operator") {
            Err(self.denied())
        } else {
            Ok(())
        }
    }

    fn denied(&self) -> Failure {
        failure::refused(format!(
            "HAProxy refused: {} is for looking only; name a stats socket of level admin with --stats, or give this one 'level admin' in haproxy.cfg",
            self.socket
        ))
    }
}

/// Nobody answers but a process that was told to leave.
fn leaving(process: &Process) -> Failure {
    failure::gone(format!(
        "only HAProxy's process {} answers, which is leaving: what it is told is lost with it; start HAProxy, or wait for the new process",
        process.pid
    ))
}
