//! What is being done, on stderr: one line a step, folded into groups in a GitHub Actions log.

use std::fmt::Display;
use std::io::Write as _;

use crate::project::{self, plain};

/// Prints one step: a word in the margin, then what was found or done.
///
/// A stderr that nobody reads any more is no reason to stop.
pub(crate) fn say(step: &str, what: impl Display) {
    let _unheard = writeln!(std::io::stderr(), "{step:>20}  {}", plain(&what.to_string()));
}

/// A group in an Actions log, closed when this is dropped; nothing elsewhere.
#[derive(Debug)]
pub(crate) struct Section {
    in_actions: bool,
}

pub(crate) fn section(name: &str) -> Section {
    let in_actions = project::in_actions();
    if in_actions {
        let _unheard = writeln!(std::io::stderr(), "::group::{}", plain(name));
    }
    Section { in_actions }
}

impl Drop for Section {
    fn drop(&mut self) {
        if self.in_actions {
            let _unheard = writeln!(std::io::stderr(), "::endgroup::");
        }
    }
}

/// Waits for something long that says nothing itself, and tells every ten seconds that it still goes on.
pub(crate) async fn elapsing<T>(step: &str, what: &str, work: impl Future<Output = T>) -> T {
    const EVERY: std::time::Duration = std::time::Duration::from_secs(10);
    let started = std::time::Instant::now();
    let mut work = std::pin::pin!(work);
    loop {
        match tokio::time::timeout(EVERY, &mut work).await {
            Ok(it) => return it,
            Err(_) => say(step, format_args!("{what}, {} s", started.elapsed().as_secs())),
        }
    }
}
