//! What a run is told on its command line, and what its help says.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};

use crate::address::{series, without_query};
use crate::config::call::{self, Call};
use crate::config::file::{FailOn, File};
use crate::config::threshold::Limit;
use crate::console::section::{brief, say};
use crate::environment::{readable, variable};
use crate::scenario::entry::Wishes;
use crate::scenario::load::duration;
use crate::server::revision::SPOKEN;
use crate::sign_in::identities::MOST as MOST_IDENTITIES;
use crate::sign_in::minting::Minting;

/// What the exit codes of every command say.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  could not do it; the reason is on stderr
  2  wrong usage
  3  done, and the answer is bad news: a run that is not `passed`";

/// Examples, environment and exit codes, with the `name` by which the program was called.
pub fn help(name: &str) -> String {
    HELP.replace("NAME", name)
}

const HELP: &str = r#"Examples:
  NAME
      the embedded target, or what ./loadtest.json says; no question asked
  NAME --target https://mcp.example.com/mcp --tool search --arguments '{"q": "x"}' --rate 5 --for 1m
      one tool of your server; the test user's LOADTEST_EMAIL and LOADTEST_PASSWORD in the environment
  LOADTEST_BEARER=… NAME --target https://mcp.example.com/mcp
      your server, with a token you have already
  NAME cold-start --profile full --target https://mcp.example.com/mcp --yes
      one scenario with its full load
  NAME --suite oauth
      authorizations, refreshes and sessions, by the real flow
  NAME --breakpoint tool-call-mix --rate 20
      the calls a second up to which the target is held, from 20 on

Environment:
  LOADTEST_EMAIL, LOADTEST_PASSWORD  the test user, for the browser
  LOADTEST_TOTP_SECRET               the secret of the test user's one-time codes
  LOADTEST_BEARER                    a token, instead of the browser
  LOADTEST_CLIENT_SECRET, LOADTEST_CLIENT_KEY_FILE
                                     the secret or the key (PEM) of the client of --client-id
  LOADTEST_INITIAL_ACCESS_TOKEN      what a registration is authorized with
  GITHUB_TOKEN or GH_TOKEN           for --issue
  K6, CHROMEWEBDRIVER                programs to use instead of those found
  SSL_CERT_FILE                      certificates to trust, in PEM
  TARGET_RPS                         calls per second of the paced scenarios, in all
  FASTMCP_URL, MAKE_CLIENT_ID, OAUTH_REDIRECT_URI
                                     for --target, --client-id and --redirect-uri, where the flag is not given
  REDIS_URL                          where the embedded target keeps what it knows

Exit codes:
  0  done
  1  could not do it; the reason is on stderr
  2  wrong usage
  3  done, and the answer is bad news: a run that is not `passed`, unless --fail-on never"#;

/// What a run is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    load_test: LoadTestArgs,
    /// What makes the exit code 3: a verdict other than passed, that or a scenario worse than its noise, or nothing
    /// [default: threshold]
    #[arg(long, value_name = "WHEN")]
    fail_on: Option<FailOn>,
    /// Commit that is tested [default: GITHUB_SHA, or that of the checkout that this runs in]
    #[arg(long, value_name = "SHA")]
    pub(crate) commit: Option<String>,
    /// Keep every sample of k6 beside the summary of each scenario, as points.ndjson.gz; report.html then shows the latency
    /// over the run. Costs k6 a fifth to a third more CPU, and some 200 bytes a request on disk
    #[arg(long)]
    pub(crate) points: bool,
    /// Process of the target on this machine, whose CPU and memory stand beside the latency [default: those that listen there]
    #[arg(long, value_name = "PID")]
    pub(crate) target_pid: Option<u32>,
    /// Tokens of the load-test user, a VU has one of them: for a server that limits what one token may do
    #[arg(long, value_name = "N", value_parser = identities, help_heading = "Load")]
    pub(crate) identities: Option<usize>,
    /// Raise the load of one scenario until a target is missed or k6 has no more to give, and say which and at what rate
    #[arg(long, value_name = "SCENARIO", conflicts_with_all = ["scenarios", "suite"], help_heading = "Load")]
    pub(crate) breakpoint: Option<String>,
    /// Put more than the smoke profile's load on a target that is not on this machine, or call tools there that may write
    #[arg(long)]
    pub(crate) yes: bool,
}

/// What a load test is, as flags; each wins over the key of its name in loadtest.json.
#[derive(Debug, clap::Args)]
pub(crate) struct LoadTestArgs {
    /// Scenarios to run, by name or by the path of a k6 file of your own [default: the whole suite]
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// File that says what the load test is [default: ./loadtest.json, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// MCP server to test; `{workspace}` in it is filled from the token [default: the embedded target]
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// Suite of scenarios: mcp, oauth, fastmcp, all of these, comprehensive, sustained, or another of profiles.json [default: mcp]
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,
    /// Amount of load: smoke (under a minute) or full (about half an hour), as profiles.json of the scripts has it
    /// [default: smoke]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Tool to call, and no other [default: the calls of --calls or loadtest.json, or the demo dataset's]
    #[arg(long, value_name = "NAME", conflicts_with = "calls", help_heading = "Load")]
    tool: Option<String>,
    /// What that tool is given, as a JSON object
    #[arg(long, value_name = "JSON", requires = "tool", value_parser = object, help_heading = "Load")]
    arguments: Option<Map<String, Value>>,
    /// Tool calls to make: a JSON list of {tool, arguments, weight}
    #[arg(long, value_name = "FILE", help_heading = "Load")]
    calls: Option<PathBuf>,
    /// Calls per second in tool-call-mix, with a user for each [default: the profile's, or TARGET_RPS]
    #[arg(long, value_name = "N", value_parser = rate, help_heading = "Load")]
    rate: Option<f64>,
    /// How long tool-call-mix lasts, such as 30s or 5m [default: as the profile says]
    #[arg(long = "for", value_name = "TIME", value_parser = time, help_heading = "Load")]
    lasts: Option<String>,
    /// Revision of MCP: one with sessions is proposed, 2026-07-28 has none [default: 2025-11-25, or 2026-07-28 where
    /// the server refuses `initialize`]
    #[arg(long, value_name = "REVISION", value_parser = revision, help_heading = "Load")]
    protocol: Option<String>,
    /// Limit such as `p95<500` in milliseconds, which may follow `SCENARIO:`, `SCENARIO{tool:NAME}:` or `SCENARIO{rpc:NAME}:`
    #[arg(long, value_name = "LIMIT", help_heading = "Load")]
    threshold: Vec<Limit>,
    /// Folder with profiles.json and k6 scripts, instead of those of this program, which `mcp-loadtest scripts` writes out
    #[arg(long, value_name = "DIR", help_heading = "Load")]
    scripts: Option<PathBuf>,
    /// Tracking issue that gets the report as a comment (needs GH_TOKEN or GITHUB_TOKEN); a number alone is one of
    /// GITHUB_REPOSITORY
    #[arg(long, value_name = "OWNER/REPO#N", value_parser = issue)]
    issue: Option<gh_comment::Issue>,
    /// Account whose comments on the issue are believed, which has to be the one that writes them [default: the token's own;
    /// `github-actions[bot]` for the token of a workflow, which is not told its own]
    #[arg(long, value_name = "ACCOUNT")]
    trusted_author: Option<gh_comment::Author>,
    /// Where runs and their history are kept [default: ./loadtest-results; for `cargo xtask loadtest`: target/loadtest]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Name under which runs are compared [default: the target's host, its port unless the usual one or on this machine, its path unless /mcp]
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    #[command(flatten)]
    minting: Minting,
}

/// What a load test is, by flags, file and defaults.
#[derive(Debug)]
pub(crate) struct LoadTest {
    pub(crate) scenarios: Vec<String>,
    pub(crate) target: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) suite: String,
    pub(crate) profile: String,
    pub(crate) scripts: Option<PathBuf>,
    /// The calls that somebody named.
    pub(crate) calls: Option<Vec<Call>>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) max_error_rate: Option<f64>,
    pub(crate) pace: Pace,
    /// The revision of MCP that somebody chose.
    pub(crate) protocol: Option<String>,
    pub(crate) issue: Option<gh_comment::Issue>,
    pub(crate) trusted_author: Option<gh_comment::Author>,
    pub(crate) fail_on: FailOn,
    pub(crate) out: Option<PathBuf>,
    pub(crate) minting: Minting,
}

/// What is asked of a scenario of constant load instead of what its profile says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Pace {
    /// Calls per second of all users.
    pub(crate) rate: Option<f64>,
    /// Users, where the number follows from the rate.
    pub(crate) vus: Option<u64>,
    /// As k6 writes it.
    pub(crate) lasts: Option<String>,
}

impl LoadTest {
    pub(crate) fn wishes(&self) -> Wishes<'_> {
        Wishes {
            calls: self.calls.as_deref(),
            limits: &self.limits,
            rate: self.pace.rate,
            vus: self.pace.vus,
            lasts: self.pace.lasts.as_deref(),
        }
    }

    /// The name under which its runs are compared.
    pub(crate) fn environment(&self) -> anyhow::Result<String> {
        match (&self.environment, &self.target) {
            (Some(it), _) if it.trim().is_empty() || it.contains(char::is_control) => {
                bail!("the environment `{}` is no name in one line", brief(it))
            }
            (Some(it), _) => Ok(it.clone()),
            (None, Some(target)) => series(target),
            (None, None) => Ok("embedded".to_owned()),
        }
    }
}

impl Args {
    pub(crate) fn load_test(&self) -> anyhow::Result<LoadTest> {
        let mut test = self.load_test.merged(self.fail_on)?;
        if let Some(it) = &self.breakpoint {
            test.scenarios = vec![it.clone()];
        }
        Ok(test)
    }
}

impl LoadTestArgs {
    /// The flags, and where one is not given what the file says.
    pub(crate) fn merged(&self, fail_on: Option<FailOn>) -> anyhow::Result<LoadTest> {
        let file = match File::find(self.config.as_deref())? {
            Some((path, it)) => {
                say("config", path.display());
                it
            }
            None => File::default(),
        };
        let calls = match (&self.tool, &self.calls) {
            (Some(tool), _) => {
                let calls = vec![Call::of_tool(tool, self.arguments.clone().unwrap_or_default())];
                call::check(&calls).context("--tool")?;
                Some(calls)
            }
            (None, Some(path)) => Some(call::read(path)?),
            (None, None) => file.calls.clone(),
        };
        let mut limits = file.limits()?;
        limits.extend(self.threshold.iter().cloned());
        let mut minting = self.minting.clone();
        minting.fill(&file)?;
        let issue = match (&self.issue, &file.issue) {
            (None, Some(it)) => Some(issue(it).map_err(anyhow::Error::msg).context("`issue`")?),
            (it, _) => it.clone(),
        };
        let trusted_author = match (&self.trusted_author, &file.trusted_author) {
            (None, Some(it)) => Some(it.parse().context("`trusted_author`")?),
            (it, _) => it.clone(),
        };
        let scenarios = match (self.scenarios.is_empty(), &self.tool) {
            (false, _) => self.scenarios.clone(),
            // A suite that was named is more than one tool.
            (true, Some(_)) if self.suite.is_none() => vec![PACED.to_owned()],
            (true, _) if self.suite.is_some() => Vec::new(),
            (true, _) => file.scenarios,
        };
        let target = match &self.target {
            Some(it) => Some(it.clone()),
            None => variable("FASTMCP_URL")?.inspect(|it| {
                say("config", format_args!("the target is {}, by FASTMCP_URL", without_query(it)));
            }),
        };
        Ok(LoadTest {
            scenarios,
            environment: match (&self.environment, &target) {
                // The file's name is that of its target, and no other's runs are compared under it.
                (None, Some(_)) if target != file.target => None,
                (given, _) => given.clone().or(file.environment),
            },
            target: target.or(file.target),
            suite: self.suite.clone().or(file.suite).unwrap_or_else(|| "mcp".to_owned()),
            profile: self.profile.clone().or(file.profile).unwrap_or_else(|| "smoke".to_owned()),
            scripts: self.scripts.clone().or(file.scripts),
            calls,
            limits,
            max_error_rate: file.max_error_rate,
            pace: self.pace()?,
            protocol: match self.protocol.clone().or(file.protocol) {
                Some(it) => Some(revision(&it).map_err(anyhow::Error::msg).context("`protocol`")?),
                None => None,
            },
            issue,
            trusted_author,
            fail_on: fail_on.or(file.fail_on).unwrap_or(FailOn::Threshold),
            out: self.out.clone(),
            minting,
        })
    }

    fn pace(&self) -> anyhow::Result<Pace> {
        let given = match variable("TARGET_RPS")? {
            Some(it) => Some(rate(&it).map_err(|it| anyhow::anyhow!("TARGET_RPS: {it}"))?),
            None => None,
        };
        let vus = self.rate.map(users);
        Ok(Pace { rate: self.rate.or(given), vus, lasts: self.lasts.clone() })
    }
}

/// The scenario that makes the calls of a pool at a constant rate.
const PACED: &str = "tool-call-mix";

/// More than one machine makes.
const MOST_PER_SECOND: f64 = 10_000.0;

/// Two days: twice the longest run that has been asked for.
const LONGEST_S: f64 = 48.0 * 3600.0;

/// A user a call a second.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be small and above 0"
)]
fn users(rate: f64) -> u64 {
    rate.ceil() as u64
}

fn identities(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|it| (1..=MOST_IDENTITIES).contains(it));
    number.ok_or_else(|| format!("`{text}` is no number of tokens from 1 to {MOST_IDENTITIES}"))
}

fn revision(text: &str) -> Result<String, String> {
    let it = SPOKEN.into_iter().find(|it| *it == text).map(str::to_owned);
    it.ok_or_else(|| {
        format!("`{text}` is none of the revisions that the scripts speak: {}", SPOKEN.join(", "))
    })
}

fn rate(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|it| *it > 0.0 && *it <= MOST_PER_SECOND);
    number.ok_or_else(|| {
        format!("`{text}` is no number of calls per second above 0, up to {MOST_PER_SECOND}")
    })
}

fn time(text: &str) -> Result<String, String> {
    let seconds = duration(text).filter(|it| *it > 0.0 && *it <= LONGEST_S);
    seconds
        .map(|_| text.to_owned())
        .ok_or_else(|| format!("`{text}` is no time such as 30s, 5m or 1m30s, up to 48h"))
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text)
        .map_err(|it| format!("that is no JSON object such as {{\"q\": \"x\"}}: {it}"))
}

/// A tracking issue; a number alone is one of GITHUB_REPOSITORY.
pub(crate) fn issue(given: &str) -> Result<gh_comment::Issue, String> {
    let number = given.trim_start_matches('#');
    let is_number = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
    let full = match (is_number, readable("GITHUB_REPOSITORY")) {
        (true, Some(repository)) => format!("{repository}#{number}"),
        (true, None) => {
            return Err("a number alone needs GITHUB_REPOSITORY; say OWNER/REPO#N".to_owned());
        }
        (false, _) => given.to_owned(),
    };
    full.parse().map_err(|it: gh_comment::Error| it.to_string())
}
