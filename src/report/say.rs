//! The answer of a command, at stdout.

use std::io::{self, ErrorKind, Write};

/// sysexits(3): an error while writing.
const IO_ERROR: i32 = 74;

/// Writes it. A reader that has seen enough (`head`) is no error; an answer that is cut off by a full disk must not pass for a
/// whole one, and ends the process with status 74.
pub fn say(text: &str) {
    let mut stdout = io::stdout();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let text = error.to_string();
            let why = text
                .split(" (os error")
                .next()
                .unwrap_or(&text)
                .to_lowercase();
            let _ = writeln!(io::stderr(), "error: failed to write to stdout: {why}");
            std::process::exit(IO_ERROR);
        }
        _ => {}
    }
}
