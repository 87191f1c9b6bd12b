//! The load under which a scenario breaks, found by steps: doubled while it is held, then halfway between the most that was
//! held and the least that was not.

use anyhow::Context as _;
use k6_summary::{Scenario, Verdict};

use crate::console::section::say;
use crate::interrupt::Interrupt;
use crate::scenario::load::{K6Scenario, Load, f64_of};
use crate::scenario::measure::{Common, Measured, did_not_run, neighbours, run};
use crate::scenario::profiles::Planned;

/// How long a step lasts, in seconds.
const STEP: u64 = 15;

/// The most steps, of which each doubles or narrows down.
const MOST_STEPS: usize = 16;

/// The least that was not held is known closely enough where it is less than this times the most that was.
const CLOSE: f64 = 1.15;

/// A step below this share of the calls a second that it should make is not held.
const ANSWERED: f64 = 0.9;

/// What a step came to.
#[derive(Debug, Clone, PartialEq)]
enum Ending {
    Held,
    /// The server missed a target or failed.
    Missed(String),
    /// k6 had no more to give, so that the server may bear more.
    Saturated(String),
    NotMeasured(String),
}

/// A load that was tried.
struct Step {
    /// Calls a second.
    rate: f64,
    ending: Ending,
    scenario: Scenario,
}

impl Step {
    fn sentence(&self) -> String {
        let rate = per_second(self.rate);
        match &self.ending {
            Ending::Held => format!("{rate} were held for {STEP} s"),
            Ending::Missed(why) => format!("at {rate} the target was missed: {why}"),
            Ending::Saturated(why) => format!(
                "at {rate} the generator was the limit, so that the server may bear more: {why}"
            ),
            Ending::NotMeasured(why) => format!("{rate} were not measured: {why}"),
        }
    }
}

/// Raises the calls a second of a scenario until they are not held; what is measured is the last step that was.
pub(crate) async fn find(
    planned: &Planned,
    common: &Common<'_>,
    interrupt: &Interrupt,
) -> Measured {
    let mut measured = Measured::default();
    let scenario = match search(planned, common, interrupt, &mut measured.dirty).await {
        Ok(it) => it,
        Err(error) => did_not_run(&planned.name, &format!("{error:#}")),
    };
    measured.scenarios.push(scenario);
    measured
}

async fn search(
    planned: &Planned,
    common: &Common<'_>,
    interrupt: &Interrupt,
    dirty: &mut Vec<String>,
) -> anyhow::Result<Scenario> {
    let start = planned.load.and_then(|it| it.per_second);
    let mut rate = start.context("its rate is not known, so that there is none to raise")?;
    let (mut held, mut broken): (Option<Step>, Option<Step>) = (None, None);
    for _ in 0..MOST_STEPS {
        if interrupt.has_come() {
            break;
        }
        let (scenario, others) = run(&at_rate(planned, rate)?, common, interrupt).await?;
        dirty.extend(neighbours(&scenario.name, others, common));
        let step = Step { rate, ending: ending(&scenario, rate), scenario };
        say("breakpoint", step.sentence());
        match step.ending {
            Ending::Held => held = Some(step),
            Ending::Missed(_) | Ending::Saturated(_) => broken = Some(step),
            Ending::NotMeasured(_) => {
                broken = Some(step);
                break;
            }
        }
        match next(held.as_ref().map(|it| it.rate), broken.as_ref().map(|it| it.rate)) {
            Some(it) => rate = it,
            None => break,
        }
    }
    let mut notes: Vec<String> =
        [&held, &broken].into_iter().flatten().map(Step::sentence).collect();
    if broken.is_none() {
        notes.push("a breakpoint was not reached".to_owned());
    }
    let Some(Step { mut scenario, .. }) = held.or(broken) else {
        return Ok(did_not_run(&planned.name, "interrupted before it began"));
    };
    // The step that is told is the scenario of the report, and its folder has that name.
    let [step, told] = [&scenario.name, &planned.name].map(|it| common.folder.join(it));
    let renamed = std::fs::rename(&step, &told);
    renamed.with_context(|| format!("failed to rename `{}`", step.display()))?;
    scenario.name.clone_from(&planned.name);
    scenario.notes.extend(notes.into_iter().map(|it| format!("breakpoint: {it}")));
    Ok(scenario)
}

/// The next rate, or nothing where the breakpoint is known closely enough.
fn next(held: Option<f64>, broken: Option<f64>) -> Option<f64> {
    match (held, broken) {
        (Some(held), None) => Some(held * 2.0),
        (None, Some(broken)) => Some(broken / 2.0).filter(|it| *it >= 1.0),
        (Some(held), Some(broken)) => (broken / held > CLOSE).then(|| (held * broken).sqrt()),
        (None, None) => None,
    }
}

fn ending(scenario: &Scenario, rate: f64) -> Ending {
    let reasons = scenario.reasons.join("; ");
    match scenario.verdict {
        Verdict::Passed => match scenario.throughput {
            Some(it) if it >= rate * ANSWERED => Ending::Held,
            Some(it) => Ending::Missed(format!("{it:.0} calls/s were answered")),
            None => Ending::NotMeasured("how many calls were answered is not known".to_owned()),
        },
        Verdict::Failed => Ending::Missed(reasons),
        _ if scenario.generator_was_measured() => Ending::Saturated(reasons),
        _ => Ending::NotMeasured(reasons),
    }
}

fn per_second(rate: f64) -> String {
    if rate < 10.0 { format!("{rate:.1} calls/s") } else { format!("{rate:.0} calls/s") }
}

/// The same scenario at another rate: with as many users as that takes, or as many iterations.
fn at_rate(planned: &Planned, rate: f64) -> anyhow::Result<Planned> {
    let load = planned.load.context("its load is not known")?;
    let shape = planned.k6_scenario.as_ref().context("it says itself what its load is")?;
    let shape = if shape.is_by_arrival() {
        K6Scenario::arrivals(rate, STEP)
    } else {
        let each = load.per_second.context("its rate is not known")? / f64_of(load.vus);
        K6Scenario::users(rate / each, STEP)
    };
    let mut load = Load { seconds: f64_of(STEP), calls: Some(rate * f64_of(STEP)), ..load };
    load.per_second = Some(rate);
    Ok(Planned {
        name: format!("{}-{rate:.0}", planned.name),
        load: Some(load),
        k6_scenario: Some(shape),
        shape: format!("breakpoint {}", planned.shape),
        ..planned.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_doubled_and_then_narrowed_down() {
        assert_eq!(next(Some(20.0), None), Some(40.0));
        assert_eq!(next(Some(40.0), Some(90.0)), Some(60.0));
        assert_eq!(next(Some(60.0), Some(66.0)), None);
        assert_eq!(next(None, Some(20.0)), Some(10.0));
        assert_eq!(next(None, Some(1.5)), None);
    }

    #[test]
    fn which_of_the_two_was_the_limit_is_told() {
        let mut scenario = Scenario::new("a".to_owned(), Verdict::Passed);
        assert!(matches!(ending(&scenario, 10.0), Ending::NotMeasured(_)));
        scenario.throughput = Some(9.0);
        assert_eq!(ending(&scenario, 10.0), Ending::Held);
        assert!(matches!(ending(&scenario, 10.1), Ending::Missed(_)));
        scenario.verdict = Verdict::Failed;
        assert!(matches!(ending(&scenario, 1.0), Ending::Missed(_)));
        scenario.verdict = Verdict::Invalid;
        assert!(matches!(ending(&scenario, 1.0), Ending::NotMeasured(_)));
        let mut taken = scenario.resources.unwrap_or_default();
        taken.k6_cpu = Some(0.71);
        scenario.resources = Some(taken);
        let ending = ending(&scenario, 1.0);
        assert!(matches!(ending, Ending::Saturated(_)));
        let step = Step { rate: 1.0, ending, scenario };
        assert!(step.sentence().starts_with("at 1.0 calls/s the generator was the limit"));
    }
}
