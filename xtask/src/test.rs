//! Every test there is, or a part: first those that need nothing, then those that need other programs.

use std::iter::once;
use std::process::ExitCode;

use anyhow::bail;
use mcp_loadtest::console::section::section;
use mcp_loadtest::interrupt::Interrupt;
use mcp_loadtest::project;

use crate::cargo_test::{Outcome, cargo_test};
use crate::needs::{install, words};

/// What the tests say that only `--firefox` runs, and the module that they are in.
const NEEDS_FIREFOX: &str = "needs firefox";
const FIREFOX_TESTS: &str = "firefox::";

/// The package whose tests are about browsers and nothing else.
const BROWSERS: &str = "browser-consent";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Part of the names of the tests to run [default: all of them]
    #[arg(value_name = "FILTER")]
    filter: Option<String>,
    /// Crate whose tests are run, and no other; may be given more than once
    #[arg(short, long, value_name = "CRATE")]
    package: Vec<String>,
    /// Install Firefox and geckodriver too, and run the tests that need them
    #[arg(long)]
    firefox: bool,
}

impl Args {
    fn is_due(&self, package: &str) -> bool {
        self.package.is_empty() || self.package.iter().any(|it| it == package)
    }

    fn needs_are_due(&self, reason: &str) -> bool {
        self.firefox || reason != NEEDS_FIREFOX
    }

    /// What cargo is told of the packages for which `fits`.
    fn packages(&self, fits: impl Fn(&str) -> bool) -> Vec<&str> {
        let packages = self.package.iter().filter(|it| fits(it));
        packages.flat_map(|it| ["--package", it.as_str()]).collect()
    }
}

pub(crate) async fn run(args: &Args, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let root = project::root()?;
    let everything = args.package.is_empty();
    let all = if everything { vec!["--workspace"] } else { args.packages(|_| true) };
    let filter: Vec<&str> = args.filter.as_deref().into_iter().collect();
    let alone = interrupt.or(cargo_test(&root, &all, &filter, &[])).await?;

    let reasons = alone.ignored.keys().map(String::as_str).filter(|it| args.needs_are_due(it));
    let needs = words(reasons);
    let mut rest = Vec::new();
    if !needs.is_empty() {
        let setup = section("setup");
        let variables = interrupt.or(install(&needs, |it| args.is_due(it), &root)).await?;
        drop(setup);
        // One at a time: what load measures would be the others. Chromium on pages of its own measures nothing.
        let one_by_one = ["--ignored", "--test-threads=1"];
        let chromium = ["--ignored", "--skip", FIREFOX_TESTS];
        let of_browsers: &[&str] = if args.firefox { &one_by_one } else { &chromium };
        let others = match everything {
            true => vec!["--workspace", "--exclude", BROWSERS],
            false => args.packages(|it| it != BROWSERS),
        };
        if args.is_due(BROWSERS) {
            let arguments = [&filter, of_browsers].concat();
            let tests = cargo_test(&root, &["--package", BROWSERS], &arguments, &variables);
            rest.push(interrupt.or(tests).await?);
        }
        if !others.is_empty() {
            let arguments = [filter.as_slice(), &one_by_one].concat();
            rest.push(interrupt.or(cargo_test(&root, &others, &arguments, &variables)).await?);
        }
    }
    summarise(args, &alone, &rest)
}

/// Says how many tests ran, with what, and which failed; the code is 0 only if each of them ran and passed.
#[expect(clippy::print_stdout, reason = "the count is what this program is run for")]
fn summarise(args: &Args, alone: &Outcome, rest: &[Outcome]) -> anyhow::Result<ExitCode> {
    let due = alone.ignored.iter().filter(|(reason, _)| args.needs_are_due(reason));
    let ignored: usize = due.map(|(_, count)| count).sum();
    let ran: usize = rest.iter().map(Outcome::ran).sum();
    let all = || once(alone).chain(rest);
    let passed: usize = all().map(|it| it.passed).sum();
    let failed: Vec<&String> = all().flat_map(|it| &it.failed).collect();
    println!();
    println!("{:>5} tests that need no other program", alone.ran());
    for (reason, count) in &alone.ignored {
        let left_out = if args.needs_are_due(reason) { "" } else { "; not run without --firefox" };
        println!("{count:>5} tests: {reason}{left_out}");
    }
    let with = |what: &str| -> usize {
        alone.ignored.iter().filter(|(it, _)| it.contains(what)).map(|(_, count)| count).sum()
    };
    if !alone.ignored.is_empty() {
        let (browser, k6) = (with("browser"), with("k6"));
        println!("{browser:>5} of them with a real browser, {k6} with a real k6");
    }
    println!("{passed} passed, {} failed", failed.len());
    for it in &failed {
        println!("  failed: {it}");
    }
    if !all().all(|it| it.succeeded) {
        if failed.is_empty() {
            bail!("cargo test failed, but no test did; its own words are above");
        }
        return Ok(ExitCode::FAILURE);
    }
    if ran != ignored {
        bail!("{ignored} tests were ignored at first, but {ran} of them ran afterwards");
    }
    match &args.filter {
        Some(it) if passed == 0 => bail!("no test that runs has `{it}` in its name"),
        _ => Ok(ExitCode::SUCCESS),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn args(firefox: bool) -> Args {
        Args { filter: None, package: Vec::new(), firefox }
    }

    fn outcome(passed: usize, ignored: &[(&str, usize)]) -> Outcome {
        let ignored: BTreeMap<_, _> =
            ignored.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect();
        Outcome { passed, failed: Vec::new(), ignored, succeeded: true }
    }

    #[test]
    fn a_test_that_was_ignored_and_never_ran_is_an_error() {
        let alone = outcome(3, &[("needs k6", 2)]);
        summarise(&args(false), &alone, &[outcome(1, &[])]).unwrap_err();
    }

    #[test]
    fn tests_that_need_firefox_are_only_due_when_it_was_asked_for() {
        let alone = outcome(3, &[("needs k6", 1), (NEEDS_FIREFOX, 8)]);
        summarise(&args(false), &alone, &[outcome(1, &[])]).unwrap();
        summarise(&args(true), &alone, &[outcome(1, &[])]).unwrap_err();
        summarise(&args(true), &alone, &[outcome(9, &[])]).unwrap();
    }

    #[test]
    fn a_filter_that_no_test_passes_is_an_error() {
        let args = Args { filter: Some("x".to_owned()), ..args(false) };
        summarise(&args, &outcome(0, &[]), &[]).unwrap_err();
        summarise(&args, &outcome(1, &[]), &[]).unwrap();
    }

    #[test]
    fn what_breaks_before_its_tests_is_an_error_and_a_test_that_fails_is_none() {
        let broken = Outcome { succeeded: false, ..outcome(0, &[]) };
        summarise(&args(false), &broken, &[]).unwrap_err();
        let failed = Outcome { failed: vec!["x".to_owned()], ..broken };
        summarise(&args(false), &failed, &[]).unwrap();
    }
}
