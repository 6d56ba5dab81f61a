//! Whether the siblings' urls of several NVAs lead to the pages that their haproxy.cfg serve, as far as the files tell. Only
//! [`Served::beside`] opens files.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::ground::{Ground, Source, place};
use super::regions::{is_at, shares_prefix};
use super::rule::*;
use crate::condition::Url;
use crate::config::{Config, Service};
use crate::files::{self, Links};
use crate::haproxy_cfg::{Line, Outline, Section};

/// The longest haproxy.cfg.
const LONGEST: u64 = 16 << 20;

/// Another NVA's configuration.
#[derive(Debug)]
pub struct Other<'a> {
    /// It, and where its values stand.
    ground: Ground<'a>,
    path: &'a str,
    /// What its haproxy.cfg serves; absent: none was found.
    served: Option<Served>,
}

/// The pages of a haproxy.cfg (`monitor-uri`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    path: String,
    pages: Vec<Page>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Page {
    /// Absent: it is made of an environment variable, and may be any.
    port: Option<u16>,
    uri: String,
    /// It says whether the route is out.
    tells: bool,
}

impl<'a> Other<'a> {
    /// With the haproxy.cfg that belongs to it.
    pub fn new((path, config): &'a (String, Config)) -> Self {
        let text = files::text(Path::new(path), Links::Followed, LONGEST);
        let ground = Ground {
            config,
            source: Source::File(path.clone(), text.unwrap_or_default()),
            conf: None,
        };
        Self {
            ground,
            path,
            served: Served::beside(Path::new(path)),
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(80) | None => f.write_str(&self.uri),
            Some(port) => write!(f, ":{port}{}", self.uri),
        }
    }
}

impl Served {
    /// Of the haproxy.cfg that belongs to a config.json: in the same folder, or as both are in /etc.
    pub fn beside(config: &Path) -> Option<Self> {
        let folder = config.parent()?;
        let near = folder.join("haproxy.cfg");
        let etc = match folder.file_name() {
            Some(_) => folder.with_file_name("haproxy"),
            None => folder.join("../haproxy"),
        };
        let (first, more) = match near.is_file() {
            true => (near, Vec::new()),
            false => (etc.join("haproxy.cfg"), snippets(&etc.join("conf.d"))),
        };
        let text = |path: &PathBuf| files::text(path, Links::Followed, LONGEST).ok();
        let mut texts = vec![text(&first)?];
        texts.extend(more.iter().filter_map(text));
        Some(Self::of(
            &first.display().to_string(),
            texts.iter().map(String::as_str),
        ))
    }

    fn of<'text>(path: &str, texts: impl IntoIterator<Item = &'text str>) -> Self {
        let outline = Outline::read(texts);
        let fronts = outline.of(&["frontend", "listen"]);
        Self {
            path: path.to_owned(),
            pages: fronts.flat_map(|front| pages(&outline, front)).collect(),
        }
    }

    /// The pages that say whether the route is out; where none does, all.
    fn counted(&self) -> Vec<&Page> {
        let telling: Vec<&Page> = self.pages.iter().filter(|page| page.tells).collect();
        match telling.is_empty() {
            true => self.pages.iter().collect(),
            false => telling,
        }
    }

    /// Why a URL leads to none of the pages; absent: it does, or the file has none.
    fn misses(&self, url: &Asked) -> Option<String> {
        let pages = self.counted();
        let is_there =
            |page: &&Page| page.uri == url.uri && page.port.is_none_or(|port| port == url.port);
        let first = pages.first().filter(|_| !pages.iter().any(is_there))?;
        Some(format!(
            "{} serves its page at http://{}{first}",
            self.path, url.host
        ))
    }
}

/// The files of a folder that HAProxy reads after its own.
fn snippets(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "cfg"))
        .collect();
    found.sort();
    found
}

/// A section's page at each port of its.
fn pages(outline: &Outline, front: &Section) -> Vec<Page> {
    let Some(uri) = outline
        .says(front, &["monitor-uri"])
        .and_then(|line| line.after("monitor-uri"))
    else {
        return Vec::new();
    };
    let tells = |line: &&Line| {
        let names_it = |word: &String| word.contains("announced_until");
        line.begins(&["monitor", "fail"]) && line.words.iter().any(names_it)
    };
    let tells = front.lines.iter().any(|line| tells(&line));
    let binds = front.lines.iter().filter(|line| line.begins(&["bind"]));
    let addresses = binds.filter_map(|line| line.words.get(1));
    let ports = addresses.flat_map(|all| all.split(',')).filter_map(port);
    ports
        .map(|port| Page {
            port,
            uri: uri.to_owned(),
            tells,
        })
        .collect()
}

/// The port of a bind's address, if it can be known; absent: no other host reaches it, such as a socket's path.
fn port(address: &str) -> Option<Option<u16>> {
    if address.contains('$') {
        return Some(None);
    }
    let (host, port) = address.rsplit_once(':')?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_loopback = ip.is_ok_and(|ip| ip.is_loopback()) || host == "localhost";
    match port.parse() {
        _ if is_loopback => None,
        Ok(port) => Some(Some(port)),
        // A range.
        Err(_) if port.contains('-') => Some(None),
        Err(_) => None,
    }
}

/// A URL in parts.
struct Asked {
    host: IpAddr,
    port: u16,
    uri: String,
}

impl Asked {
    /// Absent: it has a name instead of an address.
    fn of(url: &Url) -> Option<Self> {
        let uri: ureq::http::Uri = url.as_str().parse().ok()?;
        let usual = match uri.scheme_str() {
            Some("https") => 443,
            _ => 80,
        };
        Some(Self {
            host: url.address()?,
            port: uri.port_u16().unwrap_or(usual),
            uri: uri.path_and_query()?.as_str().to_owned(),
        })
    }

    fn place(&self) -> (u16, &str) {
        (self.port, &self.uri)
    }
}

/// All findings. `own`: what this NVA's haproxy.cfg serves.
pub fn findings(ground: &Ground<'_>, own: Option<&Served>, others: &[Other<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for service in &ground.config.services {
        for other in others {
            let theirs = other.ground.config.services.iter();
            for their in theirs.filter(|their| shares_prefix(service, their)) {
                found.extend(of_two(ground, own, service, (other, their)));
            }
        }
    }
    found
}

fn of_two(
    ground: &Ground<'_>,
    own: Option<&Served>,
    service: &Service,
    (other, their): (&Other<'_>, &Service),
) -> Vec<Finding> {
    let at = place(service).key("siblings").key("urls");
    let (asked, asking) = (urls(service, their), urls(their, service));
    let mut found = Vec::new();
    for (index, url, parts) in &asked {
        let missed = other
            .served
            .as_ref()
            .and_then(|served| served.misses(parts));
        found.extend(missed.map(|page| {
            let what = format!(
                "sibling {} of service {} is no page of that NVA: {page}",
                url.as_str(),
                service.name
            );
            ground.in_config(&at.index(*index), warning(&OTHER_PAGE, what, CURE))
        }));
    }
    let pages = other
        .served
        .as_ref()
        .map(|served| (&served.path, &served.pages));
    if let (Some((index, url, _)), Some((path, []))) = (
        asked.first(),
        pages.map(|(path, pages)| (path, pages.as_slice())),
    ) {
        let what = format!(
            "{} is asked here, and {path} has no page of HAProxy's own (monitor-uri)",
            url.as_str()
        );
        let cure = "add the page that haproxy-rhi-config(5) has under SIBLINGS";
        found.push(ground.in_config(&at.index(*index), note(&OTHER_PAGE, what, cure)));
    }
    let there = place(their).key("siblings").key("urls");
    for (index, url, parts) in &asking {
        let missed = own.and_then(|served| served.misses(parts));
        found.extend(missed.map(|page| {
            let what = format!(
                "sibling {} of service {} is no page of this NVA: {page}",
                url.as_str(),
                their.name
            );
            let said = warning(&OTHER_PAGE, what, CURE);
            other.ground.in_config(&there.index(*index), said)
        }));
    }
    let is_known = other.served.is_some() && own.is_some();
    if let (false, Some((index, url, here)), Some((_, back, there))) =
        (is_known || !found.is_empty(), asked.first(), asking.first())
        && here.place() != there.place()
    {
        let what = format!(
            "{} is asked here, and {} by {}: whether both are the other one's page is not known without both haproxy.cfg",
            url.as_str(),
            back.as_str(),
            other.path
        );
        let cure = "put each NVA's haproxy.cfg beside its config.json; or compare them by hand (monitor-uri, bind)";
        found.push(ground.in_config(&at.index(*index), note(&OTHER_PAGE, what, cure)));
    }
    found
}

const CURE: &str = "write the url of that page, with its port and path";

/// The urls of `one` that lead to `other`, each with its index.
fn urls<'one>(one: &'one Service, other: &Service) -> Vec<(usize, &'one Url, Asked)> {
    let probes = one.siblings.iter().flat_map(|siblings| &siblings.probes);
    let urls = probes.filter_map(|probe| probe.url()).enumerate();
    let all = urls.filter_map(|(index, url)| Some((index, url, Asked::of(url)?)));
    all.filter(|(.., asked)| is_at(other, asked.host)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = " monitor fail unless { date,neg,add(proc.announced_until) -m int 1:10 }\n";

    fn misses(cfg: &str, url: &str) -> Option<String> {
        let served = Served::of("haproxy.cfg", [cfg]);
        served.misses(&Asked::of(&url.parse().unwrap()).unwrap())
    }

    #[test]
    fn a_url_leads_to_a_page_by_its_port_and_its_path() {
        let one = format!(
            "frontend f\n bind *:80\n bind unix@/run/x.sock,[::]:8080\n monitor-uri /health\n{PAGE}"
        );
        for (url, page) in [
            ("http://192.0.2.1/health", None),
            ("http://192.0.2.1:80/health", None),
            ("http://192.0.2.1:8080/health", None),
            ("https://192.0.2.1/health", Some("/health")),
            ("http://192.0.2.1:8088/health", Some("/health")),
            ("http://192.0.2.1/health?x", Some("/health")),
            ("http://192.0.2.1/", Some("/health")),
        ] {
            let expected =
                page.map(|page| format!("haproxy.cfg serves its page at http://192.0.2.1{page}"));
            assert_eq!(misses(&one, url), expected, "{url}");
        }
        // What says whether the route is out is the page, and not another one beside it.
        let two = format!("{one}frontend lb\n bind :9000\n monitor-uri /servers\n");
        assert!(misses(&two, "http://192.0.2.1:9000/servers").is_some());
        let only = "frontend lb\n bind :9000\n monitor-uri /servers\n";
        assert_eq!(misses(only, "http://192.0.2.1:9000/servers"), None);
        let other = misses(only, "http://192.0.2.1/health").unwrap();
        assert!(other.ends_with("http://192.0.2.1:9000/servers"), "{other}");
    }

    #[test]
    fn what_is_made_of_the_environment_may_be_any_page_and_no_page_says_nothing() {
        let any = format!("frontend f\n bind \"*:${{PORT}}\"\n monitor-uri /health\n{PAGE}");
        assert_eq!(misses(&any, "http://192.0.2.1:8088/health"), None);
        let range = format!("frontend f\n bind :8000-8100\n monitor-uri /health\n{PAGE}");
        assert_eq!(misses(&range, "http://192.0.2.1:8088/health"), None);
        for cfg in ["", "frontend f\n bind :80\n", "defaults\n monitor-uri /x\n"] {
            assert_eq!(misses(cfg, "http://192.0.2.1/health"), None, "{cfg}");
        }
        let hidden =
            format!("frontend f\n bind 127.0.0.1:80\n bind :8088\n monitor-uri /health\n{PAGE}");
        assert!(misses(&hidden, "http://192.0.2.1/health").is_some());
        let inherited = "defaults\n monitor-uri /x\nfrontend f\n bind :80\n";
        assert!(misses(inherited, "http://192.0.2.1/health").is_some());
    }
}
