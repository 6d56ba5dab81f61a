//! The keys `unknown`, `damping` and `siblings` of a service.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::attributes::{Times, prepended, with_attributes};
use super::fault::{Fault, fault};
use super::locate::Place;
use super::service::{Damping, Level, Siblings, ThenUnknown};
use super::takeover::{TakeoverFile, raise_takeover};
use crate::condition::{HttpProbe, Probe, Url};
use crate::route::Attributes;
use crate::value::Span;
use crate::value::object::{some_object, word};

/// `unknown`: for how long routes stay as they are while the state is unknown, and what follows.
#[derive(Debug, Deserialize)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a policy, such as {\"hold\": \"10s\", \"then\": \"withdraw\"}"
)]
pub struct UnknownFile {
    /// How long it holds.
    pub hold: Span,
    /// What comes after.
    #[serde(deserialize_with = "word")]
    pub then: ThenUnknown,
}

impl Default for UnknownFile {
    fn default() -> Self {
        Self {
            hold: Span::milliseconds(10_000),
            then: ThenUnknown::Withdraw,
        }
    }
}

/// `damping`: a service that flaps comes back later each time.
#[derive(Debug, Deserialize)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a policy, such as {\"wait\": \"5s\", \"ceiling\": \"5m\", \"quiet\": \"10m\"}"
)]
pub struct DampingFile {
    /// Before the second return; before each further one twice as long.
    pub wait: Span,
    /// The longest wait.
    pub ceiling: Span,
    /// Without a fall for so long, all is forgotten.
    pub quiet: Span,
}

impl Default for DampingFile {
    fn default() -> Self {
        Self {
            wait: Span::milliseconds(5_000),
            ceiling: Span::milliseconds(300_000),
            quiet: Span::milliseconds(600_000),
        }
    }
}

/// `siblings`: the other NVAs' health pages, and what to announce when none of them is healthy.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "siblings, such as {\"urls\": [\"http://172.16.136.70/health\"], \"last_standing\": {\"prepend\": 6}}"
)]
pub struct SiblingsFile {
    /// The health page of each NVA.
    pub urls: Vec<Url>,
    /// Those of this NVA's own region.
    pub same_region: Option<Vec<Url>>,
    /// For one answer.
    #[serde(default = "Span::second")]
    pub timeout: Span,
    /// As of an `http` condition.
    #[serde(default = "yes")]
    pub tls_verify: bool,
    /// As of an `http` condition.
    pub tls_ca_file: Option<PathBuf>,
    /// When a sibling comes back, its route is given so long to arrive before the last resort is withdrawn.
    #[serde(default = "ten_seconds")]
    pub settle: Span,
    /// What the route carries as the last resort; absent: six times more of the first AS number.
    #[serde(default, deserialize_with = "some_object")]
    pub last_standing: Option<LastStandingFile>,
    /// What becomes of the route while preferred siblings are silent; absent: nothing.
    #[serde(default, deserialize_with = "some_object")]
    pub takeover: Option<TakeoverFile>,
}

with_attributes! {
    /// `last_standing`: what the route carries while this region has nothing to offer, and no sibling is known to be
    /// healthy either. Its attributes replace the service's.
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "path attributes, such as {\"prepend\": 6}")]
    struct LastStandingFile {
        prepend: Option<Times>,
    }
}

pub fn ten_seconds() -> Span {
    Span::milliseconds(10_000)
}

fn yes() -> bool {
    true
}

/// Times that the first AS number is repeated where `last_standing` does not say what to announce.
const LAST_STANDING_PREPEND: u8 = 6;

pub(super) fn raise_damping(file: &DampingFile, place: &Place) -> Result<Damping, Fault> {
    let (wait, ceiling, quiet) = (file.wait.get(), file.ceiling.get(), file.quiet.get());
    if wait < Duration::from_millis(1) {
        return fault(
            place.key("wait"),
            "wait is out of range; write 1ms or more, or leave damping out for none",
        );
    }
    if ceiling < wait {
        return fault(
            place.key("ceiling"),
            "ceiling is shorter than wait; make it longer, or equal",
        );
    }
    if quiet < ceiling {
        return fault(
            place.key("quiet"),
            "quiet is shorter than ceiling, so that a wait would be forgotten before it is over; make it longer, or equal",
        );
    }
    Ok(Damping {
        wait,
        ceiling,
        quiet,
    })
}

pub(super) fn raise_siblings(
    file: SiblingsFile,
    defaults: &Attributes,
    levels: &[Level],
    place: &Place,
) -> Result<Siblings, Fault> {
    let mut probes = questions(&file, &place.key("urls"))?;
    let same_region = raise_same_region(&file, &probes, &place.key("same_region"))?;
    let takeover = file.takeover.map(|takeover| {
        raise_takeover(
            takeover,
            (&probes, &same_region),
            (defaults, levels),
            &place.key("takeover"),
        )
    });
    let takeover = takeover.transpose()?;
    // One question for both: what a takeover asks at a pace of its own is asked once.
    for question in takeover.iter().flat_map(|rule| &rule.probes) {
        let same = probes
            .iter_mut()
            .find(|probe| probe.url() == question.url());
        same.into_iter().for_each(|probe| *probe = question.clone());
    }
    let last = file.last_standing.as_ref();
    let attributes = raise_last_standing(last, defaults, levels, &place.key("last_standing"))?;
    Ok(Siblings {
        probes,
        same_region,
        settle: file.settle.get(),
        attributes,
        takeover,
    })
}

/// The probe of each sibling.
fn questions(file: &SiblingsFile, place: &Place) -> Result<Vec<Probe>, Fault> {
    if file.urls.is_empty() {
        return fault(
            place.clone(),
            "no sibling; name another region's health page, such as http://172.16.136.70/health",
        );
    }
    let mut probes: Vec<Probe> = Vec::new();
    for (index, url) in file.urls.iter().enumerate() {
        let probe = Probe::Http(HttpProbe {
            url: url.clone(),
            status: None,
            body: None,
            host: None,
            timeout: file.timeout,
            tls_verify: file.tls_verify,
            tls_ca_file: file.tls_ca_file.clone(),
        });
        if probes.contains(&probe) {
            return fault(
                place.index(index),
                "this sibling is there twice; remove one",
            );
        }
        probes.push(probe);
    }
    Ok(probes)
}

/// The siblings of this NVA's own region.
fn raise_same_region(
    file: &SiblingsFile,
    siblings: &[Probe],
    place: &Place,
) -> Result<Vec<Url>, Fault> {
    let named = file.same_region.clone().unwrap_or_default();
    let known = |url: &Url| siblings.iter().any(|probe| probe.url() == Some(url));
    match named.iter().position(|url| !known(url)) {
        Some(index) => fault(
            place.index(index),
            "this is none of urls; add it to urls, or remove it",
        ),
        None => Ok(named),
    }
}

/// What the route carries as the last resort: routers must prefer each level to it.
fn raise_last_standing(
    file: Option<&LastStandingFile>,
    defaults: &Attributes,
    levels: &[Level],
    place: &Place,
) -> Result<Attributes, Fault> {
    let (attributes, times) = match file {
        Some(file) => (file.attributes(defaults), file.prepend.map(|times| times.0)),
        None => (defaults.clone(), Some(LAST_STANDING_PREPEND)),
    };
    let attributes = prepended(attributes, times, &place.key("prepend"))?;
    let is_no_better = |level: &&Level| !attributes.is_avoided_for(&level.attributes);
    let Some(level) = levels.iter().find(is_no_better) else {
        return Ok(attributes);
    };
    let what = format!(
        "routers would not prefer level '{}' to this last resort; make its AS path longer than any level's and any sibling's (prepend), or give it a lower local_preference, a higher med or another community",
        level.name
    );
    fault(place.clone(), what)
}
