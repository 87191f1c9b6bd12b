//! What is done about codes, lists, offers and pages that pass on.

use std::time::Duration;

use crate::flow::look::{Decision, Look, Move, Purpose, Typing, WEAK_QUIET};
use crate::flow::memory::Action;
use crate::page::detour::{self, Pick};
use crate::page::locate;
use crate::problem::Problem;

/// How long a page that sends itself is given before its button is pressed.
const PASSES_IN: Duration = Duration::from_secs(3);

impl Look<'_> {
    pub(crate) fn choose_account(self, at: usize) -> Decision {
        if self.memory.pressed(self.page, Action::Account).is_some() {
            return self.after_press(Action::Account);
        }
        self.press(self.button(at), Action::Account, None)
    }

    pub(crate) fn skip(self, at: usize) -> Decision {
        if self.memory.pressed(self.page, Action::Skip).is_some() {
            return self.after_press(Action::Skip);
        }
        // "Not now" on a consent page whose other button is still to come would be a refusal.
        if self.quiet() < WEAK_QUIET {
            return Ok(Move::Wait);
        }
        if locate::speaks_of_consent(self.page) {
            return self.give_up_late();
        }
        self.press(self.button(at), Action::Skip, None)
    }

    /// Types the code of this moment and sends it; a refused one is followed by the next, once.
    pub(crate) fn enter_code(self, fields: &[usize]) -> Decision {
        if self.memory.pressed(self.page, Action::Code).is_some() {
            return self.after_press(Action::Code);
        }
        // One of several devices may have been named.
        if let Some(it) = self.take_named_choice() {
            return Ok(it);
        }
        let Some(code) = self.code() else { return Ok(Move::Wait) };
        let texts = self.typing_code(fields, &code)?;
        if !texts.is_empty() {
            return Ok(Move::Fill(texts, Purpose::Code(code)));
        }
        match locate::login(self.page, &self.page.fields[fields[0]]).best() {
            Some(at) => self.press(self.button(at), Action::Code, None),
            // Some pages send the last digit themselves.
            None => self.give_up_late(),
        }
    }

    /// The one-time code of this moment.
    pub(crate) fn code(self) -> Option<String> {
        self.request.consent.credentials.and_then(|it| it.code(self.now.time))
    }

    /// A code for one field, or a digit for each; nothing if they hold it.
    pub(crate) fn typing_code(self, fields: &[usize], code: &str) -> Result<Vec<Typing>, Problem> {
        let field = |at: usize| &self.page.fields[at];
        if let [only] = fields {
            let typing = self.typing(field(*only), code, "filled one-time code")?;
            return Ok(typing.into_iter().collect());
        }
        let what = "filled a digit of the one-time code";
        let digits = fields.iter().zip(code.chars());
        let typings = digits.map(|(at, it)| self.typing(field(*at), &it.to_string(), what));
        typings.filter_map(Result::transpose).collect()
    }

    /// A code that was used before, by another run in the same half minute, is refused: the next one is not.
    pub(crate) fn refused_code(self, says: Option<&str>) -> Decision {
        if self.memory.codes_refused > 0 {
            return Err(Problem::BadCode { says: says.map(|it| self.clean(it)) });
        }
        Ok(if self.code() == self.memory.code { Move::Wait } else { Move::NextCode })
    }

    /// Takes the workspace or region that was named, or the only one, and goes on.
    pub(crate) fn choose(self, pick: Pick) -> Decision {
        if self.memory.pressed(self.page, Action::Choose).is_some() {
            return self.after_press(Action::Choose);
        }
        // The list may not be complete yet.
        if self.quiet() < WEAK_QUIET {
            return Ok(Move::Wait);
        }
        match pick {
            Pick::Button(at) => self.press(self.button(at), Action::Choose, None),
            Pick::Choice(at) => self.take_choice(at).map_or_else(|| self.give_up_late(), Ok),
            Pick::Chosen => match detour::forward(self.page).best() {
                Some(at) => self.press(self.button(at), Action::Choose, None),
                None => self.give_up_late(),
            },
            Pick::Unknown => {
                let names = detour::labels(self.page).iter().map(|it| self.clean(it)).collect();
                Err(Problem::Choice { names })
            }
        }
    }

    /// Waits for a page that goes on by itself, and presses its button where it does not.
    pub(crate) fn pass(self) -> Decision {
        if self.memory.pressed(self.page, Action::Passing).is_some() {
            return self.after_press(Action::Passing);
        }
        if self.quiet() < PASSES_IN {
            return Ok(Move::Wait);
        }
        match detour::forward(self.page).best() {
            Some(at) => self.press(self.button(at), Action::Passing, None),
            None => self.lost(),
        }
    }
}
