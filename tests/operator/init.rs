//! `init`: what it writes is taken by HAProxy, by ExaBGP and by `validate`, and announces.

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, eventually};

use super::stage::{NE, PATIENCE, answer, ends, regions, rhi, said};

crate::stories! {
    what_is_written_is_taken_by_every_program_and_announces,
    his_own_files_are_extended_and_taken_by_every_program,
}

const NVA: [&str; 11] = [
    "init",
    "--prefix",
    ANYCAST,
    "--address",
    "172.16.156.70",
    "--route-server",
    "172.16.159.4",
    "--route-server",
    "172.16.159.5",
    "--output-dir",
    "/",
];

/// Every program takes the files as they are installed now.
fn taken(lab: &Lab) -> Result<()> {
    let nva = lab.nva(NE);
    let haproxy = nva.haproxy().check_config()?;
    ensure!(
        haproxy.status.success() && said(&haproxy).trim() == "Configuration file is valid",
        "{}",
        said(&haproxy)
    );
    let exabgp = nva.exabgp().validate()?;
    ensure!(exabgp.status.success(), "{}", said(&exabgp));
    let validated = answer(
        rhi(lab, NE, &["validate", "--platform", "azure", "--strict"]),
        "",
    )?;
    ends(&validated, 0, &["valid, 1 service"])
}

fn what_is_written_is_taken_by_every_program_and_announces(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        let init = |more: &[&str]| answer(rhi(lab, NE, &[NVA.as_slice(), more].concat()), "");
        // The shipped files are there already.
        let shipped = [
            "--region",
            "North Europe",
            "--primary",
            "--server",
            "backend01=172.16.156.69",
            "--sibling",
            "172.16.136.70",
        ];
        ends(
            &init(&shipped)?,
            0,
            &[
                "exabgp.conf: is so already",
                "haproxy.cfg: is so already",
                "config.json: is so already",
            ],
        )?;
        taken(lab)?;

        let several = [
            "--secondary",
            "--backend",
            "pool",
            "--server",
            "backend01=172.16.156.69",
            "--server",
            "spare=[fd00:156::69]:8080",
            "--server",
            "other=172.16.156.68:8080",
            "--check",
            "/",
        ];
        let with_sibling = [several.as_slice(), &["--sibling", "172.16.136.70"]].concat();
        let alone = [several.as_slice(), &["--no-sibling"]].concat();
        ends(
            &init(&alone)?,
            1,
            &["are there already", "nothing is written"],
        )?;
        let before = lab.nva(NE).read("/etc/haproxy/haproxy.cfg")?;
        for (index, values) in [with_sibling, alone].iter().enumerate() {
            let forced = [values.as_slice(), &["--force"]].concat();
            ends(
                &init(&forced)?,
                0,
                &[
                    "haproxy.cfg: written; what was there is",
                    "systemctl restart exabgp",
                ],
            )?;
            ends(&init(values)?, 0, &["config.json: is so already"])?;
            if index == 0 {
                ensure!(lab.nva(NE).read("/etc/haproxy/haproxy.cfg.bak")? == before);
            }
            taken(lab)?;
        }
        // A diff changes nothing.
        let primary = [
            "--primary",
            "--server",
            "backend01=172.16.156.69",
            "--no-sibling",
            "--dry-run",
        ];
        ends(
            &init(&primary)?,
            0,
            &[
                "-      \"as_path\": [65010, 65010, 65010],",
                "+      \"as_path\": [65010],",
            ],
        )?;
        ensure!(
            lab.nva(NE)
                .read("/etc/haproxy-rhi/config.json")?
                .contains("[65010, 65010, 65010]")
        );

        // And it works: one server of three is there, and this region stands by now.
        lab.nva(NE).haproxy().reload()?;
        lab.nva(NE).exabgp().restart()?;
        eventually(PATIENCE, "the longer path at both instances", || {
            for instance in lab.route_servers(NE) {
                let rows = instance.rows(ANYCAST)?;
                let [row] = rows.as_slice() else {
                    anyhow::bail!("{rows:?}")
                };
                ensure!(
                    row.as_path == [65010, 65010, 65010] && row.next_hop == Some(NE.nva().into()),
                    "{rows:?}"
                );
            }
            Ok(())
        })?;
        lab.backend(NE).kill()?;
        eventually(PATIENCE, "no route at both instances", || {
            for instance in lab.route_servers(NE) {
                let rows = instance.rows(ANYCAST)?;
                ensure!(rows.is_empty(), "{rows:?}");
            }
            Ok(())
        })
    })
    .unwrap();
}

const ARTICLE: [&str; 2] = [
    include_str!("../cli/conf/article.conf"),
    include_str!("../cli/conf/article.cfg"),
];
const SHOP: [&str; 2] = [
    include_str!("../cli/conf/shop.conf"),
    include_str!("../cli/conf/shop.cfg"),
];

/// HAProxy takes these files together, and ExaBGP its own.
fn accepted(lab: &Lab, cfg: &[&str]) -> Result<()> {
    let nva = lab.nva(NE);
    let mut haproxy = nva.command("/usr/sbin/haproxy");
    cfg.iter().for_each(|path| {
        haproxy.args(["-f", path]);
    });
    let haproxy = haproxy.arg("-c").output()?;
    ensure!(haproxy.status.success(), "{}", said(&haproxy));
    let exabgp = nva.exabgp().validate()?;
    ensure!(exabgp.status.success(), "{}", said(&exabgp));
    let validated = answer(rhi(lab, NE, &["validate", "--platform", "azure"]), "")?;
    ends(&validated, 0, &["valid, 1 service"])
}

fn his_own_files_are_extended_and_taken_by_every_program(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        let nva = lab.nva(NE);
        let (conf, cfg) = ("/etc/exabgp/exabgp.conf", "/etc/haproxy/haproxy.cfg");
        let snippet = "/etc/haproxy/conf.d/haproxy-rhi.cfg";
        let from = [
            "init",
            "--from-exabgp",
            conf,
            "--from-haproxy",
            cfg,
            "--sibling",
            "172.16.136.70",
        ];
        for [exabgp, haproxy] in [ARTICLE, SHOP] {
            let theirs = || {
                nva.write(conf, exabgp)
                    .and_then(|()| nva.write(cfg, haproxy))
            };
            theirs()?;
            let add = [from.as_slice(), &["--add", "--output-dir", "/", "--force"]].concat();
            ends(
                &answer(rhi(lab, NE, &add), "")?,
                0,
                &["ExaBGP can include no file", snippet],
            )?;
            ensure!(nva.read(conf)? == exabgp && nva.read(cfg)? == haproxy);
            let write = [from.as_slice(), &["--output-dir", "/", "--force"]].concat();
            ends(
                &answer(rhi(lab, NE, &write), "")?,
                0,
                &["must go", "exabgp.conf: written"],
            )?;
            // Beside his own haproxy.cfg, and in it.
            let extended = nva.read(cfg)?;
            nva.write(cfg, haproxy)?;
            accepted(lab, &[cfg, snippet])?;
            nva.write(cfg, &extended)?;
            accepted(lab, &[cfg])?;
            ends(
                &answer(rhi(lab, NE, &write), "")?,
                0,
                &["missing for haproxy-rhi: nothing"],
            )?;
        }
        Ok(())
    })
    .unwrap();
}
