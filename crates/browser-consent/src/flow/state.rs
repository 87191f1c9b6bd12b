//! The state machine: look, decide, do at most one thing, wait for a change.

use std::time::{Duration, Instant};

use crate::browser::tab::{Broken, Outcome, Tab};
use crate::error::Error;
use crate::flow::consent::Consent;
use crate::flow::evidence;
use crate::flow::play::Played;
use crate::input::redaction::{Redaction, bare};
use crate::page::kind::{self, Kind, Past};
use crate::page::locate::{self, Found};
use crate::page::memory::{Action, Memory};
use crate::page::snapshot::{Button, Snapshot};
use crate::problem::Problem;
use crate::visits::{Trail, Visit};

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

/// What became of one look at the page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// Something was done, so the page is read again at once.
    Acted,
    Wait,
}

pub(crate) struct Flow<'a> {
    pub(crate) tab: Tab<'a>,
    pub(crate) it: &'a Consent<'a>,
    pub(crate) past: Past<'a>,
    pub(crate) redaction: Redaction,
    pub(crate) memory: Memory,
    pub(crate) trail: Trail,
    pub(crate) console: Vec<String>,
    pub(crate) last: Snapshot,
    pub(crate) kind: Kind,
    pub(crate) in_frame: bool,
    pub(crate) reopened: bool,
    pub(crate) played: Played,
    /// The one-time code that was typed last, and how many were refused.
    pub(crate) code: Option<String>,
    pub(crate) codes_refused: usize,
    /// What was typed in this document and not yet sent by a press.
    pub(crate) filled: Option<Action>,
    pub(crate) refilled: bool,
    pub(crate) started: Instant,
}

const MOST_DOCUMENTS: usize = 40;
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// The time that a page may be unreadable, as it is between two documents.
const UNREADABLE: Duration = Duration::from_secs(10);

impl Flow<'_> {
    pub(crate) async fn run(&mut self) -> Stop {
        let Err(stop) = self.steps().await;
        stop
    }

    async fn steps(&mut self) -> Result<std::convert::Infallible, Stop> {
        self.tab.allow(self.it.timeout).await?;
        self.tab.watch().await?;
        self.tab.open(self.it.url).await?;
        let (client, scopes) =
            (self.it.client_name.unwrap_or_default(), !self.it.allow_scopes.is_empty());
        let mut pause = SHORTEST_PAUSE;
        let mut readable = Instant::now();
        loop {
            match self.tab.snapshot(client, scopes).await? {
                Outcome::Done(page) => {
                    readable = Instant::now();
                    if self.memory.observe(&page) {
                        pause = SHORTEST_PAUSE;
                    }
                    if self.step(page).await? == Step::Acted {
                        pause = SHORTEST_PAUSE;
                        continue;
                    }
                }
                Outcome::Dialog => self.answer_dialog().await?,
                _ if self.in_frame => self.leave_frame().await?,
                Outcome::NotNow(reason) if readable.elapsed() > UNREADABLE => {
                    return Err(Broken { command: "reading the page", reason }.into());
                }
                _ => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn step(&mut self, page: Snapshot) -> Result<Step, Stop> {
        if page.document != self.last.document {
            self.sent_by_itself();
        }
        let kind = kind::classify(&page, &self.past);
        self.visit(&page, &kind);
        self.last = page.clone();
        self.kind = kind.clone();
        if self.memory.documents > MOST_DOCUMENTS {
            return Err(Problem::Loop.into());
        }
        let is_for_script = !matches!(
            kind,
            Kind::BrowserError
                | Kind::Redirected
                | Kind::Elsewhere
                | Kind::BadCredentials(_)
                | Kind::BadCode(_)
        );
        if is_for_script && let Some(step) = self.play(&page).await? {
            return Ok(step);
        }
        match kind {
            Kind::BrowserError => self.browser_error().await,
            Kind::Redirected => self.redirected(&page),
            Kind::Elsewhere => self.elsewhere(&page).await,
            Kind::NeedsHuman(obstacle) => Err(Problem::NeedsHuman { obstacle }.into()),
            Kind::Banner(at) => self.send_away(&page, at).await,
            Kind::BadCredentials(says) => self.refused(&page, says),
            Kind::BadCode(says) => self.refused_code(&page, says),
            Kind::Code(fields) => self.enter_code(&page, &fields).await,
            Kind::SignIn { user, password } => self.sign_in(&page, user, password).await,
            Kind::AccountChooser(at) => self.choose_account(&page, at).await,
            Kind::Chooser(pick) => self.choose(&page, pick).await,
            Kind::Passing => self.pass(&page).await,
            Kind::Consent(found) => self.approve(&page, found).await,
            Kind::Offer(at) => self.skip(&page, at).await,
            Kind::Frame(at) => self.enter_frame(&page, at).await,
            Kind::ErrorPage(says) => self.error_page(&page, &says),
            Kind::Unknown => self.lost().await,
        }
    }

    /// Takes note of a page that is new, by its document or by what it turned into.
    fn visit(&mut self, page: &Snapshot, kind: &Kind) {
        let kind = kind.name();
        let is_same = page.document == self.last.document
            && self.trail.visits.last().is_some_and(|it| it.kind == kind);
        if !is_same {
            self.trail.visits.push(Visit {
                address: self.clean(&page.address),
                title: self.clean(&page.title),
                kind,
                actions: Vec::new(),
                at_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            });
        }
    }

    /// Adds what was done to the newest page of the trail.
    pub(crate) fn acted(&mut self, action: String) {
        if let Some(visit) = self.trail.visits.last_mut() {
            visit.actions.push(action);
        }
    }

    /// Takes the newest action back.
    pub(crate) fn not_acted(&mut self) {
        if let Some(visit) = self.trail.visits.last_mut() {
            visit.actions.pop();
        }
    }

    pub(crate) fn clean(&self, text: &str) -> String {
        self.redaction.clean(text, 160)
    }

    /// The buttons of the newest page, each with the reason why it was not pressed.
    pub(crate) fn candidates(&self) -> Vec<String> {
        let page = &self.last;
        let found = locate::approve(page, &self.past.names);
        let reason = |it: &Button| match locate::approve_score(page, it, &self.past.names) {
            Ok(_) if it.disabled => "disabled".to_owned(),
            Ok(_) if self.memory.witnessed(it) == Some(false) => {
                "denies, says the browser".to_owned()
            }
            Ok(score) => {
                let points = score.points;
                let but = match (found, score.strong) {
                    (Found::Tie, _) => "not the only one",
                    (_, true) => "something else lies over it",
                    (_, false) => "too few to be sure",
                };
                format!("{points} points, {but}")
            }
            Err(reason) => reason.to_owned(),
        };
        let seen = page.buttons.iter().take(8);
        let seen =
            seen.map(|it| format!("\"{}\" ({})", self.redaction.clean(&it.label, 40), reason(it)));
        let next = self.next_command();
        let next = next.map(|it| format!("nothing for the step `{}`", self.clean(&it.named)));
        seen.chain(next).collect()
    }

    /// Where it stands, without the query.
    pub(crate) fn address(&self) -> String {
        if self.last.address.is_empty() {
            bare(self.it.url)
        } else {
            self.clean(&self.last.address)
        }
    }

    pub(crate) async fn failed(mut self, problem: Problem) -> Error {
        let evidence = match self.it.evidence {
            Some(folder) => evidence::keep(folder, &mut self, &problem).await,
            None => None,
        };
        let (title, address) = (self.clean(&self.last.title), self.address());
        Error::Page { title, address, problem: Box::new(problem), trail: self.trail, evidence }
    }
}
