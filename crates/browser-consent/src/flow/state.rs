//! What is known while a consent is got, and what there is to say about it.

use std::time::{Duration, Instant};

use crate::address::bare;
use crate::browser::tab::{Broken, Tab};
use crate::flow::request::Consent;
use crate::input::redaction::Redaction;
use crate::page::kind::{Kind, Past};
use crate::page::locate::{self, Found};
use crate::page::memory::{Action, Memory};
use crate::page::snapshot::{Button, Snapshot};
use crate::problem::Problem;
use crate::visits::Trail;

/// Before a button that only says "Continue" is taken for consent: pages that go on by themselves have gone.
pub(crate) const WEAK_QUIET: Duration = Duration::from_millis(800);
/// After which a page that never shows a button to press is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Why the loop ended.
#[derive(Debug)]
pub(crate) enum Stop {
    Problem(Problem),
    Driver(Broken),
    Deadline,
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Driver(broken)
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What became of one look at the page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// Something was done, so the page is read again at once.
    Acted,
    Wait,
}

pub(crate) struct Flow<'a> {
    pub(crate) tab: Tab<'a>,
    pub(crate) request: &'a Consent<'a>,
    pub(crate) past: Past<'a>,
    pub(crate) redaction: Redaction,
    pub(crate) memory: Memory,
    pub(crate) trail: Trail,
    pub(crate) console: Vec<String>,
    pub(crate) last: Snapshot,
    pub(crate) kind: Kind,
    pub(crate) in_frame: bool,
    pub(crate) reopened: bool,
    pub(crate) played: Played,
    /// The one-time code that was typed last, and how many were refused.
    pub(crate) code: Option<String>,
    pub(crate) codes_refused: usize,
    /// What was typed in this document and not yet sent by a press.
    pub(crate) filled: Option<Action>,
    pub(crate) refilled: bool,
    pub(crate) started: Instant,
}

/// How far a script has come.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) commands: usize,
    /// The command that was begun last; the page may be gone before it is known to be done.
    pub(crate) begun: Option<usize>,
    pub(crate) since: Instant,
}

impl Default for Played {
    fn default() -> Self {
        Self { commands: 0, begun: None, since: Instant::now() }
    }
}

impl Flow<'_> {
    /// Adds what was done to the newest page of the trail.
    pub(crate) fn acted(&mut self, action: String) {
        if let Some(visit) = self.trail.visits.last_mut() {
            visit.actions.push(action);
        }
    }

    /// Takes the newest action back.
    pub(crate) fn not_acted(&mut self) {
        if let Some(visit) = self.trail.visits.last_mut() {
            visit.actions.pop();
        }
    }

    pub(crate) fn clean(&self, text: &str) -> String {
        self.redaction.clean(text, 160)
    }

    /// The buttons of the newest page, each with the reason why it was not pressed.
    pub(crate) fn candidates(&self) -> Vec<String> {
        let page = &self.last;
        let found = locate::approve(page, &self.past.names);
        let reason = |it: &Button| match locate::approve_score(page, it, &self.past.names) {
            Ok(_) if it.disabled => "disabled".to_owned(),
            Ok(_) if self.memory.witnessed(it) == Some(false) => {
                "denies, says the browser".to_owned()
            }
            Ok(score) => {
                let points = score.points;
                let but = match (found, score.strong) {
                    (Found::Tie, _) => "not the only one",
                    (_, true) => "something else lies over it",
                    (_, false) => "too few to be sure",
                };
                format!("{points} points, {but}")
            }
            Err(reason) => reason.to_owned(),
        };
        let seen = page.buttons.iter().take(8);
        let seen =
            seen.map(|it| format!("\"{}\" ({})", self.redaction.clean(&it.label, 40), reason(it)));
        let next = self.next_command();
        let next = next.map(|it| format!("nothing for the step `{}`", self.clean(&it.named)));
        seen.chain(next).collect()
    }

    /// Where it stands, without the query.
    pub(crate) fn address(&self) -> String {
        if self.last.address.is_empty() {
            bare(self.request.url)
        } else {
            self.clean(&self.last.address)
        }
    }
}
