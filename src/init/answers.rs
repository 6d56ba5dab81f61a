//! What one NVA is to be: from flags, and on a terminal from questions. Nothing is written here.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, Write};
use std::net::Ipv4Addr;

use crate::condition::ProxyName;
use crate::failure::{self, Failure};
use crate::route::Prefix;

use super::fit::fit;
use super::question::Question;
use super::task::InitTask;
use super::values::{CheckPath, HostAddress, Nva, RegionName, Server};

/// What one NVA is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The region, for comments and descriptions.
    pub region: RegionName,
    /// The anycast prefixes.
    pub prefixes: Vec<Prefix>,
    /// The NVA's own address.
    pub address: Ipv4Addr,
    /// What the routers shall send packets to; most often the same.
    pub next_hop: Ipv4Addr,
    /// ExaBGP's AS number.
    pub local_as: u32,
    /// How often it is repeated in front, so that other regions are preferred.
    pub prepend: u8,
    /// Both instances of the Route Server, and of the other hub's after them where this NVA is its neighbor too.
    pub route_servers: Vec<Ipv4Addr>,
    /// HAProxy's backend.
    pub backend: ProxyName,
    /// Its servers; none where his own haproxy.cfg has them.
    pub servers: Vec<Server>,
    /// What their check asks for.
    pub check: CheckPath,
    /// The other regions' NVAs.
    pub siblings: Vec<Ipv4Addr>,
    /// This region's other NVAs.
    pub same_region: Vec<Ipv4Addr>,
    /// The standby takes over from a silent sibling, and every path leaves room for a shorter one.
    pub takeover: bool,
    /// The route stays, with a longer path, while only the sibling's servers serve.
    pub serve_through: bool,
    /// Returns wait longer each time.
    pub damping: bool,
    /// Every NVA, this one too, in the order that is the same everywhere; none: no second chance.
    pub nvas: Vec<Nva>,
}

impl Answers {
    /// Another region is preferred.
    pub fn is_standby(&self) -> bool {
        self.prepend > 0 && !self.siblings.is_empty()
    }

    /// Other NVAs ask this one's page.
    pub fn has_page(&self) -> bool {
        !self.siblings.is_empty() || !self.same_region.is_empty()
    }

    /// Of a task that leaves no question open but those with a default.
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

/// Two, or four.
fn route_servers(task: &InitTask) -> Option<Vec<Ipv4Addr>> {
    let servers: Vec<Ipv4Addr> = task.route_server.iter().map(|server| server.0).collect();
    matches!(servers.len(), 2 | 4).then_some(servers)
}

/// Whoever was asked went away, or said no.
pub fn left() -> Failure {
    failure::refused("nothing is written")
}

/// Asks for what the flags do not say, where somebody can be asked.
pub struct Asker<'a> {
    /// Where answers come from; absent: nobody is there.
    pub input: Option<&'a mut dyn BufRead>,
    /// Where questions go.
    pub output: &'a mut dyn Write,
}

impl fmt::Debug for Asker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker")
            .field("somebody", &self.input.is_some())
            .finish()
    }
}

/// What came of a question.
enum Came {
    Answer,
    Back,
}

impl Asker<'_> {
    /// One line for a question, without blanks around it; for an empty one, the default.
    fn line(&mut self, question: &str, default: &str) -> Result<String, Failure> {
        let input = self.input.as_mut().ok_or_else(left)?;
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
            _ => Err(left()),
        }
    }

    /// Says something.
    pub fn say(&mut self, text: &str) {
        let _ = self.output.write_all(text.as_bytes());
    }

    /// A question, again until the answer can be used.
    fn ask(
        &mut self,
        question: Question,
        task: &mut InitTask,
        default: &str,
    ) -> Result<Came, Failure> {
        loop {
            let line = self.line(&question.words(task), default)?;
            // A region or a backend may have the name 'back'.
            let is_name = matches!(question, Question::Region | Question::Backend);
            if line == "<" || line == "back" && !is_name {
                return Ok(Came::Back);
            }
            match question.take(task, &line) {
                Ok(()) => return Ok(Came::Answer),
                Err(why) => self.say(&format!("  {why}\n")),
            }
        }
    }

    /// Every question that is open; whether there was one.
    ///
    /// # Errors
    /// Whoever was asked went away.
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
                Came::Answer => asked.push(next),
                Came::Back => match asked.pop() {
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

    /// Yes or no; what is said again is no.
    ///
    /// # Errors
    /// Whoever was asked went away.
    pub fn confirm(&mut self, question: &str) -> Result<bool, Failure> {
        loop {
            match self.line(question, "no")?.to_ascii_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "n" | "no" | "<" | "back" => return Ok(false),
                _ => self.say("  write yes or no\n"),
            }
        }
    }

    /// Has one answer changed; false: none.
    ///
    /// # Errors
    /// Whoever was asked went away.
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
            match line.as_str() {
                "none" | "no" => return Ok(false),
                _ => self.say("  write the number of an answer, or none\n"),
            }
        }
    }
}

/// The answers: flags first, then questions, then defaults. What is answered is kept in the task; whether somebody was
/// asked comes with them.
///
/// # Errors
/// A flag is missing, and nobody can be asked; flags do not fit each other; whoever was asked went away.
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
