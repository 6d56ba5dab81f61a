//! Several NVAs' configurations beside each other: whether a takeover wins, who takes over from whom, and whether those of one
//! region share the clients. Pure.

use std::net::IpAddr;

use super::ground::{Ground, place};
use super::rule::*;
use crate::condition::Probe;
use crate::config::{Config, Level, Service, Takeover};
use crate::route::{Attributes, NextHop};

/// All findings. `others`: the other NVAs' configurations, each with its path.
pub fn findings(ground: &Ground<'_>, others: &[(String, Config)]) -> Vec<Finding> {
    let services = ground.config.services.iter();
    services
        .flat_map(|service| {
            let mut found = of_takeover(ground, service, others);
            found.extend(unequal(ground, service, others));
            found.extend(equal(ground, service, others));
            found
        })
        .collect()
}

/// The NVAs of one region whose routes are not as good as this one's.
fn unequal(ground: &Ground<'_>, own: &Service, others: &[(String, Config)]) -> Vec<Finding> {
    let at = place(own).key("siblings").key("same_region");
    let differ = |one: &Level, other: &Level| {
        let (one, other) = (&one.attributes, &other.attributes);
        one.is_avoided_for(other) || other.is_avoided_for(one)
    };
    let of_config = |(path, config): &(String, Config)| {
        let other = config
            .services
            .iter()
            .find(|other| shares_prefix(own, other) && is_same_region(own, other))?;
        let mut levels = own.levels.iter().zip(&other.levels);
        let (level, _) = levels.find(|(level, theirs)| differ(level, theirs))?;
        let what = format!(
            "level '{}' is announced otherwise than by {path}, an NVA of this region",
            level.name
        );
        let cure = "give both the same as_path and attributes";
        Some(ground.in_config(&at, warning(&UNEQUAL, what, cure)))
    };
    others.iter().filter_map(of_config).collect()
}

/// The NVAs of other regions whose best route is just as good as this one's.
fn equal(ground: &Ground<'_>, own: &Service, others: &[(String, Config)]) -> Vec<Finding> {
    let of_config = |(path, config): &(String, Config)| {
        let other = config
            .services
            .iter()
            .find(|other| shares_prefix(own, other) && *other != own)
            .filter(|other| !may_be_same_region(own, other) && !may_be_same_region(other, own))?;
        let (best, theirs) = own.levels.first().zip(other.levels.first())?;
        let is_one_better = best.attributes.is_less_preferred_than(&theirs.attributes)
            || theirs.attributes.is_less_preferred_than(&best.attributes);
        // What a community means only the routers know.
        let is_same = best.attributes.has_communities_of(&theirs.attributes);
        let (severity, but) = match is_same {
            true => (Severity::Warning, ""),
            false => (
                Severity::Note,
                ", but for communities, which routers may heed or not",
            ),
        };
        let what = format!(
            "level '{}' of service {} is as preferred as '{}' of {path}{but}",
            best.name, own.name, theirs.name
        );
        let cure = "give the region that is to stand by a longer as_path, or name both as one region's (siblings.same_region)";
        let at = place(own).key("levels").index(0);
        (!is_one_better).then(|| ground.in_config(&at, said(&EQUAL, severity, what, cure)))
    };
    others.iter().filter_map(of_config).collect()
}

/// Whether `own` names the other NVA in `same_region`.
fn is_same_region(own: &Service, other: &Service) -> bool {
    let siblings = own.siblings.iter();
    let mut near = siblings.flat_map(|siblings| &siblings.same_region);
    near.any(|url| url.address().is_some_and(|address| is_at(other, address)))
}

/// Whether `own` may name it there: a URL with a host name, or a next-hop of `self`, may be any address.
fn may_be_same_region(own: &Service, other: &Service) -> bool {
    let hidden = |(_, hop): &(_, NextHop)| !matches!(hop, NextHop::Address(_));
    let mut near = own.siblings.iter().flat_map(|of| &of.same_region);
    near.any(|url| url.address().is_none() || other.prefixes.iter().any(hidden))
        || is_same_region(own, other)
}

fn of_takeover(ground: &Ground<'_>, own: &Service, others: &[(String, Config)]) -> Vec<Finding> {
    let Some(rule) = own.takeover() else {
        return Vec::new();
    };
    let at = place(own).key("siblings").key("takeover");
    let asked = rule
        .probes
        .iter()
        .filter_map(|probe| Some((probe, address(probe)?)));
    let mut found = Vec::new();
    for (probe, address) in asked {
        let of_config = |(path, config): &'_ (String, Config)| {
            config
                .services
                .iter()
                .find(|other| shares_prefix(own, other) && is_at(other, address))
                .cloned()
                .map(|other| (path.clone(), other))
        };
        let Some((path, other)) = others.iter().find_map(of_config) else {
            let page = probe
                .url()
                .map_or_else(|| probe.to_string(), |url| url.as_str().to_owned());
            let what = format!(
                "the route of {page} is not known here, and must be less preferred than the takeover's"
            );
            let cure = "name that region's config.json (--sibling-config FILE)";
            found.push(ground.in_config(&at, note(&NOT_COMPARED, what, cure)));
            continue;
        };
        let siblings = own.siblings.as_ref();
        let near = siblings.is_some_and(|siblings| siblings.is_near(probe));
        found.extend(no_room(rule, &other, near).map(|worse| {
            let what = format!("routers would not prefer the takeover to {worse} of {path}");
            let cure = "give the takeover a shorter as_path, or make the other regions' longer, as haproxy-rhi init --takeover does";
            ground.in_config(&at, error(&NO_ROOM, what, cure))
        }));
        // Two NVAs of one region may: when both take over, their routes are equally good as before.
        if !near && takes_over_from(&other, own) {
            let what = format!("{path} takes over from this region, and this one from it");
            let cure = "leave it to the region whose route is the less preferred one";
            found.push(ground.in_config(&at, error(&EACH_OTHER, what, cure)));
        }
    }
    found
}

/// The other NVA's route that routers would not avoid for the takeover's, in words. `near`: an NVA of this region, which
/// may have the same takeover.
fn no_room(rule: &Takeover, other: &Service, near: bool) -> Option<String> {
    let wins = |attributes: &Attributes| !attributes.is_avoided_for(&rule.attributes);
    let level = other.levels.iter().find(|level| wins(&level.attributes));
    let takeover = other.takeover().filter(|_| !near);
    let takeover = takeover.filter(|other| wins(&other.attributes));
    level
        .map(|level| format!("level '{}'", level.name))
        .or(takeover.map(|_| "the takeover".to_owned()))
}

/// Whether the two services have a prefix in common.
pub(super) fn shares_prefix(own: &Service, other: &Service) -> bool {
    own.prefixes
        .iter()
        .any(|(prefix, _)| other.prefixes.iter().any(|(theirs, _)| theirs == prefix))
}

/// Whether the service's NVA has this address: it is a next-hop.
pub(super) fn is_at(other: &Service, address: IpAddr) -> bool {
    other
        .prefixes
        .iter()
        .any(|(_, hop)| matches!(hop, NextHop::Address(hop) if *hop == address))
}

fn takes_over_from(other: &Service, own: &Service) -> bool {
    let mut asked = other
        .takeover()
        .into_iter()
        .flat_map(|rule| &rule.probes)
        .filter_map(address);
    asked.any(|address| is_at(own, address))
}

fn address(probe: &Probe) -> Option<IpAddr> {
    match probe {
        Probe::Http(page) => page.url.address(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ground::Source;
    use super::*;
    use crate::config;

    /// Each NVA's configuration, as `init` makes it.
    const FOUR: [(&str, &str); 4] = [
        ("ne1", include_str!("../../tests/cli/two_nvas/ne1.json")),
        ("ne2", include_str!("../../tests/cli/two_nvas/ne2.json")),
        ("we1", include_str!("../../tests/cli/two_nvas/we1.json")),
        ("we2", include_str!("../../tests/cli/two_nvas/we2.json")),
    ];

    /// The findings in `own`, compared with `others`: the rule, then the key at its line and the text.
    fn found(
        own: &str,
        others: &[&str],
        change: impl Fn(&str, &str) -> String,
    ) -> Vec<(&'static str, String)> {
        let text = |name: &str| {
            let (_, text) = FOUR.iter().find(|(known, _)| *known == name).unwrap();
            change(name, text)
        };
        let own = text(own);
        let config = config::parse(&own).unwrap();
        let parsed = |name: &&str| (name.to_string(), config::parse(&text(name)).unwrap());
        let others: Vec<(String, Config)> = others.iter().map(parsed).collect();
        let ground = Ground {
            config: &config,
            source: Source::File("config.json".to_owned(), own.clone()),
            conf: None,
        };
        let all = findings(&ground, &others).into_iter();
        all.map(|finding| {
            let at = finding.at.unwrap();
            let line = own.lines().nth(at.line - 1).unwrap();
            let key = line.trim().split(':').next().unwrap();
            (finding.rule.id, format!("{key} {}", finding.what))
        })
        .collect()
    }

    fn as_made(_: &str, text: &str) -> String {
        text.to_owned()
    }

    /// One NVA's file is changed.
    fn changed<'a>(
        whose: &'a str,
        from: &'a str,
        to: &'a str,
    ) -> impl Fn(&str, &str) -> String + 'a {
        move |name, text| {
            if name != whose {
                return text.to_owned();
            }
            assert!(text.contains(from), "{text}");
            text.replace(from, to)
        }
    }

    const NONE: [(&str, String); 0] = [];

    #[test]
    fn two_nvas_of_a_region_and_of_both_have_room_for_each_takeover() {
        for (own, near, others) in [
            ("ne1", "ne2", ["we1", "we2"]),
            ("ne2", "ne1", ["we1", "we2"]),
            ("we1", "we2", ["ne1", "ne2"]),
            ("we2", "we1", ["ne1", "ne2"]),
        ] {
            let all = [near, others[0], others[1]];
            assert_eq!(found(own, &all, as_made), NONE, "{own}");
        }
        // The preferred region's NVAs take over from each other only, the standby's from both of them.
        assert_eq!(found("ne1", &["ne2"], as_made), NONE);
        let words = found("we1", &["we2"], as_made);
        let rules: Vec<&str> = words.iter().map(|(rule, _)| *rule).collect();
        assert_eq!(rules, ["HA004", "HA004"], "{words:?}");
    }

    #[test]
    fn a_takeover_within_a_region_is_preferred_to_the_other_ones_level() {
        let no_room = |name: &str, text: &str| match name {
            "ne2" => text
                .replace("\"as_path\": [65010, 65010]", "\"as_path\": [65010]")
                .replace("[65010, 65010, 65010]", "[65010, 65010]"),
            _ => text.to_owned(),
        };
        let all = found("ne1", &["ne2", "we1", "we2"], no_room);
        let [(rule, what), (unequal, _)] = all.as_slice() else {
            panic!("{all:?}")
        };
        assert_eq!((*rule, *unequal), ("HA002", "HA005"));
        assert!(what.starts_with("\"takeover\" "), "{what}");
        assert!(what.ends_with("to level 'up' of ne2"), "{what}");
    }

    /// The standby's takeover must be preferred to what is out while one NVA of the preferred region is silent, too.
    #[test]
    fn a_standby_has_room_where_one_of_two_has_taken_over_from_the_other() {
        let as_short = changed(
            "we1",
            "{\"as_path\": [65010]}",
            "{\"as_path\": [65010, 65010]}",
        );
        let all = found("we1", &["ne1", "ne2", "we2"], as_short);
        let words = "\"takeover\" routers would not prefer the takeover to the takeover of";
        let both = ["ne1", "ne2"].map(|other| ("HA002", format!("{words} {other}")));
        assert_eq!(all, both);
    }

    #[test]
    fn regions_that_take_over_from_each_other_are_found_and_two_nvas_of_one_may() {
        // Without same_region the two count as two regions.
        let apart = |name: &str, text: &str| {
            let line = text.lines().find(|line| line.contains("same_region"));
            match name {
                "ne1" => text.replace(line.unwrap(), ""),
                _ => text.to_owned(),
            }
        };
        let rules = |all: Vec<(&'static str, String)>| -> Vec<&str> {
            all.into_iter().map(|(rule, _)| rule).collect()
        };
        assert_eq!(rules(found("ne1", &["ne2"], apart)), ["HA002", "HA003"]);
        // The preferred region takes over from the standby, and the standby from it.
        let circle = changed(
            "ne1",
            "\"from\": [\"http://172.16.156.71/health\"]",
            "\"from\": [\"http://172.16.136.70/health\"]",
        );
        let all = found("ne1", &["ne2", "we1", "we2"], circle);
        assert_eq!(rules(all), ["HA002", "HA003"]);
    }

    #[test]
    fn regions_that_both_prefer_themselves_are_found() {
        let path = "\"as_path\": [65010, 65010, 65010, 65010, 65010]";
        let same = changed("we1", path, "\"as_path\": [65010, 65010, 65010]");
        let what = "{\"name\" level 'up' of service web is as preferred as 'up' of we1";
        let all = found("ne1", &["ne2", "we1"], same);
        let equal: Vec<_> = all.iter().filter(|(rule, _)| *rule == "HA007").collect();
        assert_eq!(equal, [&("HA007", what.to_owned())], "{all:?}");
    }

    #[test]
    fn what_communities_say_of_two_regions_only_the_routers_know() {
        let path = "\"as_path\": [65010, 65010, 65010, 65010, 65010]";
        let equal = |more: &str| -> Vec<String> {
            let same = format!("\"as_path\": [65010, 65010, 65010], {more}");
            let all = found("ne1", &["ne2", "we1"], changed("we1", path, &same));
            let equal = all.into_iter().filter(|(rule, _)| *rule == "HA007");
            equal.map(|(_, what)| what).collect()
        };
        let [what]: [String; 1] = equal("\"community\": [\"65010:80\"]").try_into().unwrap();
        let but = "of we1, but for communities, which routers may heed or not";
        assert!(what.ends_with(but), "{what}");
        // RFC 4271, 9.1.2.2: the lower origin.
        assert_eq!(
            equal("\"origin\": \"incomplete\""),
            NONE.map(|(_, what)| what)
        );
    }

    #[test]
    fn what_may_be_one_region_is_not_two_that_prefer_themselves() {
        let rules = |whose: &str, edit: &dyn Fn(&str, &str) -> String| -> Vec<&str> {
            let all = found("ne1", &[whose], edit);
            all.into_iter().map(|(rule, _)| rule).collect()
        };
        let alone = |rules: &[&str]| !rules.contains(&"HA007");
        let itself = rules("ne1", &as_made);
        assert!(alone(&itself), "{itself:?}");
        let by_name = rules("ne2", &|_, text| {
            text.replace("http://172.16.136.7", "http://nva.example/7")
        });
        assert!(alone(&by_name), "{by_name:?}");
        let hidden = rules("ne2", &|name, text| match name {
            "ne2" => text.replace("\"next_hop\": \"172.16.156.71\"", "\"next_hop\": \"self\""),
            _ => text.to_owned(),
        });
        assert!(alone(&hidden), "{hidden:?}");
    }

    #[test]
    fn nvas_of_one_region_announce_the_same() {
        for (from, to) in [
            ("[65010, 65010, 65010]", "[65010, 65010, 65010, 65010]"),
            ("\"rise\": 2", "\"med\": 10, \"rise\": 2"),
        ] {
            let all = found("ne1", &["ne2", "we1"], changed("ne2", from, to));
            let what = "\"same_region\" level 'up' is announced otherwise than by ne2, an NVA of this region";
            assert_eq!(all, [("HA005", what.to_owned())], "{to}");
        }
        // Another region's NVAs need not.
        assert!(
            found("ne1", &["we1"], as_made)
                .iter()
                .all(|(rule, _)| *rule == "HA004")
        );
    }
}
