//! Every test there is: first those that need nothing, then those that need what `setup` installs.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use mcp_loadtest::console::section::{elapsing, say, section};
use mcp_loadtest::environment::{cargo, search_path};
use mcp_loadtest::interrupt::Interrupt;
use mcp_loadtest::project;
use mcp_loadtest::tools::child::{self, Child, on_path, run as quietly};
use mcp_loadtest::tools::install::cache;
use mcp_loadtest::tools::{apt, browser, k6, target};

/// What the tests say that only `--firefox` runs, and the module that they are in.
const NEEDS_FIREFOX: &str = "needs firefox";
const FIREFOX_TESTS: &str = "firefox::";
/// The package whose tests are about browsers and nothing else.
const BROWSERS: &str = "browser-consent";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Install Firefox and geckodriver too, and run the tests that need them
    #[arg(long)]
    firefox: bool,
}

/// What one `cargo test` said.
#[derive(Debug, Default)]
struct Told {
    passed: usize,
    failed: usize,
    /// Ignored tests by what they need.
    ignored: BTreeMap<String, usize>,
    succeeded: bool,
}

pub(crate) async fn run(args: &Args, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let root = project::root()?;
    let setup = section("setup");
    let current = interrupt.or(k6::pinned_k6(&root)).await?;
    say("k6", &current);
    let k6_1_1 = interrupt.or(k6::k6_1_1()).await?;
    say("k6", &k6_1_1);
    let driver = interrupt.or(browser::driver()).await?;
    say("browser", driver.program.display());
    if on_path("gh").is_none() {
        interrupt.or(apt::install("gh", &["gh"])).await?;
    }
    let interop = root.join("eval/interop");
    for folder in ["better-auth", "conformance", "github"] {
        interrupt.or(node_modules(&interop.join(folder))).await?;
    }
    let python = interrupt.or(python(&interop.join("fastmcp/requirements.txt"))).await?;
    let target = interrupt.or(target::build()).await?;
    interrupt.or(programs()).await?;
    let mut folders = vec![target.parent().expect("a file lies in a folder").to_owned()];
    if args.firefox {
        let geckodriver = interrupt.or(browser::firefox()).await?;
        say("browser", geckodriver.join("geckodriver").display());
        folders.push(geckodriver);
    }
    let path = before_path(folders)?;
    drop(setup);

    let alone = cargo_test(&root, &["--workspace"], &[], &[]);
    let alone = interrupt.or(alone).await?;
    let environment = [
        ("K6", current.program.as_os_str()),
        ("K6_1_1", k6_1_1.program.as_os_str()),
        ("FASTMCP_PYTHON", python.as_os_str()),
        ("PATH", &path),
    ];
    // One at a time: what load measures would be the others. Chromium on pages of its own measures nothing.
    let one_by_one = ["--ignored", "--test-threads=1"];
    let (browsers, others) = (["--package", BROWSERS], ["--workspace", "--exclude", BROWSERS]);
    let chromium = ["--ignored", "--skip", FIREFOX_TESTS];
    let of_browsers: &[&str] = if args.firefox { &one_by_one } else { &chromium };
    let with_browser = cargo_test(&root, &browsers, of_browsers, &environment);
    let with_browser = interrupt.or(with_browser).await?;
    let with_programs = cargo_test(&root, &others, &one_by_one, &environment);
    let with_programs = interrupt.or(with_programs).await?;

    summarise(&alone, &[with_browser, with_programs], args.firefox)
}

/// Says how many tests ran and with what; the code is 0 only if each of them ran and passed.
#[expect(clippy::print_stdout, reason = "the count is what this program is run for")]
fn summarise(alone: &Told, rest: &[Told], firefox: bool) -> anyhow::Result<ExitCode> {
    let is_due = |needs: &str| firefox || needs != NEEDS_FIREFOX;
    let due = alone.ignored.iter().filter(|(needs, _)| is_due(needs));
    let ignored: usize = due.map(|(_, count)| count).sum();
    let passed: usize = rest.iter().map(|it| it.passed).sum();
    let failed: usize = rest.iter().map(|it| it.failed).sum();
    let succeeded = alone.succeeded && rest.iter().all(|it| it.succeeded);
    let ran = passed + failed;
    println!();
    println!("{:>5} tests that need no other program", alone.passed + alone.failed);
    for (needs, count) in &alone.ignored {
        let left_out = if is_due(needs) { "" } else { "; not run without --firefox" };
        println!("{count:>5} tests: {needs}{left_out}");
    }
    let with = |what: &str| -> usize {
        alone.ignored.iter().filter(|(it, _)| it.contains(what)).map(|(_, count)| count).sum()
    };
    println!("{:>5} of them with a real browser, {} with a real k6", with("browser"), with("k6"));
    println!("{} passed, {} failed", alone.passed + passed, alone.failed + failed);
    if succeeded && ran != ignored {
        bail!("{ignored} tests were ignored at first, but {ran} of them ran afterwards");
    }
    Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Passes `cargo test`'s own words through and counts them.
#[expect(clippy::print_stdout, reason = "cargo's output goes where cargo puts it")]
async fn cargo_test(
    root: &Path,
    packages: &[&str],
    arguments: &[&str],
    environment: &[(&str, &OsStr)],
) -> anyhow::Result<Told> {
    let _section =
        section(if arguments.is_empty() { "cargo test" } else { "cargo test --ignored" });
    let mut command = child::command(cargo());
    command.args(["test", "--locked", "--no-fail-fast"]).args(packages).arg("--").args(arguments);
    command.envs(environment.iter().copied()).current_dir(root);
    // What this run was given must not reach the tests.
    for name in [
        "LOADTEST_EMAIL",
        "LOADTEST_PASSWORD",
        "LOADTEST_BEARER",
        "LOADTEST_HMAC_KEY",
        "GITHUB_STEP_SUMMARY",
    ] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = Child::spawn("cargo test", &mut command)?;
    let stdout = child.inner().stdout.take().expect("stdout was asked to be a pipe");
    let mut lines = BufReader::new(stdout).lines();
    let mut told = Told::default();
    while let Some(line) = lines.next_line().await.context("failed to read cargo's output")? {
        println!("{line}");
        told.hear(&line);
    }
    told.succeeded = child.wait().await?.success();
    Ok(told)
}

impl Told {
    fn hear(&mut self, line: &str) {
        let Some(test) = line.strip_prefix("test ") else { return };
        let Some((_, outcome)) = test.rsplit_once(" ... ") else { return };
        match outcome {
            "ok" => self.passed += 1,
            "FAILED" => self.failed += 1,
            _ => {
                if let Some(needs) = outcome.strip_prefix("ignored, ") {
                    *self.ignored.entry(needs.to_owned()).or_default() += 1;
                }
            }
        }
    }
}

/// Installs what a lock file pins, once.
async fn node_modules(folder: &Path) -> anyhow::Result<()> {
    let installed = folder.join("node_modules/.package-lock.json");
    let newer = |a: &Path, b: &Path| {
        Some(a.metadata().ok()?.modified().ok()? >= b.metadata().ok()?.modified().ok()?)
    };
    if newer(&installed, &folder.join("package-lock.json")) == Some(true) {
        return Ok(());
    }
    let npm = on_path("npm").context("no npm on PATH; install Node.js 20 or newer")?;
    say("node", format_args!("installing the packages of {} with npm", folder.display()));
    let mut npm = child::command(npm);
    npm.args(["ci", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund"]);
    quietly("npm ci", npm.current_dir(folder)).await
}

/// A Python in the tool cache with the packages that `requirements` pins, put there once for each text of that file.
async fn python(requirements: &Path) -> anyhow::Result<PathBuf> {
    let text = std::fs::read(requirements)
        .with_context(|| format!("failed to read `{}`", requirements.display()))?;
    let text: String = Sha256::digest(text).iter().map(|it| format!("{it:02x}")).collect();
    let home = cache()?.join(format!("python-{}", &text[..16]));
    let (python, complete) = (home.join("bin/python"), home.join("complete"));
    if complete.exists() {
        return Ok(python);
    }
    say("python", format_args!("installing the packages of {} with pip", requirements.display()));
    let mut venv = child::command("python3");
    quietly("python3 -m venv", venv.args(["-m", "venv", "--clear"]).arg(&home)).await?;
    let mut pip = child::command(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements);
    elapsing("python", "installing", quietly("pip install", &mut pip)).await?;
    std::fs::write(&complete, "")
        .with_context(|| format!("failed to write `{}`", complete.display()))?;
    Ok(python)
}

/// Builds the programs that tests run as their users do, beside the target.
async fn programs() -> anyhow::Result<()> {
    say("programs", "building oauth-loopback and browser-consent (release)");
    let mut build = child::command(cargo());
    build.args(["build", "--release", "--locked"]);
    build.args(["--package", "oauth-loopback", "--package", "browser-consent"]);
    if !child::output("cargo", &mut build).await?.status.success() {
        bail!("failed to build them; cargo says why above");
    }
    Ok(())
}

/// `PATH` with folders of ours before all others.
fn before_path(folders: Vec<PathBuf>) -> anyhow::Result<OsString> {
    let path = search_path();
    let folders = folders.into_iter().chain(std::env::split_paths(&path));
    std::env::join_paths(folders).context("a folder of ours cannot stand in PATH")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_says_is_counted() {
        let mut told = Told::default();
        for line in [
            "running 5 tests",
            "test a ... ok",
            "test tests::b ... FAILED",
            "test c ... ignored, needs k6",
            "test d ... ignored, needs k6 and a browser",
            "test src/lib.rs - (line 3) - compile ... ok",
            "test result: FAILED. 2 passed; 1 failed; 2 ignored",
        ] {
            told.hear(line);
        }
        assert_eq!((told.passed, told.failed), (2, 1));
        assert_eq!(told.ignored["needs k6"], 1);
        assert_eq!(told.ignored["needs k6 and a browser"], 1);
    }

    #[test]
    fn a_test_that_was_ignored_and_never_ran_is_an_error() {
        let ignored = BTreeMap::from([("needs k6".to_owned(), 2)]);
        let alone = Told { passed: 3, failed: 0, ignored, succeeded: true };
        let rest = Told { passed: 1, failed: 0, ignored: BTreeMap::new(), succeeded: true };
        summarise(&alone, &[rest], false).unwrap_err();
    }

    #[test]
    fn tests_that_need_firefox_are_only_due_when_it_was_asked_for() {
        let ignored = BTreeMap::from([("needs k6".to_owned(), 1), (NEEDS_FIREFOX.to_owned(), 8)]);
        let alone = Told { passed: 3, failed: 0, ignored, succeeded: true };
        let rest = |passed| {
            let ignored = BTreeMap::new();
            [Told { passed, failed: 0, ignored, succeeded: true }]
        };
        summarise(&alone, &rest(1), false).unwrap();
        summarise(&alone, &rest(1), true).unwrap_err();
        summarise(&alone, &rest(9), true).unwrap();
    }
}
