//! What is done about pages that are in the way, or are the end of it.

use std::time::Duration;

use crate::address::bare;
use crate::flow::look::{Decision, GIVE_UP_AFTER, Look, Move, SETTLE};
use crate::page::field;
use crate::page::locate::{self, Found};
use crate::page::message;
use crate::page::phrases::normalize;
use crate::page::snapshot::Button;
use crate::page::words;
use crate::problem::Problem;

const ALERT_SETTLE: Duration = Duration::from_millis(1500);
const HOP: Duration = Duration::from_secs(2);
const DENIED: Duration = Duration::from_secs(1);
const NOT_HEARD: Duration = Duration::from_secs(10);
const DIALOG_AFTER_APPROVAL: Duration = Duration::from_secs(5);

impl Look<'_> {
    /// There is no page, when the driver has said that it opened one or that its time is over.
    pub(crate) fn blank(self) -> Decision {
        if self.quiet() < HOP {
            return Ok(Move::Wait);
        }
        Err(Problem::NoPage { seconds: self.since(self.memory.began).as_secs() })
    }

    pub(crate) fn redirected(self) -> Decision {
        match &self.page.answer {
            Some(says) if self.quiet() > DENIED => Err(Problem::Denied { says: self.clean(says) }),
            None if self.quiet() > NOT_HEARD => Err(Problem::NotHeard),
            _ => Ok(Move::Wait),
        }
    }

    /// A page that has nothing on it may be on its way to another.
    pub(crate) fn elsewhere(self) -> Decision {
        let page = self.page;
        if self.memory.in_frame {
            return Ok(Move::LeaveFrame);
        }
        let is_bare = page.fields.is_empty() && page.buttons.is_empty() && page.frames.is_empty();
        if self.quiet() < if is_bare || !page.ready { HOP } else { SETTLE } {
            return Ok(Move::Wait);
        }
        // Somebody who has signed in may be sent to a start page instead of back.
        let is_after_sign_in = self.memory.past.identifier.is_some();
        let refused = Problem::Refused { origin: self.clean(&page.origin), is_after_sign_in };
        if self.memory.past.password.is_some() && page.status < 400 && self.may_reopen() {
            return Ok(Move::Reopen(Box::new(refused)));
        }
        Err(refused)
    }

    /// In the same document the warning has to stay for a moment, as busy forms flash theirs.
    pub(crate) fn refused(self, says: Option<&str>) -> Decision {
        let past = &self.memory.past;
        let sent = past.password.as_ref().or(past.identifier.as_ref());
        let is_new_document = sent.is_some_and(|it| it.said.document != self.page.document);
        if self.quiet() < SETTLE && !(is_new_document && says.is_some()) {
            return Ok(Move::Wait);
        }
        match says.map(|it| self.clean(it)) {
            Some(says) if words::LOCKED.occur_in(&normalize(&says)) => {
                Err(Problem::Locked { says })
            }
            Some(says) if words::WRONG.occur_in(&normalize(&says)) => {
                Err(Problem::BadCredentials { says })
            }
            says => Err(Problem::CameBack { says }),
        }
    }

    pub(crate) fn error_page(self, says: &str) -> Decision {
        if self.quiet() < if self.page.status >= 400 { SETTLE } else { ALERT_SETTLE } {
            return Ok(Move::Wait);
        }
        let says = self.request.redaction.clean(says, 300);
        let words = normalize(&says);
        Err(match () {
            () if words::LOCKED.occur_in(&words) => Problem::Locked { says },
            () if words::ALREADY.occur_in(&words) => Problem::Already { says },
            () if words::POLICY.occur_in(&words) => Problem::Policy { says },
            () => Problem::ErrorPage { says },
        })
    }

    /// A page with nothing to do on it: waited for, then opened afresh once if somebody is signed in by now.
    pub(crate) fn lost(self) -> Decision {
        if self.memory.in_frame && self.quiet() > HOP {
            return Ok(Move::LeaveFrame);
        }
        if self.idle() < GIVE_UP_AFTER {
            return Ok(Move::Wait);
        }
        // A page of the request itself does not get better by opening it again, nor does one that asks for something.
        let has_left = self.memory.past.identifier.is_some()
            || self.page.address != bare(self.request.consent.url);
        let asks = field::is_any_to_fill_in(self.page) || locate::is_about_consent(self.page);
        if has_left && !asks && self.may_reopen() {
            return Ok(Move::Reopen(Box::new(self.stuck())));
        }
        self.give_up_late()
    }

    /// Gives a page up on which nothing was found to do, once it has been the same for long enough.
    pub(crate) fn give_up_late(self) -> Decision {
        if self.idle() < GIVE_UP_AFTER {
            return Ok(Move::Wait);
        }
        Err(self.stuck())
    }

    /// What is wrong with a page on which nothing was found to do.
    fn stuck(self) -> Problem {
        if let Some(says) = message::already(self.page) {
            return Problem::Already { says: self.clean(&says) };
        }
        if self.memory.has_approved() {
            return Problem::NotRedirected { says: self.gist() };
        }
        if let Some(says) = message::policy(self.page) {
            return Problem::Policy { says: self.clean(&says) };
        }
        let steps = self.page.buttons.iter().filter_map(locate::step).take(4);
        Problem::NoWayForward {
            says: self.gist(),
            candidates: self.candidates(),
            steps: steps.map(|it| self.clean(&it)).collect(),
        }
    }

    /// What the page is about, in its own words, and what is new on it since the last press first of all.
    pub(crate) fn gist(self) -> Option<String> {
        message::gist(self.page, self.memory.past.said.as_ref()).map(|it| self.clean(&it))
    }

    /// How long the page has been the same, as far as that matters; a press that waits for its answer may still change it.
    ///
    /// Where consent is asked for, texts that tick and buttons that move bring no other button; but what makes a
    /// disabled one usable may be counted down to.
    pub(crate) fn idle(self) -> Duration {
        let (page, names) = (self.page, &self.memory.past.names);
        if self.memory.awaits_answer(page) {
            return Duration::ZERO;
        }
        let may_come = |it: &Button| it.disabled && locate::approve_score(page, it, names).is_ok();
        if locate::is_about_consent(page) && !page.buttons.iter().any(may_come) {
            self.memory.settled(self.now.instant)
        } else {
            self.quiet()
        }
    }

    /// The request is opened again once; not after the approval, which must not be asked for twice.
    fn may_reopen(self) -> bool {
        !self.memory.has_approved() && self.memory.given_up.is_none()
    }

    pub(crate) fn enter_frame(self, at: usize) -> Decision {
        let page = self.page;
        // Beside buttons a frame is only looked into once nothing else comes.
        if !page.buttons.is_empty() && self.quiet() < SETTLE {
            return Ok(Move::Wait);
        }
        let origin = &page.frames[at].origin;
        let new = page.frames.iter().find(|it| {
            !it.hidden && it.origin == *origin && !self.memory.entered.contains(&it.element)
        });
        match new {
            Some(it) if !self.memory.in_frame => Ok(Move::EnterFrame(it.element.clone())),
            _ => self.lost(),
        }
    }

    /// Whether a dialog is a part of the approval: a question right after it, unless its words deny.
    pub(crate) fn may_accept(self, dialog: &str) -> bool {
        self.memory.approved_within(DIALOG_AFTER_APPROVAL, self.now.instant)
            && locate::may_approve(self.page, dialog, &self.memory.past.names).is_ok()
    }

    /// The buttons of the page, each with the reason why it was not pressed.
    fn candidates(self) -> Vec<String> {
        let (page, names) = (self.page, &self.memory.past.names);
        let found = locate::approve(page, names);
        let reason = |it: &Button| match locate::approve_score(page, it, names) {
            Ok(_) if it.disabled => "disabled".to_owned(),
            Ok(_) if self.witnessed(it) == Some(false) => "denies, says the browser".to_owned(),
            Ok(score) => {
                let but = match (found, score.strong) {
                    (Found::Tie, _) => "not the only one",
                    (_, true) => "something else lies over it",
                    (_, false) => "too few to be sure",
                };
                format!("{} points, {but}", score.points)
            }
            Err(reason) => reason.to_owned(),
        };
        let label = |it: &Button| self.request.redaction.clean(&it.label, 40);
        let seen = page.buttons.iter().take(8);
        let seen = seen.map(|it| format!("\"{}\" ({})", label(it), reason(it)));
        let next = self.next_command();
        let next = next.map(|it| format!("nothing for the step `{}`", self.clean(&it.named)));
        seen.chain(next).collect()
    }
}
