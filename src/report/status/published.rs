//! The status that a page of the NVA's HAProxy has for a screen of all regions: the status file's keys, without those that
//! the screen does not show, in a bounded length. Pure.

use super::shape::{ExaBgp, Means, Neighbor, Report, Service, Status};

/// The longest text, in characters.
const LONGEST_WORDS: usize = 200;
/// The most neighbors, and the most means.
const MOST: usize = 16;

/// The JSON, in at most `longest` octets. Services that do not fit are left out, the last ones first, and counted.
///
/// # Errors
/// It cannot be written as JSON.
pub fn published(report: &Report, longest: usize) -> serde_json::Result<Vec<u8>> {
    let mut page = without_detail(report);
    let services = std::mem::take(&mut page.status.services);
    let count = services.len();
    let mut room = longest.saturating_sub(serde_json::to_vec(&page)?.len() + COUNT);
    for service in services {
        let size = serde_json::to_vec(&service)?.len() + 1;
        let Some(left) = room.checked_sub(size) else {
            break;
        };
        room = left;
        page.status.services.push(service);
    }
    page.left_out += count - page.status.services.len();
    serde_json::to_vec(&page)
}

/// The longest that `left_out` can be.
const COUNT: usize = r#","left_out":18446744073709551615"#.len();

fn without_detail(report: &Report) -> Report {
    let status = &report.status;
    let mut page = Report {
        heartbeat_boot_seconds: 0.0,
        means: report.means.iter().filter_map(shown).collect(),
        left_out: 0,
        status: Status {
            services: status.services.iter().map(service).collect(),
            exabgp: exabgp(&status.exabgp),
            other_routes: Vec::new(),
            hooks: Vec::new(),
            transitions: Vec::new(),
            ..status.clone()
        },
        ..report.clone()
    };
    // As `heartbeat_boot_seconds`, these mean nothing on another machine.
    page.status.process.pid_namespace.clear();
    page.status.process.boot_id = None;
    let fault = page.status.configuration.fault.iter_mut();
    fault.for_each(shorten);
    let haproxy = page.status.haproxy.iter_mut();
    haproxy.for_each(|haproxy| {
        haproxy.not_followed_why = None;
        haproxy.why.iter_mut().for_each(shorten);
    });
    let exabgp = &mut page.status.exabgp;
    let (neighbors, lacking) = (&mut exabgp.neighbors, &mut exabgp.lacking);
    let lengths = [page.means.len(), neighbors.len(), lacking.len()];
    page.left_out = lengths.iter().map(|all| all.saturating_sub(MOST)).sum();
    page.means.truncate(MOST);
    neighbors.truncate(MOST);
    lacking.truncate(MOST);
    page
}

/// Siblings and means with a fault; `None`: left out.
fn shown(means: &Means) -> Option<Means> {
    let mut means = means.clone();
    means.uses = None;
    let is_shown = means.name == "sibling" || means.fault.is_some();
    means
        .fault
        .iter_mut()
        .for_each(|fault| shorten(&mut fault.why));
    is_shown.then_some(means)
}

/// Its neighbors, those that are down first.
fn exabgp(exabgp: &ExaBgp) -> ExaBgp {
    let mut exabgp = exabgp.clone();
    exabgp.neighbors.sort_by_key(Neighbor::is_up);
    let up = exabgp.neighbors.iter().position(Neighbor::is_up);
    if let Some(up) = up.filter(|up| *up >= MOST) {
        // Else it would read as if none were.
        exabgp.neighbors.swap(MOST - 1, up);
    }
    for neighbor in &mut exabgp.neighbors {
        neighbor.why.iter_mut().for_each(shorten);
    }
    exabgp
}

fn service(service: &Service) -> Service {
    let mut service = Service {
        levels: Vec::new(),
        moves: std::collections::BTreeMap::new(),
        damping: None,
        ..service.clone()
    };
    shorten(&mut service.why);
    let unknown = service.unknown.iter_mut();
    unknown.for_each(|unknown| shorten(&mut unknown.why));
    let siblings = service.siblings.iter_mut();
    siblings.for_each(|sibling| shorten(&mut sibling.why));
    service
}

fn shorten(text: &mut String) {
    if let Some((at, _)) = text.char_indices().nth(LONGEST_WORDS) {
        text.truncate(at);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::switch::LONGEST_TEXT;

    fn sample() -> Report {
        serde_json::from_str(include_str!("sample.json")).unwrap()
    }

    fn read(report: &Report) -> (Report, usize) {
        let json = published(report, LONGEST_TEXT).unwrap();
        assert!(json.len() <= LONGEST_TEXT, "{}", json.len());
        (serde_json::from_slice(&json).unwrap(), json.len())
    }

    #[test]
    fn it_is_read_as_a_status_is_and_has_what_counts() {
        let (page, _) = read(&sample());
        let status = sample().status;
        assert_eq!(page.left_out, 0);
        let web = (&page.status.services[0], &status.services[0]);
        assert_eq!(
            (&web.0.standing, &web.0.routes, &web.0.siblings),
            (&web.1.standing, &web.1.routes, &web.1.siblings)
        );
        assert_eq!(
            page.status.exabgp.neighbors.len(),
            status.exabgp.neighbors.len()
        );
        assert!(!page.status.exabgp.neighbors[0].up);
        let means: Vec<&str> = page.means.iter().map(|means| means.name.as_str()).collect();
        assert_eq!(means, ["control", "sibling"]);
        assert_eq!(page.status.process.boot_id, None);
    }

    #[test]
    fn of_many_neighbors_that_are_down_one_that_is_up_is_kept() {
        let mut report = sample();
        let neighbors = &mut report.status.exabgp.neighbors;
        let mut down = neighbors[0].clone();
        down.up = false;
        *neighbors = vec![down.clone(); MOST + 1];
        neighbors[0].up = true;
        let (page, _) = read(&report);
        let mut kept = page.status.exabgp.neighbors.iter();
        assert!(kept.any(|one| one.up), "{page:#?}");
        assert_eq!(page.left_out, 1);
    }

    #[test]
    fn of_many_that_are_lost_again_and_again_one_that_stays_up_is_kept() {
        let mut report = sample();
        let neighbors = &mut report.status.exabgp.neighbors;
        let mut lost = neighbors[0].clone();
        (lost.up, lost.lost_at_once) = (true, Some("cure".to_owned()));
        *neighbors = vec![lost.clone(); MOST + 1];
        neighbors[MOST].lost_at_once = None;
        let (page, _) = read(&report);
        assert!(page.status.exabgp.neighbors.iter().any(Neighbor::is_up));
    }

    #[test]
    fn whatever_there_is_it_fits_and_says_what_is_left_out() {
        let mut report = sample();
        let status = &mut report.status;
        let service = status.services[1].clone();
        status.services = vec![service; 1000];
        status.services[0].why = "\u{1b}é".repeat(100_000);
        status.exabgp.neighbors = vec![status.exabgp.neighbors[1].clone(); 500];
        status.exabgp.lacking = vec!["192.0.2.1".to_owned(); 500];
        report.means = vec![report.means[1].clone(); 500];
        let (page, size) = read(&report);
        let kept = page.status.services.len();
        assert!(kept > 0 && size > LONGEST_TEXT / 2, "{kept}, {size}");
        assert_eq!(page.left_out, (1000 - kept) + 3 * (500 - MOST));
        assert_eq!(
            page.status.services[0].why.chars().count(),
            LONGEST_WORDS + 1
        );
    }
}
