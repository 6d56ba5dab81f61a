//! Writes a command's answer to stdout and stderr.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use crate::failure::{Answer, End, Failure};
use crate::files;

/// sysexits(3): an error while writing.
const IO_ERROR: i32 = 74;

/// Writes a command's answer, notes and error. Returns the exit status.
pub fn leave(ended: Result<Answer, Failure>) -> ExitCode {
    let Answer { text, notes, end } = ended.unwrap_or_else(Answer::from);
    say(&text);
    let _ = io::stderr().write_all(notes.as_bytes());
    if let End::Failed(failure) = &end {
        let _ = writeln!(io::stderr(), "error: {failure}");
    }
    ExitCode::from(end.exit_status())
}

/// Writes an answer. A reader that closes early (`head`) is no error. Any other error ends the process with status 74: an
/// answer cut off by a full disk must not pass for a whole one.
pub fn say(text: &str) {
    let mut stdout = io::stdout();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let why = files::reason(&error);
            let _ = writeln!(io::stderr(), "error: failed to write to stdout: {why}");
            std::process::exit(IO_ERROR);
        }
        _ => {}
    }
}
