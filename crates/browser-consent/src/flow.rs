//! The state machine: look, decide, do at most one thing, wait for a change.

use std::path::Path;
use std::time::{Duration, Instant};

use fantoccini::Client;
use url::{Host, Url};

use crate::credentials::Credentials;
use crate::error::Error;
use crate::evidence;
use crate::locate::{self, Names};
use crate::memory::Memory;
use crate::page::{self, Kind, Past};
use crate::problem::Problem;
use crate::redaction::{Redaction, bare};
use crate::snapshot::Snapshot;
use crate::tab::{Outcome, Tab};
use crate::trail::{Trail, Visit};

/// One consent to get.
#[derive(Clone, Copy, Debug)]
pub struct Consent<'a> {
    /// The authorization request's address.
    pub url: &'a Url,
    /// What to sign in with; a page that only asks for consent needs none.
    pub credentials: Option<&'a Credentials>,
    /// Origins, besides that of `url`, on which credentials may be typed and buttons pressed.
    pub allow_origins: &'a [Url],
    /// The name of the client as it was registered, which is not read as a word of the page's.
    pub client_name: Option<&'a str>,
    /// The time for all of it.
    pub timeout: Duration,
    /// A folder for a screenshot and a report when it fails.
    pub evidence: Option<&'a Path>,
}

/// Signs in and approves, until `done` resolves.
///
/// `done` is the proof that the redirect URI was reached: a listener that holds the code, or [`crate::reached`].
/// The password is sent at most once, only to allowed origins; nothing is pressed twice in a document.
///
/// # Errors
///
/// [`Error::Page`] names the page on which there was no way forward; [`Error::Driver`] is a driver that failed.
pub async fn consent(
    client: &Client,
    it: &Consent<'_>,
    done: impl Future<Output = ()>,
) -> Result<Trail, Error> {
    let mut origins = Vec::new();
    for url in std::iter::once(it.url).chain(it.allow_origins) {
        let origin = url.origin().ascii_serialization();
        if url.scheme() != "https" && !is_loopback(url) {
            return Err(Error::Insecure { origin });
        }
        origins.push(origin);
    }
    let parameter = |wanted: &str| {
        it.url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let redirect =
        parameter("redirect_uri").and_then(|it| Url::parse(&it).ok()).map(|it| bare(&it));
    let scopes: Vec<String> =
        parameter("scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let names = Names { email: it.credentials.map(Credentials::email), scopes: &scopes };
    let mut flow = Flow {
        tab: Tab(client),
        it,
        past: Past { origins, redirect, names, ..Past::default() },
        redaction: Redaction::new(it.url, it.credentials),
        memory: Memory::new(),
        trail: Trail::default(),
        console: Vec::new(),
        last: Snapshot::default(),
        kind: Kind::Unknown,
        in_frame: false,
        reopened: false,
        started: Instant::now(),
    };
    let stop = tokio::select! {
        biased;
        () = done => return Ok(flow.trail),
        stop = flow.run() => stop,
        () = tokio::time::sleep(it.timeout) => Stop::Deadline,
    };
    let problem = match stop {
        Stop::Driver(error) => return Err(*error),
        Stop::Problem(problem) => problem,
        Stop::Deadline => {
            Problem::Deadline { seconds: it.timeout.as_secs(), trail: flow.trail.to_string() }
        }
    };
    Err(flow.failed(problem).await)
}

/// Why the loop ended.
#[derive(Debug)]
pub(crate) enum Stop {
    Problem(Problem),
    Driver(Box<Error>),
    Deadline,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Driver(Box::new(error))
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
    started: Instant,
}

const MOST_DOCUMENTS: usize = 40;
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// The time that a page may be unreadable, as it is between two documents.
const UNREADABLE: Duration = Duration::from_secs(10);

impl Flow<'_> {
    async fn run(&mut self) -> Stop {
        let Err(stop) = self.steps().await;
        stop
    }

    async fn steps(&mut self) -> Result<std::convert::Infallible, Stop> {
        self.tab.open(self.it.url).await?;
        let mut pause = SHORTEST_PAUSE;
        let mut readable = Instant::now();
        loop {
            match self.tab.snapshot(self.it.client_name.unwrap_or_default()).await? {
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
                    return Err(Error::Driver { command: "reading the page", reason }.into());
                }
                _ => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn step(&mut self, page: Snapshot) -> Result<Step, Stop> {
        let kind = page::classify(&page, &self.past);
        self.visit(&page, &kind);
        self.last = page.clone();
        self.kind = kind.clone();
        if self.memory.documents > MOST_DOCUMENTS {
            return Err(Problem::Loop.into());
        }
        match kind {
            Kind::BrowserError => self.browser_error().await,
            Kind::Redirected => self.redirected(&page),
            Kind::Elsewhere => self.elsewhere(&page),
            Kind::NeedsHuman(obstacle) => Err(Problem::NeedsHuman { obstacle }.into()),
            Kind::BadCredentials(says) => self.refused(&page, says),
            Kind::SignIn { user, password } => self.sign_in(&page, user, password).await,
            Kind::AccountChooser(at) => self.choose_account(&page, at).await,
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
        let reason = |it| match locate::approve_score(page, it, &self.past.names) {
            Ok(score) => format!("{} points, not the only one", score.points),
            Err(reason) => reason.to_owned(),
        };
        page.buttons
            .iter()
            .take(8)
            .map(|it| format!("\"{}\" ({})", self.redaction.clean(&it.label, 40), reason(it)))
            .collect()
    }

    async fn failed(mut self, problem: Problem) -> Error {
        let evidence = match self.it.evidence {
            Some(folder) => evidence::keep(folder, &mut self, &problem).await,
            None => None,
        };
        let title = self.clean(&self.last.title);
        let address = if self.last.address.is_empty() {
            bare(self.it.url)
        } else {
            self.clean(&self.last.address)
        };
        Error::Page { title, address, problem: Box::new(problem), trail: self.trail, evidence }
    }
}

/// Whether an address is of this machine, where nobody listens on the way.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(it)) => it.is_loopback(),
        Some(Host::Ipv6(it)) => it.is_loopback(),
        Some(Host::Domain(it)) => it == "localhost" || it.ends_with(".localhost"),
        None => false,
    }
}
