//! What a shell needs to complete the command line.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;

/// The shell's script.
pub fn script(shell: Shell) -> String {
    haproxy_rhi::cli::script(&mut Cli::command(), shell)
}
