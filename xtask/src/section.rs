//! What is being done, on stderr: one line a step, folded into groups in a GitHub Actions log.

use std::fmt::Display;

/// Prints one step: a word in the margin, then what was found or done.
#[expect(clippy::print_stderr, reason = "stderr is where progress is told")]
pub(crate) fn say(step: &str, what: impl Display) {
    eprintln!("{step:>20}  {what}");
}

/// A group in an Actions log, closed when this is dropped; nothing elsewhere.
#[derive(Debug)]
pub(crate) struct Section {
    in_actions: bool,
}

#[expect(clippy::print_stderr, reason = "workflow commands are read from stderr too")]
pub(crate) fn section(name: &str) -> Section {
    let in_actions = std::env::var_os("GITHUB_ACTIONS").is_some();
    if in_actions {
        eprintln!("::group::{name}");
    }
    Section { in_actions }
}

impl Drop for Section {
    #[expect(clippy::print_stderr, reason = "workflow commands are read from stderr too")]
    fn drop(&mut self) {
        if self.in_actions {
            eprintln!("::endgroup::");
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
