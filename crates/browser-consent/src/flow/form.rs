//! How a form is filled in and sent, and what is made of a press that does not show.

use std::time::Duration;

use crate::flow::look::{Decision, GIVE_UP_AFTER, Look, Move, Purpose, Typing};
use crate::flow::memory::{Action, Cover, Press};
use crate::page::field;
use crate::page::locate;
use crate::page::message;
use crate::page::snapshot::{Button, Field};
use crate::problem::Problem;

/// After which a press that has sent nothing is taken for lost, as in a page that does not listen yet.
const LOST: Duration = Duration::from_secs(2);
/// After which a press is known to have done nothing.
const NO_EFFECT: Duration = Duration::from_secs(15);
/// How often something may be pressed at one address before that is a loop.
const MOST_PRESSES: usize = 2;
const MOST_TYPED: usize = 3;
/// How long a button may stay disabled beside a form that was filled in, before its keys are pressed.
const KEYS_AFTER: Duration = Duration::from_secs(1);

impl Look<'_> {
    pub(crate) fn sign_in(self, user: Option<usize>, password: Option<usize>) -> Decision {
        let action = if password.is_some() { Action::Password } else { Action::Identifier };
        if self.memory.pressed(self.page, action).is_some() {
            return self.after_press(action);
        }
        let credentials = self.request.consent.credentials.ok_or(Problem::CredentialsMissing)?;
        let field = password.or(user).map(|at| &self.page.fields[at]);
        if let Some(at) = field.and_then(|it| locate::login(self.page, it).best()) {
            self.refuse_to_send(&self.button(at).sends_to)?;
        }
        let mut texts = Vec::new();
        for (at, text, what) in [
            (user, credentials.email(), "filled email"),
            (password, credentials.reveal(), "filled password"),
        ] {
            if let Some(at) = at {
                texts.extend(self.typing(&self.page.fields[at], text, what)?);
            }
        }
        if texts.is_empty() && password.is_some() {
            let fields = field::one_time_code(self.page);
            if let Some(code) = self.code() {
                texts = self.typing_code(&fields, &code)?;
            }
        }
        if !texts.is_empty() {
            return Ok(Move::Fill(texts, Purpose::SignIn(action)));
        }
        let Some(field) = field else { return Ok(Move::Wait) };
        let Some(at) = locate::login(self.page, field).best() else { return self.give_up_late() };
        let typed = self.memory.typed.get(&field.element).copied().unwrap_or_default();
        if self.button(at).disabled && typed == 1 && self.quiet() > KEYS_AFTER {
            // Some forms know of a text only by the keys that were pressed for it.
            let text = if password.is_some() { credentials.reveal() } else { credentials.email() };
            let what = if password.is_some() { "filled password" } else { "filled email" };
            let (element, clear) = (field.element.clone(), true);
            let typing = Typing { element, clear, text: text.to_owned(), what: what.to_owned() };
            return Ok(Move::Fill(vec![typing], Purpose::SignIn(action)));
        }
        self.press(self.button(at), action, None)
    }

    /// Leaves a form alone that sends to an origin which is not allowed; one that does not say where it sends is the page's.
    fn refuse_to_send(self, origin: &str) -> Result<(), Problem> {
        if origin.is_empty() || self.memory.past.origins.iter().any(|it| it == origin) {
            return Ok(());
        }
        Err(Problem::SendsElsewhere { origin: self.clean(origin) })
    }

    /// What there is to type into a field that does not hold the text yet.
    pub(crate) fn typing(
        self,
        field: &Field,
        text: &str,
        what: &str,
    ) -> Result<Option<Typing>, Problem> {
        self.refuse_to_send(&field.sends_to)?;
        // WebDriver presses a key for each of these, such as Enter for a line break.
        if text.chars().any(|it| it.is_control() || ('\u{e000}'..='\u{e05d}').contains(&it)) {
            return Err(Problem::Untypable { what: what.to_owned() });
        }
        let typed = self.memory.typed.get(&field.element).copied().unwrap_or_default();
        if typed > 0 && field.length == text.encode_utf16().count() {
            return Ok(None);
        }
        if typed >= MOST_TYPED {
            let name = if field.attribute.is_empty() { &field.label } else { &field.attribute };
            return Err(Problem::Unfillable { field: self.clean(name) });
        }
        Ok(Some(Typing {
            element: field.element.clone(),
            clear: field.length > 0,
            text: text.to_owned(),
            what: what.to_owned(),
        }))
    }

    /// A press of a button of an allowed origin, once in its document.
    pub(crate) fn press(self, button: &Button, action: Action, command: Option<usize>) -> Decision {
        if button.disabled {
            return Ok(Move::Wait);
        }
        let unsteady = self.memory.unsteady(self.page, button, self.now.instant);
        if !unsteady.is_zero() {
            return Ok(Move::WaitFor(unsteady));
        }
        // What may approve, by whichever name.
        if matches!(action, Action::Approve | Action::Passing | Action::Scripted) {
            self.refuse_scopes()?;
        }
        self.refuse_to_send(&button.sends_to)?;
        let is_counted = action != Action::Scripted && action != Action::Banner;
        if is_counted && self.memory.presses(self.page, action) >= MOST_PRESSES {
            return Err(Problem::Loop { says: self.gist() });
        }
        if let Some(over) = &self.memory.cover {
            return self.uncover(over);
        }
        let (element, label) = (button.element.clone(), self.clean(&button.label));
        Ok(Move::Press { element, label, action, command })
    }

    /// Closes, once in a document, what lies over a button, such as a tour.
    fn uncover(self, over: &[Cover]) -> Decision {
        let closing = over.iter().find(|it| locate::closes(&it.label));
        match closing {
            Some(it) if !self.memory.uncovered.contains(&self.page.document) => {
                let (element, label) = (it.element.clone(), self.clean(&it.label));
                Ok(Move::Uncover { element, label })
            }
            _ => self.give_up_late(),
        }
    }

    /// Waits for a press to show; the console knows why it does not.
    pub(crate) fn after_press(self, action: Action) -> Decision {
        let Some(press) = self.memory.pressed(self.page, action) else { return Ok(Move::Wait) };
        let console = &self.memory.console;
        if let Some(line) = console.iter().find(|it| it.contains("form-action")) {
            return Err(Problem::FormAction { says: line.clone() });
        }
        let is_again = self.memory.has_lost(self.page, action);
        if self.since(press.at) > LOST && self.is_lost(press) && !is_again {
            return Ok(Move::StartOver(action));
        }
        let is_over = self.quiet() > GIVE_UP_AFTER && !self.memory.awaits_answer(self.page);
        if self.since(press.at) > NO_EFFECT && is_over {
            let console = console.iter().rev().take(3).rev().cloned().collect();
            let said = self.memory.past.said.as_ref();
            let says = said.and_then(|it| message::news(self.page, it)).map(|it| self.clean(&it));
            return Err(Problem::NoEffect { says, button: press.label.clone(), console });
        }
        Ok(Move::Wait)
    }

    /// Whether a press has left the page as it was: nothing was sent, and the button waits to be pressed or the form to be filled.
    fn is_lost(self, press: &Press) -> bool {
        let page = self.page;
        let button = page.buttons.iter().find(|it| self.clean(&it.label) == press.label);
        let is_empty = page.fields.iter().any(|it| it.length == 0);
        page.sent == press.sent
            && !self.memory.in_frame
            && button.is_some_and(|it| !it.disabled || is_empty)
    }
}
