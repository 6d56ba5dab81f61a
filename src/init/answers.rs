//! What one NVA is to be: from flags, and on a terminal from questions. Nothing is written here.

use std::fmt;
use std::io::{self, BufRead, Write};
use std::net::Ipv4Addr;
use std::str::FromStr;

use crate::condition::ProxyName;
use crate::route::{Asn, Prefix};

use super::InitTask;
use super::fit;
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
    /// Both instances of the Route Server.
    pub route_servers: [Ipv4Addr; 2],
    /// HAProxy's backend.
    pub backend: ProxyName,
    /// Its servers, never empty.
    pub servers: Vec<Server>,
    /// What their check asks for.
    pub check: CheckPath,
    /// The other region's NVA.
    pub sibling: Option<Ipv4Addr>,
    /// Every NVA, this one too, in the order that is the same everywhere; none: no second chance.
    pub nvas: Vec<Nva>,
}

impl Answers {
    /// Another region is preferred.
    pub fn is_standby(&self) -> bool {
        self.prepend > 0 && self.sibling.is_some()
    }
}

/// Why there are no answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswers {
    /// A flag is missing, and nobody can be asked; or flags do not fit each other.
    Usage(String),
    /// Whoever was asked went away.
    Left,
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
        f.debug_struct("Asker").field("somebody", &self.input.is_some()).finish()
    }
}

impl Asker<'_> {
    /// One question, one line; asked again until the answer can be used.
    fn ask<T>(
        &mut self,
        question: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, NoAnswers> {
        let Some(input) = &mut self.input else { return Ok(None) };
        loop {
            let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
            let asked = write!(self.output, "{question}{shown}: ").and_then(|()| self.output.flush());
            let mut line = String::new();
            let read = asked.and_then(|()| input.read_line(&mut line));
            if !matches!(read, Ok(count) if count > 0) {
                return Err(NoAnswers::Left);
            }
            let line = line.trim();
            match parse(if line.is_empty() { default } else { line }) {
                Ok(value) => return Ok(Some(value)),
                Err(why) => {
                    let _ = writeln!(self.output, "  {why}");
                }
            }
        }
    }

    /// Yes or no; no where nobody can be asked.
    ///
    /// # Errors
    /// Whoever was asked went away.
    pub fn confirm(&mut self, question: &str) -> Result<Option<bool>, NoAnswers> {
        self.ask(question, "no", |text| match text.to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(true),
            "n" | "no" => Ok(false),
            _ => Err("write yes or no".to_owned()),
        })
    }
}

fn one<T: FromStr<Err = String>>(text: &str) -> Result<T, String> {
    text.parse()
}

fn list<T: FromStr<Err = String>>(text: &str) -> Result<Vec<T>, String> {
    let all: Result<Vec<T>, String> =
        text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::parse).collect();
    match all {
        Ok(all) if all.is_empty() => Err("name at least one".to_owned()),
        all => all,
    }
}

/// A name may have blanks: then commas part one from the next.
fn nvas(text: &str) -> Result<Vec<Nva>, String> {
    match text {
        "none" => Ok(Vec::new()),
        text if text.contains(',') => text.split(',').map(str::parse).collect(),
        text => text.split_whitespace().map(str::parse).collect(),
    }
}

fn missing(flag: &str, cure: &str) -> NoAnswers {
    NoAnswers::Usage(format!("{flag} is missing, and stdin is no terminal to ask at (add {cure})"))
}

/// The answers: flags first, then questions, then defaults.
///
/// # Errors
/// See [`NoAnswers`].
pub fn answers(task: &InitTask, asker: &mut Asker<'_>) -> Result<Answers, NoAnswers> {
    let region = match &task.region {
        Some(region) => region.clone(),
        None => asker
            .ask("Name of this region, for comments", "this region", one)?
            .unwrap_or(RegionName("this region".to_owned())),
    };
    let prefixes = match task.prefix.as_slice() {
        [] => asker
            .ask("Anycast address, on lo of every region's NVA", "9.9.9.9/32", list)?
            .ok_or_else(|| missing("--prefix", "--prefix 9.9.9.9/32"))?,
        given => given.to_vec(),
    };
    let address = match task.address {
        Some(address) => address,
        None => asker
            .ask("This NVA's own address", "", one)?
            .ok_or_else(|| missing("--address", "--address 172.16.156.70"))?,
    };
    let asn = |text: &str| text.parse::<Asn>().map(|asn| asn.get());
    let local_as = match task.local_as {
        Some(asn) => asn.get(),
        None => asker.ask("AS number of this NVA (the same in every region)", "65010", asn)?.unwrap_or(65010),
    };
    let servers = |text: &str| {
        let pair: Vec<HostAddress> = list(text)?;
        <[HostAddress; 2]>::try_from(pair).map_err(|_| {
            "a Route Server has two addresses; az network routeserver show prints them (virtualRouterIps)"
                .to_owned()
        })
    };
    let route_servers = match task.route_server.as_slice() {
        [] => asker.ask("Both addresses of the Route Server, with a blank between", "", servers)?.ok_or_else(|| missing("--route-server", "--route-server 172.16.159.4 --route-server 172.16.159.5"))?,
        [first, second] => [*first, *second],
        _ => return Err(NoAnswers::Usage("--route-server is given twice: a Route Server has two addresses (az network routeserver show prints them, virtualRouterIps)".to_owned())),
    };
    let role = |text: &str| match text {
        "primary" => Ok(0),
        "secondary" => Ok(2),
        number => number.parse::<u8>().ok().filter(|times| *times < 50).ok_or_else(|| {
            "write primary, secondary, or how often the AS number is to be prepended".to_owned()
        }),
    };
    let prepend = match (task.primary, task.secondary, task.prepend) {
        (_, _, Some(times)) => times,
        (_, true, None) => 2,
        (true, false, None) => 0,
        (false, false, None) => asker
            .ask("Is this the primary or the secondary region", "primary", role)?
            .or(task.no_sibling.then_some(0))
            .ok_or_else(|| missing("--primary or --secondary", "--primary in one region only"))?,
    };
    let backend = match &task.backend {
        Some(backend) => backend.clone(),
        None => asker
            .ask("Name of HAProxy's backend", "http_back", one)?
            .map_or_else(|| "http_back".parse().map_err(NoAnswers::Usage), Ok)?,
    };
    let servers = match task.server.as_slice() {
        [] => asker
            .ask("Its servers, such as backend01=172.16.156.69", "", list)?
            .ok_or_else(|| missing("--server", "--server backend01=172.16.156.69"))?,
        given => given.to_vec(),
    };
    let check = match &task.check {
        Some(check) => check.clone(),
        None => asker.ask("What their health check asks for", "/", one)?.unwrap_or(CheckPath("/".to_owned())),
    };
    let sibling = |text: &str| if text == "none" { Ok(None) } else { text.parse::<HostAddress>().map(Some) };
    let sibling = match (task.sibling, task.no_sibling) {
        (Some(address), _) => Some(address),
        (None, true) => None,
        (None, false) => asker
            .ask("The other region's NVA, or none", "none", sibling)?
            .ok_or_else(|| missing("--sibling", "--sibling 172.16.136.70, or --no-sibling"))?,
    };
    let nvas = match task.nva.as_slice() {
        [] if task.no_second_chance || sibling.is_none() => Vec::new(),
        [] => asker
            .ask(
                "Second chance: the NVAs of all regions, in the same order everywhere, or none",
                "none",
                nvas,
            )?
            .unwrap_or_default(),
        given => given.to_vec(),
    };
    let answers = Answers {
        region,
        prefixes,
        address: address.0,
        next_hop: task.next_hop.map_or(address.0, |hop| hop.0),
        local_as,
        prepend,
        route_servers: route_servers.map(|address| address.0),
        backend,
        servers,
        check,
        sibling: sibling.map(|address| address.0),
        nvas,
    };
    fit::fit(&answers).map_err(NoAnswers::Usage)?;
    Ok(answers)
}

/// The terminal, where stdin is one.
pub fn terminal() -> Option<io::BufReader<io::Stdin>> {
    use std::io::IsTerminal;
    io::stdin().is_terminal().then(|| io::BufReader::new(io::stdin()))
}
