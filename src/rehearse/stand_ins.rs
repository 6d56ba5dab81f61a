//! NVAs that a region names in `same_region` and whose configuration is not given. Each is played with the configuration of the NVA
//! that names it, with the two addresses exchanged.

use std::net::IpAddr;

use crate::condition::{Probe, Url};
use crate::config::{Service, Siblings};
use crate::route::NextHop;

use super::peers::host;
use super::site::{Region, leads_to};

/// The stand-ins for these regions, each once.
pub fn stand_ins(regions: &[Region]) -> Vec<Region> {
    let mut found: Vec<Region> = Vec::new();
    for region in regions {
        let services = region.config.services.iter();
        let siblings = services.flat_map(|service| &service.siblings);
        for url in siblings.flat_map(|siblings| &siblings.same_region) {
            let mut all = regions.iter().chain(&found);
            let is_known = |other: &Region| other.name == host(url) || leads_to(url, other);
            if !all.any(is_known) {
                found.extend(stand_in(region, url));
            }
        }
    }
    found
}

/// The NVA with this page; `None`: an address is missing, in the page's URL or as the next-hop.
fn stand_in(region: &Region, page: &Url) -> Option<Region> {
    let address = page.address()?;
    let mut config = region.config.clone();
    config.services.retain(|service| is_named(service, page));
    for service in &mut config.services {
        exchange(service, page, address)?;
    }
    Some(Region {
        name: host(page).to_owned(),
        config,
        edit: None,
        known: region.known.clone(),
        like: Some(region.name.clone()),
    })
}

fn is_named(service: &Service, page: &Url) -> bool {
    let mut siblings = service.siblings.iter();
    siblings.any(|siblings| siblings.same_region.contains(page))
}

/// Makes the service the other NVA's: `address` is the next-hop, and `page` is replaced by the first NVA's.
fn exchange(service: &mut Service, page: &Url, address: IpAddr) -> Option<()> {
    let mut hops = service.prefixes.iter().filter_map(|(_, hop)| match hop {
        NextHop::Address(own) => Some(*own),
        NextHop::Local => None,
    });
    let own = at(page, address, hops.next()?)?;
    let prefixes = service.prefixes.iter_mut();
    prefixes.for_each(|(_, hop)| *hop = NextHop::Address(address));
    let siblings = service.siblings.as_mut()?;
    let Siblings {
        probes,
        same_region,
        takeover,
        ..
    } = siblings;
    let asked = takeover.iter_mut().flat_map(|rule| &mut rule.probes);
    for probe in probes.iter_mut().chain(asked) {
        match probe {
            Probe::Http(http) if http.url == *page => http.url = own.clone(),
            _ => {}
        }
    }
    let near = same_region.iter_mut().filter(|url| *url == page);
    near.for_each(|url| *url = own.clone());
    Some(())
}

/// The same page at another address.
fn at(page: &Url, from: IpAddr, to: IpAddr) -> Option<Url> {
    let (from, to) = (shown(from), shown(to));
    let (scheme, rest) = page.as_str().split_once("://")?;
    let rest = rest.strip_prefix(&from)?;
    format!("{scheme}://{to}{rest}").parse().ok()
}

fn shown(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::peers::peers;
    use super::super::servers::Known;
    use super::super::site::length;
    use super::*;
    use crate::config;
    use crate::value::counted;

    /// An NVA with a path of `path` AS numbers, and with these keys of `siblings`.
    fn region(name: &str, hop: &str, path: usize, siblings: &str) -> Region {
        let path = vec!["64850"; path].join(", ");
        let prefix = match hop.contains(':') {
            true => "2001:db8:9::9/128",
            false => "9.9.9.9/32",
        };
        let text = format!(
            "{{\"services\": {{\"web\": {{\"prefixes\": [\"{prefix}\"], \"next_hop\": \"{hop}\", \"as_path\": [{path}], \"levels\": [\
             {{\"name\": \"up\", \"when\": {{\"backend\": {{\"name\": \"back\"}}}}}}], \"siblings\": {{{siblings}}}}}}}}}"
        );
        Region {
            name: name.to_owned(),
            config: config::parse(&text).unwrap(),
            edit: None,
            known: Known::new(),
            like: None,
        }
    }

    /// The NVAs that are not given: stand-ins with the NVA that each is like, peers with the length of the path.
    fn played(regions: &[Region]) -> Vec<(String, String)> {
        let stand_ins = stand_ins(regions);
        let all = [regions, &stand_ins].concat();
        let like = stand_ins
            .into_iter()
            .map(|one| (one.name, one.like.unwrap()));
        let peers = peers(&all).into_iter().map(|peer| {
            let path = peer.routes.values().map(length).max().unwrap();
            (peer.name, counted(path, "AS number"))
        });
        like.chain(peers).collect()
    }

    fn told(told: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, what): &(&str, &str)| ((*name).to_owned(), (*what).to_owned());
        told.iter().map(own).collect()
    }

    #[test]
    fn a_stand_in_is_the_nva_that_names_it_with_both_addresses_exchanged() {
        for (own, near) in [
            ("10.0.0.11", "10.0.0.12:81"),
            ("2001:db8::11", "[2001:db8::12]"),
        ] {
            let siblings = format!(
                "\"urls\": [\"http://10.1.0.11/\", \"http://{near}/health\"], \"same_region\": [\"http://{near}/health\"], \
                 \"takeover\": {{\"from\": [\"http://{near}/health\"], \"as_path\": [64850, 64850]}}"
            );
            let given = [region("one", own, 3, &siblings)];
            assert_eq!(
                played(&given),
                told(&[(near, "one"), ("10.1.0.11", "5 AS numbers")])
            );
            let stand_in = &stand_ins(&given)[0];
            let asked = format!("{:?}", stand_in.config.services[0].siblings);
            assert!(!asked.contains(near) && asked.contains(own), "{asked}");
            assert!(super::super::site::is_at(
                &stand_in.config,
                near.parse::<std::net::SocketAddr>().map_or_else(
                    |_| near.trim_matches(['[', ']']).parse().unwrap(),
                    |at| at.ip()
                )
            ));
        }
    }

    #[test]
    fn one_of_the_region_that_is_known_by_its_name_has_the_same_path() {
        let siblings =
            "\"urls\": [\"http://near/\", \"http://far/\"], \"same_region\": [\"http://near/\"]";
        let other = region("other", "10.1.0.11", 2, "\"urls\": [\"http://near/\"]");
        assert_eq!(
            played(&[region("one", "10.0.0.11", 3, siblings), other]),
            told(&[("near", "3 AS numbers"), ("far", "1 AS number")])
        );
    }

    #[test]
    fn a_path_is_what_all_that_name_the_nva_say_of_it() {
        let one = |path, siblings: &str| {
            played(&[region("one", "10.0.0.11", path, siblings)])[0]
                .1
                .clone()
        };
        let urls = "\"urls\": [\"http://10.1.0.11/\", \"http://10.2.0.11/\"]";
        // Without a takeover: the preferred region, with room for another's or without; one that stands by.
        assert_eq!(one(1, urls), "3 AS numbers");
        assert_eq!(one(2, urls), "4 AS numbers");
        assert_eq!(one(3, urls), "1 AS number");
        let from = |host: &str| {
            format!(
                "{urls}, \"takeover\": {{\"from\": [\"http://{host}/\"], \"as_path\": [64850]}}"
            )
        };
        assert_eq!(one(4, &from("10.1.0.11")), "2 AS numbers");
        assert_eq!(one(4, &from("10.2.0.11")), "6 AS numbers");
        let first = region(
            "first",
            "10.1.0.11",
            2,
            "\"urls\": [\"http://10.0.0.11/\", \"http://10.2.0.11/\"]",
        );
        let last = region(
            "last",
            "10.2.0.11",
            6,
            "\"urls\": [\"http://10.0.0.11/\", \"http://10.1.0.11/\"], \"takeover\": {\"as_path\": [64850]}",
        );
        assert_eq!(
            played(&[first, last]),
            told(&[("10.0.0.11", "4 AS numbers")])
        );
    }
}
