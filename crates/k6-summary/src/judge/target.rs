//! Targets that are no thresholds of k6's, such as what a server may take of its machine.

use crate::record::run::{Scenario, Target, Verdict};
use crate::summary::threshold::{kept, missed};

impl Scenario {
    /// Holds it to a target by what was measured; a missed one is a reason, and fails what had passed.
    ///
    /// ```
    /// use k6_summary::run::Target;
    /// use k6_summary::{Scenario, Verdict};
    ///
    /// let mut scenario = Scenario::new("soak".to_owned(), Verdict::Passed);
    /// let mut target = Target::new("open files".to_owned(), "<".to_owned(), 100.0);
    /// target.measured = Some(120.0);
    /// scenario.hold_to(target);
    /// assert_eq!(scenario.verdict, Verdict::Failed);
    /// assert_eq!(scenario.reasons, ["open files is 120, the target is < 100"]);
    /// ```
    pub fn hold_to(&mut self, mut target: Target) {
        target.met = target.measured.and_then(|it| kept(it, &target.op, target.limit));
        if target.met == Some(false) {
            self.reasons.extend(missed(&target));
            self.verdict = self.verdict.max(Verdict::Failed);
        }
        self.targets.push(target);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(verdict: Verdict, measured: Option<f64>, met: Option<bool>, expect: Verdict) {
        let mut scenario = Scenario::new("a".to_owned(), verdict);
        let mut target = Target::new("target memory".to_owned(), "<".to_owned(), 512.0);
        (target.unit, target.measured) = (Some("MB".to_owned()), measured);
        scenario.hold_to(target);
        assert_eq!((scenario.verdict, scenario.targets[0].met), (expect, met));
        let reasons: &[&str] = match met {
            Some(false) => &["target memory is 512 MB, the target is < 512 MB"],
            _ => &[],
        };
        assert_eq!(scenario.reasons, reasons);
    }

    #[test]
    fn a_missed_target_fails_only_what_had_passed() {
        check(Verdict::Passed, Some(511.9), Some(true), Verdict::Passed);
        check(Verdict::Passed, Some(512.0), Some(false), Verdict::Failed);
        check(Verdict::Invalid, Some(512.0), Some(false), Verdict::Invalid);
        check(Verdict::Passed, None, None, Verdict::Passed);
    }

    #[test]
    fn an_operator_that_is_not_known_judges_nothing() {
        let mut scenario = Scenario::new("a".to_owned(), Verdict::Passed);
        let mut target = Target::new("users".to_owned(), "~".to_owned(), 1.0);
        target.measured = Some(2.0);
        scenario.hold_to(target);
        assert_eq!((scenario.verdict, scenario.targets[0].met), (Verdict::Passed, None));
    }
}
