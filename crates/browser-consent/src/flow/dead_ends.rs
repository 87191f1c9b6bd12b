//! What is done about pages that are in the way, or are the end of it.

use std::io;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpStream;
use url::Url;

use crate::address::bare;
use crate::browser::tab::{Outcome, reference};
use crate::flow::state::{Flow, PATIENCE, Step, Stop};
use crate::page::kind;
use crate::page::locate;
use crate::page::phrases::normalize;
use crate::page::snapshot::{Button, Handle, Snapshot};
use crate::page::words;
use crate::problem::Problem;

/// Long enough for a listener that was reached to say so first.
const SETTLE: Duration = Duration::from_millis(300);
const ALERT_SETTLE: Duration = Duration::from_millis(1500);
const HOP: Duration = Duration::from_secs(2);
const DENIED: Duration = Duration::from_secs(1);
const NOT_HEARD: Duration = Duration::from_secs(10);
const DIALOG_AFTER_APPROVAL: Duration = Duration::from_secs(5);
const PROBE: Duration = Duration::from_secs(2);

/// The buttons in whatever covers the middle of an element.
const COVER: &str = include_str!("../page/cover.js");

impl Flow<'_> {
    pub(crate) async fn browser_error(&mut self) -> Result<Step, Stop> {
        if self.memory.quiet() < SETTLE {
            return Ok(Step::Wait);
        }
        let Some(url) = self.tab.asked_for().await else {
            return Err(
                Problem::Unreachable { reason: "the browser shows an error page".into() }.into()
            );
        };
        self.last.address = bare(&url);
        if self.past.redirect.as_deref() == Some(self.last.address.as_str()) {
            return Err(Problem::NothingListened.into());
        }
        Err(Problem::Unreachable { reason: why_unreachable(&url).await }.into())
    }

    pub(crate) fn redirected(&self, page: &Snapshot) -> Result<Step, Stop> {
        match &page.answer {
            Some(says) if self.memory.quiet() > DENIED => {
                Err(Problem::Denied { says: self.clean(says) }.into())
            }
            None if self.memory.quiet() > NOT_HEARD => Err(Problem::NotHeard.into()),
            _ => Ok(Step::Wait),
        }
    }

    /// A page that has nothing on it may be on its way to another.
    pub(crate) async fn elsewhere(&mut self, page: &Snapshot) -> Result<Step, Stop> {
        if self.in_frame {
            self.leave_frame().await?;
            return Ok(Step::Acted);
        }
        let is_bare = page.fields.is_empty() && page.buttons.is_empty() && page.frames.is_empty();
        if self.memory.quiet() < if is_bare || !page.ready { HOP } else { SETTLE } {
            return Ok(Step::Wait);
        }
        // Somebody who has signed in may be sent to a start page instead of back.
        if self.past.password.is_some() && page.status < 400 && self.reopen().await? {
            return Ok(Step::Acted);
        }
        Err(Problem::Refused { origin: self.clean(&page.origin) }.into())
    }

    /// In the same document the warning has to stay for a moment, as busy forms flash theirs.
    pub(crate) fn refused(&self, page: &Snapshot, says: Option<String>) -> Result<Step, Stop> {
        let is_new_document = self
            .past
            .password
            .as_ref()
            .or(self.past.identifier.as_ref())
            .is_some_and(|it| it.document != page.document);
        if self.memory.quiet() < SETTLE && !(is_new_document && says.is_some()) {
            return Ok(Step::Wait);
        }
        let says = says.map(|it| self.clean(&it));
        match says {
            Some(says) if words::LOCKED.occur_in(&normalize(&says)) => {
                Err(Problem::Locked { says }.into())
            }
            says => Err(Problem::BadCredentials { says }.into()),
        }
    }

    pub(crate) fn error_page(&self, page: &Snapshot, says: &str) -> Result<Step, Stop> {
        if self.memory.quiet() < if page.status >= 400 { SETTLE } else { ALERT_SETTLE } {
            return Ok(Step::Wait);
        }
        let says = self.redaction.clean(says, 300);
        let words = normalize(&says);
        Err(match () {
            () if words::LOCKED.occur_in(&words) => Problem::Locked { says },
            () if words::ALREADY.occur_in(&words) => Problem::Already { says },
            () if words::POLICY.occur_in(&words) => Problem::Policy { says },
            () => Problem::ErrorPage { says },
        }
        .into())
    }

    /// A page with nothing to do on it: waited for, then opened afresh once if somebody is signed in by now.
    pub(crate) async fn lost(&mut self) -> Result<Step, Stop> {
        if self.in_frame && self.memory.quiet() > HOP {
            self.leave_frame().await?;
            return Ok(Step::Acted);
        }
        if self.idle() < PATIENCE {
            return Ok(Step::Wait);
        }
        // A page of the request itself does not get better by opening it again, nor does one that asks for consent.
        let has_left =
            self.past.identifier.is_some() || self.last.address != bare(self.request.url);
        if has_left && !locate::is_about_consent(&self.last) && self.reopen().await? {
            return Ok(Step::Acted);
        }
        self.give_up_late()
    }

    /// Gives a page up on which nothing was found to do, once it has been the same for long enough.
    pub(crate) fn give_up_late(&self) -> Result<Step, Stop> {
        if self.idle() < PATIENCE {
            return Ok(Step::Wait);
        }
        if let Some(says) = kind::already(&self.last) {
            return Err(Problem::Already { says: self.clean(&says) }.into());
        }
        if self.memory.has_approved() {
            return Err(Problem::NotRedirected.into());
        }
        if let Some(says) = kind::policy(&self.last) {
            return Err(Problem::Policy { says: self.clean(&says) }.into());
        }
        Err(Problem::NoWayForward { candidates: self.candidates() }.into())
    }

    /// How long the page has been the same, as far as that matters; a press that waits for its answer may still change it.
    ///
    /// Where consent is asked for, texts that tick and buttons that move bring no other button; but what makes a
    /// disabled one usable may be counted down to.
    fn idle(&self) -> Duration {
        let page = &self.last;
        if self.memory.awaits_answer(page) {
            return Duration::ZERO;
        }
        let may_come = page
            .buttons
            .iter()
            .any(|it| it.disabled && locate::approve_score(page, it, &self.past.names).is_ok());
        if locate::is_about_consent(page) && !may_come {
            self.memory.settled()
        } else {
            self.memory.quiet()
        }
    }

    /// Opens the request again, once; not after the approval, which must not be asked for twice.
    async fn reopen(&mut self) -> Result<bool, Stop> {
        if self.memory.has_approved() || self.reopened {
            return Ok(false);
        }
        self.reopened = true;
        self.past.identifier = None;
        self.filled = None;
        self.acted("opened the request again".to_owned());
        self.tab.open(self.request.url).await?;
        Ok(true)
    }

    pub(crate) async fn enter_frame(&mut self, page: &Snapshot, at: usize) -> Result<Step, Stop> {
        // Beside buttons a frame is only looked into once nothing else comes.
        if !page.buttons.is_empty() && self.memory.quiet() < SETTLE {
            return Ok(Step::Wait);
        }
        let origin = &page.frames[at].origin;
        let new = page.frames.iter().find(|it| {
            !it.hidden && it.origin == *origin && !self.memory.entered.contains(&it.element)
        });
        let Some(frame) = new.filter(|_| !self.in_frame) else { return self.lost().await };
        self.memory.entered.insert(frame.element.clone());
        if let Outcome::Done(()) = self.tab.enter_frame(&frame.element).await? {
            self.in_frame = true;
        }
        Ok(Step::Acted)
    }

    pub(crate) async fn leave_frame(&mut self) -> Result<(), Stop> {
        self.in_frame = false;
        Ok(self.tab.leave_frames().await?)
    }

    /// A question right after the approval is a part of it, unless its words deny.
    pub(crate) async fn answer_dialog(&mut self) -> Result<(), Stop> {
        let Some(text) = self.tab.dialog_text().await else { return Ok(()) };
        let is_ours = self.memory.approved_within(DIALOG_AFTER_APPROVAL)
            && locate::may_approve(&self.last, &text, &self.past.names).is_ok();
        self.tab.answer_dialog(is_ours).await?;
        if !is_ours {
            return Err(Problem::Dialog { says: self.clean(&text) }.into());
        }
        self.acted("accepted the dialog".to_owned());
        Ok(())
    }

    /// Closes, once in a document, what lies over a button, such as a tour.
    pub(crate) async fn uncover(&mut self, page: &Snapshot, button: &Button) -> Result<Step, Stop> {
        if self.memory.uncovered.contains(&page.document) {
            return self.give_up_late();
        }
        let arguments = vec![reference(&button.element)];
        let Outcome::Done(Value::Array(over)) = self.tab.run(COVER, arguments).await? else {
            return Ok(Step::Wait);
        };
        for it in over {
            let label = it["label"].as_str().unwrap_or_default().to_owned();
            if locate::closes(&label) {
                self.memory.uncovered.insert(page.document.clone());
                let handle: Handle =
                    serde_json::from_value(it["element"].clone()).unwrap_or_default();
                if let Outcome::Done(()) = self.tab.click(&handle).await? {
                    let label = self.clean(&label);
                    self.acted(format!("closed what covered it with {label}"));
                }
                return Ok(Step::Acted);
            }
        }
        self.give_up_late()
    }
}

/// What the system says about an address that the browser could not open; the browser itself does not tell.
async fn why_unreachable(url: &Url) -> String {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return "it has no host".to_owned();
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match tokio::time::timeout(PROBE, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) if url.scheme() == "https" => {
            "the TLS connection failed; is the certificate valid for this name and from a known authority?".to_owned()
        }
        Ok(Ok(_)) => "the connection was closed without an answer".to_owned(),
        Ok(Err(it)) if it.kind() == io::ErrorKind::ConnectionRefused => "nothing listens there; is the server running?".to_owned(),
        Ok(Err(_)) => "its host was not found or cannot be reached; check the name and the network".to_owned(),
        Err(_) => "its host does not answer; check the network".to_owned(),
    }
}
