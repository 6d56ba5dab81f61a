//! `haproxy-rhi import`: another tool's settings become a configuration.
//! In come exabgp-healthcheck's options, as words or in its file.
//! Out go a config.json, and a note on each option.
//!
//! ```text
//! words, or a file ──► options ──► translate ──► text ──► config.json
//! ```

mod options;
mod text;
mod translate;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, Subcommand};

use crate::child::printed;
use crate::config;
use crate::failure::{self, Answer, Failure};
use crate::files::{self, Links};
use crate::install;

pub use options::{Given, of_file, of_words};
pub use translate::{Fate, Import, Note, translate};

/// `haproxy-rhi import`.
#[derive(Debug, Subcommand)]
pub enum ImportTask {
    /// From exabgp-healthcheck of ExaBGP 4.2 or 5.0
    #[command(after_help = HEALTHCHECK_HELP)]
    Healthcheck(HealthcheckTask),
}

/// `import healthcheck`.
#[derive(Debug, Args)]
pub struct HealthcheckTask {
    /// Read these of exabgp-healthcheck's options from its configuration file (its --config)
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Where no --ip is among the options: take the addresses of lo, as exabgp-healthcheck does when it starts
    #[arg(long)]
    pub from_loopback: bool,
    /// Write the configuration there, if nothing is there yet
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write it even so, and keep what was there as FILE.bak
    #[arg(long, requires = "output")]
    pub force: bool,
    /// exabgp-healthcheck's own options, as they stand in exabgp.conf; our own come before them
    #[arg(
        value_name = "HEALTHCHECK_OPTIONS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub options: Vec<String>,
}

const HEALTHCHECK_HELP: &str = "\
The configuration is printed on stdout; a note on each option and the next steps on stderr.
  haproxy-rhi import healthcheck -- --cmd \"curl -sf http://127.0.0.1/\" \\
      --ip 9.9.9.9/32 --withdraw-on-down
  haproxy-rhi import healthcheck --file /etc/exabgp/healthcheck.conf \\
      --output /etc/haproxy-rhi/config.json

Exit status: 0 it is done, 1 it is not written, since something is there, 64 usage, \
78 what the options say cannot be announced.";

/// Translates the options, and prints or writes the configuration.
///
/// # Errors
/// The options cannot be read or cannot be announced; the file exists or cannot be written.
pub fn import(task: &ImportTask) -> Result<Answer, Failure> {
    let ImportTask::Healthcheck(task) = task;
    let mut given = given(task)?;
    if !given.has("--ip") {
        let label = given.value("--label").map(str::to_owned);
        if !task.from_loopback {
            let of = label
                .map(|label| format!(" labelled lo:{label}*"))
                .unwrap_or_default();
            return Err(failure::usage(format!(
                "no --ip: exabgp-healthcheck takes the addresses of lo{of} when it starts; name them with --ip, or have them taken now with --from-loopback before the options"
            )));
        }
        given.join(loopback(
            label.as_deref(),
            given.has("--label-exact-match"),
        )?);
    }
    let import = translate(&given).map_err(failure::usage)?;
    let text = text::text(&import);
    config::parse(&text).map_err(|(_, _, what)| failure::configuration(with_cure(&what)))?;
    let report = report(&import, task.output.as_deref());
    let Some(path) = &task.output else {
        return Ok(Answer {
            notes: report,
            ..text.into()
        });
    };
    let wrote =
        install::write(path, &text, task.force, install::FOR_ALL).map_err(failure::refused)?;
    Ok(Answer {
        notes: format!("{}\n{report}", wrote.words(path)),
        ..String::new().into()
    })
}

/// The configuration's error, with the option that cures it.
fn with_cure(what: &str) -> String {
    let cure = match what {
        _ if what.contains("next-hop self") => " (exabgp-healthcheck: --next-hop ADDRESS)",
        _ if what.contains("no next hop of") => {
            " (exabgp-healthcheck: each family by itself, with its own --next-hop)"
        }
        _ => "",
    };
    format!("what the options say cannot be announced: {what}{cure}")
}

/// The longest file of options, in bytes.
const LONGEST: u64 = 1 << 20;

fn given(task: &HealthcheckTask) -> Result<Given, Failure> {
    let own = of_words(&task.options).map_err(failure::usage)?;
    let named = own.value("--config").map(PathBuf::from);
    let mut all = Given::default();
    for path in task.file.iter().chain(&named) {
        let shown = path.display();
        let text = files::text(path, Links::Followed, LONGEST).map_err(|error| {
            failure::usage(format!(
                "failed to read '{shown}': {}",
                files::reason(&error)
            ))
        })?;
        all.join(
            of_file(&text)
                .map_err(|(line, what)| failure::usage(format!("{shown}:{line}: {what}")))?,
        );
    }
    all.join(own);
    if all == Given::default() {
        return Err(failure::usage(
            "no options; give exabgp-healthcheck's own, or its file with --file".to_owned(),
        ));
    }
    Ok(all)
}

/// The addresses of `lo` now, as `--ip` options.
fn loopback(label: Option<&str>, exact: bool) -> Result<Given, Failure> {
    let text = printed(Command::new("ip").args(["-o", "address", "show", "dev", "lo"]))
        .map_err(|error| failure::usage(format!("failed to run ip: {}", files::reason(&error))))?;
    let nets = on_loopback(&text, label, exact);
    if nets.is_empty() {
        return Err(failure::usage(
            "lo has no such address now; name them with --ip".to_owned(),
        ));
    }
    let words: Vec<String> = nets.into_iter().map(|net| format!("--ip={net}")).collect();
    of_words(&words).map_err(failure::usage)
}

/// The networks that exabgp-healthcheck would take from `ip -o address show dev lo`: not loopback, and with the label.
fn on_loopback(text: &str, label: Option<&str>, exact: bool) -> Vec<ipnet::IpNet> {
    let of_line = |line: &str| {
        let mut words = line
            .split_whitespace()
            .skip_while(|word| *word != "inet" && *word != "inet6")
            .skip(1);
        let net: ipnet::IpNet = words.next()?.parse().ok()?;
        let own = line
            .split_whitespace()
            .find_map(|word| word.strip_prefix("lo:"))
            .map(|own| own.trim_end_matches('\\'));
        let fits = match (label, exact) {
            (None, _) => true,
            (Some(label), true) => own == Some(label),
            (Some(label), false) => own.is_some_and(|own| own.starts_with(label)),
        };
        (fits && !net.addr().is_loopback() && net.addr() == net.network()).then_some(net)
    };
    text.lines().filter_map(of_line).collect()
}

/// A note on each option, and the next steps.
fn report(import: &Import, output: Option<&Path>) -> String {
    let mut text = String::new();
    let width = import
        .notes
        .iter()
        .map(|note| note.option.len())
        .max()
        .unwrap_or(0);
    for (fate, head) in [
        (Fate::Kept, "kept"),
        (Fate::Differs, "works differently"),
        (Fate::Dropped, "has no counterpart, or needs none"),
    ] {
        let notes: Vec<&Note> = import
            .notes
            .iter()
            .filter(|note| note.fate == fate)
            .collect();
        if !notes.is_empty() {
            text += &format!("{head}:\n");
        }
        for note in notes {
            text += &format!("  {:width$}  {}\n", note.option, note.words);
        }
    }
    let path = output.map_or(config::DEFAULT_PATH.into(), |path| {
        path.display().to_string()
    });
    let argument = if path == config::DEFAULT_PATH {
        String::new()
    } else {
        format!(" --config {path}")
    };
    text += &format!(
        "\nin exabgp.conf, in place of the process of exabgp-healthcheck:\n\n\
         process haproxy-rhi {{\n    run /usr/bin/haproxy-rhi run{argument};\n    encoder text;\n}}\n\n\
         and in each neighbor, or the template that they inherit:\n\n\
         \tapi {{\n\t\tprocesses [ haproxy-rhi ];\n\t\tneighbor-changes;\n\t}}\n"
    );
    if !import.addresses.is_empty() {
        text += "\nthe addresses, which exabgp-healthcheck put on lo and removed at its end (here they stay):\n\n";
        for address in import.addresses.iter().take(8) {
            text += &format!(
                "systemctl enable --now \"anycast-address@$(systemd-escape {address}).service\"\n"
            );
        }
        if import.addresses.len() > 8 {
            text += &format!("... and {} more\n", import.addresses.len() - 8);
        }
    }
    text += &format!(
        "\nthen: haproxy-rhi validate {path}; haproxy-rhi check --config {path}; systemctl restart exabgp\n"
    );
    text
}

#[cfg(test)]
mod tests;
