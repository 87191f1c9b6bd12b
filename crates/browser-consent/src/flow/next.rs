//! The decision: one look at a page becomes one move. Nothing here touches the browser or reads a clock.

use crate::flow::look::{Decision, Look, Move, Now, SETTLE, UNREADABLE};
use crate::flow::memory::{Action, Memory};
use crate::flow::request::Request;
use crate::page::kind::Kind;
use crate::page::snapshot::Snapshot;
use crate::problem::Problem;

const MOST_DOCUMENTS: usize = 40;

/// What to do about a page of a kind, after all that is remembered.
pub(crate) fn next<'a>(
    page: &'a Snapshot,
    kind: &'a Kind,
    memory: &'a Memory<'a>,
    request: &'a Request<'a>,
    now: Now,
) -> Move {
    Look { page, kind, memory, request, now }.decide().unwrap_or_else(Move::Stop)
}

/// What to do about a dialog over the newest page.
pub(crate) fn next_in_dialog<'a>(
    text: &str,
    kind: &'a Kind,
    memory: &'a Memory<'a>,
    request: &'a Request<'a>,
    now: Now,
) -> Move {
    let look = Look { page: &memory.last, kind, memory, request, now };
    if look.may_accept(text) {
        Move::AcceptDialog
    } else {
        Move::DismissDialog(Problem::Dialog { says: look.clean(text) })
    }
}

/// What to do about a page that could not be read, for a reason that the driver may have given.
pub(crate) fn unreadable(memory: &Memory<'_>, reason: Option<String>, now: Now) -> Move {
    if memory.in_frame {
        return Move::LeaveFrame;
    }
    let too_long = now.instant.duration_since(memory.read) > UNREADABLE;
    reason.filter(|_| too_long).map_or(Move::Wait, Move::GiveUpReading)
}

impl Look<'_> {
    fn decide(self) -> Decision {
        if self.memory.documents > MOST_DOCUMENTS {
            return Err(Problem::Loop { says: self.gist() });
        }
        if let Some(it) = self.play()? {
            return Ok(it);
        }
        match self.kind {
            Kind::BrowserError => {
                Ok(if self.quiet() < SETTLE { Move::Wait } else { Move::Diagnose })
            }
            Kind::Blank => self.blank(),
            Kind::Redirected => self.redirected(),
            Kind::Elsewhere => self.elsewhere(),
            Kind::NeedsHuman(obstacle) => Err(Problem::NeedsHuman { obstacle: *obstacle }),
            Kind::Banner(at) => self.press(&self.page.buttons[*at], Action::Banner, None),
            Kind::BadCredentials(says) => self.refused(says.as_deref()),
            Kind::SignedOut => Ok(Move::StopAsBefore),
            Kind::BadCode(says) => self.refused_code(says.as_deref()),
            Kind::Code(fields) => self.enter_code(fields),
            Kind::SignIn { user, password } => self.sign_in(*user, *password),
            Kind::AccountChooser(at) => self.choose_account(*at),
            Kind::Chooser(pick) => self.choose(*pick),
            Kind::Passing => self.pass(),
            Kind::Consent(found) => self.approve(*found),
            Kind::Offer(at) => self.skip(*at),
            Kind::Frame(at) => self.enter_frame(*at),
            Kind::ErrorPage(says) => self.error_page(says),
            Kind::Unknown => self.lost(),
        }
    }
}
