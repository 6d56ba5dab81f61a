//! The rules by their ids, and a finding against one. Pure.

use std::collections::BTreeSet;

use crate::exabgp_conf::At;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// It works, and will hurt some day.
    Warning,
    /// It does not work, or harms others.
    Error,
}

impl Severity {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A rule: its id and why it is one. Ids stay with their rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// `AZ001`.
    pub id: &'static str,
    /// Why it is a rule.
    pub why: &'static str,
}

/// Something that a rule speaks against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How grave it is here.
    pub severity: Severity,
    /// The file.
    pub path: String,
    /// Where in it; absent: in no one place.
    pub at: Option<At>,
    /// What it is.
    pub what: String,
    /// What to do.
    pub cure: String,
}

/// What a rule says, before it is known where.
#[derive(Debug)]
pub struct Said {
    rule: &'static Rule,
    severity: Severity,
    what: String,
    cure: String,
}

impl Said {
    /// Where it is said.
    pub fn at(self, path: String, at: Option<At>) -> Finding {
        let Self {
            rule,
            severity,
            what,
            cure,
        } = self;
        Finding {
            rule,
            severity,
            path,
            at,
            what,
            cure,
        }
    }
}

/// As grave as that.
pub fn said(
    rule: &'static Rule,
    severity: Severity,
    what: impl Into<String>,
    cure: impl Into<String>,
) -> Said {
    Said {
        rule,
        severity,
        what: what.into(),
        cure: cure.into(),
    }
}

macro_rules! severities {
    ($($name:ident $severity:ident),*) => {$(
        /// So grave.
        pub fn $name(rule: &'static Rule, what: impl Into<String>, cure: impl Into<String>) -> Said {
            said(rule, Severity::$severity, what, cure)
        }
    )*};
}

severities! { note Note, warning Warning, error Error }

/// Each of them once: what a template says is found with each neighbor that inherits it.
pub fn once(findings: impl IntoIterator<Item = Finding>) -> impl Iterator<Item = Finding> {
    let mut said = BTreeSet::new();
    findings
        .into_iter()
        .filter(move |finding| said.insert((finding.rule.id, finding.at, finding.what.clone())))
}

macro_rules! rules {
    ($($name:ident $id:literal $why:literal;)*) => {
        $(
            #[doc = $why]
            pub static $name: Rule = Rule { id: $id, why: $why };
        )*
        /// Every rule.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    ASN_NOT_ALLOWED "AZ001" "Azure takes no NVA with an AS number of Microsoft's (8074, 8075, 12076, 65515, 65517 to 65520) or one that IANA reserves (23456, 64496 to 64511, 65535 to 65551)";
    ASN_OF_32_BITS "AZ002" "a Route Server takes only neighbors with AS numbers of 16 bits";
    NO_ROUTE_SERVER "AZ003" "the Route Server is AS 65515, and every Route Server is";
    LOOP_IN_PATH "AZ004" "a Route Server drops a route with its own AS number, 65515, in the path";
    FOREIGN_PATH "AZ005" "a router may refuse a path that does not begin with its neighbor's AS number (RFC 4271, 6.3)";
    ONE_INSTANCE "AZ006" "a Route Server has two instances, either of which goes away for maintenance without notice";
    NOT_IDENTICAL "AZ007" "both instances must be sent identical routes; where they differ, it depends on the instance which way packets go";
    TTL "AZ008" "the Route Server is in a subnet of its own, so its sessions are eBGP over more than one hop";
    ROUTE_REFRESH "AZ009" "a Route Server asks for all routes again when a VNet peering is created, and resets hard a neighbor that cannot do that";
    HOLD_TIME "AZ010" "there is no BFD: a VM that hangs or vanishes keeps its routes for the hold time, and clients reach nothing meanwhile";
    IPV6 "AZ011" "the Route Server knows IPv4 only";
    PRIVATE_PATH "AZ012" "Microsoft strips private AS numbers towards on-premises, which sees 12076 only: a prepend of them decides inside one ExpressRoute circuit, and with circuits in two locations on-premises sees equal paths";
    PUBLIC_ADDRESS "AZ013" "an address of somebody else's in the internet is safe only where it cannot leave the private network";
    GRACEFUL_RESTART "AZ014" "graceful restart keeps the routes of an NVA that is gone, and the Route Server does not do it";
    LIMITS "AZ015" "a Route Server takes 4,000 routes a neighbor, counted as those held and those in the UPDATE, and gives ExpressRoute 1,000 at most";
    NO_ADVERTISE "AZ016" "the Route Server honours NO_ADVERTISE: it keeps the route to itself";
    INSIDE_VNET "AZ017" "the system routes of a VNet beat BGP: an anycast prefix must lie in no VNet that should reach it, which cannot be known from here";
    OTHER_NEXT_HOP "AZ018" "the next hop is where packets go: this NVA, or an internal load balancer before it";
    CONF_NOT_READ "AZ019" "most rules are about the sessions, which exabgp.conf describes";
    STATIC_ROUTE "EX001" "a static route stays announced whatever happens to the servers, as long as ExaBGP runs";
    DEFAULT_ROUTE "EX002" "a default route from the NVA captures the NVA's own traffic, and everybody else's";
    NOT_LISTED "EX003" "since 4.2.20 a process may announce only to the neighbors whose api section lists it";
    NO_CHANGES "EX004" "neighbor-changes tells haproxy-rhi when a session comes up, so that it can make sure of what that neighbor holds";
    ENCODER "EX005" "ExaBGP refuses a process without an encoder";
    RUN_PATH "EX006" "of a relative path ExaBGP takes the last match on its search path; one that is not there it refuses at its start";
    NO_PROCESS "EX007" "nothing runs haproxy-rhi, so nothing announces";
    RUN_LINE "EX008" "ExaBGP splits the run line itself: brackets and commas outside quotes become words of their own";
    RESPAWN "EX009" "a process that is not started again leaves its routes out for ever, and the next session change ends ExaBGP 4.2 and 5.0";
    ADJ_RIB_OUT "EX010" "without adj-rib-out, what was announced before a session came up is lost, and nothing is sent again after it fell";
    SYNTAX "EX011" "ExaBGP does not start with a file that it cannot read, and one that does not reload may stop its processes";
    OVERRULED "EX012" "in ExaBGP 4.2 and 5.0 the value of an inherited template wins over the neighbor's own";
    OTHER_CONFIG "EX013" "the run line says which configuration is used";
    NO_SUCH_NEIGHBOR "EX014" "ExaBGP refuses a command for a neighbor that it does not have, and of several takes it for those that it has";
    PASSED_OVER "EX015" "ExaBGP 4.2 and 5.0 take such a file, and do something else than it seems to say";
    SAME_CONFIG "EX016" "processes with one configuration have one status file, one ledger and one port for HAProxy's events between them, and announce everything twice";
    DRY_RUN "EX017" "a dry run shows what it would say, and ExaBGP obeys none of it";
    NO_FAMILY "EX018" "ExaBGP acknowledges a route of a family that no session carries, and nobody hears it";
    NOT_FOR_EXABGP "EX019" "ExaBGP and haproxy-rhi run as user exabgp, who may not open all that root may";
    NOT_WRITTEN "EX020" "ExaBGP 4.2 refuses a file that leaves it to find a session's addresses and AS numbers, and one without an address of its own; 5.0 finds them out";
    ONLY_5 "EX021" "ExaBGP 4.2, which Debian 12 and 13 have, refuses a file with a word that only 5.0 knows";
    NO_CONTROL "HA001" "where a region's page counts servers only, another region may withdraw its last route although none is out here, and clients reach nobody; through haproxy.control, haproxy-rhi says whether the route is out";
    NO_ROOM "HA002" "a route that takes over must be preferred to that of the silent region, which stays out for the hold time";
    EACH_OTHER "HA003" "where two regions that take over from each other do not see each other, both announce it, and which one has the clients is left to chance";
    NOT_COMPARED "HA004" "whether there is room for a takeover is known from both regions' configurations only";
    NO_SUCH_PROXY "LV001" "a condition on a backend or frontend that HAProxy does not have is unknown, and in the end the route is withdrawn";
    NO_SUCH_SERVER "LV002" "a condition on servers that HAProxy does not have never counts them";
    NO_FRONTEND "LV003" "a backend's servers are UP behind a closed frontend too: a route that follows them alone stays announced, and nobody listens";
    NO_SERVER_COUNTS "LV004" "a level holds only where a server of its backend counts, and backups do not unless it says so";
    NOBODY_CHECKS "LV005" "a server that nobody checks is up for HAProxy, dead or not: its route stays";
    NOT_LOGGED "LV006" "where HAProxy logs a server's state to haproxy-rhi, the route follows in milliseconds; otherwise at the next look";
    SLOW_CHECKS "LV007" "a HAProxy that is reloaded knows nothing of a server before its first check: what its predecessor knew counts until then, but not for ever";
    MEANS_FAIL "LV008" "what haproxy-rhi works with is tried: where it does not work, the route is right all the same, and late, or not told of";
    TWO_OF_A_NAME "LV009" "a frontend and a backend may have one name: a condition means the one of its kind, and people, HAProxy's log and other tools may mean either";
    SEVERAL_PROCESSES "LV010" "which of HAProxy's processes answers is chance: what one says of a server, and the variable that it is told, is not so in the others";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_has_an_id_of_its_own() {
        let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
    }
}
