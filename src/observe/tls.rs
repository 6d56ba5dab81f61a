//! TLS, as probes and the stats page speak it: whose certificates are believed, and its errors in words.

use std::path::Path;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::files::{self, Links};

/// The longest file of authorities.
const LONGEST_PEM: u64 = 16 << 20;

/// The certificate is checked against these authorities, or the system's, or not at all.
///
/// # Errors
/// The authorities cannot be read.
pub fn config(verify: bool, authorities: Option<&Path>) -> Result<TlsConfig, String> {
    let builder = TlsConfig::builder().disable_verification(!verify);
    let Some(path) = authorities else {
        return Ok(builder.root_certs(RootCerts::PlatformVerifier).build());
    };
    let shown = path.display();
    let pem = files::read(path, Links::Followed, LONGEST_PEM)
        .map_err(|error| format!("failed to read '{shown}': {}", files::reason(&error)))?;
    let items: Result<Vec<PemItem<'static>>, ureq::Error> = parse_pem(&pem).collect();
    let certificates: Vec<Certificate<'static>> = items
        .map_err(|error| format!("'{shown}' is no PEM file: {error}"))?
        .into_iter()
        .filter_map(|item| {
            if let PemItem::Certificate(certificate) = item {
                Some(certificate)
            } else {
                None
            }
        })
        .collect();
    if certificates.is_empty() {
        return Err(format!("no certificate in '{shown}'"));
    }
    Ok(builder
        .root_certs(RootCerts::new_with_certs(&certificates))
        .build())
}

/// Words for errors that rustls calls by the names of its types.
pub fn in_words(text: String) -> String {
    let words = [
        (
            "unknownissuer",
            "the certificate is of an authority that is not known here (see tls_ca_file)",
        ),
        (
            "causedasendentity",
            "the certificate is an authority's own (CA:TRUE); a server needs one that the authority has signed",
        ),
        ("invalidcontenttype", "no TLS at that port"),
        ("expired", "the certificate has expired"),
    ];
    let found = words
        .iter()
        .find(|(name, _)| text.to_lowercase().contains(name));
    found.map_or(text, |(_, words)| (*words).to_owned())
}
