//! Two runs on the command line.

use crate::arguments::Compare;
use crate::input::{self, Input};
use crate::output::show;
use anyhow::{bail, ensure};
use k6_summary::Run;
use k6_summary::comparison::{Baseline, Compared};
use std::path::Path;
use std::process::ExitCode;

/// Prints the comparison; an error where no scenario of the two can be compared.
pub(crate) fn compare(args: &Compare) -> anyhow::Result<ExitCode> {
    let one = |file: &Path| input::read(&[file.to_owned()], &args.reading);
    let mut earlier = one(&args.earlier)?.run;
    let Input { run: later, sampled, .. } = one(&args.later)?;
    let of_summary =
        |run: &Run| run.scenarios.len() == 1 && run.scenarios[0].fingerprint.is_empty();
    if of_summary(&earlier) && of_summary(&later) {
        // A lone summary says neither when it was measured nor what it is called.
        earlier.id = args.earlier.display().to_string();
        earlier.started.clone_from(&later.started);
        earlier.scenarios[0].name.clone_from(&later.scenarios[0].name);
    }
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
    show(&later, &comparison, &history, &timelines, (show_as.format, show_as.fail_on))
}
