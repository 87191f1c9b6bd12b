use std::io::{self, Write as _};

/// Talks to the person in front of it; a closed stderr is no reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
