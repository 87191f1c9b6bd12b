//! Programs that do not outlive the one that starts them.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{self, Command};

/// A command whose process gets `signal` (such as `KILL`) when ours dies, however ours dies; `setpriv` is util-linux's
/// program of that name, and without it the command is a plain one.
///
/// The kernel sends the signal once it has been asked to. A process whose parent was killed before that would wait for it
/// for ever, so it looks then whether the parent is still there, and does not begin otherwise.
pub fn dying_with_us(program: impl AsRef<OsStr>, signal: &str, setpriv: Option<&Path>) -> Command {
    dying_with(process::id(), program.as_ref(), signal, setpriv)
}

fn dying_with(parent: u32, program: &OsStr, signal: &str, setpriv: Option<&Path>) -> Command {
    const UNLESS_ORPHAN: &str = r#"[ "$PPID" = "$0" ] && exec "$@""#;
    let Some(setpriv) = setpriv else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", signal, "--", "/bin/sh", "-c", UNLESS_ORPHAN]);
    command.arg(parent.to_string()).arg(program);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the program says, if it begins.
    fn said_under(parent: u32) -> String {
        // In the place of setpriv a program that passes over what only setpriv knows.
        let setpriv = std::env::temp_dir().join(format!("tool-edge-{}-{parent}", process::id()));
        std::fs::write(&setpriv, "shift 3; exec \"$@\"\n").unwrap();
        let mut command = dying_with(parent, OsStr::new("/bin/echo"), "KILL", Some(&setpriv));
        let arguments: Vec<_> = command.get_args().map(OsStr::to_owned).collect();
        command = Command::new("/bin/sh");
        let output = command.arg(&setpriv).args(arguments).args(["a b", "$c"]).output().unwrap();
        std::fs::remove_file(&setpriv).unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn an_orphan_does_not_begin() {
        assert_eq!(said_under(process::id()), "a b $c\n");
        assert_eq!(said_under(1), "");
    }
}
