//! Reads HAProxy's state, and sends one command at a time; a command is done when the state shows it.
//!
//! Each question and each command has a connection of its own: a kept connection stays with the old process after a
//! reload. `show info` is sent with the command, so that the answer names the process.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use super::command::{Command, FrontendWish, Reply, ServerWish, reply};
use super::name::ServerName;
use super::view::{Frontend, Server, View};
use crate::condition::ProxyName;
use crate::config::Socket;
use crate::failure::{self, Failure, Kind};
use crate::observation::{Process, Trouble};
use crate::observe;

/// Timeout of one question or command; HAProxy with thousands of servers is slow.
const ANSWER: Duration = Duration::from_secs(3);
/// Timeout for a state to show after a command, and for a new process to answer after a reload: during a long `grace`
/// the old one may answer many times in a row.
const SETTLE: Duration = Duration::from_secs(5);
/// Between two looks for the effect of a command.
const PAUSE: Duration = Duration::from_millis(5);
/// Pause before the one retry of a refused connection: a restart without socket passing has such a gap.
const SECOND_TRY: Duration = Duration::from_millis(20);
/// Most sends of one change, where reloads undo it.
pub(super) const ATTEMPTS: usize = 5;

/// Controls one HAProxy.
#[derive(Debug, Clone)]
pub struct Controller {
    socket: Socket,
    /// Names that a frontend and a backend share: by such a name HAProxy shows only one of the two.
    twins: OnceLock<BTreeSet<String>>,
}

/// Whether a row has the wished state, or why not.
enum Reached {
    Yes,
    /// It may follow.
    NotYet(String),
    /// It cannot follow without another change.
    Never(String),
}

impl Controller {
    /// For the HAProxy at this socket.
    pub fn new(socket: Socket) -> Self {
        Self {
            socket,
            twins: OnceLock::new(),
        }
    }

    /// HAProxy's stats socket.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Reads all proxies.
    ///
    /// After a reload with `grace` the old process may answer; the new one is waited for. Without a new one the old one's
    /// view is returned, whose `process` is `stopping`.
    ///
    /// # Errors
    /// HAProxy is gone, or its answer cannot be read.
    pub fn look(&self) -> Result<View, Failure> {
        let view = self.view("show info;show stat -1 7 -1;show servers state\n")?;
        self.twins.get_or_init(|| view.twins.clone());
        Ok(view)
    }

    /// The same before a change, which would be lost with a process that is stopping.
    ///
    /// # Errors
    /// HAProxy is gone, is stopping, or its answer cannot be read.
    pub(super) fn look_before_a_change(&self) -> Result<View, Failure> {
        let view = self.look()?;
        if view.process.stopping {
            Err(stopping(&view.process))
        } else {
            Ok(view)
        }
    }

    /// Reads these proxies, and sometimes all. Proxies that HAProxy does not have are absent.
    ///
    /// # Errors
    /// HAProxy is gone, or its answer cannot be read.
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
        // With more proxies than fit, all are asked for.
        if question.len() > observe::LONGEST_QUESTION {
            self.look()
        } else {
            self.view(&question)
        }
    }

    /// Changes a server's state and returns its new row.
    ///
    /// # Errors
    /// HAProxy refused, the state did not follow, or HAProxy did not answer.
    pub fn set_server(&self, name: &ServerName, wish: ServerWish) -> Result<Server, Failure> {
        let reached = |server: &Server| {
            if server.admin.wish() != wish {
                Reached::NotYet(format!("{name} is {}", server.words()))
            } else if wish == ServerWish::Ready && server.admin.is_out_by_tracking() {
                let leader = server.tracks.as_deref().unwrap_or("another");
                Reached::Never(format!(
                    "{name} is {}: it follows {leader}; make that one ready",
                    server.words()
                ))
            } else {
                Reached::Yes
            }
        };
        self.send_until_reached(
            Command::Server(name, wish),
            |view| view.servers.get(name).cloned(),
            reached,
        )
    }

    /// Enables or disables a frontend and returns its new row.
    ///
    /// # Errors
    /// HAProxy refused, the state did not follow, or HAProxy did not answer.
    pub fn set_frontend(&self, name: &ProxyName, wish: FrontendWish) -> Result<Frontend, Failure> {
        let command = Command::Frontend(name, wish);
        let reached = |frontend: &Frontend| {
            // HAProxy 2.3 to 2.5 show a disabled frontend as OPEN; only the answer to a second command tells.
            let confirmed = || match self.send(command) {
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
        self.send_until_reached(command, |view| view.frontends.get(name).cloned(), reached)
    }

    /// Sends a command until the state shows it; once more where the process that took it was replaced.
    fn send_until_reached<Row>(
        &self,
        command: Command<'_>,
        row: impl Fn(&View) -> Option<Row>,
        reached: impl Fn(&Row) -> Reached,
    ) -> Result<Row, Failure> {
        let deadline = Instant::now() + SETTLE;
        loop {
            let (process, reply) = self.send(command)?;
            if !self.is_taken(command, &process, reply)? {
                if Instant::now() >= deadline {
                    return Err(stopping(&process));
                }
                thread::sleep(PAUSE);
                continue;
            }
            loop {
                let view = self.look_at([command.proxy()])?;
                let Some(row) = row(&view) else {
                    return Err(failure::not_reached(format!(
                        "HAProxy accepted '{command}', and now has no such name"
                    )));
                };
                let why = match reached(&row) {
                    // The state of a stopping process is lost with it.
                    Reached::Yes if !view.process.stopping => return Ok(row),
                    Reached::Yes => return Err(stopping(&view.process)),
                    Reached::Never(why) => {
                        return Err(failure::not_reached(format!(
                            "HAProxy accepted '{command}', but {why}"
                        )));
                    }
                    Reached::NotYet(why) => why,
                };
                if Instant::now() >= deadline {
                    return Err(failure::not_reached(format!(
                        "HAProxy accepted '{command}', but {why}"
                    )));
                }
                thread::sleep(PAUSE);
                if view.process.pid != process.pid || process.stopping {
                    break;
                }
            }
        }
    }

    /// False: a reload came between the look and the command, which the stopping process refuses ("Proxy is disabled."): the
    /// new process is to take it.
    fn is_taken(
        &self,
        command: Command<'_>,
        process: &Process,
        reply: Reply,
    ) -> Result<bool, Failure> {
        match reply {
            Reply::Taken(_) => Ok(true),
            Reply::Denied => Err(self.denied()),
            Reply::Refused(_) if process.stopping => Ok(false),
            Reply::Refused(words) => Err(failure::refused(format!(
                "HAProxy refused '{command}': {words}"
            ))),
            Reply::NotKnown => Err(failure::refused(format!(
                "HAProxy {} does not know '{command}'",
                process.version
            ))),
        }
    }

    /// Sends a command; returns the process that answered, and its reply.
    fn send(&self, command: Command<'_>) -> Result<(Process, Reply), Failure> {
        let answer = self
            .ask(&format!("show info;set severity-output number;{command}\n"))
            .map_err(|failure| {
                match failure.kind {
                    // The command may be in the socket's queue, and be carried out later.
                    Kind::Unknown => failure::unknown(format!(
                        "{failure}; whether '{command}' was carried out is unknown"
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

    /// Asks; once more after an early failure, such as a refused connection.
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

    /// Checks that the socket is not of level user or operator.
    ///
    /// # Errors
    /// It is, or HAProxy did not answer.
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

/// Only a stopping process answers.
fn stopping(process: &Process) -> Failure {
    failure::gone(format!(
        "only HAProxy's process {} answers, which is stopping: a change would be lost with it; start HAProxy, or wait for the new process",
        process.pid
    ))
}
