//! What a busy machine does late, or at once, and is no fault.

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Lab, Nva, eventually};

use crate::far_end::{NE, PATIENCE, updates};

/// What haproxy-rhi says to these words. Said again where it refuses: a sibling that answers too late on a busy machine is no
/// healthy one.
pub fn does(nva: &Nva, words: &[&str]) -> Result<String> {
    eventually(PATIENCE, &format!("{words:?}"), || {
        let output = nva.command("/usr/bin/haproxy-rhi").args(words).output()?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        ensure!(output.status.success(), "{}: {said}", output.status);
        Ok(said)
    })
}

/// So many more UPDATEs than before, at each instance; one fewer each time that a busy ExaBGP had two statements at once,
/// of which it sends the last.
pub fn more_updates(lab: &Lab, before: [usize; 2], more: usize, merged: usize) -> Result<()> {
    let now = updates(lab, NE);
    // A withdrawal is said to ExaBGP 6 up to twice more.
    let again = if lab.nva(NE).exabgp().is_six() { 2 } else { 0 };
    let wanted = more - merged..=more + again;
    let is_wanted = |(now, before): (usize, usize)| wanted.contains(&(now - before));
    ensure!(
        now.into_iter().zip(before).all(is_wanted),
        "{before:?}, {now:?}"
    );
    Ok(())
}
