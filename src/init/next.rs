//! The next steps after the files are written. Pure.

use std::path::Path;

use super::answers::Answers;
use super::files::Made;
use super::from::{self, Existing};
use super::task::InitTask;
use crate::report::check::add_address;
use crate::value::Joined;

/// The diff of exabgp.conf, out of all that are shown.
pub fn by_hand(shown: &str, existing: &Existing) -> String {
    let Some(exabgp) = &existing.exabgp else {
        return String::new();
    };
    let diff = shown
        .find(&format!("--- {}\n", exabgp.file.path))
        .and_then(|start| shown.get(start..));
    let Some(diff) = diff else {
        return String::new();
    };
    let end = diff
        .get(3..)
        .and_then(|rest| rest.find("\n--- "))
        .map_or(diff.len(), |end| end + 4);
    diff.get(..end).unwrap_or_default().to_owned() + "\n"
}

/// The health pages: this NVA's, and those that it asks. Any 200 of theirs counts as healthy, also an application's at
/// another port.
pub fn pages(answers: &Answers, existing: &Existing) -> String {
    let endpoints = existing.endpoints(answers, true);
    let page = &endpoints.page;
    let others = || answers.siblings.iter().chain(&answers.same_region);
    if !answers.has_page() {
        return String::new();
    }
    let own = format!("http://{}{page}", answers.address);
    let names = others().joined(", ");
    let mut text =
        format!("pages:\n  this NVA's   {own}, and no other, is for siblings.urls of {names}\n");
    for other in others() {
        let url = endpoints.url(*other);
        let whence = match url == format!("http://{other}{page}") {
            true => "the same port and path",
            false => "as config.json has it",
        };
        text += &format!(
            "  asked there  {url}, {whence}; if its haproxy.cfg has another page, change siblings.urls in config.json\n"
        );
    }
    text + "\n"
}

/// The next steps, a line each.
pub fn next(
    answers: &Answers,
    group: Option<&str>,
    task: &InitTask,
    existing: &Existing,
    root: &Path,
) -> String {
    let mut text = "\nnext:\n".to_owned();
    if root != Path::new("/") {
        text += &format!(
            "  look at the files, and copy them: cp -r --backup {}/etc /\n",
            root.display()
        );
    }
    for prefix in answers
        .prefixes
        .iter()
        .filter(|prefix| prefix.host().is_some())
    {
        text += &format!("  {}\n", add_address(prefix));
    }
    text.extend(group.map(|line| format!("  {line}\n")));
    let haproxy_cfg = task
        .from_haproxy
        .as_deref()
        .unwrap_or(Path::new("/etc/haproxy/haproxy.cfg"))
        .display();
    if task.add {
        let snippet = format!("/{}", from::SNIPPET_PATH);
        text += &format!(
            "  in /etc/default/haproxy, beside what EXTRAOPTS has there: EXTRAOPTS=\"-S /run/haproxy-master.sock -f {snippet}\"\n"
        );
        text +=
            &format!("  haproxy -c -f {haproxy_cfg} -f {snippet} && systemctl restart haproxy\n");
    } else {
        text += "  haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload-or-restart haproxy\n";
    }
    text += "  haproxy-rhi validate --platform azure --live && haproxy-rhi check\n";
    text += "  systemctl daemon-reload && systemctl restart exabgp && haproxy-rhi status --wait\n";
    text + &in_other_regions(answers, existing)
}

/// Where the group comes from that haproxy.cfg names; absent: it names none.
pub fn group(files: &[Made]) -> Option<&'static str> {
    let names_it = |(_, text): &Made| text.contains("group haproxy-rhi");
    files.iter().any(names_it).then_some(
        "group haproxy-rhi of haproxy.cfg is made by the package, and HAProxy refuses to start without it: groupadd --system haproxy-rhi",
    )
}

fn in_other_regions(answers: &Answers, existing: &Existing) -> String {
    let mut text = String::new();
    let endpoints = existing.endpoints(answers, true);
    let page = |other| {
        let (own, url) = (answers.address, endpoints.url(other));
        format!("  allow TCP from {own} to {url} and back (NSG)\n")
    };
    for sibling in &answers.siblings {
        text += &match existing.haproxy {
            None => format!(
                "  allow TCP 80 and 8080 between {} and {sibling} (NSG)\n",
                answers.address
            ),
            Some(_) => page(*sibling),
        };
    }
    text.extend(answers.same_region.iter().map(|other| page(*other)));
    if answers.has_page() {
        text += "  once the other NVA has its files: haproxy-rhi validate --sibling-config FILE, its config.json with its haproxy.cfg in the same folder; it compares the pages of both\n";
    }
    if answers.takeover {
        let which = if answers.is_standby() {
            "preferred"
        } else {
            "standby"
        };
        text += &format!(
            "  haproxy-rhi init --takeover in the {which} region too: its path is one longer then\n"
        );
        if !answers.same_region.is_empty() {
            text += "  haproxy-rhi init --takeover and --same-region at this region's other NVA too: both must have the same path\n";
        }
    }
    if !answers.nvas.is_empty() {
        let nvas = answers.nvas.iter().map(|nva| nva.address).joined(", ");
        text += &format!("  allow UDP 4790 between {nvas} (NSG)\n");
        text += "  haproxy-rhi-second-chance validate && systemctl enable --now haproxy-rhi-second-chance.service haproxy-rhi-second-chance-heartbeat.service\n";
        text +=
            "  haproxy-rhi-second-chance check, when every NVA has the same second-chance.conf\n";
    }
    text
}
