//! The screen for a program. Pure.

use serde_json::{Value, json};

use super::nva::{Nva, State, Told};
use super::whole::Screen;
use crate::failure::Outcome;
use crate::report::moment::Moment;
use crate::report::status::{Route, Service, json_text};

/// One object; on one line for `--watch`, where more follow.
pub fn json(screen: &Screen, one_line: bool, now: Moment) -> String {
    let reaches = screen.reaches.iter().map(|reach| {
        let ways = reach.ways.iter().map(|way| {
            json!({"region": way.region, "as_path_length": way.length, "standing": way.standing})
        });
        let reached: Vec<&str> = reach.best().iter().map(|way| way.region.as_str()).collect();
        json!({
            "prefixes": reach.prefixes, "reached": reached, "announced_by": ways.collect::<Vec<_>>(),
            "unknown": reach.unknown, "outcome": reach.outcome(),
        })
    });
    let nvas = screen.nvas.iter().enumerate();
    let nvas = nvas.map(|(index, nva)| of_nva(screen, index, nva, now));
    let problems = |problems: &[crate::report::status::Problem]| {
        let words = problems.iter().map(|problem| problem.what.clone());
        words.collect::<Vec<_>>()
    };
    let value = json!({
        "outcome": screen.outcome(),
        "prefixes": reaches.collect::<Vec<_>>(),
        "nvas": nvas.collect::<Vec<_>>(),
        "disagreements": problems(&screen.seen.problems),
        "notes": screen.seen.notes,
    });
    json_text(&value, one_line)
}

fn of_nva(screen: &Screen, index: usize, nva: &Nva, now: Moment) -> Value {
    let outcome = nva.problems().map(|problem| problem.outcome).max();
    let problems: Vec<&str> = nva
        .problems()
        .map(|problem| problem.what.as_str())
        .collect();
    let (state, told) = match &nva.told {
        Err(_) => (nva.source.place.silent(), None),
        Ok(told) => (told.life.word(), Some(told)),
    };
    let services = told.map(|told| {
        let services = told.services().enumerate();
        let of = |(number, service)| of_service(screen, (index, number), told, service, now);
        services.map(of).collect::<Vec<_>>()
    });
    let sessions = told.map(|told| {
        let (up, all) = told.sessions();
        json!({"up": up, "all": all})
    });
    json!({
        "region": nva.source.region, "nva": nva.label, "source": nva.source.place.to_string(), "state": state,
        "outcome": outcome.unwrap_or(Outcome::Best), "problems": problems,
        "age_seconds": told.map(|told| told.age), "version": told.map(|told| &told.report.status.process.version),
        "sessions": sessions, "services": services,
    })
}

fn of_service(
    screen: &Screen,
    from: (usize, usize),
    told: &Told,
    service: &Service,
    now: Moment,
) -> Value {
    let routes = service.routes.iter().map(|route| of_route(told, route));
    let views = screen.views.iter().filter(|view| view.from == from);
    let siblings = views.map(|view| {
        let nva = view.to.and_then(|to| screen.nvas.get(to)).map(Nva::name);
        json!({"host": view.host, "nva": nva, "healthy": view.healthy, "why": view.why, "unhealthy_for_seconds": view.unhealthy_for})
    });
    json!({
        "name": service.name, "standing": service.standing, "level": service.level,
        "since": service.since, "since_age_seconds": now.since(service.since), "why": service.why,
        "serves": told.serves(service), "drain": service.drain,
        "routes": routes.collect::<Vec<_>>(), "siblings": siblings.collect::<Vec<_>>(),
    })
}

fn of_route(told: &Told, route: &Route) -> Value {
    let (state, length) = match told.state(route) {
        State::Announced(length) => ("announced", Some(length)),
        State::NoSession => ("no session", None),
        State::Withdrawn => ("withdrawn", None),
        State::NotKnown => ("not known", None),
    };
    json!({"prefix": route.prefix, "state": state, "as_path_length": length})
}
