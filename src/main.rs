//! The program: runs the command that the command line names.
//! In come arguments.
//! Out goes an exit status; `failure` has the table.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{CommandFactory, Parser};
use haproxy_rhi::cli::{self, Cli, Task, completions};
use haproxy_rhi::config::{self, Config, Flags, Source};
use haproxy_rhi::daemon::{self, Files, RunTask, Settings};
use haproxy_rhi::failure::{self, Answer, End, Failure, Kind, Outcome};
use haproxy_rhi::program::Plan;
use haproxy_rhi::report::status::{Manner, Request};
use haproxy_rhi::validate::Rights;
use haproxy_rhi::{
    control, import, init, observe, rehearse, replay, report, respawn, screen, validate, verify,
};
use signal_hook::consts::signal::{SIGALRM, SIGHUP, SIGUSR1, SIGUSR2};

/// A command of earlier versions that is a program of its own now.
const MOVED: &str = "second-chance";

fn main() -> ExitCode {
    respawn::exit_slowly_on_panic();
    if std::env::args_os().nth(1).is_some_and(|word| word == MOVED) {
        return report::leave(Err(failure::unknown(
            "'haproxy-rhi second-chance' is a program of its own now: haproxy-rhi-second-chance",
        )));
    }
    let cli = match parsed() {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let error = cli::with_tip(error);
            return refuse(&error.render().ansi().to_string(), &error.to_string());
        }
    };
    match cli.command {
        Task::Run(task) => run(*task),
        Task::Check {
            json,
            drain_folder,
            source,
        } => {
            let is_own = source.config.is_none() && source.flags.is_none();
            let config = configuration(*source);
            report::leave(config.map(|config| check(&config, &drain_folder, json, is_own)))
        }
        Task::Validate(task) => report::leave(Ok(validate::validate(&task))),
        Task::Drain(task) => report::leave(control::drain(task)),
        Task::Resume(task) => report::leave(control::resume(task)),
        Task::Status {
            json,
            watch,
            wait,
            status_file,
            region,
        } => {
            if let Err(failure) = screen::distinct(&region) {
                return report::leave(Err(failure));
            }
            let manner = manner(json, watch, wait);
            let out = &mut io::stdout();
            let shown = if region.is_empty() {
                let files = status_file;
                report::status::show(&Request { files, manner }, out)
            } else {
                screen::show(region, manner, out)
            };
            // Stdout was closed by its reader (a pager, head): no error.
            shown.map_or(ExitCode::SUCCESS, |outcome| {
                End::As(outcome).exit_status().into()
            })
        }
        Task::Verify(task) => report::leave(verify::verify(&task)),
        Task::Rehearse(task) => report::leave(rehearse::rehearse(&task, Instant::now())),
        Task::Replay(task) => report::leave(replay::replay(&task, Instant::now())),
        Task::Init(task) => report::leave(init::init(&task)),
        Task::Import(task) => report::leave(import::import(&task)),
        Task::Server(task) => report::leave(control::server(task)),
        Task::Frontend(task) => report::leave(control::frontend(task)),
        Task::Completions { shell } => report::leave(Ok(completions(shell).into())),
    }
}

/// Parses the command line in a thread: parsing takes 256 KiB of stack, which `run` would keep.
fn parsed() -> Result<Cli, clap::Error> {
    let thread = std::thread::Builder::new().spawn(parse);
    let parsed = thread.ok().and_then(|thread| thread.join().ok());
    parsed.unwrap_or_else(parse)
}

/// `run` alone first: it would keep what the arguments of all commands take, too.
fn parse() -> Result<Cli, clap::Error> {
    match RunTask::of_line(std::env::args_os()) {
        Ok(task) => Ok(Cli {
            command: Task::Run(Box::new(task)),
        }),
        Err(_) => Cli::try_parse(),
    }
}

fn run(task: RunTask) -> ExitCode {
    let RunTask {
        source,
        drain_folder: drains,
        telling,
        dry_run,
    } = task;
    if !dry_run && io::stdout().is_terminal() {
        return report::leave(Err(failure::usage(
            "run speaks to ExaBGP at stdin and stdout, and stdout is a terminal; see what it would say with run --dry-run",
        )));
    }
    report::log_to_stderr(telling.log_format);
    let settings = match source.flags.map(Flags::config) {
        Some(Ok(config)) => Settings::fixed(config),
        Some(Err(problem)) => {
            let problem = format!("error: {problem}\n");
            return refuse(&problem, &problem);
        }
        None => Settings::of_file(source.config.unwrap_or_else(|| config::DEFAULT_PATH.into())),
    };
    let files = Files {
        status: telling.status_file.map(|path| path.as_path().to_owned()),
        metrics: telling.metrics.map(|path| path.as_path().to_owned()),
    };
    let ended = daemon::run(settings, drains, files, dry_run);
    if let Err(error) = &ended {
        log::error!(
            "cannot start: {error}; trying again in {} s",
            respawn::GUARD.as_secs()
        );
        respawn::discard(io::stdin());
    }
    report::flush_log();
    ExitCode::from(if ended.is_ok() { 0 } else { respawn::SOFTWARE })
}

fn manner(json: bool, watch: bool, wait: Option<u32>) -> Manner {
    Manner {
        json,
        watch,
        wait: wait.map(|wait| Duration::from_secs(wait.into())),
        terminal: io::stdout().is_terminal(),
    }
}

fn configuration(source: Source) -> Result<Config, Failure> {
    if let Some(flags) = source.flags {
        return flags.config().map_err(failure::usage);
    }
    let path = source.config.unwrap_or_else(|| config::DEFAULT_PATH.into());
    config::load(&path).map_err(|problem| failure::configuration(problem.to_string()))
}

/// `is_own`: `config` is the default file, which the process that ExaBGP runs reads.
fn check(config: &Config, drain_folder: &Path, json: bool, is_own: bool) -> Answer {
    // The running process reports drains that cannot be read.
    let orders = observe::read_orders(drain_folder).unwrap_or_default();
    let seen = observe::look_at_all(&Plan::of(config));
    let (text, outcome) = report::check(config, &seen, &orders, json);
    let rights = match is_own {
        true => validate::rights(config),
        false => Rights::NotAsked,
    };
    let access = notes_of(&rights);
    let hold_times = if is_own {
        report::status::told_of_hold_times()
    } else {
        Vec::new()
    };
    let hold_times = hold_times.iter().map(|words| format!("{words}\n"));
    let notes: String = access
        .into_iter()
        .chain(hold_times)
        .chain(report::doubts(config, &seen))
        .collect();
    let outcome = match rights {
        Rights::Closed { paths, .. } if !paths.is_empty() => Outcome::Unknown,
        _ => outcome,
    };
    let end = End::As(outcome);
    Answer { text, notes, end }
}

/// Notes for stderr, one line each.
fn notes_of(rights: &Rights) -> Vec<String> {
    match rights {
        Rights::NotAsked => Vec::new(),
        Rights::NotTold => vec![format!("{}\n", validate::NOT_TOLD)],
        Rights::Closed { user, paths } => paths
            .iter()
            .map(|path| {
                let path = path.display();
                format!("user {user} may not open {path}: haproxy-rhi validate\n")
            })
            .collect(),
    }
}

/// A command line that cannot be used. Under ExaBGP the process must not exit: ExaBGP would start it again and again, and
/// then quit. So it writes nothing to ExaBGP, and reads stdin until ExaBGP is gone.
fn refuse(coloured: &str, plain: &str) -> ExitCode {
    let word = std::env::args().nth(1).unwrap_or_default();
    let by_hand = word != "run" && Cli::command().find_subcommand(&word).is_some();
    if !by_hand && is_pipe(io::stdin()) && is_pipe(io::stdout()) {
        ignore_reloads();
        report::log_to_stderr(report::asked_format());
        plain
            .lines()
            .filter(|line| !line.is_empty())
            .for_each(|line| log::error!("{}", line.trim_start_matches("error: ")));
        log::error!(
            "announcing nothing until ExaBGP is restarted with a command line that can be used"
        );
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        report::flush_log();
    } else {
        let _ = io::stderr().write_all(
            if io::stderr().is_terminal() {
                coloured
            } else {
                plain
            }
            .as_bytes(),
        );
    }
    ExitCode::from(Kind::Usage.exit_status())
}

/// Signals that make ExaBGP reload may reach its processes too.
fn ignore_reloads() {
    for signal in [SIGHUP, SIGUSR1, SIGUSR2, SIGALRM] {
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
}

fn is_pipe(stream: impl AsFd) -> bool {
    let kind = stream
        .as_fd()
        .try_clone_to_owned()
        .map(File::from)
        .and_then(|file| file.metadata());
    kind.is_ok_and(|data| data.file_type().is_fifo())
}
