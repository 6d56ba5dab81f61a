//! Deliberate faults, for tests of what becomes of the process then: only in debug builds, and only where the
//! environment asks for one.

/// SIGUSR2 was received: `HAPROXY_RHI_FAULT=stuck` holds up the loop for ever, `HAPROXY_RHI_FAULT=panic` ends it.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "it is asked for")]
pub(super) fn on_signal() {
    match std::env::var("HAPROXY_RHI_FAULT").as_deref() {
        Ok("stuck") => loop {
            std::thread::park();
        },
        Ok("panic") => panic!("a test asked for it"),
        _ => {}
    }
}

/// Does nothing in a release build.
#[cfg(not(debug_assertions))]
pub(super) fn on_signal() {}
