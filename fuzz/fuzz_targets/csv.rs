//! HAProxy's answers: any bytes are read or refused, and nothing that they hold gets further than it should.

#![no_main]

use haproxy_rhi::observation::Proxy;
use haproxy_rhi::observe::{snapshot, table};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let names = ["http_back".to_owned(), "b".to_owned()];
    if let Ok(seen) = snapshot(bytes, &names) {
        assert!(bytes.ends_with(b"\n\n"), "an answer without its end was believed");
        assert!(seen.process.is_some(), "an answer of nobody was believed");
        for (name, proxy) in &seen.proxies {
            assert!(names.contains(name), "'{name}' was not asked for");
            plain(name, proxy);
            // A server follows one of another name, or itself; looking it up ends in any case.
            let mut lookup = seen.lookup();
            for (place, server) in proxy.servers.iter().enumerate() {
                let _ = lookup.state(place, server);
            }
        }
        // Without its last byte it is cut off, whatever it is: only an answer with another line feed before goes on.
        if let Some((_, cut)) = bytes.split_last() {
            assert!(snapshot(cut, &names).is_err() || cut.ends_with(b"\n\n"));
        }
    }
    // What remains of a capture after the empty line that ends it is a table, as the stats page gives it.
    for csv in [bytes, bytes.strip_suffix(b"\n").unwrap_or(bytes)] {
        if let Ok(proxies) = table(csv) {
            assert!(csv.starts_with(b"# "), "a table without a header was believed");
            proxies.iter().for_each(|(name, proxy)| plain(name, proxy));
        }
    }
});

/// What is kept of it stands in log lines.
fn plain(name: &str, proxy: &Proxy) {
    let backend = proxy.backend.iter().map(|row| &row.status);
    let servers = proxy.servers.iter().flat_map(|row| [&row.name, &row.words]);
    for text in servers.chain(backend).chain(&proxy.frontend).map(String::as_str).chain([name]) {
        assert!(!text.chars().any(char::is_control), "{text:?} would break a log line");
        assert!(text.chars().count() <= 2 * 256 + 1, "a text of {} letters", text.chars().count());
    }
}
