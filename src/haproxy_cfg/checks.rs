//! Where a backend's log lines go, and how often its servers are checked (configuration.txt sections 3.1, 4.2 and 5.2). Pure.

use std::fmt;
use std::time::Duration;

use super::outline::{Line, Outline};
use crate::value::Span;

/// Where log lines go, and the least severe level that goes there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// An address or a path, as it is written.
    pub address: String,
    /// `notice`, `alert`; `None`: all levels.
    pub level: Option<String>,
}

impl Outline {
    /// Where a backend's log lines go, those about its servers among them; `None`: there is no such backend.
    pub fn logs(&self, backend: &str) -> Option<Vec<Target>> {
        let mut targets = Vec::new();
        for line in self.lines(self.backend(backend)?) {
            if line.begins(&["no", "log"]) {
                targets.clear();
            } else if line.begins(&["log", "global"]) {
                targets.extend(
                    self.of(&["global"])
                        .flat_map(|global| &global.lines)
                        .filter_map(target),
                );
            } else {
                targets.extend(target(line));
            }
        }
        Some(targets)
    }

    /// The server of a backend that is checked least often, and its interval (`inter`, 2 s by default).
    pub fn slowest_check(&self, backend: &str) -> Option<(&str, Duration)> {
        let mut usual = (false, Duration::from_secs(2));
        let mut slowest: Option<(&str, Duration)> = None;
        for line in self.lines(self.backend(backend)?) {
            let (kind, words) = line.words.split_first()?;
            let own = (
                is_checked(words).unwrap_or(usual.0),
                inter(line).unwrap_or(usual.1),
            );
            match kind.as_str() {
                "default-server" => usual = own,
                "server" | "server-template"
                    if own.0 && slowest.is_none_or(|(_, inter)| inter < own.1) =>
                {
                    slowest = Some((words.first()?, own.1));
                }
                _ => {}
            }
        }
        slowest
    }
}

/// How a server's checks find it dead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// Its name.
    pub server: String,
    /// Its line.
    pub line: usize,
    inter: Duration,
    fastinter: Option<Duration>,
    fall: u32,
    /// For one check, where it is set.
    timeout: Option<Duration>,
}

impl Checks {
    /// How long a server that refuses may be dead and UP: until its next check, and through those that follow it.
    pub fn refusal(&self) -> Duration {
        let fast = self.fastinter.unwrap_or(self.inter);
        let more = fast.checked_mul(self.fall.saturating_sub(1));
        self.inter.saturating_add(more.unwrap_or(Duration::MAX))
    }

    /// About the same of one that hangs: each check lasts its whole time, without `timeout check` the interval's. (HAProxy 2.6.12
    /// was seen to end some up to 0.7 s late.)
    pub fn silence(&self) -> Duration {
        let each = self.timeout.unwrap_or(self.inter);
        let all = each.checked_mul(self.fall).unwrap_or(Duration::MAX);
        self.refusal().saturating_add(all)
    }
}

impl fmt::Display for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = |time: Duration| Span::from(time);
        write!(f, "inter {}", span(self.inter))?;
        if let Some(fast) = self.fastinter {
            write!(f, ", fastinter {}", span(fast))?;
        }
        write!(f, ", fall {}", self.fall)?;
        match self.timeout {
            Some(timeout) => write!(f, ", timeout check {}", span(timeout)),
            None => f.write_str(", no timeout check"),
        }
    }
}

impl Outline {
    /// The checks of the server of a backend that is found dead last; backups, which are most often elsewhere, do not count.
    pub fn slowest_death(&self, backend: &str) -> Option<Checks> {
        let lines = self.lines(self.backend(backend)?);
        let timeout = lines
            .iter()
            .rfind(|line| line.begins(&["timeout", "check"]));
        let timeout = timeout.and_then(|line| time(line.after("check")?));
        let mut usual = Checks {
            server: String::new(),
            line: 0,
            inter: Duration::from_secs(2),
            fastinter: None,
            fall: 3,
            timeout,
        };
        let (mut by_default, mut slowest) = (false, None::<Checks>);
        for line in lines {
            let (kind, words) = line.words.split_first()?;
            let is_checked = is_checked(words).unwrap_or(by_default);
            let said = |option: &str| line.after(option).and_then(time);
            let fall = line.after("fall").and_then(|fall| fall.parse().ok());
            let own = Checks {
                server: words.first().cloned().unwrap_or_default(),
                line: line.number,
                inter: said("inter").unwrap_or(usual.inter),
                fastinter: said("fastinter").or(usual.fastinter),
                fall: fall.unwrap_or(usual.fall),
                timeout,
            };
            let is_slower = |known: &Checks| known.silence() < own.silence();
            match kind.as_str() {
                "default-server" => (by_default, usual) = (is_checked, own),
                "server" | "server-template"
                    if is_checked
                        && !words.iter().any(|word| word == "backup")
                        && slowest.as_ref().is_none_or(is_slower) =>
                {
                    slowest = Some(own);
                }
                _ => {}
            }
        }
        slowest
    }
}

/// `log ADDRESS [len N] [format F] [sample R] [profile P] FACILITY [LEVEL [MINIMAL]]`.
fn target(line: &Line) -> Option<Target> {
    let (address, mut rest) = line
        .words
        .get(1..)
        .filter(|_| line.begins(&["log"]))?
        .split_first()?;
    while let [option, _, more @ ..] = rest {
        if !["len", "format", "sample", "profile"].contains(&option.as_str()) {
            break;
        }
        rest = more;
    }
    Some(Target {
        address: address.clone(),
        level: rest.get(1).cloned(),
    })
}

/// `None`: the line does not say.
fn is_checked(words: &[String]) -> Option<bool> {
    words.iter().rev().find_map(|word| match word.as_str() {
        "check" => Some(true),
        "no-check" => Some(false),
        _ => None,
    })
}

fn inter(line: &Line) -> Option<Duration> {
    line.after("inter").and_then(time)
}

/// A time, in milliseconds unless it has a unit (configuration.txt section 2.5).
fn time(text: &str) -> Option<Duration> {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let number: u64 = number.parse().ok()?;
    let milliseconds = |each: u64| number.checked_mul(each).map(Duration::from_millis);
    match unit {
        "us" => Some(Duration::from_micros(number)),
        "" | "ms" => milliseconds(1),
        "s" => milliseconds(1000),
        "m" => milliseconds(60_000),
        "h" => milliseconds(3_600_000),
        "d" => milliseconds(86_400_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CFG: &str = "
global
    log 127.0.0.1:30514 len 1024 format timed local0 notice
    log /dev/log local1
defaults logged
    log global
    default-server inter 5s
defaults quiet
backend web from logged
    server s1 192.0.2.1:80 check
    server s2 192.0.2.2:80 check inter 3m
    server s3 192.0.2.3:80 inter 1h
backend silent
    server s1 192.0.2.1:80 check
backend own from logged
    no log
    log 192.0.2.9 local0 err
listen both from logged
    default-server check inter 1500
    server s1 192.0.2.1:80
    server s2 192.0.2.1:80 no-check inter 1d
";

    fn sections() -> Outline {
        Outline::read([CFG])
    }

    #[test]
    fn log_lines_go_where_the_section_its_defaults_and_global_say() {
        let sections = sections();
        let logs = |backend: &str| {
            let targets = sections.logs(backend)?.into_iter();
            Some(
                targets
                    .map(|one| format!("{} {:?}", one.address, one.level))
                    .collect::<Vec<_>>(),
            )
        };
        let global = ["127.0.0.1:30514 Some(\"notice\")", "/dev/log None"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(logs("web"), Some(global.clone()));
        assert_eq!(logs("both"), Some(global));
        assert_eq!(logs("silent"), Some(Vec::new()));
        assert_eq!(
            logs("own"),
            Some(vec!["192.0.2.9 Some(\"err\")".to_owned()])
        );
        assert_eq!(logs("none"), None);
    }

    #[test]
    fn the_slowest_check_is_that_of_a_server_that_is_checked() {
        let sections = sections();
        let seconds = |backend| {
            sections
                .slowest_check(backend)
                .map(|(name, time)| (name, time.as_secs_f64()))
        };
        assert_eq!(seconds("web"), Some(("s2", 180.0)));
        assert_eq!(seconds("silent"), Some(("s1", 2.0)));
        assert_eq!(seconds("both"), Some(("s1", 1.5)));
        assert_eq!(seconds("own"), None);
    }

    #[test]
    fn a_dead_server_is_found_after_its_interval_and_the_checks_that_follow() {
        let found = |lines: &str| {
            let cfg = format!(
                "defaults\n timeout connect 5s\n default-server fall 4\nbackend b\n {lines}\n"
            );
            let death = Outline::read([cfg.as_str()]).slowest_death("b")?;
            let seconds = |time: Duration| time.as_secs_f64();
            Some((
                death.to_string(),
                seconds(death.refusal()),
                seconds(death.silence()),
            ))
        };
        for (lines, words, refusal, silence) in [
            (
                "server s1 192.0.2.1:80 check",
                "inter 2s, fall 4, no timeout check",
                8.0,
                16.0,
            ),
            (
                "timeout check 1s\n default-server inter 4s fall 3\n server s1 192.0.2.1:80 check",
                "inter 4s, fall 3, timeout check 1s",
                12.0,
                15.0,
            ),
            (
                "timeout check 300\n default-server check inter 1s fastinter 100ms fall 2\n server s1 192.0.2.1:80",
                "inter 1s, fastinter 100ms, fall 2, timeout check 300ms",
                1.1,
                1.7,
            ),
            (
                "server s1 192.0.2.1:80 check fall 1\n server s2 192.0.2.1:80 check inter 1m\n server s3 192.0.2.1:80 inter 1h",
                "inter 1m, fall 4, no timeout check",
                240.0,
                480.0,
            ),
        ] {
            let expected = (words.to_owned(), refusal, silence);
            assert_eq!(found(lines), Some(expected), "{lines}");
        }
        assert_eq!(found("server s1 192.0.2.1:80"), None);
        let huge = found("server s1 192.0.2.1:80 check inter 99999999d fall 4294967295");
        assert!(huge.is_some_and(|(_, refusal, _)| refusal > 1e12));
    }

    #[test]
    fn times_are_milliseconds_unless_said() {
        for (text, expected) in [
            ("250", 250),
            ("250ms", 250),
            ("3m", 180_000),
            ("1d", 86_400_000),
        ] {
            assert_eq!(time(text), Some(Duration::from_millis(expected)), "{text}");
        }
        assert_eq!(time("5000us"), Some(Duration::from_millis(5)));
        for text in ["", "s", "1w", "99999999999999999999d", "\"${INTER}\""] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
