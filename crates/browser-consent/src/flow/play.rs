//! The commands of a script, each taken when its page has what it needs.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::browser::tab::Outcome;
use crate::flow::state::{Flow, PATIENCE, Played, Step, Stop};
use crate::input::credentials::Credentials;
use crate::input::script::{Act, Command, Text, fits};
use crate::page::kind::Kind;
use crate::page::locate;
use crate::page::memory::Action;
use crate::page::snapshot::{Button, Field, Handle, Snapshot};
use crate::problem::{Obstacle, Problem};

/// How long the rules leave a page alone on which the next command may still come to have its element.
const RULES_AFTER: Duration = Duration::from_millis(500);

const FIND: &str = concat!(include_str!("../page/visible.js"), include_str!("../browser/find.js"));

/// What a command's element is like now.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Target {
    /// Where it was looked for, which may not be the page any more that was decided on.
    origin: String,
    document: String,
    /// The selector is none.
    wrong: bool,
    found: bool,
    element: Handle,
    visible: bool,
    disabled: bool,
    submits: bool,
    /// Whether what is typed there must not be seen.
    secret: bool,
    length: usize,
    rect: [i32; 4],
}

impl Flow<'_> {
    /// The command that is next, if there is one.
    pub(crate) fn next_command(&self) -> Option<&Command> {
        self.request.script?.commands.get(self.played.commands)
    }

    /// The steps that no page had anything for: all that were to be taken, not what was only waited for.
    pub(crate) fn steps_left(&self) -> Box<[String]> {
        let commands = self.request.script.map_or(&[][..], |it| &it.commands);
        let left = commands.iter().enumerate().skip(self.played.commands).filter(|(at, it)| {
            let is_step = matches!(it.act, Act::Click | Act::Fill(_));
            is_step && !it.optional && self.played.begun != Some(*at)
        });
        left.map(|(_, it)| self.clean(&it.named)).collect()
    }

    /// Takes the next command that this page has the element for; none: the page is for the rules.
    pub(crate) async fn play(&mut self, page: &Snapshot) -> Result<Option<Step>, Stop> {
        let Some(script) = self.request.script else { return Ok(None) };
        let mut is_ours = false;
        for at in self.played.commands..script.commands.len() {
            let command = &script.commands[at];
            let is_here = command.page.as_ref().is_none_or(|it| fits(it, &page.address));
            if is_here {
                is_ours |= command.page.is_some();
                let Some(target) = self.target(page, command).await? else {
                    return Ok(Some(Step::Wait));
                };
                if target.wrong {
                    return Err(self.stuck(command, "its selector is not valid").into());
                }
                let before = self.played.begun.replace(at);
                let taken = self.take(page, command, &target).await?;
                if taken != Some(Step::Acted) {
                    self.played.begun = before;
                } else if self.is_done(command, &target) {
                    self.played = Played { commands: at + 1, ..Played::default() };
                }
                if taken.is_some() {
                    return Ok(taken);
                }
                self.give_up_waiting(command)?;
            }
            if !command.optional {
                break;
            }
        }
        match self.next_command() {
            Some(command) if is_ours => {
                if self.memory.quiet() > PATIENCE && self.played.since.elapsed() > PATIENCE {
                    return Err(self.stuck(command, "found nothing to act on").into());
                }
                Ok(Some(Step::Wait))
            }
            Some(_) if self.memory.quiet() < RULES_AFTER => Ok(Some(Step::Wait)),
            _ => Ok(None),
        }
    }

    /// What a command's element is like; none if this is another page by now.
    async fn target(&mut self, page: &Snapshot, command: &Command) -> Result<Option<Target>, Stop> {
        let pattern = match &command.act {
            Act::Await { text, .. } => text.as_deref(),
            _ => None,
        };
        let arguments = vec![json!(command.by.name()), json!(command.value), json!(pattern)];
        let Outcome::Done(it) = self.tab.run(FIND, arguments).await? else {
            return Ok(Some(Target::default()));
        };
        let target = serde_json::from_value::<Target>(it).unwrap_or_default();
        Ok(Some(target).filter(|it| it.origin == page.origin && it.document == page.document))
    }

    /// Does what a command says; none: it cannot be done now.
    async fn take(
        &mut self,
        page: &Snapshot,
        command: &Command,
        target: &Target,
    ) -> Result<Option<Step>, Stop> {
        let is_usable = target.found && target.visible && !target.disabled;
        match &command.act {
            Act::Arrive => Ok(Some(Step::Acted)),
            Act::Await { .. } => Ok(target.found.then_some(Step::Acted)),
            Act::AwaitVisible { .. } => Ok((target.found && target.visible).then_some(Step::Acted)),
            Act::AwaitInvisible { .. } => {
                Ok((!target.found || !target.visible).then_some(Step::Acted))
            }
            Act::Fill(Text::Written(_)) if target.secret => Err(self
                .stuck(command, "holds a password, which is for $password or env:NAME")
                .into()),
            Act::Fill(text) if is_usable => {
                let text = self.text(text)?;
                let field = Field {
                    element: target.element.clone(),
                    length: target.length,
                    attribute: command.value.clone(),
                    ..Field::default()
                };
                self.fill(&field, &text, &command.named).await?;
                Ok(Some(Step::Acted))
            }
            Act::Click if is_usable => Ok(Some(self.click(page, command, target).await?)),
            Act::Fill(_) | Act::Click => Ok(None),
        }
    }

    /// Typing is done once the field holds the text, which the next look shows; all else at once.
    fn is_done(&self, command: &Command, target: &Target) -> bool {
        let Act::Fill(text) = &command.act else { return true };
        let has_typed = self.memory.typed.get(&target.element).is_some_and(|it| *it > 0);
        has_typed && self.text(text).is_ok_and(|it| it.encode_utf16().count() == target.length)
    }

    fn text(&self, text: &Text) -> Result<String, Problem> {
        let credentials = self.request.credentials;
        let given = match text {
            Text::Given(it) | Text::Written(it) => Some(it.clone()),
            Text::Email => credentials.map(|it| it.email().to_owned()),
            Text::Password => credentials.map(|it| it.reveal().to_owned()),
            Text::Code => {
                return credentials
                    .and_then(Credentials::code)
                    .ok_or(Problem::NeedsHuman { obstacle: Obstacle::OneTimeCode });
            }
        };
        given.ok_or(Problem::CredentialsMissing)
    }

    async fn click(
        &mut self,
        page: &Snapshot,
        command: &Command,
        target: &Target,
    ) -> Result<Step, Stop> {
        let button = Button {
            element: target.element.clone(),
            rect: target.rect,
            label: command.named.clone(),
            ..Button::default()
        };
        if !self.memory.watch(&button) {
            return Ok(Step::Wait);
        }
        let action = self.meaning(page, target).unwrap_or(Action::Scripted);
        if action != Action::Scripted && self.memory.pressed(page, action).is_some() {
            // The rules were there first, and nothing is pressed twice.
            return Ok(Step::Acted);
        }
        let before = self.memory.delivered;
        self.press(page, &button, action).await?;
        if self.memory.delivered == before {
            return Ok(Step::Wait);
        }
        self.sent(page, action);
        Ok(Step::Acted)
    }

    /// What the rules would have meant by pressing the same element, so that they do not press it again.
    fn meaning(&self, page: &Snapshot, target: &Target) -> Option<Action> {
        let is =
            |at: Option<usize>| at.is_some_and(|it| page.buttons[it].element == target.element);
        let (is_meant, action) = match &self.kind {
            Kind::SignIn { user, password } => {
                let field = &page.fields[password.or(*user)?];
                let action = if password.is_some() { Action::Password } else { Action::Identifier };
                (target.submits || is(locate::login(page, field).best()), action)
            }
            Kind::Code(_) => (target.submits, Action::Code),
            Kind::Consent(found) => (target.submits || is(found.best()), Action::Approve),
            Kind::AccountChooser(at) => (is(Some(*at)), Action::Account),
            Kind::Chooser(_) => (target.submits, Action::Choose),
            Kind::Offer(at) => (is(Some(*at)), Action::Skip),
            _ => return None,
        };
        is_meant.then_some(action)
    }

    fn give_up_waiting(&self, command: &Command) -> Result<(), Stop> {
        let (Act::Await { seconds, .. }
        | Act::AwaitVisible { seconds }
        | Act::AwaitInvisible { seconds }) = &command.act
        else {
            return Ok(());
        };
        if self.played.since.elapsed() < Duration::from_secs(*seconds) || command.optional {
            return Ok(());
        }
        Err(self.stuck(command, "waited in vain").into())
    }

    fn stuck(&self, command: &Command, reason: &'static str) -> Problem {
        Problem::Step { step: self.clean(&command.named), reason }
    }
}
