//! What is typed on the command line, and what it means.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use mcp_target::{Fault, Limits, Screens, TokenKind};
use url::Url;

const AFTER: &str = "\
One line of JSON on stdout names the resource, the issuer and who may sign in, once it serves; SIGINT or SIGTERM ends it.
The first user is LOADTEST_EMAIL with LOADTEST_PASSWORD, or loadtest@novamart.example with a random
password that is said on stderr. With LOADTEST_TOTP_SECRET users are asked for a one-time password too.
MAKE_CLIENT_ID with OAUTH_CLIENT_SECRET is a client that needs no registration; it is sent back to OAUTH_REDIRECT_URI, or
to http://127.0.0.1/callback at any port.

Example:
  mcp-target --listen 127.0.0.1:8080 --screens spa --fault slow-tools

Exit codes:
  0  ended by a signal
  1  could not serve; the reason is on stderr
  2  wrong usage";

/// Serve an OAuth authorization server and an MCP server to test against, on loopback.
#[derive(Debug, Parser)]
#[command(version, after_long_help = AFTER)]
pub(crate) struct Args {
    /// Address to listen on; loopback only, port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = mcp_target::listen_address)]
    pub(crate) listen: SocketAddr,

    /// Number of users; the second is `name+2@…` and so on, each with a workspace of its own and the same password.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) users: u32,

    /// How people sign in and consent.
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    pub(crate) screens: Screens,

    /// Do not ask the same user again for what was granted to the same client.
    #[arg(long)]
    pub(crate) remember_consent: bool,

    /// What an access token is.
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    pub(crate) token: TokenKind,

    /// How long an access token is good, such as 90s or 1h.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    pub(crate) token_life: Duration,

    /// How often a new key signs access tokens; without it never.
    #[arg(long, value_name = "TIME", value_parser = rotation)]
    pub(crate) key_rotation: Option<Duration>,

    /// Let everyone in without a token; for tests of what stands behind it.
    #[arg(long)]
    pub(crate) no_auth: bool,

    /// Have no sessions: every request stands alone, also in revisions that know them.
    #[arg(long)]
    pub(crate) stateless: bool,

    /// Open MCP sessions beyond this are answered with 503.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = at_least_one)]
    pub(crate) max_sessions: usize,

    /// A session without a request for this long is closed.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    pub(crate) session_idle: Duration,

    /// Offer the tools, prompts and resources that the MCP conformance suite calls.
    #[arg(long)]
    pub(crate) fixtures: bool,

    /// Tools of your own with canned answers, instead of the demo's; a JSON file, see the README.
    #[arg(long, value_name = "FILE")]
    pub(crate) tools: Option<PathBuf>,

    /// HTTP API that the tool `upstream` calls; without it a built-in one.
    #[arg(long, value_name = "URL", value_parser = plain_http)]
    pub(crate) upstream: Option<Url>,

    /// Most calls of `upstream` at a time, and connections that are kept for them.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) upstream_pool: u16,

    /// Requests a minute that `upstream` makes, tries included; more wait.
    #[arg(long, value_name = "N/min", default_value = "600/min", value_parser = per_minute)]
    pub(crate) upstream_rate: NonZeroU32,

    /// A try of `upstream` that takes longer has failed.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub(crate) upstream_timeout: Duration,

    /// Requests a minute from one IP address beyond which the answer is 429 with Retry-After, as N or N/min.
    #[arg(long, value_name = "N/min", value_parser = per_minute)]
    pub(crate) rate_limit: Option<NonZeroU32>,

    /// An open connection without a request for this long is closed.
    #[arg(long, value_name = "TIME", default_value = "75s", value_parser = duration)]
    pub(crate) keep_alive: Duration,

    /// The head of a request that takes longer ends the connection.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub(crate) header_timeout: Duration,

    /// A request that is answered later than this is answered 504; streams are not.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub(crate) request_timeout: Duration,

    /// Threads that serve; without it as many as half of the cores, for whoever loads the target has to live too.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,

    /// Connections beyond this wait until another one ends.
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_connections, value_parser = at_least_one)]
    pub(crate) max_connections: usize,

    /// A larger request body is answered 413, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().max_body)]
    pub(crate) max_body: usize,

    /// Keep sign-ins and sessions in this Redis: redis://host[:port][/database].
    ///
    /// A password stands in REDIS_URL, which this flag replaces. What is stored is encrypted with keys derived from
    /// REDIS_ENCRYPTION_SECRET; without that variable it is good for this process alone.
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "URL")]
    pub(crate) redis: Option<String>,

    /// Most connections to Redis at a time.
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=50))]
    pub(crate) redis_pool: u16,

    /// A Redis operation that takes longer has failed.
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "TIME", default_value = "250ms", value_parser = duration)]
    pub(crate) redis_timeout: Duration,

    /// How to log to stderr; without it as text, and warnings alone.
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) log: Option<Log>,

    /// The least that is logged; without it `info` where `--log` is given.
    #[arg(long, value_name = "LEVEL", value_parser = ["error", "warn", "info", "debug", "trace"])]
    pub(crate) log_level: Option<String>,

    /// Let this go wrong; may be given several times.
    #[arg(long = "fault", value_name = "NAME", value_enum)]
    pub(crate) faults: Vec<Fault>,

    /// Let requests ask for more faults by name in their header X-Fault.
    #[arg(long)]
    pub(crate) fault_header: bool,
}

/// What a line of the log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Log {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
    /// No log.
    Off,
}

/// A length of time such as `250ms`, `5s`, `10m` or `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("expected a time such as 250ms, 5s, 10m or 1h".to_owned()),
    };
    let number: u64 =
        number.parse().map_err(|_| "expected a time such as 250ms, 5s, 10m or 1h".to_owned())?;
    match number.checked_mul(milliseconds).map(Duration::from_millis) {
        None => Err("expected a shorter time".to_owned()),
        Some(it) if it.is_zero() => Err("expected a time above zero".to_owned()),
        Some(it) => Ok(it),
    }
}

/// How often keys change: tokens tell their age in whole seconds.
fn rotation(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if time < Duration::from_secs(1) {
        return Err("expected at least 1s".to_owned());
    }
    Ok(time)
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|it| *it > 0).ok_or_else(|| "expected a number above zero".to_owned())
}

fn plain_http(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|it| it.to_string())?;
    if url.scheme() != "http" {
        return Err("expected an address of plain http, which is all that is spoken".to_owned());
    }
    Ok(url)
}

fn per_minute(text: &str) -> Result<NonZeroU32, String> {
    let number = text.strip_suffix("/min").unwrap_or(text);
    number
        .parse()
        .map_err(|_| "expected a number of requests a minute, such as 1000/min".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_is_above_zero() {
        for (text, expect) in [
            ("250ms", Some(250)),
            ("5s", Some(5000)),
            ("10m", Some(600_000)),
            ("1h", Some(3_600_000)),
            ("5", None),
            ("s", None),
            ("0s", None),
            ("-1s", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(duration(text).ok().map(|it| it.as_millis()), expect, "{text}");
        }
        assert_eq!(per_minute("1000/min").map(NonZeroU32::get), Ok(1000));
        assert!(per_minute("0").is_err() && per_minute("10/s").is_err());
    }
}
