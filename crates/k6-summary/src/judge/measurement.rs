//! From k6's summary to a judged scenario.
//!
//! A server that fails is fast: refused, throttled and unauthorized calls take no time. So a run
//! is judged first on whether it measured the server at all, and never on latency alone.

use crate::judge::calls::{failures, latency_metric, measured, uncounted};
use crate::judge::exit_code::{Exit, exit};
use crate::record::run::{Scenario, Verdict};
use crate::summary::metric::to_count;
use crate::summary::threshold::{self, Outcome};
use crate::summary::wire::Summary;
use crate::text::number::{count, percent};

/// What is known about one scenario that k6 ran or should have run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Measurement<'a> {
    pub name: &'a str,
    /// `None` when k6 left none.
    pub summary: Option<&'a Summary>,
    /// Names the script and its load; only runs of the same fingerprint are compared.
    pub fingerprint: &'a str,
    /// k6's exit code; `None` when it is not known or a signal ended k6.
    pub k6_exit: Option<i32>,
    pub limits: Limits,
    pub conditions: Conditions,
    /// How many iterations ended with an exception, and the words of the first.
    pub exceptions: Option<(u64, &'a str)>,
}

impl<'a> Measurement<'a> {
    /// A summary under the usual limits, of whose run nothing else is known.
    pub fn new(name: &'a str, summary: Option<&'a Summary>) -> Self {
        Self {
            name,
            summary,
            fingerprint: "",
            k6_exit: None,
            limits: Limits::default(),
            conditions: Conditions::default(),
            exceptions: None,
        }
    }
}

/// Above these a scenario measured something else than the server. All are shares, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Failed calls of all calls.
    pub max_error_rate: f64,
    /// Iterations that found no free VU, of all that were due.
    pub max_dropped: f64,
    /// k6's part of the machine's CPU time.
    pub max_k6_cpu_share: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_error_rate: 0.05, max_dropped: 0.001, max_k6_cpu_share: 0.70 }
    }
}

/// What k6 itself cannot know; `None` is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Conditions {
    /// k6's part of the machine's CPU time, 0 to 1.
    pub k6_cpu_share: Option<f64>,
    /// The token expired before the last call.
    pub token_expired: Option<bool>,
    /// A token that cannot be good is taken as well.
    pub any_token_accepted: Option<bool>,
}

/// Judges one scenario.
///
/// The figures are those of the metrics `mcp_calls`, `mcp_call_duration` and `mcp_call_failures`;
/// where a script has none of them, of k6's own `http_reqs`,
/// `http_req_duration{expected_response:true}` and `http_req_failed`.
pub fn judge(it: &Measurement<'_>) -> Scenario {
    let mut scenario = match it.summary {
        Some(summary) => measured(summary),
        None => Scenario::new(String::new(), Verdict::DidNotRun),
    };
    it.name.clone_into(&mut scenario.name);
    it.fingerprint.clone_into(&mut scenario.fingerprint);
    let outcomes = it.summary.map(threshold::outcomes).unwrap_or_default();
    scenario.unjudged = unjudged(it, &outcomes);
    scenario.notes.extend(it.summary.iter().flat_map(|it| it.notes.iter().cloned()));
    scenario.notes.extend(it.summary.and_then(|summary| half_judged(summary, &scenario)));
    scenario.notes.extend(sessions_left(&scenario));

    if let Some(reason) = did_not_run(it) {
        scenario.verdict = Verdict::DidNotRun;
        scenario.reasons.push(reason);
    } else {
        let invalid = invalid(it, &scenario);
        let mut failed: Vec<String> =
            outcomes.iter().filter(|it| it.crossed == Some(true)).map(Outcome::reason).collect();
        failed.extend(failed_by_exit(it.k6_exit, failed.is_empty()));
        scenario.verdict = if !invalid.is_empty() {
            Verdict::Invalid
        } else if !failed.is_empty() {
            Verdict::Failed
        } else {
            Verdict::Passed
        };
        scenario.reasons.extend(invalid);
        scenario.reasons.extend(failed);
    }
    scenario.targets = outcomes.into_iter().filter_map(|it| it.target).collect();
    scenario
}

impl Scenario {
    /// Whether k6 itself was the limit: it had no free VU for what was due, or took most of the machine.
    pub fn generator_was_measured(&self) -> bool {
        let Limits { max_dropped, max_k6_cpu_share, .. } = Limits::default();
        let taken = self.resources.unwrap_or_default();
        let dropped = taken.dropped.unwrap_or(0) as f64;
        let due = self.calls.unwrap_or(0) as f64 + dropped;
        dropped > due * max_dropped || taken.k6_cpu.is_some_and(|it| it > max_k6_cpu_share)
    }
}

/// Why nothing was measured, if nothing was.
fn did_not_run(it: &Measurement<'_>) -> Option<String> {
    if let Some(code) = it.k6_exit
        && let Exit::DidNotRun(why) = exit(code)
    {
        return Some(format!("k6 ended with exit code {code}: {why}"));
    }
    match (it.summary, it.k6_exit) {
        (Some(_), _) => None,
        (None, Some(code)) => Some(format!("k6 left no summary, though its exit code was {code}")),
        (None, None) => Some("k6 left no summary: it was not started or was killed".to_owned()),
    }
}

/// Why what was measured is not the server's speed.
fn invalid(it: &Measurement<'_>, scenario: &Scenario) -> Vec<String> {
    let Limits { max_error_rate, max_dropped, max_k6_cpu_share } = it.limits;
    let calls = match scenario.calls {
        Some(0) => return vec!["not one call was measured".to_owned()],
        Some(calls) => calls,
        None => return vec![not_measured("calls were made", "mcp_calls or http_reqs")],
    };
    let failed = |class: &str| scenario.failures.get(class).copied().unwrap_or(0);
    let mut reasons = Vec::new();

    if it.conditions.token_expired == Some(true) {
        reasons.push("the token expired before the last call".to_owned());
    }
    if it.conditions.any_token_accepted == Some(true) {
        reasons.push("any token is accepted: a broken one was let in too".to_owned());
    }
    reasons.extend(exceptions(it));
    reasons.extend(it.summary.into_iter().flat_map(uncounted).map(|(rpc, sent, counted)| {
        format!("k6 sent {} {rpc} and {} were counted", count(sent), count(counted))
    }));
    let refused = failed("too_many_sessions");
    if refused > 0 {
        reasons.push(format!(
            "the server refused sessions: {} of {} calls met too_many_sessions",
            count(refused),
            count(calls)
        ));
    }
    let (throttled, enveloped) = (failed("rate_limited"), failed("tool_error"));
    let unserved = throttled.saturating_add(enveloped);
    if unserved > calls / 2 {
        reasons.push(format!(
            "{} of {} calls were not served: {} rate limited, {} answered by an error envelope",
            count(unserved),
            count(calls),
            count(throttled),
            count(enveloped)
        ));
    }
    match scenario.error_rate {
        Some(rate) if rate > max_error_rate => {
            let judged = it.summary.and_then(failures).map_or(calls, |it| it.judged);
            let of_those = if judged == calls { "" } else { "that k6 judged " };
            reasons.push(format!(
                "{} of {} calls {of_those}failed ({}), above the limit of {}",
                count(scenario.failed()),
                count(judged),
                percent(rate),
                percent(max_error_rate)
            ));
        }
        Some(_) => {}
        None => {
            reasons.push(not_measured("calls failed", "mcp_call_failures or http_req_failed"));
        }
    }
    // That nothing succeeded is reason enough, where it is one.
    if scenario.error_rate != Some(1.0) || reasons.is_empty() {
        reasons.extend(it.summary.and_then(|summary| no_latency(summary, scenario)));
    }
    match it.summary.map_or(Some((0.0, 0)), dropped) {
        Some((share, dropped)) if share > max_dropped => reasons.push(format!(
            "k6 dropped {} iterations ({}): it had no free VU, so the generator was measured",
            count(dropped),
            percent(share)
        )),
        Some(_) => {}
        None => {
            let of = "iterations or dropped_iterations";
            reasons.push(not_measured("iterations found no free VU", of));
        }
    }
    if let Some(share) = it.conditions.k6_cpu_share
        && share > max_k6_cpu_share
    {
        reasons.push(format!(
            "k6 took {} of the machine, above {}, so the generator was measured",
            percent(share),
            percent(max_k6_cpu_share)
        ));
    }
    reasons
}

/// What a script threw, and how often; its own count stands where nobody read its log.
fn exceptions(it: &Measurement<'_>) -> Option<String> {
    let counted = it.summary.and_then(|it| it.count("mcp_exceptions")).and_then(to_count);
    // An exception that the script caught itself is in its count alone.
    let (logged, words) = it.exceptions.unwrap_or_default();
    let number = Some(logged.max(counted.unwrap_or(0))).filter(|it| *it > 0)?;
    let words = if words.is_empty() { String::new() } else { format!(": {words}") };
    Some(format!("{} iterations ended with an exception{words}", count(number)))
}

/// What is to be known of sessions that the server still has.
fn sessions_left(scenario: &Scenario) -> Option<String> {
    let it = scenario.sessions.filter(|it| it.left > 0)?;
    Some(format!("{} of {} sessions were not closed", count(it.left), count(it.opened)))
}

fn not_measured(what: &str, of: &str) -> String {
    format!("how many {what} was not measured: the summary has no number of {of}")
}

/// Why the latency of calls that did not all fail is not known.
fn no_latency(summary: &Summary, scenario: &Scenario) -> Option<String> {
    let latency = &scenario.latency_ms;
    let percentiles = [latency.p50, latency.p90, latency.p95, latency.p99];
    if percentiles.iter().any(Option::is_some) {
        return None;
    }
    let metric = latency_metric(summary);
    Some(match summary.trend(metric) {
        Some(trend) if !trend.is_empty() => format!(
            "no latency was measured: the summary has no percentile of {metric}; k6 writes those that --summary-trend-stats names"
        ),
        Some(_) => format!("no latency was measured: {metric} has no sample"),
        None => format!("no latency was measured: the summary has no {metric}"),
    })
}

/// The thresholds of which nobody knows whether they were kept, but for those that are targets.
///
/// A k6 that ended well judged all of them and found none crossed.
fn unjudged(it: &Measurement<'_>, outcomes: &[Outcome]) -> Vec<String> {
    if it.k6_exit == Some(0) {
        return Vec::new();
    }
    let odd = outcomes.iter().filter(|it| it.target.is_none() && it.crossed.is_none());
    let odd = odd.map(|it| format!("the threshold {} was not judged", it.source));
    it.summary.iter().flat_map(|it| it.unjudged.iter().cloned()).chain(odd).collect()
}

/// What the error rate stands on where it is not all calls.
fn half_judged(summary: &Summary, scenario: &Scenario) -> Option<String> {
    let (judged, calls) = (failures(summary)?.judged, scenario.calls?);
    let words = "calls were judged by k6: the error rate is of these, and calls/s is not known";
    (judged < calls).then(|| format!("{} of {} {words}", count(judged), count(calls)))
}

/// The share and number of iterations that were due and not started.
fn dropped(summary: &Summary) -> Option<(f64, u64)> {
    let dropped = summary.count("dropped_iterations")?;
    let number = to_count(dropped)?;
    if number == 0 {
        return Some((0.0, 0));
    }
    Some((dropped / (summary.count("iterations")? + dropped), number))
}

/// What the exit code adds to the crossed thresholds that the summary names.
fn failed_by_exit(code: Option<i32>, none_crossed: bool) -> Option<String> {
    let code = code?;
    match exit(code) {
        Exit::Failed(why) if code != 99 => Some(format!("k6 ended with exit code {code}: {why}")),
        Exit::Failed(why) if none_crossed => {
            Some(format!("k6 ended with exit code {code}: {why}, and its file does not say which"))
        }
        _ => None,
    }
}
