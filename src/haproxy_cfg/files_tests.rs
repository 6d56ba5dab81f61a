//! Which files HAProxy's command line names, and which of them are read.

use std::os::unix::net::UnixListener;

use super::*;

fn arguments(line: &str) -> Option<Arguments> {
    Arguments::of(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
}

fn paths(line: &str) -> Result<Vec<PathBuf>, String> {
    arguments(line).unwrap().files(|| Ok("/stands/here".into()))
}

#[test]
fn the_command_line_names_the_files() {
    for (line, expected) in [
        (
            "/usr/sbin/haproxy -Ws -f /etc/haproxy/haproxy.cfg -p /run/haproxy.pid -S /run/m.sock",
            "/etc/haproxy/haproxy.cfg",
        ),
        (
            "haproxy -sf 12 13 -x sockpair@4 -f /a.cfg -f /b",
            "/a.cfg /b",
        ),
        (
            "haproxy-3.0 -C /etc/haproxy -f a.cfg -db -- b.cfg /c.cfg",
            "/etc/haproxy/a.cfg /etc/haproxy/b.cfg /c.cfg",
        ),
        ("haproxy -f a.cfg", "/stands/here/a.cfg"),
        // HAProxy's working directory is that folder already.
        ("haproxy -C here -f a.cfg", "/stands/here/a.cfg"),
    ] {
        let expected: Vec<PathBuf> = expected.split(' ').map(PathBuf::from).collect();
        assert_eq!(paths(line), Ok(expected), "{line}");
    }
    let nowhere = arguments("haproxy -f a.cfg")
        .unwrap()
        .files(|| Err("nowhere".to_owned()));
    assert_eq!(nowhere, Err("nowhere".to_owned()));
}

#[test]
fn another_programs_command_line_is_none() {
    for line in [
        "",
        "sleep -f /a.cfg",
        "/usr/bin/vi -f haproxy",
        "haproxy",
        "haproxy -f",
        "haproxy -c",
    ] {
        assert_eq!(arguments(line), None, "{line}");
    }
}

#[test]
fn a_folder_stands_for_its_cfg_files_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("folder.cfg")).unwrap();
    for name in ["b.cfg", "a.cfg", ".hidden.cfg", "c.cfg~", "B.cfg"] {
        fs::write(at(name), name).unwrap();
    }
    fs::write(at("later"), b"later \xff").unwrap();
    let all = texts(&[at("."), at("later")]).unwrap();
    assert_eq!(all, ["B.cfg", "a.cfg", "b.cfg", "later \u{fffd}"]);
}

#[test]
fn what_is_no_regular_file_or_too_long_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let _socket = UnixListener::bind(at("socket")).unwrap();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(at("pipe"))
            .status()
            .unwrap()
            .success()
    );
    let long = fs::File::create(at("long")).unwrap();
    long.set_len(LONGEST as u64 + 1).unwrap();
    for (name, why) in [
        ("socket", "it is a socket, and no regular file"),
        ("pipe", "it is a FIFO, and no regular file"),
        (
            "long",
            "over 16777216 bytes, which are the most that are read",
        ),
        ("none", "no such file or directory"),
    ] {
        let expected = format!("failed to read '{}': {why}", at(name).display());
        assert_eq!(texts(&[at(name)]), Err(expected));
    }
    assert!(texts(&["/dev/zero".into()]).is_err());
    fs::write(at("half"), vec![b'x'; LONGEST / 2 + 1]).unwrap();
    assert!(
        texts(&[at("half"), at("half")]).is_err(),
        "all files together"
    );
}

#[test]
fn a_haproxy_of_another_host_has_no_file_here() {
    assert!(ways(Host::Another, None).is_err());
    for (address, host) in [
        ("127.0.0.1:9999", Host::This),
        ("[::1]:9999", Host::This),
        ("localhost:9999", Host::This),
        ("192.0.2.1:9999", Host::Another),
        ("haproxy.example:9999", Host::Another),
    ] {
        assert_eq!(Host::of(&address.parse().unwrap()), host, "{address}");
        let (name, _) = address.rsplit_once(':').unwrap();
        for url in [
            format!("http://{address}/haproxy?stats"),
            format!("https://{name}/"),
            format!("http://{name}"),
        ] {
            assert_eq!(Host::of_page(&url.parse().unwrap()), host, "{url}");
        }
    }
}

#[test]
fn a_process_that_is_not_haproxy_has_none_of_its_files() {
    assert_eq!(launched(std::process::id()), None);
    assert_eq!(launched(u32::MAX), None);
}
