//! Sets variables of HAProxy's process, in a thread, since HAProxy may hang.
//! In come variables and their values.
//! Out go commands over a stats socket of level admin, and whether HAProxy accepted them.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::config::{Socket, Variable};
use crate::observation::Trouble;
use crate::observe::{LONGEST_QUESTION, ask};
use crate::program::{Setting, Settings};
use crate::value::base64;

/// Longest time for one set of variables.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Length of the queue. Three sets may come together: for HAProxy before an edit, for HAProxy after it, and at the end.
const WAITING: usize = 4;

/// The thread that sets variables.
#[derive(Debug)]
pub struct Switch {
    queue: SyncSender<(Socket, Settings)>,
    ended: Receiver<()>,
}

impl Switch {
    /// Starts the thread. It calls `report` with the result of each set.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(
        report: impl Fn(&Socket, Result<(), String>) + Send + 'static,
    ) -> io::Result<Self> {
        let (queue, taken) = mpsc::sync_channel::<(Socket, Settings)>(WAITING);
        let (alive, ended) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("switch".to_owned())
            .spawn(move || {
                for (control, settings) in taken {
                    report(&control, say(&control, &settings));
                }
                drop(alive);
            })?;
        Ok(Self { queue, ended })
    }

    /// Queues these variables. False: the queue is full.
    pub fn set(&self, control: Socket, settings: Settings) -> bool {
        self.queue.try_send((control, settings)).is_ok()
    }

    /// Waits until the queue is empty, for `patience` at most.
    pub fn finish(self, patience: Duration) {
        drop(self.queue);
        if self.ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            log::debug!("HAProxy was not told in time that this process leaves");
        }
    }
}

/// Sets variables, and waits for the answers.
///
/// # Errors
/// HAProxy's error, or why there was no answer.
pub fn say(control: &Socket, settings: &Settings) -> Result<(), String> {
    let deadline = Instant::now() + TIMEOUT;
    questions(settings, SystemTime::now())
        .iter()
        .try_for_each(|question| say_one(control, question, deadline))
}

/// The longest text for a variable, in bytes: in base64 it must fit one line of HAProxy's CLI.
pub const LONGEST_TEXT: usize = (LONGEST_QUESTION - 200) / 4 * 3;

/// Sets a variable to a text, in base64: HAProxy's CLI interprets blanks, commas and parentheses.
///
/// # Errors
/// HAProxy's error, or why there was no answer.
pub fn say_text(control: &Socket, variable: &Variable, text: &[u8]) -> Result<(), String> {
    let value = base64(text);
    let question = format!("experimental-mode on;set var {variable} str({value})\n");
    say_one(control, &question, Instant::now() + TIMEOUT)
}

fn say_one(control: &Socket, question: &str, deadline: Instant) -> Result<(), String> {
    match ask(control, question, deadline) {
        Ok(answer) => match String::from_utf8_lossy(&answer)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
        {
            silence if silence.is_empty() => Ok(()),
            words => Err(format!(
                "it answers '{}'",
                words.chars().take(100).collect::<String>()
            )),
        },
        Err(Trouble::Gone(why) | Trouble::Unreadable(why)) => Err(why),
    }
}

/// The command lines, as few as possible. `experimental-mode`: HAProxy before 3.2 needs it for `set var` (management.txt
/// section 9.3).
fn questions(settings: &Settings, now: SystemTime) -> Vec<String> {
    let value = |setting: &Setting| match setting {
        Setting::Flag(on) => u64::from(*on),
        Setting::Until(ahead) => {
            let until = now
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
                + *ahead;
            until.as_secs()
        }
    };
    let mut lines: Vec<String> = Vec::new();
    for (name, setting) in settings {
        let command = format!(";set var {name} int({})", value(setting));
        match lines
            .last_mut()
            .filter(|line| line.len() + command.len() < LONGEST_QUESTION)
        {
            Some(line) => line.push_str(&command),
            None => lines.push(format!("experimental-mode on{command}")),
        }
    }
    lines.iter_mut().for_each(|line| line.push('\n'));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_set_in_one_line() {
        let settings = Settings::from([
            ("proc.draining".parse().unwrap(), Setting::Flag(true)),
            (
                "proc.announced_until".parse().unwrap(),
                Setting::Until(Duration::from_secs(3)),
            ),
        ]);
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_900);
        assert_eq!(
            questions(&settings, now),
            [
                "experimental-mode on;set var proc.announced_until int(1003);set var proc.draining int(1)\n"
            ]
        );
    }

    #[test]
    fn more_variables_than_a_line_of_haproxys_takes_are_several_lines() {
        let variable = |number: u32| {
            format!("proc.service_{number}_announced_until")
                .parse()
                .unwrap()
        };
        let settings: Settings = (0..1000)
            .map(|number| (variable(number), Setting::Flag(true)))
            .collect();
        let lines = questions(&settings, SystemTime::UNIX_EPOCH);
        assert_eq!(lines.concat().matches(";set var ").count(), 1000);
        assert!(
            lines.len() > 1 && lines.iter().all(|line| line.len() <= LONGEST_QUESTION),
            "{}",
            lines.len()
        );
        assert!(
            lines
                .iter()
                .all(|line| line.starts_with("experimental-mode on;set var ")
                    && line.ends_with(")\n"))
        );
    }
}
