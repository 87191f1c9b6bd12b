//! What a k6 scenario object plans, before anything was measured.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A scenario object of k6, with the options of all its executors.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct K6Scenario {
    pub(crate) executor: String,
    #[serde(rename = "vus", skip_serializing_if = "Option::is_none")]
    pub(crate) vus: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iterations: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_duration: Option<String>,
    #[serde(rename = "startVUs", skip_serializing_if = "Option::is_none")]
    start_vus: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stages: Option<Vec<Stage>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_rate: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_unit: Option<String>,
    #[serde(rename = "preAllocatedVUs", skip_serializing_if = "Option::is_none")]
    pre_allocated_vus: Option<u64>,
    #[serde(rename = "maxVUs", skip_serializing_if = "Option::is_none")]
    max_vus: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    graceful_stop: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    graceful_ramp_down: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exec: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<BTreeMap<String, String>>,
}

impl K6Scenario {
    /// Whether iterations begin at a rate, however many users that takes.
    pub(crate) fn is_by_arrival(&self) -> bool {
        self.executor.ends_with("-arrival-rate")
    }

    /// So many iterations a second for so many seconds.
    pub(crate) fn arrivals(rate: f64, seconds: u64) -> Self {
        // Of a second, what one of a quarter of it needs, and as many again.
        let vus = whole(rate / 4.0).max(10);
        Self {
            executor: "constant-arrival-rate".to_owned(),
            rate: Some(whole(rate)),
            time_unit: Some("1s".to_owned()),
            pre_allocated_vus: Some(vus),
            max_vus: Some(vus * 2),
            ..Self::lasting(seconds)
        }
    }

    /// So many users for so many seconds.
    pub(crate) fn users(users: f64, seconds: u64) -> Self {
        let vus = Some(whole(users));
        Self { executor: "constant-vus".to_owned(), vus, ..Self::lasting(seconds) }
    }

    fn lasting(seconds: u64) -> Self {
        let (duration, patience) = (Some(format!("{seconds}s")), Some("45s".to_owned()));
        Self { duration, graceful_stop: patience, ..Self::default() }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of users, above 0"
)]
fn whole(number: f64) -> u64 {
    (number.ceil() as u64).max(1)
}

/// One step of a ramp.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stage {
    duration: String,
    target: u64,
}

/// Planned load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Load {
    pub(crate) seconds: f64,
    pub(crate) vus: u64,
    /// Nothing says how many where users call again as soon as they are answered.
    pub(crate) calls: Option<f64>,
    /// The most calls in a second, known as that is.
    pub(crate) per_second: Option<f64>,
}

impl Load {
    /// What a k6 scenario object plans: seconds, most VUs, measured calls.
    ///
    /// In a closed loop an iteration lasts for `lasts` seconds of pauses; the server's own time comes on top.
    pub(crate) fn of(
        scenario: &K6Scenario,
        calls_per_iteration: f64,
        lasts: f64,
    ) -> anyhow::Result<Self> {
        let executor = scenario.executor.as_str();
        let number = |key: &str, it: Option<u64>| {
            it.with_context(|| format!("`{executor}` needs a number `{key}`"))
        };
        let time = |key: &str, it: &Option<String>| {
            let text = it.as_ref().with_context(|| format!("`{executor}` needs `{key}`"))?;
            duration(text).with_context(|| format!("`{key}` is no duration: `{text}`"))
        };
        // Of one second of a VU.
        let paused = (lasts > 0.0).then(|| calls_per_iteration / lasts);
        let closed = |vus: u64, iterations: f64| Self {
            seconds: (iterations / f64_of(vus.max(1))).ceil() * lasts,
            vus,
            calls: Some(iterations * calls_per_iteration),
            per_second: paused.map(|it| f64_of(vus) * it),
        };
        let most = || scenario.max_vus.or(scenario.pre_allocated_vus);
        match executor {
            "shared-iterations" => {
                let vus = number("vus", scenario.vus)?;
                Ok(closed(vus, f64_of(number("iterations", scenario.iterations)?)))
            }
            "per-vu-iterations" => {
                let vus = number("vus", scenario.vus)?;
                let each = f64_of(number("iterations", scenario.iterations)?);
                Ok(closed(vus, f64_of(vus) * each))
            }
            "constant-vus" => {
                let vus = number("vus", scenario.vus)?;
                let seconds = time("duration", &scenario.duration)?;
                let per_second = paused.map(|it| f64_of(vus) * it);
                Ok(Self { seconds, vus, calls: per_second.map(|it| it * seconds), per_second })
            }
            "ramping-vus" => {
                let (seconds, vus, area) = stages(scenario, scenario.start_vus.unwrap_or(1))?;
                let per_second = paused.map(|it| f64_of(vus) * it);
                Ok(Self { seconds, vus, calls: paused.map(|it| area * it), per_second })
            }
            "constant-arrival-rate" => {
                let rate = f64_of(number("rate", scenario.rate)?) / time_unit(scenario)?;
                let rate = rate * calls_per_iteration;
                let seconds = time("duration", &scenario.duration)?;
                let vus = number("preAllocatedVUs", most())?;
                Ok(Self { seconds, vus, calls: Some(rate * seconds), per_second: Some(rate) })
            }
            "ramping-arrival-rate" => {
                let (seconds, rate, area) = stages(scenario, scenario.start_rate.unwrap_or(0))?;
                let vus = number("preAllocatedVUs", most())?;
                let each = calls_per_iteration / time_unit(scenario)?;
                let (calls, per_second) = (Some(area * each), Some(f64_of(rate) * each));
                Ok(Self { seconds, vus, calls, per_second })
            }
            other => bail!("executor `{other}` is not known"),
        }
    }
}

fn time_unit(scenario: &K6Scenario) -> anyhow::Result<f64> {
    match &scenario.time_unit {
        None => Ok(1.0),
        Some(text) => duration(text)
            .filter(|it| *it > 0.0)
            .with_context(|| format!("`timeUnit` is no duration: `{text}`")),
    }
}

/// Seconds, highest value and area under the line of `stages`.
fn stages(scenario: &K6Scenario, start: u64) -> anyhow::Result<(f64, u64, f64)> {
    let stages = scenario.stages.as_ref().context("needs `stages`")?;
    let (mut seconds, mut most, mut area, mut at) = (0.0, start, 0.0, start);
    for Stage { duration: text, target } in stages {
        let lasts = duration(text).with_context(|| format!("a stage's duration is `{text}`"))?;
        seconds += lasts;
        area += f64_of(at + target) / 2.0 * lasts;
        most = most.max(*target);
        at = *target;
    }
    Ok((seconds, most, area))
}

#[expect(clippy::cast_precision_loss, reason = "counts of users and iterations are small")]
pub(crate) fn f64_of(count: u64) -> f64 {
    count as f64
}

/// A duration as k6 writes it (`1m30s`, `500ms`), in seconds.
pub(crate) fn duration(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut total = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let (number, tail) = rest.split_at(digits);
        let units = [("ms", 0.001), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];
        let (unit, scale) = units.into_iter().find(|(it, _)| tail.starts_with(it))?;
        total += number.parse::<f64>().ok()? * scale;
        rest = &tail[unit.len()..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(scenario: Value, calls_per_iteration: f64, lasts: f64, expect: (f64, u64, f64)) {
        let scenario: K6Scenario = serde_json::from_value(scenario).unwrap();
        let load = Load::of(&scenario, calls_per_iteration, lasts).unwrap();
        assert_eq!((load.seconds, load.vus, load.calls.unwrap()), expect);
    }

    #[test]
    fn nobody_knows_how_many_calls_a_loop_without_a_pause_makes() {
        let it = json!({"executor": "constant-vus", "vus": 2, "duration": "5s"});
        let it: K6Scenario = serde_json::from_value(it).unwrap();
        assert_eq!(Load::of(&it, 1.0, 0.0).unwrap().calls, None);
    }

    #[test]
    fn each_executor_of_k6_is_planned() {
        let it = json!({"executor": "shared-iterations", "vus": 10, "iterations": 200});
        check(it, 2.0, 0.25, (5.0, 10, 400.0));
        let it = json!({"executor": "per-vu-iterations", "vus": 4, "iterations": 5});
        check(it, 1.0, 1.0, (5.0, 4, 20.0));
        let it = json!({"executor": "constant-vus", "vus": 20, "duration": "1m30s"});
        check(it, 1.0, 1.0, (90.0, 20, 1800.0));
        let it = json!({"executor": "ramping-vus", "startVUs": 0, "stages": [
            {"duration": "10s", "target": 10}, {"duration": "20s", "target": 10}, {"duration": "10s", "target": 0}]});
        check(it, 1.0, 1.0, (40.0, 10, 300.0));
        let it = json!({"executor": "constant-arrival-rate", "rate": 50, "timeUnit": "1s",
            "duration": "5m", "preAllocatedVUs": 100, "maxVUs": 200});
        check(it, 1.0, 0.0, (300.0, 200, 15_000.0));
        let it = json!({"executor": "ramping-arrival-rate", "startRate": 0, "preAllocatedVUs": 50,
            "stages": [{"duration": "2m", "target": 100}]});
        check(it, 1.0, 0.0, (120.0, 50, 6_000.0));
    }

    #[test]
    fn durations_are_read_as_k6_reads_them() {
        for (text, seconds) in
            [("1m30s", Some(90.0)), ("500ms", Some(0.5)), ("2h", Some(7200.0)), ("1.5s", Some(1.5))]
        {
            assert_eq!(duration(text), seconds, "{text}");
        }
        for text in ["", "5", "s", "5x", "-5s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn an_executor_that_k6_does_not_know_is_refused() {
        let it = K6Scenario { executor: "ramping-rate".to_owned(), ..K6Scenario::default() };
        assert!(Load::of(&it, 1.0, 1.0).unwrap_err().to_string().contains("ramping-rate"));
    }
}
