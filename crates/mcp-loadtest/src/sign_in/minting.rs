//! A bearer without hands: by a browser, by a command, or brought along.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use browser_consent::{Credentials, WebDriver};
use oauth_loopback::{AccessToken, TokenResponse};
use url::Url;

use crate::config::file::File;
use crate::console::actions::{mask, mask_response};
use crate::console::section::say;
use crate::environment::{readable, variable};
use crate::interrupt::Interrupt;
use crate::sign_in::bearer::{Bearer, Wanted};
use crate::sign_in::bearer_file;
use crate::sign_in::by_browser::{Minted, Requested, SignIn, sign_in};
use crate::sign_in::screens::{MISSING, Screens};
use crate::tools::{browser, child};

/// How to get a bearer; the same for every command that needs one.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Minting {
    #[command(flatten)]
    requested: Requested,
    /// Claim of the token that holds the workspace id [default: one called workspace_id]
    #[arg(long, value_name = "NAME", help_heading = "Sign-in")]
    workspace_claim: Option<String>,
    /// Where the bearer is written, mode 0600
    #[arg(
        long,
        value_name = "FILE",
        default_value = "e2e/.load-test-bearer.json",
        help_heading = "Sign-in"
    )]
    bearer_file: PathBuf,
    /// Send no token at all, to a server that asks nobody for one
    #[arg(long, conflicts_with = "mint", help_heading = "Sign-in")]
    anonymous: bool,
    /// Command that prints a token response (RFC 6749 §5.1), instead of a browser; split into words, and not read by a shell
    #[arg(long, value_name = "COMMAND", help_heading = "Sign-in")]
    mint: Option<String>,
    /// WebDriver that runs already, instead of starting one
    #[arg(long, value_name = "URL", help_heading = "Sign-in")]
    webdriver: Option<Url>,
    #[command(flatten)]
    screens: Screens,
}

/// Where this run's bearer comes from.
#[derive(Debug)]
pub(crate) enum Source {
    Anonymous,
    Given(AccessToken),
    Command(String),
    Browser(Credentials, WebDriver),
}

/// A bearer that is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) http: &'a reqwest::Client,
    pub(crate) resource: &'a str,
    pub(crate) source: &'a Source,
    /// What it has to live for, unless it can be renewed.
    pub(crate) lifetime: Duration,
    /// Where a picture of the page is kept if a sign-in fails.
    pub(crate) evidence: &'a Path,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => write!(f, "nobody signs in"),
            Self::Given(_) => write!(f, "LOADTEST_BEARER"),
            Self::Command(_) => write!(f, "--mint"),
            Self::Browser(..) => write!(f, "a browser"),
        }
    }
}

impl Minting {
    /// The authorization server that alone may get the password, where one is named.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.requested.issuer.as_deref()
    }

    /// Where the bearer is written.
    pub(crate) fn bearer_file(&self) -> std::path::Display<'_> {
        self.bearer_file.display()
    }

    /// Whether every sign-in is sent back to the same address.
    pub(crate) fn has_one_redirect_uri(&self) -> bool {
        self.requested.redirect_uri.is_some()
    }

    /// Whether nobody signs in.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.anonymous
    }

    /// Whether it takes a browser of this machine to get a bearer.
    pub(crate) fn needs_a_browser(&self, demo: bool) -> anyhow::Result<bool> {
        let given = !demo && variable("LOADTEST_BEARER")?.is_some();
        Ok(!self.anonymous && self.mint.is_none() && !given && self.webdriver.is_none())
    }

    /// Takes from the file what no flag says.
    ///
    /// # Errors
    /// A variable that is no text.
    pub(crate) fn fill(&mut self, file: &File) -> anyhow::Result<()> {
        let Self { requested, screens, workspace_claim, anonymous, .. } = self;
        requested.fill(file)?;
        screens.fill(file);
        *anonymous |= file.anonymous;
        if workspace_claim.is_none() {
            workspace_claim.clone_from(&file.workspace_claim);
        }
        Ok(())
    }

    /// Writes down for the next time what the flags say.
    pub(crate) fn note(&self, file: &mut File) {
        self.requested.note(file);
        self.screens.note(file);
        file.anonymous = self.anonymous;
        file.workspace_claim.clone_from(&self.workspace_claim);
    }

    /// The variables that hold what it needs to sign in, as far as they are set; those of the test user where none is.
    pub(crate) fn secrets(&self) -> Vec<&'static str> {
        const ALL: [&str; 5] = [
            "LOADTEST_BEARER",
            "LOADTEST_EMAIL",
            "LOADTEST_PASSWORD",
            "LOADTEST_TOTP_SECRET",
            "LOADTEST_CLIENT_SECRET",
        ];
        let mut set: Vec<&str> = ALL.into_iter().filter(|it| readable(it).is_some()).collect();
        if set.contains(&ALL[0]) {
            set.truncate(1);
        }
        if self.anonymous {
            return Vec::new();
        }
        if set.is_empty() { ALL[1..3].to_vec() } else { set }
    }

    /// Whether there is somebody to sign in and a place for the bearer, before anything long begins.
    ///
    /// The embedded target's user needs no environment.
    pub(crate) fn can_begin(&self, embedded: bool) -> anyhow::Result<()> {
        bearer_file::prepare(&self.bearer_file)?;
        let given = embedded
            || self.anonymous
            || self.mint.is_some()
            || variable("LOADTEST_BEARER")?.is_some();
        if !given && !self.screens.name_a_user()? {
            bail!(MISSING);
        }
        Ok(())
    }

    /// Decides the source and makes sure of what it needs: credentials, a browser.
    ///
    /// `demo` is the embedded target's user, who needs no environment.
    pub(crate) async fn source(&self, demo: Option<Credentials>) -> anyhow::Result<Source> {
        if self.anonymous {
            return Ok(Source::Anonymous);
        }
        if let Some(command) = &self.mint {
            return Ok(Source::Command(command.clone()));
        }
        if demo.is_none()
            && let Some(bearer) = variable("LOADTEST_BEARER")?
        {
            return Ok(Source::Given(AccessToken::new(bearer)));
        }
        let credentials = match demo {
            Some(it) => it,
            None => self.screens.credentials()?,
        };
        let webdriver = match &self.webdriver {
            Some(url) => WebDriver::Url(url.clone()),
            None => WebDriver::Driver(browser::driver().await?),
        };
        Ok(Source::Browser(credentials, webdriver))
    }

    /// Gets a bearer that lives for as long as asked or can be renewed, and writes the bearer file.
    pub(crate) async fn mint(
        &self,
        asked: &Asked<'_>,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Minted> {
        let minted = self.obtain(asked, interrupt).await?;
        if matches!(asked.source, Source::Anonymous) {
            return Ok(minted);
        }
        let bearer = &minted.bearer;
        bearer_file::write(&self.bearer_file, bearer)?;
        say("token", format_args!("{}; in {}", bearer.describe(), self.bearer_file.display()));
        bearer_file::warn_if_committable(&self.bearer_file).await;
        Ok(minted)
    }

    /// The same without the file.
    pub(crate) async fn obtain(
        &self,
        asked: &Asked<'_>,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Minted> {
        let Asked { http, resource, source, lifetime, evidence } = *asked;
        let wanted = Wanted {
            issuer: None,
            audience: None,
            scope: &self.requested.scope,
            lifetime,
            workspace_claim: self.workspace_claim.as_deref(),
        };
        Ok(match source {
            Source::Anonymous => Minted::elsewhere(Bearer::nobody()),
            Source::Given(token) => {
                mask(token.reveal());
                say("token", "from LOADTEST_BEARER");
                Minted::elsewhere(Bearer::given(token.clone(), &wanted)?)
            }
            Source::Command(command) => {
                let response = interrupt.or(by_command(command)).await?;
                Minted::elsewhere(Bearer::check(response, &wanted)?)
            }
            Source::Browser(credentials, webdriver) => {
                let it = SignIn {
                    requested: &self.requested,
                    screens: &self.screens,
                    resource,
                    credentials,
                    webdriver,
                    evidence,
                };
                sign_in(http, &it, &wanted, interrupt).await?
            }
        })
    }
}

async fn by_command(command: &str) -> anyhow::Result<TokenResponse> {
    let words = shlex::split(command).filter(|it| !it.is_empty());
    let words = words.with_context(|| format!("--mint `{command}` does not read as a command"))?;
    say("token", format_args!("from `{}`", words[0]));
    let mut mint = child::with_our_environment(&words[0]);
    mint.args(&words[1..]).stdout(Stdio::piped());
    let named = format!("--mint `{}`", words[0]);
    let output = tokio::time::timeout(Duration::from_secs(300), child::output(&named, &mut mint));
    let output = output.await.with_context(|| format!("{named} did not end within 300 s"))??;
    if !output.status.success() {
        bail!("--mint `{}` failed ({}); its own words are above", words[0], output.status);
    }
    let response = serde_json::from_slice(&output.stdout).inspect(mask_response);
    response.map_err(|it| {
        // serde's own message could quote what was printed, and that may hold a token; but the name of what is missing.
        let (line, column, told) = (it.line(), it.column(), it.to_string());
        let what = told.starts_with("missing field").then(|| told.split(" at line").next());
        let what = what.flatten().unwrap_or("wrong");
        anyhow::anyhow!(
            "--mint `{}` printed no token response (RFC 6749 §5.1): {what} at line {line}, column {column}",
            words[0]
        )
    })
}
