//! What is done on each kind of page that has a way forward.

use std::time::Duration;

use crate::address::without_queries;
use crate::browser::tab::Outcome;
use crate::flow::state::{Flow, PATIENCE, Step, Stop};
use crate::page::field;
use crate::page::kind::Sent;
use crate::page::locate;
use crate::page::memory::{Action, Press};
use crate::page::snapshot::{Button, Field, Snapshot};
use crate::problem::Problem;

/// After which a press that has sent nothing is taken for lost, as in a page that does not listen yet.
const LOST: Duration = Duration::from_secs(2);
/// After which a press is known to have done nothing.
const NO_EFFECT: Duration = Duration::from_secs(15);
const CONSOLE_AFTER: Duration = Duration::from_millis(600);
/// How often something may be pressed at one address before that is a loop.
const MOST_PRESSES: usize = 2;
const MOST_TYPED: usize = 3;

impl Flow<'_> {
    pub(crate) async fn sign_in(
        &mut self,
        page: &Snapshot,
        user: Option<usize>,
        password: Option<usize>,
    ) -> Result<Step, Stop> {
        let action = if password.is_some() { Action::Password } else { Action::Identifier };
        if self.memory.pressed(page, action).is_some() {
            return self.after_press(page, action).await;
        }
        let credentials = self.request.credentials.ok_or(Problem::CredentialsMissing)?;
        let mut has_typed = false;
        for (at, text, what) in [
            (user, credentials.email(), "filled email"),
            (password, credentials.reveal(), "filled password"),
        ] {
            if let Some(at) = at {
                has_typed |= self.fill(&page.fields[at], text, what).await?;
            }
        }
        let codes = if password.is_some() { field::one_time_code(page) } else { Vec::new() };
        if let Some(code) = credentials.code().filter(|_| !has_typed) {
            has_typed |= self.fill_code(page, &codes, &code).await?;
        }
        if has_typed {
            self.filled = Some(action);
            return Ok(Step::Acted);
        }
        let Some(field) = password.or(user).map(|at| &page.fields[at]) else {
            return Ok(Step::Wait);
        };
        let Some(at) = locate::login(page, field).best() else { return self.give_up_late() };
        let step = self.press(page, &page.buttons[at], action).await?;
        if self.memory.pressed(page, action).is_some() {
            self.sent(page, action);
        }
        Ok(step)
    }

    /// Some forms send themselves once they are full; what has left a page so is sent no more often than by a press.
    pub(crate) fn sent_by_itself(&mut self) {
        let Some(action) = self.filled.take() else { return };
        // A page may also have been loaded anew while it was filled in, once.
        if action == Action::Code || std::mem::replace(&mut self.refilled, true) {
            let page = self.last.clone();
            self.sent(&page, action);
        }
    }

    /// Takes note of what was sent, and of what the page was warning of then.
    pub(crate) fn sent(&mut self, page: &Snapshot, action: Action) {
        self.filled = None;
        let alerts = page.alerts.iter().chain(&page.notes).cloned().collect();
        let sent = Some(Sent { document: page.document.clone(), alerts });
        match action {
            Action::Identifier => self.past.identifier = sent,
            Action::Password => {
                self.past.identifier.clone_from(&sent);
                self.past.password = sent;
            }
            Action::Code => self.past.code = sent,
            _ => {}
        }
    }

    /// Types into a field that does not hold the text yet; whether it had to.
    pub(crate) async fn fill(
        &mut self,
        field: &Field,
        text: &str,
        what: &str,
    ) -> Result<bool, Stop> {
        // WebDriver presses a key for each of these, such as Enter for a line break.
        if text.chars().any(|it| it.is_control() || ('\u{e000}'..='\u{e05d}').contains(&it)) {
            return Err(Problem::Untypable { what: what.to_owned() }.into());
        }
        let typed = self.memory.typed.entry(field.element.clone()).or_default();
        if *typed > 0 && field.length == text.encode_utf16().count() {
            return Ok(false);
        }
        if *typed >= MOST_TYPED {
            let name = if field.attribute.is_empty() { &field.label } else { &field.attribute };
            return Err(Problem::Unfillable { field: self.clean(name) }.into());
        }
        *typed += 1;
        if field.length > 0
            && let Outcome::Stale | Outcome::Dialog = self.tab.clear(&field.element).await?
        {
            return Ok(true);
        }
        if let Outcome::Done(()) = self.tab.type_into(&field.element, text).await? {
            self.acted(what.to_owned());
        }
        Ok(true)
    }

    /// Presses a button of an allowed origin, once in its document.
    pub(crate) async fn press(
        &mut self,
        page: &Snapshot,
        button: &Button,
        action: Action,
    ) -> Result<Step, Stop> {
        if button.disabled {
            return Ok(Step::Wait);
        }
        let unsteady = self.memory.unsteady(page, button);
        if !unsteady.is_zero() {
            tokio::time::sleep(unsteady).await;
            return Ok(Step::Acted);
        }
        let is_ours = action == Action::Scripted || action == Action::Banner;
        // What may approve, by whichever name.
        if matches!(action, Action::Approve | Action::Passing | Action::Scripted) {
            self.refuse_scopes(page)?;
        }
        if !is_ours && self.memory.presses(page, action) >= MOST_PRESSES {
            return Err(Problem::Loop.into());
        }
        let label = self.clean(&button.label);
        // The redirect URI may be reached, and all this be dropped, before the click is answered.
        self.acted(format!("pressed {label}"));
        match self.tab.click(&button.element).await? {
            Outcome::Stale => {
                self.not_acted();
                return Ok(Step::Acted);
            }
            Outcome::Covered => {
                self.not_acted();
                return self.uncover(page, button).await;
            }
            Outcome::NotNow(reason) if reason == "element not interactable" => {
                self.not_acted();
                return Ok(Step::Wait);
            }
            // Whatever else is answered, a time-out above all, the click may have been delivered.
            Outcome::Done(()) | Outcome::NotNow(_) | Outcome::Dialog => {}
        }
        self.memory.press(page, action, label);
        Ok(Step::Acted)
    }

    /// Waits for a press to show; the console knows why it does not.
    pub(crate) async fn after_press(
        &mut self,
        page: &Snapshot,
        action: Action,
    ) -> Result<Step, Stop> {
        let Some(press) = self.memory.pressed(page, action).cloned() else { return Ok(Step::Wait) };
        if press.at.elapsed() > CONSOLE_AFTER {
            self.read_console().await;
            if let Some(line) = self.console.iter().find(|it| it.contains("form-action")) {
                return Err(Problem::FormAction { says: line.clone() }.into());
            }
        }
        if press.at.elapsed() > LOST && self.is_lost(page, &press) {
            return self.start_over(page, action).await;
        }
        let is_over = self.memory.quiet() > PATIENCE && !self.memory.awaits_answer(page);
        if press.at.elapsed() > NO_EFFECT && is_over {
            let console = self.console.iter().rev().take(3).rev().cloned().collect();
            return Err(Problem::NoEffect { button: press.label, console }.into());
        }
        Ok(Step::Wait)
    }

    /// Whether a press has left the page as it was: nothing was sent, and the button waits to be pressed or the form to be filled.
    fn is_lost(&self, page: &Snapshot, press: &Press) -> bool {
        let button = page.buttons.iter().find(|it| self.clean(&it.label) == press.label);
        let is_empty = page.fields.iter().any(|it| it.length == 0);
        page.sent == press.sent
            && !self.in_frame
            && button.is_some_and(|it| !it.disabled || is_empty)
    }

    /// Opens the request again after a lost press, as nothing is pressed twice in a document.
    async fn start_over(&mut self, page: &Snapshot, action: Action) -> Result<Step, Stop> {
        if !self.memory.lose(page, action) {
            return Ok(Step::Wait);
        }
        if matches!(action, Action::Identifier | Action::Password) {
            self.past.password = None;
        }
        self.past.identifier = None;
        self.filled = None;
        self.acted("which was lost, so opened the request again".to_owned());
        self.tab.open(self.request.url).await?;
        Ok(Step::Acted)
    }

    pub(crate) async fn read_console(&mut self) {
        const MOST_LINES: usize = 50;
        for line in self.tab.console().await {
            if self.console.len() < MOST_LINES {
                let line = self.redaction.clean(&without_queries(&line), 400);
                self.console.push(line);
            }
        }
    }
}
