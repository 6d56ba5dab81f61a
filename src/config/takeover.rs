//! `takeover`: what a region announces while the siblings are silent whose routes are preferred to its own.

use std::time::Duration;

use serde::Deserialize;

use super::attributes::with_attributes;
use super::fault::{Fault, fault};
use super::locate::Place;
use super::service::{Level, Takeover};
use crate::condition::{HttpProbe, Probe, Url};
use crate::route::Attributes;
use crate::value::Span;

/// Questions within `after`: the last one that is answered, and three that are not, each with the time of one for its answer.
const QUESTIONS: u32 = 4;
/// A shorter time leaves no room for an answer from another region.
const SHORTEST: Duration = Duration::from_millis(400);
/// A longer one is no takeover: a Route Server drops the route earlier.
const LONGEST: Duration = Duration::from_secs(180);
/// Questions are never further apart, however long `after` is.
const APART: Duration = Duration::from_secs(1);

with_attributes! {
    /// `takeover`: what the route carries while the siblings are silent whose routes are preferred to this region's. Its
    /// attributes replace the service's.
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "a takeover, such as {\"after\": \"1s\", \"as_path\": [65010]}")]
    struct TakeoverFile {
        from: Option<Vec<Url>>,
        #[serde(default = "Span::second")]
        after: Span,
    }
}

pub(super) fn raise_takeover(
    file: TakeoverFile,
    (siblings, same_region): (&[Probe], &[Url]),
    (defaults, levels): (&Attributes, &[Level]),
    place: &Place,
) -> Result<Takeover, Fault> {
    let after = file.after.get();
    if !(SHORTEST..=LONGEST).contains(&after) {
        return fault(
            place.key("after"),
            "after is out of range: three questions need time for their answers, and no hold time is longer than 180s; write 400ms to 180s",
        );
    }
    let every = (after / QUESTIONS).min(APART);
    let probes = questions(file.from.as_deref(), (siblings, same_region), every, place)?;
    let attributes = file.attributes(defaults);
    if let Some(level) = levels
        .iter()
        .find(|level| !level.attributes.is_avoided_for(&attributes))
    {
        let what = format!(
            "routers would not prefer the takeover to level '{}'; give it a shorter as_path than any level's and any sibling's, or a higher local_preference or a lower med",
            level.name
        );
        return fault(place.key("as_path"), what);
    }
    Ok(Takeover {
        probes,
        every,
        after,
        attributes,
    })
}

/// The siblings' pages, each to be answered before the next question.
fn questions(
    from: Option<&[Url]>,
    (siblings, same_region): (&[Probe], &[Url]),
    every: Duration,
    place: &Place,
) -> Result<Vec<Probe>, Fault> {
    let pages: Vec<&HttpProbe> = siblings.iter().filter_map(page).collect();
    let all = pages.iter().map(|page| page.url.clone());
    let all: Vec<Url> = all.filter(|url| !same_region.contains(url)).collect();
    let place = match from {
        Some(_) => place.key("from"),
        None => place.clone(),
    };
    let urls = from.unwrap_or(&all);
    if urls.is_empty() {
        return fault(
            place,
            "no sibling to take over from; name one of urls of another region, or leave from out for all of those",
        );
    }
    let mut probes = Vec::new();
    for (index, url) in urls.iter().enumerate() {
        let at = if from.is_some() {
            place.index(index)
        } else {
            place.clone()
        };
        let Some(page) = pages.iter().find(|page| page.url == *url) else {
            return fault(
                at,
                format!(
                    "{} is none of this service's siblings; add it to urls, or remove it",
                    url.as_str()
                ),
            );
        };
        if url.address().is_none() {
            let why = "a name can lead to two hosts, and a name server that hangs looks like a silent sibling";
            return fault(
                at,
                format!(
                    "{} has a name, and a takeover needs an address: {why}; write the address of the sibling's NVA",
                    url.as_str()
                ),
            );
        }
        let probe = Probe::Http(HttpProbe {
            timeout: Span::from(every),
            ..(*page).clone()
        });
        if probes.contains(&probe) {
            return fault(at, "this sibling is there twice; remove one");
        }
        probes.push(probe);
    }
    Ok(probes)
}

fn page(probe: &Probe) -> Option<&HttpProbe> {
    match probe {
        Probe::Http(page) => Some(page),
        _ => None,
    }
}
