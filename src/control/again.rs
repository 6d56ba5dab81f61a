//! Declaring a drain where one may be in force already. A drain only goes forward.

use std::path::Path;
use std::time::Instant;

use super::declare::{declare, find, merged};
use super::progress::Progress;
use super::scope::shown;
use crate::drain::{OLD, Order};
use crate::failure::Failure;
use crate::observe::{Clocks, Declaration, Found, OrderFile, order_path};
use crate::report::moment::Moment;
use crate::value::with;

/// Declares a drain, or adds force, reason and reboot to the one in force.
pub(super) fn declare_or_again(
    folder: &Path,
    order: &str,
    new: Declaration,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let path = order_path(folder, order);
    match find(folder, order)? {
        Some(Found::Order(file)) if !file.declaration().is_void(&Clocks::now()) => {
            let until_reboot = new.boot.is_some();
            let declaration = merged(&file, new);
            for note in notes(&path, &file, &declaration, until_reboot) {
                progress.tell(&format!("note: {note}"));
            }
            match &file.content {
                Ok(same) if *same == declaration => Ok(()),
                _ => declare(folder, order, &declaration),
            }
        }
        Some(Found::Other(kind)) => {
            declare(folder, order, &new)?;
            progress.tell(&format!(
                "note: '{}' was {kind}, and is now the drain",
                path.display()
            ));
            Ok(())
        }
        _ => declare(folder, order, &new),
    }
}

/// Notes on what an operator might not expect.
fn notes(
    path: &Path,
    file: &OrderFile,
    declaration: &Declaration,
    until_reboot: bool,
) -> Vec<String> {
    let mut notes = Vec::new();
    match &file.content {
        Err(fault) => notes.push(format!("'{}' {fault}, and is replaced", path.display())),
        Ok(before) if before.boot.is_some() && declaration.boot.is_none() => {
            notes.push(format!(
                "{}: drained also after the next boot now",
                what(path)
            ));
        }
        Ok(before) if before.boot.is_none() && until_reboot => notes.push(format!(
            "{}: drained without --until-reboot before, and so it stays",
            what(path)
        )),
        Ok(_) => {}
    }
    notes
}

fn what(path: &Path) -> String {
    path.file_name()
        .map(|name| shown(&name.to_string_lossy()).to_owned())
        .unwrap_or_default()
}

/// `drained since 2026-11-27T10:00:00Z by alice: kernel update`.
pub(super) fn drained_since(order: &Order) -> String {
    let since = since(order).map_or_else(
        || ", since when is not known,".to_owned(),
        |since| {
            let text = since.to_string();
            format!(
                " since {}Z",
                text.split_once('.')
                    .map_or(text.as_str(), |(seconds, _)| seconds)
            )
        },
    );
    let by = with(" by ", order.by.as_ref());
    let reason = with(": ", order.reason.as_ref());
    format!("drained{since}{by}{reason}")
}

/// When it was declared; `None`: not known.
pub(super) fn since(order: &Order) -> Option<Moment> {
    (order.age != OLD).then(|| Moment::now().minus(order.elapsed(Instant::now())))
}
