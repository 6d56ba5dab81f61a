//! The dashboard and the alert rules of the repository, as they are.

use serde_json::Value;

pub const RULES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/systemd/prometheus/haproxy-rhi.rules.yml"
);
const DASHBOARD: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/systemd/prometheus/haproxy-rhi.dashboard.json"
);

/// A panel that shows something.
#[derive(Debug)]
pub struct Panel {
    pub json: Value,
    pub title: String,
    pub kind: String,
    pub targets: Vec<Target>,
}

/// What a panel asks.
#[derive(Debug)]
pub struct Target {
    pub expression: String,
    pub legend: String,
}

pub fn dashboard() -> Value {
    let text = std::fs::read_to_string(DASHBOARD).expect("the dashboard is there");
    serde_json::from_str(&text).expect("the dashboard is JSON")
}

pub fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

pub fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Every panel with its expressions for all instances, those of folded rows too.
pub fn panels(dashboard: &Value) -> Vec<Panel> {
    let own = list(dashboard, "/panels").iter();
    let all = own.flat_map(|panel| std::iter::once(panel).chain(list(panel, "/panels")));
    all.filter(|panel| text(panel, "/type") != "row")
        .map(panel)
        .collect()
}

fn panel(json: &Value) -> Panel {
    let target = |target: &Value| Target {
        expression: text(target, "/expr").replace("$instance", ".*"),
        legend: text(target, "/legendFormat").to_owned(),
    };
    Panel {
        title: text(json, "/title").to_owned(),
        kind: text(json, "/type").to_owned(),
        targets: list(json, "/targets").iter().map(target).collect(),
        json: json.clone(),
    }
}

impl Panel {
    /// The text and the colour that a value has by the panel's mappings.
    pub fn mapped(&self, value: f64) -> Option<(String, String)> {
        let mappings = list(&self.json, "/fieldConfig/defaults/mappings").iter();
        let result = mappings.filter_map(|mapping| match text(mapping, "/type") {
            "value" => mapping.pointer(&format!("/options/{value}")),
            "range" => {
                let bound = |name: &str| {
                    mapping
                        .pointer(&format!("/options/{name}"))
                        .and_then(Value::as_f64)
                };
                let is_in = bound("from").is_none_or(|from| value >= from)
                    && bound("to").is_none_or(|to| value <= to);
                mapping.pointer("/options/result").filter(|_| is_in)
            }
            _ => None,
        });
        let result = result.take(1).next()?;
        Some((
            text(result, "/text").to_owned(),
            text(result, "/color").to_owned(),
        ))
    }

    /// All of them, in their order.
    pub fn words(&self) -> Vec<(String, String)> {
        let mappings = list(&self.json, "/fieldConfig/defaults/mappings").iter();
        let results =
            mappings.flat_map(|mapping| {
                let options = &mapping["options"];
                let own = options.get("result").into_iter();
                let by_value = options
                    .as_object()
                    .into_iter()
                    .flat_map(|options| options.values());
                own.chain(by_value.filter(|result| {
                    result.get("text").is_some() && options.get("result").is_none()
                }))
            });
        let mut words: Vec<&Value> = results.collect();
        words.sort_by_key(|result| result["index"].as_u64());
        let pair = |result: &Value| {
            (
                text(result, "/text").to_owned(),
                text(result, "/color").to_owned(),
            )
        };
        words.into_iter().map(pair).collect()
    }

    /// The same where a number has no words: with its unit, and the colour of the threshold that it has reached.
    pub fn shown(&self, value: f64) -> (String, String) {
        self.mapped(value).unwrap_or_else(|| {
            let unit = text(&self.json, "/fieldConfig/defaults/unit");
            (
                format!("{value:.0} {unit}").trim_end().to_owned(),
                self.threshold(value),
            )
        })
    }

    /// The colour of the threshold that a number has reached.
    pub fn threshold(&self, value: f64) -> String {
        let steps = list(&self.json, "/fieldConfig/defaults/thresholds/steps").iter();
        let mut reached = steps.filter(|step| {
            step.get("value")
                .and_then(Value::as_f64)
                .is_none_or(|from| value >= from)
        });
        reached
            .next_back()
            .map_or_else(String::new, |step| text(step, "/color").to_owned())
    }
}

/// The series' name, by the panel's pattern.
pub fn legend(pattern: &str, labels: &Value) -> String {
    let mut name = pattern.to_owned();
    for (label, value) in labels.as_object().into_iter().flatten() {
        name = name.replace(
            &format!("{{{{{label}}}}}"),
            value.as_str().unwrap_or_default(),
        );
    }
    name
}
