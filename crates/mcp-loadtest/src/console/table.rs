//! The table of a run, the one thing that is said on stdout.

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use anyhow::Context as _;
use k6_summary::{Comparison, Run, Style, terminal};

/// Columns where stdout is no terminal.
const WIDTH: u16 = 120;

/// Prints the table; a reader that has seen enough of it is fine.
pub(crate) fn print(run: &Run, comparison: &Comparison) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout();
    let columns = rustix::termios::tcgetwinsize(&stdout).map(|it| it.ws_col);
    let width = columns.ok().filter(|it| *it > 0).unwrap_or(WIDTH);
    let style = Style { ansi: stdout.is_terminal(), width };
    let table = terminal(run, comparison, style);
    // Names and reasons in it are of others, and the log of a job has its commands anywhere in a line.
    let table = table.replace("##[", "## [");
    match writeln!(stdout, "{}", table.trim_end()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("failed to print the table")
        }
        _ => Ok(()),
    }
}
