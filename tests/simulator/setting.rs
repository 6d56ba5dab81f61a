//! The stage of a history: regions, their NVAs, and the configuration of each, as its operator wrote it.

use std::fmt::Write;

use haproxy_rhi::world::haproxy::{Backend, Layout};

use super::dice::Pick;
use super::random::Random;

/// Names of services, by their number.
pub const SERVICES: [&str; 2] = ["web", "api"];
/// Route Servers of a region.
pub const SESSIONS: usize = 2;

/// What a history plays on.
#[derive(Debug, Clone)]
pub struct Setting {
    pub seed: u64,
    pub regions: usize,
    pub nvas: Vec<NvaSpec>,
    /// Servers of a service in a region.
    pub servers: usize,
}

/// One NVA and what runs on it.
#[derive(Debug, Clone)]
pub struct NvaSpec {
    pub region: usize,
    pub exabgp: &'static str,
    pub acks: bool,
    /// HAProxy's checks of a server after its start, in milliseconds.
    pub first_check: u64,
    /// From a server's death or return to HAProxy's word.
    pub check: u64,
    pub config: ConfigSpec,
}

/// A configuration file.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigSpec {
    pub interval: u64,
    pub fast: u64,
    pub timeout: u64,
    pub events: bool,
    pub control: bool,
    pub keep_on_exit: bool,
    /// Seconds; 0: never.
    pub read_back: u64,
    pub services: Vec<ServiceSpec>,
}

/// How many servers a level wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Need {
    Any,
    Active(usize),
    Percent(usize),
    Weight(usize),
}

/// What a level wants beside its servers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beside {
    Frontend,
    File,
    Tcp,
}

/// A level.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelSpec {
    pub name: String,
    pub need: Need,
    pub beside: Vec<Beside>,
    pub prepend: usize,
}

/// A service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceSpec {
    /// Its place in [`SERVICES`]: whose servers and prefix it has.
    pub number: usize,
    pub name: String,
    /// The backend whose servers follow those of the other one (`track`).
    pub local: bool,
    pub levels: Vec<LevelSpec>,
    pub path: usize,
    pub med: Option<u64>,
    pub path_information: Option<u64>,
    /// Which of the region's Route Servers; none: all.
    pub neighbors: Option<usize>,
    pub rise: u64,
    pub fall: u64,
    pub hold: u64,
    pub keep: bool,
    pub warm_up: u64,
    /// Wait, ceiling, quiet.
    pub damping: Option<(u64, u64, u64)>,
    pub siblings: bool,
    pub settle: u64,
    pub sibling_timeout: u64,
    pub last: usize,
    pub ask: u64,
    pub depreferred: u64,
    pub drain_prepend: usize,
    pub require_address: bool,
    /// A prefix of IPv6 beside that of IPv4.
    pub both: bool,
}

impl Setting {
    pub fn of(seed: u64) -> Self {
        let mut random = Random::of(seed, 1);
        let regions = random.pick(&[2, 2, 2, 2, 2, 2, 2, 3, 3, 4]);
        let services = random.pick(&[1, 1, 1, 2]);
        let servers = random.range(1, 3) as usize;
        let siblings = !random.chance(8);
        let mut nvas = Vec::new();
        for region in 0..regions {
            let count = if random.chance(15) { 2 } else { 1 };
            for _ in 0..count {
                nvas.push(nva(region, services, servers, siblings, &mut random));
            }
        }
        // All regions have the same prefixes.
        for number in (0..services).filter(|_| random.chance(25)) {
            nvas.iter_mut()
                .for_each(|nva| nva.config.services[number].both = true);
        }
        // By dice of its own, so that the seeds of before mean what they did where it is not drawn.
        let mut dice = Random::of(seed, 600);
        for nva in &mut nvas {
            let drawn = dice.pick(&[None, None, None, Some("6"), Some("6 as 4")]);
            nva.exabgp = everywhere().or(drawn).unwrap_or(nva.exabgp);
        }
        Self {
            seed,
            regions,
            nvas,
            servers,
        }
    }

    /// So many regions of one NVA each, with one service, and nothing out of the ordinary.
    pub fn plain(regions: usize, random: &mut Random) -> Self {
        let mut nvas: Vec<NvaSpec> = (0..regions)
            .map(|region| nva(region, 1, 2, true, random))
            .collect();
        for nva in &mut nvas {
            (nva.exabgp, nva.acks, nva.first_check, nva.check) = ("4.2.21", true, 300, 100);
            let config = &mut nva.config;
            (
                config.interval,
                config.fast,
                config.timeout,
                config.read_back,
            ) = (1000, 100, 500, 60);
            (config.events, config.control, config.keep_on_exit) = (true, true, false);
            let service = &mut config.services[0];
            let (path, last) = (service.path, service.last);
            *service = ServiceSpec {
                levels: vec![level("up", Need::Any, 0)],
                path,
                last,
                ..ServiceSpec::plain()
            };
        }
        Self {
            seed: 0,
            regions,
            nvas,
            servers: 2,
        }
    }

    /// In some histories the regions behind the first take over from those before them.
    pub fn takes_over(&self) -> bool {
        self.seed % 3 == 1
    }

    /// Those whose routes are preferred to its own, where it takes over from them.
    pub fn preferred(&self, nva: usize) -> impl Iterator<Item = usize> + '_ {
        let region = self.nvas[nva].region;
        self.siblings(nva)
            .filter(move |other| self.takes_over() && self.nvas[*other].region < region)
    }

    /// The others that serve the same in other regions.
    pub fn siblings(&self, nva: usize) -> impl Iterator<Item = usize> + '_ {
        let region = self.nvas[nva].region;
        (0..self.nvas.len()).filter(move |other| self.nvas[*other].region != region)
    }
}

/// `SIMULATOR_EXABGP=6`: each NVA has this one.
fn everywhere() -> Option<&'static str> {
    match std::env::var("SIMULATOR_EXABGP").ok()?.as_str() {
        "6" => Some("6"),
        "6 as 4" => Some("6 as 4"),
        _ => None,
    }
}

fn nva(
    region: usize,
    services: usize,
    servers: usize,
    siblings: bool,
    random: &mut Random,
) -> NvaSpec {
    let fast = random.pick(&[50, 100, 100, 200]);
    let config = ConfigSpec {
        interval: random.pick(&[1000, 1000, 1000, 1000, 1000, 500]),
        fast,
        timeout: random.pick(&[500, 300]),
        events: random.chance(70),
        control: random.chance(92),
        keep_on_exit: random.chance(15),
        read_back: random.pick(&[0, 5, 10, 60]),
        services: (0..services)
            .map(|number| service(number, region, servers, siblings, random))
            .collect(),
    };
    NvaSpec {
        region,
        exabgp: random.pick(&["4.2.21", "4.2.25", "5.0.15"]),
        acks: random.chance(90),
        first_check: random.pick(&[20, 300, 1000, 4000]),
        check: random.pick(&[30, 200, 1100]),
        config,
    }
}

fn service(
    number: usize,
    region: usize,
    servers: usize,
    siblings: bool,
    random: &mut Random,
) -> ServiceSpec {
    let mut levels = vec![level(
        "up",
        random.pick(&[Need::Any, Need::Percent(50), Need::Active(servers)]),
        0,
    )];
    if random.chance(40) {
        levels[0].need = random.pick(&[
            Need::Active(servers),
            Need::Percent(60),
            Need::Weight(servers),
        ]);
        levels.push(level("degraded", Need::Any, 3));
    }
    for beside in [
        Beside::Frontend,
        Beside::Frontend,
        Beside::File,
        Beside::Tcp,
    ] {
        if random.chance(15) && !levels[0].beside.contains(&beside) {
            levels[0].beside.push(beside);
        }
    }
    if random.chance(30) {
        let all = levels
            .iter_mut()
            .filter(|level| !level.beside.contains(&Beside::Frontend));
        all.for_each(|level| level.beside.push(Beside::Frontend));
    }
    ServiceSpec {
        number,
        name: SERVICES[number].to_owned(),
        local: random.chance(15),
        levels,
        path: 1 + 2 * region,
        med: random.chance(20).then_some(10),
        path_information: random.chance(10).then_some(7),
        neighbors: random.chance(10).then_some(random.below(SESSIONS)),
        rise: random.range(1, 3),
        fall: random.pick(&[1, 1, 1, 2, 3]),
        hold: random.pick(&[500, 1000, 2500]),
        keep: random.chance(10),
        warm_up: random.pick(&[0, 0, 0, 1000]),
        damping: random.chance(30).then_some((500, 2000, 6000)),
        siblings,
        settle: random.pick(&[500, 1000, 2000]),
        sibling_timeout: random.pick(&[200, 700]),
        last: 20,
        ask: random.pick(&[0, 500, 1500]),
        depreferred: random.pick(&[0, 500, 1500]),
        drain_prepend: random.pick(&[3, 10]),
        require_address: random.chance(85),
        both: false,
    }
}

fn level(name: &str, need: Need, prepend: usize) -> LevelSpec {
    LevelSpec {
        name: name.to_owned(),
        need,
        beside: Vec::new(),
        prepend,
    }
}

impl ServiceSpec {
    fn plain() -> Self {
        Self {
            number: 0,
            name: SERVICES[0].to_owned(),
            local: false,
            levels: Vec::new(),
            path: 1,
            med: None,
            path_information: None,
            neighbors: None,
            rise: 2,
            fall: 1,
            hold: 2000,
            keep: false,
            warm_up: 0,
            damping: None,
            siblings: true,
            settle: 1000,
            sibling_timeout: 700,
            last: 20,
            ask: 500,
            depreferred: 500,
            drain_prepend: 3,
            require_address: true,
            both: false,
        }
    }

    /// The same of the second service.
    pub fn second(&self) -> Self {
        let (number, name) = (1, SERVICES[1].to_owned());
        Self {
            number,
            name,
            ..self.clone()
        }
    }

    fn prefixes(&self) -> String {
        let last = 9 + self.number;
        let six = if self.both {
            format!(", \"2001:db8:9::{last:x}/128\"")
        } else {
            String::new()
        };
        format!("\"9.9.9.{last}/32\"{six}")
    }

    /// A level wants something that HAProxy does not tell.
    pub fn is_probed(&self) -> bool {
        self.levels.iter().any(|level| {
            level
                .beside
                .iter()
                .any(|beside| *beside != Beside::Frontend)
        })
    }

    /// The proxy whose servers its levels count.
    pub fn backend(&self) -> String {
        backend(self.number, self.local)
    }
}

pub fn backend(number: usize, local: bool) -> String {
    format!(
        "{}_{}",
        SERVICES[number],
        if local { "local" } else { "back" }
    )
}

/// HAProxy's variable of a service.
pub fn variable(kind: &str, number: usize) -> String {
    format!("proc.{kind}_{}", SERVICES[number])
}

/// The proxies of an NVA's HAProxy.
pub fn layout(services: usize) -> Layout {
    let mut layout = Layout::default();
    for (group, service) in SERVICES.iter().enumerate().take(services) {
        let front = format!("{service}_front");
        layout.frontends.insert(front, group);
        for local in [false, true] {
            let one = Backend {
                group,
                follows: local.then(|| backend(group, false)),
                sibling: !local,
                ..Backend::default()
            };
            layout.backends.insert(backend(group, local), one);
        }
    }
    layout
}

pub fn neighbor(region: usize, session: usize) -> String {
    format!("10.{region}.159.{}", 4 + session)
}

/// Where a sibling's health page is.
pub fn page(nva: usize, number: usize) -> String {
    format!("http://10.9.{nva}.70/{}", SERVICES[number])
}

pub fn ready_file(number: usize) -> String {
    format!("/run/{}.ready", SERVICES[number])
}

pub fn port(number: usize) -> String {
    format!("127.0.0.1:{}", 8080 + number)
}

impl ConfigSpec {
    /// The file's text.
    pub fn json(&self, setting: &Setting, nva: usize) -> String {
        let mut text = String::with_capacity(1024);
        let events = if self.events {
            ", \"events\": \"127.0.0.1:30514\""
        } else {
            ""
        };
        let control = if self.control {
            ", \"control\": \"/run/control.sock\""
        } else {
            ""
        };
        let _ = write!(
            text,
            "{{\"haproxy\": {{\"stats\": \"/run/watch.sock\"{events}{control}, \"interval\": \"{}ms\", \"fast_interval\": \"{}ms\", \"timeout\": \"{}ms\"}}, \"on_exit\": \"{}\", \"read_back\": \"{}s\", \"services\": {{",
            self.interval,
            self.fast,
            self.timeout,
            if self.keep_on_exit {
                "keep"
            } else {
                "withdraw"
            },
            self.read_back
        );
        for (index, service) in self.services.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { ", " });
            service.write(setting, nva, &mut text);
        }
        text.push_str("}}");
        text
    }
}

impl ServiceSpec {
    fn write(&self, setting: &Setting, nva: usize, text: &mut String) {
        let path = vec!["65010"; self.path + usize::from(setting.takes_over())].join(", ");
        let word = SERVICES[self.number];
        let _ = write!(
            text,
            "\"{}\": {{\"prefixes\": [{}], \"next_hop\": [\"10.9.{nva}.70\", \"2001:db8:{nva}::70\"], \"as_path\": [{path}], \"rise\": {}, \"fall\": {}, \"unknown\": {{\"hold\": \"{}ms\", \"then\": \"{}\"}}, \"warm_up\": \"{}ms\", \"require_address\": {}, \"announced_variable\": \"proc.out_{word}\", \"drain\": {{\"ask\": \"{}ms\", \"for\": \"{}ms\", \"prepend\": {}, \"variable\": \"proc.drain_{word}\"}}, \"levels\": [",
            self.name,
            self.prefixes(),
            self.rise,
            self.fall,
            self.hold,
            if self.keep { "keep" } else { "withdraw" },
            self.warm_up,
            self.require_address,
            self.ask,
            self.depreferred,
            self.drain_prepend
        );
        for (index, level) in self.levels.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { ", " });
            self.write_level(level, text);
        }
        text.push(']');
        if let Some(med) = self.med {
            let _ = write!(text, ", \"med\": {med}");
        }
        if let Some(id) = self.path_information {
            let _ = write!(text, ", \"path_information\": {id}");
        }
        if let Some(session) = self.neighbors {
            let _ = write!(
                text,
                ", \"neighbors\": [\"{}\"]",
                neighbor(setting.nvas[nva].region, session)
            );
        }
        if let Some((wait, ceiling, quiet)) = self.damping {
            let _ = write!(
                text,
                ", \"damping\": {{\"wait\": \"{wait}ms\", \"ceiling\": \"{ceiling}ms\", \"quiet\": \"{quiet}ms\"}}"
            );
        }
        if self.siblings {
            let urls: Vec<String> = setting
                .siblings(nva)
                .map(|other| format!("\"{}\"", page(other, self.number)))
                .collect();
            let _ = write!(
                text,
                ", \"siblings\": {{\"urls\": [{}]{}, \"timeout\": \"{}ms\", \"settle\": \"{}ms\", \"last_standing\": {{\"prepend\": {}}}}}",
                urls.join(", "),
                self.takeover(setting, nva),
                self.sibling_timeout,
                self.settle,
                self.last
            );
        }
        text.push('}');
    }

    fn takeover(&self, setting: &Setting, nva: usize) -> String {
        let urls: Vec<String> = setting
            .preferred(nva)
            .map(|other| format!("\"{}\"", page(other, self.number)))
            .collect();
        if urls.is_empty() {
            return String::new();
        }
        format!(
            ", \"takeover\": {{\"from\": [{}], \"after\": \"1s\", \"as_path\": [65010]}}",
            urls.join(", ")
        )
    }

    fn write_level(&self, level: &LevelSpec, text: &mut String) {
        let need = match level.need {
            Need::Any => String::new(),
            Need::Active(count) => format!(", \"min_active\": {count}"),
            Need::Percent(share) => format!(", \"min_percent\": {share}"),
            Need::Weight(sum) => format!(", \"min_weight\": {sum}"),
        };
        let mut parts = vec![format!(
            "{{\"backend\": {{\"name\": \"{}\"{need}}}}}",
            self.backend()
        )];
        for beside in &level.beside {
            parts.push(match beside {
                Beside::Frontend => {
                    format!(
                        "{{\"frontend\": {{\"name\": \"{}_front\"}}}}",
                        SERVICES[self.number]
                    )
                }
                Beside::File => format!(
                    "{{\"file\": {{\"path\": \"{}\"}}}}",
                    ready_file(self.number)
                ),
                Beside::Tcp => {
                    format!(
                        "{{\"tcp\": {{\"address\": \"{}\", \"timeout\": \"500ms\"}}}}",
                        port(self.number)
                    )
                }
            });
        }
        let when = if parts.len() == 1 {
            parts.remove(0)
        } else {
            format!("{{\"all\": [{}]}}", parts.join(", "))
        };
        let _ = write!(
            text,
            "{{\"name\": \"{}\", \"when\": {when}, \"prepend\": {}}}",
            level.name, level.prepend
        );
    }
}
