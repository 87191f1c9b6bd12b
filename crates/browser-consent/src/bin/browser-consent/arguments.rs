use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use url::Url;

/// Signs in and approves an OAuth consent screen in a real headless browser.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
The test user is taken from LOADTEST_EMAIL, LOADTEST_PASSWORD and, for one-time codes, LOADTEST_TOTP_SECRET, or from
--credentials FILE with the same names; a page that only asks for consent needs none of them.
What the redirect URI's page says about itself, its origin and path, is printed on stdout.

Steps are CSS selectors, taken in order and each as soon as its page has it; on all other pages the rules act:
  --step 'click #eu-region' --step 'fill input[name=tenant] env:TENANT' --step 'fill #code totp'

A page, or the answer to a press, may take half of --timeout, and at least 30 s.
The driver is looked for in CHROMEWEBDRIVER, then on the PATH. The browser goes through the system's proxies (HTTPS_PROXY,
NO_PROXY), is started with a fresh profile, and trusts the certificates that it trusts by itself.

Example:
  browser-consent 'https://auth.example/authorize?client_id=…' --allow-origin https://login.example

Exit codes:
  0  the redirect URI was reached
  1  it was not; the reason is on stderr
  2  wrong usage"
)]
pub(crate) struct Arguments {
    /// The authorization request's address
    pub(crate) url: Url,
    /// End when the page's address starts with this [default: the redirect_uri in URL]
    #[arg(long, value_name = "PREFIX")]
    pub(crate) until: Option<Url>,
    /// An origin, besides that of URL, on which credentials may be typed and buttons pressed, and to which a form may send;
    /// may be repeated
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<Url>,
    /// A scope that the consent page may list, which is left alone if it lists others, or none that can be read; may be
    /// repeated
    #[arg(long, value_name = "SCOPE")]
    pub(crate) allow_scope: Vec<String>,
    /// A workspace or region to take where a page lets one choose; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) choose: Vec<String>,
    /// The client's registered name, which is not read as a word of the page's
    #[arg(long, value_name = "NAME", env = "OAUTH_CLIENT_NAME")]
    pub(crate) client_name: Option<String>,
    /// Do this by hand: 'click SELECTOR', 'fill SELECTOR env:NAME' or 'fill SELECTOR totp'; may be repeated
    #[arg(long, value_name = "STEP", conflicts_with = "recipe")]
    pub(crate) step: Vec<String>,
    /// Take the steps from this file, in the shape of the OpenID conformance suite's `browser`
    #[arg(long, value_name = "FILE")]
    pub(crate) recipe: Option<PathBuf>,
    /// Read the credentials from this file, which only its owner may read, and not from the environment
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
    /// Begin signed in as this file says, if it is there, and write it anew; as secret as a password
    #[arg(long, value_name = "FILE")]
    pub(crate) storage_state: Option<PathBuf>,
    /// Give up after this many seconds, the start of the browser included
    #[arg(long, value_name = "SECS", default_value_t = 45, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,
    /// The browser to start [default: Chromium or Chrome, else Firefox]
    #[arg(long, value_name = "NAME", conflicts_with = "webdriver")]
    pub(crate) browser: Option<Browser>,
    /// Use a WebDriver that is already running, for instance http://127.0.0.1:9515
    #[arg(long, value_name = "URL")]
    pub(crate) webdriver: Option<Url>,
    /// Write the pages that were seen, and what was done on each, to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// Keep a screenshot and a report in this folder when it fails
    #[arg(long, value_name = "DIR")]
    pub(crate) evidence: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Browser {
    /// Chromium or Google Chrome with chromedriver
    Chrome,
    /// Firefox with geckodriver
    Firefox,
}
