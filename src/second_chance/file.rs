//! The file that names the anycast prefixes and the NVAs: a word and its value a line, the same file on every NVA.

use std::fmt;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use haproxy_rhi::failure::{self, Failure};
use haproxy_rhi::files::{self, Links};
use haproxy_rhi::foreign;
use haproxy_rhi::route::{Family, Prefix};

/// Bytes of the longest file that is read.
const LONGEST: u64 = 1 << 20;

/// A packet has four bits for its hops (`rules/ring.rs`).
const MOST_NVAS: usize = 14;
/// An inner packet of 1280 bytes must fit: IPv6 leaves a device of less (RFC 8200, section 5).
pub const LEAST_MTU: u16 = 1280;
const KEYS: [&str; 5] = ["prefix", "nva", "port", "mtu", "limit"];

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where they were read.
    pub path: PathBuf,
    /// The line of each NVA.
    pub lines: Vec<usize>,
    /// The anycast prefixes.
    pub prefixes: Vec<Prefix>,
    /// The NVAs' own addresses, of one family. Their order is the ring in which a packet is passed on.
    pub nvas: Vec<IpAddr>,
    /// The tunnel's UDP port.
    pub port: u16,
    /// The tunnel's MTU; `None`: what the way to the siblings leaves.
    pub mtu: Option<u16>,
    /// Packets a second that are handed over at most.
    pub limit: u32,
}

/// What is wrong, and where. Line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// What, and the cure.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.what)
    }
}

/// Reads the file.
///
/// # Errors
/// What is wrong with it: `path:line:column: what, and the cure`.
pub fn load(path: &Path) -> Result<Settings, Failure> {
    let text = files::text(path, Links::Followed, LONGEST).map_err(|error| {
        let cure = match error.kind() {
            ErrorKind::NotFound => {
                "; this NVA has no second chance: haproxy-rhi init writes the file, or you: a line 'prefix', and one 'nva' for each NVA \
                 (haproxy-rhi-second-chance(8)); --config names another file"
            }
            ErrorKind::PermissionDenied => "; run this as root, or let everybody read the file",
            ErrorKind::IsADirectory => "; name the file in it",
            _ => "",
        };
        let why = files::reason(&error);
        failure::configuration(format!("{}: cannot be read: {why}{cure}", path.display()))
    })?;
    let settings = parse(&text).map(|settings| Settings {
        path: path.to_owned(),
        ..settings
    });
    settings.map_err(|fault| failure::configuration(format!("{}:{fault}", path.display())))
}

/// Reads the file's text.
///
/// # Errors
/// The first fault.
pub fn parse(text: &str) -> Result<Settings, Fault> {
    let mut settings = Settings {
        path: PathBuf::new(),
        lines: Vec::new(),
        prefixes: Vec::new(),
        nvas: Vec::new(),
        port: 4790,
        mtu: None,
        limit: 200_000,
    };
    let mut seen: Vec<&str> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let words = words(line.split('#').next().unwrap_or_default());
        let Some(&(key, key_at)) = words.first() else {
            continue;
        };
        let here = |at: usize, what: String| {
            let before = line.get(..at).map_or(at, |before| before.chars().count());
            Fault {
                line: index + 1,
                column: before + 1,
                what: plain(&what),
            }
        };
        let Some(&(value, at)) = words.get(1) else {
            return Err(here(
                key_at,
                known(key).err().unwrap_or(format!("'{key}' has no value")),
            ));
        };
        known(key).map_err(|what| here(key_at, what))?;
        if let Some(&(more, at)) = words.get(2) {
            return Err(here(
                at,
                format!("'{more}' is one word too many; '{key}' has one value a line"),
            ));
        }
        if !matches!(key, "prefix" | "nva") {
            if seen.contains(&key) {
                return Err(here(key_at, format!("'{key}' is there twice; remove one")));
            }
            seen.push(key);
        }
        settings.take(key, value).map_err(|what| here(at, what))?;
        settings.lines.extend((key == "nva").then_some(index + 1));
    }
    match lack(&settings) {
        None => Ok(settings),
        Some(what) => Err(Fault {
            line: text.lines().count().max(1),
            column: 1,
            what,
        }),
    }
}

/// What the file lacks.
fn lack(settings: &Settings) -> Option<String> {
    if settings.prefixes.is_empty() {
        return Some("no 'prefix'; add the anycast prefix: 'prefix 9.9.9.9/32'".to_owned());
    }
    let count = match settings.nvas.len() {
        0 => "no",
        1 => "only one",
        _ => return None,
    };
    Some(format!(
        "{count} 'nva'; name every NVA by its own address, two or more"
    ))
}

impl Settings {
    /// What all NVAs must agree on, in one word: the prefixes, the NVAs in their order, the port. FNV-1a
    /// (draft-eastlake-fnv), since siblings may run other builds. It guards against mistakes, not attacks.
    pub fn fingerprint(&self) -> u32 {
        let mut prefixes: Vec<String> = self.prefixes.iter().map(Prefix::to_string).collect();
        prefixes.sort();
        let nvas = self.nvas.iter().map(IpAddr::to_string);
        let words = prefixes
            .into_iter()
            .chain(nvas)
            .chain([self.port.to_string()]);
        let byte = |sum: u32, byte: u8| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        words.fold(0x811c_9dc5, |sum, word| {
            byte(word.bytes().fold(sum, byte), b'\n')
        })
    }

    /// Where the file names an NVA: `path:line`.
    pub fn place(&self, nva: IpAddr) -> String {
        let line = self
            .nvas
            .iter()
            .zip(&self.lines)
            .find(|(named, _)| **named == nva)
            .map_or(1, |(_, line)| *line);
        format!("{}:{line}", self.path.display())
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "prefix" => {
                let prefix: Prefix = value.parse()?;
                if value
                    .split('/')
                    .next()
                    .and_then(|first| first.parse().ok())
                    .is_some_and(is_link_local)
                {
                    return Err(format!(
                        "prefix '{value}' is link-local: no route leads to it; name the service's prefix"
                    ));
                }
                if let Some(nva) = self.nvas.iter().find(|nva| prefix.contains(**nva)) {
                    return Err(inside(*nva, prefix));
                }
                if self.prefixes.contains(&prefix) {
                    return Err(format!("prefix '{value}' is there twice; remove one"));
                }
                self.prefixes.push(prefix);
            }
            "nva" => {
                let nva: IpAddr = value.parse().map_err(|_| {
                    format!(
                        "'{value}' is not an address; write the NVA's own, such as 172.16.156.70"
                    )
                })?;
                self.take_nva(nva)?;
            }
            "port" => self.port = number(value, 1, u16::MAX, "a UDP port")?,
            "mtu" => self.mtu = Some(number(value, LEAST_MTU, 9000, "an MTU")?),
            "limit" => self.limit = number(value, 1000, 100_000_000, "packets a second")?,
            _ => {}
        }
        Ok(())
    }

    fn take_nva(&mut self, nva: IpAddr) -> Result<(), String> {
        if nva.is_unspecified() || nva.is_loopback() || nva.is_multicast() || is_link_local(nva) {
            return Err(format!(
                "no sibling reaches an NVA at {nva}; write the address of its network interface"
            ));
        }
        if let Some(prefix) = self.prefixes.iter().find(|prefix| prefix.contains(nva)) {
            return Err(inside(nva, *prefix));
        }
        if self.nvas.contains(&nva) {
            return Err(format!("nva {nva} is there twice; remove one"));
        }
        if let Some(first) = self
            .nvas
            .first()
            .filter(|first| Family::of(**first) != Family::of(nva))
        {
            return Err(format!(
                "{nva} is not of the family of {first}; name all NVAs by the same family"
            ));
        }
        if self.nvas.len() == MOST_NVAS {
            return Err(format!(
                "more than {MOST_NVAS} NVAs; a packet cannot be passed on among so many"
            ));
        }
        self.nvas.push(nva);
        Ok(())
    }
}

/// Link-local addresses are not routed, and the tunnel has its own.
pub fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn inside(nva: IpAddr, prefix: Prefix) -> String {
    format!(
        "nva {nva} lies in the anycast prefix {prefix}; an NVA is named by the address that is its own alone"
    )
}

fn known(key: &str) -> Result<(), String> {
    if KEYS.contains(&key) {
        return Ok(());
    }
    let near = KEYS.iter().find(|known| strsim::jaro(key, known) > 0.7);
    Err(match near {
        Some(near) => format!("unknown word '{key}'; did you mean '{near}'?"),
        None => format!(
            "unknown word '{key}'; a line begins with one of: {}",
            KEYS.join(", ")
        ),
    })
}

fn number<T: FromStr + PartialOrd + fmt::Display>(
    value: &str,
    least: T,
    most: T,
    what: &str,
) -> Result<T, String> {
    value
        .parse()
        .ok()
        .filter(|number| (&least..=&most).contains(&number))
        .ok_or_else(|| format!("'{value}' is not {what} from {least} to {most}"))
}

/// For a terminal: without control characters, 500 characters at most.
fn plain(text: &str) -> String {
    foreign::plain(text).take(500).collect()
}

/// The words of a line, each with the byte at which it begins.
fn words(line: &str) -> Vec<(&str, usize)> {
    let at = |word: &str| word.as_ptr().addr().saturating_sub(line.as_ptr().addr());
    line.split_whitespace()
        .map(|word| (word, at(word)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Settings, parse};

    fn fault(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_shortest_file_names_a_prefix_and_two_nvas() {
        let settings =
            parse("prefix 9.9.9.9/32\nnva 172.16.156.70 # North Europe\n\nnva 172.16.136.70\n")
                .unwrap();
        assert_eq!(
            settings,
            Settings {
                path: "".into(),
                lines: vec![2, 4],
                prefixes: vec!["9.9.9.9/32".parse().unwrap()],
                nvas: vec![
                    "172.16.156.70".parse().unwrap(),
                    "172.16.136.70".parse().unwrap()
                ],
                port: 4790,
                mtu: None,
                limit: 200_000,
            }
        );
    }

    #[test]
    fn who_agrees_has_the_same_fingerprint_and_who_does_not_has_another() {
        let of = |text: &str| parse(text).unwrap().fingerprint();
        let file =
            "prefix 9.9.9.9/32\nprefix fd99::9/128\nnva 10.0.0.1\nnva 10.0.0.2\nnva 10.0.0.3\n";
        // Known for good: another build of another machine has to come to the same.
        assert_eq!(of(file), 0x69a2_28db);
        for same in [
            &file.replace("nva", "  nva"),
            "prefix fd99:0::9/128 # moved\nprefix 9.9.9.9/32\nnva 10.0.0.1\nnva 10.0.0.2\nnva 10.0.0.3\nport 4790\nlimit 1000\nmtu 1400\n",
        ] {
            assert_eq!(of(same), of(file), "{same}");
        }
        for other in [
            file.replace("prefix fd99::9/128\n", ""),
            file.replace("nva 10.0.0.3\n", ""),
            file.replace("10.0.0.2", "10.0.0.4"),
            file.replace(
                "nva 10.0.0.2\nnva 10.0.0.3\n",
                "nva 10.0.0.3\nnva 10.0.0.2\n",
            ),
            file.to_owned() + "port 4791\n",
        ] {
            assert_ne!(of(&other), of(file), "{other}");
        }
    }

    #[test]
    fn every_fault_has_its_line_and_column_and_its_cure() {
        let head = "prefix 9.9.9.9/32\nnva 172.16.156.70\n";
        for (text, expected) in [
            (
                "",
                "1:1: no 'prefix'; add the anycast prefix: 'prefix 9.9.9.9/32'",
            ),
            (
                "prefix 9.9.9.9/32\n",
                "1:1: no 'nva'; name every NVA by its own address, two or more",
            ),
            (
                head,
                "2:1: only one 'nva'; name every NVA by its own address, two or more",
            ),
            (
                "prefix  9.9.9.9/24",
                "1:9: prefix '9.9.9.9/24' has host bits set; write 9.9.9.0/24 or 9.9.9.9/32",
            ),
            (
                "  prefx 9.9.9.9/32",
                "1:3: unknown word 'prefx'; did you mean 'prefix'?",
            ),
            (
                "\nfoo",
                "2:1: unknown word 'foo'; a line begins with one of: prefix, nva, port, mtu, limit",
            ),
            ("nva", "1:1: 'nva' has no value"),
            (
                "nva a.b",
                "1:5: 'a.b' is not an address; write the NVA's own, such as 172.16.156.70",
            ),
            (
                "nva 10.0.0.1 10.0.0.2",
                "1:14: '10.0.0.2' is one word too many; 'nva' has one value a line",
            ),
            (
                "nva 10.0.0.1\nnva 10.0.0.1",
                "2:5: nva 10.0.0.1 is there twice; remove one",
            ),
            (
                "nva 10.0.0.1\nnva fd00::1",
                "2:5: fd00::1 is not of the family of 10.0.0.1; name all NVAs by the same family",
            ),
            (
                "prefix fe80::1/128",
                "1:8: prefix 'fe80::1/128' is link-local: no route leads to it; name the service's prefix",
            ),
            (
                "nva 169.254.92.1",
                "1:5: no sibling reaches an NVA at 169.254.92.1; write the address of its network interface",
            ),
            (
                "nva 127.0.0.1",
                "1:5: no sibling reaches an NVA at 127.0.0.1; write the address of its network interface",
            ),
            (
                "port 70000",
                "1:6: '70000' is not a UDP port from 1 to 65535",
            ),
            ("port 1\nport 2", "2:1: 'port' is there twice; remove one"),
            ("mtu 1000", "1:5: '1000' is not an MTU from 1280 to 9000"),
            // No escape sequence of a terminal's, and letters are counted, not bytes.
            (
                "\u{1b}[2J",
                "1:1: unknown word '\u{fffd}[2J'; a line begins with one of: prefix, nva, port, mtu, limit",
            ),
            (
                "nva\u{3000}a.b",
                "1:5: 'a.b' is not an address; write the NVA's own, such as 172.16.156.70",
            ),
            (
                "limit 0",
                "1:7: '0' is not packets a second from 1000 to 100000000",
            ),
        ] {
            assert_eq!(fault(text), expected, "{text}");
        }
        let inside = "an NVA is named by the address that is its own alone";
        let expected = format!("3:5: nva 9.9.9.9 lies in the anycast prefix 9.9.9.9/32; {inside}");
        assert_eq!(fault(&format!("{head}nva 9.9.9.9")), expected);
        let many: String = (1..=15)
            .map(|host| format!("nva 10.0.0.{host}\n"))
            .collect();
        assert!(
            fault(&many).starts_with("15:5: more than 14 NVAs"),
            "{}",
            fault(&many)
        );
    }
}
