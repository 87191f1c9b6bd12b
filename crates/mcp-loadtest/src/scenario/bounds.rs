//! What the target may take of its machine, and whether it did.

use anyhow::ensure;
use k6_summary::run::Target;
use k6_summary::{Scenario, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::machine::Growth;

/// How much is asked of the target by a scenario.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Demand {
    #[default]
    Normal,
    Stress,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByDemand {
    normal: Bounds,
    stress: Bounds,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bounds {
    /// In millions of bytes; it is held against the most at once.
    memory_mb: f64,
    /// Share of the time of all cores, over the whole scenario.
    cpu: f64,
}

impl ByDemand {
    pub(crate) fn of(&self, demand: Demand) -> Bounds {
        match demand {
            Demand::Normal => self.normal,
            Demand::Stress => self.stress,
        }
    }

    pub(crate) fn check(&self) -> anyhow::Result<()> {
        for (load, it) in [("normal", self.normal), ("stress", self.stress)] {
            let Bounds { memory_mb, cpu } = it;
            ensure!(
                memory_mb > 0.0 && memory_mb.is_finite(),
                "`resources.{load}.memory_mb` is {memory_mb}, but it is a number of MB above 0"
            );
            ensure!(
                cpu > 0.0 && cpu <= 1.0,
                "`resources.{load}.cpu` is {cpu}, but it is a share of the machine, above 0 and up to 1"
            );
        }
        Ok(())
    }
}

impl Bounds {
    /// Holds a judged scenario to them by what the target took; of one that did not run nothing is asked.
    pub(crate) fn hold(&self, scenario: &mut Scenario) {
        if scenario.verdict == Verdict::DidNotRun {
            return;
        }
        let taken = scenario.resources.unwrap_or_default();
        let memory = taken.target_memory.map(|it| it as f64 / 1e6);
        scenario.hold_to(target("target memory", self.memory_mb, "MB", memory));
        let cpu = taken.target_cpu.map(percent);
        scenario.hold_to(target("target CPU", percent(self.cpu), "%", cpu));
    }
}

/// How long a scenario has to last for its growth to say something, in seconds.
const LONG: f64 = 600.0;

/// How much more than before may be resident at the end, in percent.
const GROWTH: f64 = 10.0;

/// Holds a scenario that is to stay as it is to that, if it lasted for long enough.
pub(crate) fn hold_steady(scenario: &mut Scenario, lasts: f64, growth: Growth) {
    if scenario.verdict == Verdict::DidNotRun || lasts < LONG {
        return;
    }
    for (name, it) in [("k6 memory", growth.k6), ("target memory", growth.target)] {
        let name = format!("growth of {name} over the last half");
        scenario.hold_to(target(&name, GROWTH, "%", it.map(percent)));
    }
}

fn target(name: &str, limit: f64, unit: &str, measured: Option<f64>) -> Target {
    let mut target = Target::new(name.to_owned(), "<".to_owned(), limit);
    (target.unit, target.measured) = (Some(unit.to_owned()), measured);
    target
}

/// Without what binary fractions add to it: 57 for 0.57.
fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}

#[cfg(test)]
mod tests {
    use k6_summary::run::Resources;

    use super::*;

    const MISSION: ByDemand = ByDemand {
        normal: Bounds { memory_mb: 512.0, cpu: 0.7 },
        stress: Bounds { memory_mb: 1024.0, cpu: 0.9 },
    };

    fn held(demand: Demand, verdict: Verdict, memory: Option<u64>, cpu: Option<f64>) -> Scenario {
        let mut scenario = Scenario::new("a".to_owned(), verdict);
        let mut taken = Resources::default();
        (taken.target_memory, taken.target_cpu) = (memory, cpu);
        // The generator may take what it likes.
        (taken.k6_memory, taken.k6_cpu) = (Some(u64::MAX), Some(1.0));
        scenario.resources = Some(taken);
        MISSION.of(demand).hold(&mut scenario);
        scenario
    }

    #[track_caller]
    fn check(demand: Demand, memory: u64, cpu: f64, reasons: &[&str]) {
        let scenario = held(demand, Verdict::Passed, Some(memory), Some(cpu));
        let words: Vec<String> = reasons.iter().map(|it| (*it).to_owned()).collect();
        let verdict = if reasons.is_empty() { Verdict::Passed } else { Verdict::Failed };
        assert_eq!((scenario.verdict, scenario.reasons), (verdict, words));
        assert_eq!(scenario.targets.len(), 2);
        assert!(scenario.targets.iter().all(|it| it.met.is_some()));
    }

    #[test]
    fn stress_may_take_more_and_the_limit_itself_is_missed() {
        let (memory, cpu) = (
            "target memory is 512 MB, the target is < 512 MB",
            "target CPU is 70.0 %, the target is < 70 %",
        );
        check(Demand::Normal, 511_900_000, 0.699, &[]);
        check(Demand::Normal, 512_000_000, 0.7, &[memory, cpu]);
        check(Demand::Stress, 512_000_000, 0.7, &[]);
        check(Demand::Stress, 1_000_000_000, 0.95, &["target CPU is 95.0 %, the target is < 90 %"]);
        check(
            Demand::Stress,
            1_024_000_000,
            0.1,
            &["target memory is 1,024 MB, the target is < 1,024 MB"],
        );
    }

    #[test]
    fn what_was_not_measured_is_neither_met_nor_missed() {
        let scenario = held(Demand::Normal, Verdict::Passed, None, Some(0.1));
        let met: Vec<_> = scenario.targets.iter().map(|it| (it.measured, it.met)).collect();
        assert_eq!(met, [(None, None), (Some(10.0), Some(true))]);
        assert_eq!(scenario.verdict, Verdict::Passed);
    }

    #[test]
    fn nothing_is_asked_of_what_did_not_run() {
        assert_eq!(held(Demand::Normal, Verdict::DidNotRun, Some(u64::MAX), None).targets, []);
    }

    #[test]
    fn a_bound_that_nothing_can_keep_or_miss_is_refused() {
        let with = |memory_mb, cpu| {
            ByDemand { stress: Bounds { memory_mb, cpu }, ..MISSION }
                .check()
                .map_err(|it| it.to_string())
        };
        assert_eq!(with(1.0, 1.0), Ok(()));
        let error = with(0.0, 0.5).unwrap_err();
        assert!(error.starts_with("`resources.stress.memory_mb` is 0"), "{error}");
        let error = with(1.0, 70.0).unwrap_err();
        assert!(error.starts_with("`resources.stress.cpu` is 70"), "{error}");
    }
}
