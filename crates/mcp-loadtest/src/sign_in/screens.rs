//! What a browser is told about screens that it has not seen.

use std::path::PathBuf;

use anyhow::Context as _;
use browser_consent::{Credentials, Error, Script};
use url::Url;

use crate::config::file::File;
use crate::environment::{readable, variable};

/// The part of the flags that is about pages and who signs in on them.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Sign-in")]
pub(crate) struct Screens {
    /// Origin where the password may be typed, buttons pressed and forms sent to, beside the authorization endpoint's own
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<Url>,
    /// Scope that may be consented to; with it a consent page that lists others, or none that can be read, is refused, and a
    /// token that was given others [default: any]
    #[arg(long, value_name = "SCOPE")]
    pub(crate) allow_scope: Vec<String>,
    /// Workspace or region to take where a page lets one choose
    #[arg(long, value_name = "NAME")]
    pub(crate) choose: Vec<String>,
    /// File (mode 0600) with the test user's credentials, instead of the environment's
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// What to do by hand, such as `fill input[type=email] env:LOADTEST_EMAIL` or `click button[type=submit]`
    #[arg(long, value_name = "STEP", conflicts_with = "recipe")]
    step: Vec<String>,
    /// The same as a file in the shape of the OpenID conformance suite's `browser`
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
}

pub(crate) const MISSING: &str = "LOADTEST_EMAIL and LOADTEST_PASSWORD are not both set; set them to the test user's, name a file with --credentials, or bring a token by LOADTEST_BEARER or --mint COMMAND";

impl Screens {
    /// Takes from the file what no flag says.
    pub(crate) fn fill(&mut self, file: &File) {
        if self.allow_origin.is_empty() {
            self.allow_origin.clone_from(&file.allow_origins);
        }
        if self.allow_scope.is_empty() {
            self.allow_scope.clone_from(&file.allow_scopes);
        }
        if self.choose.is_empty() {
            self.choose.clone_from(&file.choose);
        }
        if self.step.is_empty() && self.recipe.is_none() {
            self.step.clone_from(&file.steps);
        }
    }

    /// Writes down for the next time what the flags say.
    pub(crate) fn note(&self, file: &mut File) {
        file.allow_origins.clone_from(&self.allow_origin);
        file.allow_scopes.clone_from(&self.allow_scope);
        file.choose.clone_from(&self.choose);
        file.steps.clone_from(&self.step);
    }

    /// Whether somebody is named who can sign in.
    pub(crate) fn name_a_user(&self) -> anyhow::Result<bool> {
        Ok(self.credentials.is_some() || test_user()?.is_some())
    }

    /// Who signs in, with the one-time codes of LOADTEST_TOTP_SECRET where it is set.
    pub(crate) fn credentials(&self) -> anyhow::Result<Credentials> {
        if let Some(file) = &self.credentials {
            return Ok(Credentials::read(file)?);
        }
        let (email, password) = test_user()?.context(MISSING)?;
        let it = Credentials::new(email, password);
        match variable("LOADTEST_TOTP_SECRET")? {
            Some(secret) => it.with_totp(&secret).context("LOADTEST_TOTP_SECRET cannot be used"),
            None => Ok(it),
        }
    }

    /// The text of the recipe, where there is one.
    pub(crate) fn recipe(&self) -> anyhow::Result<Option<String>> {
        let read = |it: &PathBuf| {
            std::fs::read_to_string(it)
                .with_context(|| format!("failed to read the recipe `{}`", it.display()))
        };
        self.recipe.as_ref().map(read).transpose()
    }

    /// What is done by hand at the authorization request `url`: by a recipe, or else by steps.
    pub(crate) fn script(&self, recipe: Option<&str>, url: &Url) -> Result<Script, Error> {
        if let Some(json) = recipe {
            return Script::recipe(json, url, readable);
        }
        let mut script = Script::default();
        for step in &self.step {
            script.step(step, readable)?;
        }
        Ok(script)
    }
}

/// E-mail address and password of the test user, where both are set.
fn test_user() -> anyhow::Result<Option<(String, String)>> {
    Ok(variable("LOADTEST_EMAIL")?.zip(variable("LOADTEST_PASSWORD")?))
}
