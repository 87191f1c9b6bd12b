//! Every test there is, or a part: first those that need nothing, then those that need other programs.

use std::iter::once;
use std::process::ExitCode;

use crate::checkout;
use anyhow::bail;
use mcp_loadtest::console::section::section;
use mcp_loadtest::interrupt::Interrupt;

use crate::cargo_test::{Outcome, cargo_test};
use crate::needs::{install, words};

/// Tests that cost much and only run when a flag asks for them.
struct OnRequest {
    flag: &'static str,
    /// Words of their reasons, one of which each of them has and no other test.
    needs: &'static [&'static str],
    /// The module that they are in.
    module: &'static str,
}

const FIREFOX: OnRequest =
    OnRequest { flag: "--firefox", needs: &["firefox"], module: "firefox::" };

const SERVERS: OnRequest = OnRequest {
    flag: "--servers",
    needs: &["keycloak", "spring", "hydra", "django"],
    module: "servers_by_others::",
};

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
    /// Install identity providers that people run (Keycloak, Spring Authorization Server, Ory Hydra, Django OAuth Toolkit) too, and run the tests that sign in at them
    #[arg(long)]
    servers: bool,
}

impl Args {
    fn is_due(&self, package: &str) -> bool {
        self.package.is_empty() || self.package.iter().any(|it| it == package)
    }

    /// What is left out, since its flag was not given.
    fn left_out(&self) -> impl Iterator<Item = OnRequest> {
        let on_request = [(self.firefox, FIREFOX), (self.servers, SERVERS)];
        on_request.into_iter().filter(|(asked_for, _)| !asked_for).map(|(_, it)| it)
    }

    /// The flag without which tests with this reason are left out.
    fn lacks(&self, reason: &str) -> Option<&'static str> {
        let words = words(once(reason));
        let it = self.left_out().find(|it| it.needs.iter().any(|need| words.contains(need)))?;
        Some(it.flag)
    }

    fn needs_are_due(&self, reason: &str) -> bool {
        self.lacks(reason).is_none()
    }

    /// What cargo is told of the packages for which `fits`.
    fn packages(&self, fits: impl Fn(&str) -> bool) -> Vec<&str> {
        let packages = self.package.iter().filter(|it| fits(it));
        packages.flat_map(|it| ["--package", it.as_str()]).collect()
    }
}

pub(crate) async fn run(args: &Args, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let root = checkout::root()?;
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
        let one_by_one = ["--test-threads=1"];
        let of_browsers: &[&str] = if args.firefox { &one_by_one } else { &[] };
        let skipped: Vec<&str> = args.left_out().flat_map(|it| ["--skip", it.module]).collect();
        let ignored = [filter.as_slice(), &["--ignored"], &skipped].concat();
        let others = match everything {
            true => vec!["--workspace", "--exclude", BROWSERS],
            false => args.packages(|it| it != BROWSERS),
        };
        if args.is_due(BROWSERS) {
            let arguments = [&ignored, of_browsers].concat();
            let tests = cargo_test(&root, &["--package", BROWSERS], &arguments, &variables);
            rest.push(interrupt.or(tests).await?);
        }
        if !others.is_empty() {
            let arguments = [ignored.as_slice(), &one_by_one].concat();
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
        let left_out = args.lacks(reason).map(|it| format!("; not run without {it}"));
        let left_out = left_out.unwrap_or_default();
        println!("{count:>5} tests: {reason}{left_out}");
    }
    let with = |what: &str| -> usize {
        let of_these = alone.ignored.iter().filter(|(it, _)| args.needs_are_due(it));
        of_these.filter(|(it, _)| it.contains(what)).map(|(_, count)| count).sum()
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

    const NONE: Args = Args { filter: None, package: Vec::new(), firefox: false, servers: false };

    fn outcome(passed: usize, ignored: &[(&str, usize)]) -> Outcome {
        let ignored: BTreeMap<_, _> =
            ignored.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect();
        Outcome { passed, failed: Vec::new(), ignored, succeeded: true }
    }

    #[test]
    fn a_test_that_was_ignored_and_never_ran_is_an_error() {
        let alone = outcome(3, &[("needs k6", 2)]);
        summarise(&NONE, &alone, &[outcome(1, &[])]).unwrap_err();
    }

    #[test]
    fn tests_that_cost_much_are_only_due_when_they_were_asked_for() {
        let reasons =
            [("needs k6", 1), ("needs firefox", 8), ("needs hydra, a browser and node", 3)];
        let alone = outcome(3, &reasons);
        for (firefox, servers, due) in
            [(false, false, 1), (true, false, 9), (false, true, 4), (true, true, 12)]
        {
            let args = Args { firefox, servers, ..NONE };
            summarise(&args, &alone, &[outcome(due, &[])]).unwrap();
            summarise(&args, &alone, &[outcome(due - 1, &[])]).unwrap_err();
        }
    }

    #[test]
    fn a_filter_that_no_test_passes_is_an_error() {
        let args = Args { filter: Some("x".to_owned()), ..NONE };
        summarise(&args, &outcome(0, &[]), &[]).unwrap_err();
        summarise(&args, &outcome(1, &[]), &[]).unwrap();
    }

    #[test]
    fn what_breaks_before_its_tests_is_an_error_and_a_test_that_fails_is_none() {
        let broken = Outcome { succeeded: false, ..outcome(0, &[]) };
        summarise(&NONE, &broken, &[]).unwrap_err();
        let failed = Outcome { failed: vec!["x".to_owned()], ..broken };
        summarise(&NONE, &failed, &[]).unwrap();
    }
}
