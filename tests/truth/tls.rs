//! HTTPS probes against a real TLS server, HAProxy itself: which certificates are taken, and why one is not.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Haproxy, LabBuilder, eventually};

use crate::far_end::{NE, PATIENCE, WE, announced_by};
use crate::stage::{ONE_SERVER, and, config, haproxy, regions_with};

/// `$PWD` an empty folder. `expired` ends in the second in which it begins; `own` is what `openssl req -x509` makes.
const CERTIFICATES: &str = r#"
set -e
make() { name="$1"; shift; openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -subj "/CN=$name" "$@" 2>/dev/null; }
make authority -x509 -days 2 -out authority.crt
make stranger -x509 -days 2 -out stranger.crt
make own -x509 -days 2 -out own.crt -addext subjectAltName=IP:127.0.0.1
echo 'subjectAltName=DNS:site.test,IP:127.0.0.1' > names
for leaf in site:2 expired:0; do
    name="${leaf%:*}"
    make "$name" -out "$name.csr"
    openssl x509 -req -in "$name.csr" -CA authority.crt -CAkey authority.key -CAcreateserial \
        -days "${leaf#*:}" -extfile names -out "$name.crt" 2>/dev/null
done
for name in site expired own; do cat "$name.crt" "$name.key" > "$name.pem"; done
"#;

/// In haproxy.cfg: the TLS servers, one without TLS, and one that accepts and never answers.
const SERVERS: &str = "
frontend tls
    bind 127.0.0.1:8443 ssl crt /etc/haproxy/site.pem
    bind 127.0.0.1:8444 ssl crt /etc/haproxy/expired.pem
    bind 127.0.0.1:8445 ssl crt /etc/haproxy/own.pem
    bind 127.0.0.1:8446
    http-request return status 200 content-type text/plain string ready
frontend silent
    mode tcp
    bind 127.0.0.1:8447
    tcp-request inspect-delay 1m
    tcp-request content accept if { req.len gt 100000 }
";

/// A service's name, its probe, and what `check` must say of it: whether it holds, and words of the reason.
type Case = (&'static str, &'static str, &'static str, &'static str);

const CASES: [Case; 15] = [
    (
        "known",
        r#""https://127.0.0.1:8443/", "tls_ca_file": "/etc/haproxy/authority.crt""#,
        "yes",
        "status 200",
    ),
    (
        "text",
        r#""https://127.0.0.1:8443/", "tls_ca_file": "/etc/haproxy/authority.crt", "body": "ready""#,
        "yes",
        "status 200 with the text",
    ),
    (
        "other-name",
        r#""https://localhost:8443/", "tls_ca_file": "/etc/haproxy/authority.crt""#,
        "no",
        "not valid for name",
    ),
    (
        "system",
        r#""https://127.0.0.1:8443/""#,
        "no",
        "an authority that is not known here",
    ),
    (
        "stranger",
        r#""https://127.0.0.1:8443/", "tls_ca_file": "/etc/haproxy/stranger.crt""#,
        "no",
        "an authority that is not known here",
    ),
    (
        "any",
        r#""https://localhost:8443/", "tls_verify": false"#,
        "yes",
        "status 200",
    ),
    (
        "no-file",
        r#""https://127.0.0.1:8443/", "tls_ca_file": "/etc/haproxy/none.crt""#,
        "unknown",
        "failed to read '/etc/haproxy/none.crt': no such file",
    ),
    (
        "no-certificate",
        r#""https://127.0.0.1:8443/", "tls_ca_file": "/etc/haproxy/names""#,
        "unknown",
        "no certificate in '/etc/haproxy/names'",
    ),
    (
        "expired",
        r#""https://127.0.0.1:8444/", "tls_ca_file": "/etc/haproxy/authority.crt""#,
        "no",
        "the certificate has expired",
    ),
    (
        "any-expired",
        r#""https://127.0.0.1:8444/", "tls_verify": false"#,
        "yes",
        "status 200",
    ),
    (
        "own",
        r#""https://127.0.0.1:8445/", "tls_ca_file": "/etc/haproxy/own.crt""#,
        "no",
        "an authority's own",
    ),
    (
        "any-own",
        r#""https://127.0.0.1:8445/", "tls_verify": false"#,
        "yes",
        "status 200",
    ),
    (
        "plain",
        r#""https://127.0.0.1:8446/", "tls_verify": false"#,
        "no",
        "no TLS at that port",
    ),
    (
        "silent",
        r#""https://127.0.0.1:8447/", "tls_verify": false, "timeout": "300ms""#,
        "no",
        "no answer in 300ms",
    ),
    (
        "refused",
        r#""https://127.0.0.1:8448/", "tls_verify": false"#,
        "no",
        "connection refused",
    ),
];

const CHECKED: &str = "/etc/haproxy-rhi/tls.json";

/// Each case is a service of its own.
fn cases() -> String {
    let services: Vec<String> = CASES
        .iter()
        .zip(1..)
        .map(|((name, probe, ..), number)| {
            format!(
                r#""{name}": {{"prefixes": ["198.51.100.{number}/32"], "next_hop": "172.16.156.70", "require_address": false,
                "levels": [{{"name": "up", "when": {{"http": {{"url": {probe}}}}}}}]}}"#
            )
        })
        .collect();
    format!(r#"{{"services": {{{}}}}}"#, services.join(",\n"))
}

fn with_certificates(mut builder: LabBuilder, folder: &Path) -> Result<LabBuilder> {
    let made = Command::new("sh")
        .args(["-c", CERTIFICATES])
        .current_dir(folder)
        .output()?;
    ensure!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    for name in [
        "authority.crt",
        "stranger.crt",
        "own.crt",
        "names",
        "site.pem",
        "expired.pem",
        "own.pem",
    ] {
        let text = fs::read_to_string(folder.join(name)).with_context(|| name.to_owned())?;
        builder = builder.file(NE, &format!("/etc/haproxy/{name}"), &text);
    }
    Ok(builder)
}

#[test]
fn a_certificate_is_taken_or_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let tls = r#"{"http": {"url": "https://127.0.0.1:8443/", "tls_ca_file": "/etc/haproxy/authority.crt", "host": "site.test"}}"#;
    let level = and(&[tls]);
    let builder = regions_with(
        Haproxy::Debian,
        &format!("{}{SERVERS}", haproxy("", ONE_SERVER)),
        &config("", &level),
    );
    let builder = with_certificates(builder, folder.path())
        .unwrap()
        .file(NE, CHECKED, &cases());
    let lab = builder.start().unwrap();
    lab.run(|lab| {
        // In the loop, as user exabgp.
        announced_by(lab, &[NE, WE])?;
        let text = eventually(PATIENCE, "an expired certificate", || {
            let check = ["check", "--config", CHECKED];
            let output = lab
                .nva(NE)
                .command_as_exabgp("/usr/bin/haproxy-rhi")
                .args(check)
                .output()?;
            let text =
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            // Of several services one is unknown.
            ensure!(output.status.code() == Some(2), "{}: {text}", output.status);
            Ok(text)
        })?;
        println!("{text}");
        for (name, _, holds, reason) in CASES {
            let (_, rest) = text
                .split_once(&format!("service {name}:"))
                .context(text.clone())?;
            let line = rest.lines().nth(1).unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            ensure!(words.get(1) == Some(&holds), "{name}: {line}");
            let (_, why) = line
                .split_once("/: ")
                .with_context(|| format!("{name}: {line}"))?;
            ensure!(
                !why.is_empty() && why.contains(reason),
                "{name}: '{reason}' is not in '{why}'"
            );
        }
        Ok(())
    })
    .unwrap();
}
