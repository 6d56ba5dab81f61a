//! The command line with the same meaning as flags and answers together. Pure.

use super::task::InitTask;
use super::values::AptPackage;

/// The command line, quoted for a shell.
pub fn command_line(task: &InitTask) -> String {
    let mut words = vec!["haproxy-rhi".to_owned(), "init".to_owned()];
    let mut flag = |flag: &str, value: Option<String>| {
        if let Some(value) = value {
            words.push(flag.to_owned());
            words.push(quoted(&value));
        }
    };
    let path =
        |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    flag("--from-exabgp", path(&task.from_exabgp));
    flag("--from-haproxy", path(&task.from_haproxy));
    flag("--region", task.region.as_ref().map(ToString::to_string));
    task.prefix
        .iter()
        .for_each(|prefix| flag("--prefix", Some(prefix.to_string())));
    flag("--address", task.address.map(|address| address.to_string()));
    flag(
        "--next-hop",
        task.next_hop.map(|address| address.to_string()),
    );
    flag("--local-as", task.local_as.map(|asn| asn.get().to_string()));
    task.route_server
        .iter()
        .for_each(|server| flag("--route-server", Some(server.to_string())));
    flag("--prepend", task.prepend.map(|times| times.to_string()));
    flag("--backend", task.backend.as_ref().map(ToString::to_string));
    task.server
        .iter()
        .for_each(|server| flag("--server", Some(server.to_string())));
    flag("--check", task.check.as_ref().map(ToString::to_string));
    for (name, list) in [
        ("--sibling", &task.sibling),
        ("--same-region", &task.same_region),
    ] {
        list.iter()
            .for_each(|address| flag(name, Some(address.to_string())));
    }
    task.nva
        .iter()
        .for_each(|nva| flag("--nva", Some(nva.to_string())));
    flag("--output-dir", path(&task.output_dir));
    flag("--cloud-init", path(&task.cloud_init));
    let package = task.cloud_init.as_ref().map(|_| task.package.0.clone());
    flag(
        "--package",
        package.filter(|name| *name != AptPackage::default().0),
    );
    for (given, flag) in [
        (task.primary, "--primary"),
        (task.secondary, "--secondary"),
        (task.no_sibling, "--no-sibling"),
        (task.takeover, "--takeover"),
        (task.serve_through, "--serve-through"),
        (task.damping, "--damping"),
        (task.no_second_chance, "--no-second-chance"),
        (task.add, "--add"),
        (task.dry_run, "--dry-run"),
        (task.force, "--force"),
    ] {
        words.extend(given.then(|| flag.to_owned()));
    }
    words.join(" ")
}

/// One word for a shell.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(&byte);
    match !word.is_empty() && word.bytes().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
