//! What a decision is made of, and what comes of it.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use crate::flow::memory::{Action, Memory};
use crate::flow::request::Request;
use crate::page::kind::Kind;
use crate::page::snapshot::{Button, Handle, Snapshot};
use crate::problem::Problem;

/// Before a button that only says "Continue" is taken for consent: pages that go on by themselves have gone.
pub(crate) const WEAK_QUIET: Duration = Duration::from_millis(800);
/// After which a page that never shows a button to press is given up.
pub(crate) const GIVE_UP_AFTER: Duration = Duration::from_secs(5);
/// Long enough for a listener that was reached to say so first.
pub(crate) const SETTLE: Duration = Duration::from_millis(300);
/// The time that a page may be unreadable, as it is between two documents.
pub(crate) const UNREADABLE: Duration = Duration::from_secs(10);

/// What is done next. Each is carried out at once; the page is looked at again before the next one.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Move {
    /// Nothing, for a pause that grows.
    Wait,
    /// Nothing, for exactly so long.
    WaitFor(Duration),
    Fill(Vec<Typing>, Purpose),
    /// Ticks a box or takes a choice.
    Mark {
        element: Handle,
        /// `ticked` or `chose`.
        done: &'static str,
        label: String,
    },
    Press {
        element: Handle,
        label: String,
        action: Action,
        /// The command of the script that wants it.
        command: Option<usize>,
    },
    /// Closes what lies over a button.
    Uncover {
        element: Handle,
        label: String,
    },
    /// Asks the browser, as a second witness, what this button of the page is and says.
    Witness(usize),
    /// Scrolls through all that can be scrolled.
    Scroll,
    /// Nothing was left to do for this command of the script.
    Advance(usize),
    /// Lets the next one-time code be typed, now that the last one was refused.
    NextCode,
    /// Opens the request again after a press that was lost.
    StartOver(Action),
    /// Opens the request again after a page that leads nowhere, of which this would have been told.
    Reopen(Box<Problem>),
    /// Ends with what was told before the request was opened again, which has not helped.
    StopAsBefore,
    EnterFrame(Handle),
    LeaveFrame,
    AcceptDialog,
    /// Declines a dialog, which is the end.
    DismissDialog(Problem),
    /// Gives up a page that cannot be read, for what the driver says.
    GiveUpReading(String),
    /// Finds out why the browser shows a page of its own, which is the end.
    Diagnose,
    Stop(Problem),
}

/// One text for one field.
#[derive(Eq, PartialEq)]
pub(crate) struct Typing {
    pub(crate) element: Handle,
    /// Whether something is there that has to go first.
    pub(crate) clear: bool,
    pub(crate) text: String,
    /// What the trail says about it.
    pub(crate) what: String,
}

impl fmt::Debug for Typing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {:?}", self.what, self.element)
    }
}

/// What a form is filled in for.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    SignIn(Action),
    /// The one-time code that is typed.
    Code(String),
    /// A command of the script, by its number.
    Command(usize),
}

/// The moment of a decision: one clock for how long things last, one for one-time codes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) instant: Instant,
    pub(crate) time: SystemTime,
}

/// All that a decision is made of.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) page: &'a Snapshot,
    pub(crate) kind: &'a Kind,
    pub(crate) memory: &'a Memory<'a>,
    pub(crate) request: &'a Request<'a>,
    pub(crate) now: Now,
}

/// A move, or why there is none.
pub(crate) type Decision = Result<Move, Problem>;

impl Look<'_> {
    /// How long nothing has changed on the page.
    pub(crate) fn quiet(self) -> Duration {
        self.memory.quiet(self.now.instant)
    }

    pub(crate) fn since(self, then: Instant) -> Duration {
        self.now.instant.duration_since(then)
    }

    pub(crate) fn clean(self, text: &str) -> String {
        self.request.clean(text)
    }

    /// A button of this page, as a person would point at it.
    pub(crate) fn button(&self, at: usize) -> &Button {
        &self.page.buttons[at]
    }
}
