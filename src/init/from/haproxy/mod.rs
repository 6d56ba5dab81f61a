//! The existing haproxy.cfg: what is found in it, and what is to be added. Pure.

mod add;

use super::found::{File, Found};
use crate::condition::ProxyName;
use crate::haproxy_cfg::{Doors, Leads, Line, Outline, Section, Ways};

use crate::init::answers::Answers;
use crate::init::endpoints::{EVENTS, Endpoints};
use crate::init::task::InitTask;
use crate::init::values::Server;
use crate::observation::NVA_NAME;

/// The file of `--add`, which HAProxy reads after haproxy.cfg.
pub const SNIPPET_PATH: &str = "etc/haproxy/conf.d/haproxy-rhi.cfg";

/// The frontend that is added for the health page.
const PAGE: &str = "haproxy_rhi_page";
const PAGE_PORT: u16 = 8088;
/// The variable that the health page checks.
const ANNOUNCED: &str = "proc.announced_until";

/// haproxy.cfg.
#[derive(Debug)]
pub struct Haproxy {
    /// The file.
    pub file: File,
    sections: Outline,
    doors: Doors,
}

/// What haproxy-rhi needs and haproxy.cfg has.
#[derive(Debug, Default)]
struct Has<'cfg> {
    stats: Option<&'cfg str>,
    control: Option<&'cfg str>,
    variables: bool,
    log: bool,
    log_global: bool,
    page: Option<String>,
    /// The page's section, where it does not say whose page it is.
    nameless: Option<&'cfg Section>,
}

impl Haproxy {
    /// Parses a file.
    pub fn read(file: File) -> Self {
        let sections = Outline::read([file.text.as_str()]);
        let doors = Doors::of_files(Ok(Ways::read([file.text.as_str()])));
        Self {
            file,
            sections,
            doors,
        }
    }

    /// Fills the task's values that no flag gives, and lists what is found.
    pub fn answer(&self, task: &mut InitTask, found: &mut Found) {
        for line in self.global() {
            match line.words.as_slice() {
                [stats, socket, words @ ..] if stats == "stats" && socket == "socket" => {
                    found.value("stats socket", words.join(" "), &self.file, line.number);
                }
                [log, words @ ..] if log == "log" => {
                    found.value("log", words.join(" "), &self.file, line.number);
                }
                _ => {}
            }
        }
        let mut fronts: Vec<&Section> = self.fronts(task).collect();
        let has_door = !self.backends(&fronts).is_empty();
        if let Some(backend) = task.backend.as_ref().filter(|_| !has_door) {
            fronts = self.leading_to(backend);
        }
        for (front, bind) in fronts
            .iter()
            .filter_map(|front| Some((front, binds(front).next()?)))
        {
            let value = format!("{} ({})", front.name, bind.words.join(" "));
            found.value("frontend", value, &self.file, bind.number);
        }
        task.backends = self.backends(&fronts);
        if task.backend.is_none() {
            task.backend = self.by_default(&fronts).and_then(|name| name.parse().ok());
            self.passed_over(task, found);
        }
        self.add_behind_other_ports(&mut task.backends);
        for line in self
            .sections
            .of(&["frontend", "listen"])
            .flat_map(|section| &section.lines)
        {
            if let [monitor, uri, ..] = line.words.as_slice()
                && monitor == "monitor-uri"
            {
                found.value("monitor-uri", uri, &self.file, line.number);
            }
        }
        match task
            .backend
            .as_ref()
            .and_then(|name| self.sections.backend(name.as_str()))
        {
            Some(backend) => self.of_backend(backend, task, found),
            None if !has_door => {
                found.wrong(&self.file, 1, "no frontend on port 80 or 443 or on the prefix leads to a backend; name it with --backend");
            }
            None => {}
        }
    }

    /// The frontends that lead to a backend, at any port.
    fn leading_to(&self, backend: &ProxyName) -> Vec<&Section> {
        let names = self.doors.to(backend.as_str());
        let all = self.sections.of(&["frontend", "listen"]);
        all.filter(|front| names.contains(&front.name.as_str()))
            .collect()
    }

    /// Lists the other backends that clients are led to, where one was chosen.
    fn passed_over(&self, task: &InitTask, found: &mut Found) {
        let Some(chosen) = &task.backend else { return };
        let all = self.sections.of(&["backend", "listen"]);
        let all = all.filter(|one| has_servers(one));
        let others = all.filter(|one| one.name != chosen.as_str());
        for Section { name, line, .. } in others {
            let what = match self.doors.to(name).as_slice() {
                [] if self.is_perhaps_led_to(name) => {
                    format!("{name} is not watched; a rule makes its name while HAProxy runs")
                }
                [] => continue,
                _ => format!("{name} is not watched; --backend {name}"),
            };
            found.value("passed over", what, &self.file, *line);
        }
    }

    /// Adds the backends of frontends at other ports: the operator may choose them.
    fn add_behind_other_ports(&self, backends: &mut Vec<String>) {
        let all: Vec<&Section> = self.sections.of(&["frontend", "listen"]).collect();
        let others = self.backends(&all).into_iter();
        let serves = |name: &String| self.sections.backend(name).is_some_and(has_servers);
        let is_new = |name: &String| serves(name) && !backends.contains(name);
        let others: Vec<String> = others.filter(is_new).collect();
        backends.extend(others);
    }

    fn is_perhaps_led_to(&self, backend: &str) -> bool {
        let mut fronts = self.sections.of(&["frontend", "listen"]);
        fronts.any(|front| {
            let leads = self.doors.leads(&front.name, backend);
            matches!(leads, Some(Leads::Perhaps(_)))
        })
    }

    fn of_backend(&self, backend: &Section, task: &mut InitTask, found: &mut Found) {
        found.value("backend", &backend.name, &self.file, backend.line);
        let check = |line: &&Line| {
            line.begins(&["option", "httpchk"]) || line.begins(&["http-check", "send"])
        };
        for line in backend.lines.iter().filter(check) {
            let path = line.after("uri").or(line
                .words
                .iter()
                .skip(2)
                .map(String::as_str)
                .find(|word| word.starts_with('/')));
            if let Some(path) = path {
                found.value("check", path, &self.file, line.number);
                task.check = task.check.take().or(path.parse().ok());
            }
        }
        let is_checked =
            |words: &[String]| words.iter().any(|word| word == "check" || word == "track");
        let by_default = self
            .sections
            .says(backend, &["default-server"])
            .is_some_and(|line| is_checked(&line.words));
        let named = !task.server.is_empty();
        for line in backend.lines.iter().filter(|line| line.begins(&["server"])) {
            let [_, name, address, options @ ..] = line.words.as_slice() else {
                continue;
            };
            if options.iter().any(|word| word == "backup") {
                found.value(
                    "backup",
                    format!("{name}={address}"),
                    &self.file,
                    line.number,
                );
                continue;
            }
            found.value(
                "server",
                format!("{name}={address}"),
                &self.file,
                line.number,
            );
            // A server by a host name is left to HAProxy.
            if let (false, Ok(server)) = (named, format!("{name}={address}").parse::<Server>()) {
                task.server.push(server);
            }
            if !by_default && !is_checked(options) {
                found.wrong(
                    &self.file,
                    line.number,
                    format!(
                        "server '{name}' is not checked, so HAProxy never marks it DOWN; add check"
                    ),
                );
            }
        }
    }

    fn global(&self) -> impl Iterator<Item = &Line> {
        self.sections
            .of(&["global"])
            .flat_map(|section| &section.lines)
    }

    /// The clients' frontends: at port 80 or 443, or at an address of the prefix.
    fn fronts(&self, task: &InitTask) -> impl Iterator<Item = &Section> {
        let is_door = |address: &str| {
            let Some((host, port)) = address.rsplit_once(':') else {
                return false;
            };
            let host = host
                .rsplit_once('@')
                .map_or(host, |(_, host)| host)
                .trim_matches(['[', ']']);
            let ip = host.parse::<std::net::IpAddr>().ok();
            let inside = ip.is_some_and(|ip| task.prefix.iter().any(|prefix| prefix.contains(ip)));
            inside || matches!(port, "80" | "443") && !ip.is_some_and(|ip| ip.is_loopback())
        };
        let is_door = move |bind: &Line| {
            bind.words
                .get(1)
                .is_some_and(|all| all.split(',').any(is_door))
        };
        let fronts: Vec<&Section> = self
            .sections
            .of(&["frontend", "listen"])
            .filter(|front| binds(front).any(is_door))
            .collect();
        fronts.into_iter()
    }

    /// Backends that one of the frontends leads to, in the file's order.
    fn backends(&self, fronts: &[&Section]) -> Vec<String> {
        let names = self
            .sections
            .of(&["backend", "listen"])
            .map(|backend| &backend.name);
        names
            .filter(|name| {
                fronts
                    .iter()
                    .any(|front| self.doors.to(name).contains(&front.name.as_str()))
            })
            .cloned()
            .collect()
    }

    /// The default backend, if all frontends have the same; without defaults, the only backend.
    fn by_default(&self, fronts: &[&Section]) -> Option<String> {
        let default = |front: &&Section| match self.sections.says(front, &["default_backend"]) {
            Some(line) => line.words.get(1).cloned(),
            None => (front.kind == "listen").then(|| front.name.clone()),
        };
        let mut defaults: Vec<String> = fronts.iter().filter_map(default).collect();
        if defaults.is_empty() {
            defaults = self.backends(fronts);
        }
        defaults.dedup();
        <[String; 1]>::try_from(defaults).ok().map(|[only]| only)
    }

    fn has(&self, backend: &ProxyName) -> Has<'_> {
        let mut has = Has::default();
        for line in self.global() {
            let [first, second, path, options @ ..] = line.words.as_slice() else {
                continue;
            };
            if (first.as_str(), second.as_str()) == ("stats", "socket") && path.starts_with('/') {
                let with =
                    |key: &str, value: &str| options.windows(2).any(|pair| pair == [key, value]);
                let opens =
                    with("user", "exabgp") || with("group", "exabgp") || with("mode", "666");
                if with("level", "admin") && opens {
                    has.control = Some(path);
                } else if opens || with("group", "haproxy-rhi") {
                    has.stats = Some(path);
                }
            }
            has.variables |= line.begins(&["set-var", ANNOUNCED]);
            has.log |= line.begins(&["log", EVENTS]);
        }
        has.log_global = self
            .sections
            .backend(backend.as_str())
            .is_some_and(|backend| self.sections.says(backend, &["log", "global"]).is_some());
        let mut fronts = self.sections.of(&["frontend", "listen"]);
        let found = fronts.find_map(|front| Some((front, page(front)?)));
        has.nameless = found
            .as_ref()
            .map(|(front, _)| *front)
            .filter(|front| !self.sections.lines(front).into_iter().any(is_name));
        has.page = found.map(|(_, page)| page);
        has
    }

    /// The endpoints of this HAProxy, as they will be.
    pub fn endpoints(&self, answers: &Answers, add: bool) -> Endpoints {
        let (has, default) = (self.has(&answers.backend), Endpoints::default());
        Endpoints {
            frontends: self.frontends(answers),
            stats: has.stats.map_or(default.stats, str::to_owned),
            control: has.control.map_or(default.control, str::to_owned),
            // A snippet cannot add `log global` to an existing backend.
            events: default.events.filter(|_| has.log_global || !add),
            page: has
                .page
                .unwrap_or_else(|| format!(":{}/health", self.page_port())),
            ..default
        }
    }

    /// Checks that a frontend leads to the backend: a level names one.
    ///
    /// # Errors
    /// None does.
    pub fn leads_to(&self, backend: &ProxyName) -> Result<(), String> {
        let leads = |name: &str| !self.doors.to(name).is_empty();
        if leads(backend.as_str()) {
            return Ok(());
        }
        let names = self
            .sections
            .of(&["backend", "listen"])
            .map(|section| section.name.as_str());
        let others: Vec<&str> = names.filter(|name| leads(name)).collect();
        let cure = match others.as_slice() {
            [] => "haproxy-rhi needs a frontend and a backend with servers".to_owned(),
            others => format!("name the backend with --backend: {}", others.join(", ")),
        };
        Err(format!(
            "no frontend of {} leads to a backend '{}'; {cure}",
            self.file.path,
            backend.as_str()
        ))
    }

    /// The frontends that lead to the backend: the clients', or all if none of those does.
    fn frontends(&self, answers: &Answers) -> Vec<String> {
        let task = InitTask {
            prefix: answers.prefixes.clone(),
            ..InitTask::default()
        };
        let fronts: Vec<&str> = self
            .fronts(&task)
            .map(|front| front.name.as_str())
            .collect();
        let lead = self.doors.to(answers.backend.as_str());
        let doors: Vec<&&str> = lead.iter().filter(|name| fronts.contains(name)).collect();
        let all = if doors.is_empty() {
            lead.iter().collect()
        } else {
            doors
        };
        all.into_iter().map(|name| (*name).to_owned()).collect()
    }

    /// 8088, or the first above it that no `bind` names.
    fn page_port(&self) -> u16 {
        let taken = |port: &u16| {
            let ending = format!(":{port}");
            let all = self.sections.of(&["frontend", "listen"]).flat_map(binds);
            all.filter_map(|bind| bind.words.get(1))
                .any(|all| all.split(',').any(|one| one.ends_with(&ending)))
        };
        (PAGE_PORT..).find(|port| !taken(port)).unwrap_or(PAGE_PORT)
    }
}

fn has_servers(section: &Section) -> bool {
    let is_server = |line: &Line| line.begins(&["server"]) || line.begins(&["server-template"]);
    section.lines.iter().any(is_server)
}

fn binds(section: &Section) -> impl Iterator<Item = &Line> {
    section.lines.iter().filter(|line| line.begins(&["bind"]))
}

/// A section's health page: its URL after the NVA's address.
fn page(section: &Section) -> Option<String> {
    let tells = |line: &Line| {
        line.begins(&["monitor", "fail"]) && line.words.iter().any(|word| word.contains(ANNOUNCED))
    };
    section.lines.iter().find(|line| tells(line))?;
    let uri = section
        .lines
        .iter()
        .find(|line| line.begins(&["monitor-uri"]))?
        .words
        .get(1)?;
    let is_plain = |line: &&Line| !line.words.iter().any(|word| word == "ssl");
    let addresses = binds(section)
        .filter(is_plain)
        .filter_map(|line| line.words.get(1));
    let port = addresses
        .flat_map(|all| all.split(','))
        .find_map(open_port)?;
    let port = if port == 80 {
        String::new()
    } else {
        format!(":{port}")
    };
    Some(format!("{port}{uri}"))
}

/// The port of a bind's address that other hosts reach.
fn open_port(address: &str) -> Option<u16> {
    let (host, port) = address.rsplit_once(':')?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let is_loopback = ip.is_ok_and(|ip| ip.is_loopback()) || host == "localhost";
    port.parse().ok().filter(|_| !is_loopback)
}

/// Whether a line says whose page it is.
fn is_name(line: &Line) -> bool {
    let names_it = |word: &String| word.eq_ignore_ascii_case(NVA_NAME);
    line.words.iter().any(names_it)
}
