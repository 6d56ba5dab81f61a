//! Lines that do ExaBGP no harm.

/// ExaBGP 4.2 and 5.0 look for the names of their commands anywhere in a line.
const WORDS: [&str; 15] = [
    "shutdown", "json", "version", "help", "reset", "reload", "restart", "teardown", "crash", "clear",
    "show", "eor", "watchdog", "flush", "graceful",
];
/// A pipe takes so much at once.
const ATOMIC: usize = 4096;

/// A line about a route: plain ASCII, short enough, without a word on which ExaBGP acts otherwise.
pub fn check(line: &str) {
    assert!(line.len() < ATOMIC, "{} characters", line.len());
    assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line:?}");
    for word in WORDS {
        assert!(!line.contains(word), "'{word}' is in {line:?}");
    }
    assert!(!line.contains("as-path [ ]") && !line.contains("  ") && !line.ends_with(' '), "{line:?}");
    assert!(line.contains("announce route ") != line.contains("withdraw route "), "{line:?}");
}
