//! Arguments in, exit status out: the only place where an error becomes an exit status.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use haproxy_rhi::cli::{self, Cli, Task, completions};
use haproxy_rhi::config::{self, Config, Source};
use haproxy_rhi::control::{self, Answer, Failure};
use haproxy_rhi::daemon::{self, Files, RunTask, Settings};
use haproxy_rhi::import::{self, ImportTask};
use haproxy_rhi::init::{self, InitTask};
use haproxy_rhi::observe;
use haproxy_rhi::program::Plan;
use haproxy_rhi::report::status::Wish;
use haproxy_rhi::report::{self, Outcome};
use haproxy_rhi::validate::{self, Ending, ValidateTask};
use haproxy_rhi::verify::{self, Agreement, Trouble, VerifyTask};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{SpliceFlags, splice};
use signal_hook::consts::signal::{SIGALRM, SIGHUP, SIGUSR1, SIGUSR2};

/// sysexits(3): the command line is wrong.
const USAGE: u8 = 64;
/// sysexits(3): HAProxy is not there.
const UNAVAILABLE: u8 = 69;
/// sysexits(3): a fault of ours.
const SOFTWARE: u8 = 70;
/// sysexits(3): the configuration is wrong.
const CONFIGURATION: u8 = 78;
/// A command of earlier versions.
const MOVED: &str = "second-chance";
/// Six starts within 64 s make ExaBGP quit: no way out of here may be faster than this, whatever happened.
const PENANCE: Duration = Duration::from_secs(15);
/// What a pipe holds (pipe(7)).
const PIPE: usize = 64 << 10;

fn main() -> ExitCode {
    atone_for_panics();
    if std::env::args_os().nth(1).is_some_and(|word| word == MOVED) {
        return fail(
            2,
            "'haproxy-rhi second-chance' is a program of its own now: haproxy-rhi-second-chance",
        );
    }
    let cli = match Cli::try_parse() {
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
            let is_own = source.config.is_none() && !source.flags.any();
            configuration(*source).map_or_else(
                |(status, problem)| fail(status, &problem),
                |config| check(&config, &drain_folder, json, is_own),
            )
        }
        Task::Validate(task) => validated(&task),
        Task::Drain(task) => answered(&control::drain(task)),
        Task::Resume(task) => answered(&control::resume(task)),
        Task::Status {
            json,
            watch,
            wait,
            status_file,
        } => status(Wish {
            json,
            watch,
            wait: wait.map(|wait| Duration::from_secs(wait.into())),
            files: status_file,
            ..Wish::default()
        }),
        Task::Verify(task) => verified(&task),
        Task::Init(task) => made(&task),
        Task::Import(task) => imported(&task),
        Task::Server(task) => answered(&control::server(task)),
        Task::Frontend(task) => answered(&control::frontend(task)),
        Task::Completions { shell } => {
            say(&completions(shell));
            ExitCode::SUCCESS
        }
    }
}

fn answered(Answer { text, failure }: &Answer) -> ExitCode {
    say(text);
    let Some(failure) = failure else {
        return ExitCode::SUCCESS;
    };
    failed(failure)
}

fn failed(failure: &Failure) -> ExitCode {
    let status = match failure {
        Failure::Refused(_) | Failure::NotReached(_) => 1,
        Failure::CannotTell(_) => 2,
        Failure::Gone(_) => UNAVAILABLE,
        Failure::Configuration(_) => CONFIGURATION,
    };
    fail(status, &failure.to_string())
}

fn validated(task: &ValidateTask) -> ExitCode {
    let (text, ending) = validate::validate(task);
    say(&text);
    match ending {
        Ending::Fine => ExitCode::SUCCESS,
        Ending::Warnings => ExitCode::from(1),
        Ending::Broken => ExitCode::from(CONFIGURATION),
        Ending::Failed(failure) => failed(&failure),
    }
}

fn made(task: &InitTask) -> ExitCode {
    match init::init(task) {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(init::Trouble::Refused(problem)) => fail(1, &problem),
        Err(init::Trouble::Usage(problem)) => fail(USAGE, &problem),
        Err(init::Trouble::Configuration(problem)) => fail(CONFIGURATION, &problem),
    }
}

fn imported(task: &ImportTask) -> ExitCode {
    match import::import(task) {
        Ok(said) => {
            say(&said.configuration);
            let _ = io::stderr().write_all(said.report.as_bytes());
            ExitCode::SUCCESS
        }
        Err(import::Trouble::Refused(problem)) => fail(1, &problem),
        Err(import::Trouble::Usage(problem)) => fail(USAGE, &problem),
        Err(import::Trouble::Configuration(problem)) => fail(CONFIGURATION, &problem),
    }
}

fn verified(task: &VerifyTask) -> ExitCode {
    match verify::verify(task) {
        Ok((text, agreement)) => {
            say(&text);
            ExitCode::from(match agreement {
                Agreement::Agree => 0,
                Agreement::Differ => 1,
                Agreement::CannotTell => 2,
            })
        }
        Err(trouble) => {
            let status = match trouble {
                Trouble::Usage(_) => USAGE,
                Trouble::Configuration(_) => CONFIGURATION,
                Trouble::CannotTell(_) => 2,
            };
            fail(status, &trouble.to_string())
        }
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
        return fail(
            USAGE,
            "run speaks to ExaBGP at stdin and stdout, and stdout is a terminal; see what it would say with run --dry-run",
        );
    }
    report::log_to_stderr(telling.log_format);
    let settings = if source.flags.any() {
        match source.flags.config() {
            Ok(config) => Settings::fixed(config),
            Err(problem) => {
                return refuse(
                    &format!("error: {problem}\n"),
                    &format!("error: {problem}\n"),
                );
            }
        }
    } else {
        Settings::of_file(source.config.unwrap_or_else(|| config::DEFAULT_PATH.into()))
    };
    let files = Files {
        status: telling.status_file.map(|path| path.as_path().to_owned()),
        metrics: telling.metrics.map(|path| path.as_path().to_owned()),
    };
    let ended = daemon::run(settings, drains, files, dry_run);
    if let Err(error) = &ended {
        log::error!(
            "cannot start: {error}; trying again in {} s",
            PENANCE.as_secs()
        );
        drain(io::stdin(), PENANCE);
    }
    report::flush_log();
    ExitCode::from(if ended.is_ok() { 0 } else { SOFTWARE })
}

fn status(wish: Wish) -> ExitCode {
    let terminal = io::stdout().is_terminal();
    // https://no-color.org: whatever it says, if it says something.
    let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let wish = Wish {
        terminal,
        colour,
        ..wish
    };
    match report::status::show(&wish, &mut io::stdout()) {
        Ok(outcome) => ended_as(outcome),
        // A reader that has seen enough is no error.
        Err(_) => ExitCode::SUCCESS,
    }
}

fn ended_as(outcome: Outcome) -> ExitCode {
    ExitCode::from(match outcome {
        Outcome::Best => 0,
        Outcome::Worse => 1,
        Outcome::Unknown => 2,
    })
}

fn configuration(source: Source) -> Result<Config, (u8, String)> {
    if source.flags.any() {
        source.flags.config().map_err(|problem| (USAGE, problem))
    } else {
        let path = source.config.unwrap_or_else(|| config::DEFAULT_PATH.into());
        config::load(&path).map_err(|problem| (CONFIGURATION, problem.to_string()))
    }
}

/// `is_own`: the configuration of the process that ExaBGP runs.
fn check(config: &Config, drain_folder: &Path, json: bool, is_own: bool) -> ExitCode {
    // Those that cannot be read are the running process's to tell.
    let orders = observe::read_orders(drain_folder).unwrap_or_default();
    let (text, outcome) = report::check(
        config,
        &observe::look_at_all(&Plan::of(config)),
        &orders,
        json,
    );
    say(&text);
    let closed = if is_own {
        validate::closed_to_exabgp(config)
    } else {
        Vec::new()
    };
    let mut notes = control::Progress::on_stderr();
    for path in &closed {
        notes.tell(&format!(
            "user exabgp may not open {}: haproxy-rhi validate",
            path.display()
        ));
    }
    ended_as(if closed.is_empty() {
        outcome
    } else {
        report::Outcome::Unknown
    })
}

/// A command line that cannot be used. Under ExaBGP, leaving would be a crash loop that ends BGP: it stays there,
/// says nothing to ExaBGP, and reads what ExaBGP says until ExaBGP is gone.
fn refuse(coloured: &str, plain: &str) -> ExitCode {
    let by_hand = std::env::args().nth(1).is_some_and(|word| {
        matches!(
            word.as_str(),
            "check"
                | "validate"
                | "status"
                | "drain"
                | "resume"
                | "server"
                | "frontend"
                | "verify"
                | "import"
                | "init"
                | "completions"
        )
    });
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
    ExitCode::from(USAGE)
}

/// The signals with which ExaBGP is told to reload may reach its processes too.
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

fn fail(status: u8, problem: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {problem}");
    ExitCode::from(status)
}

fn say(text: &str) {
    report::say(text);
}

/// A fault of ours must not become a crash loop either: the process leaves after a pause, and it always leaves. Whatever
/// else it does here may block: stderr, when nobody reads it.
fn atone_for_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let leaves = || {
            std::thread::sleep(PENANCE + Duration::from_secs(1));
            std::process::exit(SOFTWARE.into());
        };
        drop(
            std::thread::Builder::new()
                .name("end".to_owned())
                .spawn(leaves),
        );
        let text = report::unqueued(
            log::Level::Error,
            &format!("internal error, please report it: {panic}"),
        );
        let _ = io::stderr().write_all(text.as_bytes());
        if !io::stdin().is_terminal() {
            drain(io::stdin(), PENANCE);
        }
        std::process::exit(SOFTWARE.into());
    }));
}

/// Empties a pipe for a while, or until its end: ExaBGP must never wait for us. Without a thread, since the system may
/// have none to give; without a lock, which another thread may hold that reads; and without ever waiting in a read, since
/// that thread may be the one that gets what there is.
fn drain(pipe: impl AsFd, time: Duration) {
    let end = Instant::now() + time;
    let Ok(nowhere) = File::options().write(true).open("/dev/null") else {
        return std::thread::sleep(time);
    };
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        let timeout = Timespec::try_from(left).ok();
        match poll(&mut [PollFd::new(&pipe, PollFlags::IN)], timeout.as_ref()) {
            Ok(0) => return,
            Ok(_) => {}
            Err(_) => return std::thread::sleep(left),
        }
        match splice(&pipe, None, &nowhere, None, PIPE, SpliceFlags::NONBLOCK) {
            Ok(0) => return,
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
            // It is no pipe.
            Err(_) => return std::thread::sleep(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// The reader of the loop is in the middle of a read, and gets what comes; others get nothing.
    #[test]
    fn a_pipe_that_another_thread_reads_is_drained_without_waiting_for_it() {
        let (mut reader, mut writer) = io::pipe().unwrap();
        let pipe = reader.try_clone().unwrap();
        let reads =
            std::thread::spawn(
                move || while reader.read(&mut [0; 1]).is_ok_and(|count| count > 0) {},
            );
        let writes = std::thread::spawn(move || {
            for _ in 0..1000 {
                writer.write_all(b"neighbor 172.16.159.4 up\n").unwrap();
                std::thread::sleep(Duration::from_micros(100));
            }
            writer
        });
        drain(&pipe, Duration::from_millis(300));
        drop(writes.join().unwrap());
        reads.join().unwrap();
    }

    #[test]
    fn a_pipe_that_nobody_reads_is_emptied_until_its_end() {
        let (reader, mut writer) = io::pipe().unwrap();
        let writes = std::thread::spawn(move || writer.write_all(&[b'x'; 4 * PIPE]).unwrap());
        drain(&reader, Duration::from_secs(600));
        writes.join().unwrap();
    }
}
