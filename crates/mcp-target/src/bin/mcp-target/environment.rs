//! What stands in the environment because the command line is no place for secrets.

#[cfg(feature = "redis")]
use std::time::Duration;

use anyhow::Context as _;
use mcp_target::{ConfidentialClient, DEMO_EMAIL, TotpSecret, User};
#[cfg(feature = "redis")]
use mcp_target::{Password, Redis};
use tool_edge::variable;
use url::Url;

/// Where a pre-registered client is sent back to, at any port.
const REDIRECT_URI: &str = "http://127.0.0.1/callback";

/// As many users, of which the first is the one of the environment, and whether their password was made up.
pub(crate) fn users(count: u32) -> anyhow::Result<(Vec<User>, bool)> {
    let email = variable("LOADTEST_EMAIL")?.unwrap_or_else(|| DEMO_EMAIL.to_owned());
    let parts =
        email.split_once('@').filter(|(name, domain)| !name.is_empty() && !domain.is_empty());
    let (name, domain) = parts.context("LOADTEST_EMAIL is not like name@domain")?;
    let given = variable("LOADTEST_PASSWORD")?;
    let is_made_up = given.is_none();
    let password = given.unwrap_or_else(|| format!("{:016x}", rand::random::<u64>()));
    let secret = variable("LOADTEST_TOTP_SECRET")?;
    let secret = secret
        .map(|it| {
            TotpSecret::parse(&it)
                .context("LOADTEST_TOTP_SECRET is neither base32 nor an otpauth address")
        })
        .transpose()?;
    let user = |number: u32| {
        let numbered = format!("{name}+{number}@{domain}");
        let email = if number == 1 { &email } else { &numbered };
        let user = User::new(email, password.as_str(), format!("ws-novamart-{number}"));
        match &secret {
            Some(secret) => user.totp(secret.clone()),
            None => user,
        }
    };
    Ok(((1..=count).map(user).collect(), is_made_up))
}

/// The client that needs no registration, where there is one.
pub(crate) fn clients() -> anyhow::Result<Vec<ConfidentialClient>> {
    let redirect_uri = variable("OAUTH_REDIRECT_URI")?.unwrap_or_else(|| REDIRECT_URI.to_owned());
    let is_address = Url::parse(&redirect_uri).is_ok_and(|it| it.has_host());
    anyhow::ensure!(is_address, "OAUTH_REDIRECT_URI is not like {REDIRECT_URI}");
    let (id, secret) = match (variable("MAKE_CLIENT_ID")?, variable("OAUTH_CLIENT_SECRET")?) {
        (Some(id), Some(secret)) => (id, secret),
        (None, None) => return Ok(Vec::new()),
        (Some(_), None) => anyhow::bail!("MAKE_CLIENT_ID needs OAUTH_CLIENT_SECRET beside it"),
        (None, Some(_)) => anyhow::bail!("OAUTH_CLIENT_SECRET needs MAKE_CLIENT_ID beside it"),
    };
    Ok(vec![ConfidentialClient { id, secret: secret.into(), redirect_uris: vec![redirect_uri] }])
}

/// Redis by the flag or by `REDIS_URL`, where either names one.
#[cfg(feature = "redis")]
pub(crate) fn redis(
    flag: Option<String>,
    pool: u16,
    timeout: Duration,
) -> anyhow::Result<Option<Redis>> {
    let url = match flag {
        Some(it) => Some(it),
        None => variable("REDIS_URL")?,
    };
    let Some(url) = url else { return Ok(None) };
    anyhow::ensure!(redis_url(&url).is_some(), "REDIS_URL is not like {REDIS_EXAMPLE}");
    let secret = variable("REDIS_ENCRYPTION_SECRET")?.map(Password::from);
    Ok(Some(Redis { pool: pool.into(), timeout, secret, ..Redis::new(url) }))
}

#[cfg(feature = "redis")]
const REDIS_EXAMPLE: &str = "redis://127.0.0.1:6379/0";

#[cfg(feature = "redis")]
fn redis_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|it| it.scheme() == "redis" && it.has_host())
}

/// What is wrong with `--redis`. It may hold a password, so it is not repeated, as a parser of clap's would.
///
/// # Errors
/// It is no address of a Redis, or has a password where every user of the machine can read it.
#[cfg(feature = "redis")]
pub(crate) fn check_redis_flag(url: &str) -> Result<(), String> {
    if Url::parse(url).is_ok_and(|it| it.password().is_some()) {
        let words =
            "a password in --redis can be read by everyone here; put the address in REDIS_URL";
        return Err(words.to_owned());
    }
    redis_url(url)
        .map(drop)
        .ok_or_else(|| format!("the address in --redis is not like {REDIS_EXAMPLE}"))
}
