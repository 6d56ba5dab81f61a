//! exabgp-healthcheck's options, read as its own parser reads them (Python's argparse). Pure.
//!
//! The options are those of ExaBGP 4.2 and 5.0 together. An option may be cut to a unique beginning; its value is the next
//! word or follows `=`; of a repeated option the last value counts, except for lists.

use std::collections::BTreeMap;

/// One option.
#[derive(Debug)]
pub struct Known {
    /// Its long name, the key in [`Given`].
    pub name: &'static str,
    others: &'static [&'static str],
    takes: Takes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
    /// `nargs='?'`: a value that may be left out.
    Perhaps,
    Values,
}

const fn flag(name: &'static str, others: &'static [&'static str]) -> Known {
    Known {
        name,
        others,
        takes: Takes::Nothing,
    }
}

const fn value(name: &'static str, others: &'static [&'static str]) -> Known {
    Known {
        name,
        others,
        takes: Takes::Value,
    }
}

const fn list(name: &'static str) -> Known {
    Known {
        name,
        others: &[],
        takes: Takes::Values,
    }
}

/// Every option of exabgp-healthcheck 4.2 and 5.0.
pub static KNOWN: &[Known] = &[
    flag("--silent", &["-s"]),
    Known {
        name: "--syslog-facility",
        others: &["-sF"],
        takes: Takes::Perhaps,
    },
    flag("--no-syslog", &[]),
    flag("--debug", &["-d"]),
    flag("--no-ack", &["-a"]),
    flag("--sudo", &[]),
    value("--name", &["-n"]),
    value("--config", &["-F"]),
    value("--pid", &["-p"]),
    value("--user", &[]),
    value("--group", &[]),
    value("--interval", &["-i"]),
    value("--fast-interval", &["-f"]),
    value("--timeout", &["-t"]),
    value("--rise", &[]),
    value("--fall", &[]),
    value("--disable", &[]),
    value("--command", &["--cmd", "-c"]),
    value("--next-hop", &["-N"]),
    list("--ip"),
    list("--ip-ifname"),
    value("--local-preference", &[]),
    flag("--deaggregate-networks", &[]),
    flag("--no-ip-setup", &[]),
    flag("--dynamic-ip-setup", &[]),
    value("--label", &[]),
    flag("--label-exact-match", &[]),
    value("--start-ip", &[]),
    value("--up-metric", &[]),
    value("--down-metric", &[]),
    value("--disabled-metric", &[]),
    value("--increase", &[]),
    value("--community", &[]),
    value("--extended-community", &[]),
    value("--large-community", &[]),
    value("--disabled-community", &[]),
    value("--as-path", &[]),
    value("--up-as-path", &[]),
    value("--down-as-path", &[]),
    value("--disabled-as-path", &[]),
    flag("--withdraw-on-down", &[]),
    value("--path-id", &[]),
    list("--neighbor"),
    flag("--debounce", &[]),
    list("--execute"),
    list("--up-execute"),
    list("--down-execute"),
    list("--disabled-execute"),
];

/// The given options: long name and values, in the order of the command line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given(BTreeMap<&'static str, Vec<String>>);

impl Given {
    /// Whether the option was given.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The long names of the given options.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// Its value; the last of several.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.last().map(String::as_str)
    }

    /// All its values.
    pub fn values(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Appends another's values.
    pub fn join(&mut self, other: Self) {
        for (name, values) in other.0 {
            self.0.entry(name).or_default().extend(values);
        }
    }
}

/// Whether a word belongs to the call of exabgp-healthcheck, before its options.
fn is_call(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    if word.starts_with('-') {
        return word == "-m";
    }
    matches!(
        name,
        "run" | "exabgp" | "healthcheck" | "exabgp-healthcheck" | "healthcheck.py" | "env"
    ) || name.starts_with("python")
}

fn find(word: &str) -> Result<&'static Known, String> {
    let is = |known: &&Known| known.name == word || known.others.contains(&word);
    if let Some(known) = KNOWN.iter().find(is) {
        return Ok(known);
    }
    let begins = |known: &&Known| {
        known.name.starts_with(word) || known.others.iter().any(|other| other.starts_with(word))
    };
    let close: Vec<&'static Known> = KNOWN
        .iter()
        .filter(begins)
        .filter(|_| word.starts_with("--"))
        .collect();
    match close.as_slice() {
        [only] => Ok(only),
        [] => Err(format!(
            "'{word}' is no option of exabgp-healthcheck, 4.2 or 5.0"
        )),
        several => {
            let names: Vec<&str> = several.iter().map(|known| known.name).collect();
            Err(format!(
                "'{word}' may be {}; write it out",
                names.join(" or ")
            ))
        }
    }
}

/// Reads a command line, with or without the call of exabgp-healthcheck.
///
/// # Errors
/// A word is not an option, or a value is missing.
pub fn of_words(words: &[String]) -> Result<Given, String> {
    let mut given = Given::default();
    match read(words, &mut given) {
        Ok(()) => Ok(given),
        Err(why) => Err(
            match given
                .value("--command")
                .filter(|command| !command.contains(' '))
            {
                Some(command) => {
                    format!(
                        "{why}; if it belongs to --command, quote all of that: --command '{command} ...'"
                    )
                }
                None => why,
            },
        ),
    }
}

fn read(words: &[String], given: &mut Given) -> Result<(), String> {
    let mut words = words
        .iter()
        .map(|word| word.trim_end_matches(';'))
        .skip_while(|word| is_call(word))
        .peekable();
    while let Some(word) = words.next() {
        if word.is_empty() {
            continue;
        }
        if !word.starts_with('-') || word == "-" {
            return Err(format!(
                "'{word}' is neither an option nor its value; quote a value that has blanks"
            ));
        }
        let (name, attached) = match word.split_once('=').filter(|_| word.starts_with("--")) {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let (known, attached) = match (find(name), attached) {
            (Ok(known), attached) => (known, attached.map(str::to_owned)),
            // `-i5`
            (Err(why), None) if !word.starts_with("--") => {
                let (short, rest) = word.split_at_checked(2).ok_or_else(|| why.clone())?;
                (find(short).map_err(|_| why)?, Some(rest.to_owned()))
            }
            (Err(why), _) => return Err(why),
        };
        let next_is_value = words
            .peek()
            .is_some_and(|next| !next.starts_with('-') || is_number(next));
        let value = match (known.takes, attached) {
            (Takes::Nothing, Some(_)) => return Err(format!("{} takes no value", known.name)),
            (Takes::Nothing, None) => String::new(),
            (_, Some(value)) => value,
            (Takes::Perhaps, None) if !next_is_value => String::new(),
            (_, None) if next_is_value => words.next().unwrap_or_default().to_owned(),
            (_, None) => return Err(format!("{} needs a value", known.name)),
        };
        given.0.entry(known.name).or_default().push(value);
    }
    Ok(())
}

fn is_number(word: &str) -> bool {
    word.parse::<f64>().is_ok()
}

/// Reads a configuration file: on each line a long option without its dashes, `name = value` or the name alone.
///
/// # Errors
/// The line's number, from 1, and what is wrong in it.
pub fn of_file(text: &str) -> Result<Given, (usize, String)> {
    let mut given = Given::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let word = match line.split_once('=') {
            Some((name, value)) => format!("--{}={}", name.trim(), value.trim()),
            None => format!("--{line}"),
        };
        given.join(of_words(&[word]).map_err(|what| (index + 1, what))?);
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Result<Given, String> {
        let words: Vec<String> = text.split('|').map(str::to_owned).collect();
        of_words(&words)
    }

    #[test]
    fn words_are_read_as_argparse_reads_them() {
        let given = words("python3|-m|exabgp|healthcheck|--cmd|curl -sf http://127.0.0.1/|-i5|-f|0.5|--ip=10.0.0.1/32|--ip|10.0.0.2|--withdraw|-sF|--rise|1|--rise|2|--local-preference|-1").unwrap();
        assert_eq!(given.value("--command"), Some("curl -sf http://127.0.0.1/"));
        assert_eq!(
            (given.value("--interval"), given.value("--fast-interval")),
            (Some("5"), Some("0.5"))
        );
        assert_eq!(given.values("--ip"), ["10.0.0.1/32", "10.0.0.2"]);
        assert!(
            given.has("--withdraw-on-down")
                && given.has("--syslog-facility")
                && !given.has("--silent")
        );
        assert_eq!(
            (given.value("--rise"), given.value("--local-preference")),
            (Some("2"), Some("-1"))
        );
    }

    #[test]
    fn what_is_no_option_is_refused() {
        assert_eq!(
            words("--no").unwrap_err(),
            "'--no' may be --no-syslog or --no-ack or --no-ip-setup; write it out"
        );
        assert_eq!(
            words("--forty-two").unwrap_err(),
            "'--forty-two' is no option of exabgp-healthcheck, 4.2 or 5.0"
        );
        assert_eq!(words("--rise").unwrap_err(), "--rise needs a value");
        assert_eq!(
            words("--rise|--fall|3").unwrap_err(),
            "--rise needs a value"
        );
        assert_eq!(words("--sudo=1").unwrap_err(), "--sudo takes no value");
        assert_eq!(
            words("--cmd|curl|-sf|http://127.0.0.1/").unwrap_err(),
            "--silent takes no value; if it belongs to --command, quote all of that: --command 'curl ...'"
        );
        assert!(
            words("--ip|10.0.0.1|extra")
                .unwrap_err()
                .contains("'extra' is neither an option")
        );
    }

    #[test]
    fn a_file_has_an_option_a_line() {
        let given = of_file("# all of it\n debug\nname = haproxy\ncommand = curl -sf http://127.0.0.1/healthcheck?a=b/healthcheck\n\nip=10.0.0.1/32\nip = 10.0.0.2/32\n").unwrap();
        assert!(given.has("--debug"));
        assert_eq!(
            given.value("--command"),
            Some("curl -sf http://127.0.0.1/healthcheck?a=b/healthcheck")
        );
        assert_eq!(given.values("--ip").len(), 2);
        assert_eq!(of_file("debug\nforty-two = 1").unwrap_err().0, 2);
    }
}
