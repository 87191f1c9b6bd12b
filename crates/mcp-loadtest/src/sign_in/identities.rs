//! Tokens for many users at a time: of one sign-in where the server allows that, else of as many sign-ins.

use std::fmt;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use oauth_loopback::{AccessToken, Grant};
use serde_json::json;
use tempfile::NamedTempFile;

use crate::console::actions::mask;
use crate::console::section::{counted, say};
use crate::interrupt::Interrupt;
use crate::sign_in::by_browser::Minted;
use crate::sign_in::minting::{Asked, Minting, Source};
use crate::sign_in::signed_in::{SignedIn, private};

/// More than one machine has users for.
pub(crate) const MOST: usize = 10_000;

/// Requests for a token at a time.
const AT_A_TIME: usize = 8;

/// Browsers at a time; each takes some 200 MB.
const BROWSERS: usize = 4;

/// A token for each of them, in a file that its owner alone may read and that is gone with the run.
pub(crate) struct Identities {
    pub(crate) file: NamedTempFile,
    pub(crate) tokens: Vec<AccessToken>,
    /// Where each had to sign in by itself.
    sign_ins: Vec<Minted>,
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identities").field("number", &self.tokens.len()).finish_non_exhaustive()
    }
}

impl Identities {
    /// Gets `number` tokens, the first of which is there; `further` is a browser that stays signed in, and an HTTP client
    /// of it.
    ///
    /// # Errors
    /// Where a token cannot be had, or ends before the run does: k6 is given each once.
    pub(crate) async fn mint(
        number: usize,
        first: &Minted,
        further: Option<(&SignedIn, &reqwest::Client)>,
        (minting, asked): (&Minting, &Asked<'_>),
        interrupt: &Interrupt,
    ) -> anyhow::Result<Self> {
        let Some(grant) = &first.grant else {
            bail!("--identities needs a sign-in by a browser, which gets a token for each");
        };
        let mut sign_ins = Vec::new();
        let rest = number.saturating_sub(1);
        let grants = grants(rest, grant, further, (minting, asked), &mut sign_ins, interrupt).await;
        match grants.and_then(|it| kept(grant, &it, asked.lifetime)) {
            Ok((file, tokens)) => Ok(Self { file, tokens, sign_ins }),
            Err(error) => {
                forget(&sign_ins, asked.http).await;
                Err(error)
            }
        }
    }

    /// Deletes the clients that were registered for them alone.
    pub(crate) async fn forget_clients(&self, http: &reqwest::Client) {
        forget(&self.sign_ins, http).await;
    }
}

async fn forget(sign_ins: &[Minted], http: &reqwest::Client) {
    for it in sign_ins {
        it.forget_client(http).await;
    }
}

/// Gets `rest` more grants; `sign_ins` are those that had to sign in, as far as they came.
async fn grants(
    rest: usize,
    first: &Grant,
    further: Option<(&SignedIn, &reqwest::Client)>,
    (minting, asked): (&Minting, &Asked<'_>),
    sign_ins: &mut Vec<Minted>,
    interrupt: &Interrupt,
) -> anyhow::Result<Vec<Grant>> {
    match further {
        Some((signed_in, http)) => {
            let all = stream::iter(0..rest).map(|_| signed_in.authorize(http, first));
            let all = all.buffer_unordered(AT_A_TIME).try_collect();
            interrupt.or(all).await.context("a token of --identities was not given")
        }
        None if matches!(asked.source, Source::Browser(..)) => {
            say(
                "identities",
                "each signs in, since the server gives no further token without a page",
            );
            // Two browsers cannot be sent back to one port.
            let browsers = if minting.has_one_redirect_uri() { 1 } else { BROWSERS };
            let all = stream::iter(0..rest).map(|_| minting.obtain(asked, interrupt));
            let mut all = all.buffer_unordered(browsers);
            while let Some(it) = all.next().await {
                sign_ins.push(it?);
            }
            Ok(sign_ins.iter().filter_map(|it| it.grant.clone()).collect())
        }
        None => bail!("--identities needs a sign-in by a browser, which gets a token for each"),
    }
}

/// Writes the tokens of all grants where the scripts read them.
fn kept(
    first: &Grant,
    others: &[Grant],
    lifetime: Duration,
) -> anyhow::Result<(NamedTempFile, Vec<AccessToken>)> {
    let all: Vec<&Grant> = std::iter::once(first).chain(others).collect();
    check_ends(&all, lifetime)?;
    let tokens: Vec<AccessToken> = all.iter().map(|it| it.token.access_token.clone()).collect();
    let shown: Vec<&str> = tokens.iter().map(AccessToken::reveal).collect();
    shown.iter().for_each(|it| mask(it));
    let file = private(&json!(shown)).context("failed to write the tokens")?;
    say("identities", format_args!("{}, a VU has one of them", counted(tokens.len(), "token")));
    Ok((file, tokens))
}

fn check_ends(all: &[&Grant], lifetime: Duration) -> anyhow::Result<()> {
    let Some(first) = all.iter().filter_map(|it| it.ends_at()).min() else { return Ok(()) };
    let left = first.duration_since(SystemTime::now()).unwrap_or_default();
    if left < lifetime {
        let (left, lifetime) = (left.as_secs(), lifetime.as_secs());
        bail!(
            "the tokens of --identities are good for {left} s and needed for {lifetime} s; they are not renewed, so run fewer scenarios at a time or ask for tokens that live longer"
        );
    }
    Ok(())
}
