//! What was looked at, how it stands, and what to do about it.

use std::time::Duration;

use k6_summary::{Run, Verdict};
use serde::Serialize;
use tool_edge::printable;

use crate::console::advice::advice;
use crate::console::section::clock;
use crate::console::stdout::line;
use crate::interrupt::Interrupted;
use crate::server::door::Door;

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mark {
    Ok,
    Warning,
    Failure,
}

/// One line of the doctor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) check: String,
    pub(crate) result: Mark,
    pub(crate) seen: String,
    /// What to do, where it is not well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
}

impl Finding {
    pub(crate) fn ok(check: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { check: check.into(), result: Mark::Ok, seen: seen.into(), remedy: None }
    }

    pub(crate) fn warning(check: &str, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self { check: check.to_owned(), result: Mark::Warning, seen: seen.into(), remedy }
    }

    pub(crate) fn failure(check: &str, seen: impl Into<String>, remedy: Option<String>) -> Self {
        Self { check: check.to_owned(), result: Mark::Failure, seen: seen.into(), remedy }
    }

    /// One line for a terminal.
    pub(crate) fn line(&self) -> String {
        let mark = match self.result {
            Mark::Ok => "ok",
            Mark::Warning => "warning",
            Mark::Failure => "FAILURE",
        };
        let remedy = self.remedy.as_ref().map_or_else(String::new, |it| format!("; {it}"));
        format!("{mark:7}  {:16}  {}{remedy}", self.check, self.seen)
    }
}

/// Findings, printed as they come unless they are wanted as JSON.
pub(crate) struct Findings {
    pub(crate) all: Vec<Finding>,
    pub(crate) as_json: bool,
}

impl Findings {
    pub(crate) fn add(&mut self, it: Finding) -> anyhow::Result<()> {
        if !self.as_json {
            line(&printable(&it.line()))?;
        }
        self.all.push(it);
        Ok(())
    }

    /// Adds what came of something, and gives it back where it went well.
    pub(crate) fn take<T>(
        &mut self,
        check: &str,
        it: anyhow::Result<T>,
        seen: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<Option<T>> {
        match it {
            Ok(it) => {
                self.add(Finding::ok(check, seen(&it)))?;
                Ok(Some(it))
            }
            Err(error) if error.is::<Interrupted>() => Err(error),
            Err(error) => {
                let remedy = advice(&error).or_else(|| remedy(check).map(str::to_owned));
                self.add(Finding::failure(check, format!("{error:#}"), remedy))?;
                Ok(None)
            }
        }
    }
}

/// What to do where the error itself does not know.
fn remedy(check: &str) -> Option<&'static str> {
    Some(match check {
        "configuration" => "mend it in loadtest.json, or name what is meant by a flag",
        "script" => "mend the script; `k6 inspect` says the same of it",
        "k6" => "`mcp-loadtest setup` installs one, or K6 names yours",
        "server" => "see that the server runs and its address is right",
        "discovery" => "`oauth-loopback doctor URL` says which requirement is missed",
        "sign-in" => "`mcp-loadtest token` tries it alone, and keeps a picture of the page",
        "MCP session" | "tools" => "see the server's log",
        "named calls" => "`mcp-loadtest init` writes calls that the server takes",
        "renewal" => "ask for a token that lives as long as the plan, or plan less",
        "issue token" => "set GITHUB_TOKEN or GH_TOKEN to a token that may comment",
        "tracking issue" | "earlier runs" => "name an issue that the token may read and comment on",
        _ => return None,
    })
}

/// Beyond this age of the last good run somebody should look why there was none since.
const WEEKLY: Duration = Duration::from_secs(8 * 24 * 3600);

/// How old the newest run that passed is at `now`, in seconds since the epoch.
pub(crate) fn last_good_run(runs: &[Run], environment: &str, now: i64) -> Finding {
    const CHECK: &str = "last good run";
    let started = |it: &Run| it.started.parse::<jiff::Timestamp>().ok().map(|it| it.as_second());
    let ours = runs.iter().filter(|it| it.environment.as_deref() == Some(environment));
    let good = ours.filter(|it| it.verdict == Verdict::Passed);
    if !runs.iter().any(|it| it.environment.as_deref() == Some(environment)) {
        return Finding::ok(CHECK, format!("no run of `{environment}` is known yet"));
    }
    let Some((at, run)) = good.filter_map(|it| Some((started(it)?, it))).max_by_key(|it| it.0)
    else {
        return Finding::warning(
            CHECK,
            format!("none of `{environment}` is known"),
            "the next one has nothing to be compared with",
        );
    };
    let age = Duration::from_secs(u64::try_from(now - at).unwrap_or(0));
    let seen = format!("{} of {}, {} days ago", run.id, run.started, age.as_secs() / 86400);
    if age > WEEKLY {
        return Finding::warning(CHECK, seen, "see why there was none since");
    }
    Finding::ok(CHECK, seen)
}

/// Whether a token that cannot be good is refused.
pub(crate) fn broken_token(door: Door) -> Finding {
    const CHECK: &str = "broken token";
    match door {
        Door::Guarded => Finding::ok(CHECK, "it is refused"),
        Door::AnyToken => {
            let remedy =
                Some("a run would be invalid: see why the server takes any token".to_owned());
            Finding::failure(CHECK, "it is let in as well", remedy)
        }
        Door::Open => Finding::warning(
            CHECK,
            "nobody is asked for a token",
            "--anonymous says that this is meant",
        ),
        Door::Unknown => Finding::warning(
            CHECK,
            "whether it is refused could not be found out",
            "see the server's log",
        ),
    }
}

/// Whether a token that lives for `left` is good for a run of `needed`, which it may be renewed in.
pub(crate) fn lifetime(left: Option<Duration>, needed: Duration) -> Finding {
    const CHECK: &str = "token lifetime";
    match left {
        None => Finding::warning(
            CHECK,
            format!("not said by the server; {} are planned", clock(needed)),
            "a token that ends in a run makes it invalid",
        ),
        Some(left) => {
            let seen = format!("{}, and {} are planned", clock(left), clock(needed));
            if left < needed {
                Finding::warning(CHECK, seen, "it has to be renewed in the run")
            } else {
                Finding::ok(CHECK, seen)
            }
        }
    }
}

/// What a server announces of its limits in its headers, against the calls a second that are planned at most.
///
/// `q` requests in `w` seconds is what [RateLimit header fields for
/// HTTP](https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/) say; anything else is shown as it is.
pub(crate) fn rate_limits(announced: Option<&str>, planned: Option<f64>) -> Finding {
    const CHECK: &str = "rate limits";
    let Some(announced) = announced else {
        return Finding::ok(CHECK, "none are announced");
    };
    let parameter = |name: &str| {
        let it = announced
            .split([';', ','])
            .find_map(|it| it.trim().strip_prefix(name)?.strip_prefix('='));
        it.and_then(|it| it.trim().parse::<f64>().ok())
    };
    let rate = parameter("q").zip(parameter("w")).map(|(q, w)| q / w).filter(|it| it.is_finite());
    match (rate, planned) {
        (Some(rate), Some(planned)) if planned > rate => Finding::warning(
            CHECK,
            format!(
                "`{announced}` is {rate:.1} requests a second, and up to {planned:.1} calls a second are planned"
            ),
            "lower --rate, or ask for an exemption of the test user",
        ),
        (Some(rate), Some(planned)) => Finding::ok(
            CHECK,
            format!("{rate:.1} requests a second, and up to {planned:.1} calls are planned"),
        ),
        _ => Finding::warning(
            CHECK,
            format!("`{announced}` is announced"),
            "see that the load stays below it",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(started: &str, verdict: Verdict) -> Run {
        let mut run = Run::new("r".to_owned(), started.to_owned(), Vec::new());
        run.verdict = verdict;
        run.environment = Some("here".to_owned());
        run
    }

    #[test]
    fn a_missed_week_is_told() {
        let now = "2026-11-30T00:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
        let mark = |runs: &[Run]| last_good_run(runs, "here", now).result;
        let old = run("2026-11-20T00:00:00Z", Verdict::Passed);
        assert_eq!(mark(&[]), Mark::Ok);
        assert_eq!(
            mark(&[run("2026-11-29T00:00:00Z", Verdict::Invalid), old.clone()]),
            Mark::Warning
        );
        assert_eq!(mark(&[run("2026-11-23T00:00:00Z", Verdict::Passed), old.clone()]), Mark::Ok);
        assert_eq!(last_good_run(&[old], "there", now).seen, "no run of `there` is known yet");
        let invalid = run("2026-11-29T00:00:00Z", Verdict::Invalid);
        assert_eq!(mark(&[invalid]), Mark::Warning);
    }

    #[test]
    fn announced_limits_are_held_against_the_plan() {
        let mark = |announced, planned| rate_limits(announced, planned).result;
        assert_eq!(mark(None, Some(20.0)), Mark::Ok);
        assert_eq!(mark(Some("\"default\";q=100;w=60"), Some(20.0)), Mark::Warning);
        assert_eq!(mark(Some("\"default\";q=6000;w=60"), Some(20.0)), Mark::Ok);
        assert_eq!(mark(Some("1000"), Some(20.0)), Mark::Warning);
    }
}
