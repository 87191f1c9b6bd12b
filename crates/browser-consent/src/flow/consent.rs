use std::path::Path;
use std::time::{Duration, Instant};

use fantoccini::Client;
use url::{Host, Url};

use crate::browser::tab::{Broken, Tab};
use crate::error::Error;
use crate::flow::play::Played;
use crate::flow::state::{Flow, Stop};
use crate::input::credentials::Credentials;
use crate::input::redaction::{Redaction, bare};
use crate::input::script::Script;
use crate::page::kind::{Kind, Past};
use crate::page::locate::Names;
use crate::page::memory::Memory;
use crate::page::snapshot::Snapshot;
use crate::problem::Problem;
use crate::visits::Trail;

/// How long a browser may be silent at the end before it is known to wait for somebody.
const ANSWER: Duration = Duration::from_secs(1);

/// One consent to get.
#[derive(Clone, Copy, Debug)]
pub struct Consent<'a> {
    /// The authorization request's address.
    pub url: &'a Url,
    /// What to sign in with; a page that only asks for consent needs none.
    pub credentials: Option<&'a Credentials>,
    /// Origins, besides that of `url`, on which credentials may be typed and buttons pressed.
    pub allow_origins: &'a [Url],
    /// The scopes that a consent page may list; none allows any.
    pub allow_scopes: &'a [String],
    /// The names of the workspaces and regions to take where a page lets one choose.
    pub choices: &'a [String],
    /// What is done by hand.
    pub script: Option<&'a Script>,
    /// The name of the client as it was registered, which is not read as a word of the page's.
    pub client_name: Option<&'a str>,
    /// The time for all of it; a page, or the answer to a press, may take half of it, and at least 30 s.
    pub timeout: Duration,
    /// A folder for a screenshot and a report when it fails.
    pub evidence: Option<&'a Path>,
}

impl<'a> Consent<'a> {
    /// Asks for consent at `url` within 45 s, with nothing else known or allowed.
    pub fn new(url: &'a Url) -> Self {
        Self {
            url,
            credentials: None,
            allow_origins: &[],
            allow_scopes: &[],
            choices: &[],
            script: None,
            client_name: None,
            timeout: Duration::from_secs(45),
            evidence: None,
        }
    }
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
    let names = Names {
        email: it.credentials.map(Credentials::email),
        scopes: &scopes,
        choices: it.choices,
    };
    let has_codes = it.credentials.is_some_and(Credentials::has_codes);
    let mut flow = Flow {
        tab: Tab::new(client),
        it,
        past: Past { origins, redirect, names, has_codes, ..Past::default() },
        redaction: Redaction::new(it.url, it.credentials, it.script),
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
        () = tokio::time::sleep(it.timeout) => Stop::Deadline,
    };
    let problem = match stop {
        Stop::Driver(Broken { command, reason }) => {
            let address = flow.address();
            return Err(Error::Driver { command, reason, address, trail: flow.trail });
        }
        Stop::Problem(problem) => problem,
        Stop::Deadline => {
            let (seconds, trail) = (rounded(it.timeout), flow.trail.to_string());
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

/// Whether an address is of this machine, where nobody listens on the way.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(it)) => it.is_loopback(),
        Some(Host::Ipv6(it)) => it.is_loopback(),
        Some(Host::Domain(it)) => it == "localhost" || it.ends_with(".localhost"),
        None => false,
    }
}
