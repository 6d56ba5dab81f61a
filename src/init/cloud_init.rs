//! The files as cloud-init's user-data: a new VM that ends with its sessions up, and announces nothing before. Pure.
//!
//! cloud-init writes files without `defer` before it installs packages, and Debian's packages start what they install:
//! exabgp.service wherever exabgp.conf is. So every file is deferred, which is also when the owners exist, and ExaBGP
//! starts as the last thing, after `validate`. A VM's user-data can be read on the VM: there is no secret in it.

use super::answers::Answers;
use super::files::{EXABGP_PATH, Made, SECOND_CHANCE_PATH, units};

/// What a cloud takes: Azure's customData has 65,535 bytes before base64.
pub const LONGEST: usize = 65_535;

/// The user-data. `package` is what apt installs.
pub fn user_data(files: &[Made], answers: &Answers, package: &str) -> String {
    let mut text = format!(
        "#cloud-config\n\
         # The NVA of {}, made by haproxy-rhi init --cloud-init. In base64 it is customData (ARM, Bicep) or custom_data (Terraform).\n\
         locale: C.UTF-8\n\
         package_update: true\n\
         packages: [haproxy, exabgp]\n\
         \n\
         # After the packages, which have the owners: exabgp.service starts wherever its file is.\n\
         write_files:\n",
        answers.region.0
    );
    files.iter().for_each(|made| text += &file(made));
    text += "\n# In this order; the first that fails is the last, and exabgp.service is on only after all.\nruncmd:\n";
    text += &block("  - |\n", 6, &script(files, answers, package));
    text
}

fn file((place, content): &Made) -> String {
    // It may hold passwords of neighbors.
    let (mode, owner) = match *place {
        EXABGP_PATH => ("0640", "root:exabgp"),
        _ => ("0644", "root:root"),
    };
    let head = format!(
        "  - path: /{place}\n    defer: true\n    permissions: '{mode}'\n    owner: {owner}\n    content: |\n"
    );
    block(&head, 6, content)
}

/// A literal block of YAML: as it is, with blanks before each line that has something.
fn block(head: &str, blanks: usize, text: &str) -> String {
    let indent = " ".repeat(blanks);
    let line = |line: &str| match line {
        "" => "\n".to_owned(),
        line => format!("{indent}{line}\n"),
    };
    head.to_owned() + &text.lines().map(line).collect::<String>()
}

fn script(files: &[Made], answers: &Answers, package: &str) -> String {
    let mut script = format!(
        "set -eu\n\
         systemctl disable --now exabgp.service\n\
         DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold install '{package}'\n"
    );
    for unit in units(&answers.prefixes) {
        script += &format!("systemctl enable --now '{unit}'\n");
    }
    script += "haproxy -c -q -f /etc/haproxy/haproxy.cfg\n\
               systemctl restart haproxy.service\n\
               haproxy-rhi validate --platform azure\n";
    if files.iter().any(|(place, _)| *place == SECOND_CHANCE_PATH) {
        script += "haproxy-rhi-second-chance validate\n\
                   systemctl enable --now haproxy-rhi-second-chance.service haproxy-rhi-second-chance-heartbeat.service\n";
    }
    // A Route Server that has no peering with this NVA yet refuses it for now: that is no failure.
    script += "systemctl enable --now exabgp.service\n\
               haproxy-rhi status --wait 60 || true\n";
    script
}
