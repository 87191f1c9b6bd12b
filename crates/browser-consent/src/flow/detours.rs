//! What is done about codes, lists, banners, offers and pages that pass on.

use std::time::Duration;

use crate::flow::state::{Flow, Step, Stop, WEAK_QUIET};
use crate::input::credentials::Credentials;
use crate::page::detour::{self, Pick};
use crate::page::locate;
use crate::page::memory::Action;
use crate::page::snapshot::Snapshot;
use crate::problem::Problem;

/// How long a page that sends itself is given before its button is pressed.
const PASSES_IN: Duration = Duration::from_secs(3);

impl Flow<'_> {
    pub(crate) async fn choose_account(
        &mut self,
        page: &Snapshot,
        at: usize,
    ) -> Result<Step, Stop> {
        self.press_or_wait(page, at, Action::Account).await
    }

    pub(crate) async fn skip(&mut self, page: &Snapshot, at: usize) -> Result<Step, Stop> {
        if self.memory.pressed(page, Action::Skip).is_some() {
            return self.after_press(page, Action::Skip).await;
        }
        // "Not now" on a consent page whose other button is still to come would be a refusal.
        if self.memory.quiet() < WEAK_QUIET {
            return Ok(Step::Wait);
        }
        if locate::speaks_of_consent(page) {
            return self.give_up_late();
        }
        self.press(page, &page.buttons[at], Action::Skip).await
    }

    /// Sends a cookie banner away, once in a document; whether it went is not waited for.
    pub(crate) async fn send_away(&mut self, page: &Snapshot, at: usize) -> Result<Step, Stop> {
        let before = self.memory.delivered;
        let step = self.press(page, &page.buttons[at], Action::Banner).await?;
        if self.memory.delivered > before {
            self.past.without_banner.push(page.document.clone());
        }
        Ok(step)
    }

    /// Types the code of this moment and sends it; a refused one is followed by the next, once.
    pub(crate) async fn enter_code(
        &mut self,
        page: &Snapshot,
        fields: &[usize],
    ) -> Result<Step, Stop> {
        if self.memory.pressed(page, Action::Code).is_some() {
            return self.after_press(page, Action::Code).await;
        }
        let Some(code) = self.request.credentials.and_then(Credentials::code) else {
            return Ok(Step::Wait);
        };
        if self.fill_code(page, fields, &code).await? {
            self.code = Some(code);
            self.filled = Some(Action::Code);
            return Ok(Step::Acted);
        }
        let Some(at) = locate::login(page, &page.fields[fields[0]]).best() else {
            // Some pages send the last digit themselves.
            return self.give_up_late();
        };
        let step = self.press(page, &page.buttons[at], Action::Code).await?;
        if self.memory.pressed(page, Action::Code).is_some() {
            self.sent(page, Action::Code);
        }
        Ok(step)
    }

    /// Types a code into one field, or a digit into each; whether it had to.
    pub(crate) async fn fill_code(
        &mut self,
        page: &Snapshot,
        fields: &[usize],
        code: &str,
    ) -> Result<bool, Stop> {
        if let [only] = fields {
            return self.fill(&page.fields[*only], code, "filled one-time code").await;
        }
        let mut has_typed = false;
        for (at, digit) in fields.iter().zip(code.chars()) {
            let what = "filled a digit of the one-time code";
            has_typed |= self.fill(&page.fields[*at], &digit.to_string(), what).await?;
        }
        Ok(has_typed)
    }

    /// A code that was used before, by another run in the same half minute, is refused: the next one is not.
    pub(crate) fn refused_code(
        &mut self,
        page: &Snapshot,
        says: Option<String>,
    ) -> Result<Step, Stop> {
        if self.codes_refused > 0 {
            return Err(Problem::BadCode { says: says.map(|it| self.clean(&it)) }.into());
        }
        if self.request.credentials.and_then(Credentials::code) == self.code {
            return Ok(Step::Wait);
        }
        self.codes_refused += 1;
        self.memory.forget(page, Action::Code);
        self.past.code = None;
        Ok(Step::Acted)
    }

    /// Takes the workspace or region that was named, or the only one, and goes on.
    pub(crate) async fn choose(&mut self, page: &Snapshot, pick: Pick) -> Result<Step, Stop> {
        if self.memory.pressed(page, Action::Choose).is_some() {
            return self.after_press(page, Action::Choose).await;
        }
        // The list may not be complete yet.
        if self.memory.quiet() < WEAK_QUIET {
            return Ok(Step::Wait);
        }
        match pick {
            Pick::Button(at) => self.press(page, &page.buttons[at], Action::Choose).await,
            Pick::Choice(at) if self.take_choice(page, at).await? => Ok(Step::Acted),
            Pick::Choice(_) => self.give_up_late(),
            Pick::Chosen => match detour::forward(page).best() {
                Some(at) => self.press(page, &page.buttons[at], Action::Choose).await,
                None => self.give_up_late(),
            },
            Pick::Unknown => {
                let names = detour::labels(page).iter().map(|it| self.clean(it)).collect();
                Err(Problem::Choice { names }.into())
            }
        }
    }

    /// Takes a choice on whichever page that was named beforehand; whether there was one.
    pub(crate) async fn take_named_choice(&mut self, page: &Snapshot) -> Result<bool, Stop> {
        match detour::named_choice(page, &self.past.names) {
            Some(at) => self.take_choice(page, at).await,
            None => Ok(false),
        }
    }

    async fn take_choice(&mut self, page: &Snapshot, at: usize) -> Result<bool, Stop> {
        let it = &page.choices[at];
        self.mark(&it.element, "chose", &it.label).await
    }

    /// Waits for a page that goes on by itself, and presses its button where it does not.
    pub(crate) async fn pass(&mut self, page: &Snapshot) -> Result<Step, Stop> {
        if self.memory.pressed(page, Action::Passing).is_some() {
            return self.after_press(page, Action::Passing).await;
        }
        if self.memory.quiet() < PASSES_IN {
            return Ok(Step::Wait);
        }
        match detour::forward(page).best() {
            Some(at) => self.press(page, &page.buttons[at], Action::Passing).await,
            None => self.lost().await,
        }
    }

    async fn press_or_wait(
        &mut self,
        page: &Snapshot,
        at: usize,
        action: Action,
    ) -> Result<Step, Stop> {
        if self.memory.pressed(page, action).is_some() {
            return self.after_press(page, action).await;
        }
        self.press(page, &page.buttons[at], action).await
    }
}
