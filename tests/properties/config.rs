//! The configuration: any text is read or refused at a place in it, never with a panic.

use std::time::Duration;

use haproxy_rhi::config::{self, Span};
use proptest::prelude::*;

const GOOD: &str = r#"{
  "haproxy": {"stats": "/run/haproxy/admin.sock", "events": "127.0.0.1:30514", "interval": "1s", "fast_interval": "100ms"},
  "services": {
    "wéb": null,
    "web": {
      "prefixes": ["9.9.9.9/32", "2001:db8::9/128"],
      "next_hop": ["172.16.156.70", "2001:db8::1"],
      "as_path": [65010, 65010],
      "neighbors": [],
      "levels": [
        {"name": "up", "when": {"all": [
          {"backend": {"name": "http_back", "min_percent": 50}},
          {"not": {"file": {"path": "/run/drain"}}},
          {"at_least": {"count": 1, "of": [{"tcp": {"address": "127.0.0.1:80"}}, {"command": {"argv": ["/bin/true"]}}]}}
        ]}},
        {"name": "degraded", "when": {"http": {"url": "http://127.0.0.1/"}}, "prepend": 3, "med": 100, "community": ["65010:1"]}
      ],
      "rise": 2, "fall": 1,
      "unknown": {"hold": "10s", "then": "withdraw"}
    }
  },
  "on_exit": "withdraw"
}"#;

/// The text without what makes it faulty.
fn good() -> String {
    GOOD.replace("    \"wéb\": null,\n", "")
}

/// Refused or not: an error lies within the text, in one line of words.
fn check(text: &str) -> Result<(), TestCaseError> {
    if let Err((line, column, what)) = config::parse(text) {
        // A line's end counts as a place in it, and so does the end of the text.
        let lines: Vec<&str> = text.split('\n').collect();
        prop_assert!(
            (1..=lines.len()).contains(&line),
            "line {line} of {}: {what}",
            lines.len()
        );
        let length = lines[line - 1].chars().count();
        prop_assert!(
            (1..=length + 1).contains(&column),
            "column {column} of {length} in line {line}: {what}"
        );
        prop_assert!(
            !what.is_empty() && !what.chars().any(char::is_control),
            "{what:?}"
        );
        prop_assert!(text.contains('`') || !what.contains('`'), "{what}");
    }
    Ok(())
}

#[test]
fn the_text_that_is_changed_below_is_a_configuration() {
    config::parse(&good()).unwrap();
    let (line, column, what) = config::parse(GOOD).unwrap_err();
    assert_eq!((line, column), (4, 12), "{what}");
}

proptest! {
    #![proptest_config(crate::cases(150))]

    #[test]
    fn any_text_is_refused_at_a_place_in_it(text in "\\PC*") {
        check(&text)?;
    }

    #[test]
    fn a_configuration_with_a_hole_or_a_splinter_is_read_or_refused_at_a_place_in_it(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..20, "\\PC{0,3}|[\\{\\}\\[\\]\",:0-9\n\t]{0,3}"), 1..4),
        other in any::<bool>(),
    ) {
        let mut text: Vec<char> = if other { GOOD.to_owned() } else { good() }.chars().collect();
        for (at, length, splinter) in cuts {
            let at = at.index(text.len().max(1));
            let end = (at + length).min(text.len());
            text.splice(at..end, splinter.chars());
        }
        check(&text.into_iter().collect::<String>())?;
    }

    #[test]
    fn a_value_of_another_kind_is_refused_at_its_place(
        at in any::<prop::sample::Index>(),
        value in proptest::sample::select(vec!["null", "true", "-1", "0", "1.5", "18446744073709551616", "\"\"", "\"x y\"", "\"\\n\"", "[]", "{}", "[[]]", "[0]", "\"9.9.9.9/8\""]),
    ) {
        // Every place where a value begins: after a colon, a comma or a bracket in one.
        let text = good();
        let places: Vec<usize> = text.match_indices(": ").map(|(at, _)| at + 2).collect();
        let at = places[at.index(places.len())];
        let mut stream = serde_json::Deserializer::from_str(&text[at..]).into_iter::<serde_json::Value>();
        stream.next().unwrap().unwrap();
        let changed = format!("{}{value}{}", &text[..at], &text[at + stream.byte_offset()..]);
        check(&changed)?;
    }

    #[test]
    fn a_duration_is_written_as_it_is_read(micros in prop_oneof![0u64..31_536_000_000_000, (0u64..31_536_000).prop_map(|s| s * 1_000_000), (0u64..525_600).prop_map(|m| m * 60_000_000)]) {
        let span = Span::from(Duration::from_micros(micros));
        prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
    }

    #[test]
    fn a_text_is_a_duration_only_with_a_number_and_a_unit(text in "[0-9a-z .+-]{0,8}") {
        if let Ok(span) = text.parse::<Span>() {
            prop_assert!(text.starts_with(|letter: char| letter.is_ascii_digit()) && text.ends_with(['s', 'm', 'h', 'd']));
            prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        }
    }
}
