use std::path::Path;
use std::time::Duration;

use url::Url;

use crate::input::credentials::Credentials;
use crate::input::redaction::Redaction;
use crate::input::script::Script;

/// One consent to get.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
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

/// A consent, and what must not be said about it.
pub(crate) struct Request<'a> {
    pub(crate) consent: &'a Consent<'a>,
    pub(crate) redaction: Redaction,
}

impl<'a> Request<'a> {
    pub(crate) fn new(consent: &'a Consent<'a>) -> Self {
        let redaction = Redaction::new(consent.url, consent.credentials, consent.script);
        Self { consent, redaction }
    }

    /// A text of a page as one line that may be told.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.redaction.clean(text, 160)
    }
}
