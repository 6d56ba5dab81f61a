//! What the clouds' tools print where they print no JSON. Pure.

use ipnet::IpNet;

/// What a text that is no JSON is, in words with the cure; `None`: it is not known.
pub fn no_output(text: &str) -> Option<String> {
    let text = text.trim_start();
    if text.is_empty() {
        return Some("az (or aws, or gcloud) printed nothing; its error stands above".to_owned());
    }
    let first = text.lines().next().unwrap_or_default();
    let line: String = first.chars().take(200).collect();
    let begins = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
    let holds = |words: &[&str]| words.iter().any(|word| line.contains(word));
    if holds(&["(gcloud."]) {
        return Some(says("gcloud", &line));
    }
    if begins(&[
        "An error occurred (",
        "Unable to locate credentials",
        "aws: ",
    ]) {
        return Some(says("aws", &line));
    }
    if begins(&["ERROR", "WARNING"]) || holds(&["az login"]) {
        return Some(says("az", &line));
    }
    if begins(&["RouteServiceRole_"]) && line.contains(':') {
        return Some(for_people("YAML", "az", "-o json"));
    }
    if holds(&["LocalAddress", "Network ", "RouteServiceRole_"]) {
        return Some(for_people("a table", "az", "-o json"));
    }
    let is_of_aws = text.contains("GetRouteServerRoutingDatabase") || begins(&["ROUTES\t"]);
    if is_of_aws || begins(&["AreRoutesPersisted:"]) {
        return Some(for_people("no JSON", "aws", "--output json"));
    }
    let mut fields = line.split('\t');
    if line.contains('\t') && fields.any(|field| field.parse::<IpNet>().is_ok()) {
        return Some(for_people("TSV", "az", "-o json"));
    }
    let columns = ["DESTINATION", "AS_PATHS", "COMMUNITIES", "DEST_RANGE"];
    if begins(&["kind: compute#", "bestRoutes", "---", "result:"]) || holds(&columns) {
        return Some(for_people("no JSON", "gcloud", "--format=json"));
    }
    None
}

fn says(tool: &str, line: &str) -> String {
    format!("{tool} says '{}', and no routes", line.escape_debug())
}

fn for_people(what: &str, tool: &str, flag: &str) -> String {
    format!("{what}, which {tool} prints for people; ask it with '{flag}'")
}
