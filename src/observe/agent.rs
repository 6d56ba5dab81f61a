//! HTTP requests: of probes, and for the stats page.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::config::{Config, ConfigBuilder};
use ureq::http::Uri;
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use super::tls;

/// An agent is made anew after this time: the authorities that it has read may have changed.
const KEPT: Duration = Duration::from_secs(60);
/// A head of an answer must fit. (The library's own 128 KiB each would be most of this process's memory.)
const BUFFER: usize = 16 * 1024;

/// An agent, made at its first use and then kept: reading the system's authorities takes longer than all else.
#[derive(Debug, Default)]
pub(super) struct CachedAgent(Mutex<Option<(Instant, Agent)>>);

impl CachedAgent {
    /// The agent. Each call must have the same arguments.
    ///
    /// # Errors
    /// The authorities cannot be read.
    pub fn get(
        &self,
        timeout: Duration,
        verify: bool,
        authorities: Option<&Path>,
    ) -> Result<Agent, String> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, agent)) = kept.as_ref().filter(|(made, _)| made.elapsed() < KEPT) {
            return Ok(agent.clone());
        }
        let made = agent(timeout, verify, authorities)?;
        *kept = Some((Instant::now(), made.clone()));
        Ok(made)
    }
}

fn agent(timeout: Duration, verify: bool, authorities: Option<&Path>) -> Result<Agent, String> {
    let tls = tls::config(verify, authorities)?;
    Ok(Agent::with_parts(
        config(timeout).tls_config(tls).build(),
        DefaultConnector::default(),
        Addresses::default(),
    ))
}

/// The settings that every request of ours has: no kept connection, no redirect, no proxy of the environment.
pub fn config(timeout: Duration) -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_idle_connections(0)
        .proxy(None)
        .input_buffer_size(BUFFER)
        .output_buffer_size(BUFFER)
        .user_agent(concat!("haproxy-rhi/", env!("CARGO_PKG_VERSION")))
}

/// Resolves a host that is an address itself, without the thread that a name takes.
#[derive(Debug, Default)]
struct Addresses(DefaultResolver);

impl Resolver for Addresses {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let Some(address) = address(uri) else {
            return self.0.resolve(uri, config, timeout);
        };
        let mut addresses = self.empty();
        addresses.push(address);
        Ok(addresses)
    }
}

fn address(uri: &Uri) -> Option<SocketAddr> {
    let host: IpAddr = uri.host()?.trim_matches(['[', ']']).parse().ok()?;
    let usual = if uri.scheme_str()? == "https" {
        443
    } else {
        80
    };
    Some(SocketAddr::new(host, uri.port_u16().unwrap_or(usual)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_a_url_is_no_name() {
        for (text, expected) in [
            ("http://192.0.2.1/health", Some("192.0.2.1:80")),
            ("https://192.0.2.1/health", Some("192.0.2.1:443")),
            ("http://192.0.2.1:8080/", Some("192.0.2.1:8080")),
            ("https://[2001:db8::1]:8443/", Some("[2001:db8::1]:8443")),
            ("http://[2001:db8::1]/", Some("[2001:db8::1]:80")),
            ("http://localhost/", None),
        ] {
            let found = address(&text.parse().unwrap());
            assert_eq!(found, expected.map(|text| text.parse().unwrap()), "{text}");
        }
    }
}
