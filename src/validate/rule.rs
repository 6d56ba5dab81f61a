//! The rules by their ids, and a finding against one. Pure.

use std::collections::BTreeSet;

use crate::exabgp_conf::At;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// It works now, and may fail later.
    Warning,
    /// It does not work, or harms others.
    Error,
}

impl Severity {
    /// `note`, `warning` or `error`.
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
    /// The document that says so, or the observation; `None`: what is known of the programs themselves.
    pub source: Option<&'static str>,
}

/// What a rule found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How grave it is here.
    pub severity: Severity,
    /// The file.
    pub path: String,
    /// The place in the file; `None`: in no one place.
    pub at: Option<At>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub cure: String,
}

/// A finding without its place.
#[derive(Debug)]
pub struct Said {
    rule: &'static Rule,
    severity: Severity,
    what: String,
    cure: String,
}

impl Said {
    /// Adds the place.
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

/// A finding of any severity, without its place.
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
        /// A finding of this severity, without its place.
        pub fn $name(rule: &'static Rule, what: impl Into<String>, cure: impl Into<String>) -> Said {
            said(rule, Severity::$severity, what, cure)
        }
    )*};
}

severities! { note Note, warning Warning, error Error }

/// Drops duplicates: a template's fault is found with each neighbor that inherits it.
pub fn once(findings: impl IntoIterator<Item = Finding>) -> impl Iterator<Item = Finding> {
    let mut said = BTreeSet::new();
    findings
        .into_iter()
        .filter(move |finding| said.insert((finding.rule.id, finding.at, finding.what.clone())))
}

macro_rules! rules {
    (@source) => { None };
    (@source $source:literal) => { Some($source) };
    ($($name:ident $id:literal $why:literal $(, $source:literal)?;)*) => {
        $(
            #[doc = $why]
            pub static $name: Rule = Rule { id: $id, why: $why, source: rules!(@source $($source)?) };
        )*
        /// Every rule.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    ASN_NOT_ALLOWED "AZ001" "Azure takes no NVA with an AS number of Microsoft's (8074, 8075, 12076, 65515, 65517 to 65520) or one that IANA reserves (23456, 64496 to 64511, 65535 to 65551)", "Microsoft: Azure Route Server FAQ";
    ASN_OF_32_BITS "AZ002" "a Route Server takes only neighbors with AS numbers of 16 bits", "Microsoft: Azure Route Server FAQ";
    NO_ROUTE_SERVER "AZ003" "the Route Server is AS 65515, and every Route Server is", "Microsoft: Azure Route Server FAQ";
    LOOP_IN_PATH "AZ004" "a Route Server drops a route with its own AS number, 65515, in the path", "Microsoft: Azure Route Server FAQ";
    FOREIGN_PATH "AZ005" "a router may refuse a path that does not begin with its neighbor's AS number", "RFC 4271, 6.3";
    ONE_INSTANCE "AZ006" "a Route Server has two instances, either of which goes away for maintenance without notice", "Microsoft: Azure Route Server FAQ";
    NOT_IDENTICAL "AZ007" "both instances must be sent identical routes; where they differ, it depends on the instance which way packets go", "Microsoft: Azure Route Server FAQ";
    TTL "AZ008" "the Route Server is in a subnet of its own, so its sessions are eBGP over more than one hop", "Microsoft: Azure Route Server FAQ";
    ROUTE_REFRESH "AZ009" "a Route Server asks for all routes again when a VNet peering is created, and resets hard a neighbor that cannot do that", "Microsoft: Azure Route Server FAQ";
    HOLD_TIME "AZ010" "a VM that hangs or vanishes keeps its routes for the hold time, and clients reach nothing meanwhile; document: keepalive 60 s, hold 180 s, no minimum, nothing of BFD; observation: with hold-time 30 a session stayed up for minutes, and a Route Server that refuses it would end the session every 30 s", "Microsoft: Azure Route Server FAQ; a third party's log of 2021 (ExaBGP 4.0.2)";
    IPV6 "AZ011" "the Route Server knows IPv4 only", "Microsoft: Azure Route Server FAQ";
    PRIVATE_PATH "AZ012" "Microsoft strips private AS numbers towards on-premises, which sees 12076 only: a prepend of them decides inside one ExpressRoute circuit, and with circuits in two locations on-premises sees equal paths", "Microsoft: ExpressRoute routing requirements";
    PUBLIC_ADDRESS "AZ013" "an address of somebody else's in the internet is safe only where it cannot leave the private network", "practice";
    GRACEFUL_RESTART "AZ014" "graceful restart keeps the routes of an NVA that is gone (RFC 4724); document: none says whether a Route Server does it; observation: it did not offer it", "capabilities of a live Route Server towards BIRD, third party, 2026-08";
    LIMITS "AZ015" "a Route Server takes 4,000 routes a neighbor, counted as those held and those in the UPDATE, and gives ExpressRoute 1,000 at most", "Microsoft: Azure Route Server limits";
    NO_ADVERTISE "AZ016" "the Route Server honours NO_ADVERTISE: it keeps the route to itself", "Microsoft: Azure Route Server FAQ";
    INSIDE_VNET "AZ017" "the system routes of a VNet beat BGP: an anycast prefix must lie in no VNet that should reach it, which cannot be known from here", "Microsoft: route injection in spoke VNets";
    OTHER_NEXT_HOP "AZ018" "the next hop is where packets go: this NVA, or an internal load balancer before it", "Microsoft: next hop IP support";
    CONF_NOT_READ "AZ019" "most rules are about the sessions, which exabgp.conf describes";
    SEVERAL_HUBS "AZ020" "a Route Server of another hub is a neighbor over VNet peering; a spoke learns from its own hub's Route Server only, and uses a next hop only where its VNet is peered with the next hop's", "Microsoft: route injection in spoke VNets; Inter-hub connectivity using Azure Route Server";
    AWS_ASN "AW001" "an appliance has an AS number from 1 to 4294967295, and AWS advises a private one", "AWS: EC2 API model";
    AWS_REDUNDANCY "AW002" "a peer belongs to one endpoint; a subnet has two endpoints, so that one may fail", "AWS: EC2 API model; Amazon VPC quotas";
    AWS_CONNECTS "AW003" "the appliance initiates the session, the endpoint does not", "AWS: EC2 API model";
    AWS_HOLD_TIME "AW004" "with liveness bgp-keepalive, a VM that hangs or vanishes keeps its routes for the hold time; AWS states no BGP timers, and ExaBGP has no BFD", "AWS: EC2 API model";
    AWS_LIVENESS "AW005" "with liveness bfd, a peer without a BFD daemon on the VM is down; a BFD daemon sees the VM, not ExaBGP", "AWS: EC2 API model";
    AWS_PERSIST "AW006" "persisted routes stay when all sessions have ended, and 1 to 5 minutes after the sessions are back: clients reach an NVA that has withdrawn", "AWS: EC2 API model";
    AWS_LIMITS "AW007" "a route server takes 100 routes a peer, has 100 in its FIB and propagates 100 to a route table", "AWS: Amazon VPC quotas";
    AWS_IPV6 "AW008" "a peer has an IPv4 address; routes may be IPv4 or IPv6", "AWS: EC2 API model";
    AWS_ONE_NEXT_HOP "AW009" "a route table has one next hop for a prefix: the shorter AS path or the lower MED chooses it, and there is no ECMP", "third parties, two";
    AWS_FORWARDING "AW010" "a network interface drops packets for addresses that are not its own while its source/destination check is on", "third party";
    GOOGLE_ASN "GC001" "a Cloud Router has a private AS number (RFC 6996), of 16 or 32 bits", "Google: compute v1 API, RouterBgp.asn";
    GOOGLE_REDUNDANCY "GC002" "a router appliance has two sessions, with two redundant interfaces of one Cloud Router", "Google: compute v1 API, RouterInterface.redundantInterface";
    GOOGLE_HOLD_TIME "GC003" "a Cloud Router sends a keepalive every 20 to 60 s (default 20) and holds for three times that, 60 to 180 s; the smaller hold time of both sides counts", "Google: compute v1 API, RouterBgp.keepaliveInterval";
    GOOGLE_BFD "GC004" "there is no BFD for router appliances: a VM that hangs or vanishes keeps its routes for the hold time", "Google: Configure BFD for Cloud Router";
    GOOGLE_MED "GC005" "best path selection is LEGACY or STANDARD, by network; MEDs of different neighbors and regions are compared in STANDARD only, with always-compare-MED", "third party, quoting Google";
    GOOGLE_PATH "GC006" "what the length of an AS path decides in the selection LEGACY (the default) was found in no document", "not documented";
    GOOGLE_REGIONS "GC007" "with regional dynamic routing a route is seen in its own region only; with global in all of them", "Google: compute v1 API, Network.routingConfig";
    GOOGLE_FORWARDING "GC008" "a VM gets packets for addresses that are not its own with canIpForward only", "Google: compute v1 API, Instance.canIpForward";
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
    NO_SUCH_NEIGHBOR "EX014" "ExaBGP refuses a command for a neighbor that it does not have, and of several takes it for those that it has";
    PASSED_OVER "EX015" "ExaBGP 4.2 and 5.0 take such a file, and do something else than it seems to say";
    SAME_CONFIG "EX016" "processes with one configuration have one status file, one ledger and one port for HAProxy's events between them, and announce everything twice";
    DRY_RUN "EX017" "a dry run shows what it would say, and ExaBGP obeys none of it";
    NO_FAMILY "EX018" "ExaBGP acknowledges a route of a family that no session carries, and no neighbor gets it";
    NOT_FOR_EXABGP "EX019" "ExaBGP and haproxy-rhi run as user exabgp, who may not open all that root may";
    NOT_WRITTEN "EX020" "ExaBGP 4.2 refuses a file that leaves it to find a session's addresses and AS numbers, and one without an address of its own; 5.0 finds them out";
    ONLY_5 "EX021" "ExaBGP 4.2, which Debian 12 and 13 have, refuses a file with a word that only 5.0 knows";
    SIX_ENCODER "EX022" "ExaBGP 6 tells its processes of sessions in JSON, whatever the encoder says, unless exabgp.api.version is 4";
    SIX_ASN "EX023" "ExaBGP 6 (August 2026) takes AS numbers of 16 bits only, in a path and for itself";
    SIX_END_OF_RIB "EX024" "ExaBGP 6 (August 2026) drops a session when an End-of-RIB comes, about ten times a second, though one may last some seconds by chance, and the routes come and go with it";
    TEXT_STREAM "EX025" "a neighbor's hostname or shutdown text ends up in lines for the processes, and before 5.0.13 may have lines of its own";
    SIX_RATE_LIMIT "EX026" "with a rate-limit ExaBGP 6 sends one message where it sends 25 without, for up to 100 ms each, and tells nobody when it has sent what it was told";
    NO_CONTROL "HA001" "where a region's page counts servers only, another region may withdraw its last route although none is out here, and clients reach nobody; through haproxy.control, haproxy-rhi says whether the route is out";
    NO_ROOM "HA002" "a route that takes over must be preferred to that of the silent region, which stays out for the hold time";
    EACH_OTHER "HA003" "where two regions that take over from each other do not see each other, both announce it, and which one has the clients is left to chance";
    NOT_COMPARED "HA004" "whether there is room for a takeover is known from both regions' configurations only";
    UNEQUAL "HA005" "routers spread clients over a region's NVAs only while their routes are equally good; otherwise all clients are at one, and move at its drain and at its end";
    NOT_LONGER "HA006" "at a level that watches other servers than the best one, a region passes its clients on to another region; where its route is not the less preferred one, everybody goes that way";
    EQUAL "HA007" "where the routes of two regions are equally good, chance decides which region gets the clients: none stands by, and a region that fails and returns may move them twice";
    ITSELF "HA008" "with a page of this host as a sibling, this region would withdraw or take over by its own answer, and not by another region's";
    NEVER_IN_FORCE "HA009" "of the levels that hold the first counts: one that never holds, or only together with one before it, changes nothing";
    OTHER_PAGE "HA010" "any 200 of a sibling's url counts as healthy: where it is not the page that says whether that region's route is out, such as an application's at another port, each region would leave its clients to the other";
    NO_SUCH_PROXY "LV001" "a condition on a backend or frontend that HAProxy does not have is unknown, and in the end the route is withdrawn";
    NO_SUCH_SERVER "LV002" "a condition on servers that HAProxy does not have never counts them";
    NO_FRONTEND "LV003" "a backend's servers are UP behind a closed frontend too: a route that follows them alone stays announced, and nobody listens";
    NO_SERVER_COUNTS "LV004" "a level holds only where a server of its backend counts, and backups do not unless it says so";
    NOBODY_CHECKS "LV005" "a server that nobody checks is up for HAProxy, dead or not: its route stays";
    NOT_LOGGED "LV006" "where HAProxy logs a server's state to haproxy-rhi, the route follows in milliseconds; otherwise at the next look";
    SLOW_CHECKS "LV007" "a HAProxy that is reloaded knows nothing of a server before its first check: what its predecessor knew counts until then, but not for ever";
    MEANS_FAIL "LV008" "what haproxy-rhi works with is tried: where it does not work, the routes stay right, but a change may come late, or without its hook or metrics";
    TWO_OF_A_NAME "LV009" "a frontend and a backend may have one name: a condition means the one of its kind, and people, HAProxy's log and other tools may mean either";
    SEVERAL_PROCESSES "LV010" "each of HAProxy's processes has server states and variables of its own, and chance decides which one answers";
    NO_PAGE "LV011" "HAProxy serves a page only where a line of haproxy.cfg says so; without it, one screen of all regions (status --region) has nothing to ask";
    ELSEWHERE "LV012" "the next hop is where packets go: with an address that nobody has, the route is out, and clients reach nobody";
    NAMELESS "LV013" "any 200 of a sibling's url counts as healthy: at a wrong port or path an application answers, also while that region's route is not out, and each region would leave its clients to the other";
    LATE_CHECKS "LV014" "the route follows HAProxy's word: while HAProxy takes a dead server for UP, clients are led to it, and nothing here can be sooner";
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

    #[test]
    fn each_rule_of_a_cloud_names_its_source() {
        let of_clouds = RULES.iter().filter(|rule| {
            ["AZ", "AW", "GC"]
                .iter()
                .any(|cloud| rule.id.starts_with(cloud))
        });
        let without = of_clouds.filter(|rule| rule.source.is_none());
        let without: Vec<&str> = without.map(|rule| rule.id).collect();
        assert_eq!(without, [CONF_NOT_READ.id]);
    }
}
