//! Names and folder of a running process's files.
//! In comes the path of its configuration.
//! Out goes a file name that no other configuration has.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// ExaBGP's run-time folder on Debian.
pub const FOLDER: &str = "/run/exabgp";
/// A file's name has 255 bytes at most. Of a longer path the name keeps this many bytes of the end, and a hash.
const LONGEST_NAME: usize = 160;

/// A configuration's path as a part of a file's name, unique to the path: `etc+haproxy-rhi+config.json`.
pub fn file_name_of(configuration: &Path) -> String {
    let absolute = std::path::absolute(configuration).unwrap_or_else(|_| configuration.to_owned());
    let path = absolute.as_os_str().as_bytes();
    let name: String = path
        .strip_prefix(b"/")
        .unwrap_or(path)
        .iter()
        .map(|byte| escaped(*byte))
        .collect();
    match name.get(name.len().saturating_sub(LONGEST_NAME)..) {
        Some(end) if end.len() < name.len() => format!("{:016x}~{end}", hash(path)),
        _ => name,
    }
}

fn escaped(byte: u8) -> String {
    match byte {
        b'/' => "+".to_owned(),
        b'.' | b'-' | b'_' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02x}"),
    }
}

/// FNV-1a, 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_paths_have_one_name() {
        let long = format!("/{}", "a/".repeat(400));
        let (one, other) = (format!("{long}b-c/d.json"), format!("{long}b/c-d.json"));
        let paths = [
            "/x/a-b",
            "/x/a/b",
            "/x/a+b",
            "/x/a%2bb",
            "/x/a b",
            "/x/\u{e4}b",
            &one,
            &other,
        ];
        let names: BTreeSet<String> = paths
            .iter()
            .map(|path| file_name_of(Path::new(path)))
            .collect();
        assert_eq!(names.len(), paths.len(), "{names:?}");
        assert!(
            names
                .iter()
                .all(|name| name.len() < 200 && !name.contains('/')),
            "{names:?}"
        );
    }
}
