//! The command line: a list of tasks, whose doc comments are the help.
//! In come arguments.
//! Out goes a task, or why the arguments cannot be used.

use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::Source;
use crate::control::{
    DRAIN_STATUS, DrainTask, FrontendTask, RESUME_STATUS, ResumeTask, ServerTask,
};
use crate::daemon::RunTask;
use crate::import::ImportTask;
use crate::init::{INIT_STATUS, InitTask};
use crate::observe;
use crate::rehearse::{REHEARSE_STATUS, RehearseTask};
use crate::replay::{REPLAY_STATUS, ReplayTask};
use crate::screen::Source as RegionSource;
use crate::validate::{VALIDATE_STATUS, ValidateTask};
use crate::value::Joined;
use crate::verify::{VERIFY_STATUS, VerifyTask};

/// Route health injection for HAProxy, through ExaBGP.
///
/// ExaBGP runs it as a process; it watches HAProxy's servers and tells ExaBGP which anycast routes to announce,
/// how, and when to withdraw them.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = BEGINNING)]
pub struct Cli {
    /// The task.
    #[command(subcommand)]
    pub command: Task,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Watch HAProxy and tell ExaBGP what to announce (ExaBGP runs this)
    ///
    /// It reads ExaBGP's messages from stdin and writes commands to stdout; its log goes to stderr. With a
    /// configuration that does not load it stays, announces nothing and looks again when the file changes.
    /// SIGHUP: look at the configuration again. SIGTERM: withdraw (see on_exit) and leave.
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<RunTask>),
    /// Look once and explain: each service's level and why, and the exact lines for ExaBGP
    ///
    /// It takes the same flags as run. Rise, fall and hold do not apply to one look; a drain is only mentioned.
    #[command(after_help = CHECK_STATUS)]
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Where drains are declared
        #[arg(long, value_name = "FOLDER", default_value = observe::DEFAULT_FOLDER)]
        drain_folder: PathBuf,
        /// The configuration.
        #[command(flatten)]
        source: Box<Source>,
    },
    /// Check the configuration file: what is wrong, at path:line:column, and the cure
    #[command(after_help = VALIDATE_STATUS)]
    Validate(ValidateTask),
    /// Drain a service before its region is worked on: first a longer path, then no route
    #[command(after_help = DRAIN_STATUS)]
    Drain(DrainTask),
    /// End a drain: put back and check what it had taken out, then announce the route again
    #[command(after_help = RESUME_STATUS)]
    Resume(ResumeTask),
    /// Show what the running process sees and has told, and what is not as it should be
    ///
    /// It reads the status files that running processes keep in /run/exabgp.
    #[command(after_help = STATUS_STATUS)]
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Repeat each second, until Ctrl-C
        #[arg(long)]
        watch: bool,
        /// Wait until all is well, at most this many seconds
        #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60", conflicts_with = "watch")]
        wait: Option<u32>,
        /// Read this file instead (repeatable)
        #[arg(long, value_name = "FILE")]
        status_file: Vec<PathBuf>,
        /// One screen of all regions: an NVA's status file, or the URL of its HAProxy's page; for each NVA once, with its
        /// region's name
        #[arg(long, value_name = "NAME=SOURCE", conflicts_with = "status_file")]
        region: Vec<RegionSource>,
    },
    /// Compare the intended routes with what ExaBGP holds and what Azure's Route Servers learned
    #[command(after_help = VERIFY_STATUS)]
    Verify(VerifyTask),
    /// Show what each failure would do, before it happens
    #[command(after_help = REHEARSE_STATUS)]
    Rehearse(RehearseTask),
    /// Show what was done and why, and what another configuration would have done
    #[command(after_help = REPLAY_STATUS)]
    Replay(ReplayTask),
    /// Write the files of one NVA: exabgp.conf, haproxy.cfg, config.json
    #[command(after_help = INIT_STATUS)]
    Init(Box<InitTask>),
    /// Make a configuration of another tool's settings
    #[command(subcommand)]
    Import(ImportTask),
    /// Show HAProxy's servers, take them out and put them back
    ///
    /// Over HAProxy's runtime API; ExaBGP is not told. Every change is read back from HAProxy.
    #[command(subcommand)]
    Server(ServerTask),
    /// Show HAProxy's frontends, close them and open them again
    ///
    /// Over HAProxy's runtime API; ExaBGP is not told. Every change is read back from HAProxy.
    #[command(subcommand)]
    Frontend(FrontendTask),
    /// Print what a shell needs to complete this command line; the package installs it
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// Adds a tip where a lone number is the rest of a list that the shell split, and where an option is another command's.
pub fn with_tip(mut error: clap::Error) -> clap::Error {
    let tip = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) if error.kind() == ErrorKind::UnknownArgument => tip(word),
        _ => None,
    };
    if let Some(tip) = tip {
        let tip = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        error.insert(ContextKind::Suggested, tip);
        // What is spelled alike is not what is meant, and the usage would show it.
        if error.remove(ContextKind::SuggestedArg).is_some() {
            error.remove(ContextKind::Usage);
        }
    }
    error
}

fn tip(word: &str) -> Option<String> {
    if word.parse::<u32>().is_ok() {
        return Some("a list is one word: --as-path \"65010 65010 65010\"".to_owned());
    }
    let commands = with_option(&Cli::command(), word.strip_prefix("--")?);
    let named = commands.iter().take(MOST).joined(", ");
    let more = match commands.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!commands.is_empty()).then(|| format!("other commands have {word}: {named}{more}"))
}

/// The most commands that are named with an option.
const MOST: usize = 4;

/// The commands with this option, such as `server list`.
fn with_option(command: &clap::Command, option: &str) -> Vec<String> {
    let mut names = Vec::new();
    for inner in command.get_subcommands() {
        let name = inner.get_name();
        let mut options = inner.get_arguments().filter_map(clap::Arg::get_long);
        names.extend(
            options
                .any(|known| known == option)
                .then(|| name.to_owned()),
        );
        let deeper = with_option(inner, option).into_iter();
        names.extend(deeper.map(|deeper| format!("{name} {deeper}")));
    }
    names
}

/// A shell's completion script for this program.
pub fn completions(shell: Shell) -> String {
    script(&mut Cli::command(), shell)
}

/// A shell's completion script for any program.
pub fn script(program: &mut clap::Command, shell: Shell) -> String {
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, program, &name, &mut script);
    let script = String::from_utf8_lossy(&script);
    // clap_complete 4.6 spells a name with a hyphen in two ways, so that bash finds no subcommand.
    script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"))
}

const BEGINNING: &str = "\
To begin: haproxy-rhi init writes the files, haproxy-rhi check shows what would be announced and why, haproxy-rhi run \
--dry-run does so until Ctrl-C. 'haproxy-rhi COMMAND --help' tells more than -h. Manuals: haproxy-rhi(8), \
haproxy-rhi-config(5), haproxy-rhi-azure(7), haproxy-rhi-clouds(7), haproxy-rhi-faults(7), haproxy-rhi-security(7), \
haproxy-rhi-second-chance(8).";

const RUN_EXAMPLES: &str = "\
In exabgp.conf (quote lists: ExaBGP splits the line itself, without a shell):
  process haproxy-rhi {
      run /usr/bin/haproxy-rhi run --stats /run/haproxy/watch.sock \\
          --frontend http_front --backend http_back \\
          --prefix 9.9.9.9/32 --next-hop 172.16.156.70 \\
          --as-path \"65010 65010 65010\";
      encoder text;
  }";

const COMPLETIONS_EXAMPLES: &str = "\
For yourself alone, where there is no package:
  . <(haproxy-rhi completions bash)           # in ~/.bashrc
  . <(haproxy-rhi completions zsh)            # in ~/.zshrc, after compinit
  haproxy-rhi completions fish | source       # in ~/.config/fish/config.fish";

const CHECK_STATUS: &str = "\
Exit status: 0 every service is at its best level, 1 some service is not, or is drained, 2 it is unknown, \
64 usage, 78 configuration.";

const STATUS_STATUS: &str = "\
Exit status: 0 every service at its best level and nothing wrong, 1 something is wrong, 2 it is unknown \
(no file, no sign of life, an unknown state), 64 usage.

JSON: {\"outcome\", \"processes\": [{\"file\", \"state\", \"outcome\", \"problems\", \"status\"}]}. An outcome is best, \
worse or unknown, a state running, stuck, dead, left or unreadable. The status is the file, each time in it with its \
age in seconds beside it (since, since_age_seconds). Keys stay as they are; others may be added.

All regions at once, from pages that their haproxy.cfg opens to this host (haproxy-rhi-config(5), status_variable):
  haproxy-rhi status --region north=http://172.16.156.70/haproxy-rhi-status \\
      --region west=http://172.16.136.70/haproxy-rhi-status --watch";

#[cfg(test)]
mod tests {
    use super::{Cli, CommandFactory, Parser, tip, with_tip};

    #[test]
    fn an_option_of_another_command_is_told_with_that_command() {
        let told = |words: &[&str]| {
            let words = ["haproxy-rhi"].iter().chain(words);
            with_tip(Cli::try_parse_from(words).unwrap_err()).to_string()
        };
        let stats = told(&["validate", "--stats", "/run/haproxy/watch.sock"]);
        assert!(
            stats.contains("other commands have --stats: run, check, drain, resume and"),
            "{stats}"
        );
        assert!(
            !stats.contains("similar") && !stats.contains("--strict"),
            "{stats}"
        );
        let live = told(&["check", "--live"]);
        assert!(
            live.contains("  tip: other commands have --live: validate\n"),
            "{live}"
        );
        let slip = told(&["check", "--prefx", "9.9.9.9/32"]);
        assert!(
            slip.contains("a similar argument exists: '--prefix'"),
            "{slip}"
        );
        assert_eq!(
            (tip("--no-such-option"), tip("word"), tip("-x")),
            (None, None, None)
        );
    }

    fn after_helps(command: &clap::Command, found: &mut Vec<(String, String)>) {
        if let Some(text) = command.get_after_help() {
            found.push((command.get_name().to_owned(), text.to_string()));
        }
        command
            .get_subcommands()
            .for_each(|inner| after_helps(inner, found));
    }

    /// clap wraps a paragraph that is one line; examples, which begin with a blank, are not wrapped and must be short.
    #[test]
    fn what_ends_a_help_is_readable_in_80_columns() {
        let mut found = Vec::new();
        after_helps(&Cli::command(), &mut found);
        assert!(found.len() > 15);
        for (name, text) in found {
            let lines: Vec<&str> = text.lines().collect();
            for (line, next) in lines.iter().zip(lines.iter().skip(1).chain([&""])) {
                if line.starts_with(' ') {
                    assert!(line.chars().count() <= 80, "{name}: {line}");
                } else {
                    let ends = line.is_empty() || next.is_empty() || next.starts_with(' ');
                    assert!(
                        ends || !line
                            .ends_with(|letter: char| letter.is_alphanumeric() || letter == ','),
                        "{name}: {line}"
                    );
                }
            }
        }
    }
}
