//! What a k6 scenario object plans, before anything was measured.

use anyhow::{Context as _, bail};
use serde_json::Value;

/// Planned load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Load {
    pub(crate) seconds: f64,
    pub(crate) vus: u64,
    pub(crate) calls: f64,
}

impl Load {
    /// What a k6 scenario object plans: seconds, most VUs, measured calls.
    ///
    /// In a closed loop an iteration lasts for `lasts` seconds of pauses; the server's own time comes on top.
    pub(crate) fn of(
        scenario: &Value,
        calls_per_iteration: f64,
        lasts: f64,
    ) -> anyhow::Result<Self> {
        let executor = scenario["executor"].as_str().context("has no `executor`")?;
        let number = |key: &str| {
            scenario[key].as_f64().with_context(|| format!("`{executor}` needs a number `{key}`"))
        };
        let seconds = |key: &str| {
            let text =
                scenario[key].as_str().with_context(|| format!("`{executor}` needs `{key}`"))?;
            duration(text).with_context(|| format!("`{key}` is no duration: `{text}`"))
        };
        let per_vu_second = if lasts > 0.0 { calls_per_iteration / lasts } else { 1.0 };
        match executor {
            "shared-iterations" => {
                let (vus, iterations) = (number("vus")?, number("iterations")?);
                Ok(closed(vus, iterations, calls_per_iteration, lasts))
            }
            "per-vu-iterations" => {
                let (vus, each) = (number("vus")?, number("iterations")?);
                Ok(closed(vus, vus * each, calls_per_iteration, lasts))
            }
            "constant-vus" => {
                let (vus, seconds) = (number("vus")?, seconds("duration")?);
                Ok(Self { seconds, vus: count(vus), calls: vus * seconds * per_vu_second })
            }
            "ramping-vus" => {
                let start = scenario["startVUs"].as_f64().unwrap_or(1.0);
                let (seconds, most, area) = stages(scenario, start)?;
                Ok(Self { seconds, vus: count(most), calls: area * per_vu_second })
            }
            "constant-arrival-rate" => {
                let unit = time_unit(scenario)?;
                let (seconds, rate) = (seconds("duration")?, number("rate")? / unit);
                let vus = scenario["maxVUs"].as_f64().unwrap_or(number("preAllocatedVUs")?);
                Ok(Self { seconds, vus: count(vus), calls: rate * seconds * calls_per_iteration })
            }
            "ramping-arrival-rate" => {
                let start = scenario["startRate"].as_f64().unwrap_or(0.0);
                let (seconds, _, area) = stages(scenario, start)?;
                let vus = scenario["maxVUs"].as_f64().unwrap_or(number("preAllocatedVUs")?);
                let calls = area / time_unit(scenario)? * calls_per_iteration;
                Ok(Self { seconds, vus: count(vus), calls })
            }
            other => bail!("executor `{other}` is not known to k6"),
        }
    }
}

fn closed(vus: f64, iterations: f64, calls_per_iteration: f64, lasts: f64) -> Load {
    let seconds = (iterations / vus.max(1.0)).ceil() * lasts;
    Load { seconds, vus: count(vus), calls: iterations * calls_per_iteration }
}

fn time_unit(scenario: &Value) -> anyhow::Result<f64> {
    match scenario["timeUnit"].as_str() {
        None => Ok(1.0),
        Some(text) => duration(text).with_context(|| format!("`timeUnit` is `{text}`")),
    }
}

/// Seconds, highest value and area under the line of `stages`.
fn stages(scenario: &Value, start: f64) -> anyhow::Result<(f64, f64, f64)> {
    let stages = scenario["stages"].as_array().context("needs `stages`")?;
    let (mut seconds, mut most, mut area, mut at) = (0.0, start, 0.0, start);
    for stage in stages {
        let text = stage["duration"].as_str().context("a stage needs `duration`")?;
        let lasts = duration(text).with_context(|| format!("a stage's duration is `{text}`"))?;
        let target = stage["target"].as_f64().context("a stage needs `target`")?;
        seconds += lasts;
        area += (at + target) / 2.0 * lasts;
        most = f64::max(most, target);
        at = target;
    }
    Ok((seconds, most, area))
}

/// A duration as k6 writes it (`1m30s`, `500ms`), in seconds.
fn duration(text: &str) -> Option<f64> {
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

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of VUs")]
fn count(vus: f64) -> u64 {
    vus.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(scenario: Value, calls_per_iteration: f64, lasts: f64, expect: (f64, u64, f64)) {
        let load = Load::of(&scenario, calls_per_iteration, lasts).unwrap();
        assert_eq!((load.seconds, load.vus, load.calls), expect);
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
        let it = json!({"executor": "ramping-rate", "stages": []});
        assert!(Load::of(&it, 1.0, 1.0).unwrap_err().to_string().contains("ramping-rate"));
    }
}
