//! The answers as JSON. Keys are added, never renamed.

use serde_json::{Value, json};

use super::guard::Effect;
use super::name::ServerName;
use super::view::{Frontend, Server, View};
use crate::condition::ProxyName;
use crate::config::Socket;
use crate::failure::{Failure, Kind};
use crate::observation::ServerState;

/// The process that answered.
pub fn haproxy(socket: &Socket, view: &View) -> Value {
    let process = &view.process;
    json!({
        "address": socket.to_string(),
        "version": process.version,
        "pid": process.pid,
        "stopping": process.stopping,
    })
}

/// A server.
pub fn server((name, server): (&ServerName, &Server)) -> Value {
    json!({
        "backend": name.backend.as_str(),
        "server": name.server.as_str(),
        "status": server.status,
        "usable": server.state == ServerState::Usable,
        "checked": server.state != ServerState::Unchecked,
        "wish": server.admin.wish().word(),
        "weight": server.weight,
        "backup": server.backup,
        "check": (!server.check.is_empty()).then_some(&server.check),
        "tracks": server.tracks,
        "sessions": server.sessions,
        "queue": server.queue,
        "since": server.since,
    })
}

/// A frontend.
pub fn frontend((name, frontend): (&ProxyName, &Frontend)) -> Value {
    json!({
        "frontend": name.as_str(),
        "status": frontend.status,
        "open": frontend.is_open(),
        "listen": frontend.listen,
        "sessions": frontend.sessions,
        "limit": frontend.limit,
    })
}

/// A service that gets worse.
pub fn effect(effect: &Effect) -> Value {
    json!({
        "service": effect.service,
        "prefixes": effect.prefixes,
        "now": effect.now,
        "then": effect.then,
        "why": effect.why,
    })
}

/// How a change ended, in a word.
pub fn outcome(failure: Option<&Failure>) -> &'static str {
    match failure.map(|failure| failure.kind) {
        None => "done",
        Some(Kind::Refused | Kind::Configuration | Kind::Usage | Kind::Unwritten) => "refused",
        Some(Kind::NotReached) => "not reached",
        Some(Kind::Unknown) => "unknown",
        Some(Kind::Gone) => "gone",
    }
}

pub fn text(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
