//! What earlier snapshots showed, and what was done about them.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use crate::page::snapshot::{Button, Handle, Snapshot};

/// How long an element has to stay where it is before it is pressed.
const STEADY: Duration = Duration::from_millis(50);

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
    pub(crate) label: String,
    /// What the document had sent before.
    pub(crate) sent: u32,
    /// What it was waiting for before.
    waiting: u32,
}

#[derive(Debug)]
pub(crate) struct Memory {
    fingerprint: u64,
    changed: Instant,
    controls: u64,
    /// Since when the controls are as they are.
    settled: Instant,
    document: String,
    pub(crate) documents: usize,
    buttons: HashMap<Handle, (u64, Instant)>,
    /// The same for what only a script knows.
    watched: HashMap<Handle, (u64, Instant)>,
    /// How many presses reached a page.
    pub(crate) delivered: usize,
    pressed: HashMap<(String, Action), Press>,
    presses: HashMap<(String, Action), usize>,
    lost: HashSet<(String, Action)>,
    /// What the browser itself said about a button, as long as that looks the same.
    witnessed: HashMap<Handle, (u64, bool)>,
    /// How often something was typed into a field.
    pub(crate) typed: HashMap<Handle, usize>,
    /// How often it was tried to tick a box, or to take a choice.
    marked: HashMap<Handle, usize>,
    pub(crate) entered: HashSet<Handle>,
    /// Documents in which something that covered a button was closed.
    pub(crate) uncovered: HashSet<String>,
    pub(crate) scrolled: HashSet<String>,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            fingerprint: 0,
            changed: Instant::now(),
            controls: 0,
            settled: Instant::now(),
            document: String::new(),
            documents: 0,
            buttons: HashMap::new(),
            watched: HashMap::new(),
            delivered: 0,
            pressed: HashMap::new(),
            presses: HashMap::new(),
            lost: HashSet::new(),
            witnessed: HashMap::new(),
            typed: HashMap::new(),
            marked: HashMap::new(),
            entered: HashSet::new(),
            uncovered: HashSet::new(),
            scrolled: HashSet::new(),
        }
    }

    /// Takes note of a snapshot; whether anything is different from the one before.
    pub(crate) fn observe(&mut self, page: &Snapshot) -> bool {
        let now = Instant::now();
        if page.document != self.document {
            self.document.clone_from(&page.document);
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
        is_new
    }

    /// How long nothing has changed on the page.
    pub(crate) fn quiet(&self) -> Duration {
        self.changed.elapsed()
    }

    /// How long nothing that can be used has come or gone or changed its name, nor anything been pressed.
    pub(crate) fn settled(&self) -> Duration {
        self.settled.elapsed()
    }

    /// How long a button has to be looked at yet, until it has been the same in the same place for long enough.
    pub(crate) fn unsteady(&self, page: &Snapshot, it: &Button) -> Duration {
        if page.still {
            return Duration::ZERO;
        }
        let known = self.buttons.get(&it.element).or_else(|| self.watched.get(&it.element));
        let since = known.map_or_else(Instant::now, |(_, since)| *since);
        STEADY.saturating_sub(since.elapsed())
    }

    /// Looks at an element that is not among the page's buttons; whether it is as it was before.
    pub(crate) fn watch(&mut self, it: &Button) -> bool {
        let look = look(it);
        let known = self.watched.get(&it.element).is_some_and(|(then, _)| *then == look);
        if !known {
            self.watched.insert(it.element.clone(), (look, Instant::now()));
        }
        known
    }

    /// Counts a try to tick a box or to take a choice; whether it is one of the few that there are.
    pub(crate) fn may_mark(&mut self, it: &Handle) -> bool {
        const MOST: usize = 2;
        let tries = self.marked.entry(it.clone()).or_default();
        *tries += 1;
        *tries <= MOST
    }

    pub(crate) fn witness(&mut self, it: &Button, may_be_pressed: bool) {
        self.witnessed.insert(it.element.clone(), (look(it), may_be_pressed));
    }

    pub(crate) fn witnessed(&self, it: &Button) -> Option<bool> {
        self.witnessed.get(&it.element).filter(|(then, _)| *then == look(it)).map(|(_, it)| *it)
    }

    pub(crate) fn press(&mut self, page: &Snapshot, action: Action, label: String) {
        let press = Press { at: Instant::now(), label, sent: page.sent, waiting: page.waiting };
        self.pressed.insert((page.document.clone(), action), press);
        *self.presses.entry((page.address.clone(), action)).or_default() += 1;
        self.changed = Instant::now();
        self.settled = self.changed;
        self.delivered += 1;
    }

    /// Lets something be pressed in this document again.
    pub(crate) fn forget(&mut self, page: &Snapshot, action: Action) {
        self.pressed.remove(&(page.document.clone(), action));
        self.typed.clear();
    }

    /// Takes a press for lost; false if one was lost at this address before.
    pub(crate) fn lose(&mut self, page: &Snapshot, action: Action) -> bool {
        let key = (page.address.clone(), action);
        if let Some(presses) = self.presses.get_mut(&key) {
            *presses = presses.saturating_sub(1);
        }
        self.lost.insert(key)
    }

    /// The press of this kind in this very document.
    pub(crate) fn pressed(&self, page: &Snapshot, action: Action) -> Option<&Press> {
        self.pressed.get(&(page.document.clone(), action))
    }

    /// Whether the document waits for more answers than it did before something was pressed in it.
    pub(crate) fn awaits_answer(&self, page: &Snapshot) -> bool {
        let mut pressed = self.pressed.iter().filter(|((it, _), _)| *it == page.document);
        pressed.any(|(_, press)| page.waiting > press.waiting)
    }

    /// How often this was pressed at this address, in whichever documents.
    pub(crate) fn presses(&self, page: &Snapshot, action: Action) -> usize {
        self.presses.get(&(page.address.clone(), action)).copied().unwrap_or_default()
    }

    pub(crate) fn has_approved(&self) -> bool {
        self.pressed.keys().any(|(_, action)| *action == Action::Approve)
    }

    pub(crate) fn approved_within(&self, time: Duration) -> bool {
        self.pressed
            .iter()
            .any(|((_, action), press)| *action == Action::Approve && press.at.elapsed() < time)
    }
}

fn look(it: &Button) -> u64 {
    let mut hasher = DefaultHasher::new();
    (it.rect, &it.label, it.disabled).hash(&mut hasher);
    hasher.finish()
}
