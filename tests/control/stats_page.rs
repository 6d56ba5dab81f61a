//! The stats page over TLS: whose certificates are believed.

use std::process::Command;

use super::command::Said;
use super::haproxy::{Haproxy, free_port};

/// In the folder that is named: an authority, a stranger, and a certificate of the authority's.
const CERTIFICATES: &str = r#"
set -e
cd "$1"
make() { name="$1"; shift; openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -subj "/CN=$name" "$@" 2>/dev/null; }
make authority -x509 -days 2 -out authority.crt
make stranger -x509 -days 2 -out stranger.crt
echo 'subjectAltName=IP:127.0.0.1' > names
make site -out site.csr
openssl x509 -req -in site.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 2 -extfile names -out site.crt 2>/dev/null
cat site.crt site.key > site.pem
"#;

/// A folder with these certificates.
pub fn certificates() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("sh")
        .args(["-c", CERTIFICATES, "sh"])
        .arg(folder.path())
        .status()
        .unwrap();
    assert!(made.success() && folder.path().join("site.pem").exists());
    folder
}

fn check(haproxy: &Haproxy, port: u16, more: &str) -> Said {
    let text = format!(
        r#"{{"haproxy": {{"stats": "https://127.0.0.1:{port}/"{more}}}, "services": {{"web": {{"prefixes": ["192.0.2.9/32"],
            "next_hop": "198.51.100.1", "require_address": false,
            "levels": [{{"name": "up", "when": {{"backend": {{"name": "http_back"}}}}}}]}}}}}}"#
    );
    let config = haproxy.write("page.json", &text);
    let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
    Said::of(
        &command
            .args(["check", "--config", &config])
            .output()
            .unwrap(),
    )
}

#[test]
fn a_stats_page_over_tls_is_read_where_its_authority_is_known() {
    let folder = certificates();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let port = free_port();
    let page = format!(
        "frontend page\n    bind 127.0.0.1:{port} ssl crt {}\n    stats enable\n    stats uri /\n",
        at("site.pem")
    );
    let haproxy = Haproxy::with("", &page);
    let unknown = "the certificate is of an authority that is not known here (see tls_ca_file)";
    check(&haproxy, port, "").ends_with(2).shows(&[unknown]);
    let with = |name: &str| format!(r#", "tls_ca_file": "{}""#, at(name));
    check(&haproxy, port, &with("stranger.crt"))
        .ends_with(2)
        .shows(&[unknown]);
    check(&haproxy, port, &with("none.crt"))
        .ends_with(2)
        .shows(&["failed to read '", "none.crt': no such file"]);
    check(&haproxy, port, &with("authority.crt"))
        .ends_with(0)
        .shows(&["http_back: 2 of 2 servers up"]);
    check(&haproxy, port, r#", "tls_verify": false"#)
        .ends_with(0)
        .shows(&["http_back: 2 of 2 servers up"]);
    // A port without TLS.
    check(&haproxy, haproxy.front(), r#", "tls_verify": false"#)
        .ends_with(2)
        .shows(&["no TLS at that port"]);
}
