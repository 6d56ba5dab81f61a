//! What Grafana wants of a dashboard's JSON, and what this project wants of this one: no panel that needs a plugin, none over
//! another, each with a description, its unit or its words, and each expression with the variable that chooses instances.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::shipped::{dashboard, list, panels, text};

/// Panels that are in every Grafana.
const KINDS: [&str; 3] = ["state-timeline", "stat", "timeseries"];
/// The colours that Grafana has names for, in each of its five shades.
const COLOURS: [&str; 7] = ["green", "yellow", "orange", "red", "purple", "blue", "text"];

#[test]
fn every_panel_is_whole() {
    let dashboard = dashboard();
    let mut ids = BTreeSet::new();
    for panel in list(&dashboard, "/panels") {
        assert!(
            ids.insert(panel["id"].as_u64().unwrap()),
            "the id of {panel}"
        );
    }
    for panel in panels(&dashboard) {
        let (title, json) = (&panel.title, &panel.json);
        assert!(
            KINDS.contains(&panel.kind.as_str()),
            "{title} is a {}",
            panel.kind
        );
        assert!(
            text(json, "/description").ends_with('.'),
            "{title} has no description"
        );
        assert!(!panel.targets.is_empty(), "{title} asks nothing");
        let is_told = !list(json, "/fieldConfig/defaults/mappings").is_empty()
            || json.pointer("/fieldConfig/defaults/unit").is_some()
            || list(json, "/fieldConfig/defaults/thresholds/steps").len() > 1;
        assert!(is_told, "{title} has no mapping, no unit and no threshold");
        for target in list(json, "/targets") {
            let asked = text(target, "/expr");
            let selectors = asked.matches("haproxy_rhi_").count();
            assert_eq!(
                asked.matches("{instance=~\"$instance\"").count(),
                selectors,
                "{title}: {asked}"
            );
        }
        for from in [json].into_iter().chain(list(json, "/targets")) {
            assert_eq!(text(from, "/datasource/uid"), "${datasource}", "{title}");
        }
        for colour in colours(json) {
            let is_named =
                COLOURS.iter().any(|name| colour.ends_with(name)) || colour.starts_with('#');
            assert!(is_named, "{title}: {colour}");
        }
    }
}

/// Every colour below a value.
fn colours(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let own = members
                .get("color")
                .and_then(Value::as_str)
                .map(str::to_owned);
            own.into_iter()
                .chain(members.values().flat_map(colours))
                .collect()
        }
        Value::Array(all) => all.iter().flat_map(colours).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn no_panel_lies_over_another() {
    let dashboard = dashboard();
    let mut taken = BTreeSet::new();
    for panel in list(&dashboard, "/panels") {
        let at = |side: &str| panel["gridPos"][side].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{panel}");
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(taken.insert((x, y)), "{} lies over another", panel["title"]);
            }
        }
    }
}
