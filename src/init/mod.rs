//! `haproxy-rhi init`: the files of one NVA, from flags or questions.
//!
//! ```text
//! flags, questions ──► answers ──► files (the shipped ones, with these values) ──► shown, or written
//! ```

mod answers;
mod files;
mod fit;
mod nvas;
mod values;

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use similar::TextDiff;

use crate::condition::ProxyName;
use crate::config;
use crate::exabgp_conf;
use crate::files::{Links, read};
use crate::install::{self, Wrote};
use crate::route::{Asn, Prefix};
use crate::validate::{self, Severity};

pub use answers::{Answers, Asker, NoAnswers, answers};
pub use files::{Made, files, units};
pub use values::{CheckPath, HostAddress, Nva, RegionName, Server};

/// `init`.
#[derive(Debug, Default, Args)]
pub struct InitTask {
    /// The region's name, for comments and descriptions
    #[arg(long, value_name = "NAME")]
    pub region: Option<RegionName>,
    /// The anycast prefix, the same in every region (repeatable)
    #[arg(long, value_name = "PREFIX")]
    pub prefix: Vec<Prefix>,
    /// This NVA's own address, which the Route Server has as its peer
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<HostAddress>,
    /// Where the routes lead, if not here: an internal load balancer [default: the NVA's address]
    #[arg(long, value_name = "ADDRESS")]
    pub next_hop: Option<HostAddress>,
    /// ExaBGP's AS number [default: 65010]
    #[arg(long, value_name = "N")]
    pub local_as: Option<Asn>,
    /// An address of the Route Server; twice, since it has two
    #[arg(long, value_name = "ADDRESS")]
    pub route_server: Vec<HostAddress>,
    /// This region is preferred: its AS path has no prepend
    #[arg(long, conflicts_with_all = ["secondary", "prepend"])]
    pub primary: bool,
    /// This region stands by: two more of the AS number
    #[arg(long, conflicts_with = "prepend")]
    pub secondary: bool,
    /// So many more of the AS number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..50))]
    pub prepend: Option<u8>,
    /// HAProxy's backend [default: http_back]
    #[arg(long, value_name = "NAME")]
    pub backend: Option<ProxyName>,
    /// A server of it, port 80 unless said (repeatable)
    #[arg(long, value_name = "NAME=ADDRESS")]
    pub server: Vec<Server>,
    /// What the servers' health check asks for [default: /]
    #[arg(long, value_name = "PATH")]
    pub check: Option<CheckPath>,
    /// The other region's NVA: HAProxy's last resort, and asked before this region withdraws
    #[arg(long, value_name = "ADDRESS")]
    pub sibling: Option<HostAddress>,
    /// There is no other region
    #[arg(long, conflicts_with = "sibling")]
    pub no_sibling: bool,
    /// An NVA of whatever region: writes second-chance.conf too (repeat for all, in the same order everywhere)
    #[arg(long, value_name = "[NAME=]ADDRESS")]
    pub nva: Vec<Nva>,
    /// Write no second-chance.conf, and do not ask for it
    #[arg(long, conflicts_with = "nva")]
    pub no_second_chance: bool,
    /// Write the files below this folder; / is the system itself [default: only show them]
    #[arg(long, value_name = "FOLDER")]
    pub output_dir: Option<PathBuf>,
    /// Only show what would change there, as a unified diff
    #[arg(long)]
    pub dry_run: bool,
    /// Replace files that are there and say something else; each is kept as FILE.bak
    #[arg(long, conflicts_with = "dry_run")]
    pub force: bool,
}

/// The end of the help.
pub(crate) const INIT_STATUS: &str = "\
On a terminal it asks for what the flags do not say; Ctrl-C leaves everything as it was.
  haproxy-rhi init --region 'North Europe' --prefix 9.9.9.9/32 \\
      --address 172.16.156.70 --primary --sibling 172.16.136.70 \\
      --route-server 172.16.159.4 --route-server 172.16.159.5 \\
      --server backend01=172.16.156.69 --output-dir /

It writes etc/exabgp/exabgp.conf, etc/haproxy/haproxy.cfg and etc/haproxy-rhi/config.json, all or none. Where every NVA is \
named, etc/haproxy-rhi/second-chance.conf too, the same on each, so that connections outlive a move of their route:
      --nva 'North Europe=172.16.156.70' --nva 'West Europe=172.16.136.70'

Exit status: 0 it is done, 1 nothing is written (something else is there, or you said no), 64 usage, \
78 Azure's rules speak against the values.";

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Something else is there, it cannot be written, or somebody said no.
    Refused(String),
    /// The command line does not make sense.
    Usage(String),
    /// A rule speaks against the values.
    Configuration(String),
}

/// Makes the files; the text is for stdout.
///
/// # Errors
/// See [`Trouble`].
pub fn init(task: &InitTask) -> Result<String, Trouble> {
    let mut terminal = answers::terminal();
    let mut output = io::stderr();
    let input = terminal.as_mut().map(|terminal| terminal as &mut dyn io::BufRead);
    let mut asker = Asker { input, output: &mut output };
    let left = |why: NoAnswers| match why {
        NoAnswers::Usage(why) => Trouble::Usage(why),
        NoAnswers::Left => Trouble::Refused("nothing is written".to_owned()),
    };
    let answers = answers(task, &mut asker).map_err(left)?;
    let files = files(&answers);
    let notes = judged(&files)?;
    let root = task.output_dir.clone().unwrap_or_else(|| "/".into());
    let shown = shown(&files, &root);
    if task.dry_run || task.output_dir.is_none() {
        let next = match task.output_dir {
            Some(_) => String::new(),
            None => {
                "\nNothing is written: add --output-dir / to write it to this system, or another folder.\n"
                    .to_owned()
            }
        };
        return Ok(format!("{shown}{notes}{next}"));
    }
    let asked =
        [task.address.is_none(), task.route_server.is_empty(), task.server.is_empty()].contains(&true);
    let mut force = task.force;
    if asked {
        let _ = asker.output.write_all(shown.as_bytes());
        let kept = match others(&files, &root).as_slice() {
            [] => String::new(),
            [_] => ", and keep the file that is there as .bak".to_owned(),
            several => format!(", and keep the {} files that are there as .bak", several.len()),
        };
        match asker.confirm(&format!("Write these below {}{kept}", root.display())).map_err(left)? {
            Some(true) => force = true,
            Some(false) => return Err(Trouble::Refused("nothing is written".to_owned())),
            None => {}
        }
    }
    let mut text = written(&files, &root, force).map_err(Trouble::Refused)?;
    text += &notes;
    text += &next(&answers, &root);
    Ok(text)
}

/// What Azure's rules say of the files. Errors are ours to prevent.
fn judged(files: &[Made]) -> Result<String, Trouble> {
    let text = |path: &str| {
        files.iter().find(|(known, _)| *known == path).map(|(_, text)| text.as_str()).unwrap_or_default()
    };
    let config_text = text(files::CONFIG_PATH);
    let config = config::parse(config_text)
        .map_err(|(_, _, what)| Trouble::Configuration(format!("these values cannot be used: {what}")))?;
    let conf = exabgp_conf::parse(text(files::EXABGP_PATH));
    let (config_path, conf_path) = (format!("/{}", files::CONFIG_PATH), format!("/{}", files::EXABGP_PATH));
    let findings =
        validate::azure_findings(&config, (config_path, config_text.to_owned()), (conf_path, conf));
    if let Some(error) = findings.iter().find(|finding| finding.severity == Severity::Error) {
        return Err(Trouble::Configuration(format!("{}: {}; {}", error.rule.id, error.what, error.cure)));
    }
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| {
            format!("{} {}: {}; {}\n", finding.severity.word(), finding.rule.id, finding.what, finding.cure)
        })
        .collect();
    Ok(if lines.is_empty() { String::new() } else { format!("\n{}", lines.concat()) })
}

/// Each file as a unified diff against what is there; of one that is as it should be, a line.
fn shown(files: &[Made], root: &Path) -> String {
    let mut text = String::new();
    for (place, new) in files {
        let path = root.join(place);
        let before = before(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let name = path.display().to_string();
        match before {
            Some(before) if before == *new => text += &format!("{name}: is so already\n"),
            before => {
                let old = if before.is_some() { name.clone() } else { "/dev/null".to_owned() };
                let before = before.unwrap_or_default();
                let diff = TextDiff::from_lines(&before, new);
                text += &diff.unified_diff().context_radius(3).header(&old, &name).to_string();
            }
        }
    }
    text
}

/// What is there.
fn before(path: &Path) -> Option<Vec<u8>> {
    read(path, Links::Followed, install::LONGEST).ok()
}

/// In the places of which something else is there.
fn others(files: &[Made], root: &Path) -> Vec<String> {
    let differs = |(place, new): &&Made| {
        let path = root.join(place);
        std::fs::symlink_metadata(&path).is_ok() && before(&path).as_deref() != Some(new.as_bytes())
    };
    files.iter().filter(differs).map(|(place, _)| root.join(place).display().to_string()).collect()
}

/// Writes all of them, or none where something else is there.
fn written(files: &[Made], root: &Path, force: bool) -> Result<String, String> {
    if !force {
        let there = others(files, root);
        if !there.is_empty() {
            return Err(format!(
                "{} {} there already and {} something else; nothing is written (see --dry-run; --force replaces and keeps the old as .bak)",
                there.join(", "),
                if there.len() == 1 { "is" } else { "are" },
                if there.len() == 1 { "says" } else { "say" }
            ));
        }
    }
    let mut text = String::new();
    for (place, new) in files {
        let path = root.join(place);
        let folder = path.parent().unwrap_or(root);
        std::fs::create_dir_all(folder).map_err(|error| {
            format!("failed to create '{}': {}", folder.display(), crate::files::reason(&error))
        })?;
        text += &match install::write(&path, new, force)? {
            Wrote::New => format!("{}: written\n", path.display()),
            Wrote::Same => format!("{}: is so already\n", path.display()),
            Wrote::Replaced(old) => {
                format!("{}: written; what was there is {}\n", path.display(), old.display())
            }
        };
    }
    Ok(text)
}

/// What is left to do.
fn next(answers: &Answers, root: &Path) -> String {
    let mut text = "\nnext:\n".to_owned();
    if root != Path::new("/") {
        text += &format!("  look at the files, and copy them: cp -r --backup {}/etc /\n", root.display());
    }
    for prefix in answers.prefixes.iter().filter(|prefix| prefix.host().is_some()) {
        text += &format!("  systemctl enable --now \"anycast-address@$(systemd-escape {prefix}).service\"\n");
    }
    text += "  haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload-or-restart haproxy\n";
    text += "  haproxy-rhi validate --platform azure --live && haproxy-rhi check\n";
    text += "  systemctl daemon-reload && systemctl restart exabgp && haproxy-rhi status\n";
    if let Some(sibling) = answers.sibling {
        text += &format!("  allow TCP 80 and 8080 between {} and {sibling} (NSG)\n", answers.address);
    }
    if !answers.nvas.is_empty() {
        let nvas: Vec<String> = answers.nvas.iter().map(|nva| nva.address.to_string()).collect();
        text += &format!("  allow UDP 4790 between {} (NSG)\n", nvas.join(", "));
        text += "  haproxy-rhi-second-chance validate && systemctl enable --now haproxy-rhi-second-chance.service haproxy-rhi-second-chance-heartbeat.service\n";
        text += "  haproxy-rhi-second-chance check, when every NVA has the same second-chance.conf\n";
    }
    text
}

#[cfg(test)]
mod tests;
