//! What is said on stdout: the table of a run, or where the embedded target serves.

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use anyhow::Context as _;
use k6_summary::{Report, Style, terminal};

/// Columns where stdout is no terminal.
const WIDTH: u16 = 120;

/// Prints the table.
pub(crate) fn print(report: &Report) -> anyhow::Result<()> {
    let stdout = std::io::stdout();
    let columns = rustix::termios::tcgetwinsize(&stdout).map(|it| it.ws_col);
    let width = columns.ok().filter(|it| *it > 0).unwrap_or(WIDTH);
    let style = if stdout.is_terminal() { Style::ansi(width) } else { Style::plain(width) };
    let table = terminal(report, style);
    // Names and reasons in it are of others, and the log of a job has its commands anywhere in a line.
    let table = table.replace("##[", "## [");
    line(table.trim_end())
}

/// Prints a text and ends its line; a reader that has seen enough is fine.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("failed to write to stdout")
        }
        _ => Ok(()),
    }
}
