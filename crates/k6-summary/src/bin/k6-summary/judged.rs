//! Summaries, or why there is none, as the run that they are of.

use crate::arguments::Judging;
use anyhow::{Context as _, bail, ensure};
use k6_summary::{Measurement, Run, Scenario, Summary, Verdict, judge};
use sha2::{Digest as _, Sha256};
use std::time::{Duration, SystemTime};

/// A scenario that is not judged yet.
pub(crate) struct Unjudged {
    pub(crate) name: String,
    /// What was measured and when, or why nothing of it is known.
    pub(crate) measured: Result<(Summary, Times), String>,
}

/// When a scenario began and ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    began: SystemTime,
    ended: SystemTime,
}

impl Times {
    /// By what the file says, else by the date of the file, which is when the run ended and not when it began.
    pub(crate) fn of(
        summary: &Summary,
        began: Option<SystemTime>,
        written: impl FnOnce() -> anyhow::Result<SystemTime>,
    ) -> anyhow::Result<Self> {
        let took = summary.duration_s().and_then(|it| Duration::try_from_secs_f64(it).ok());
        let took = took.unwrap_or_default();
        if let Some(began) = began {
            return Ok(Self { began, ended: began.checked_add(took).unwrap_or(began) });
        }
        let ended = summary.ended().map_or_else(written, Ok)?;
        Ok(Self { began: ended.checked_sub(took).unwrap_or(ended), ended })
    }
}

/// Judges all of them.
pub(crate) fn judged(unjudged: &[Unjudged], judging: &Judging) -> anyhow::Result<Run> {
    check(unjudged, judging)?;
    let scenarios: Vec<Scenario> = unjudged.iter().map(|it| scenario(it, judging)).collect();
    let measured: Vec<&(Summary, Times)> =
        unjudged.iter().filter_map(|it| it.measured.as_ref().ok()).collect();
    let began = measured.iter().map(|it| it.1.began).min().unwrap_or_else(SystemTime::now);
    let ended = measured.iter().map(|it| it.1.ended).max();
    // The same files make the same id.
    let text = serde_json::to_string(&scenarios).context("failed to write the scenarios")?;
    let started = second(began)?;
    let id = format!("{}-{}", started.replace(['-', ':'], ""), digest(&text, 2));
    let mut run = Run::new(id, started, scenarios);
    run.k6 = measured.iter().find_map(|it| it.0.k6()).map(ToOwned::to_owned);
    run.duration_s = match measured.as_slice() {
        [(summary, _)] => summary.duration_s(),
        _ => ended.and_then(|it| it.duration_since(began).ok()).map(|it| it.as_secs_f64()),
    }
    .filter(|it| *it > 0.0);
    Ok(run)
}

/// Every exit code is that of one scenario.
fn check(unjudged: &[Unjudged], judging: &Judging) -> anyhow::Result<()> {
    for it in &judging.k6_exit_code {
        match &it.scenario {
            Some(name) => ensure!(
                unjudged.iter().any(|it| it.name == *name),
                "--k6-exit-code names the scenario {name}, which is none of these"
            ),
            None if unjudged.len() > 1 => {
                bail!("--k6-exit-code has to name its scenario, as in {}=99", unjudged[0].name)
            }
            None => {}
        }
    }
    Ok(())
}

fn scenario(it: &Unjudged, judging: &Judging) -> Scenario {
    let summary = it.measured.as_ref().ok().map(|it| &it.0);
    let mut measurement = Measurement::new(&it.name, summary);
    let of_this = |code: &&crate::arguments::ExitCode| {
        code.scenario.as_ref().is_none_or(|name| *name == it.name)
    };
    measurement.k6_exit = judging.k6_exit_code.iter().rfind(of_this).map(|it| it.code);
    if let Some(share) = judging.max_error_rate {
        measurement.limits.max_error_rate = share;
    }
    let mut scenario = match (&it.measured, measurement.k6_exit) {
        (Err(_), None) => Scenario::new(it.name.clone(), Verdict::DidNotRun),
        _ => judge(&measurement),
    };
    if let Err(why) = &it.measured {
        scenario.reasons.push(why.clone());
    }
    scenario.source = source(&scenario);
    scenario
}

/// Two files with the same figures, to the last bit, are of the same measurement, whatever they are called and however
/// they are packed.
fn source(it: &Scenario) -> Option<String> {
    it.calls.filter(|it| *it > 0)?;
    let figures = (it.calls, &it.failures, it.throughput, it.offered, &it.latency_ms, &it.checks);
    Some(digest(&serde_json::to_string(&figures).ok()?, 8))
}

fn digest(text: &str, bytes: usize) -> String {
    Sha256::digest(text).iter().take(bytes).map(|it| format!("{it:02x}")).collect()
}

/// A point in time as the record has it, to the second.
fn second(time: SystemTime) -> anyhow::Result<String> {
    let time = jiff::Timestamp::try_from(time).context("the date of the run is out of range")?;
    let seconds = jiff::Timestamp::from_second(time.as_second())
        .context("a second of a valid time is out of range")?;
    Ok(seconds.to_string())
}
