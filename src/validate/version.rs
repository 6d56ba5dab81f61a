//! What one version of ExaBGP does otherwise than the others, where it is asked for. Pure.

use clap::ValueEnum;

use super::ground::{Ground, place};
use super::rule::*;
use crate::config::Service;
use crate::exabgp::Dialect;
use crate::exabgp_conf::{Neighbor, Process};

/// A version of ExaBGP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Version {
    /// Debian's
    #[value(name = "4.2")]
    Four,
    /// The newest on the package index
    #[value(name = "5.0")]
    Five,
    /// The development branch, main
    #[value(name = "6")]
    Six,
}

/// All findings.
pub fn findings(ground: &Ground<'_>, version: Version) -> Vec<Finding> {
    let Some((_, conf)) = &ground.conf else {
        return Vec::new();
    };
    if version != Version::Six {
        return once(conf.neighbors.iter().map(|one| text_stream(ground, one))).collect();
    }
    let processes = ground.processes().filter_map(|one| encoder(ground, one));
    let neighbors = conf.neighbors.iter();
    let neighbors = neighbors.flat_map(|one| of_neighbor(ground, one));
    let services = ground.config.services.iter();
    let services = services.filter_map(|one| path(ground, one));
    once(processes.chain(neighbors).chain(services)).collect()
}

/// Said once: it is the same for all.
fn text_stream(ground: &Ground<'_>, neighbor: &Neighbor) -> Finding {
    let what = "before 5.0.13, a neighbor may write lines of its own into what ExaBGP tells its processes; haproxy-rhi would believe at \
                worst that sessions are up or down, or that a command was taken, until it reads back what ExaBGP holds";
    let cure = "leave it where all neighbors are yours, or run ExaBGP 5.0.13 or later";
    Finding {
        at: Some(Default::default()),
        ..ground.in_conf(neighbor.at, note(&TEXT_STREAM, what.to_owned(), cure))
    }
}

fn encoder(ground: &Ground<'_>, process: &Process) -> Option<Finding> {
    let encoder = process
        .setting("encoder")
        .filter(|one| one.value() == "text")?;
    let what = format!("process {} is told in JSON all the same", process.name);
    let cure = "leave it, haproxy-rhi reads both, and 4.2 and 5.0 refuse a file without it";
    Some(ground.in_conf(encoder.at, note(&SIX_ENCODER, what, cure)))
}

fn of_neighbor(ground: &Ground<'_>, neighbor: &Neighbor) -> Vec<Finding> {
    let mut found = Vec::new();
    let (local, at) = neighbor.value("local-as");
    let number = local.and_then(|local| local.parse::<u32>().ok());
    if number.is_some_and(|number| number > LARGEST) {
        let what = format!(
            "local-as {} is sent as 23456 by ExaBGP 6, to whomever",
            number.unwrap_or(0)
        );
        let cure = "write a number of 16 bits, such as 65010, or run ExaBGP 5.0";
        found.push(ground.in_conf(at, error(&SIX_ASN, what, cure)));
    }
    let (_, at) = neighbor.value("capability/graceful-restart");
    let what = format!(
        "ExaBGP 6 cannot keep a session with neighbor {} if that sends End-of-RIB, whatever stands here",
        neighbor.name
    );
    let cure = "turn graceful restart off at the neighbor (BIRD: 'graceful restart off;'), or run ExaBGP 5.0";
    found.push(ground.in_conf(at, warning(&SIX_END_OF_RIB, what, cure)));
    found
}

const LARGEST: u32 = Dialect::ALL[3].largest_asn;

fn path(ground: &Ground<'_>, service: &Service) -> Option<Finding> {
    let paths = service.attributes().filter_map(|one| one.as_path.as_ref());
    let large = paths
        .flat_map(|path| path.numbers().collect::<Vec<u32>>())
        .find(|asn| *asn > LARGEST)?;
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
    fn numbers_of_32_bits_are_nothing_for_6() {
        let local = [("local-as 65010", "local-as 4200000001")];
        let six = found(Version::Six, &local, "65010");
        assert!(six.contains(&("EX023", "error")), "{six:?}");
        let six = found(Version::Six, &[], "4200000001");
        assert!(six.contains(&("EX023", "error")), "{six:?}");
        let five = found(Version::Five, &local, "4200000001");
        assert_eq!(five, [("EX025", "note")]);
    }
}
