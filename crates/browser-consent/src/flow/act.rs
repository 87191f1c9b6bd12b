//! The action: a move is carried out in the tab, and taken note of.

use std::io;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::net::TcpStream;
use url::Url;

use crate::address::{bare, without_queries};
use crate::browser::element::Entry;
use crate::browser::outcome::{Broken, Outcome};
use crate::browser::tab::Tab;
use crate::flow::look::{Move, Purpose, Typing};
use crate::flow::memory::{Action, Cover, GivenUp, Memory, Witness};
use crate::flow::picture::picture;
use crate::flow::request::Request;
use crate::page::kind::Kind;
use crate::page::snapshot::{Handle, Snapshot};
use crate::problem::{Problem, Unreachable};
use crate::visits::Trail;

const PROBE: Duration = Duration::from_secs(2);
const SCROLL: &str = "for (const it of document.querySelectorAll('*')) \
    if (it.scrollHeight > it.clientHeight + 4) it.scrollTop = it.scrollHeight;";
/// The buttons in whatever covers the middle of an element.
const COVER: &str = include_str!("../page/cover.js");

/// Why the loop ended.
#[derive(Debug)]
pub(crate) enum Stop {
    Problem(Problem),
    Driver(Broken),
    Deadline,
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Driver(broken)
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What comes after a move.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Then {
    /// Something was done, so the page is looked at again at once.
    Look,
    /// The page is looked at again after a pause.
    Pause,
    /// More is known of the same look, so that it is decided on again.
    Decide,
}

/// A tab, and all that is known about the way through it.
pub(crate) struct Flow<'a> {
    pub(crate) tab: Tab<'a>,
    pub(crate) request: Request<'a>,
    pub(crate) memory: Memory<'a>,
    pub(crate) kind: Kind,
    /// The document of the newest visit.
    pub(crate) visited: String,
    pub(crate) trail: Trail,
    /// Of the page that is told, where another is shown by now.
    pub(crate) picture: Option<Vec<u8>>,
    pub(crate) started: Instant,
}

impl Flow<'_> {
    /// Carries a move out on the page that it was decided on.
    pub(crate) async fn act(&mut self, page: &Snapshot, it: Move) -> Result<Then, Stop> {
        match it {
            Move::Wait => return Ok(Then::Pause),
            Move::WaitFor(time) => tokio::time::sleep(time).await,
            Move::Fill(texts, purpose) => self.fill(&texts, purpose).await?,
            Move::Mark { element, done, label } => {
                self.memory.mark(element.clone());
                if let Outcome::Done(()) = self.tab.click(&element).await? {
                    self.acted(format!("{done} {label}"));
                }
            }
            Move::Press { element, label, action, command } => {
                return self.press(page, element, label, action, command).await;
            }
            Move::Uncover { element, label } => {
                self.memory.uncovered.insert(page.document.clone());
                if let Outcome::Done(()) = self.tab.click(&element).await? {
                    self.acted(format!("closed what covered it with {label}"));
                }
            }
            Move::Witness(at) => return self.witness(page, at).await,
            Move::Scroll => {
                self.memory.scrolled.insert(page.document.clone());
                let _: Outcome<Value> = self.tab.run(SCROLL, Vec::new()).await?;
                return Ok(Then::Pause);
            }
            Move::Advance(at) => self.memory.advance(at, Instant::now()),
            Move::NextCode => self.memory.refuse_code(page),
            Move::StartOver(action) => {
                self.memory.lose(page, action);
                self.acted("which was lost, so opened the request again".to_owned());
                self.tab.open(self.request.consent.url).await?;
            }
            Move::Reopen(problem) => {
                let picture = match self.request.consent.evidence {
                    Some(_) => {
                        let email = self.memory.past.name_for(&page.origin);
                        picture(&mut self.tab, email, &self.request.redaction).await
                    }
                    None => None,
                };
                let (page, kind) = (page.clone(), self.kind.clone());
                self.memory.given_up = Some(GivenUp { page, kind, problem: *problem, picture });
                self.memory.begin_again();
                self.acted("opened the request again".to_owned());
                self.tab.open(self.request.consent.url).await?;
            }
            Move::EnterFrame(element) => {
                self.memory.entered.insert(element.clone());
                if let Outcome::Done(()) = self.tab.enter_frame(&element).await? {
                    self.memory.in_frame = true;
                }
            }
            Move::LeaveFrame => self.leave_frame().await?,
            Move::AcceptDialog => {
                self.tab.answer_dialog(true).await?;
                self.acted("accepted the dialog".to_owned());
                return Ok(Then::Pause);
            }
            Move::DismissDialog(problem) => {
                self.tab.answer_dialog(false).await?;
                return Err(problem.into());
            }
            Move::GiveUpReading(reason) => {
                return Err(Broken { command: "reading the page", reason }.into());
            }
            Move::StopAsBefore => return Err(self.stop_as_before()),
            Move::Diagnose => return Err(self.diagnose().await.into()),
            Move::Stop(problem) => return Err(problem.into()),
        }
        Ok(Then::Look)
    }

    async fn fill(&mut self, texts: &[Typing], purpose: Purpose) -> Result<(), Stop> {
        if let Purpose::Command(at) = purpose {
            self.memory.played.begun = Some(at);
        }
        for it in texts {
            let tries = self.memory.typed.entry(it.element.clone()).or_default();
            let again = *tries > 0;
            *tries += 1;
            let Typing { element, clear, text, what } = it;
            let entry = Entry { element, text, clear: *clear, again };
            let origins = &self.memory.past.origins;
            if let Outcome::Done(()) = self.tab.type_into(&entry, origins).await? {
                self.acted(what.clone());
            }
        }
        match purpose {
            Purpose::SignIn(action) => self.memory.filled = Some(action),
            Purpose::Code(code) => {
                self.memory.code = Some(code);
                self.memory.filled = Some(Action::Code);
            }
            Purpose::Command(_) => {}
        }
        Ok(())
    }

    async fn press(
        &mut self,
        page: &Snapshot,
        element: Handle,
        label: String,
        action: Action,
        command: Option<usize>,
    ) -> Result<Then, Stop> {
        // The redirect URI may be reached, and all this be dropped, before the click is answered.
        self.acted(format!("pressed {label}"));
        let begun = self.memory.played.begun;
        self.memory.played.begun = command.or(begun);
        let missed = match self.tab.click(&element).await? {
            Outcome::Stale => Some(Then::Look),
            Outcome::Covered => Some(self.read_cover(&element).await?),
            Outcome::NotNow(reason) if reason == "element not interactable" => Some(Then::Pause),
            // Whatever else is answered, a time-out above all, the click may have been delivered.
            Outcome::Done(()) | Outcome::NotNow(_) | Outcome::Dialog => None,
        };
        if let Some(then) = missed {
            self.not_acted();
            self.memory.played.begun = begun;
            return Ok(then);
        }
        self.memory.press(page, action, (element, label), Instant::now());
        if let Some(at) = command {
            self.memory.advance(at, Instant::now());
        }
        match action {
            Action::Identifier | Action::Password | Action::Code => self.memory.sent(page, action),
            _ if command.is_some() => self.memory.sent(page, action),
            // Whether a banner went is not waited for.
            Action::Banner => self.memory.past.without_banner.push(page.document.clone()),
            _ => {}
        }
        Ok(Then::Look)
    }

    async fn read_cover(&mut self, element: &Handle) -> Result<Then, Stop> {
        let arguments = vec![self.tab.reference(element)];
        let Outcome::Done(over) = self.tab.run(COVER, arguments).await? else {
            return Ok(Then::Pause);
        };
        self.memory.cover = Some(serde_json::from_value::<Vec<Cover>>(over).unwrap_or_default());
        Ok(Then::Decide)
    }

    async fn witness(&mut self, page: &Snapshot, at: usize) -> Result<Then, Stop> {
        let button = &page.buttons[at];
        let Outcome::Done((role, label)) = self.tab.role_and_label(&button.element).await? else {
            return Ok(Then::Pause);
        };
        self.memory.witness(button, Witness { role, label });
        // Meanwhile only a page without scripts is sure to be as it was.
        Ok(if page.still { Then::Decide } else { Then::Look })
    }

    /// The end as it would have been without the second try, on its page.
    fn stop_as_before(&mut self) -> Stop {
        match self.memory.given_up.take() {
            Some(it) => {
                (self.memory.last, self.kind) = (it.page, it.kind);
                self.picture = it.picture;
                it.problem.into()
            }
            None => Problem::SignedOut.into(),
        }
    }

    pub(crate) async fn leave_frame(&mut self) -> Result<(), Stop> {
        self.memory.in_frame = false;
        Ok(self.tab.leave_frames().await?)
    }

    async fn diagnose(&mut self) -> Problem {
        let Some(url) = self.tab.asked_for().await else {
            return Problem::Unreachable { reason: Unreachable::Unknown };
        };
        self.memory.last.address = bare(&url);
        if self.memory.past.redirect.as_deref() == Some(self.memory.last.address.as_str()) {
            return Problem::NothingListened;
        }
        Problem::Unreachable { reason: why_unreachable(&url).await }
    }

    pub(crate) async fn read_console(&mut self) {
        const MOST_LINES: usize = 50;
        for line in self.tab.console().await {
            if self.memory.console.len() < MOST_LINES {
                let line = self.request.redaction.clean(&without_queries(&line), 400);
                self.memory.console.push(line);
            }
        }
    }

    /// Adds what was done to the newest page of the trail.
    pub(crate) fn acted(&mut self, action: String) {
        if let Some(visit) = self.trail.visits.last_mut() {
            visit.actions.push(action);
        }
    }

    /// Takes the newest action back.
    fn not_acted(&mut self) {
        if let Some(visit) = self.trail.visits.last_mut() {
            visit.actions.pop();
        }
    }
}

/// What the system says about an address that the browser could not open.
async fn why_unreachable(url: &Url) -> Unreachable {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Unreachable::NoHost;
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match tokio::time::timeout(PROBE, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) if url.scheme() == "https" => Unreachable::Tls,
        Ok(Ok(_)) => Unreachable::NoAnswer,
        Ok(Err(it)) if it.kind() == io::ErrorKind::ConnectionRefused => Unreachable::Refused,
        Ok(Err(_)) => Unreachable::NotFound,
        Err(_) => Unreachable::Silent,
    }
}
