use std::io::Cursor;

use super::files::{CONFIG_PATH, EXABGP_PATH};
use super::question::Question;
use super::*;
use crate::failure::Kind;

fn flags(words: &[&str]) -> InitTask {
    use clap::Parser;
    let cli = crate::cli::Cli::try_parse_from(["haproxy-rhi", "init"].iter().chain(words)).unwrap();
    match cli.command {
        crate::cli::Task::Init(task) => *task,
        other => panic!("{other:?}"),
    }
}

fn answered(words: &[&str]) -> Result<Answers, Failure> {
    answers(
        &mut flags(words),
        &mut Asker {
            input: None,
            output: &mut io::sink(),
        },
    )
    .map(|(answers, _)| answers)
}

fn files(answers: &Answers) -> Vec<Made> {
    Existing::default().files(answers, false)
}

fn judged(files: &[Made]) -> Result<String, Failure> {
    super::judged(files, &Existing::default())
}

fn shown(files: &[Made], root: &Path) -> String {
    super::shown(files, &Existing::default(), root)
}

const NORTH: [&str; 17] = [
    "--region",
    "North Europe",
    "--prefix",
    "9.9.9.9/32",
    "--address",
    "172.16.156.70",
    "--local-as",
    "65010",
    "--route-server",
    "172.16.159.4",
    "--route-server",
    "172.16.159.5",
    "--primary",
    "--server",
    "backend01=172.16.156.69",
    "--sibling",
    "172.16.136.70",
];
const WEST: [&str; 17] = [
    "--region",
    "West Europe",
    "--prefix",
    "9.9.9.9/32",
    "--address",
    "172.16.136.70",
    "--local-as",
    "65010",
    "--route-server",
    "172.16.139.4",
    "--route-server",
    "172.16.139.5",
    "--secondary",
    "--server",
    "backend01=172.16.136.69:80",
    "--sibling",
    "172.16.156.70",
];
/// Without a sibling, with two servers.
const ALONE: [&str; 15] = [
    "--prefix",
    "10.99.0.1/32",
    "--prefix",
    "10.99.0.2/32",
    "--address",
    "10.0.0.4",
    "--route-server",
    "10.0.1.4",
    "--route-server",
    "10.0.1.5",
    "--no-sibling",
    "--server",
    "a=10.0.0.5:8080",
    "--server",
    "b=[fd00::6]:80",
];

fn text<'a>(files: &'a [Made], path: &str) -> &'a str {
    files
        .iter()
        .find(|(known, _)| *known == path)
        .map(|(_, text)| text.as_str())
        .unwrap()
}

/// `UPDATE_SHIPPED=1` writes it.
fn is_shipped(made: &[Made], place: &str, shipped: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(shipped);
    if std::env::var_os("UPDATE_SHIPPED").is_some() {
        std::fs::write(&path, text(made, place)).unwrap();
    }
    let shipped = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text(made, place), shipped, "{}", path.display());
}

#[test]
fn the_shipped_files_of_both_regions_are_what_is_made_of_the_documentations_values() {
    for (words, region) in [
        (NORTH.as_slice(), "north-europe"),
        (WEST.as_slice(), "west-europe"),
    ] {
        let files = files(&answered(words).unwrap());
        is_shipped(
            &files,
            files::EXABGP_PATH,
            &format!("exabgp/{region}/exabgp.conf"),
        );
        is_shipped(
            &files,
            files::CONFIG_PATH,
            &format!("exabgp/{region}/config.json"),
        );
        is_shipped(
            &files,
            files::HAPROXY_PATH,
            &format!("haproxy/{region}.cfg"),
        );
    }
}

#[test]
fn the_shipped_second_chance_is_what_is_made_of_the_documentations_values_in_either_region() {
    let nvas = [
        "--nva",
        "North Europe=172.16.156.70",
        "--nva",
        "West Europe=172.16.136.70",
    ];
    for words in [NORTH.as_slice(), WEST.as_slice()] {
        let files = files(&answered(&[words, &nvas].concat()).unwrap());
        let shipped = "systemd/second-chance/second-chance.conf";
        is_shipped(&files, files::SECOND_CHANCE_PATH, shipped);
        assert!(judged(&files).is_ok());
    }
    let without = files(&answered(&NORTH).unwrap());
    assert!(
        without
            .iter()
            .all(|(path, _)| *path != files::SECOND_CHANCE_PATH)
    );
}

#[test]
fn a_second_chance_has_every_nva_and_every_prefix_in_the_order_that_was_said() {
    let made = |nvas: &[&str]| {
        let flags = nvas.iter().flat_map(|nva| ["--nva", nva]);
        let words: Vec<&str> = ALONE.iter().copied().chain(flags).collect();
        let made = answered(&words).map_err(|why| format!("{why:?}"))?;
        let files = files(&made);
        judged(&files).map_err(|why| format!("{why:?}"))?;
        Ok::<_, String>(text(&files, files::SECOND_CHANCE_PATH).to_owned())
    };
    for nvas in [
        ["10.2.0.4", "10.0.0.4", "10.1.0.4"],
        ["fd00:2::4", "fd00::4", "fd00:1::4"],
    ] {
        let text = made(&nvas).unwrap();
        let values = |key: &str| -> Vec<&str> {
            text.lines()
                .filter_map(|line| line.strip_prefix(key)?.split_whitespace().next())
                .collect()
        };
        assert_eq!(values("nva "), nvas);
        assert_eq!(values("prefix ").len(), 2);
    }
    for (nvas, why) in [
        (
            &["10.1.0.4", "10.2.0.4"][..],
            "this NVA, 10.0.0.4, is not among the NVAs",
        ),
        (&["10.0.0.4"], "only one NVA"),
        (&["10.0.0.4", "10.0.0.4"], "is there twice"),
        (&["10.0.0.4", "fd00::4"], "not of the family"),
        (&["10.0.0.4", "10.99.0.1"], "lies in the anycast prefix"),
        (&["10.0.0.4", "127.0.0.1"], "other NVAs cannot reach"),
    ] {
        let problem = made(nvas).unwrap_err();
        assert!(
            problem.contains(why) && problem.contains("kind: Usage"),
            "{problem}"
        );
    }
    let sibling = [
        NORTH.as_slice(),
        &["--nva", "172.16.156.70", "--nva", "10.0.0.1"],
    ]
    .concat();
    assert!(
        matches!(answered(&sibling), Err(Failure { kind: Kind::Usage, text: why }) if why.contains("the sibling, 172.16.136.70,"))
    );
}

#[test]
fn nothing_of_the_documentation_is_left_in_another_nvas_files() {
    let mut words = ALONE.to_vec();
    words.extend([
        "--backend",
        "web",
        "--local-as",
        "64999",
        "--prepend",
        "1",
        "--check",
        "/ready?full",
        "--next-hop",
        "10.0.0.100",
    ]);
    let answers = answered(&words).unwrap();
    let made = files(&answers);
    for (path, text) in &made {
        for stale in [
            "172.16.",
            "65010",
            "9.9.9.9",
            "North Europe",
            "http_back",
            "backend01",
            "ibling",
        ] {
            // The name of haproxy-rhi's key is not the documentation's, and the haproxy.cfg speaks of none.
            assert!(!text.contains(stale), "{path} has {stale}:\n{text}");
        }
    }
    let haproxy = text(&made, files::HAPROXY_PATH);
    for line in [
        "    server a 10.0.0.5:8080 tcp-ut 3s\n    server b [fd00::6]:80 tcp-ut 3s\n",
        "    server b [fd00::6]:80 track web/b tcp-ut 3s\n",
        "    retries 8\n",
        "    option httpchk GET /ready?full\n",
        "    default_backend web\n",
    ] {
        assert!(haproxy.contains(line), "{line} is not in {haproxy}");
    }
    let config = config::parse(text(&made, files::CONFIG_PATH)).unwrap();
    let lines =
        crate::announce::lines(&config.services[0], crate::glance::Standing::Level(0), None);
    assert_eq!(
        lines[1],
        "announce route 10.99.0.2/32 next-hop 10.0.0.100 as-path [ 64999 64999 ]"
    );
    judged(&made).unwrap();
}

#[test]
fn a_takeover_has_room_in_both_regions_and_is_the_standbys() {
    let path = |words: &[&str], standing| {
        let words: Vec<&str> = words.iter().chain(&["--takeover"]).copied().collect();
        let made = files(&answered(&words).unwrap());
        judged(&made).unwrap();
        let config = config::parse(text(&made, files::CONFIG_PATH)).unwrap();
        crate::announce::lines(&config.services[0], standing, None).remove(0)
    };
    use crate::glance::Standing::{Level, Takeover};
    assert!(path(&NORTH, Level(0)).ends_with("as-path [ 65010 65010 ]"));
    // It is preferred, and takes over from nobody.
    assert_eq!(path(&NORTH, Takeover), path(&NORTH, Level(0)));
    assert!(path(&WEST, Level(0)).ends_with("as-path [ 65010 65010 65010 65010 ]"));
    assert!(path(&WEST, Takeover).ends_with("as-path [ 65010 ]"));
}

/// What tests/cli/rehearse.trycmd finds nothing wrong with.
#[test]
fn a_takeover_and_damping_make_the_files_that_are_rehearsed() {
    for (words, made) in [
        (
            NORTH,
            include_str!("../../tests/cli/rehearse/north_europe_made.json"),
        ),
        (
            WEST,
            include_str!("../../tests/cli/rehearse/west_europe_made.json"),
        ),
    ] {
        let words = [words.as_slice(), &["--takeover", "--damping"]].concat();
        let files = files(&answered(&words).unwrap());
        assert_eq!(text(&files, files::CONFIG_PATH), made);
    }
}

#[test]
fn nothing_of_a_template_is_left_in_a_file() {
    for words in [
        NORTH.as_slice(),
        WEST.as_slice(),
        [ALONE.as_slice(), &["--primary"]].concat().as_slice(),
    ] {
        for (path, text) in files(&answered(words).unwrap()) {
            let is_left = |line: &&str| line.starts_with('@') || line.contains("{{");
            assert_eq!(text.lines().find(is_left), None, "{path}");
        }
    }
}

#[test]
fn values_against_azures_rules_are_refused() {
    let refused = |more: &[&str]| {
        let words: Vec<&str> = ALONE.iter().chain(more).copied().collect();
        judged(&files(&answered(&words).unwrap())).unwrap_err()
    };
    assert!(
        matches!(refused(&["--local-as", "65515"]), Failure { kind: Kind::Configuration, text: why } if why.starts_with("AZ001"))
    );
    assert!(
        matches!(refused(&["--local-as", "70000"]), Failure { kind: Kind::Configuration, text: why } if why.starts_with("AZ002"))
    );
}

#[test]
fn values_that_do_not_fit_each_other_are_refused() {
    let refused = |change: (&str, &str)| {
        let words: Vec<&str> = NORTH
            .iter()
            .map(|word| if *word == change.0 { change.1 } else { word })
            .collect();
        match answered(&words) {
            Err(Failure {
                kind: Kind::Usage,
                text: why,
            }) => why,
            other => panic!("{change:?}: {other:?}"),
        }
    };
    assert!(refused(("172.16.159.5", "172.16.159.4")).contains("virtualRouterIps"));
    assert!(refused(("172.16.136.70", "172.16.156.70")).contains("its sibling"));
    assert!(refused(("172.16.156.70", "172.16.159.4")).contains("a Route Server"));
    assert!(refused(("backend01=172.16.156.69", "sibling=172.16.156.69")).contains("'sibling'"));
    let twice = [NORTH.as_slice(), &["--server", "backend01=10.0.0.1"]].concat();
    assert!(
        matches!(answered(&twice), Err(Failure { kind: Kind::Usage, text: why }) if why.contains("is there twice"))
    );
    let v6 = [NORTH.as_slice(), &["--prefix", "2001:db8::9/128"]].concat();
    assert!(
        matches!(answered(&v6), Err(Failure { kind: Kind::Usage, text: why }) if why.contains("IPv4 only"))
    );
    let one = [
        "--prefix",
        "9.9.9.9/32",
        "--address",
        "10.0.0.4",
        "--route-server",
        "10.0.1.4",
        "--server",
        "a=10.0.0.5",
    ];
    assert!(
        matches!(answered(&one), Err(Failure { kind: Kind::Usage, text: why }) if why.contains("--route-server"))
    );
    assert!(
        matches!(answered(&[]), Err(Failure { kind: Kind::Usage, text: why }) if why.contains("missing") && why.contains("--prefix 9.9.9.9/32") && why.contains("--sibling"))
    );
}

#[test]
fn questions_have_defaults_and_are_asked_again_until_they_are_answered() {
    let said = "\n\nnowhere\n172.16.156.70\n\n172.16.159.4\n172.16.159.4, 172.16.159.5\nsecondary\n\nbackend01=172.16.156.69 backend02=172.16.156.68:8080\n\n172.16.136.70\nSouth=10.0.0.1, nowhere\nNorth Europe=172.16.156.70, 172.16.136.70\n";
    let (mut input, mut output) = (Cursor::new(said), Vec::new());
    let mut task = InitTask::default();
    let (found, asked) = answers(
        &mut task,
        &mut Asker {
            input: Some(&mut input),
            output: &mut output,
        },
    )
    .unwrap();
    assert!(asked);
    assert_eq!(
        (found.prepend, found.servers.len(), found.local_as),
        (2, 2, 65010)
    );
    assert_eq!(found.prefixes[0].to_string(), "9.9.9.9/32");
    assert_eq!(
        found.siblings,
        ["172.16.136.70".parse::<std::net::Ipv4Addr>().unwrap()]
    );
    let output = String::from_utf8(output).unwrap();
    assert!(output.contains("This NVA's own address:   'nowhere' is not the IPv4 address of a host, such as 172.16.156.70\nThis NVA's own address: "), "{output}");
    assert!(output.contains("virtualRouterIps"), "{output}");
    assert!(
        output.contains("'nowhere' is not the address of an NVA"),
        "{output}"
    );
    let region = found.nvas[0]
        .region
        .as_ref()
        .map(|region| region.0.as_str());
    assert_eq!((found.nvas.len(), region), (2, Some("North Europe")));
    // Whoever leaves in the middle has answered nothing.
    let mut input = Cursor::new("\n\n");
    let left = answers(
        &mut InitTask::default(),
        &mut Asker {
            input: Some(&mut input),
            output: &mut io::sink(),
        },
    );
    assert_eq!(left, Err(super::nothing_written()));
}

#[test]
fn all_files_are_written_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let made = files(&answered(&NORTH).unwrap());
    assert_eq!(
        written(&made, &Existing::default(), folder.path(), false)
            .unwrap()
            .matches(": written\n")
            .count(),
        made.len()
    );
    assert_eq!(
        written(&made, &Existing::default(), folder.path(), false)
            .unwrap()
            .matches(": is so already\n")
            .count(),
        made.len()
    );
    assert_eq!(shown(&made, folder.path()).lines().count(), made.len());
    let other = files(&answered(&WEST).unwrap());
    std::fs::remove_file(folder.path().join(files::EXABGP_PATH)).unwrap();
    let refused = written(&other, &Existing::default(), folder.path(), false).unwrap_err();
    assert!(
        refused.contains("haproxy.cfg") && refused.contains("are there already"),
        "{refused}"
    );
    assert!(
        !folder.path().join(files::EXABGP_PATH).exists(),
        "one was written all the same"
    );
    let diff = shown(&other, folder.path());
    for line in [
        "--- /dev/null\n",
        "-      \"next_hop\": \"172.16.156.70\",\n",
        "+      \"next_hop\": \"172.16.136.70\",\n",
    ] {
        assert!(diff.contains(line), "{diff}");
    }
    assert_eq!(
        written(&other, &Existing::default(), folder.path(), true)
            .unwrap()
            .matches("config.json.bak")
            .count(),
        1
    );
}

/// What `init` makes of files, and whether it writes it.
fn run(words: &[&str]) -> Result<String, Failure> {
    init(&flags(words)).map(|answer| answer.text)
}

#[test]
fn from_the_files_that_it_has_written_it_takes_the_same_values() {
    let alone = [ALONE.as_slice(), &["--primary"]].concat();
    for words in [NORTH.as_slice(), WEST.as_slice(), alone.as_slice()] {
        let folder = tempfile::tempdir().unwrap();
        let made = answered(words).unwrap();
        written(&files(&made), &Existing::default(), folder.path(), false).unwrap();
        let path = |place: &str| folder.path().join(place).display().to_string();
        let mut task = flags(&[
            "--from-exabgp",
            &path(files::EXABGP_PATH),
            "--from-haproxy",
            &path(files::HAPROXY_PATH),
        ]);
        let (existing, found) = Existing::read(&mut task).unwrap();
        let mut asker = Asker {
            input: None,
            output: &mut io::sink(),
        };
        let (again, _) =
            answers(&mut task, &mut asker).unwrap_or_else(|why| panic!("{why:?}: {found}"));
        assert_eq!(again, made);
        assert_eq!(
            existing.missing(&again, false),
            "missing for haproxy-rhi: nothing\n\n"
        );
        assert_eq!(existing.files(&again, false), files(&made));
    }
}

#[test]
fn what_its_own_configuration_carries_and_asks_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().display().to_string();
    let words = [NORTH.as_slice(), &["--output-dir", &root]].concat();
    run(&words).unwrap();
    let path = |place: &str| folder.path().join(place).display().to_string();
    let config = path(CONFIG_PATH);
    let text = std::fs::read_to_string(&config).unwrap();
    let edited = text
        .replace(
            "\"rise\": 2,",
            "\"rise\": 2, \"med\": 7, \"community\": [\"65010:9\"],",
        )
        .replace("172.16.136.70/health", "172.16.136.70:8088/health");
    std::fs::write(&config, edited).unwrap();
    let (exabgp, haproxy) = (path(files::EXABGP_PATH), path(files::HAPROXY_PATH));
    let again = run(&["--from-exabgp", &exabgp, "--from-haproxy", &haproxy]).unwrap();
    for line in [
        "+      \"med\": 7,\n+      \"community\": [\"65010:9\"],\n",
        "+        \"urls\": [\"http://172.16.136.70:8088/health\"],",
        "  this NVA's   http://172.16.156.70/health, and",
        "  asked there  http://172.16.136.70:8088/health, as config.json has it",
    ] {
        assert!(again.contains(line), "{line}: {again}");
    }
}

#[test]
fn what_is_anothers_is_not_dropped_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().display().to_string();
    let force = [NORTH.as_slice(), &["--output-dir", &root, "--force"]].concat();
    let there = |place: &str, text: &str| {
        let path = folder.path().join(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    there(
        files::EXABGP_PATH,
        include_str!("../../tests/cli/conf/shop.conf"),
    );
    there(
        files::HAPROXY_PATH,
        include_str!("../../tests/cli/conf/shop.cfg"),
    );
    let Err(Failure {
        kind: Kind::Refused,
        text: why,
    }) = run(&force)
    else {
        panic!()
    };
    for word in [
        "exabgp.conf:2: process watch-links",
        "exabgp.conf:38: neighbor 10.0.0.1",
        "static route 9.9.9.9/32",
        "haproxy.cfg:30: backend shop",
        "--from-exabgp",
    ] {
        assert!(why.contains(word), "{word}: {why}");
    }
    // Kept and added to, nothing is lost.
    let (conf, cfg) = (
        format!("{root}/{}", files::EXABGP_PATH),
        format!("{root}/{}", files::HAPROXY_PATH),
    );
    let from = [
        "--from-exabgp",
        &conf,
        "--from-haproxy",
        &cfg,
        "--no-sibling",
        "--output-dir",
        &root,
        "--force",
    ];
    assert!(run(&from).unwrap().contains("exabgp.conf.bak"));
    // Its own files are init's to replace, and so is what has no sections: a package's haproxy.cfg.
    there(
        files::EXABGP_PATH,
        include_str!("../../exabgp/west-europe/exabgp.conf"),
    );
    there(
        files::HAPROXY_PATH,
        "global\n\tdaemon\ndefaults\n\tmode http\n",
    );
    assert!(run(&force).unwrap().contains("haproxy.cfg.bak"));
    there(
        files::HAPROXY_PATH,
        include_str!("../../haproxy/west-europe.cfg"),
    );
    assert!(run(&force).is_ok());
}

#[test]
fn a_page_that_does_not_say_whose_it_is_gets_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haproxy.cfg").display().to_string();
    let page = "defaults\n mode http\nfrontend web\n bind 127.0.0.1:81,*:8088\n monitor-uri /alive\n monitor fail unless { date,neg,add(proc.announced_until) -m int 1:10 }\n default_backend b\nbackend b\n server s 10.0.0.9:80 check\n";
    let made = |cfg: &str, more: &[&str]| {
        std::fs::write(&path, cfg).unwrap();
        let mut words: Vec<&str> = ALONE.to_vec();
        words.retain(|word| *word != "--no-sibling");
        words.extend(["--primary", "--backend", "b", "--from-haproxy", &path]);
        words.extend(more);
        run(&words).unwrap()
    };
    let sibling = ["--sibling", "10.9.0.4"];
    let line = "http-after-response set-header haproxy-rhi-nva 10.0.0.4 if { be_name web }";
    let text = made(page, &sibling);
    let says = |text: &str| {
        text.contains("the header haproxy-rhi-nva of the page of frontend 'web', by which")
    };
    assert!(
        says(&text) && text.contains(&format!("+ {line}\n")),
        "{text}"
    );
    assert!(
        text.contains("this NVA's   http://10.0.0.4:8088/alive, "),
        "{text}"
    );
    let text = made(page, &[sibling.as_slice(), &["--add"]].concat());
    assert!(
        says(&text) && text.contains(&format!("write '{line}' there")),
        "{text}"
    );
    // With the line, nothing is missing; without others that ask, nothing is wanted.
    let whole = page.replace(" default_backend", &format!(" {line}\n default_backend"));
    assert!(!says(&made(&whole, &sibling)));
    assert!(!says(&made(page, &["--no-sibling"])));
}

#[test]
fn adding_writes_only_beside_his_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().display().to_string();
    let words = [
        "--from-haproxy",
        "tests/cli/conf/article.cfg",
        "--from-exabgp",
        "tests/cli/conf/article.conf",
    ];
    let text = run(&[
        words.as_slice(),
        &["--no-sibling", "--add", "--output-dir", &root],
    ]
    .concat())
    .unwrap();
    assert!(
        text.contains("change tests/cli/conf/article.conf yourself"),
        "{text}"
    );
    assert!(
        text.contains("-f /etc/haproxy/conf.d/haproxy-rhi.cfg"),
        "{text}"
    );
    let there = |place: &str| folder.path().join(place).exists();
    assert!(there("etc/haproxy/conf.d/haproxy-rhi.cfg") && there(files::CONFIG_PATH));
    assert!(!there(files::EXABGP_PATH) && !there(files::HAPROXY_PATH));
    // A snippet cannot add `log global` to an existing backend.
    assert!(
        !std::fs::read_to_string(folder.path().join(files::CONFIG_PATH))
            .unwrap()
            .contains("events")
    );
}

/// A password in it is nobody else's.
#[test]
fn what_is_made_of_a_file_is_as_closed_as_that_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("out");
    let own = folder.path().join("exabgp.conf");
    std::fs::write(&own, include_str!("../../exabgp/north-europe/exabgp.conf")).unwrap();
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o640)).unwrap();
    let from = [
        "--from-exabgp",
        own.to_str().unwrap(),
        "--output-dir",
        root.to_str().unwrap(),
    ];
    let plain = NORTH.to_vec();
    run(&[plain, from.to_vec()].concat()).unwrap();
    let mode = |place: &str| {
        std::fs::metadata(root.join(place))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(
        (mode(files::EXABGP_PATH), mode("etc/haproxy/haproxy.cfg")),
        (0o640, 0o644)
    );
}

#[test]
fn user_data_has_each_file_as_it_is_after_the_packages_and_starts_exabgp_last() {
    let answers = answered(&NORTH).unwrap();
    let files = files(&answers);
    let text = cloud_init::user_data(&files, &answers, "haproxy-rhi");
    for (place, content) in &files {
        let head = format!("  - path: /{place}\n    defer: true\n");
        let (_, rest) = text.split_once(&head).unwrap();
        let (_, block) = rest.split_once("    content: |\n").unwrap();
        let lines = block.lines().take(content.lines().count());
        let lines: Vec<&str> = lines
            .map(|line| line.strip_prefix("      ").unwrap_or(line))
            .collect();
        assert_eq!(lines, content.lines().collect::<Vec<_>>(), "{place}");
    }
    let at = |word: &str| text.find(word).unwrap();
    let order = [
        "set -eu",
        "disable --now exabgp.service",
        "install 'haproxy-rhi'",
        "enable --now 'anycast-address@9.9.9.9-32.service'",
        "restart haproxy.service",
        "haproxy-rhi validate",
        "enable --now exabgp.service",
    ];
    assert!(order.is_sorted_by_key(|word| at(word)), "{text}");
    assert!(text.len() < cloud_init::LONGEST);
}

#[test]
fn user_data_is_written_alone_and_a_package_is_a_name_or_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nva.yaml");
    let words = [&NORTH[..], &["--cloud-init", file.to_str().unwrap()]].concat();
    assert!(init(&flags(&words)).is_ok());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("#cloud-config\n"), "{text}");
    std::fs::write(&file, "mine").unwrap();
    assert!(init(&flags(&words)).is_err());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    assert!(init(&flags(&[&words[..], &["--force"]].concat())).is_ok());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    for word in ["", "-y", "a b", "a'b", "a;b", "$(a)"] {
        assert!(word.parse::<values::AptPackage>().is_err(), "{word}");
    }
}

#[test]
fn two_nvas_a_region_have_the_same_path_and_tell_their_siblings_apart() {
    let second = [
        WEST.as_slice(),
        &[
            "--sibling",
            "172.16.156.71",
            "--same-region",
            "172.16.136.71",
        ],
        &["--takeover"],
    ]
    .concat();
    let answers = answered(&second).unwrap();
    let files = files(&answers);
    judged(&files).unwrap();
    let config = text(&files, files::CONFIG_PATH);
    assert!(config.contains(r#""urls": ["http://172.16.156.70/health", "http://172.16.156.71/health", "http://172.16.136.71/health"],
        "same_region": ["http://172.16.136.71/health"],
        "takeover": {"as_path": [65010]},"#), "{config}");
    let haproxy = text(&files, files::HAPROXY_PATH);
    for line in [
        "    option allbackups\n",
        "    server sibling 172.16.156.70:8080 backup no-check track sibling_check/nva tcp-ut 3s\n",
        "    server sibling2 172.16.156.71:8080 backup no-check track sibling_check/nva2 tcp-ut 3s\n",
        "    server nva2 172.16.156.71:8080 check ",
        "    tcp-request connection reject unless { src 172.16.156.70 172.16.156.71 }\n",
    ] {
        assert!(haproxy.contains(line), "{line}: {haproxy}");
    }
    assert!(!haproxy.contains("172.16.136.71"), "{haproxy}");
    // The files say what they were made of.
    let line = command_line(&flags(&second));
    assert!(
        line.contains(
            "--sibling 172.16.156.70 --sibling 172.16.156.71 --same-region 172.16.136.71"
        ),
        "{line}"
    );

    // A region alone, with two NVAs: no other region's HAProxy to lead to.
    let alone = [ALONE.as_slice(), &["--same-region", "10.0.0.6"]].concat();
    let files = super::tests::files(&answered(&alone).unwrap());
    judged(&files).unwrap();
    let config = text(&files, files::CONFIG_PATH);
    assert!(
        config.contains(r#""urls": ["http://10.0.0.6/health"],"#),
        "{config}"
    );
    let haproxy = text(&files, files::HAPROXY_PATH);
    assert!(
        haproxy.contains("haproxy-rhi-nva 10.0.0.4") && !haproxy.contains("backup no-check"),
        "{haproxy}"
    );
}

/// Two NVAs in each of two regions: the files that `validate` and `rehearse` are tried on.
#[test]
fn four_nvas_have_the_configurations_that_are_tried() {
    let [north, west] = [
        ["172.16.156.70", "172.16.156.71"],
        ["172.16.136.70", "172.16.136.71"],
    ];
    let made = |words: &[&str], own: &str, near: &str, others: [&str; 2], shipped: &str| {
        // The last two words are the sibling.
        let mut words = words[..words.len() - 2].to_vec();
        let place = words.iter().position(|word| *word == "--address").unwrap();
        words[place + 1] = own;
        others
            .iter()
            .for_each(|other| words.extend(["--sibling", *other]));
        words.extend(["--same-region", near, "--takeover"]);
        let files = files(&answered(&words).unwrap());
        judged(&files).unwrap();
        is_shipped(
            &files,
            files::CONFIG_PATH,
            &format!("tests/cli/two_nvas/{shipped}.json"),
        );
    };
    for own in [0, 1] {
        let (near, number) = (1 - own, 1 + own);
        made(
            &NORTH,
            north[own],
            north[near],
            west,
            &format!("ne{number}"),
        );
        made(&WEST, west[own], west[near], north, &format!("we{number}"));
    }
}

#[test]
fn siblings_that_do_not_fit_are_refused() {
    for (more, why) in [
        (
            ["--same-region", "172.16.156.70"],
            "172.16.156.70 is this NVA and its sibling",
        ),
        (
            ["--sibling", "172.16.136.70"],
            "172.16.136.70 is there twice",
        ),
        (
            ["--same-region", "172.16.136.70"],
            "another region's NVA and one of this region",
        ),
        (["--same-region", "9.9.9.9"], "this region's other NVA"),
        (["--server", "sibling2=172.16.156.68"], "'sibling2'"),
    ] {
        let words = [NORTH.as_slice(), &more].concat();
        assert!(
            matches!(answered(&words), Err(Failure { kind: Kind::Usage, text }) if text.contains(why)),
            "{more:?}"
        );
    }
}

#[test]
fn the_other_hubs_route_server_is_a_neighbor_too() {
    let mut words = NORTH.to_vec();
    for server in ["172.16.139.4", "172.16.139.5"] {
        words.extend(["--route-server", server]);
    }
    let answers = answered(&words).unwrap();
    let made = files(&answers);
    let exabgp = &made
        .iter()
        .find(|(path, _)| *path == EXABGP_PATH)
        .unwrap()
        .1;
    let conf = crate::exabgp_conf::parse(exabgp);
    let names: Vec<&str> = conf.neighbors.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "172.16.159.4",
            "172.16.159.5",
            "172.16.139.4",
            "172.16.139.5"
        ]
    );
    assert!(
        exabgp.contains("\"Route Server of the other hub, instance 1\""),
        "{exabgp}"
    );
    let judged = judged(&made).unwrap();
    assert!(
        judged.contains("AZ020") && !judged.contains("AZ007"),
        "{judged}"
    );
    words.truncate(words.len() - 2);
    assert!(matches!(answered(&words), Err(Failure { text, .. }) if text.contains("four times")));
    // The existing file has two of them.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exabgp.conf");
    std::fs::write(&path, include_str!("../../exabgp/north-europe/exabgp.conf")).unwrap();
    words.extend([
        "--route-server",
        "172.16.139.5",
        "--from-exabgp",
        path.to_str().unwrap(),
    ]);
    let mut task = flags(&words);
    let (existing, _) = Existing::read(&mut task).unwrap();
    let missing = existing.missing(&answers, false);
    assert_eq!(
        missing.matches("neighbor 172.16.139.").count(),
        2,
        "{missing}"
    );
    assert!(!missing.contains("neighbor 172.16.159."), "{missing}");
}

#[test]
fn the_line_with_flags_says_what_config_json_says_or_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haproxy.cfg");
    std::fs::write(
        &path,
        "defaults\n mode tcp\nlisten ldap\n bind 10.99.0.1:389\n server l1 10.1.1.1:389 check\n",
    )
    .unwrap();
    let from_haproxy = ["--from-haproxy", path.to_str().unwrap()];
    for (more, frontend) in [(&[][..], "http_front"), (&from_haproxy[..], "ldap")] {
        let mut task = flags(&[ALONE.as_slice(), more].concat());
        let (existing, _) = Existing::read(&mut task).unwrap();
        let mut nobody = Asker {
            input: None,
            output: &mut io::sink(),
        };
        let (answers, _) = answers(&mut task, &mut nobody).unwrap();
        let made = existing.files(&answers, false);
        let conf = text(&made, EXABGP_PATH);
        let line = conf.lines().find(|line| line.contains("# run ")).unwrap();
        assert!(line.contains(&format!("--frontend {frontend} ")), "{line}");
        let conf = crate::exabgp_conf::parse(&conf.replace("# run ", "run ").replacen(
            "\trun /usr/bin/haproxy-rhi run;",
            "",
            1,
        ));
        let source = validate::run_task(&conf.processes[0]).unwrap();
        let said = source.flags.unwrap().config().unwrap();
        let meant = config::parse(text(&made, CONFIG_PATH)).unwrap();
        let shown = |config: &config::Config| {
            let one = &config.services[0];
            format!(
                "{:?} {:?} {:?} {:?}",
                config.haproxy.stats, one.prefixes, one.levels, one.neighbors
            )
        };
        // One active server is the default.
        let of_file = shown(&meant).replace("min_active: Some(Count(1))", "min_active: None");
        assert_eq!(shown(&said), of_file);
    }
    for more in [&["--damping"][..], &["--same-region", "10.0.0.7"]] {
        let made = files(&answered(&[ALONE.as_slice(), more].concat()).unwrap());
        assert!(!text(&made, EXABGP_PATH).contains("# run "), "{more:?}");
    }
    assert!(!text(&files(&answered(&NORTH).unwrap()), EXABGP_PATH).contains("# run "));
}

#[test]
fn backends_that_are_not_watched_and_those_to_choose_from_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haproxy.cfg");
    let front = |name: &str, port| {
        format!(
            "frontend f{name}\n bind :{port}\n default_backend {name}\nbackend {name}\n server s 10.1.1.1:80 check\n"
        )
    };
    let read = |text: String| {
        std::fs::write(&path, text).unwrap();
        let mut task = flags(&["--from-haproxy", path.to_str().unwrap()]);
        let (_, found) = Existing::read(&mut task).unwrap();
        (task, found.to_string())
    };
    let (mut task, found) = read(front("be_web", 80) + &front("be_api", 8000));
    Question::Backend.take(&mut task, "be_api").unwrap();
    assert!(
        found.contains("be_api is not watched; --backend be_api"),
        "{found}"
    );
    assert!(!found.contains("be_web is not watched"), "{found}");
    let by_name = "frontend x\n bind :8000\n use_backend %[req.hdr(host)]\nbackend a\n server s 10.1.1.2:80\n";
    let (_, found) = read(front("be_web", 80) + by_name);
    assert!(
        found.contains("a is not watched; a rule makes its name"),
        "{found}"
    );
    let (mut task, found) = read(front("be_api", 18080));
    assert!(found.contains("name it with --backend"), "{found}");
    let missing = Question::Backend.missing(&task).unwrap();
    assert!(missing.starts_with("--backend be_api;"), "{missing}");
    Question::Backend.take(&mut task, "be_api").unwrap();
    let (_, found) = Existing::read(&mut task).unwrap();
    let found = found.to_string();
    assert!(
        found.contains("frontend  fbe_api (bind :18080)") && !found.contains("not usable"),
        "{found}"
    );
    let (task, _) = read(front("ba", 80) + &front("bb", 443));
    let missing = Question::Backend.missing(&task).unwrap();
    assert!(
        missing.starts_with("--backend ba, or --backend bb;"),
        "{missing}"
    );
}

#[test]
fn yes_is_no_answer_where_one_of_two_is_asked_for() {
    let mut task = InitTask::default();
    let why = Question::Role.take(&mut task, "y").unwrap_err();
    assert!(why.contains("primary, or secondary"), "{why}");
}

#[test]
fn no_is_none_where_there_may_be_none() {
    for word in ["none", "no", "No", "n", "NONE"] {
        let mut task = InitTask::default();
        Question::Sibling.take(&mut task, word).unwrap();
        Question::Nvas.take(&mut task, word).unwrap();
        assert!(task.no_sibling && task.no_second_chance, "{word}");
        let mut input = Cursor::new(format!("{word}\n"));
        let mut asker = Asker {
            input: Some(&mut input),
            output: &mut io::sink(),
        };
        assert!(!asker.change(&mut task).unwrap(), "{word}");
    }
    let mut task = InitTask::default();
    for question in [Question::Sibling, Question::Nvas] {
        let why = question.take(&mut task, "yes").unwrap_err();
        assert!(why.contains("write the address"), "{why}");
    }
    // A question that wants a value takes it for one that is wrong.
    assert!(Question::RouteServers.take(&mut task, "no").is_err());
    for role in ["Secondary", "SECONDARY"] {
        Question::Role.take(&mut task, role).unwrap();
        assert!(task.secondary);
    }
}

#[test]
fn a_region_serves_through_the_other_one_with_a_longer_path() {
    for (words, lengths) in [(NORTH, [1, 4]), (WEST, [3, 6])] {
        let words: Vec<&str> = words.into_iter().chain(["--serve-through"]).collect();
        let made = files(&answered(&words).unwrap());
        judged(&made).unwrap();
        let text = &made
            .iter()
            .find(|(path, _)| *path == CONFIG_PATH)
            .unwrap()
            .1;
        let config = crate::config::parse(text).unwrap();
        let levels = config.services.iter().flat_map(|service| &service.levels);
        let paths = levels.filter_map(|level| level.attributes.as_path.as_ref());
        assert_eq!(paths.map(|path| path.len()).collect::<Vec<_>>(), lengths);
    }
}
