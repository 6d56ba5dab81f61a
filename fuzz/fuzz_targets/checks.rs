//! What servers answer to their health checks stands in the CSV, quoted as HAProxy quotes it (`csv_enc`): it forges
//! nothing, and an answer that is cut off anywhere is refused or says the same of each proxy that it names.

#![no_main]

use std::collections::BTreeMap;

use haproxy_rhi::observation::{ServerState, Snapshot};
use haproxy_rhi::observe::snapshot;
use libfuzzer_sys::fuzz_target;

const INFO: &[u8] = b"Name: HAProxy\nVersion: 2.6.12\nPid: 5925\nStopping: 0\n\n";
const HEADER: &[u8] =
    b"# pxname,svname,status,weight,act,bck,type,check_status,tracked,last_chk,check_desc,last_agt,addr,\n";
/// Few enough, and short enough, for an answer that is cut at every byte.
const LONGEST: usize = 400;
const PROXIES: usize = 4;

/// The field as HAProxy writes it. Its strings end at a NUL.
fn quoted(text: &[u8]) -> Vec<u8> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    if !text.iter().any(|byte| b"\r\n,\"".contains(byte)) {
        return text.to_vec();
    }
    let doubled = text.iter().flat_map(|byte| if *byte == b'"' { vec![b'"'; 2] } else { vec![*byte] });
    [b"\"".to_vec(), doubled.collect(), b"\"".to_vec()].concat()
}

/// `\x1f` separates what servers say, `\x1e` the proxies.
fn proxies(bytes: &[u8]) -> BTreeMap<String, Vec<&[u8]>> {
    let proxies = bytes.splitn(PROXIES, |byte| *byte == 0x1e).enumerate();
    proxies.map(|(at, said)| (format!("be{at}"), said.split(|byte| *byte == 0x1f).collect())).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let proxies = proxies(bytes.get(..LONGEST).unwrap_or(bytes));
    let names: Vec<String> = proxies.keys().cloned().collect();
    let mut answer = INFO.to_vec();
    for (name, servers) in &proxies {
        answer.extend(HEADER);
        let up = servers.len() / 2;
        for (at, said) in servers.iter().enumerate() {
            let (status, check) = if at < up { ("UP", "L7OK") } else { ("DOWN", "L7STS") };
            let said = quoted(said);
            answer.extend(format!("{name},s{at},{status},1,1,0,2,{check},,").bytes());
            answer.extend([&said, &b",,"[..], &said, b",127.0.0.1:80,\n"].concat());
        }
        answer.extend(format!("{name},BACKEND,UP,1,{up},0,1,,,,,,,\n\n").bytes());
    }
    let whole = snapshot(&answer, &names)
        .unwrap_or_else(|error| panic!("{error} in {:?}", String::from_utf8_lossy(&answer)));
    said(&whole, &proxies);
    for length in 0..answer.len() {
        let Ok(cut) = snapshot(&answer[..length], &names) else { continue };
        for (name, proxy) in &cut.proxies {
            assert_eq!(proxy, &whole.proxies[name], "{name} of {length} bytes");
        }
    }
});

/// Each server is what it is, whatever it and its neighbors said.
fn said(seen: &Snapshot, proxies: &BTreeMap<String, Vec<&[u8]>>) {
    assert_eq!(seen.proxies.len(), proxies.len());
    for (name, servers) in proxies {
        let proxy = &seen.proxies[name];
        assert_eq!(proxy.servers.len(), servers.len(), "{name}");
        for (at, row) in proxy.servers.iter().enumerate() {
            let state = if at < servers.len() / 2 { ServerState::Usable } else { ServerState::Down };
            assert_eq!((row.name.as_str(), row.state), (format!("s{at}").as_str(), state), "{name}");
        }
        assert_eq!(proxy.backend.as_ref().map(|row| row.usable as usize), Some(servers.len() / 2), "{name}");
    }
}
