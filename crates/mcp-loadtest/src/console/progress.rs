//! What is shown while k6 runs: a live line on a terminal, a plain line now and then elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::console::section::{clock, say};

#[derive(Debug)]
pub(crate) struct Progress {
    scenario: String,
    planned: Option<Duration>,
    started: Instant,
    line: Line,
}

#[derive(Debug)]
enum Line {
    Live(ProgressBar),
    Plain { next: Duration },
}

/// What k6 says of itself while it runs; `None` where it did not answer.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Live {
    pub(crate) vus: Option<u64>,
    pub(crate) calls: Option<u64>,
    pub(crate) errors: Option<u64>,
}

impl Progress {
    pub(crate) fn start(scenario: &str, planned: Option<Duration>) -> Self {
        let live = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        let line = if live {
            let bar = ProgressBar::new(planned.map_or(0, |it| it.as_secs()));
            let style = "{prefix:>20}  {bar:24} {msg}";
            bar.set_style(ProgressStyle::with_template(style).expect("the template is constant"));
            bar.set_prefix(scenario.to_owned());
            Line::Live(bar)
        } else {
            Line::Plain { next: Duration::ZERO }
        };
        Self { scenario: scenario.to_owned(), planned, started: Instant::now(), line }
    }

    pub(crate) fn show(&mut self, live: Live) {
        let elapsed = self.started.elapsed();
        let text = text(elapsed, self.planned, live);
        match &mut self.line {
            Line::Live(bar) => {
                bar.set_position(elapsed.as_secs());
                bar.set_message(text);
            }
            Line::Plain { next } if elapsed >= *next => {
                say(&self.scenario, text);
                let tenth = self.planned.unwrap_or_default() / 10;
                *next = elapsed + tenth.max(Duration::from_secs(5));
            }
            Line::Plain { .. } => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Line::Live(bar) = &self.line {
            bar.finish_and_clear();
        }
    }
}

fn text(elapsed: Duration, planned: Option<Duration>, live: Live) -> String {
    let number = |it: Option<u64>| it.map_or_else(|| "—".to_owned(), |it| it.to_string());
    let planned = planned.map(|it| format!(" of {}", clock(it))).unwrap_or_default();
    let elapsed = clock(elapsed);
    let (calls, errors, vus) = (number(live.calls), number(live.errors), number(live.vus));
    format!("{elapsed}{planned} · {calls} calls · {errors} errors · {vus} VUs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_k6_did_not_say_is_a_dash() {
        let planned = Some(Duration::from_secs(95));
        let live = Live { vus: Some(10), calls: Some(1234), errors: None };
        assert_eq!(
            text(Duration::from_millis(7400), planned, live),
            "7 s of 1:35 min · 1234 calls · — errors · 10 VUs"
        );
    }
}
