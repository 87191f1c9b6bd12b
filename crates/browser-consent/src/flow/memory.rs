//! What earlier looks at the pages showed, and what was done about them.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::page::field;
use crate::page::kind::{Kind, Past, Sent};
use crate::page::message::Said;
use crate::page::snapshot::{Button, Handle, Snapshot};
use crate::problem::Problem;

/// How long an element has to stay where it is before it is pressed.
const STEADY: Duration = Duration::from_millis(50);
/// How often it is tried to tick a box, or to take a choice.
const MOST_MARKS: usize = 2;
/// How long a press may take to send what shows on the page, before the console is asked.
const CONSOLE_AFTER: Duration = Duration::from_millis(600);

/// What can be pressed once in a document.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Action {
    Identifier,
    Password,
    Account,
    Approve,
    Skip,
    Code,
    Choose,
    Banner,
    Passing,
    /// What a script presses and the rules would not.
    Scripted,
}

/// A press that reached the page.
#[derive(Clone, Debug)]
pub(crate) struct Press {
    pub(crate) at: Instant,
    pub(crate) element: Handle,
    pub(crate) label: String,
    /// What the document had sent before.
    pub(crate) sent: u32,
    /// What it was waiting for before.
    waiting: u32,
}

/// What the element of a script's command is like now.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Target {
    /// Where it was looked for, which may not be the page any more that the look began with.
    pub(crate) origin: String,
    pub(crate) document: String,
    /// The selector is none.
    pub(crate) wrong: bool,
    pub(crate) found: bool,
    pub(crate) element: Handle,
    pub(crate) visible: bool,
    pub(crate) disabled: bool,
    pub(crate) submits: bool,
    /// The origin that its form sends what is typed into it to.
    #[serde(rename = "sendsTo")]
    pub(crate) sends_to: String,
    /// Whether what is typed there must not be seen.
    pub(crate) secret: bool,
    pub(crate) length: usize,
    pub(crate) rect: [i32; 4],
}

/// A button in what lies over the one that was to be pressed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Cover {
    pub(crate) element: Handle,
    pub(crate) label: String,
}

/// What the browser itself says of an element: its computed role and label.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    pub(crate) role: String,
    pub(crate) label: String,
}

/// A page that was given up for the request to be opened again, as it would have been told.
#[derive(Debug)]
pub(crate) struct GivenUp {
    pub(crate) page: Snapshot,
    pub(crate) kind: Kind,
    pub(crate) problem: Problem,
    pub(crate) picture: Option<Vec<u8>>,
}

/// How far a script has come.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) commands: usize,
    /// The command that was begun last; the page may be gone before it is known to be done.
    pub(crate) begun: Option<usize>,
    pub(crate) since: Instant,
}

#[derive(Debug)]
pub(crate) struct Memory<'a> {
    pub(crate) past: Past<'a>,
    /// The newest page.
    pub(crate) last: Snapshot,
    pub(crate) began: Instant,
    /// When a page was read last.
    pub(crate) read: Instant,
    fingerprint: u64,
    changed: Instant,
    controls: u64,
    /// Since when the controls are as they are.
    settled: Instant,
    pub(crate) documents: usize,
    buttons: HashMap<Handle, (u64, Instant)>,
    /// The same for what only a script knows.
    watched: HashMap<Handle, (u64, Instant)>,
    pressed: HashMap<(String, Action), Press>,
    presses: HashMap<(String, Action), usize>,
    lost: HashSet<(String, Action)>,
    /// What the browser itself said about a button, as long as that looks the same.
    witnessed: HashMap<Handle, (u64, Witness)>,
    /// How often something was typed into a field.
    pub(crate) typed: HashMap<Handle, usize>,
    marked: HashMap<Handle, usize>,
    pub(crate) entered: HashSet<Handle>,
    /// Documents in which something that covered a button was closed.
    pub(crate) uncovered: HashSet<String>,
    pub(crate) scrolled: HashSet<String>,
    /// What the script's next commands find on this page, by the number of the command.
    pub(crate) targets: HashMap<usize, Target>,
    /// What lies over the button that was to be pressed on this page.
    pub(crate) cover: Option<Vec<Cover>>,
    pub(crate) console: Vec<String>,
    /// What was typed in this document and not yet sent by a press.
    pub(crate) filled: Option<Action>,
    refilled: bool,
    /// The one-time code that was typed last, and how many were refused.
    pub(crate) code: Option<String>,
    pub(crate) codes_refused: usize,
    pub(crate) in_frame: bool,
    /// Where there was no way forward, before the request was opened again.
    pub(crate) given_up: Option<GivenUp>,
    pub(crate) played: Played,
}

impl<'a> Memory<'a> {
    pub(crate) fn new(past: Past<'a>, now: Instant) -> Self {
        Self {
            past,
            last: Snapshot::default(),
            read: now,
            fingerprint: 0,
            changed: now,
            controls: 0,
            settled: now,
            documents: 0,
            buttons: HashMap::new(),
            watched: HashMap::new(),
            pressed: HashMap::new(),
            presses: HashMap::new(),
            lost: HashSet::new(),
            witnessed: HashMap::new(),
            typed: HashMap::new(),
            marked: HashMap::new(),
            entered: HashSet::new(),
            uncovered: HashSet::new(),
            scrolled: HashSet::new(),
            targets: HashMap::new(),
            cover: None,
            console: Vec::new(),
            filled: None,
            refilled: false,
            code: None,
            codes_refused: 0,
            in_frame: false,
            given_up: None,
            began: now,
            played: Played { commands: 0, begun: None, since: now },
        }
    }

    /// Takes note of a snapshot; whether anything is different from the one before.
    pub(crate) fn observe(&mut self, page: &Snapshot, now: Instant) -> bool {
        self.read = now;
        self.targets.clear();
        self.cover = None;
        if page.document != self.last.document {
            self.sent_by_itself();
            self.documents += 1;
            self.buttons.clear();
            self.typed.clear();
            self.marked.clear();
            self.witnessed.clear();
        }
        let mut buttons = HashMap::new();
        for it in &page.buttons {
            let look = look(it);
            let since = self
                .buttons
                .get(&it.element)
                .filter(|(then, _)| *then == look)
                .map_or(now, |(_, since)| *since);
            buttons.insert(it.element.clone(), (look, since));
        }
        self.buttons = buttons;
        let fingerprint = page.fingerprint();
        let is_new = fingerprint != self.fingerprint;
        if is_new {
            self.fingerprint = fingerprint;
            self.changed = now;
        }
        let controls = page.controls();
        if controls != self.controls {
            self.controls = controls;
            self.settled = now;
        }
        self.last = page.clone();
        is_new
    }

    /// Takes note of what a command of a script found.
    pub(crate) fn found(&mut self, at: usize, target: Target, now: Instant) {
        let look = look(&Button { rect: target.rect, ..Button::default() });
        if self.watched.get(&target.element).is_none_or(|(then, _)| *then != look) {
            self.watched.insert(target.element.clone(), (look, now));
        }
        self.targets.insert(at, target);
    }

    /// How long nothing has changed on the page.
    pub(crate) fn quiet(&self, now: Instant) -> Duration {
        now.duration_since(self.changed)
    }

    /// How long nothing that can be used has come or gone or changed its name, nor anything been pressed.
    pub(crate) fn settled(&self, now: Instant) -> Duration {
        now.duration_since(self.settled)
    }

    /// How long a button has to be looked at yet, until it has been the same in the same place for long enough.
    pub(crate) fn unsteady(&self, page: &Snapshot, it: &Button, now: Instant) -> Duration {
        if page.still {
            return Duration::ZERO;
        }
        let known = self.buttons.get(&it.element).or_else(|| self.watched.get(&it.element));
        let since = known.map_or(now, |(_, since)| *since);
        STEADY.saturating_sub(now.duration_since(since))
    }

    /// Whether one of the few tries to tick a box or to take a choice is left.
    pub(crate) fn may_mark(&self, it: &Handle) -> bool {
        self.marked.get(it).is_none_or(|tries| *tries < MOST_MARKS)
    }

    /// Counts a try to tick a box or to take a choice.
    pub(crate) fn mark(&mut self, it: Handle) {
        *self.marked.entry(it).or_default() += 1;
    }

    pub(crate) fn witness(&mut self, it: &Button, witness: Witness) {
        self.witnessed.insert(it.element.clone(), (look(it), witness));
    }

    pub(crate) fn witnessed(&self, it: &Button) -> Option<&Witness> {
        self.witnessed.get(&it.element).filter(|(then, _)| *then == look(it)).map(|(_, it)| it)
    }

    pub(crate) fn press(
        &mut self,
        page: &Snapshot,
        action: Action,
        (element, label): (Handle, String),
        now: Instant,
    ) {
        let press = Press { at: now, element, label, sent: page.sent, waiting: page.waiting };
        self.pressed.insert((page.document.clone(), action), press);
        *self.presses.entry((page.address.clone(), action)).or_default() += 1;
        self.changed = now;
        self.settled = now;
        self.past.said = Some(Said::by(page));
    }

    /// Lets another code be typed and sent in this document.
    pub(crate) fn refuse_code(&mut self, page: &Snapshot) {
        self.codes_refused += 1;
        self.pressed.remove(&(page.document.clone(), Action::Code));
        self.typed.clear();
        self.past.code = None;
    }

    /// Whether a press of this kind was lost at this address before.
    pub(crate) fn has_lost(&self, page: &Snapshot, action: Action) -> bool {
        self.lost.contains(&(page.address.clone(), action))
    }

    /// Takes a press for lost, so that the form may be sent once more.
    pub(crate) fn lose(&mut self, page: &Snapshot, action: Action) {
        let key = (page.address.clone(), action);
        if let Some(presses) = self.presses.get_mut(&key) {
            *presses = presses.saturating_sub(1);
        }
        self.lost.insert(key);
        if matches!(action, Action::Identifier | Action::Password) {
            self.past.password = None;
        }
        self.begin_again();
    }

    /// The request is opened again, with an empty form.
    pub(crate) fn begin_again(&mut self) {
        (self.past.identifier, self.past.code) = (None, None);
        self.filled = None;
        if let Some(sent) = &mut self.past.password {
            sent.reopened = true;
        }
    }

    /// The press of this kind in this very document.
    pub(crate) fn pressed(&self, page: &Snapshot, action: Action) -> Option<&Press> {
        self.pressed.get(&(page.document.clone(), action))
    }

    /// Whether the document waits for more answers than it did before something was pressed in it.
    pub(crate) fn awaits_answer(&self, page: &Snapshot) -> bool {
        self.presses_in(page).any(|press| page.waiting > press.waiting)
    }

    /// Whether something was pressed in the document long enough ago for the console to say why nothing shows.
    pub(crate) fn awaits_effect(&self, page: &Snapshot, now: Instant) -> bool {
        self.presses_in(page).any(|press| now.duration_since(press.at) > CONSOLE_AFTER)
    }

    fn presses_in<'s>(&'s self, page: &'s Snapshot) -> impl Iterator<Item = &'s Press> {
        let pressed = self.pressed.iter();
        pressed.filter(|((it, _), _)| *it == page.document).map(|(_, press)| press)
    }

    /// How often this was pressed at this address, in whichever documents.
    pub(crate) fn presses(&self, page: &Snapshot, action: Action) -> usize {
        self.presses.get(&(page.address.clone(), action)).copied().unwrap_or_default()
    }

    pub(crate) fn has_approved(&self) -> bool {
        self.pressed.keys().any(|(_, action)| *action == Action::Approve)
    }

    pub(crate) fn approved_within(&self, time: Duration, now: Instant) -> bool {
        self.pressed.iter().any(|((_, action), press)| {
            *action == Action::Approve && now.duration_since(press.at) < time
        })
    }

    /// A command of the script is done; the next one's time begins.
    pub(crate) fn advance(&mut self, at: usize, now: Instant) {
        self.played = Played { commands: at + 1, begun: None, since: now };
    }

    /// Some forms send themselves once they are full; what has left a page so is sent no more often than by a press.
    fn sent_by_itself(&mut self) {
        let Some(action) = self.filled.take() else { return };
        // A page may also have been loaded anew while it was filled in, once.
        if action == Action::Code || std::mem::replace(&mut self.refilled, true) {
            let page = std::mem::take(&mut self.last);
            self.sent(&page, action);
        }
    }

    /// Takes note of what was sent, and of what the page was warning of then.
    pub(crate) fn sent(&mut self, page: &Snapshot, action: Action) {
        self.filled = None;
        let password = field::password(page);
        let user = field::user(page, password);
        match action {
            Action::Identifier => self.past.identifier = Some(Sent::from(page, user)),
            Action::Password => {
                self.past.identifier = Some(Sent::from(page, user));
                self.past.password = Some(Sent::from(page, password));
            }
            Action::Code => {
                let code = field::one_time_code(page).first().copied();
                self.past.code = Some(Sent::from(page, code));
            }
            _ => {}
        }
    }
}

fn look(it: &Button) -> u64 {
    let mut hasher = DefaultHasher::new();
    (it.rect, &it.label, it.disabled).hash(&mut hasher);
    hasher.finish()
}
