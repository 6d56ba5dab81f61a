//! Findings for a person, and for a program. Pure.

use serde_json::{Value, json};

use super::rule::{Finding, Severity};
use crate::value::Joined;

fn count(findings: &[Finding], severity: Severity) -> usize {
    findings
        .iter()
        .filter(|finding| finding.severity == severity)
        .count()
}

/// `2 errors, 1 warning, 1 note`.
pub fn summary(findings: &[Finding]) -> String {
    let parts = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .map(|severity| (count(findings, severity), severity.word()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        .joined(", ");
    if parts.is_empty() {
        "nothing found".to_owned()
    } else {
        parts
    }
}

/// `path:line:column`, as far as it is known.
fn place(finding: &Finding) -> String {
    match finding.at {
        Some(at) => format!("{}:{}:{}", finding.path, at.line, at.column),
        None => finding.path.clone(),
    }
}

/// One finding a line, what and the cure; below the first of a rule, why.
pub fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    let mut explained = Vec::new();
    for finding in findings {
        let (severity, id) = (finding.severity.word(), finding.rule.id);
        text += &format!(
            "{}: {severity} {id}: {}; {}\n",
            place(finding),
            finding.what,
            finding.cure
        );
        if !explained.contains(&finding.rule.id) {
            let source = finding.rule.source;
            let source = source.map(|source| format!(" [{source}]"));
            text += &format!(
                "    why: {}{}\n",
                finding.rule.why,
                source.unwrap_or_default()
            );
            explained.push(finding.rule.id);
        }
    }
    text
}

/// For a program. Keys are added, never renamed.
pub fn json(
    file: &str,
    services: Option<usize>,
    problem: Option<&str>,
    findings: &[Finding],
) -> String {
    let finding = |finding: &Finding| {
        json!({
            "rule": finding.rule.id,
            "severity": finding.severity.word(),
            "path": finding.path,
            "line": finding.at.map(|at| at.line),
            "column": finding.at.map(|at| at.column),
            "what": finding.what,
            "cure": finding.cure,
            "why": finding.rule.why,
            "source": finding.rule.source,
        })
    };
    let list: Vec<Value> = findings.iter().map(finding).collect();
    let value = json!({
        "file": file,
        "valid": services.is_some() && count(findings, Severity::Error) == 0,
        "services": services,
        "problem": problem,
        "errors": count(findings, Severity::Error),
        "warnings": count(findings, Severity::Warning),
        "notes": count(findings, Severity::Note),
        "findings": list,
    });
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}
