//! Hooks that hang, flood, fork and fail: the routes follow the servers, and ExaBGP hears none of it.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab, Signal, eventually};
use serde_json::Value;

use crate::stage::{
    CONFIG, NE, PATIENCE, becomes, config_with, count, held, logged, regions, standing,
};

crate::stories! {
    hooks_are_told_of_each_move_and_disturb_nobody,
}

/// Notes the facts.
const NOTES: &str = r#"#!/bin/sh
echo "$HAPROXY_RHI_SERVICE|$HAPROXY_RHI_FROM|$HAPROXY_RHI_TO|$HAPROXY_RHI_PREFIXES|$HAPROXY_RHI_WHY|$HAPROXY_RHI_TIME|$1" >> /run/exabgp/notes
"#;
/// Never ends, and is never two: a second would not get the lock.
const HANGS: &str = r#"#!/bin/sh
exec flock --nonblock --conflict-exit-code 9 /run/exabgp/hangs sleep 600
"#;
/// 10 MB to either pipe, with words that would end ExaBGP.
const FLOODS: &str = r#"#!/bin/sh
yes 'shutdown' | head -c 10000000
yes 'withdraw route 9.9.9.9/32' | head -c 10000000 >&2
echo done >> /run/exabgp/flooded
"#;
/// Leaves a child behind, which keeps its pipes.
const FORKS: &str = "#!/bin/sh\nsleep 601 &\n";
const FAILS: &str = "#!/bin/sh\necho 'no such page' >&2\nexit 3\n";

/// Processes of this NVA with these arguments: other tests have such hooks too.
fn of_this(lab: &Lab, arguments: &str) -> Result<usize> {
    let mount = fs::read_link(format!("/proc/{}/ns/mnt", lab.nva(NE).exabgp().pid()?))?;
    let here = |path: &Path| fs::read_link(path.join("ns/mnt")).is_ok_and(|other| other == mount);
    let is = |path: &Path| {
        fs::read(path.join("cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).replace('\0', " ").trim() == arguments)
    };
    Ok(fs::read_dir("/proc")?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| here(path) && is(path))
        .count())
}

fn hook<'status>(process: &'status Value, name: &str) -> &'status Value {
    let hooks = process["status"]["hooks"].as_array().into_iter().flatten();
    hooks
        .into_iter()
        .find(|hook| hook["argv"][0] == name)
        .unwrap_or(&Value::Null)
}

fn hooks_are_told_of_each_move_and_disturb_nobody(version: ExaBgp) {
    let names = ["notes", "hangs", "floods", "forks", "fails"];
    let hooks: Vec<String> = names
        .iter()
        .map(|name| {
            let more = if *name == "notes" {
                ", \"an argument\""
            } else {
                ""
            };
            let timeout = if *name == "hangs" || *name == "forks" {
                "1s"
            } else {
                "60s"
            };
            format!("{{\"argv\": [\"/etc/haproxy-rhi/{name}\"{more}], \"timeout\": \"{timeout}\"}}")
        })
        .collect();
    let config = config_with(&format!("\"hooks\": [{}],", hooks.join(", ")));
    let lab = regions(&version)
        .file(NE, CONFIG, &config)
        .without_exabgp()
        .start()
        .unwrap();
    lab.run(|lab| {
        for (name, script) in names.iter().zip([NOTES, HANGS, FLOODS, FORKS, FAILS]) {
            let path = lab.nva(NE).path(&format!("/etc/haproxy-rhi/{name}"));
            lab.nva(NE).write(&format!("/etc/haproxy-rhi/{name}"), script)?;
            fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        }
        for region in [NE, haproxy_rhi_lab::Region::WestEurope] {
            lab.nva(region).exabgp().start()?;
        }
        held(lab, Some(0))?;
        // While one hangs, the routes follow the servers.
        eventually(PATIENCE, "a hook that hangs", || {
            ensure!(of_this(lab, "sleep 600")? == 1);
            Ok(())
        })?;
        lab.backend(NE).kill()?;
        held(lab, None)?;
        lab.backend(NE).start()?;
        held(lab, Some(0))?;

        // Each move was told, once and in order, with its facts.
        eventually(PATIENCE, "the notes", || {
            let notes = lab.nva(NE).read("/run/exabgp/notes")?;
            let moves: Vec<Vec<&str>> = notes.lines().map(|line| line.split('|').collect()).collect();
            let heads: Vec<_> = moves.iter().map(|facts| facts[..4].join("|")).collect();
            ensure!(
                heads
                    == [
                        "web|not known yet|up|9.9.9.9/32",
                        "web|up|last standing|9.9.9.9/32",
                        "web|last standing|down|9.9.9.9/32",
                        "web|down|up|9.9.9.9/32"
                    ],
                "{notes}"
            );
            ensure!(
                moves[1][4].contains("http_back: 0 of 1 server up") && moves[1][6] == "an argument",
                "{notes}"
            );
            ensure!(moves.iter().all(|facts| facts[5].ends_with('Z')), "{notes}");
            Ok(())
        })?;
        // What hangs is killed each time, and was never two.
        logged(
            lab,
            "hook '/etc/haproxy-rhi/hangs' for service web: not known yet -> up did not end within 1s and was killed",
        )?;
        becomes(lab, "four runs each", |_, process| {
            names.iter().all(|name| hook(process, &format!("/etc/haproxy-rhi/{name}"))["runs"] == 4)
        })?;
        eventually(PATIENCE, "a line for each", || {
            ensure!(count(lab, "hangs' for service web") == 4, "{}", lab.nva(NE).exabgp().log());
            Ok(())
        })?;
        ensure!(count(lab, "ended with exit status 9") == 0, "{}", lab.nva(NE).exabgp().log());
        // What it leaves behind is killed as well.
        ensure!(of_this(lab, "sleep 600")? == 0 && of_this(lab, "sleep 601")? == 0);
        logged(lab, "hook '/etc/haproxy-rhi/fails' says: no such page")?;
        logged(
            lab,
            "hook '/etc/haproxy-rhi/fails' for service web: up -> last standing ended with exit status 3",
        )?;
        // It was read to its end, and the log has the beginning of it.
        ensure!(lab.nva(NE).read("/run/exabgp/flooded")?.lines().count() == 4);
        ensure!(
            count(lab, "floods' says: withdraw route 9.9.9.9/32") <= 4 * 8,
            "{}",
            lab.nva(NE).exabgp().log()
        );
        logged(lab, "floods' says more: ")?;
        // Nothing of that reached ExaBGP.
        let process = becomes(lab, "at its best, and a hook that fails", |code, process| {
            let fails = "hook '/etc/haproxy-rhi/fails' fails for ";
            code == 1 && standing(process) == "up" && process["problems"].to_string().contains(fails)
        })?;
        ensure!(process["status"]["exabgp"]["refused"] == 0, "{process:#}");
        held(lab, Some(0))?;

        // One that runs when its process leaves does not stay behind.
        lab.backend(NE).kill()?;
        eventually(PATIENCE, "a hook that hangs", || {
            ensure!(of_this(lab, "sleep 600")? == 1);
            Ok(())
        })?;
        lab.nva(NE).exabgp().signal_helper(Signal::Term)?;
        logged(lab, "told to leave")?;
        Ok(())
    })
    .unwrap();
}
