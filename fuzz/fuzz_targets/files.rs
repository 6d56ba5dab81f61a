//! Files that others may write and root reads: drains, status files. Any bytes in them are an order, a report, or an error in plain words.

#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use haproxy_rhi::observe::{self, Found};
use haproxy_rhi::report::status;
use libfuzzer_sys::fuzz_target;

/// In memory: a disk would be what is measured.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = PathBuf::from(format!("/dev/shm/haproxy-rhi-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder in memory");
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.join("web");
    fs::write(&path, bytes).expect("a file in memory");
    // Whatever is in it: whoever declared something is obeyed.
    let orders = observe::read_orders(&FOLDER).expect("the folder can be read");
    let Ok(Some(Found::Order(file))) = observe::find_order(&path) else { panic!("no order") };
    let void = file.content.as_ref().is_ok_and(|declaration| declaration.boot.is_some());
    assert!(void || orders.0.contains_key("web"), "{:?}", file.content);
    if let Err(fault) = &file.content {
        plain(&fault.to_string());
    }
    if let Err(why) = status::read(&path) {
        plain(&why);
    }
});

/// It stands in a log line and on a terminal.
fn plain(text: &str) {
    assert!(!text.is_empty() && !text.chars().any(char::is_control), "{text:?}");
}
