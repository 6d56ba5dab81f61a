//! Where frontends lead, in plain files and in odd ones.

use proptest::prelude::*;

use super::*;

fn leads(text: &str, frontend: &str) -> String {
    let ways = Ways::read([text]);
    let to = |backend: &str| match ways.leads(frontend, backend) {
        Some(Leads::Yes) => Some(backend.to_owned()),
        Some(Leads::No) => None,
        Some(Leads::Perhaps(made)) => Some(format!("{backend}? {made}")),
        None => Some("no such frontend".to_owned()),
    };
    ["a", "b", "web"]
        .into_iter()
        .filter_map(to)
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn a_frontend_leads_where_its_rules_name_a_backend() {
    let text = "
frontend web
    bind :80
    use_backend a if { path_beg /a }  # default_backend c
    default_backend b
backend a
    server s 192.0.2.1:80
backend b
    use_backend web
";
    assert_eq!(leads(text, "web"), "a, b");
    assert_eq!(
        leads(text, "a"),
        "no such frontend, no such frontend, no such frontend"
    );
}

#[test]
fn the_last_default_backend_counts_and_in_a_conditional_block_each_may() {
    assert_eq!(
        leads(
            "frontend web\\n default_backend a\\n default_backend b"
                .replace("\\n", "\n")
                .as_str(),
            "web"
        ),
        "b"
    );
    let text = "frontend web\n default_backend web\n.if defined(A)\n default_backend a\n.else\n default_backend b\n.endif\n";
    assert_eq!(leads(text, "web"), "a, b, web");
}

#[test]
fn a_frontend_inherits_the_default_backend_of_its_defaults() {
    let text = "
defaults first
    default_backend a
frontend of_first
    bind :1
defaults from first
    mode http
frontend of_last
    bind :2
frontend own
    default_backend b
frontend named from other
    bind :3
listen inherits
    bind :4
defaults other
    default_backend b
frontend later from other
defaults
frontend none
";
    for (frontend, backends) in [
        ("of_first", "a"),
        ("of_last", "a"),
        ("own", "b"),
        // A `defaults` section counts only for sections after it.
        ("named", ""),
        ("later", "b"),
        ("inherits", "a"),
        ("none", ""),
    ] {
        assert_eq!(leads(text, frontend), backends, "{frontend}");
    }
}

#[test]
fn a_listen_section_leads_to_itself_and_where_its_rules_lead() {
    assert_eq!(
        leads("listen web\n bind :80\n server s 192.0.2.1:80", "web"),
        "web"
    );
    assert_eq!(leads("listen web\n use_backend a if TRUE", "web"), "a, web");
    assert_eq!(leads("listen web\n default_backend b", "web"), "b");
}

#[test]
fn a_name_that_is_made_while_haproxy_runs_cannot_be_told() {
    let made = "a, b? %[req.hdr(host),lower], web? %[req.hdr(host),lower]";
    assert_eq!(
        leads(
            "frontend web\n use_backend %[req.hdr(host),lower]\n default_backend a",
            "web"
        ),
        made
    );
    assert_eq!(
        leads("frontend web\n default_backend \"$NAME\"", "web"),
        "a? $NAME, b? $NAME, web? $NAME"
    );
}

#[test]
fn odd_files_are_read_as_haproxy_reads_them() {
    assert_eq!(
        leads("frontend \"web\"#x\n\tdefault_backend 'a'\r\n", "web"),
        "a"
    );
    assert_eq!(
        leads("frontend web 192.0.2.1:80\ndefault_backend a", "web"),
        "a"
    );
    assert_eq!(
        leads(
            "default_backend a\nfrontend\nuse_backend\nfrontend web\ndefaults\nuse_backend b\n.endif",
            "web"
        ),
        ""
    );
    assert_eq!(
        leads(
            "frontend web\nglobal\n default_backend a\nbackend b\n default_backend b",
            "web"
        ),
        ""
    );
}

#[test]
fn several_files_are_one_configuration_and_a_section_ends_with_its_file() {
    let ways = Ways::read([
        "defaults\n default_backend a\nfrontend one\n.if 0",
        " default_backend b\nfrontend two\n",
        "",
    ]);
    assert_eq!(
        (ways.leads("one", "a"), ways.leads("one", "b")),
        (Some(Leads::Yes), Some(Leads::No))
    );
    assert_eq!(ways.leads("two", "a"), Some(Leads::Yes));
    assert_eq!(ways.frontends().collect::<Vec<_>>(), ["one", "two"]);
}

#[test]
fn the_shipped_levels_name_the_frontend_that_the_shipped_haproxy_cfg_leads_through() {
    for (cfg, config) in [
        (
            include_str!("../../haproxy/north-europe.cfg"),
            include_str!("../../exabgp/north-europe/config.json"),
        ),
        (
            include_str!("../../haproxy/west-europe.cfg"),
            include_str!("../../exabgp/west-europe/config.json"),
        ),
    ] {
        let ways = Ways::read([cfg]);
        let to = |frontend: &&str| ways.leads(frontend, "http_back") == Some(Leads::Yes);
        assert_eq!(
            ways.frontends().filter(to).collect::<Vec<_>>(),
            ["http_front"]
        );
        let config = crate::config::parse(config).unwrap();
        let asked = crate::haproxy_cfg::Asked::of(&config.services[0].levels[0].when);
        assert_eq!(
            (asked.frontends, asked.backends),
            (["http_front"].into(), ["http_back"].into())
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_read(lines in proptest::collection::vec(
        prop_oneof![
            any::<String>(),
            "(defaults|frontend|listen|backend|global|use_backend|default_backend|\\.if|\\.endif)( (a|from|%\\[x\\]|\"|\\\\))*",
        ],
        0..20,
    )) {
        let ways = Ways::read([lines.join("\n").as_str()]);
        for frontend in ways.frontends() {
            prop_assert!(ways.leads(frontend, "a").is_some());
        }
    }
}
