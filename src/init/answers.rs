//! The values of one NVA, from flags, and on a terminal from questions. Writes no file.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, Write};
use std::net::Ipv4Addr;

use crate::condition::ProxyName;
use crate::failure::{self, Failure};
use crate::route::Prefix;

use super::fit::fit;
use super::question::{Question, is_none};
use super::task::InitTask;
use super::values::{CheckPath, HostAddress, Nva, RegionName, Server};

/// The values of one NVA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The region, for comments and descriptions.
    pub region: RegionName,
    /// The anycast prefixes.
    pub prefixes: Vec<Prefix>,
    /// The NVA's own address.
    pub address: Ipv4Addr,
    /// The next-hop of the routes; most often the same.
    pub next_hop: Ipv4Addr,
    /// ExaBGP's AS number.
    pub local_as: u32,
    /// How often the AS number is prepended, so that other regions are preferred.
    pub prepend: u8,
    /// Both addresses of the Route Server; then those of the other hub's, if this NVA is its neighbor too.
    pub route_servers: Vec<Ipv4Addr>,
    /// HAProxy's backend.
    pub backend: ProxyName,
    /// Its servers; empty where the existing haproxy.cfg has them.
    pub servers: Vec<Server>,
    /// The path that their check requests.
    pub check: CheckPath,
    /// The other regions' NVAs.
    pub siblings: Vec<Ipv4Addr>,
    /// This region's other NVAs.
    pub same_region: Vec<Ipv4Addr>,
    /// The standby takes over from a silent sibling; every as-path is one longer for that.
    pub takeover: bool,
    /// The route stays, with a longer as-path, while only the sibling's servers serve.
    pub serve_through: bool,
    /// Damping is configured.
    pub damping: bool,
    /// Every NVA, with this one, in the same order everywhere; empty: no second chance.
    pub nvas: Vec<Nva>,
}

impl Answers {
    /// Whether another region is preferred.
    pub fn is_standby(&self) -> bool {
        self.prepend > 0 && !self.siblings.is_empty()
    }

    /// Whether other NVAs ask this one's health page.
    pub fn has_page(&self) -> bool {
        !self.siblings.is_empty() || !self.same_region.is_empty()
    }

    /// The task's values, with defaults; `None`: a value without a default is missing.
    fn of(task: &InitTask) -> Option<Self> {
        let address = task.address?;
        let of = |list: &[HostAddress]| list.iter().map(|one| one.0).collect();
        Some(Self {
            region: task
                .region
                .clone()
                .unwrap_or(RegionName("this region".to_owned())),
            prefixes: task.prefix.clone(),
            address: address.0,
            next_hop: task.next_hop.unwrap_or(address).0,
            local_as: task.local_as.map_or(65010, |asn| asn.get()),
            prepend: task.prepend.unwrap_or(if task.secondary { 2 } else { 0 }),
            route_servers: route_servers(task)?,
            backend: task.backend.clone().or_else(|| "http_back".parse().ok())?,
            servers: task.server.clone(),
            check: task.check.clone().unwrap_or(CheckPath("/".to_owned())),
            siblings: of(&task.sibling),
            same_region: of(&task.same_region),
            takeover: task.takeover && !task.sibling.is_empty(),
            serve_through: task.serve_through && !task.sibling.is_empty(),
            damping: task.damping,
            nvas: task.nva.clone(),
        })
    }
}

/// Two or four addresses.
fn route_servers(task: &InitTask) -> Option<Vec<Ipv4Addr>> {
    let servers: Vec<Ipv4Addr> = task.route_server.iter().map(|server| server.0).collect();
    matches!(servers.len(), 2 | 4).then_some(servers)
}

/// The failure where the operator gave up or said no.
pub fn nothing_written() -> Failure {
    failure::refused("nothing is written")
}

/// Asks for the values that no flag gives.
pub struct Asker<'a> {
    /// Where answers come from; `None`: no terminal.
    pub input: Option<&'a mut dyn BufRead>,
    /// Where questions go.
    pub output: &'a mut dyn Write,
}

impl fmt::Debug for Asker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker")
            .field("input", &self.input.is_some())
            .finish()
    }
}

/// The reply to a question.
enum Reply {
    Answered,
    Back,
}

impl Asker<'_> {
    /// Asks for one line, and trims it; an empty one is the default.
    fn line(&mut self, question: &str, default: &str) -> Result<String, Failure> {
        let input = self.input.as_mut().ok_or_else(nothing_written)?;
        let shown = if default.is_empty() {
            String::new()
        } else {
            format!(" [{default}]")
        };
        let asked = write!(self.output, "{question}{shown}: ").and_then(|()| self.output.flush());
        let mut line = String::new();
        match asked.and_then(|()| input.read_line(&mut line)) {
            Ok(1..) => Ok(if line.trim().is_empty() {
                default
            } else {
                line.trim()
            }
            .to_owned()),
            _ => Err(nothing_written()),
        }
    }

    /// Writes a text to the operator.
    pub fn say(&mut self, text: &str) {
        let _ = self.output.write_all(text.as_bytes());
    }

    /// Asks a question until the answer can be used.
    fn ask(
        &mut self,
        question: Question,
        task: &mut InitTask,
        default: &str,
    ) -> Result<Reply, Failure> {
        loop {
            let line = self.line(&question.words(task), default)?;
            // A region or a backend may have the name 'back'.
            let is_name = matches!(question, Question::Region | Question::Backend);
            if line == "<" || line == "back" && !is_name {
                return Ok(Reply::Back);
            }
            match question.take(task, &line) {
                Ok(()) => return Ok(Reply::Answered),
                Err(why) => self.say(&format!("  {why}\n")),
            }
        }
    }

    /// Asks every open question; false if there was none.
    ///
    /// # Errors
    /// The input ended.
    pub fn ask_all(&mut self, task: &mut InitTask) -> Result<bool, Failure> {
        let (mut asked, mut before) = (Vec::new(), BTreeMap::new());
        while let Some(next) = Question::ALL
            .into_iter()
            .find(|question| question.is_open(task))
        {
            if asked.is_empty() && before.is_empty() {
                self.say(
                    "'<' goes back to the question before; Ctrl-C leaves everything as it was.\n",
                );
            }
            let default = before
                .get(&next)
                .cloned()
                .unwrap_or(next.default(task).to_owned());
            match self.ask(next, task, &default)? {
                Reply::Answered => asked.push(next),
                Reply::Back => match asked.pop() {
                    Some(last) => {
                        before.insert(last, last.answer(task));
                        last.forget(task);
                    }
                    None => self.say("  this is the first question: there is none before it\n"),
                },
            }
        }
        Ok(!asked.is_empty())
    }

    /// Asks for yes or no; an empty line is no.
    ///
    /// # Errors
    /// The input ended.
    pub fn confirm(&mut self, question: &str) -> Result<bool, Failure> {
        loop {
            match self.line(question, "no")?.to_ascii_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "n" | "no" | "<" | "back" => return Ok(false),
                _ => self.say("  write yes or no\n"),
            }
        }
    }

    /// Asks which answer to change, and asks it again; false if none.
    ///
    /// # Errors
    /// The input ended.
    pub fn change(&mut self, task: &mut InitTask) -> Result<bool, Failure> {
        let answered: Vec<Question> = Question::ALL
            .into_iter()
            .filter(|question| !question.answer(task).is_empty())
            .collect();
        for (index, question) in answered.iter().enumerate() {
            self.say(&format!(
                "{:>3}  {}: {}\n",
                index + 1,
                question.words(task),
                question.answer(task)
            ));
        }
        loop {
            let line = self.line(
                "Nothing is written. Change which answer, by its number",
                "none",
            )?;
            let number = line
                .parse::<usize>()
                .ok()
                .and_then(|number| number.checked_sub(1));
            if let Some(question) = number.and_then(|number| answered.get(number)) {
                let default = question.answer(task);
                self.ask(*question, task, &default)?;
                return self.ask_all(task).map(|_| true);
            }
            if is_none(&line) {
                return Ok(false);
            }
            self.say("  write the number of an answer, or none\n");
        }
    }
}

/// The values, from flags, questions and defaults, and whether a question was asked. Answers are kept in the task.
///
/// # Errors
/// Flags contradict each other; a flag is missing without a terminal; the input ended.
pub fn answers(task: &mut InitTask, asker: &mut Asker<'_>) -> Result<(Answers, bool), Failure> {
    fit(task).map_err(failure::usage)?;
    let asked = if asker.input.is_some() {
        asker.ask_all(task)?
    } else {
        false
    };
    let open = Question::ALL
        .into_iter()
        .filter(|question| question.is_open(task));
    let missing: Vec<String> = open.filter_map(|question| question.missing(task)).collect();
    match Answers::of(task).filter(|_| missing.is_empty()) {
        Some(answers) => Ok((answers, asked)),
        None => Err(failure::usage(format!(
            "stdin is no terminal to ask at, and this is missing (with your values):\n  {}",
            missing.join("\n  ")
        ))),
    }
}

/// The terminal, where stdin is one.
pub fn terminal() -> Option<io::BufReader<io::Stdin>> {
    use std::io::IsTerminal;
    io::stdin()
        .is_terminal()
        .then(|| io::BufReader::new(io::stdin()))
}
