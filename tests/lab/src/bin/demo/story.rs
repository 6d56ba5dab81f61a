//! The failures: each is caused, watched until it is seen at the far end, and measured.

use std::cell::OnceCell;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use haproxy_rhi_lab::{ANYCAST, Lab, Load, Region, Request, eventually};

use crate::pages;
use crate::screen::{Screen, Style};
use crate::timeline::{Event, FAILING, Sources, Who, between, millis};

/// On a busy machine; never waited out where all goes well.
const PATIENCE: Duration = Duration::from_secs(20);
/// The clients go on for so long after the cause.
const AFTERWARDS: Duration = Duration::from_millis(2200);
/// Sources lag behind by less: what is older is shown in its order.
const SETTLED: Duration = Duration::from_millis(60);

/// A failure or a return.
struct Story {
    name: &'static str,
    heading: &'static str,
    /// What is done, for the timeline's first line.
    cause: &'static str,
    act: fn(&Lab) -> Result<()>,
    /// Where the address leads at the end.
    target: Region,
    /// Whether HAProxy itself says something.
    haproxy_speaks: bool,
    /// What the figures alone would not tell.
    note: &'static str,
    shows_tables: bool,
}

/// What a story came to.
#[derive(Debug)]
pub struct Told {
    pub name: &'static str,
    /// Until HAProxy's own word.
    pub verdict: Option<Duration>,
    /// From there, or from the cause, until the MSEE's kernel sent packets elsewhere.
    pub moved: Duration,
    pub requests: usize,
    pub failed: usize,
    pub gap: Duration,
    /// What was seen, for the pictures.
    pub seen: Seen,
}

/// What was seen of a story.
#[derive(Debug)]
pub struct Seen {
    pub heading: &'static str,
    pub cause: &'static str,
    pub since: SystemTime,
    pub events: Vec<Event>,
    pub requests: Vec<Request>,
}

const STORIES: [Story; 4] = [
    Story {
        name: "all servers die",
        heading: "2  All servers of North Europe are killed",
        cause: "kill -9: backend01, the only server of http_back",
        act: |lab| lab.backend(FAILING).kill(),
        target: Region::WestEurope,
        haproxy_speaks: true,
        note: "Who met the dead server was served by West Europe, through North Europe's HAProxy.",
        shows_tables: true,
    },
    Story {
        name: "they return",
        heading: "3  They return",
        cause: "backend01 is started again",
        act: |lab| lab.backend(FAILING).start(),
        target: Region::NorthEurope,
        haproxy_speaks: true,
        note: "haproxy-rhi wants to see it up twice.",
        shows_tables: true,
    },
    Story {
        name: "HAProxy is killed",
        heading: "4  HAProxy itself is killed in North Europe",
        cause: "kill -9: HAProxy, master and worker",
        act: |lab| lab.nva(FAILING).haproxy().kill(),
        target: Region::WestEurope,
        haproxy_speaks: false,
        note: "A dead HAProxy says nothing: the kernel tells that its process has ended.",
        shows_tables: false,
    },
    Story {
        name: "HAProxy is started",
        heading: "5  HAProxy is started again",
        cause: "HAProxy is started",
        act: |lab| lab.nva(FAILING).haproxy().start(),
        target: Region::NorthEurope,
        haproxy_speaks: false,
        note: "Its servers count when they have been checked, not before.",
        shows_tables: false,
    },
];

pub fn tell(screen: &mut Screen, lab: &Lab) -> Result<Vec<Told>> {
    screen.heading("1  Both regions announce")?;
    agreed(lab, Region::NorthEurope)?;
    pages::learned(screen, lab)?;
    pages::far_end(screen, lab)?;
    let mut told = Vec::new();
    for story in &STORIES {
        told.push(one(screen, lab, story).with_context(|| format!("'{}'", story.name))?);
    }
    pages::summary(screen, &told)?;
    Ok(told)
}

fn one(screen: &mut Screen, lab: &Lab, story: &Story) -> Result<Told> {
    screen.pause();
    screen.heading(story.heading)?;
    let load = Load::default();
    let sources = Sources {
        lab,
        exabgp: lab.nva(FAILING).exabgp().follow()?,
        load: lab.client().load(&load)?,
        new_client: OnceCell::new(),
    };
    // The clients are all under way, and HAProxy's checks are back at their ordinary pace.
    sleep(Duration::from_secs(1));
    let since = SystemTime::now();
    screen.event(0, "", story.cause, Style::Bold)?;
    (story.act)(lab)?;
    let events = in_order(watch(screen, &sources, since, story)?);
    agreed(lab, story.target)?;
    sleep(AFTERWARDS.saturating_sub(between(since, SystemTime::now())));
    let report = sources.load.finish()?;

    let at = |who: Who| {
        events
            .iter()
            .filter(|event| event.who == who)
            .map(|event| event.at)
            .next_back()
    };
    let verdict = at(Who::Haproxy).filter(|_| story.haproxy_speaks);
    let moved = at(Who::Msee).context("no kernel route")?;
    let told = Told {
        name: story.name,
        verdict: verdict.map(|verdict| between(since, verdict)),
        moved: between(verdict.unwrap_or(since), moved),
        requests: report.requests.len(),
        failed: report.failed().len(),
        gap: report.longest_gap().map(|(gap, _)| gap).unwrap_or_default(),
        seen: Seen {
            heading: story.heading,
            cause: story.cause,
            since,
            events,
            requests: report.requests,
        },
    };
    screen.line("")?;
    split(screen, &told)?;
    screen.paragraph(story.note)?;
    screen.paragraph(&format!(
        "{} clients in a loop: {} of {} requests failed; longest time without a page: about {}.",
        load.clients,
        told.failed,
        told.requests,
        pages::about(told.gap)
    ))?;
    if story.shows_tables {
        screen.line("")?;
        pages::far_end(screen, lab)?;
    }
    Ok(told)
}

/// Shows what is seen as it happens, until the whole way to the client has seen it.
fn watch(
    screen: &mut Screen,
    sources: &Sources<'_>,
    since: SystemTime,
    story: &Story,
) -> Result<Vec<Event>> {
    let mut shown: Vec<Event> = Vec::new();
    loop {
        let events = sources.events(since, story.target)?;
        let now = SystemTime::now();
        let complete = is_complete(&events, story);
        for event in &events {
            if !shown.contains(event) && between(event.at, now) > SETTLED {
                let elapsed = millis(event.at).saturating_sub(millis(since));
                let style = if event.who == Who::Msee {
                    Style::Good
                } else {
                    Style::Plain
                };
                screen.event(elapsed, event.who.name(), &event.what, style)?;
                shown.push(event.clone());
            }
        }
        if complete && shown.len() == events.len() {
            return Ok(events);
        }
        if between(since, now) > PATIENCE {
            let seen: Vec<&str> = events.iter().map(|event| event.who.name()).collect();
            bail!("after {PATIENCE:?} only this was seen: {}", seen.join(", "));
        }
        sleep(Duration::from_millis(10));
    }
}

/// On a busy machine HAProxy's line is read late: it was not after what haproxy-rhi said of it.
fn in_order(mut events: Vec<Event>) -> Vec<Event> {
    let first = |events: &[Event], who: Who| events.iter().position(|event| event.who == who);
    let of = first(&events, Who::HaproxyRhi).and_then(|place| events.get(place));
    let earliest = of.map(|event| event.at);
    let said = first(&events, Who::Haproxy).and_then(|place| events.get_mut(place));
    if let Some((said, earliest)) = said.zip(earliest) {
        said.at = said.at.min(earliest);
    }
    events.sort_by_key(|event| (millis(event.at), event.who));
    events
}

/// Whether all who should have seen it have: both instances of the Route Server, the kernel, the client.
fn is_complete(events: &[Event], story: &Story) -> bool {
    let count = |who: Who| events.iter().filter(|event| event.who == who).count();
    let region = story.target.to_string();
    let moved = events
        .iter()
        .any(|event| event.who == Who::Msee && event.what.ends_with(&region));
    moved
        && (!story.haproxy_speaks || count(Who::Haproxy) > 0)
        && count(Who::HaproxyRhi) > 0
        && count(Who::RouteServer) >= 2
        && count(Who::Client) >= 2
}

/// Where the time went.
fn split(screen: &mut Screen, told: &Told) -> Result<()> {
    let moved = pages::about(told.moved);
    screen.paragraph(&match told.verdict {
        Some(verdict) => {
            format!(
                "About {} until HAProxy said so, then {moved} until the route had moved.",
                pages::about(verdict)
            )
        }
        None => format!("About {moved} until the route had moved."),
    })
}

/// The far end's tables hold exactly what should be announced when the address leads to `target`.
fn agreed(lab: &Lab, target: Region) -> Result<()> {
    let announcing: &[Region] = if target == FAILING {
        &Region::ALL
    } else {
        &[Region::WestEurope]
    };
    eventually(PATIENCE, "the routers' tables", || {
        let mut expected = Vec::new();
        for region in Region::ALL {
            for instance in lab.route_servers(region) {
                let rows = instance.rows(ANYCAST)?;
                let right = rows.iter().all(|row| {
                    row.next_hop == Some(region.nva().into()) && row.as_path == region.as_path()
                });
                let wanted = usize::from(announcing.contains(&region));
                ensure!(
                    right && rows.len() == wanted,
                    "{} has {rows:?}",
                    instance.address()
                );
                if wanted == 1 {
                    expected.push((
                        Some(instance.address()),
                        [&[65515], region.as_path()].concat(),
                    ));
                }
            }
        }
        let rows = lab.msee().rows(ANYCAST)?;
        let mut learned: Vec<_> = rows
            .into_iter()
            .map(|row| (row.from, row.as_path))
            .collect();
        learned.sort();
        expected.sort();
        ensure!(learned == expected, "the MSEE has {learned:?}");
        let leads_to = lab.msee().region(ANYCAST)?;
        ensure!(
            leads_to == Some(target),
            "the MSEE's kernel leads to {leads_to:?}"
        );
        let answer = lab.client().get()?;
        ensure!(
            answer.status == 200 && answer.region == Some(target),
            "the client got {answer:?}"
        );
        Ok(())
    })
}
