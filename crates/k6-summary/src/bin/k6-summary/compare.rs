//! Two runs on the command line.

use crate::arguments::Compare;
use crate::input;
use crate::output::show;
use anyhow::{bail, ensure};
use k6_summary::Run;
use k6_summary::comparison::{Baseline, Compared};
use std::path::Path;
use std::process::ExitCode;

/// Prints the comparison; an error where no scenario of the two can be compared.
pub(crate) fn compare(args: &Compare) -> anyhow::Result<ExitCode> {
    let one =
        |file: &Path| Ok::<_, anyhow::Error>(input::read(&[file.to_owned()], &args.reading)?.run);
    let (mut earlier, later) = (one(&args.earlier)?, one(&args.later)?);
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
    let (history, args) = ([earlier], &args.show);
    let comparison = k6_summary::compare(&later, &history, args.tolerance());
    let compared = |it: &Compared| matches!(it.baseline, Baseline::Run { .. });
    if !comparison.scenarios.iter().any(compared) {
        let why = comparison.scenarios.iter().map(|it| format!("{}: {}", it.name, it.baseline));
        bail!("the runs are not comparable; {}", why.collect::<Vec<_>>().join("; "));
    }
    show(&later, &comparison, &history, &[], (args.format, args.fail_on))
}
