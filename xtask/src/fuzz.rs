//! The fuzz targets of `fuzz/`: text of strangers, mutated by libFuzzer, for a bounded time.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, bail};

use crate::checkout;
use mcp_loadtest::console::section::{elapsing, say};
use mcp_loadtest::interrupt::Interrupt;
use mcp_loadtest::tools::apt;
use mcp_loadtest::tools::child;
use mcp_loadtest::tools::child::on_path;
use mcp_loadtest::tools::install::cache;

/// The cargo-fuzz that builds the targets with libFuzzer's instrumentation on a stable compiler.
const CARGO_FUZZ: &str = "0.13.2";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Names of files in fuzz/fuzz_targets; all of them by default
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// How long each target runs, in seconds
    #[arg(long, value_name = "SECS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

pub(crate) async fn run(args: &Args, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let root = checkout::root()?;
    let all = targets(&root)?;
    if let Some(unknown) = args.targets.iter().find(|it| !all.contains(it)) {
        bail!("there is no fuzz target `{unknown}`; there are: {}", all.join(", "));
    }
    let chosen = if args.targets.is_empty() { &all } else { &args.targets };
    let cargo_fuzz = interrupt.or(cargo_fuzz()).await?;
    for target in chosen {
        interrupt.or(one(&root, &cargo_fuzz, target, args.seconds)).await?;
    }
    Ok(ExitCode::SUCCESS)
}

fn targets(root: &Path) -> anyhow::Result<Vec<String>> {
    let folder = root.join("fuzz/fuzz_targets");
    let files = std::fs::read_dir(&folder)
        .with_context(|| format!("failed to read `{}`", folder.display()))?;
    let mut names: Vec<String> = files
        .filter_map(|it| Some(it.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort_unstable();
    Ok(names)
}

/// One target from its seeds and from what earlier runs found worth keeping, below cargo's target directory.
async fn one(root: &Path, cargo_fuzz: &Path, target: &str, seconds: u64) -> anyhow::Result<()> {
    let built = checkout::target_dir(root).join("fuzz");
    let corpus = built.join("corpus").join(target);
    std::fs::create_dir_all(&corpus)
        .with_context(|| format!("failed to create `{}`", corpus.display()))?;
    say("fuzz", format_args!("{target}, {seconds} s after it is built"));
    let mut fuzz = child::without_secrets(cargo_fuzz);
    fuzz.args(["fuzz", "run", "--sanitizer", "none", "--target-dir"]).arg(&built).arg(target);
    fuzz.arg(&corpus).arg(root.join("fuzz/seeds").join(target));
    fuzz.args(["--", "-timeout=10", "-rss_limit_mb=2048", "-verbosity=0"]);
    fuzz.arg(format!("-max_total_time={seconds}"));
    fuzz.env("RUST_BACKTRACE", "0").current_dir(root).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = elapsing("fuzz", target, child::output("cargo fuzz", &mut fuzz)).await?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = words.lines().collect();
        for line in &lines[lines.len().saturating_sub(40)..] {
            say("fuzz", line);
        }
        bail!("fuzz target {target} failed ({}); its last words are above", output.status);
    }
    Ok(())
}

/// cargo-fuzz in the tool cache, put there once; what crates.io says of its contents is the check.
async fn cargo_fuzz() -> anyhow::Result<PathBuf> {
    if on_path("c++").is_none() {
        apt::install("fuzz", &["g++"]).await.context("libFuzzer needs a C++ compiler")?;
    }
    let home = cache()?.join(format!("cargo-fuzz-{CARGO_FUZZ}"));
    let program = home.join("bin/cargo-fuzz");
    if program.exists() {
        return Ok(program);
    }
    say("fuzz", format_args!("building cargo-fuzz {CARGO_FUZZ}; this takes half a minute or so"));
    let mut install = checkout::cargo();
    install.args(["install", "cargo-fuzz", "--locked", "--version", CARGO_FUZZ, "--root"]);
    install.arg(&home);
    let work = child::run("cargo install cargo-fuzz", &mut install);
    elapsing("fuzz", "building cargo-fuzz", work).await?;
    Ok(program)
}
