//! What is done on a consent page.

use std::time::Duration;

use crate::flow::look::{Decision, GIVE_UP_AFTER, Look, Move, WEAK_QUIET};
use crate::flow::memory::{Action, Press, Witness};
use crate::page::detour;
use crate::page::field;
use crate::page::locate::{self, Found};
use crate::page::phrases::normalize;
use crate::page::snapshot::{Button, Handle};
use crate::page::words;
use crate::problem::Problem;

const SCROLL_AFTER: Duration = Duration::from_secs(1);

impl Look<'_> {
    pub(crate) fn approve(self, found: Found) -> Decision {
        let (page, memory) = (self.page, self.memory);
        if let Some(press) = memory.pressed(page, Action::Approve)
            && !self.is_another(press, found)
        {
            return self.after_press(Action::Approve);
        }
        self.refuse_scopes()?;
        if self.is_filled_in() {
            return self.give_up_late();
        }
        let Found::Best { index, strong } = found else { return self.give_up_late() };
        if let Some(it) = self.tick().or_else(|| self.take_named_choice()) {
            return Ok(it);
        }
        let button = &page.buttons[index];
        if button.disabled {
            // Some pages want their text to be scrolled through before their button can be pressed.
            if self.quiet() > SCROLL_AFTER && !memory.scrolled.contains(&page.document) {
                return Ok(Move::Scroll);
            }
            return self.give_up_late();
        }
        let warns = !page.alerts.is_empty() || page.status >= 400;
        let is_last_word = memory.pressed(page, Action::Approve).is_some()
            && words::LOGIN.are(&normalize(&button.label));
        let is_asked = locate::asks_for_consent(page)
            || locate::approves_by_structure(page, button)
            || is_last_word;
        if !strong && (warns || !is_asked) {
            return self.give_up_late();
        }
        if !self.request.consent.allow_scopes.is_empty() && page.scopes.is_empty() {
            return if self.idle() < GIVE_UP_AFTER {
                Ok(Move::Wait)
            } else {
                Err(Problem::ScopesUnread)
            };
        }
        match self.witnessed(button) {
            None => Ok(Move::Witness(index)),
            Some(false) => self.give_up_late(),
            Some(true) if !strong && self.quiet() < WEAK_QUIET => Ok(Move::Wait),
            Some(true) => self.press(button, Action::Approve, None),
        }
    }

    /// Whether the browser, which was asked beside the snapshot, says that a button approves; `None` if it was not asked.
    pub(crate) fn witnessed(self, button: &Button) -> Option<bool> {
        let Witness { role, label } = self.memory.witnessed(button)?;
        let is_button = matches!(role.as_str(), "button" | "link");
        Some(is_button && locate::may_approve(self.page, label, &self.memory.past.names).is_ok())
    }

    /// Whether a page that was approved goes on in its document with another button, and the one that was pressed is gone.
    ///
    /// The same button may say in other words that it is at work.
    fn is_another(self, press: &Press, found: Found) -> bool {
        let is_that = |it: &Button| {
            it.element == press.element || self.clean(&it.label).starts_with(&press.label)
        };
        found.best().is_some_and(|at| !is_that(self.button(at)))
            && !self.page.buttons.iter().any(|it| is_that(it) && !it.disabled)
            && !self.memory.awaits_answer(self.page)
    }

    /// Whether a form that was filled in is still there, as while its answer is waited for; its button approves nothing.
    fn is_filled_in(self) -> bool {
        self.page.fields.iter().any(|it| self.memory.typed.contains_key(&it.element))
    }

    /// Leaves a page alone that lists more than is allowed.
    pub(crate) fn refuse_scopes(self) -> Result<(), Problem> {
        let allowed = self.request.consent.allow_scopes;
        let others = self.page.scopes.iter().filter(|it| !allowed.contains(it));
        let scopes: Vec<String> = others.map(|it| self.clean(it)).collect();
        if allowed.is_empty() || scopes.is_empty() {
            Ok(())
        } else {
            Err(Problem::Scope { scopes })
        }
    }

    /// Ticks a box that has to be.
    fn tick(self) -> Option<Move> {
        let at = field::box_to_tick(self.page, &self.memory.past.names)?;
        let it = &self.page.boxes[at];
        self.mark(&it.element, "ticked", &it.label)
    }

    /// Takes a choice on whichever page that was named beforehand.
    pub(crate) fn take_named_choice(self) -> Option<Move> {
        let at = detour::named_choice(self.page, &self.memory.past.names)?;
        self.take_choice(at)
    }

    pub(crate) fn take_choice(self, at: usize) -> Option<Move> {
        let it = &self.page.choices[at];
        self.mark(&it.element, "chose", &it.label)
    }

    /// Clicks what can be ticked or chosen; what does not take it is not tried for ever.
    fn mark(self, element: &Handle, done: &'static str, label: &str) -> Option<Move> {
        let (element, label) = (element.clone(), self.clean(label));
        self.memory.may_mark(&element).then_some(Move::Mark { element, done, label })
    }
}
