//! `verify --azure`: the metadata service and the Resource Manager in the shapes that Microsoft documents, the latter behind
//! HAProxy's TLS. Azure itself is not asked.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use super::command::Said;
use super::haproxy::{Haproxy, free_port};
use super::stats_page::certificates;

const TOKEN: &str = "eyJ0.this-is-secret.y";
const HUB: &str =
    "/subscriptions/s-1/resourceGroups/lab/providers/Microsoft.Network/virtualHubs/hub-rs";
const LEARNED: &str = r#"{"RouteServiceRole_IN_0":[{"localAddress":"127.0.7.5","network":"9.9.9.9/32","nextHop":"172.16.156.70",
    "sourcePeer":"127.0.0.1","origin":"EBgp","asPath":"65010","weight":32768}],"RouteServiceRole_IN_1":[{"localAddress":"127.0.7.4",
    "network":"9.9.9.9/32","nextHop":"172.16.156.70","sourcePeer":"127.0.0.1","origin":"EBgp","asPath":"65010","weight":32768}]}"#;

/// Status, headers and body of one answer.
#[derive(Clone)]
struct Reply(u16, String, String);

fn reply(status: u16, body: &str) -> Reply {
    Reply(status, String::new(), body.to_owned())
}

/// What is answered to a path, the last of them for ever; and what was asked.
#[derive(Default)]
struct Answers {
    replies: BTreeMap<String, VecDeque<Reply>>,
    asked: Vec<String>,
    /// A file that is written, and with what, when a question comes that ends so.
    meanwhile: Option<(&'static str, PathBuf, String)>,
}

/// The stand-in, and HAProxy before it.
struct Azure {
    answers: Arc<Mutex<Answers>>,
    port: u16,
    tls: u16,
    folder: tempfile::TempDir,
    _haproxy: Haproxy,
}

impl Azure {
    /// An Azure in which everything is as it should be.
    fn new() -> Self {
        let folder = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, tls) = (listener.local_addr().unwrap().port(), free_port());
        let pem = folder.path().join("site.pem");
        let front = format!(
            "frontend azure\n    bind 127.0.0.1:{tls} ssl crt {}\n    default_backend azure\n\
             backend azure\n    server a 127.0.0.1:{port}\n",
            pem.display()
        );
        let answers: Arc<Mutex<Answers>> = Arc::default();
        let served = Arc::clone(&answers);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = Arc::clone(&served);
                thread::spawn(move || serve(stream, &served));
            }
        });
        let azure = Self {
            answers,
            port,
            tls,
            folder,
            _haproxy: Haproxy::with("", &front),
        };
        azure.works();
        azure
    }

    fn works(&self) {
        let machine = r#"{"subscriptionId":"s-1","resourceGroupName":"lab","azEnvironment":"AzurePublicCloud"}"#;
        self.says("GET /metadata/instance/compute", &[reply(200, machine)]);
        let token =
            format!(r#"{{"access_token":"{TOKEN}","expires_in":"3599","token_type":"Bearer"}}"#);
        self.says("GET /metadata/identity/oauth2/token", &[reply(200, &token)]);
        let hub = format!(
            r#"{{"id":"{HUB}","name":"hub-rs","kind":"RouteServer","properties":{{"virtualRouterIps":["127.0.7.4","127.0.7.5"]}}}}"#
        );
        self.says(&format!("GET {HUB}"), &[reply(200, &hub)]);
        let peering = r#"{"value":[{"name":"other","properties":{"peerIp":"192.0.2.70"}},
            {"name":"nva","properties":{"peerIp":"127.0.0.1","peerAsn":65010,"provisioningState":"Succeeded"}}]}"#;
        self.says(&format!("GET {HUB}/bgpConnections"), &[reply(200, peering)]);
        let there = format!(
            "https://127.0.0.1:{}/subscriptions/s-1/operationResults/7?api-version=2022-01-01",
            self.tls
        );
        let accepted = Reply(
            202,
            format!("Location: {there}\r\nRetry-After: 0\r\n"),
            String::new(),
        );
        self.says(
            &format!("POST {HUB}/bgpConnections/nva/learnedRoutes"),
            &[accepted],
        );
        let waits = Reply(202, "Retry-After: 0\r\n".to_owned(), String::new());
        let null = Reply(200, "Retry-After: 0\r\n".to_owned(), "null".to_owned());
        self.says(
            "GET /subscriptions/s-1/operationResults/7",
            &[waits, null, reply(200, LEARNED)],
        );
    }

    fn says(&self, question: &str, replies: &[Reply]) {
        let mut answers = self.answers.lock().unwrap();
        answers
            .replies
            .insert(question.to_owned(), replies.iter().cloned().collect());
    }

    fn asked(&self) -> Vec<String> {
        self.answers.lock().unwrap().asked.clone()
    }

    fn verify(&self, arguments: &[&str]) -> Said {
        let at = |name: &str| self.folder.path().join(name);
        let config = r#"{"services": {"web": {"prefixes": ["9.9.9.9/32"], "next_hop": "172.16.156.70", "as_path": [65010],
            "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]}}}"#;
        std::fs::write(at("config.json"), config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
        command
            .arg("verify")
            .args(arguments)
            .arg("--azure-manager-url")
            .arg(format!("https://127.0.0.1:{}", self.tls))
            .arg("--azure-ca-file")
            .arg(at("authority.crt"))
            .envs(["http_proxy", "all_proxy"].map(|name| (name, "http://127.0.0.1:9")));
        if !arguments.contains(&"--azure-metadata-url") {
            command
                .arg("--azure-metadata-url")
                .arg(format!("http://127.0.0.1:{}", self.port));
        }
        if !arguments.contains(&"--status-file") {
            command.arg("--config").arg(at("config.json"));
        }
        let said = Said::of(&command.output().unwrap());
        assert!(
            !format!("{said:?}").contains("secret"),
            "the token is shown: {said:#?}"
        );
        said
    }
}

fn serve(stream: TcpStream, answers: &Mutex<Answers>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
        let question: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let (mut headers, mut header) = (String::new(), String::new());
        while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
            headers.push_str(&std::mem::take(&mut header).to_lowercase());
        }
        let path = question[1].split('?').next().unwrap();
        let key = format!("{} {path}", question[0]);
        let is_metadata = path.starts_with("/metadata");
        let is_allowed = match is_metadata {
            true => headers.contains("metadata: true") && !headers.contains("authorization"),
            false => headers.contains(&format!("authorization: bearer {}", TOKEN.to_lowercase())),
        };
        let Reply(status, more, body) = {
            let mut answers = answers.lock().unwrap();
            answers
                .asked
                .push(format!("{} {}", question[0], question[1]));
            if let Some((end, file, text)) = &answers.meanwhile
                && path.ends_with(end)
            {
                std::fs::write(file, text).unwrap();
            }
            match answers.replies.get_mut(&key) {
                _ if !is_allowed => reply(418, "the header is missing"),
                Some(replies) if replies.len() > 1 => replies.pop_front().unwrap(),
                Some(replies) => replies.front().unwrap().clone(),
                None => reply(
                    404,
                    r#"{"error":{"code":"ResourceNotFound","message":"The Resource was not found."}}"#,
                ),
            }
        };
        let head = format!(
            "HTTP/1.1 {status} x\r\n{more}Content-Length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = &stream;
        if stream.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
        line.clear();
    }
}

#[test]
fn what_the_route_server_learned_is_asked_and_compared() {
    let azure = Azure::new();
    let metrics = azure.folder.path().join("verify.prom");
    let named = format!("--azure={HUB}");
    azure
        .verify(&[&named, "--metrics", metrics.to_str().unwrap()])
        .ends_with(0)
        .shows(&["hub-rs", "IN_0", "IN_1", "peering 'nva'", "all agree"]);
    let asked = azure.asked();
    assert!(
        asked
            .iter()
            .any(|url| url.contains("resource=https%3A%2F%2F127.0.0.1")
                && !url.contains("client_id")),
        "{asked:#?}"
    );
    let text = std::fs::read_to_string(metrics).unwrap();
    for line in ["could_tell{process=\"verify\"} 1", "seen_by=\"IN_1\"} 1"] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn the_route_server_is_found_by_exabgps_neighbors() {
    let azure = Azure::new();
    let hubs = format!(
        r#"{{"value":[{{"id":"{HUB}2","properties":{{"virtualRouterIps":["198.51.100.4"]}}}},{{"id":"{HUB}","properties":{{"virtualRouterIps":["172.16.159.4","172.16.159.5"]}}}}]}}"#
    );
    azure.says(
        "GET /subscriptions/s-1/providers/Microsoft.Network/virtualHubs",
        &[reply(200, &hubs)],
    );
    let status = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/status/sample.json");
    azure
        .verify(&["--azure", "--status-file", status])
        .shows(&["asked Azure: Route Server 'hub-rs'", "IN_1"]);
    // The other hub's Route Server has one of them too: both are asked, each by its own peering.
    let both = hubs
        .replace("198.51.100.4", "172.16.159.5")
        .replace("172.16.159.4\",\"172.16.159.5", "172.16.159.4");
    azure.says(
        "GET /subscriptions/s-1/providers/Microsoft.Network/virtualHubs",
        &[reply(200, &both)],
    );
    let second = format!(
        r#"{{"id":"{HUB}2","name":"hub-rs2","properties":{{"virtualRouterIps":["127.0.7.4","127.0.7.5"]}}}}"#
    );
    azure.says(&format!("GET {HUB}2"), &[reply(200, &second)]);
    let peering = r#"{"value":[{"name":"nva2","properties":{"peerIp":"127.0.0.1"}}]}"#;
    azure.says(
        &format!("GET {HUB}2/bgpConnections"),
        &[reply(200, peering)],
    );
    let withdrawn = r#"{"RouteServiceRole_IN_0":[],"RouteServiceRole_IN_1":[]}"#;
    azure.says(
        &format!("POST {HUB}2/bgpConnections/nva2/learnedRoutes"),
        &[reply(200, withdrawn)],
    );
    azure.verify(&["--azure", "--status-file", status]).shows(&[
        "asked Azure: Route Server 'hub-rs'",
        "asked Azure: Route Server 'hub-rs2' (127.0.7.4, 127.0.7.5), peering 'nva2'",
        "! hub-rs: 9.9.9.9/32 at IN_1: still there, and should be withdrawn",
    ]);
    let none = hubs.replace("172.16.159", "203.0.113");
    azure.says(
        "GET /subscriptions/s-1/providers/Microsoft.Network/virtualHubs",
        &[reply(200, &none)],
    );
    azure
        .verify(&["--azure", "--status-file", status])
        .ends_with(2)
        .complains_of(&[
            "no Route Server of the subscription that the identity may read has 172.16.159.4",
            HUB,
            "--azure=RESOURCE-ID",
        ]);
    // A configuration tells of no neighbors.
    azure
        .verify(&["--azure"])
        .ends_with(2)
        .complains_of(&["by which the Route Server would be found"]);
}

#[test]
fn a_move_while_azure_is_asked_is_no_difference() {
    let azure = Azure::new();
    let status = include_str!("../../src/report/status/sample.json");
    let wanted = r#""wanted": "withdraw route 9.9.9.9/32""#;
    let announced =
        r#""wanted": "announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]""#;
    let before = status.replace(wanted, announced);
    assert_ne!(before, status);
    let file = azure.folder.path().join("status.json");
    std::fs::write(&file, &before).unwrap();
    azure.answers.lock().unwrap().meanwhile =
        Some(("/learnedRoutes", file.clone(), status.to_owned()));
    let named = format!("--azure={HUB}");
    azure
        .verify(&[&named, "--status-file", file.to_str().unwrap()])
        .ends_with(2)
        .shows(&["this NVA's routes were moved while Azure was asked; ask again"]);
}

#[test]
fn names_outside_ascii_and_others_paths_are_understood() {
    let azure = Azure::new();
    let (hub, in_url) = (
        HUB.replace("lab", "netz-süd"),
        HUB.replace("lab", "netz-s%C3%BCd"),
    );
    let properties = format!(
        r#"{{"id":"{hub}","name":"hub-rs","kind":"RouteServer","properties":{{"virtualRouterIps":["127.0.7.4","127.0.7.5"]}}}}"#
    );
    azure.says(&format!("GET {in_url}"), &[reply(200, &properties)]);
    let peering = r#"{"value":[{"name":"nva","properties":{"peerIp":"127.0.0.1"}}]}"#;
    azure.says(
        &format!("GET {in_url}/bgpConnections"),
        &[reply(200, peering)],
    );
    let mapped = LEARNED.replace("172.16.156.70", "::ffff:172.16.156.70").replace(
        "[{",
        r#"[{"localAddress":"127.0.7.5","network":"10.0.0.0/8","nextHop":"10.0.0.1","sourcePeer":"127.0.0.1","asPath":"65010-{65020,65030}"},{"#,
    );
    azure.says(
        &format!("POST {in_url}/bgpConnections/nva/learnedRoutes"),
        &[reply(200, &mapped)],
    );
    azure
        .verify(&[&format!("--azure={hub}")])
        .shows(&["172.16.156.70", "as intended"]);
}

#[test]
fn a_withdrawn_route_and_another_path_are_differences() {
    let azure = Azure::new();
    let named = format!("--azure={HUB}");
    let results = "GET /subscriptions/s-1/operationResults/7";
    azure.says(
        results,
        &[reply(
            200,
            r#"{"RouteServiceRole_IN_0":[],"RouteServiceRole_IN_1":[],"value":null}"#,
        )],
    );
    azure
        .verify(&[&named])
        .ends_with(1)
        .shows(&["something differs"]);
    azure.says(
        results,
        &[reply(200, &LEARNED.replace("\"65010\"", "\"65010-65010\""))],
    );
    azure.verify(&[&named]).ends_with(1).shows(&["65010 65010"]);
    // The specification's own example: each instance lists the route for both of its addresses.
    let twice = r#"[{"localAddress":"127.0.7.4","network":"9.9.9.9/32","nextHop":"172.16.156.70","sourcePeer":"127.0.0.1","asPath":"65010"},
        {"localAddress":"127.0.7.5","network":"9.9.9.9/32","nextHop":"172.16.156.70","sourcePeer":"127.0.0.1","asPath":"65010"}]"#;
    let both = format!(r#"{{"RouteServiceRole_IN_0":{twice},"RouteServiceRole_IN_1":{twice}}}"#);
    azure.says(results, &[reply(200, &both)]);
    azure.verify(&[&named]).ends_with(0).shows(&["all agree"]);
}

#[test]
fn a_refusal_names_what_is_missing() {
    let azure = Azure::new();
    let named = format!("--azure={HUB}");
    let learned = format!("POST {HUB}/bgpConnections/nva/learnedRoutes");
    let refused = |code: &str, message: &str| {
        format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#)
    };
    let denied = refused(
        "AuthorizationFailed",
        "The client 'o' with object id 'o' does not have authorization to perform action \
         'Microsoft.Network/virtualHubs/bgpConnections/learnedRoutes/action' over scope 'x' or the scope is invalid.",
    );
    for (question, answer, words) in [
        (
            &learned,
            reply(403, &denied),
            [
                "the action 'Microsoft.Network/virtualHubs/bgpConnections/learnedRoutes/action'",
                "'Reader' is not enough",
            ],
        ),
        (
            &learned,
            reply(401, &refused("InvalidAuthenticationToken", "bad")),
            ["InvalidAuthenticationToken", "another tenant"],
        ),
        (
            &learned,
            reply(409, &refused("AnotherOperationInProgress", "x")),
            ["AnotherOperationInProgress", "ask again in some minutes"],
        ),
        (
            &learned,
            Reply(
                302,
                "Location: https://evil.example/\r\n".to_owned(),
                String::new(),
            ),
            ["status 302", "the token must not go"],
        ),
        (
            &learned,
            Reply(
                202,
                "Location: https://evil.example/x\r\n".to_owned(),
                String::new(),
            ),
            ["leads elsewhere", "https://evil.example/x"],
        ),
        (
            &learned,
            Reply(
                202,
                format!("Location: https://127.0.0.1:{}9/x\r\n", azure.tls),
                String::new(),
            ),
            ["leads elsewhere", "9/x"],
        ),
        (
            &learned,
            reply(429, &refused("TooManyRequests", "x")),
            ["TooManyRequests", "asked too often"],
        ),
        (
            &learned,
            reply(200, "[cut"),
            ["Azure's answer:1:", "not JSON"],
        ),
        (
            &learned,
            reply(
                200,
                r#"{"RouteServiceRole_IN_0":[],"RouteServiceRole_IN_1":[],"error":{"code":"Boom","message":"x"}}"#,
            ),
            ["Boom", "the operation has failed"],
        ),
        (
            &learned,
            reply(
                200,
                r#"{"status":"Failed","error":{"code":"Boom","message":"x"}}"#,
            ),
            ["Boom", "the operation has failed"],
        ),
        (
            &learned,
            reply(
                200,
                r#"{"RouteServiceRole_IN_0":[{"network":"9.9.9.9\u001b[31m"}]}"#,
            ),
            ["'9.9.9.9\\u{1b}[31m' is not a prefix", ""],
        ),
        (
            &learned,
            Reply(
                202,
                "Location: https://evil.example/?t=eyJ0.this-is-secret.y\r\n".to_owned(),
                String::new(),
            ),
            ["leads elsewhere", "t=…"],
        ),
        (
            &learned,
            reply(
                418,
                &refused("Echo", "Bearer eyJ0.this-is-secret.y \\u202e"),
            ),
            ["Bearer … ", "Echo"],
        ),
        (
            &format!("GET {HUB}/bgpConnections"),
            reply(200, r#"{"value":null}"#),
            ["is no list", ""],
        ),
        (
            &format!("GET {HUB}/bgpConnections"),
            reply(
                200,
                r#"{"value":[{"name":"a","properties":{"peerIp":"127.0.0.1"}},{"name":"b","properties":{"peerIp":"::1"}}]}"#,
            ),
            ["several peerings with addresses of this host (a, b)", ""],
        ),
        (
            &format!("GET {HUB}"),
            reply(200, r#"{"id":"another"}"#),
            ["make no sense", ""],
        ),
        (
            &format!("GET {HUB}"),
            reply(
                404,
                &refused(
                    "ResourceGroupNotFound",
                    "Resource group 'lab' could not be found.",
                ),
            ),
            ["ResourceGroupNotFound", "check the resource ID"],
        ),
        (
            &format!("GET {HUB}/bgpConnections"),
            reply(
                200,
                r#"{"value":[{"name":"a","properties":{"peerIp":"192.0.2.1"}}],"nextLink":null}"#,
            ),
            ["no peering with an address of this host", "192.0.2.1"],
        ),
        (
            &"GET /metadata/identity/oauth2/token".to_owned(),
            reply(
                400,
                r#"{"error":"invalid_request","error_description":"Identity not found"}"#,
            ),
            ["Identity not found", "assign one to it"],
        ),
        (
            &"GET /metadata/identity/oauth2/token".to_owned(),
            reply(200, r#"{"access_token":"a b\r\n"}"#),
            ["without a token", ""],
        ),
    ] {
        azure.works();
        azure.says(question, &[answer]);
        azure
            .verify(&[&named, "--azure-timeout", "5s"])
            .ends_with(2)
            .complains_of(&words);
    }
}

#[test]
fn an_operation_without_an_end_and_nobody_at_all_are_named() {
    let azure = Azure::new();
    let named = format!("--azure={HUB}");
    let waits = Reply(202, "Retry-After: 1\r\n".to_owned(), String::new());
    azure.says("GET /subscriptions/s-1/operationResults/7", &[waits]);
    let metrics = azure.folder.path().join("verify.prom");
    azure
        .verify(&[
            &named,
            "--azure-timeout",
            "3s",
            "--metrics",
            metrics.to_str().unwrap(),
        ])
        .ends_with(2)
        .complains_of(&["in time", "--azure-timeout"]);
    let text = std::fs::read_to_string(metrics).unwrap();
    assert!(text.contains("could_tell{process=\"verify\"} 0"), "{text}");
    let closed = format!("http://127.0.0.1:{}", free_port());
    azure
        .verify(&[&named, "--azure-metadata-url", &closed])
        .ends_with(2)
        .complains_of(&["no metadata service", "is this a VM of Azure's?"]);
}

#[test]
fn what_stands_beside_is_shown() {
    let azure = Azure::new();
    let group = "/subscriptions/s-1/resourceGroups/lab/providers/Microsoft.Network";
    let (nic, circuit) = (
        format!("{group}/networkInterfaces/vm-1"),
        format!("{group}/expressRouteCircuits/er-1"),
    );
    let routes = r#"{"value":[{"addressPrefix":["9.9.9.9/32"],"nextHopIpAddress":["172.16.156.70"],
        "nextHopType":"VirtualNetworkGateway","state":"Active","source":"VirtualNetworkGateway"}]}"#;
    azure.says(
        &format!("POST {nic}/effectiveRouteTable"),
        &[reply(200, routes)],
    );
    let table = r#"{"value":[{"network":"9.9.9.9/32","nextHop":"192.0.2.12","locPrf":"","weight":0,"path":"65515 65010"}]}"#;
    azure.says(
        &format!("POST {circuit}/peerings/AzurePrivatePeering/routeTables/primary"),
        &[reply(200, table)],
    );
    azure.says(
        &format!("POST {circuit}/peerings/AzurePrivatePeering/routeTables/secondary"),
        &[reply(200, r#"{"value":[]}"#)],
    );
    azure
        .verify(&[&format!("--azure={HUB}"), "--azure-nic", &nic, "--azure-circuit", &circuit])
        .ends_with(0)
        .shows(&[
            "network interface 'vm-1': 9.9.9.9/32: to 172.16.156.70 (VirtualNetworkGateway, Active)",
            "circuit 'er-1', primary: 9.9.9.9/32: to 192.0.2.12, AS path 65515 65010",
            "circuit 'er-1', secondary: 9.9.9.9/32: no route of exactly this prefix",
        ]);
    // What stands beside is no reason to say nothing of the rest.
    let stopped = r#"{"error":{"code":"NicMustBeAttachedToRunningVmForGettingEffectiveRoutes","message":"x"}}"#;
    azure.says(
        &format!("POST {nic}/effectiveRouteTable"),
        &[reply(400, stopped)],
    );
    azure
        .verify(&[&format!("--azure={HUB}"), "--azure-nic", &nic])
        .ends_with(0)
        .shows(&["the VM of that network interface must run", "all agree"]);
    for (flag, kind) in [
        ("--azure-nic", "networkInterfaces"),
        ("--azure-circuit", "expressRouteCircuits"),
    ] {
        azure
            .verify(&[&format!("--azure={HUB}"), flag, HUB])
            .ends_with(64)
            .complains_of(&[&format!("the ID ends in /{kind}/NAME")]);
    }
}

/// That all agree is said only where both instances told of this NVA's routes.
#[test]
fn what_may_not_be_all_is_unknown() {
    let azure = Azure::new();
    let named = format!("--azure={HUB}");
    for (learned, words) in [
        (
            LEARNED.replace("127.0.7.5", "127.0.7.4"),
            "one and the same instance",
        ),
        (
            LEARNED.replace("127.0.7.5", "127.0.7.9"),
            "127.0.7.9 is no instance of this Route Server",
        ),
        (
            LEARNED.replace(r#""sourcePeer":"127.0.0.1""#, r#""sourcePeer":"127.0.0.9""#),
            "another peering's",
        ),
        (
            r#"{"RouteServiceRole_IN_0":null,"RouteServiceRole_IN_1":[]}"#.to_owned(),
            "not even an empty one",
        ),
        (
            LEARNED.replace("IN_1", "IN_"),
            "a Route Server has two instances",
        ),
    ] {
        azure.says(
            "GET /subscriptions/s-1/operationResults/7",
            &[reply(200, &learned)],
        );
        let level = if learned.contains("null") {
            "down"
        } else {
            "up"
        };
        azure
            .verify(&[&named, "--level", level])
            .ends_with(2)
            .shows(&[words]);
    }
}

/// An operation that is told of by Azure-AsyncOperation, and one that fails there.
#[test]
fn an_operation_says_how_far_it_has_come() {
    let azure = Azure::new();
    let named = format!("--azure={HUB}");
    let place = format!("https://127.0.0.1:{}/subscriptions/s-1", azure.tls);
    let headers = format!(
        "Azure-AsyncOperation: {place}/operations/7?x=y\r\nLocation: {place}/operationResults/7?x=y\r\n"
    );
    azure.says(
        &format!("POST {HUB}/bgpConnections/nva/learnedRoutes"),
        &[Reply(202, headers, String::new())],
    );
    let says = |word: &str| {
        let body = format!(r#"{{"status":"{word}","error":{{"code":"Boom","message":"x"}}}}"#);
        reply(200, &body)
    };
    let operation = "GET /subscriptions/s-1/operations/7";
    azure.says(operation, &[says("InProgress"), says("Succeeded")]);
    azure.verify(&[&named]).ends_with(0).shows(&["all agree"]);
    azure.says(operation, &[says("Failed")]);
    azure
        .verify(&[&named])
        .ends_with(2)
        .complains_of(&["Boom", "the operation has failed there"]);
}

/// A file that cannot be written takes no answer away, and a series is there once.
#[test]
fn metrics_of_two_routes_of_one_prefix_are_one_series() {
    let azure = Azure::new();
    let named = format!("--azure={HUB}");
    let row = r#"{"localAddress":"127.0.7.5","network":"9.9.9.9/32","nextHop":"192.0.2.1","sourcePeer":"127.0.0.1","asPath":"65010"},"#;
    let two = LEARNED.replace(r#"IN_0":["#, &format!(r#"IN_0":[{row}"#));
    azure.says(
        "GET /subscriptions/s-1/operationResults/7",
        &[reply(200, &two)],
    );
    let metrics = azure.folder.path().join("verify.prom");
    azure
        .verify(&[&named, "--metrics", metrics.to_str().unwrap()])
        .ends_with(1);
    let text = std::fs::read_to_string(metrics).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("IN_0")).collect();
    assert!(lines.len() == 1 && lines[0].ends_with(" 0"), "{text}");
    azure
        .verify(&[&named, "--metrics", "/proc/no/such/file.prom"])
        .ends_with(2)
        .shows(&["something differs"])
        .complains_of(&["failed to write '/proc/no/such/file.prom'"]);
}
