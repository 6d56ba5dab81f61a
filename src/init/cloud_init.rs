//! The files as cloud-init's user-data, for a new VM that announces nothing before all is installed. Pure.
//!
//! cloud-init writes files without `defer` before it installs packages, and Debian's packages start what they install:
//! exabgp.service starts wherever exabgp.conf is. So every file is deferred, when the owners exist too, and ExaBGP starts last,
//! after `validate`. User-data can be read on the VM: it contains no secret.

use super::answers::Answers;
use super::files::{EXABGP_PATH, Made, SECOND_CHANCE_PATH, units};

/// The longest user-data, in bytes: Azure's customData before base64.
pub const LONGEST: usize = 65_535;

/// The user-data. `package`: haproxy-rhi's package for apt.
pub fn user_data(files: &[Made], answers: &Answers, package: &str) -> String {
    let mut text = format!(
        "#cloud-config\n\
         # The NVA of {}, made by haproxy-rhi init --cloud-init. In base64 it is customData (ARM, Bicep) or custom_data (Terraform).\n\
         locale: C.UTF-8\n\
         package_update: true\n\
         packages: [haproxy, exabgp]\n\
         \n\
         # After the packages, which create the owners: exabgp.service starts wherever its file is.\n\
         write_files:\n",
        answers.region.0
    );
    files.iter().for_each(|made| text += &file(made));
    text += "\n# In this order; the first failure ends the script. exabgp.service is enabled last.\nruncmd:\n";
    text += &block("  - |\n", 6, &script(files, answers, package));
    text
}

fn file((place, content): &Made) -> String {
    // exabgp.conf may have passwords of neighbors.
    let (mode, owner) = match *place {
        EXABGP_PATH => ("0640", "root:exabgp"),
        _ => ("0644", "root:root"),
    };
    let head = format!(
        "  - path: /{place}\n    defer: true\n    permissions: '{mode}'\n    owner: {owner}\n    content: |\n"
    );
    block(&head, 6, content)
}

/// A literal block of YAML: every line that is not empty is indented.
fn block(head: &str, blanks: usize, text: &str) -> String {
    let indent = " ".repeat(blanks);
    let line = |line: &str| match line {
        "" => "\n".to_owned(),
        line => format!("{indent}{line}\n"),
    };
    head.to_owned() + &text.lines().map(line).collect::<String>()
}

fn script(files: &[Made], answers: &Answers, package: &str) -> String {
    let address = answers.address;
    // `set -x` logs each command, so that the failed one is seen. The package depends on `ip`, which not every image has.
    let mut script = format!(
        "set -eux\n\
         failed() {{\n\
         \x20   [ \"$1\" -ne 0 ] || return 0\n\
         \x20   systemctl disable --now exabgp.service || true\n\
         \x20   echo 'haproxy-rhi: the first boot failed, see the lines above; exabgp.service is off, and nothing is announced'\n\
         }}\n\
         trap 'failed $?' EXIT\n\
         systemctl disable --now exabgp.service\n\
         DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold install '{package}'\n\
         [ -n \"$(ip -o address show to '{address}')\" ] || {{ echo 'haproxy-rhi: this VM does not have {address}, which init was given as --address'; exit 1; }}\n"
    );
    for unit in units(&answers.prefixes) {
        script += &format!("systemctl enable --now '{unit}'\n");
    }
    // An image's own HAProxy failed at boot without the address, until systemd's start limit.
    script += "haproxy -c -q -f /etc/haproxy/haproxy.cfg\n\
               systemctl reset-failed haproxy.service exabgp.service || true\n\
               systemctl restart haproxy.service\n\
               haproxy-rhi validate --platform azure --live\n";
    if files.iter().any(|(place, _)| *place == SECOND_CHANCE_PATH) {
        script += "haproxy-rhi-second-chance validate\n\
                   systemctl enable --now haproxy-rhi-second-chance.service haproxy-rhi-second-chance-heartbeat.service\n";
    }
    script += "systemctl enable --now exabgp.service\n\
               haproxy-rhi status --wait 60 || echo 'haproxy-rhi: not all is well yet; a Route Server refuses an NVA that has no peering there'\n";
    script
}
