//! A process's status for a person, in 80 columns. Pure.

use super::life::Life;
use super::outcome::Problem;
use super::shape::{
    Condition, ExaBgp, Haproxy, Level, Means, Pending, Readable, Report, Route, Service, Status,
};
use super::words::{fold, sentence, span, tries};
use crate::failure::Outcome;
use crate::report::moment::Moment;
use crate::value::with;

/// Columns that every terminal has.
pub const WIDTH: usize = 80;

/// Whether text is coloured.
#[derive(Debug, Clone, Copy)]
pub struct Paint(pub bool);

impl Paint {
    /// Text in the colour of an outcome.
    pub fn of(self, outcome: Outcome, text: &str) -> String {
        let code = match outcome {
            Outcome::Best => 32,
            Outcome::Worse => 31,
            Outcome::Unknown => 33,
        };
        if self.0 {
            format!("\u{1b}[1;{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Whole lines in the colour of an outcome, without their line feeds.
    pub fn lines(self, outcome: Outcome, text: &str) -> String {
        text.lines()
            .map(|line| self.of(outcome, line) + "\n")
            .collect()
    }
}

/// The status of one process.
pub fn text(
    report: &Report,
    life: Life,
    problems: &[Problem],
    now: Moment,
    paint: Paint,
) -> String {
    let status = &report.status;
    let mut out = of_process(report, life, now);
    if problems.is_empty() {
        out += &paint.lines(Outcome::Best, "all is as it should be\n");
    }
    for problem in problems {
        out += &paint.lines(problem.outcome, &fold("! ", &problem.what, WIDTH));
    }
    out.push('\n');
    let source = match (&status.configuration.file, status.configuration.since) {
        (None, _) => "flags".to_owned(),
        (Some(file), None) => format!("{file}, not in force"),
        (Some(file), Some(since)) => format!("{file}, in force for {}", span(now.since(since))),
    };
    out += &fold("configuration  ", &source, WIDTH);
    out += &status
        .haproxy
        .as_ref()
        .map(|haproxy| of_haproxy(haproxy, now))
        .unwrap_or_default();
    out += &of_exabgp(&status.exabgp, now, paint);
    out += &of_means(&report.means, now, paint);
    for service in &status.services {
        out += &of_service(service, report, now, paint);
    }
    if !status.other_routes.is_empty() {
        out += "\nroutes of no service\n";
        out.extend(
            status
                .other_routes
                .iter()
                .map(|route| of_route(route, &status.exabgp, now)),
        );
    }
    out += &of_hooks(status);
    out += &of_changes(status);
    out
}

fn of_process(report: &Report, life: Life, now: Moment) -> String {
    let process = &report.status.process;
    let head = match life {
        Life::Running => format!("heartbeat {} ago", span(now.since(report.heartbeat))),
        Life::Stuck(age) => format!("no heartbeat for {}", span(age)),
        Life::Dead(age) => format!("dead for at most {}", span(age)),
        Life::Left => "left".to_owned(),
    };
    let started = span(now.since(process.started));
    fold(
        "",
        &format!(
            "haproxy-rhi {}, process {}, started {started} ago, {head}",
            process.version, process.pid
        ),
        WIDTH,
    )
}

fn of_hooks(status: &Status) -> String {
    let mut out = String::new();
    if !status.hooks.is_empty() {
        out += "\nhooks\n";
    }
    for hook in &status.hooks {
        let state = if hook.running { "running" } else { "idle" };
        let counts = format!(
            "{}: {state}, {} waiting, {} runs, {} failed, {} dropped",
            hook.argv.join(" "),
            hook.waiting,
            hook.runs,
            hook.failed,
            hook.dropped
        );
        let fault = hook
            .fault
            .as_ref()
            .map(|fault| format!("; its last run {}", fault.why));
        out += &fold("  ", &(counts + &fault.unwrap_or_default()), WIDTH);
    }
    out
}

fn of_changes(status: &Status) -> String {
    let mut out = String::new();
    if !status.transitions.is_empty() {
        out += "\nlast changes\n";
    }
    for change in status.transitions.iter().rev() {
        let at = change.at.to_string();
        let at = at.get(..19).unwrap_or(&at).replace('T', " ");
        let what = match change.from == change.to {
            true => change.why.clone(),
            false => format!("{} -> {} ({})", change.from, change.to, change.why),
        };
        out += &fold(
            &format!("  {at}Z  "),
            &format!("{}: {what}", change.service),
            WIDTH,
        );
    }
    out
}

fn of_haproxy(haproxy: &Haproxy, now: Moment) -> String {
    let mut words = match (&haproxy.version, haproxy.pid) {
        (Some(version), Some(pid)) => format!("{version}, process {pid}"),
        _ => haproxy.place.clone(),
    };
    if let Some(started) = haproxy
        .started
        .filter(|_| haproxy.state == Readable::Readable)
    {
        words += &format!(", started {} ago", span(now.since(started)));
    }
    if haproxy.state != Readable::Readable {
        let why = haproxy
            .why
            .as_deref()
            .map(|why| format!(" ({why})"))
            .unwrap_or_default();
        words += &format!(
            ", {} for {}{why}",
            haproxy.state.word(),
            span(now.since(haproxy.since))
        );
    }
    for (count, what) in [(haproxy.reloads, "reload"), (haproxy.restarts, "restart")] {
        if count > 0 {
            words += &format!(", {count} {what}{} seen", if count == 1 { "" } else { "s" });
        }
    }
    match (haproxy.followed, &haproxy.not_followed_why) {
        (Some(true), _) => words += ", its end is seen at once",
        (Some(false), why) => {
            words += &format!(
                ", its end is seen by the next poll: {}",
                why.as_deref().unwrap_or("not followed")
            );
        }
        (None, _) => {}
    }
    fold("HAProxy        ", &words, WIDTH)
}

fn of_exabgp(exabgp: &ExaBgp, now: Moment, paint: Paint) -> String {
    let mut words = exabgp
        .version
        .clone()
        .unwrap_or_else(|| "version not known yet".to_owned());
    words += &with(", spoken to as ", exabgp.dialect.as_ref());
    words += if exabgp.acknowledges {
        ""
    } else {
        ", acknowledges nothing"
    };
    words += &format!(
        ", commands: {} taken, {} refused",
        exabgp.acknowledged, exabgp.refused
    );
    words += &format!(
        ", {} unanswered, {} corrected",
        exabgp.unanswered, exabgp.corrected
    );
    let mut out = fold("ExaBGP         ", &words, WIDTH);
    if exabgp.neighbors.is_empty() {
        out += "  no neighbor was heard of yet\n";
    }
    for neighbor in &exabgp.neighbors {
        let (outcome, state) = if neighbor.up {
            (Outcome::Best, "up")
        } else {
            (Outcome::Worse, "down")
        };
        let why = with(": ", neighbor.why.as_ref());
        let first = format!("  neighbor {:15} ", neighbor.neighbor);
        let folded = fold(
            &first,
            &format!("{state} {}{why}", lasting(neighbor.since, now)),
            WIDTH,
        );
        out += &folded.replacen(
            &format!(" {state} "),
            &format!(" {} ", paint.of(outcome, state)),
            1,
        );
    }
    let lacking = exabgp.lacking.iter();
    out.extend(lacking.map(|name| of_lacking(name, paint)));
    out
}

/// A neighbor that services name, and that ExaBGP does not have.
fn of_lacking(name: &str, paint: Paint) -> String {
    let words = fold(
        &format!("  neighbor {name:15} "),
        "ExaBGP does not have it",
        WIDTH,
    );
    paint.lines(Outcome::Worse, &words)
}

/// How long a session has been up or down.
fn lasting(since: Option<Moment>, now: Moment) -> String {
    since.map_or("since before this process started".to_owned(), |since| {
        format!("for {}", span(now.since(since)))
    })
}

/// The means but for siblings, which are shown with their services.
fn of_means(means: &[Means], now: Moment, paint: Paint) -> String {
    let own = means.iter().filter(|means| means.name != "sibling");
    let line = |means: &Means| {
        let uses = means.uses.unwrap_or_default();
        let times = if uses == 1 {
            "once".to_owned()
        } else {
            format!("{uses} times")
        };
        let last = means
            .last_use
            .map(|last| format!(", last {} ago", span(now.since(last))));
        let what = format!("{}: used {times}{}", means.place, last.unwrap_or_default());
        match &means.fault {
            None => fold(&format!("  {:10}", means.name), &what, WIDTH),
            Some(fault) => {
                let what = format!(
                    "{what}; does not work for {}: {}",
                    span(now.since(fault.since)),
                    fault.why
                );
                paint.lines(
                    Outcome::Worse,
                    &fold(&format!("  {:10}", means.name), &what, WIDTH),
                )
            }
        }
    };
    let lines: String = own.map(line).collect();
    if lines.is_empty() {
        lines
    } else {
        format!("means\n{lines}")
    }
}

fn of_service(service: &Service, report: &Report, now: Moment, paint: Paint) -> String {
    let standing = paint.of(service.outcome(), &service.standing);
    let mut out = format!(
        "\nservice {}: {standing} for {}\n",
        service.name,
        span(now.since(service.since))
    );
    // A level's own reason is shown with the level.
    if !service.why.is_empty() && !service.levels.iter().any(|level| level.why == service.why) {
        out += &fold("  ", &service.why, WIDTH);
    }
    out += &of_changes_to_come(service, now, paint);
    let width = service
        .levels
        .iter()
        .map(|level| level.name.len())
        .max()
        .unwrap_or(0)
        .clamp(4, 20);
    out.extend(service.levels.iter().map(|level| of_level(level, width)));
    out += &of_siblings(service, report, now);
    out.extend(
        service
            .routes
            .iter()
            .map(|route| of_route(route, &report.status.exabgp, now)),
    );
    out
}

/// An unknown state, a pending change, warm-up, damping and drain.
fn of_changes_to_come(service: &Service, now: Moment, paint: Paint) -> String {
    let mut out = String::new();
    if let Some(unknown) = &service.unknown {
        let over = if unknown.expired {
            ", the hold time is over"
        } else {
            ""
        };
        let age = span(now.since(unknown.since));
        out += &fold(
            "  unknown      ",
            &format!("for {age}{over}: {}", unknown.why),
            WIDTH,
        );
    }
    out += &service
        .pending
        .as_ref()
        .map(|pending| of_pending(pending, now))
        .unwrap_or_default();
    if let Some(until) = service.warm_up_until {
        out += &fold(
            "  warm-up      ",
            &format!("for {} more", span(until.since(now))),
            WIDTH,
        );
    }
    if let Some(damping) = service
        .damping
        .as_ref()
        .filter(|damping| damping.falls + u32::from(damping.absorbed > 0) > 0)
    {
        let words = format!(
            "{} falls remembered, {} returns suppressed, the next return waits {}",
            damping.falls,
            damping.absorbed,
            span(damping.wait_seconds)
        );
        out += &fold("  damping      ", &words, WIDTH);
    }
    if let Some(drain) = &service.drain {
        let words = format!("{} for {}", sentence(drain), span(now.since(drain.since)));
        out += &paint.lines(Outcome::Worse, &fold("  drain        ", &words, WIDTH));
    }
    out
}

fn of_pending(pending: &Pending, now: Moment) -> String {
    let kept = pending
        .kept_back_until
        .zip(pending.kept_back_by)
        .map(|(until, by)| {
            format!(
                ", kept back by {} for {} more",
                by.word(),
                span(until.since(now))
            )
        });
    let words = format!(
        "'{}' after {} of {} readings{}",
        pending.standing,
        pending.count,
        pending.needed,
        kept.unwrap_or_default()
    );
    fold("  pending      ", &words, WIDTH)
}

fn of_siblings(service: &Service, report: &Report, now: Moment) -> String {
    let mut out = String::new();
    for sibling in &service.siblings {
        let healthy = if sibling.healthy {
            "healthy"
        } else {
            "not known to be healthy"
        };
        let asked = report
            .means
            .iter()
            .find(|means| means.place == sibling.sibling)
            .and_then(|means| means.last_use);
        let asked = asked
            .map(|at| format!(", {} ago", span(now.since(at))))
            .unwrap_or_default();
        let here = if sibling.same_region {
            ", of this region"
        } else {
            ""
        };
        let words = format!(
            "{}{here}: {healthy} ({}{asked})",
            sibling.sibling, sibling.why
        );
        out += &fold("  sibling  ", &words, WIDTH);
    }
    out
}

fn of_level(level: &Level, width: usize) -> String {
    let mut out = fold(
        &format!("  {:width$}  {:7}  ", level.name, level.holds.word()),
        &level.why,
        WIDTH,
    );
    // Where HAProxy is gone, several say the same. A level's only condition repeats the level's reason.
    let mut conditions: Vec<&Condition> = level.conditions.iter().collect();
    conditions.dedup();
    let several = conditions.len() > 1;
    for Condition { holds, why } in conditions.into_iter().filter(|_| several) {
        out += &fold(
            &format!("  {:width$}    {:7}  ", "", holds.word()),
            why,
            WIDTH,
        );
    }
    out
}

fn of_route(route: &Route, exabgp: &ExaBgp, now: Moment) -> String {
    if let Some(words) = &route.said_leaving {
        let words = format!("{words} (no answer was waited for)");
        return fold("  said last    ", &words, WIDTH);
    }
    let label = if exabgp.acknowledges {
        "  acknowledged "
    } else {
        "  written      "
    };
    let mut out = match (route.wanted.clone(), route.acknowledged.clone()) {
        (Some(wanted), Some(told)) if wanted == told => fold(label, &told, WIDTH),
        (wanted, told) => {
            let wanted = wanted.unwrap_or_else(|| {
                format!("{} left as it is until the state is known", route.prefix)
            });
            let told = told.unwrap_or_else(|| "not known what ExaBGP holds".to_owned());
            let age = route
                .differs_since
                .map(|since| format!(" (for {})", span(now.since(since))));
            fold("  wanted       ", &wanted, WIDTH)
                + &fold(label, &(told + &age.unwrap_or_default()), WIDTH)
        }
    };
    if let Some(refused) = &route.refused {
        let wait = span(refused.retry_at.since(now));
        let words = format!(
            "{} ({}, again in {wait})",
            refused.command,
            tries(refused.tries)
        );
        out += &fold("  not taken    ", &words, WIDTH);
    }
    if let Some(otherwise) = &route.holds_otherwise {
        out += &fold("  read back    ", otherwise, WIDTH);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::status::outcome::{Patience, problems};
    use crate::verdict::Truth;

    const SAMPLE: &str = include_str!("sample.json");

    fn shown(paint: Paint) -> String {
        let report: Report = serde_json::from_str(SAMPLE).unwrap();
        let now = "2026-11-22T11:00:00.000Z".parse().unwrap();
        text(
            &report,
            Life::Running,
            &problems(&report, Life::Running, now, Patience::USUAL),
            now,
            paint,
        )
    }

    /// The names of the keys are a promise.
    #[test]
    fn the_file_that_is_read_is_the_file_that_is_written() {
        let report: Report = serde_json::from_str(SAMPLE).unwrap();
        let sample: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
        assert_eq!(serde_json::to_value(&report).unwrap(), sample);
    }

    #[test]
    fn what_nobody_acknowledges_is_called_written() {
        let mut report: Report = serde_json::from_str(SAMPLE).unwrap();
        report.status.exabgp.acknowledges = false;
        let now = "2026-11-22T11:00:00.000Z".parse().unwrap();
        let text = text(&report, Life::Running, &[], now, Paint(false));
        assert!(text.contains("\n  written      "), "{text}");
        assert!(!text.contains("\n  acknowledged "), "{text}");
    }

    #[test]
    fn what_each_condition_says_is_said_once() {
        let mut report: Report = serde_json::from_str(SAMPLE).unwrap();
        let level = &mut report.status.services[0].levels[0];
        level.holds = Truth::No;
        level.why = "HAProxy is gone: it refused".to_owned();
        for condition in &mut level.conditions {
            condition.holds = Truth::No;
            condition.why = level.why.clone();
        }
        let of = |report: &Report| {
            let now = "2026-11-22T11:00:00.000Z".parse().unwrap();
            let text = text(report, Life::Running, &[], now, Paint(false));
            text.matches("HAProxy is gone: it refused").count()
        };
        assert_eq!(of(&report), 1);
        // Beside a condition that says something else, once more.
        let mut file = report.status.services[0].levels[0].conditions[0].clone();
        file.why = "file /off: does not exist".to_owned();
        report.status.services[0].levels[0].conditions.push(file);
        assert_eq!(of(&report), 2);
    }

    #[test]
    fn what_was_said_at_last_is_all_that_is_shown_of_a_route() {
        let mut report: Report = serde_json::from_str(SAMPLE).unwrap();
        let route = &mut report.status.services[0].routes[0];
        route.wanted = Some("withdraw route 9.9.9.9/32".to_owned());
        (route.said_leaving, route.acknowledged) = (route.wanted.clone(), None);
        let now = "2026-11-22T11:00:00.000Z".parse().unwrap();
        let text = text(&report, Life::Left, &[], now, Paint(false));
        let of_route: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("9.9.9.9/32"))
            .collect();
        assert!(
            of_route
                .contains(&"  said last    withdraw route 9.9.9.9/32 (no answer was waited for)")
                && !text.contains("  wanted       withdraw route 9.9.9.9/32")
                && !text.contains("  acknowledged withdraw route 9.9.9.9/32"),
            "{text}"
        );
    }

    #[test]
    fn a_session_that_was_up_before_the_process_has_no_time() {
        let mut report: Report = serde_json::from_str(SAMPLE).unwrap();
        report.status.exabgp.neighbors[0].since = None;
        let now = "2026-11-22T11:00:00.000Z".parse().unwrap();
        let text = text(&report, Life::Running, &[], now, Paint(false));
        let told = "\n  neighbor 172.16.159.4    up since before this process started\n";
        assert!(text.contains(told), "{text}");
    }

    #[test]
    fn everything_is_shown_in_80_columns_and_colours_change_no_word() {
        let plain = shown(Paint(false));
        assert_eq!(plain, include_str!("sample.txt"), "{plain}");
        assert!(plain.lines().all(|line| line.chars().count() <= WIDTH));
        let mut coloured = shown(Paint(true));
        assert!(
            coloured.contains("\u{1b}[1;31m! service web is down"),
            "{coloured}"
        );
        for code in ["\u{1b}[1;31m", "\u{1b}[1;32m", "\u{1b}[1;33m", "\u{1b}[0m"] {
            coloured = coloured.replace(code, "");
        }
        assert_eq!(coloured, plain);
    }
}
