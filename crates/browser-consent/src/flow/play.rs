//! The commands of a script, each taken when its page has what it needs.

use std::time::Duration;

use crate::flow::look::{Decision, GIVE_UP_AFTER, Look, Move, Purpose};
use crate::flow::memory::{Action, Memory, Target};
use crate::flow::request::Request;
use crate::input::script::{Act, Command, Script, Text, fits};
use crate::page::kind::Kind;
use crate::page::locate;
use crate::page::snapshot::{Button, Field, Snapshot};
use crate::problem::{Obstacle, Problem};

/// How long the rules leave a page alone on which the next command may still come to have its element.
const RULES_AFTER: Duration = Duration::from_millis(500);

/// Whether a page of this kind is for the script, and not the end of the way or somebody else's.
pub(crate) fn is_for_script(kind: &Kind) -> bool {
    !matches!(
        kind,
        Kind::BrowserError
            | Kind::Redirected
            | Kind::Elsewhere
            | Kind::Blank
            | Kind::BadCredentials(_)
            | Kind::SignedOut
            | Kind::BadCode(_)
    )
}

/// The commands that can be taken on a page, with their numbers: the next one, and those that follow optional ones only.
pub(crate) fn eligible<'a>(
    script: &'a Script,
    memory: &Memory<'_>,
    page: &Snapshot,
) -> Vec<(usize, &'a Command)> {
    let left = script.commands.iter().enumerate().skip(memory.played.commands);
    let optional = left.clone().take_while(|(_, it)| it.optional).count();
    let fits = |it: &Command| it.page.as_ref().is_none_or(|it| fits(it, &page.address));
    left.take(optional + 1).filter(|(_, it)| fits(it)).collect()
}

/// The steps that no page had anything for: all that were to be taken, not what was only waited for.
pub(crate) fn steps_left(memory: &Memory<'_>, request: &Request<'_>) -> Box<[String]> {
    let commands = request.consent.script.map_or(&[][..], |it| &it.commands);
    let left = commands.iter().enumerate().skip(memory.played.commands).filter(|(at, it)| {
        let is_step = matches!(it.act, Act::Click | Act::Fill(_));
        is_step && !it.optional && memory.played.begun != Some(*at)
    });
    left.map(|(_, it)| request.clean(&it.named)).collect()
}

impl Look<'_> {
    /// The command that is next, if there is one.
    pub(crate) fn next_command(&self) -> Option<&Command> {
        self.request.consent.script?.commands.get(self.memory.played.commands)
    }

    /// The move for the next command that this page has the element for; none: the page is for the rules.
    pub(crate) fn play(self) -> Result<Option<Move>, Problem> {
        let Some(script) = self.request.consent.script else { return Ok(None) };
        if !is_for_script(self.kind) {
            return Ok(None);
        }
        let commands = eligible(script, self.memory, self.page);
        for (at, command) in &commands {
            let Some(target) = self.memory.targets.get(at) else { return Ok(Some(Move::Wait)) };
            if target.wrong {
                return Err(self.failed_step(command, "its selector is not valid"));
            }
            if let Some(it) = self.take(*at, command, target)? {
                return Ok(Some(it));
            }
            self.give_up_waiting(command)?;
        }
        let is_ours = commands.iter().any(|(_, it)| it.page.is_some());
        match self.next_command() {
            Some(command) if is_ours => {
                let is_late = self.since(self.memory.played.since) > GIVE_UP_AFTER;
                if is_late && self.quiet() > GIVE_UP_AFTER {
                    return Err(self.failed_step(command, "found nothing to act on"));
                }
                Ok(Some(Move::Wait))
            }
            Some(_) if self.quiet() < RULES_AFTER => Ok(Some(Move::Wait)),
            _ => Ok(None),
        }
    }

    /// What a command asks for; none: it cannot be done now.
    fn take(self, at: usize, command: &Command, target: &Target) -> Result<Option<Move>, Problem> {
        let is_usable = target.found && target.visible && !target.disabled;
        let is_met = match &command.act {
            Act::Arrive => true,
            Act::Await { .. } => target.found,
            Act::AwaitVisible { .. } => target.found && target.visible,
            Act::AwaitInvisible { .. } => {
                let is_known = !target.document.is_empty();
                is_known && !(target.found && target.visible)
            }
            Act::Fill(Text::Written(_)) if target.secret => {
                let reason = "holds a password, which is for $password or env:NAME";
                return Err(self.failed_step(command, reason));
            }
            Act::Fill(text) if is_usable => {
                return self.fill(at, command, target, text).map(Some);
            }
            Act::Click if is_usable => return self.click(at, command, target).map(Some),
            Act::Fill(_) | Act::Click => false,
        };
        Ok(is_met.then_some(Move::Advance(at)))
    }

    /// Typing is done once the field holds the text, which the next look shows.
    fn fill(self, at: usize, command: &Command, target: &Target, text: &Text) -> Decision {
        let field = Field {
            element: target.element.clone(),
            length: target.length,
            sends_to: target.sends_to.clone(),
            attribute: command.value.clone(),
            ..Field::default()
        };
        Ok(match self.typing(&field, &self.text(text)?, &command.named)? {
            Some(it) => Move::Fill(vec![it], Purpose::Command(at)),
            None => Move::Advance(at),
        })
    }

    fn text(self, text: &Text) -> Result<String, Problem> {
        let credentials = self.request.consent.credentials;
        let given = match text {
            Text::Given(it) | Text::Written(it) => Some(it.clone()),
            Text::Email => credentials.map(|it| it.email().to_owned()),
            Text::Password => credentials.map(|it| it.reveal().to_owned()),
            Text::Code => {
                let needs = Problem::NeedsHuman { obstacle: Obstacle::OneTimeCode };
                return self.code().ok_or(needs);
            }
        };
        given.ok_or(Problem::CredentialsMissing)
    }

    fn click(self, at: usize, command: &Command, target: &Target) -> Decision {
        let action = self.meaning(target).unwrap_or(Action::Scripted);
        if action != Action::Scripted && self.memory.pressed(self.page, action).is_some() {
            // The rules were there first, and nothing is pressed twice.
            return Ok(Move::Advance(at));
        }
        let button = Button {
            element: target.element.clone(),
            rect: target.rect,
            label: command.named.clone(),
            ..Button::default()
        };
        self.press(&button, action, Some(at))
    }

    /// What the rules would have meant by pressing the same element, so that they do not press it again.
    fn meaning(self, target: &Target) -> Option<Action> {
        let page = self.page;
        let is =
            |at: Option<usize>| at.is_some_and(|it| page.buttons[it].element == target.element);
        let (is_meant, action) = match self.kind {
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

    fn give_up_waiting(self, command: &Command) -> Result<(), Problem> {
        let (Act::Await { seconds, .. }
        | Act::AwaitVisible { seconds }
        | Act::AwaitInvisible { seconds }) = &command.act
        else {
            return Ok(());
        };
        let is_late = self.since(self.memory.played.since) >= Duration::from_secs(*seconds);
        if is_late && !command.optional {
            return Err(self.failed_step(command, "waited in vain"));
        }
        Ok(())
    }

    fn failed_step(self, command: &Command, reason: &'static str) -> Problem {
        Problem::Step { step: self.clean(&command.named), reason }
    }
}
