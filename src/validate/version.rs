//! What works otherwise, or not at all, with the version of ExaBGP that `--exabgp` names. Pure.

use std::str::FromStr;

use super::cloud::nowhere;
use super::ground::{Ground, is_route_server, place};
use super::rule::*;
use crate::config::Service;
use crate::exabgp::SIX;
use crate::exabgp_conf::{Neighbor, Process};

/// A version of ExaBGP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 4.2.
    Four,
    /// 5.0 before 5.0.13.
    Five,
    /// 5.0.13 or later: a neighbor cannot write to the processes.
    FivePointThirteen,
    /// The development branch, main.
    Six,
}

impl FromStr for Version {
    type Err = String;

    /// `4.2`, `5`, `5.0.15`, `6.0.0-20260822`, `ExaBGP : 5.0.15`: also as `exabgp --version` (4.2) and `exabgp version`
    /// (5.0, 6) print it.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().map(str::trim);
        let line = lines.find(|line| !line.is_empty()).unwrap_or_default();
        let number = line
            .trim_start_matches("ExaBGP")
            .trim_start_matches("exabgp")
            .trim_start_matches([' ', ':'])
            .split(['-', '+', '~'])
            .next()
            .unwrap_or_default();
        // A clone of its repository: `unknown-20260822+uncontrolled`.
        if number == "unknown" {
            return Ok(Self::Six);
        }
        let parts: Option<Vec<u32>> = number.split('.').map(|part| part.parse().ok()).collect();
        match parts.as_deref() {
            Some([4] | [4, 2, ..]) => Ok(Self::Four),
            Some(five @ [5, ..]) if *five >= [5, 0, 13][..] => Ok(Self::FivePointThirteen),
            Some([5, ..]) => Ok(Self::Five),
            Some([6, ..]) => Ok(Self::Six),
            _ => Err("haproxy-rhi knows 4.2, 5.0 and 6; write one of these, or the version that exabgp --version (4.2) or exabgp version (5.0, 6) prints, such as 5.0.15".to_owned()),
        }
    }
}

/// All findings.
pub fn findings(ground: &Ground<'_>, version: Version) -> Vec<Finding> {
    let Some((_, conf)) = &ground.conf else {
        let what = "no exabgp.conf was read, and --exabgp has an effect only with one";
        let said = note(&CONF_NOT_READ, what, "add --exabgp-conf FILE");
        return vec![nowhere(ground, said)];
    };
    if version == Version::FivePointThirteen {
        return Vec::new();
    }
    if version != Version::Six {
        return once(conf.neighbors.iter().map(|one| text_stream(ground, one))).collect();
    }
    let processes = ground.processes().filter_map(|one| encoder(ground, one));
    let neighbors = conf.neighbors.iter();
    let neighbors = neighbors.flat_map(|one| of_neighbor(ground, one));
    let services = ground.config.services.iter();
    let services = services.filter_map(|one| large_asn(ground, one));
    once(processes.chain(neighbors).chain(services)).collect()
}

/// Reported once, without a line: it is the same for every neighbor.
fn text_stream(ground: &Ground<'_>, neighbor: &Neighbor) -> Finding {
    let what = "before 5.0.13, a neighbor may write lines of its own into what ExaBGP tells its processes; haproxy-rhi would believe at \
                worst that sessions are up or down, or that a command was taken, until it reads back what ExaBGP holds";
    let cure = "leave it where all neighbors are yours, or run ExaBGP 5.0.13 or later";
    Finding {
        at: None,
        ..ground.in_conf(neighbor.at, note(&TEXT_STREAM, what.to_owned(), cure))
    }
}

fn encoder(ground: &Ground<'_>, process: &Process) -> Option<Finding> {
    let encoder = process
        .setting("encoder")
        .filter(|one| one.value() == "text")?;
    let what = format!("process {} gets JSON all the same", process.name);
    let cure = "leave it, haproxy-rhi reads both, and 4.2 and 5.0 refuse a file without it";
    Some(ground.in_conf(encoder.at, note(&SIX_ENCODER, what, cure)))
}

fn of_neighbor(ground: &Ground<'_>, neighbor: &Neighbor) -> Vec<Finding> {
    let mut found = Vec::new();
    let (local, at) = neighbor.value("local-as");
    let number = local.and_then(|local| local.parse::<u32>().ok());
    if let Some(number) = number.filter(|number| *number > SIX.largest_asn) {
        let what = format!("local-as {number} is sent as 23456 by ExaBGP 6, to every neighbor");
        let cure = "write a number of 16 bits, such as 65010, or run ExaBGP 5.0";
        found.push(ground.in_conf(at, error(&SIX_ASN, what, cure)));
    }
    let (_, at) = neighbor.value("capability/graceful-restart");
    let what = format!(
        "neighbor {} loses its session with ExaBGP 6 again and again if it sends End-of-RIB, whatever this line says",
        neighbor.name
    );
    let cure = match is_route_server(neighbor) {
        true => {
            "turn graceful restart off at the neighbor, or, where nobody can, as at a Route Server (AS 65515), stay with ExaBGP 5.0 until it is known whether it sends it"
        }
        false => {
            "turn graceful restart off at the neighbor (BIRD: 'graceful restart off;'), or run ExaBGP 5.0"
        }
    };
    found.push(ground.in_conf(at, warning(&SIX_END_OF_RIB, what, cure)));
    found.extend(rate_limit(ground, neighbor));
    found
}

fn rate_limit(ground: &Ground<'_>, neighbor: &Neighbor) -> Option<Finding> {
    let (limit, at) = neighbor.value("rate-limit");
    limit.filter(|limit| !matches!(*limit, "disable" | "disabled"))?;
    let what = format!(
        "neighbor {} may keep a route that is announced and withdrawn again while others wait to be sent",
        neighbor.name
    );
    let cure = "take rate-limit out";
    Some(ground.in_conf(at, warning(&SIX_RATE_LIMIT, what, cure)))
}

fn large_asn(ground: &Ground<'_>, service: &Service) -> Option<Finding> {
    let paths = service.attributes().filter_map(|one| one.as_path.as_ref());
    let large = paths
        .flat_map(|path| path.numbers().collect::<Vec<u32>>())
        .find(|asn| *asn > SIX.largest_asn)?;
    let what = format!(
        "AS number {large} in the path of service {}: ExaBGP 6 refuses each such announcement",
        service.name
    );
    let cure = "write numbers of 16 bits, such as 65010, or run ExaBGP 5.0";
    Some(ground.in_config(&place(service), error(&SIX_ASN, what, cure)))
}

#[cfg(test)]
mod tests {
    use super::super::ground::Source;
    use super::*;
    use crate::{config, exabgp_conf};

    fn found(
        version: Version,
        conf: &[(&str, &str)],
        path: &str,
    ) -> Vec<(&'static str, &'static str)> {
        let shipped = include_str!("../../exabgp/west-europe/exabgp.conf").to_owned();
        let conf = conf
            .iter()
            .fold(shipped, |text, (from, to)| text.replace(from, to));
        let text = include_str!("../../exabgp/west-europe/config.json").replace("65010", path);
        let config = config::parse(&text).unwrap();
        let ground = Ground {
            config: &config,
            source: Source::File("config.json".to_owned(), text),
            conf: Some(("exabgp.conf".to_owned(), exabgp_conf::parse(&conf))),
        };
        let all = findings(&ground, version);
        all.iter()
            .map(|one| (one.rule.id, one.severity.word()))
            .collect()
    }

    #[test]
    fn of_the_shipped_files_each_version_has_little_to_say() {
        assert_eq!(found(Version::Four, &[], "65010"), [("EX025", "note")]);
        assert_eq!(found(Version::Five, &[], "65010"), [("EX025", "note")]);
        let six = [
            ("EX022", "note"),
            ("EX024", "warning"),
            ("EX024", "warning"),
        ];
        assert_eq!(found(Version::Six, &[], "65010"), six);
    }

    #[test]
    fn what_exabgp_prints_of_its_version_is_taken() {
        let of = |text: &str| text.parse::<Version>().ok();
        for text in ["4", "4.2", "4.2.21"] {
            assert_eq!(of(text), Some(Version::Four), "{text}");
        }
        for text in ["5", "5.0", "5.0.10"] {
            assert_eq!(of(text), Some(Version::Five), "{text}");
        }
        assert_eq!(of("5.0.15"), Some(Version::FivePointThirteen));
        for text in ["6", "6.0", "6.0.0-20260822+uncontrolled"] {
            assert_eq!(of(text), Some(Version::Six), "{text}");
        }
        // The first line, or all, as 4.2 prints it at --version, and 5.0 and 6 at version.
        assert_eq!(of("ExaBGP : 4.2.21"), Some(Version::Four));
        assert_eq!(
            of("ExaBGP : 5.0.15\nPython : 3.11.7\n"),
            Some(Version::FivePointThirteen)
        );
        assert_eq!(
            of("ExaBGP : 6.0.0-20261130+uncontrolled"),
            Some(Version::Six)
        );
        assert_eq!(
            of("ExaBGP : unknown-20260822+uncontrolled"),
            Some(Version::Six)
        );
        // As ExaBGP answers its processes, and with a line before it.
        assert_eq!(of("exabgp 5.0.15"), Some(Version::FivePointThirteen));
        assert_eq!(of("\nExaBGP : 4.2.21\n"), Some(Version::Four));
        let told = "ExaBGP 7".parse::<Version>().unwrap_err();
        assert!(
            told.contains("exabgp --version") && told.contains("exabgp version"),
            "{told}"
        );
        for text in [
            "",
            "3.4.28",
            "4.1",
            "7",
            "five",
            "ExaBGP :",
            "Python : 5.0",
            "5.0 : ExaBGP",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(found(Version::FivePointThirteen, &[], "65010"), []);
    }

    #[test]
    fn each_neighbor_that_inherits_a_template_is_named_first() {
        let text = include_str!("../../exabgp/west-europe/config.json").to_owned();
        let conf = include_str!("../../exabgp/west-europe/exabgp.conf");
        let config = config::parse(&text).unwrap();
        let ground = Ground {
            config: &config,
            source: Source::File("config.json".to_owned(), text),
            conf: Some(("exabgp.conf".to_owned(), exabgp_conf::parse(conf))),
        };
        let all = findings(&ground, Version::Six).into_iter();
        let of_each = all.filter(|one| one.rule.id == "EX024");
        let names: Vec<String> = of_each
            .map(|one| {
                one.what
                    .split(" loses its session")
                    .next()
                    .unwrap_or("")
                    .to_owned()
            })
            .collect();
        assert_eq!(names, ["neighbor 172.16.139.4", "neighbor 172.16.139.5"]);
    }

    #[test]
    fn at_a_route_server_end_of_rib_cannot_be_turned_off() {
        let text = include_str!("../../exabgp/west-europe/config.json").to_owned();
        let config = config::parse(&text).unwrap();
        let cures = |peer: &str| -> Vec<String> {
            let conf =
                include_str!("../../exabgp/west-europe/exabgp.conf").replace("peer-as 65515", peer);
            let ground = Ground {
                config: &config,
                source: Source::File("config.json".to_owned(), text.clone()),
                conf: Some(("exabgp.conf".to_owned(), exabgp_conf::parse(&conf))),
            };
            let all = findings(&ground, Version::Six).into_iter();
            all.filter(|one| one.rule.id == "EX024")
                .map(|one| one.cure)
                .collect()
        };
        let stay =
            |cure: &String| cure.contains("AS 65515") && cure.contains("stay with ExaBGP 5.0");
        assert!(cures("peer-as 65515").iter().all(stay));
        assert!(
            cures("peer-as 65001")
                .iter()
                .all(|cure| cure.contains("BIRD"))
        );
    }

    #[test]
    fn exabgp_6_does_not_keep_pace_with_a_rate_limit() {
        let with = |line: &str| {
            let hold_time = format!("hold-time 30; {line}");
            let six = found(Version::Six, &[("hold-time 30;", &hold_time)], "65010");
            six.iter().filter(|one| one.0 == "EX026").count()
        };
        assert_eq!(with("rate-limit 10;"), 2);
        assert_eq!(with("rate-limit disable;"), 0);
        assert_eq!(with(""), 0);
    }

    #[test]
    fn exabgp_6_takes_no_as_numbers_of_32_bits() {
        let local = [("local-as 65010", "local-as 4200000001")];
        let six = found(Version::Six, &local, "65010");
        assert!(six.contains(&("EX023", "error")), "{six:?}");
        let six = found(Version::Six, &[], "4200000001");
        assert!(six.contains(&("EX023", "error")), "{six:?}");
        let five = found(Version::Five, &local, "4200000001");
        assert_eq!(five, [("EX025", "note")]);
    }
}
