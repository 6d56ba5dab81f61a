//! Whether haproxy.cfg serves the page of `haproxy.status_variable`, which `status --region` reads. Pure.

use super::ground::Ground;
use super::rule::*;
use crate::config::Place;
use crate::haproxy_cfg::Outline;

/// Sections that can have an `http-request` line.
const SECTIONS: [&str; 4] = ["defaults", "frontend", "listen", "backend"];

/// `status_variable` is set, and no line of haproxy.cfg serves it.
pub(super) fn finding(ground: &Ground<'_>, outline: &Outline) -> Option<Finding> {
    let variable = ground.config.haproxy.status_variable.as_ref()?.to_string();
    let mut lines = outline
        .of(&SECTIONS)
        .flat_map(|section| &section.lines)
        .filter(|line| line.begins(&["http-request", "return"]));
    if lines.any(|line| line.words.iter().any(|word| serves(word, &variable))) {
        return None;
    }
    let what = format!(
        "HAProxy is told this status in {variable}, and no 'http-request return' of haproxy.cfg has {variable}: 'status --region' finds no page"
    );
    let cure = format!(
        "write 'http-request return status 200 content-type application/json lf-string \"%[var({variable}),b64dec]\" if {{ path \
         /haproxy-rhi-status }} {{ src ADDRESS }}' in the frontend, with the hosts that may read it; or take status_variable out"
    );
    let place = Place::default().key("haproxy").key("status_variable");
    Some(ground.in_config(&place, warning(&NO_PAGE, what, cure)))
}

/// A name with an environment variable (`$`) may be the variable's.
fn serves(word: &str, variable: &str) -> bool {
    let mut fetches = word.split("var(").skip(1);
    fetches.any(|rest| {
        let name = rest.split([')', ',']).next().unwrap_or_default().trim();
        name == variable || name.contains('$')
    })
}

#[cfg(test)]
mod tests {
    use super::super::ground::Source;
    use super::*;
    use crate::config;

    const LINE: &str =
        "http-request return status 200 lf-string \"%[var(proc.page),b64dec]\" if { path /p }";

    fn told(key: &str, haproxy_cfg: &str) -> Option<String> {
        let text = format!(
            "{{\"haproxy\": {{\"stats\": \"/run/h.sock\", \"control\": \"/run/c.sock\"{key}}},\n \"services\": {{}}}}"
        );
        let config = config::parse(&text).unwrap();
        let source = Source::File("config.json".to_owned(), text);
        let ground = Ground {
            config: &config,
            source,
            conf: None,
        };
        finding(&ground, &Outline::read([haproxy_cfg]))
            .map(|found| format!("{} {}", found.rule.id, found.what))
    }

    #[test]
    fn a_variable_that_no_line_serves_is_told() {
        let key = ", \"status_variable\": \"proc.page\"";
        let is_told = |line: &str| told(key, &format!("frontend f\n bind :80\n {line}\n"));
        for line in [
            "",
            "#http-request return lf-string \"%[var(proc.page),b64dec]\"",
            "http-request return lf-string \"%[var(proc.page2),b64dec]\"",
            "http-request return status 200 string var-page",
            "http-request deny if { var(proc.page) -m found }",
        ] {
            let told = is_told(line).unwrap();
            assert!(
                told.starts_with("LV011 HAProxy is told this status in proc.page, and no"),
                "{told}"
            );
        }
        for line in [
            LINE,
            "http-request return lf-string '%[var(\"${V}\"),b64dec]'",
        ] {
            assert_eq!(is_told(line), None, "{line}");
        }
        assert_eq!(
            told(key, &format!("defaults\n {LINE}\nfrontend f\n bind :80\n")),
            None
        );
        assert_eq!(told("", "frontend f\n bind :80\n"), None);
    }
}
