//! What is done on a consent page.

use std::time::Duration;

use serde_json::Value;

use crate::browser::tab::Outcome;
use crate::flow::state::{Flow, Step, Stop, WEAK_QUIET};
use crate::page::field;
use crate::page::locate::{self, Found};
use crate::page::memory::Action;
use crate::page::snapshot::{Button, Handle, Snapshot};
use crate::problem::Problem;

const SCROLL_AFTER: Duration = Duration::from_secs(1);
const SCROLL: &str = "for (const it of document.querySelectorAll('*')) \
    if (it.scrollHeight > it.clientHeight + 4) it.scrollTop = it.scrollHeight;";

impl Flow<'_> {
    pub(crate) async fn approve(&mut self, page: &Snapshot, found: Found) -> Result<Step, Stop> {
        if self.memory.pressed(page, Action::Approve).is_some() {
            return self.after_press(page, Action::Approve).await;
        }
        self.refuse_scopes(page)?;
        if self.is_filled_in(page) {
            return self.give_up_late();
        }
        let Found::Best { index, strong } = found else { return self.give_up_late() };
        if self.tick(page).await? || self.take_named_choice(page).await? {
            return Ok(Step::Acted);
        }
        let button = &page.buttons[index];
        if button.disabled {
            self.scroll_through(page).await?;
            return self.give_up_late();
        }
        if !strong
            && (!page.alerts.is_empty() || page.status >= 400 || !locate::asks_for_consent(page))
        {
            return self.give_up_late();
        }
        let known = self.memory.witnessed(button);
        let agrees = match known {
            Some(it) => it,
            None => match self.ask_browser(page, button).await? {
                // Meanwhile only a page without scripts is sure to be as it was.
                Some(it) if page.still => it,
                Some(_) => return Ok(Step::Acted),
                None => return Ok(Step::Wait),
            },
        };
        if !agrees {
            return self.give_up_late();
        }
        if !strong && self.memory.quiet() < WEAK_QUIET {
            return Ok(Step::Wait);
        }
        self.press(page, button, Action::Approve).await
    }

    /// Whether a form that was filled in is still there, as while its answer is waited for; its button approves nothing.
    fn is_filled_in(&self, page: &Snapshot) -> bool {
        page.fields.iter().any(|it| self.memory.typed.contains_key(&it.element))
    }

    /// Leaves a page alone that lists more than is allowed.
    pub(crate) fn refuse_scopes(&self, page: &Snapshot) -> Result<(), Stop> {
        let allowed = self.request.allow_scopes;
        let others = page.scopes.iter().filter(|it| !allowed.contains(it));
        let scopes: Vec<String> = others.map(|it| self.clean(it)).collect();
        if allowed.is_empty() || scopes.is_empty() {
            return Ok(());
        }
        Err(Problem::Scope { scopes }.into())
    }

    /// Ticks a box that has to be; whether there was one.
    async fn tick(&mut self, page: &Snapshot) -> Result<bool, Stop> {
        let Some(at) = field::box_to_tick(page, &self.past.names) else { return Ok(false) };
        let it = &page.boxes[at];
        self.mark(&it.element, "ticked", &it.label).await
    }

    /// Clicks what can be ticked or chosen; whether it was tried, which one that does not take it is not for ever.
    pub(crate) async fn mark(
        &mut self,
        it: &Handle,
        done: &str,
        label: &str,
    ) -> Result<bool, Stop> {
        if !self.memory.may_mark(it) {
            return Ok(false);
        }
        if let Outcome::Done(()) = self.tab.click(it).await? {
            let label = self.clean(label);
            self.acted(format!("{done} {label}"));
        }
        Ok(true)
    }

    /// Some pages want their text to be scrolled through before their button can be pressed.
    async fn scroll_through(&mut self, page: &Snapshot) -> Result<(), Stop> {
        if self.memory.quiet() > SCROLL_AFTER && self.memory.scrolled.insert(page.document.clone())
        {
            let _: Outcome<Value> = self.tab.run(SCROLL, Vec::new()).await?;
        }
        Ok(())
    }

    /// Whether the browser too takes the button for one that approves, as a second witness beside the snapshot; `None` if
    /// it does not know the button any more.
    async fn ask_browser(
        &mut self,
        page: &Snapshot,
        button: &Button,
    ) -> Result<Option<bool>, Stop> {
        let Outcome::Done((role, label)) = self.tab.role_and_label(&button.element).await? else {
            return Ok(None);
        };
        let is_button = matches!(role.as_str(), "button" | "link");
        let approves = locate::may_approve(page, &label, &self.past.names).is_ok();
        self.memory.witness(button, is_button && approves);
        Ok(Some(is_button && approves))
    }
}
