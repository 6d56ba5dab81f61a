//! `haproxy-rhi init`: the files of one NVA.
//! In come flags, the NVA's existing exabgp.conf and haproxy.cfg, and answers to questions.
//! Out go exabgp.conf, haproxy.cfg, config.json and second-chance.conf, shown or written, and the next steps.
//!
//! ```text
//! flags, existing files, questions ──► answers ──► files (filled templates, or existing files, extended) ──► shown, or written
//! ```

mod answers;
mod carried;
mod cloud_init;
mod command_line;
mod endpoints;
mod files;
mod fit;
mod from;
mod lost;
mod next;
mod nvas;
mod question;
mod task;
mod template;
mod values;
mod write;

use std::io;
use std::path::Path;
use std::process::Command;

use crate::child::printed;
use crate::config;
use crate::exabgp_conf;
use crate::failure::{self, Answer, Failure};
use crate::install;
use crate::validate::{self, Finding, Severity};

use answers::nothing_written;
use from::Existing;
use lost::lost;
use next::{by_hand, group, next, pages};
use write::{before, others, shown, written};

pub use answers::{Answers, Asker, answers};
pub use command_line::command_line;
pub use files::Made;
pub(crate) use task::INIT_STATUS;
pub use task::InitTask;

/// The files to write, and the texts about them.
struct Plan {
    answers: Answers,
    files: Vec<Made>,
    missing: String,
    pages: String,
    shown: String,
    notes: String,
}

impl Plan {
    fn new(
        task: &InitTask,
        existing: &Existing,
        answers: Answers,
        root: &Path,
    ) -> Result<Self, Failure> {
        existing.leads_to(&answers).map_err(failure::usage)?;
        let mut files = existing.files(&answers, task.add);
        let missing = existing.missing(&answers, task.add) + &existing.passed_over(&answers);
        let pages = pages(&answers, existing);
        let notes = judged(&files, existing)
            .map_err(|why| failure::configuration(format!("{why}\n{missing}").trim_end()))?;
        let shown = shown(&files, existing, root);
        if task.add {
            files.retain(|(place, _)| *place != files::EXABGP_PATH || existing.exabgp.is_none());
        }
        Ok(Self {
            answers,
            files,
            missing,
            pages,
            shown,
            notes,
        })
    }

    /// What is missing, the pages, and the files.
    fn text(&self) -> String {
        format!("{}{}{}", self.missing, self.pages, self.shown)
    }
}

/// Makes the files, and shows or writes them.
///
/// # Errors
/// Why nothing was written.
pub fn init(task: &InitTask) -> Result<Answer, Failure> {
    let mut terminal = answers::terminal();
    let mut output = io::stderr();
    let input = terminal
        .as_mut()
        .map(|terminal| terminal as &mut dyn io::BufRead);
    let mut asker = Asker {
        input,
        output: &mut output,
    };
    let mut task = task.clone();
    let (existing, found) = Existing::read(&mut task).map_err(failure::usage)?;
    asker.say(&found.to_string());
    let (answers, asked) = answers(&mut task, &mut asker)?;
    let root = task.output_dir.clone().unwrap_or_else(|| "/".into());
    if !asked {
        let plan = Plan::new(&task, &existing, answers, &root)?;
        return done(&task, &existing, &plan, &root, task.force, Vec::new()).map(Answer::from);
    }
    let ended = dialogue(&mut task, &existing, answers, &root, &mut asker);
    asker.say(&format!(
        "\nthe same without questions:\n{}\n\n",
        command_line(&task)
    ));
    ended.map(Answer::from)
}

/// Shows the files and asks whether to write them or to change an answer, until they are written or given up.
fn dialogue(
    task: &mut InitTask,
    existing: &Existing,
    mut answers: Answers,
    root: &Path,
    asker: &mut Asker<'_>,
) -> Result<String, Failure> {
    loop {
        match Plan::new(task, existing, answers, root) {
            Ok(plan) if task.dry_run || task.output_dir.is_none() => {
                return done(task, existing, &plan, root, false, Vec::new());
            }
            Ok(plan) => {
                let lost = lost_sections(&plan.files, existing, root);
                asker.say(&plan.text());
                asker.say(
                    &lost
                        .iter()
                        .map(|section| format!("would be lost: {section}\n"))
                        .collect::<String>(),
                );
                if asker.confirm(&write_these(&plan, root))? {
                    return done(task, existing, &plan, root, true, lost);
                }
            }
            Err(why) => asker.say(&format!("  {why}\n")),
        }
        if !asker.change(task)? {
            return Err(nothing_written());
        }
        (answers, _) = self::answers(task, asker)?;
    }
}

fn write_these(plan: &Plan, root: &Path) -> String {
    let kept = match others(&plan.files, root).as_slice() {
        [] => String::new(),
        [_] => ", and keep the file that is there as .bak".to_owned(),
        several => format!(
            ", and keep the {} files that are there as .bak",
            several.len()
        ),
    };
    format!("Write these below {}{kept}", root.display())
}

/// Whether this host has the group of haproxy.cfg. Where nothing tells, it is taken not to.
fn has_group() -> bool {
    let mut command = Command::new("getent");
    printed(command.args(["group", "haproxy-rhi"])).is_ok_and(|text| !text.is_empty())
}

/// Shows or writes the files. `agreed`: sections that the operator agreed to lose.
fn done(
    task: &InitTask,
    existing: &Existing,
    plan: &Plan,
    root: &Path,
    force: bool,
    agreed: Vec<String>,
) -> Result<String, Failure> {
    if let Some(path) = &task.cloud_init {
        return user_data(task, plan, path);
    }
    let group = group(&plan.files).filter(|_| !has_group());
    if task.dry_run || task.output_dir.is_none() {
        let next = match task.output_dir {
            Some(_) => String::new(),
            None => {
                "\nNothing is written: add --output-dir / to write it to this system, or another folder.\n"
                    .to_owned()
            }
        };
        let group = group.map(|line| format!("\n{line}\n"));
        let group = group.unwrap_or_default();
        return Ok(format!("{}{}{group}{next}", plan.text(), plan.notes));
    }
    let lost: Vec<String> = lost_sections(&plan.files, existing, root)
        .into_iter()
        .filter(|section| !agreed.contains(section))
        .collect();
    if force && !lost.is_empty() {
        return Err(failure::refused(format!(
            "nothing is written: init did not write this, and it would be lost:\n  {}\n--from-exabgp FILE and --from-haproxy FILE keep what is there and add to it; or move the file away",
            lost.join("\n  ")
        )));
    }
    let mut text = written(&plan.files, existing, root, force).map_err(failure::refused)?;
    let by_hand = if task.add {
        by_hand(&plan.shown, existing)
    } else {
        String::new()
    };
    text = format!("{}{}{by_hand}{text}", plan.missing, plan.pages);
    Ok(format!(
        "{text}{}{}",
        plan.notes,
        next(&plan.answers, group, task, existing, root)
    ))
}

/// Writes cloud-init's user-data.
fn user_data(task: &InitTask, plan: &Plan, path: &Path) -> Result<String, Failure> {
    let text = cloud_init::user_data(&plan.files, &plan.answers, &task.package.0);
    if text.len() > cloud_init::LONGEST {
        let (length, most) = (text.len(), cloud_init::LONGEST);
        return Err(failure::refused(format!(
            "the user-data has {length} bytes, and Azure takes {most}; name fewer servers and prefixes"
        )));
    }
    if path == Path::new("-") {
        return Ok(text);
    }
    let wrote =
        install::write(path, &text, task.force, install::FOR_ALL).map_err(failure::refused)?;
    let pages = plan.pages.trim_end();
    Ok(format!("{}{pages}\n{}", wrote.words(path), plan.notes))
}

/// The sections that `--force` would remove, with path and line.
fn lost_sections(files: &[Made], existing: &Existing, root: &Path) -> Vec<String> {
    let of = |(place, new): &Made| {
        let path = root.join(place);
        let old = before(&path)
            .map(|old| String::from_utf8_lossy(&old).into_owned())
            .unwrap_or_default();
        // An existing file is extended, and loses nothing.
        let is_extended = existing
            .original(place)
            .is_some_and(|file| file.text == old);
        let lost = if is_extended {
            Vec::new()
        } else {
            lost(place, &old, new)
        };
        lost.into_iter()
            .map(|what| format!("{}:{what}", path.display()))
            .collect::<Vec<_>>()
    };
    files.iter().flat_map(of).collect()
}

/// Azure's rules on the files: warnings as text, errors as a failure. A finding that the existing exabgp.conf had already has
/// its place.
fn judged(files: &[Made], existing: &Existing) -> Result<String, Failure> {
    let text = |path: &str| {
        files
            .iter()
            .find(|(known, _)| *known == path)
            .map(|(_, text)| text.as_str())
            .unwrap_or_default()
    };
    let config_text = text(files::CONFIG_PATH);
    let config = config::parse(config_text).map_err(|(_, _, what)| {
        failure::configuration(format!("these values cannot be used: {what}"))
    })?;
    let judge = |path: String, text: &str| {
        let file = (format!("/{}", files::CONFIG_PATH), config_text.to_owned());
        validate::azure_findings(&config, file, (path, exabgp_conf::parse(text)))
    };
    let findings = judge(format!("/{}", files::EXABGP_PATH), text(files::EXABGP_PATH));
    let existing_findings = existing
        .exabgp
        .as_ref()
        .map(|exabgp| judge(exabgp.file.path.clone(), &exabgp.file.text));
    let mut before: Vec<Finding> = existing_findings.into_iter().flatten().collect();
    let mut line = |finding: &Finding| placed(finding, &mut before);
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(&mut line);
    let errors: Vec<String> = errors
        .map(|(place, what)| format!("{place}{what}"))
        .collect();
    if let Some(first) = errors.first() {
        // In a file of init's own, one error leads to the next: the first is enough.
        let all = existing.exabgp.is_some().then(|| errors.join("\n"));
        return Err(failure::configuration(all.unwrap_or(first.clone())));
    }
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| {
            let (place, what) = line(finding);
            format!("{place}{} {what}\n", finding.severity.word())
        })
        .collect();
    Ok(if lines.is_empty() {
        String::new()
    } else {
        format!("\n{}", lines.concat())
    })
}

/// A finding in words. Where `before`, the findings in the existing file, has the same one, it is removed there and its place is
/// given.
fn placed(finding: &Finding, before: &mut Vec<Finding>) -> (String, String) {
    let same = |other: &Finding| other.rule.id == finding.rule.id && other.what == finding.what;
    let known = before
        .iter()
        .position(same)
        .map(|place| before.remove(place));
    let of_conf = known.filter(|known| known.path != format!("/{}", files::CONFIG_PATH));
    let at = of_conf.and_then(|known| Some((known.path, known.at?)));
    let place = at.map(|(path, at)| format!("{path}:{}:{}: ", at.line, at.column));
    let what = format!("{}: {}; {}", finding.rule.id, finding.what, finding.cure);
    (place.unwrap_or_default(), what)
}

#[cfg(test)]
mod tests;
