//! The scripts of the program, written out.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;

use crate::console::section::say;
use crate::scenario::scripts::{taken, write};

/// What `scripts` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder to write to, which --scripts names then
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Write over files that were changed there
    #[arg(long)]
    force: bool,
}

/// Writes them; files that were changed are not written over unless that is asked for.
///
/// # Errors
/// What is in the way, or cannot be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let taken = taken(&args.folder);
    if !taken.is_empty() && !args.force {
        let names = Vec::from_iter(taken).join(", ");
        bail!(
            "`{}` has other files of these names: {names}; add --force to replace them",
            args.folder.display()
        );
    }
    write(&args.folder)?;
    say("scripts", format_args!("written to `{}`; --scripts names it", args.folder.display()));
    Ok(ExitCode::SUCCESS)
}
