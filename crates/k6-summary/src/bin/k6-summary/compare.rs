//! Two runs on the command line.

use crate::arguments::{Compare, Judging};
use crate::input::{self, Input};
use crate::output::show;
use anyhow::{bail, ensure};
use k6_summary::Run;
use k6_summary::comparison::{Baseline, Compared};
use std::path::Path;
use std::process::ExitCode;

const SAME: &str = "Both have the same figures to the last bit: it is one measurement, not two.";

fn is_same(earlier: &Run, later: &Run) -> bool {
    let source = |it: &Run| it.scenarios.iter().map(|it| it.source.clone()).collect::<Vec<_>>();
    source(earlier) == source(later) && source(later).iter().all(Option::is_some)
}

/// Prints the comparison; an error where no scenario of the two can be compared.
pub(crate) fn compare(args: &Compare) -> anyhow::Result<ExitCode> {
    let one = |file: &Path| input::read(&[file.to_owned()], &args.reading, &Judging::default());
    let mut earlier = one(&args.earlier)?.run;
    let Input { run: later, sampled, .. } = one(&args.later)?;
    let of_summary =
        |run: &Run| run.scenarios.len() == 1 && run.scenarios[0].fingerprint.is_empty();
    if of_summary(&earlier) && of_summary(&later) {
        // A lone summary does not say what it is called, and its file may have got its date since.
        earlier.id = args.earlier.display().to_string();
        earlier.scenarios[0].name.clone_from(&later.scenarios[0].name);
        if earlier.started > later.started {
            earlier.started.clear();
        }
    }
    let same = is_same(&earlier, &later);
    // Who names both wants to see both.
    earlier.scenarios.iter_mut().for_each(|it| it.source = None);
    ensure!(earlier.id != later.id, "both are the run {}", later.id);
    ensure!(
        earlier.started <= later.started,
        "{} is later than {}; the earlier run comes first",
        args.earlier.display(),
        args.later.display()
    );
    let (history, show_as) = ([earlier], &args.show);
    let comparison = k6_summary::compare(&later, &history, show_as.tolerance());
    let compared = |it: &Compared| matches!(it.baseline, Baseline::Run { .. });
    if !comparison.scenarios.iter().any(compared) {
        let why = comparison.scenarios.iter().map(|it| format!("{}: {}", it.name, it.baseline));
        bail!("the runs are not comparable; {}", why.collect::<Vec<_>>().join("; "));
    }
    let timelines = input::timelines(&sampled, &args.reading, show_as.format)?;
    let notices = if same { &[SAME][..] } else { &[] };
    show(&later, &comparison, &history, &timelines, (show_as.format, show_as.fail_on), notices)
}
