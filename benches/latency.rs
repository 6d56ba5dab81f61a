//! How fast a region's route goes when its servers die: leg by leg, beside exabgp-healthcheck.
//!
//! `cargo bench --bench latency`, as root, within four minutes; `-- --each` also shows every repetition.

#![expect(clippy::print_stdout, reason = "a benchmark talks to a person")]

mod rivals;

use std::thread::sleep;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ANYCAST_ADDRESS, ExaBgp, Follower, Lab, Region, eventually};

use rivals::{ready, with_healthcheck};

const HERE: Region = Region::NorthEurope;
const PATIENCE: Duration = Duration::from_secs(40);
const HAPROXY_CONFIG: &str = "/etc/haproxy/haproxy.cfg";

/// Who watches North Europe's HAProxy.
struct Candidate {
    name: &'static str,
    /// exabgp-healthcheck's options; none is haproxy-rhi.
    timing: Option<&'static str>,
    repetitions: u32,
    /// Its longest pause between two looks. The kills fall evenly into it.
    period: Duration,
}

const CANDIDATES: [Candidate; 3] = [
    Candidate { name: "haproxy-rhi", timing: None, repetitions: 15, period: Duration::from_secs(1) },
    Candidate {
        name: "healthcheck, fastest",
        timing: Some("-i 0.1 -f 0.1 --rise 1 --fall 1"),
        repetitions: 15,
        period: Duration::from_millis(100),
    },
    // A repetition takes fifteen seconds. These are its defaults.
    Candidate {
        name: "healthcheck, defaults",
        timing: Some("-i 5 -f 1 --rise 3 --fall 3"),
        repetitions: 7,
        period: Duration::from_secs(5),
    },
];

/// When each saw it, in seconds since the kill.
struct Seen {
    /// HAProxy's own word, by its own stamp.
    down: f64,
    /// haproxy-rhi's line in the log.
    line: Option<f64>,
    /// BIRD's stamp, of the second instance to hear it.
    update: f64,
    /// The MSEE's kernel sends the packets to the other region.
    route: f64,
}

type Leg = (&'static str, fn(&Seen) -> Option<f64>);

const LEGS: [Leg; 6] = [
    ("servers dead -> DOWN in HAProxy", |seen| Some(seen.down)),
    ("DOWN -> haproxy-rhi's log line", |seen| Some(seen.line? - seen.down)),
    ("log line -> UPDATE at both Route Servers", |seen| Some(seen.update - seen.line?)),
    ("DOWN -> UPDATE at both Route Servers", |seen| Some(seen.update - seen.down)),
    ("UPDATE -> kernel route of the MSEE", |seen| Some(seen.route - seen.update)),
    ("DOWN -> kernel route of the MSEE", |seen| Some(seen.route - seen.down)),
];

fn main() -> Result<()> {
    if !ready("latency") {
        return Ok(());
    }
    let mut results = Vec::new();
    for candidate in &CANDIDATES {
        println!("{}: {} repetitions", candidate.name, candidate.repetitions);
        let seen = measure(candidate).with_context(|| candidate.name)?;
        if std::env::args().any(|argument| argument == "--each") {
            seen.iter().for_each(print_one);
        }
        results.push(seen);
    }
    print(&results);
    Ok(())
}

fn print_one(seen: &Seen) {
    let millis = |seconds: f64| format!("{:.1}", seconds * 1000.0);
    let line = seen.line.map_or_else(|| "-".to_owned(), millis);
    let [down, update, route] = [seen.down, seen.update, seen.route].map(millis);
    println!("  DOWN {down:>8}  log line {line:>8}  UPDATE {update:>8}  route {route:>8}");
}

fn print(results: &[Vec<Seen>]) {
    println!();
    println!(
        "All servers of North Europe are killed, without traffic. Milliseconds, median and maximum; Debian's ExaBGP."
    );
    println!();
    print!("{:<42}", "");
    for candidate in &CANDIDATES {
        print!(" {:>22}", candidate.name);
    }
    println!();
    for (leg, figure) in LEGS {
        print!("{leg:<42}");
        for seen in results {
            let mut times: Vec<f64> =
                seen.iter().filter_map(figure).map(|seconds| seconds * 1000.0).collect();
            times.sort_by(f64::total_cmp);
            let shown = match (times.get(times.len() / 2), times.last()) {
                (Some(median), Some(maximum)) => format!("{median:.1} {maximum:>10.1}"),
                _ => "-".to_owned(),
            };
            print!(" {shown:>22}");
        }
        println!();
    }
    println!();
    for candidate in &CANDIDATES {
        let options = match candidate.timing {
            None => "run, with the shipped config.json and haproxy.cfg".to_owned(),
            Some(timing) => format!("exabgp-healthcheck {timing} with a curl of HAProxy's /health"),
        };
        println!("{:<22} {options}", candidate.name);
    }
    println!("Stamps: HAProxy's own, the log line's appearance (inotify), BIRD's log, ip -ts monitor route.");
}

fn measure(candidate: &Candidate) -> Result<Vec<Seen>> {
    let path = format!("{}/haproxy/{}.cfg", env!("CARGO_MANIFEST_DIR"), HERE.folder());
    // The journal's own stamps have seconds; these have microseconds.
    let config = std::fs::read_to_string(path)?;
    let timed = config.replace("log /dev/log local0", "log /dev/log format timed local0 notice");
    ensure!(timed != config, "haproxy.cfg has no 'log /dev/log local0'");
    let mut lab = Lab::builder().exabgp(ExaBgp::Debian).binary(env!("CARGO_BIN_EXE_haproxy-rhi"));
    lab = lab.file(HERE, HAPROXY_CONFIG, &timed);
    if let Some(timing) = candidate.timing {
        lab = with_healthcheck(lab, HERE, timing);
    }
    lab.start()?.run(|lab| {
        let log = lab.nva(HERE).exabgp().follow()?;
        let leads_to = |region| lab.msee().await_region(ANYCAST, Some(region), PATIENCE);
        leads_to(HERE)?;
        (0..candidate.repetitions)
            .map(|repetition| {
                sleep(Duration::from_millis(500) + candidate.period * repetition / candidate.repetitions);
                let killed = SystemTime::now();
                lab.backend(HERE).kill()?;
                leads_to(HERE.other())?;
                let seen = eventually(PATIENCE, "all stamps", || look(lab, &log, killed, candidate))?;
                lab.backend(HERE).start()?;
                leads_to(HERE)?;
                Ok(seen)
            })
            .collect()
    })
}

fn look(lab: &Lab, log: &Follower, killed: SystemTime, candidate: &Candidate) -> Result<Seen> {
    let after = |at: SystemTime| at.duration_since(killed).ok().map(|time| time.as_secs_f64());
    let journal = lab.nva(HERE).haproxy().journal();
    let down = journal
        .iter()
        .filter(|line| line.text.contains(" is DOWN"))
        .find_map(|line| after(line.own_stamp()?))
        .context("HAProxy has not said DOWN")?;
    let lines = log.lines();
    let line = lines.iter().filter(|line| line.text.contains("withdrawing")).find_map(|line| after(line.at));
    ensure!(line.is_some() || candidate.timing.is_some(), "haproxy-rhi has said nothing");
    let mut update = 0.0_f64;
    for instance in lab.route_servers(HERE) {
        let heard = instance.heard();
        let removed = heard.iter().filter(|line| line.text.starts_with("removed"));
        let at = removed.filter_map(|line| after(line.at)).next();
        update = update.max(at.with_context(|| format!("{} has heard nothing", instance.address()))?);
    }
    let changes = lab.msee().route_changes()?;
    let route = changes
        .iter()
        .filter(|change| {
            change.prefix == ANYCAST_ADDRESS.to_string() && change.via == Some(HERE.other().nva())
        })
        .find_map(|change| after(change.at))
        .context("the route has not moved")?;
    Ok(Seen { down, line, update, route })
}
