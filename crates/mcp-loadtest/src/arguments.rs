//! What a run is told on its command line, and what its help says.

use std::path::PathBuf;

use crate::environment::readable;
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

const HELP: &str = "\
Examples:
  NAME
      the embedded target, no question asked
  NAME --target https://mcp.example.com/mcp --calls calls.json
      your server; the test user's LOADTEST_EMAIL and LOADTEST_PASSWORD in the environment
  LOADTEST_BEARER=… NAME --target https://mcp.example.com/mcp
      your server, with a token you have already
  NAME cold-start --profile full --target https://mcp.example.com/mcp --yes
      one scenario with its full load

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

Exit codes:
  0  done
  1  could not do it; the reason is on stderr
  2  wrong usage
  3  done, and the answer is bad news: a run that is not `passed`, unless --fail-on never";

/// What a run is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenarios to run, by name or by the path of a k6 file of your own [default: the whole suite]
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    /// MCP server to test; `{workspace}` in it is filled from the token [default: the embedded target]
    #[arg(long, value_name = "URL")]
    pub(crate) target: Option<String>,
    /// Suite of scenarios
    #[arg(long, default_value = "mcp", value_name = "NAME")]
    pub(crate) suite: String,
    /// Amount of load: smoke (under a minute) or full (about half an hour), as profiles.json of the scripts has it
    #[arg(long, default_value = "smoke", value_name = "NAME")]
    pub(crate) profile: String,
    /// Tracking issue that gets the report as a comment (needs GH_TOKEN or GITHUB_TOKEN); a number alone is one of
    /// GITHUB_REPOSITORY
    #[arg(long, value_name = "OWNER/REPO#N", value_parser = issue)]
    pub(crate) issue: Option<gh_comment::Issue>,
    /// Account whose comments on the issue are believed, which has to be the one that writes them [default: the token's own;
    /// `github-actions[bot]` for the token of a workflow, which is not told its own]
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) trusted_author: Option<gh_comment::Author>,
    /// Where runs and their history are kept [default: ./loadtest-results; for `cargo xtask loadtest`: target/loadtest]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// What makes the exit code 3: a verdict other than passed, that or a scenario worse than its noise, or nothing
    #[arg(long, default_value = "threshold", value_name = "WHEN")]
    pub(crate) fail_on: FailOn,
    /// Folder with profiles.json and k6 scripts, instead of those of this program, which `mcp-loadtest scripts` writes out
    #[arg(long, value_name = "DIR")]
    pub(crate) scripts: Option<PathBuf>,
    /// Commit that is tested [default: GITHUB_SHA, or that of the checkout that this runs in]
    #[arg(long, value_name = "SHA")]
    pub(crate) commit: Option<String>,
    /// Name under which runs are compared [default: the target's host, its port unless the usual one or on this machine, its path unless /mcp]
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Tool calls to make instead of the demo dataset's: a JSON list of {tool, arguments, weight}
    #[arg(long, value_name = "FILE")]
    pub(crate) calls: Option<PathBuf>,
    /// Keep every sample of k6 beside the summary of each scenario, as points.ndjson.gz; report.html then shows the latency
    /// over the run. Costs k6 a fifth to a third more CPU, and some 200 bytes a request on disk
    #[arg(long)]
    pub(crate) points: bool,
    /// Put more than the smoke profile's load on a target that is not on this machine
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) minting: Minting,
}

fn issue(given: &str) -> Result<gh_comment::Issue, String> {
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

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum FailOn {
    /// A verdict other than passed
    Threshold,
    /// That, or a scenario that is worse than its usual noise
    Alert,
    /// Nothing
    Never,
}
