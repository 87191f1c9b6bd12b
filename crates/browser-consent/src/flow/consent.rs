//! The loop: look, decide, do at most one thing, wait for a change.

use std::convert::Infallible;
use std::time::{Duration, Instant, SystemTime};

use fantoccini::Client;
use serde_json::json;
use tool_edge::is_loopback;
use url::Url;

use crate::address::bare;
use crate::browser::outcome::{Broken, Outcome};
use crate::browser::tab::Tab;
use crate::error::Error;
use crate::flow::act::{Flow, Stop, Then};
use crate::flow::evidence;
use crate::flow::look::{Move, Now};
use crate::flow::memory::{Memory, Target};
use crate::flow::next::{next, next_in_dialog, unreadable};
use crate::flow::play::{eligible, is_for_script, steps_left};
use crate::flow::request::{Consent, Request};
use crate::input::credentials::Credentials;
use crate::input::script::Act;
use crate::page::kind::{self, Kind, Past};
use crate::page::locate::Names;
use crate::page::snapshot::Snapshot;
use crate::problem::Problem;
use crate::visits::{Trail, Visit};

const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// How long a browser may be silent at the end before it is known to wait for somebody.
const ANSWER: Duration = Duration::from_secs(1);

/// What a command of a script finds on a page.
const FIND: &str = concat!(include_str!("../page/visible.js"), include_str!("../page/find.js"));

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
    let past = Past { origins, redirect, names, has_codes, ..Past::default() };
    let mut flow = Flow {
        tab: Tab::new(client),
        request: Request::new(request),
        memory: Memory::new(past, Instant::now()),
        kind: Kind::Unknown,
        visited: String::new(),
        trail: Trail::default(),
        picture: None,
        started: Instant::now(),
    };
    let stop = tokio::select! {
        biased;
        () = done => {
            flow.trail.steps_left = steps_left(&flow.memory, &flow.request);
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

    async fn steps(&mut self) -> Result<Infallible, Stop> {
        let consent = self.request.consent;
        self.tab.allow(consent.timeout).await?;
        self.tab.watch().await?;
        self.tab.open(consent.url).await?;
        let client = consent.client_name.unwrap_or_default();
        let mut pause = SHORTEST_PAUSE;
        loop {
            let (scopes, origins) = (!consent.allow_scopes.is_empty(), &self.memory.past.origins);
            match self.tab.snapshot(client, scopes, origins).await? {
                Outcome::Done(page) => {
                    if self.memory.observe(&page, Instant::now()) {
                        pause = SHORTEST_PAUSE;
                    }
                    if self.step(&page).await? == Then::Look {
                        pause = SHORTEST_PAUSE;
                        continue;
                    }
                }
                Outcome::Dialog => {
                    if let Some(text) = self.tab.dialog_text().await {
                        let (memory, kind) = (&self.memory, &self.kind);
                        self.act_on_last(next_in_dialog(&text, kind, memory, &self.request, now()))
                            .await?;
                    }
                }
                Outcome::NotNow(reason) => {
                    self.act_on_last(unreadable(&self.memory, Some(reason), now())).await?;
                }
                Outcome::Stale | Outcome::Covered => {
                    self.act_on_last(unreadable(&self.memory, None, now())).await?;
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Looks closer where the decision needs it, decides and acts.
    async fn step(&mut self, page: &Snapshot) -> Result<Then, Stop> {
        let kind = kind::classify(page, &self.memory.past);
        self.visit(page, &kind);
        self.kind = kind.clone();
        if self.memory.awaits_effect(page, Instant::now()) {
            self.read_console().await;
        }
        if is_for_script(&kind) && !self.find_targets(page).await? {
            return Ok(Then::Pause);
        }
        loop {
            let it = next(page, &kind, &self.memory, &self.request, now());
            let then = self.act(page, it).await?;
            if then != Then::Decide {
                return Ok(then);
            }
        }
    }

    /// Looks for the elements of the script's commands; false if this is another page by now.
    async fn find_targets(&mut self, page: &Snapshot) -> Result<bool, Stop> {
        let Some(script) = self.request.consent.script else { return Ok(true) };
        for (at, command) in eligible(script, &self.memory, page) {
            let pattern = match &command.act {
                Act::Await { text, .. } => text.as_deref(),
                _ => None,
            };
            let arguments = vec![json!(command.by.name()), json!(command.value), json!(pattern)];
            let target = match self.tab.run(FIND, arguments).await? {
                Outcome::Done(it) => serde_json::from_value::<Target>(it).unwrap_or_default(),
                _ => Target::default(),
            };
            let is_here = target.origin == page.origin && target.document == page.document;
            if !is_here && !target.document.is_empty() {
                return Ok(false);
            }
            self.memory.found(at, target, Instant::now());
        }
        Ok(true)
    }

    /// Takes note of a page that is new, by its document or by what it turned into.
    fn visit(&mut self, page: &Snapshot, kind: &Kind) {
        let kind = kind.name();
        let is_same = self.visited == page.document
            && self.trail.visits.last().is_some_and(|it| it.kind == kind);
        if !is_same {
            self.visited.clone_from(&page.document);
            self.trail.visits.push(Visit {
                address: self.request.clean(&page.address),
                title: self.request.clean(&page.title),
                kind,
                actions: Vec::new(),
                at_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            });
        }
    }

    /// Carries a move out that is not about a page which was just read.
    async fn act_on_last(&mut self, it: Move) -> Result<Then, Stop> {
        let page = self.memory.last.clone();
        self.act(&page, it).await
    }

    /// Where it stands, without the query.
    fn address(&self) -> String {
        if self.memory.last.address.is_empty() {
            bare(self.request.consent.url)
        } else {
            self.request.clean(&self.memory.last.address)
        }
    }

    async fn failed(mut self, problem: Problem) -> Error {
        let evidence = match self.request.consent.evidence {
            Some(folder) => evidence::keep(folder, &mut self, &problem).await,
            None => None,
        };
        let (title, address) = (self.request.clean(&self.memory.last.title), self.address());
        Error::Page { title, address, problem: Box::new(problem), trail: self.trail, evidence }
    }
}

fn now() -> Now {
    Now { instant: Instant::now(), time: SystemTime::now() }
}
