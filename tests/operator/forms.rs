//! `validate --exabgp-conf` beside ExaBGP's own judgement of the same file: what it calls refused is refused, and what
//! ExaBGP takes is not called refused, ExaBGP's own examples first of all.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use haproxy_rhi_lab::ExaBgp;

use super::stage::said;

crate::stories! {
    exabgp_and_validate_refuse_the_same_forms,
    what_4_2_does_not_know_is_a_warning,
    no_word_that_exabgp_knows_is_called_unknown,
}

const CONFIG: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/exabgp/north-europe/config.json"
);

/// What a neighbor needs.
const NEEDED: &str = "router-id 1.2.3.4; local-address 127.0.0.1; local-as 65010; peer-as 65010;";

/// Whether ExaBGP takes a file.
fn takes(version: &ExaBgp, file: &Path) -> bool {
    let mut command = match version.prepare().unwrap() {
        None => {
            let mut command = Command::new("/usr/sbin/exabgp");
            command.arg("--validate");
            command
        }
        Some(venv) => {
            let mut command = Command::new(venv.join("bin/python3"));
            command.arg(venv.join("bin/exabgp")).arg("validate");
            command
        }
    };
    command
        .arg(file)
        .stdin(Stdio::null())
        .current_dir(file.parent().unwrap());
    command.output().unwrap().status.success()
}

/// The ids of the rules that a file breaks, each as often as it does.
fn broken(file: &Path) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .args(["validate", "--json", "--exabgp-conf"])
        .args([file, Path::new(CONFIG)])
        .output()
        .unwrap();
    let value: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    let findings = value["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap().to_owned())
        .collect()
}

fn exabgp_and_validate_refuse_the_same_forms(version: ExaBgp) {
    let folder = tempfile::tempdir().unwrap();
    let neighbor = |more: &str| format!("neighbor 127.0.0.1 {{\n {NEEDED}\n {more}}}\n");
    let template = "template { neighbor t { hold-time 30; } }\n";
    let process = |more: &str| format!("process p {{ run /bin/true; {more} }}\n");
    let forms = [
        ("as it should be", neighbor(""), None),
        (
            "not closed",
            format!("neighbor 127.0.0.1 {{\n {NEEDED}\n"),
            Some("EX015"),
        ),
        (
            "two sections not closed",
            format!("neighbor 127.0.0.1 {{ {NEEDED} family {{ ipv4 unicast;"),
            Some("EX015"),
        ),
        ("closed once too often", neighbor("") + "}\n", Some("EX015")),
        (
            "no semicolon at a line's end",
            neighbor("hold-time 30\n"),
            Some("EX011"),
        ),
        (
            "no semicolon before a brace",
            neighbor("hold-time 30 "),
            Some("EX015"),
        ),
        (
            "a section without a name",
            format!("{{ }}\n{}", neighbor("")),
            Some("EX011"),
        ),
        (
            "a template that is not there",
            neighbor("inherit nosuch;"),
            Some("EX015"),
        ),
        (
            "a template below",
            neighbor("inherit t;") + template,
            Some("EX015"),
        ),
        (
            "a template above",
            template.to_owned() + &neighbor("inherit t;"),
            None,
        ),
        (
            "two statements with one semicolon",
            neighbor("hold-time 30 passive;"),
            Some("EX015"),
        ),
        (
            "a list and a statement with one semicolon",
            neighbor("api { processes [ ] neighbor-changes; }"),
            Some("EX015"),
        ),
        (
            "a statement and a section with no semicolon",
            neighbor("hold-time 30 family { ipv4 unicast; }"),
            Some("EX011"),
        ),
        (
            "a section without its brace",
            neighbor("") + "process p\n run /bin/true;\n encoder text;\n}\n",
            Some("EX011"),
        ),
        (
            "another program's file",
            "{\"services\": {}}\n".to_owned(),
            Some("EX011"),
        ),
        (
            "a word of no neighbor",
            neighbor("hold-tme 30;"),
            Some("EX011"),
        ),
        (
            "a word in capitals",
            neighbor("Hold-Time 30;"),
            Some("EX011"),
        ),
        (
            "a process in a neighbor",
            neighbor("process p { run /bin/true; }"),
            Some("EX011"),
        ),
        (
            "a word of no capability",
            neighbor("capability { route-refrsh; }"),
            Some("EX011"),
        ),
        (
            "a word of no api",
            neighbor("api { send { packts; } }"),
            Some("EX011"),
        ),
        (
            "no process at all",
            neighbor("api { processes [ ]; neighbor-changes; }"),
            None,
        ),
        (
            "a word of no template",
            neighbor("") + "template { neighbor t { hold-tme 30; } }",
            Some("EX011"),
        ),
        (
            "a word of no process",
            neighbor("") + "process p { run /bin/true; encoder text; respwn; }",
            Some("EX011"),
        ),
        (
            "a group",
            format!("group g {{ {} }}", neighbor("")),
            Some("EX011"),
        ),
        (
            "an empty statement",
            neighbor("hold-time 30;;\n"),
            Some("EX011"),
        ),
        (
            "an empty statement after a section",
            neighbor("family { ipv4 unicast; };\n"),
            Some("EX011"),
        ),
        (
            "an empty statement at the top",
            neighbor("") + ";\n",
            Some("EX011"),
        ),
        (
            "a section where a value belongs",
            neighbor("hold-time { 30; }"),
            Some("EX011"),
        ),
        (
            "a section after a value",
            neighbor("hold-time 30 { }"),
            Some("EX011"),
        ),
        (
            "a statement where a section belongs",
            neighbor("family;"),
            Some("EX011"),
        ),
        (
            "a neighbor without a section",
            neighbor("") + "neighbor 127.0.0.2;",
            Some("EX011"),
        ),
        ("half a family", neighbor("family { ipv4; }"), Some("EX011")),
        (
            "a family that is none",
            neighbor("family { ipv4 vpls; }"),
            Some("EX011"),
        ),
        (
            "a family in capitals",
            neighbor("family { ipv4 UNICAST; }"),
            None,
        ),
        (
            "half a next hop",
            neighbor("nexthop { ipv4; }"),
            Some("EX011"),
        ),
        ("no value", neighbor("hold-time;"), Some("EX011")),
        ("no number", neighbor("hold-time soon;"), Some("EX011")),
        ("no address", neighbor("md5-ip here;"), Some("EX011")),
        ("no boolean", neighbor("passive maybe;"), Some("EX011")),
        ("a boolean alone", neighbor("passive;"), None),
        (
            "an encoder that is none",
            neighbor("") + &process("encoder yaml;"),
            Some("EX011"),
        ),
        (
            "an encoder in capitals",
            neighbor("") + &process("encoder TEXT;"),
            Some("EX011"),
        ),
        (
            "a brace below its name",
            neighbor("").replacen(" {", "\n{", 1),
            Some("EX011"),
        ),
        (
            "a brace below its section",
            neighbor("family\n{\nipv4 unicast;\n}\n"),
            Some("EX011"),
        ),
        (
            "a brace below, joined",
            neighbor("").replacen(" {", " \\\n{", 1),
            None,
        ),
        (
            "a value below its word",
            neighbor("hold-time 30\n;"),
            Some("EX011"),
        ),
        (
            "a neighbor without a name",
            neighbor("").replacen(" 127.0.0.1 {", " {", 1),
            Some("EX011"),
        ),
        (
            "a neighbor of a name",
            neighbor("").replacen(" 127.0.0.1 {", " north {", 1),
            Some("EX011"),
        ),
        (
            "a range of neighbors",
            neighbor("passive;").replacen(" 127.0.0.1 {", " 127.0.0.0/24 {", 1),
            None,
        ),
        (
            "a template without a name",
            neighbor("") + "template { neighbor { hold-time 30; } }",
            Some("EX011"),
        ),
        (
            "a hard space",
            neighbor("hold-time\u{a0}30;"),
            Some("EX011"),
        ),
        (
            "a hard space before a word",
            neighbor("\u{a0}hold-time 30;"),
            Some("EX011"),
        ),
        (
            "a hard space after a name",
            neighbor("").replacen(' ', "\u{a0}", 1),
            Some("EX011"),
        ),
        (
            "a hard space before a value",
            neighbor("description \u{a0}north;"),
            Some("EX015"),
        ),
        (
            "a hard space at a line's end",
            neighbor("hold-time 30;\u{a0}\n"),
            None,
        ),
        (
            "a hard space in quotes",
            neighbor("description \"a\u{a0}b\";"),
            None,
        ),
        ("a form feed", neighbor("hold-time\u{c}30;"), Some("EX011")),
        ("a word in quotes", neighbor("\"hold-time\" 30;"), None),
        (
            "windows' line ends",
            neighbor("").replace('\n', "\r\n"),
            None,
        ),
        (
            "auto in capitals",
            neighbor("local-as AUTO;"),
            Some("EX011"),
        ),
        (
            "an address of one's own in capitals",
            neighbor("local-address AUTO;"),
            Some("EX011"),
        ),
        ("an AS number of two halves", neighbor("peer-as 1.5;"), None),
        (
            "an AS number of three",
            neighbor("peer-as 1.2.3;"),
            Some("EX011"),
        ),
        (
            "two kinds of quotes",
            neighbor("description \"it's\";\n"),
            Some("EX011"),
        ),
        (
            "a quote that is not closed",
            neighbor("description \"north;\n hold-time 30;\n"),
            Some("EX011"),
        ),
        (
            "a word of two quotes",
            neighbor("description \"a\"'b';\n"),
            None,
        ),
        (
            "a family twice",
            neighbor("family { ipv4 unicast; ipv4 UNICAST; }"),
            Some("EX011"),
        ),
        (
            "a family in two sections",
            neighbor("family { ipv4 unicast; } family { ipv4 unicast; }"),
            None,
        ),
        (
            "a family in add-path twice",
            neighbor("add-path { ipv4 unicast; ipv4 unicast; }"),
            Some("EX011"),
        ),
        (
            "a next hop without its family",
            neighbor("nexthop { ipv4 unicast; }"),
            Some("EX011"),
        ),
        (
            "a next hop of the same family",
            neighbor("nexthop { ipv4 unicast ipv4; }"),
            Some("EX011"),
        ),
        (
            "a next hop",
            neighbor("nexthop { ipv4 unicast ipv6; }"),
            None,
        ),
        (
            "a local address of another family",
            neighbor("local-address ::1;"),
            Some("EX011"),
        ),
        (
            "a neighbor of another family",
            neighbor("").replacen(" 127.0.0.1 {", " ::1 {", 1),
            Some("EX011"),
        ),
        (
            "a peer-address of the same family",
            neighbor("peer-address 127.0.0.2;"),
            None,
        ),
        (
            "no router-id over IPv6",
            "neighbor ::1 { local-address ::1; local-as 65010; peer-as 65010; }\n".to_owned(),
            Some("EX011"),
        ),
        ("nothing", String::new(), Some("EX011")),
        ("comments only", "# nothing\n\n".to_owned(), Some("EX011")),
        (
            "a backslash at the end",
            neighbor("") + "\\\n",
            Some("EX011"),
        ),
        (
            "a backslash before an empty line",
            neighbor("passive; \\\n\n"),
            Some("EX011"),
        ),
        (
            "a backslash before the end of a comment",
            neighbor("") + "# end \\",
            Some("EX011"),
        ),
        (
            "a comment that goes on",
            neighbor("# north \\\n hold-tme 30;\n"),
            None,
        ),
        (
            "a backslash before a letter",
            neighbor("passive; \\\nrate-limit 10;\n"),
            Some("EX011"),
        ),
        (
            "a backslash before another letter",
            neighbor("passive; \\\nhold-time 30;\n"),
            None,
        ),
        (
            "a hold-time that is too short",
            neighbor("hold-time 2;"),
            Some("EX011"),
        ),
        ("no hold-time", neighbor("hold-time 0;"), None),
        (
            "a ttl that is too long",
            neighbor("incoming-ttl 256;"),
            Some("EX011"),
        ),
        (
            "a ttl in capitals",
            neighbor("incoming-ttl DISABLE;"),
            Some("EX011"),
        ),
        (
            "no limit, in capitals",
            neighbor("rate-limit DISABLE;"),
            None,
        ),
        (
            "a restart that is no time",
            neighbor("capability { graceful-restart false; }"),
            Some("EX011"),
        ),
        (
            "no restart",
            neighbor("capability { graceful-restart disable; }"),
            None,
        ),
        (
            "a router-id that is a range",
            neighbor("router-id 1.2.3.0/24;"),
            Some("EX011"),
        ),
        (
            "a process twice",
            neighbor("") + &process("encoder text;").repeat(2),
            Some("EX011"),
        ),
        (
            "an api twice",
            neighbor("api a { neighbor-changes; } api a { neighbor-changes; }"),
            Some("EX011"),
        ),
        (
            "a list that is none",
            neighbor("api { processes; }"),
            Some("EX003"),
        ),
        (
            "a list without its end",
            process("encoder text;") + &neighbor("api { processes [ p; }"),
            Some("EX003"),
        ),
    ];
    for (name, text, rule) in forms {
        let file = folder.path().join("exabgp.conf");
        fs::write(&file, &text).unwrap();
        let found = broken(&file);
        let found: Vec<&str> = found
            .iter()
            .map(String::as_str)
            .filter(|rule| ["EX003", "EX011", "EX015"].contains(rule))
            .collect();
        assert_eq!(found.first().copied(), rule, "{name}: {text}");
        assert_eq!(
            takes(&version, &file),
            matches!(rule, None | Some("EX015")),
            "{name}: {text}"
        );
    }
}

/// What 4.2 refuses and 5.0 takes is a warning.
fn what_4_2_does_not_know_is_a_warning(version: ExaBgp) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exabgp.conf");
    let process = "process p { run /bin/true; encoder text; }\n";
    for statement in [
        "family { all; }",
        "family { ipv4 mup; }",
        "family { ipv6 mcast-vpn; }",
        "add-path { all; }",
        "capability { software-version; }",
        "source-interface lo;",
        "api { processes-match [ \"^p\" ]; }",
    ] {
        fs::write(
            &file,
            format!("{process}neighbor 127.0.0.1 {{ {NEEDED} {statement} }}\n"),
        )
        .unwrap();
        let found = broken(&file);
        assert!(
            found.iter().any(|rule| rule == "EX021"),
            "{statement}: {found:?}"
        );
        assert!(
            !found.iter().any(|rule| rule == "EX011"),
            "{statement}: {found:?}"
        );
        assert_eq!(takes(&version, &file), is_5(&version), "{statement}");
    }
    for (key, value) in [
        ("local-as", "65010"),
        ("peer-as", "65010"),
        ("local-address", "127.0.0.1"),
    ] {
        let found_out = NEEDED.replacen(&format!("{key} {value}"), &format!("{key} auto"), 1);
        fs::write(&file, format!("neighbor 127.0.0.1 {{ {found_out} }}\n")).unwrap();
        let found = broken(&file);
        assert!(
            found.contains(&"EX020".to_owned()),
            "{found_out}: {found:?}"
        );
        assert!(
            !found.contains(&"EX011".to_owned()),
            "{found_out}: {found:?}"
        );
        assert_eq!(takes(&version, &file), is_5(&version), "{found_out}");
    }
}

fn is_5(version: &ExaBgp) -> bool {
    matches!(version, ExaBgp::Pip(version) if version.starts_with('5'))
}

/// A file with every word that this ExaBGP knows, each in its section, by its own lists.
const EVERY_WORD: &str = r"
try:
    from exabgp.configuration.setup import environment
    environment.setup('')
except ImportError:
    pass
from exabgp.configuration.configuration import Configuration
structure = Configuration([], text=True)._structure
looked_into = 'root process template template-neighbor neighbor family capability nexthop add-path api api/send api/receive'
def section(name):
    entry = structure[name]
    if name not in looked_into.split():
        return ''
    words = [word + ' x;' for word in entry['commands'] if name != 'template']
    inside = entry['sections'].items()
    return ' '.join(words + [word + ' { ' + section(inner) + ' }' for word, inner in inside])
print(section('root'))
";

fn no_word_that_exabgp_knows_is_called_unknown(version: ExaBgp) {
    let python = match version.prepare().unwrap() {
        None => "/usr/bin/python3".into(),
        Some(venv) => venv.join("bin/python3"),
    };
    let told = Command::new(python)
        .args(["-c", EVERY_WORD])
        .output()
        .unwrap();
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(
        text.contains("hold-time x;") && text.contains("asn4 x;"),
        "{text}: {}",
        String::from_utf8_lossy(&told.stderr)
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exabgp.conf");
    fs::write(&file, text.replace('{', "{\n").replace(';', ";\n")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .args(["validate", "--exabgp-conf"])
        .args([&file, Path::new(CONFIG)])
        .output()
        .unwrap();
    let found = said(&output);
    assert!(
        found.contains("exabgp.conf:") && !found.contains(" know no "),
        "{found}"
    );
}

/// PyPI's package of 5.0 has them, and Debian's of 4.2.
#[test]
fn no_example_of_exabgps_is_called_refused() {
    let of_5 = ExaBgp::Pip("5.0.15");
    let folder = of_5.prepare().unwrap().unwrap().join("etc/exabgp/examples");
    for (version, folder) in [
        (of_5, folder),
        (ExaBgp::Debian, "/usr/share/doc/exabgp/examples".into()),
    ] {
        let files = files_of(&folder, "conf");
        assert!(files.len() > 40, "{}: {}", folder.display(), files.len());
        for file in files {
            // They are others' files, so that nothing in them runs haproxy-rhi.
            let refused: Vec<String> = broken(&file)
                .into_iter()
                .filter(|rule| {
                    ["EX003", "EX005", "EX006", "EX008", "EX011"].contains(&rule.as_str())
                })
                .collect();
            assert_eq!(
                takes(&version, &file),
                refused.is_empty(),
                "{}: {refused:?}",
                file.display()
            );
        }
    }
}

fn files_of(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|end| end == ending))
        .collect()
}

/// Debian's package has them: their values are found, or the cure is told.
#[test]
fn haproxys_own_examples_are_read_or_refused_with_the_cure() {
    let files = files_of(Path::new("/usr/share/doc/haproxy/examples"), "cfg");
    assert!(files.len() > 4, "{}", files.len());
    let mut taken = 0;
    for file in files {
        let flags = "--no-sibling --primary --prefix 192.0.2.9/32 --address 10.0.0.4 --region R \
                     --route-server 10.0.1.4 --route-server 10.0.1.5";
        let mut init = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
        init.arg("init")
            .args(flags.split_whitespace())
            .arg("--from-haproxy")
            .arg(&file);
        let output = init.stdin(Stdio::null()).output().unwrap();
        let told = said(&output);
        let leads_nowhere = told.contains("leads to a backend; name it with --backend");
        let is_taken = output.status.code() == Some(0) && told.contains("  backend  ");
        assert!(is_taken != leads_nowhere, "{}: {told}", file.display());
        assert!(!told.contains("not JSON"), "{}: {told}", file.display());
        taken += usize::from(is_taken);
    }
    assert!(taken > 2, "{taken}");
}
