//! A story that cannot be read, or does not come as it says, names its line and what is expected there.

use super::driver;

/// The story before the line that is at fault, which is the eighth.
const BEGIN: &str = "# It begins.

config:
  {}

0 ms
  look
";

fn fault(text: &str) -> String {
    driver::check(&format!("{BEGIN}{text}"), "x.story").unwrap_err()
}

#[test]
fn a_line_that_cannot_be_read_is_named_with_what_is_expected() {
    let faults = [
        (
            "  haproxi: http_back 2 of 2 up\n",
            "'haproxi' is nothing that happens",
        ),
        ("  haproxy\n", "'haproxy' is nothing that happens"),
        ("  look: here\n", "'look' is nothing that happens"),
        (
            "  haproxy: http_back 3 of 2 up\n",
            "'http_back 3 of 2 up' is nothing that HAProxy says; expected 'http_back 2 of 2 up'",
        ),
        (
            "  haproxy: http_front CLOSED\n",
            "'http_front CLOSED' is nothing that HAProxy says; expected",
        ),
        (
            "  haproxy: http_back: web1 GREEN\n",
            "'GREEN' in 'web1 GREEN' is no server's status in the captures",
        ),
        (
            "  haproxy: http_back: web1 UP L4KO\n",
            "'L4KO' in 'web1 UP L4KO' is no check's result in the captures",
        ),
        (
            "  haproxy: http_back: web1\n",
            "'web1' does not say how the server is",
        ),
        (
            "  haproxy: http_back 2 of 2 up; pid x\n",
            "'x' is no process's number",
        ),
        (
            "  exabgp answers: perhaps\n",
            "'perhaps' is not a way to answer; expected 'done'",
        ),
        ("  address here: elsewhere\n", "'here' is no address"),
        (
            "  address 9.9.9.9: there\n",
            "'there' does not say where the address is; expected 'here'",
        ),
        (
            "  probe file /run/a: perhaps\n",
            "'perhaps' does not say what the probe found; expected 'yes'",
        ),
        (
            "  probe file /run/a: yes exists\n",
            "no probe 'file /run/a' is watched; expected one of: ",
        ),
        (
            "  drain web: over\n",
            "'web' is not drained; expected a drain before its end",
        ),
        (
            "  > logs: info\n",
            "'> logs: info' expects nothing that can be; expected '> log: '",
        ),
        ("0 ms\n", "0 ms after 0 ms; expected a later time"),
        ("1s\n", "'1s' is nothing that happens"),
    ];
    for (line, what) in faults {
        let said = fault(line);
        assert!(
            said.starts_with(&format!("x.story:8: {what}")),
            "{line}{said}"
        );
    }
}

#[test]
fn a_story_without_its_parts_is_named() {
    let faults = [
        (
            "",
            "x.story:1: expected 'config:' and an indented configuration before the first time",
        ),
        (
            "config:\n  {}\n",
            "x.story:1: it tells nothing; expected a time such as '100 ms' and what happens then",
        ),
        ("config:\n  {}\n\n100 ms\n", "x.story:1: it tells nothing"),
        (
            "# It begins.\nconfig:\n  {\n\n0 ms\n  look\n",
            "x.story:2: config.json:",
        ),
        (
            "look\n",
            "x.story:1: 'look' before the first time; expected '# …', one 'config:' or a time such as '100 ms'",
        ),
    ];
    for (text, what) in faults {
        let said = driver::check(text, "x.story").unwrap_err();
        assert!(said.starts_with(what), "{text}{said}");
    }
}

/// What comes and is not listed is as wrong as what is listed and does not come, and so is another form.
#[test]
fn what_is_expected_is_all_that_may_come() {
    let came = "  > log: info ExaBGP 4.2.21 answers\n  > exabgp: system version\n";
    driver::check(&format!("{BEGIN}{came}"), "x.story").unwrap();
    let differs = [
        "",
        "  > log: info ExaBGP 4.2.21 answers\n",
        "  > exabgp: system version\n  > log: info ExaBGP 4.2.21 answers\n",
        "  > log: info ExaBGP 4.2.21 answers\n  > exabgp: system version\n  > exabgp: system version\n",
        "  > log: info ExaBGP 4.2.21 answers\n  > exabgp: system version\n\n500 ms\n  > exit: Told\n",
    ];
    for text in differs {
        assert!(fault(text).contains(" ms, expected:\n"), "{text}");
    }
    let form = "  > log: info ExaBGP 4.2.21 answers\n> exabgp: system version\n";
    assert_eq!(
        fault(form),
        "x.story:9: expected '  > exabgp: system version' (UPDATE_SCENARIOS=1 writes it so)"
    );
}

#[test]
fn the_example_of_the_readme_comes_as_it_says() {
    let readme = include_str!("../README.md");
    let example = readme.split("```\n").nth(1).unwrap();
    driver::check(example, "tests/README.md's example").unwrap();
}
