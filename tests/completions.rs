//! What the shells make of `haproxy-rhi completions`, and of the second chance's: each of the three that the package serves
//! completes a line.

#![cfg(test)]

use std::path::Path;
use std::process::{Command, Stdio};

/// What a shell's script prints, with this build's `haproxy-rhi` on its path.
fn says(shell: &[&str], script: &str) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .parent()
        .unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("timeout");
    command
        .arg("60")
        .args(shell)
        .arg(script)
        .env("PATH", path)
        .env("HOME", home.path())
        .env("TERM", "dumb");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(
        output.status.success(),
        "{shell:?}: {}: {text}",
        output.status
    );
    text
}

/// Readline calls the function with the command, the word and the word before it.
fn bash(line: &[&str]) -> Vec<String> {
    let program = line[0];
    let words: Vec<String> = line.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        r#". <({program} completions bash)
        how=($(complete -p {program}))
        for (( i = 0; i < ${{#how[@]}}; i++ )); do [[ ${{how[i]}} == -F ]] && completer=${{how[i+1]}}; done
        COMP_WORDS=({}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
        "$completer" {program} "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
        printf '%s\n' "${{COMPREPLY[@]}}""#,
        words.join(" ")
    );
    says(&["bash", "--norc", "-c"], &script)
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn bash_completes_commands_flags_and_values() {
    let commands = bash(&["haproxy-rhi", ""]);
    assert!(
        ["run", "drain", "completions"]
            .iter()
            .all(|word| commands.contains(&(*word).to_owned()))
    );
    assert_eq!(
        bash(&["haproxy-rhi", "drain", "--then"]),
        ["--then-disable", "--then-maint"]
    );
    assert_eq!(bash(&["haproxy-rhi", "server", "re"]), ["ready"]);
    assert_eq!(bash(&["haproxy-rhi-second-chance", "heart"]), ["heartbeat"]);
    assert_eq!(
        bash(&["haproxy-rhi-second-chance", "check", "--js"]),
        ["--json"]
    );
    assert_eq!(
        bash(&["haproxy-rhi", "validate", "--platform", ""]),
        ["azure", "aws", "google"]
    );
}

#[test]
fn fish_completes_commands_flags_and_values() {
    let fish = |line: &str| {
        let program = line.split(' ').next().unwrap();
        let script = format!("{program} completions fish | source; complete -C '{line}'");
        let text = says(&["fish", "--no-config", "-c"], &script);
        text.lines()
            .map(|line| line.split('\t').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(fish("haproxy-rhi-second-chance heart"), ["heartbeat"]);
    assert_eq!(
        fish("haproxy-rhi drain --then"),
        ["--then-disable", "--then-maint"]
    );
    assert_eq!(
        fish("haproxy-rhi validate --platform "),
        ["aws", "azure", "google"]
    );
}

/// At a terminal, which zsh's completion wants.
#[test]
fn zsh_completes_commands_flags_and_values() {
    for (line, word) in [
        ("haproxy-rhi-second-chance heart", "heartbeat"),
        ("haproxy-rhi validate --platform az", "azure"),
        ("haproxy-rhi drain --then-d", "--then-disable"),
    ] {
        let program = line.split(' ').next().unwrap();
        let script = format!(
            r#"zmodload zsh/zpty
            zpty z zsh -f
            zpty -w z "autoload -Uz compinit; compinit -u -D; . <({program} completions zsh); echo rea''dy"
            zpty -r z out '*ready*' || exit 1
            zpty -w -n z $'{line}\t'
            zpty -r z out '*{word}*' || exit 1
            zpty -d z
            echo completed"#
        );
        assert!(
            says(&["zsh", "-f", "-c"], &script).contains("completed"),
            "{line}"
        );
    }
}
