//! Where a process's status file lies: beside its ledger, in ExaBGP's run-time folder.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::place::{FOLDER, file_name_of};
use crate::route::Prefix;

/// The end of every such file's name.
const ENDING: &str = ".status.json";

/// The name of a process, by its configuration: the file's path, or its first prefix where flags configure it. No two
/// processes of one ExaBGP have the same.
pub fn name(configuration: Option<&Path>, first: Option<Prefix>) -> String {
    match (configuration, first) {
        (Some(path), _) => file_name_of(path),
        (None, first) => first.map_or("none".to_owned(), |prefix| {
            prefix.to_string().replace(['/', ':'], "-")
        }),
    }
}

/// The status file of the process of that name.
pub fn path(name: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("haproxy-rhi.{name}{ENDING}"))
}

/// Every status file in a folder, by name.
///
/// # Errors
/// The folder cannot be read. One that is not there has no files.
pub fn all(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("haproxy-rhi.") && name.ends_with(ENDING)
        })
        .collect();
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_configuration_has_a_file_of_its_own() {
        let of_file = name(Some(Path::new("/etc/haproxy-rhi/config.json")), None);
        assert_eq!(
            path(&of_file),
            Path::new("/run/exabgp/haproxy-rhi.etc+haproxy-rhi+config.json.status.json")
        );
        let of_flags = name(None, Some("2001:db8::9/128".parse().unwrap()));
        assert_eq!(
            path(&of_flags),
            Path::new("/run/exabgp/haproxy-rhi.2001-db8--9-128.status.json")
        );
    }

    #[test]
    fn only_status_files_are_found() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "haproxy-rhi.b.status.json",
            "haproxy-rhi.a.status.json",
            "haproxy-rhi.a.routes",
            "haproxy-rhi.a.status.json.12.new",
            "other.status.json",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found: Vec<PathBuf> = all(folder.path()).unwrap();
        let names: Vec<_> = found
            .iter()
            .filter_map(|path| path.file_name()?.to_str())
            .collect();
        assert_eq!(
            names,
            ["haproxy-rhi.a.status.json", "haproxy-rhi.b.status.json"]
        );
        assert_eq!(
            all(&folder.path().join("none")).unwrap(),
            Vec::<PathBuf>::new()
        );
    }
}
