//! The state machine: look, decide, do at most one thing, wait for a change.

use std::time::{Duration, Instant};

use fantoccini::Client;
use tool_edge::is_loopback;
use url::Url;

use crate::address::bare;
use crate::browser::tab::{Broken, Outcome, Tab};
use crate::error::Error;
use crate::flow::evidence;
use crate::flow::request::Consent;
use crate::flow::state::{Flow, Played, Step, Stop};
use crate::input::credentials::Credentials;
use crate::input::redaction::Redaction;
use crate::page::kind::{self, Kind, Past};
use crate::page::locate::Names;
use crate::page::memory::Memory;
use crate::page::snapshot::Snapshot;
use crate::problem::Problem;
use crate::visits::{Trail, Visit};

const MOST_DOCUMENTS: usize = 40;
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// The time that a page may be unreadable, as it is between two documents.
const UNREADABLE: Duration = Duration::from_secs(10);
/// How long a browser may be silent at the end before it is known to wait for somebody.
const ANSWER: Duration = Duration::from_secs(1);

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
    request: &Consent<'_>,
    done: impl Future<Output = ()>,
) -> Result<Trail, Error> {
    let mut origins = Vec::new();
    for url in std::iter::once(request.url).chain(request.allow_origins) {
        let origin = url.origin().ascii_serialization();
        if url.scheme() != "https" && !url.host_str().is_some_and(is_loopback) {
            return Err(Error::Insecure { origin });
        }
        origins.push(origin);
    }
    let parameter = |wanted: &str| {
        request
            .url
            .query_pairs()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    let redirect =
        parameter("redirect_uri").and_then(|it| Url::parse(&it).ok()).map(|it| bare(&it));
    let scopes: Vec<String> =
        parameter("scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let names = Names {
        email: request.credentials.map(Credentials::email),
        scopes: &scopes,
        choices: request.choices,
    };
    let has_codes = request.credentials.is_some_and(Credentials::has_codes);
    let mut flow = Flow {
        tab: Tab::new(client),
        request,
        past: Past { origins, redirect, names, has_codes, ..Past::default() },
        redaction: Redaction::new(request.url, request.credentials, request.script),
        memory: Memory::new(),
        trail: Trail::default(),
        console: Vec::new(),
        last: Snapshot::default(),
        kind: Kind::Unknown,
        in_frame: false,
        reopened: false,
        played: Played::default(),
        code: None,
        codes_refused: 0,
        filled: None,
        refilled: false,
        started: Instant::now(),
    };
    let stop = tokio::select! {
        biased;
        () = done => {
            flow.trail.steps_left = flow.steps_left();
            return Ok(flow.trail);
        }
        stop = flow.run() => stop,
        () = tokio::time::sleep(request.timeout) => Stop::Deadline,
    };
    let problem = match stop {
        Stop::Driver(Broken { command, reason }) => {
            let address = flow.address();
            return Err(Error::Driver { command, reason, address, trail: flow.trail });
        }
        Stop::Problem(problem) => problem,
        Stop::Deadline => {
            let (seconds, trail) = (rounded(request.timeout), flow.trail.to_string());
            if flow.tab.answers_within(ANSWER).await {
                Problem::Deadline { seconds, trail }
            } else {
                Problem::NoAnswer { seconds, trail }
            }
        }
    };
    Err(flow.failed(problem).await)
}

/// Whole seconds, as people give them.
fn rounded(time: Duration) -> u64 {
    time.saturating_add(Duration::from_millis(500)).as_secs()
}

impl Flow<'_> {
    async fn run(&mut self) -> Stop {
        let Err(stop) = self.steps().await;
        stop
    }

    async fn steps(&mut self) -> Result<std::convert::Infallible, Stop> {
        self.tab.allow(self.request.timeout).await?;
        self.tab.watch().await?;
        self.tab.open(self.request.url).await?;
        let (client, scopes) =
            (self.request.client_name.unwrap_or_default(), !self.request.allow_scopes.is_empty());
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

    async fn failed(mut self, problem: Problem) -> Error {
        let evidence = match self.request.evidence {
            Some(folder) => evidence::keep(folder, &mut self, &problem).await,
            None => None,
        };
        let (title, address) = (self.clean(&self.last.title), self.address());
        Error::Page { title, address, problem: Box::new(problem), trail: self.trail, evidence }
    }
}
