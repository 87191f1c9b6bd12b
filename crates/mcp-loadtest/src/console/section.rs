//! What is being done, on stderr: one line a step, folded into groups in a GitHub Actions log.

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tool_edge::{printable, printable_within};

use crate::console::advice::advice;
use crate::environment;

/// Prints one step: a word in the margin, then what was found or done.
///
/// A stderr that nobody reads any more is no reason to stop.
pub fn say(step: &str, what: impl Display) {
    let _unheard = writeln!(std::io::stderr(), "{step:>20}  {}", printable(&what.to_string()));
}

/// A group in an Actions log, closed when this is dropped; nothing elsewhere.
#[derive(Debug)]
pub struct Section {
    in_actions: bool,
}

pub fn section(name: &str) -> Section {
    let in_actions = environment::in_actions();
    if in_actions {
        let _unheard = writeln!(std::io::stderr(), "::group::{}", printable(name));
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

/// Prints the error that a program ends with; the code is 1 then.
pub fn ended(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        let advice = advice(&error).map_or_else(String::new, |it| format!("; {it}"));
        let text = printable(&format!("{error:#}{advice}"));
        let _unheard = writeln!(std::io::stderr(), "error: {text}");
        ExitCode::FAILURE
    })
}

/// A stranger's text for a place within a line.
pub(crate) fn brief(text: &str) -> String {
    printable_within(text, 200)
}

/// A number of things.
pub(crate) fn counted(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// A length of time as people say it.
pub(crate) fn clock(it: Duration) -> String {
    let seconds = it.as_secs_f64().round();
    if seconds < 60.0 {
        return format!("{seconds} s");
    }
    format!("{}:{:02} min", (seconds / 60.0).floor(), seconds % 60.0)
}

/// Waits for something long that says nothing itself, and tells every ten seconds that it still goes on.
pub async fn elapsing<T>(step: &str, what: &str, work: impl Future<Output = T>) -> T {
    const EVERY: Duration = Duration::from_secs(10);
    let started = Instant::now();
    let mut work = std::pin::pin!(work);
    loop {
        match tokio::time::timeout(EVERY, &mut work).await {
            Ok(it) => return it,
            Err(_) => say(step, format_args!("{what}, {} s", started.elapsed().as_secs())),
        }
    }
}
