//! What to add to a haproxy.cfg. Pure.

use super::{ANNOUNCED, Haproxy, Has, PAGE};
use crate::condition::ProxyName;
use crate::haproxy_cfg::{Line, Section};
use crate::init::answers::Answers;
use crate::init::endpoints::{EVENTS, Endpoints};
use crate::observation::NVA_NAME;
use crate::validate::late_words;
use crate::value::Joined;

/// While the service is drained, clients are asked to come with new connections.
const CLOSE: &str =
    "http-after-response set-header connection close if { var(proc.draining) -m int 1 }";

impl Haproxy {
    /// What is missing, a line each.
    pub fn missing(&self, answers: &Answers, add: bool) -> Vec<String> {
        let has = self.has(&answers.backend);
        let mut missing = Vec::new();
        let mut say = |is_missing: bool, what: String| {
            missing.extend(is_missing.then(|| format!("{}: {what}", self.file.path)))
        };
        say(
            has.stats.is_none(),
            "a stats socket that user exabgp may open".to_owned(),
        );
        say(
            has.control.is_none(),
            "a stats socket of level admin for user exabgp (control)".to_owned(),
        );
        say(
            !has.variables,
            "the variables that haproxy-rhi sets there".to_owned(),
        );
        say(
            !has.log,
            format!("a log line to {EVENTS}, which tells haproxy-rhi of each change at once"),
        );
        let cure = match add {
            true => {
                "; --add cannot add it, so config.json has no events, and HAProxy is asked each second"
            }
            false => "",
        };
        say(
            !has.log_global,
            format!(
                "'log global' in backend '{}' or its defaults{cure}",
                answers.backend
            ),
        );
        say(
            has.page.is_none() && answers.has_page(),
            "a monitor page that tells the other region whether the route is out".to_owned(),
        );
        if let Some(front) = has.nameless.filter(|_| answers.has_page()) {
            let cure = match add {
                true => format!(
                    "; --add cannot add it: write '{}' there",
                    name(front, answers)
                ),
                false => String::new(),
            };
            let what = "by which the other region knows whose page it is";
            say(
                true,
                format!(
                    "the header {NVA_NAME} of the page of {} '{}', {what}{cure}",
                    front.kind, front.name
                ),
            );
        }
        for front in self.that_keep_clients(answers) {
            let cure = match add {
                true => format!("; --add cannot add it: write '{CLOSE}' there"),
                false => String::new(),
            };
            let what = "that asks clients to come with new connections during a drain";
            say(
                true,
                format!("a line of {} '{}' {what}{cure}", front.kind, front.name),
            );
        }
        missing
    }

    /// That HAProxy finds a dead server of the backend late; absent: it does not.
    pub fn late(&self, answers: &Answers) -> Option<String> {
        let backend = answers.backend.as_str();
        let checks = self.sections.slowest_death(backend)?;
        let (what, cure) = late_words(backend, &checks)?;
        let (path, line) = (&self.file.path, checks.line);
        Some(format!("{path}:{line}: {what}; {cure}"))
    }

    /// The clients' frontends that do not ask their clients for new connections during a drain. Only HTTP can.
    fn that_keep_clients(&self, answers: &Answers) -> Vec<&Section> {
        let names = self.frontends(answers);
        let fronts = self.sections.of(&["frontend", "listen"]);
        let fronts = fronts.filter(|front| names.contains(&front.name));
        let is_http = |front: &Section| {
            let mode = self.sections.says(front, &["mode"]);
            mode.is_some_and(|line| line.begins(&["mode", "http"]))
        };
        let asks = |front: &Section| self.sections.lines(front).into_iter().any(closes);
        fronts
            .filter(|front| is_http(front) && !asks(front))
            .collect()
    }

    /// The lines of `global` that are missing.
    fn for_global(&self, has: &Has<'_>) -> Vec<String> {
        let endpoints = Endpoints::default();
        let mut lines = Vec::new();
        if has.stats.is_none() {
            lines.push(
                "# haproxy-rhi watches here, as user exabgp. Level 'user' can only read."
                    .to_owned(),
            );
            lines.push(format!(
                "stats socket {} user exabgp group haproxy-rhi mode 660 level user",
                endpoints.stats
            ));
        }
        if has.control.is_none() {
            lines.push("# haproxy-rhi says here that a service is drained, and until when its route is known to be out.".to_owned());
            lines.push(format!(
                "stats socket {} user exabgp group root mode 600 level admin",
                endpoints.control
            ));
        }
        if !has.variables {
            lines.push("set-var proc.draining int(0)".to_owned());
            lines.push(format!("set-var {ANNOUNCED} int(0)"));
        }
        if !has.log {
            lines.push("# Wakes haproxy-rhi when a server changes.".to_owned());
            lines.push(format!("log {EVENTS} format timed local0 notice"));
        }
        lines
    }

    /// The health page's frontend; empty: not needed.
    fn for_page(&self, answers: &Answers, has: &Has<'_>) -> String {
        if has.page.is_some() || !answers.has_page() {
            return String::new();
        }
        format!(
            "
# Asked by the other region before it withdraws its last route: 200 while this region's route is out and its servers
# serve. haproxy-rhi keeps the time a few seconds ahead; when it is gone, the page turns to 503 by itself.
frontend {PAGE}
    mode http
    bind {}:{}
    timeout client 5s
    timeout http-request 5s
    monitor-uri /health
    monitor fail if {{ stopping }}
    monitor fail if {}
    monitor fail unless {{ date,neg,add({ANNOUNCED}) -m int 1:10 }}
    monitor fail if {{ var(proc.draining) -m int 1 }}
    http-after-response set-header haproxy-rhi-nva {}
",
            answers.address,
            self.page_port(),
            self.without_servers(&answers.backend),
            answers.address
        )
    }

    /// The condition that none of the backend's own servers is up; backup servers are other regions' NVAs.
    fn without_servers(&self, backend: &ProxyName) -> String {
        let lines = self
            .sections
            .backend(backend.as_str())
            .into_iter()
            .flat_map(|section| &section.lines);
        let servers: Vec<&Line> = lines.filter(|line| line.begins(&["server"])).collect();
        let is_backup = |line: &&&Line| line.words.iter().any(|word| word == "backup");
        if !servers.iter().any(|line| is_backup(&line)) {
            return format!("{{ nbsrv({backend}) lt 1 }}");
        }
        let own = servers
            .iter()
            .filter(|line| !is_backup(line))
            .filter_map(|line| line.words.get(1));
        own.map(|name| format!("!{{ srv_is_up({backend}/{name}) }}"))
            .joined(" ")
    }

    /// The snippet that HAProxy reads after the existing file.
    pub fn snippet(&self, answers: &Answers) -> String {
        let has = self.has(&answers.backend);
        let global: String = self
            .for_global(&has)
            .iter()
            .map(|line| format!("    {line}\n"))
            .collect();
        format!(
            "# What haproxy-rhi needs of HAProxy, beside {}.\nglobal\n{global}{}",
            self.file.path,
            self.for_page(answers, &has)
        )
    }

    /// The existing file with what is missing.
    pub fn extended(&self, answers: &Answers) -> String {
        let has = self.has(&answers.backend);
        let mut lines: Vec<String> = self
            .file
            .text
            .lines()
            .map(|line| format!("{line}\n"))
            .collect();
        let global = self.sections.of(&["global"]).last();
        let backend = self
            .sections
            .backend(answers.backend.as_str())
            .filter(|_| !has.log_global);
        let mut insert: Vec<(usize, String)> = backend
            .map(|backend| {
                (
                    backend.line,
                    format!("{}log global\n", indentation(&lines, backend)),
                )
            })
            .into_iter()
            .collect();
        let missing = self.for_global(&has);
        match global {
            _ if missing.is_empty() => {}
            Some(global) => {
                let last = end(global);
                let indent = indentation(&lines, global);
                insert.push((
                    last,
                    missing
                        .iter()
                        .map(|line| format!("{indent}{line}\n"))
                        .collect(),
                ));
            }
            None => {
                let all: String = missing.iter().map(|line| format!("    {line}\n")).collect();
                insert.push((0, format!("global\n{all}\n")));
            }
        }
        if let Some(front) = has.nameless.filter(|_| answers.has_page()) {
            let indent = indentation(&lines, front);
            let text = format!(
                "{indent}# Whose page it is: that of the NVA with this address.\n{indent}{}\n",
                name(front, answers)
            );
            insert.push((end(front), text));
        }
        for front in self.that_keep_clients(answers) {
            let last = end(front);
            let indent = indentation(&lines, front);
            insert.push((last, format!("{indent}# While the service is drained, clients are asked to come with new connections.\n{indent}{CLOSE}\n")));
        }
        // From the end, so that earlier line numbers stay valid.
        insert.sort_by_key(|(after, _)| std::cmp::Reverse(*after));
        insert
            .into_iter()
            .for_each(|(after, text)| lines.insert(after, text));
        lines.concat() + &self.for_page(answers, &has)
    }
}

/// The line by which a page says whose it is; answers of backends do not have it.
fn name(front: &Section, answers: &Answers) -> String {
    format!(
        "http-after-response set-header {NVA_NAME} {} if {{ be_name {} }}",
        answers.address, front.name
    )
}

/// Whether the line asks clients for new connections, always or during a drain.
fn closes(line: &Line) -> bool {
    let has = |word: &str| line.words.iter().any(|one| one.eq_ignore_ascii_case(word));
    let is_answers = matches!(
        line.words.first().map(String::as_str),
        Some("http-response" | "http-after-response")
    );
    let is_always = !has("if") && !has("unless");
    let in_drains = || line.words.iter().any(|word| word.contains("proc.draining"));
    is_answers && has("connection") && has("close") && (is_always || in_drains())
}

/// After which line a section may be added to: what stands in a conditional block may not count, and the block may begin the next section.
fn end(section: &Section) -> usize {
    let is_block = |line: &Line| line.words.first().is_some_and(|word| word == ".if");
    let mut lines = section.lines.iter().rev();
    let last = lines.find(|line| !line.conditional && !is_block(line));
    last.map_or(section.line, |line| line.number)
}

/// The blanks before a section's lines.
fn indentation<'text>(lines: &'text [String], section: &Section) -> &'text str {
    let first = section
        .lines
        .first()
        .and_then(|first| lines.get(first.number - 1))
        .map_or("    ", String::as_str);
    first
        .get(..first.len() - first.trim_start().len())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::haproxy_cfg::Outline;

    fn front(lines: &str) -> Section {
        let outline = Outline::read([format!("frontend web\n{lines}").as_str()]);
        outline.of(&["frontend"]).next().cloned().unwrap()
    }

    #[test]
    fn what_is_added_to_a_section_is_in_no_conditional_block() {
        for (lines, expected) in [
            ("", 1),
            ("bind :80\ndefault_backend b", 3),
            // The block begins the next section.
            ("bind :80\n\n.if defined(X)\nfrontend other\n.endif", 2),
            (".if defined(X)\nbind :80\n.endif", 1),
            (
                "bind :80\n.if defined(X)\nlog global\n.else\nno log\n.endif",
                2,
            ),
            (
                ".if defined(X)\n.if defined(Y)\n.endif\n.endif\nbind :80",
                6,
            ),
        ] {
            assert_eq!(end(&front(lines)), expected, "{lines}");
        }
    }

    #[test]
    fn a_line_for_servers_or_for_some_answers_asks_no_client_to_close() {
        for (line, expected) in [
            (CLOSE, true),
            ("http-response set-header Connection close", true),
            ("http-request set-header connection close", false),
            (
                "http-response set-header connection close if { status 503 }",
                false,
            ),
            (
                "http-after-response set-header connection close unless { nbsrv(b) gt 0 }",
                false,
            ),
            ("http-response set-header x-connection close", false),
        ] {
            assert_eq!(closes(&front(line).lines[0]), expected, "{line}");
        }
    }
}
