//! The programs, built as they are released.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use mcp_loadtest::console::section::{elapsing, say, section};
use mcp_loadtest::tools::child::{self, on_path};
use mcp_loadtest::tools::{apt, install};

use crate::checkout;
use crate::dist::platform::Platform;

/// Those of a release, each in a crate of its name.
pub(crate) const PROGRAMS: [&str; 6] =
    ["browser-consent", "gh-comment", "k6-summary", "mcp-loadtest", "mcp-target", "oauth-loopback"];

/// Builds them for a platform and returns their folder.
pub(crate) async fn programs(root: &Path, platform: &Platform) -> anyhow::Result<PathBuf> {
    let _section = section("build");
    let triple = platform.triple;
    let mut build = checkout::cargo();
    build.args(["build", "--release", "--locked", "--target", triple]).current_dir(root);
    build.args(PROGRAMS.iter().flat_map(|it| ["--package", it]));
    standard_library(triple).await?;
    if platform.is_static() {
        c_compiler().await?;
        build.env(format!("CC_{}", triple.replace('-', "_")), "musl-gcc");
    }
    build.env("CARGO_ENCODED_RUSTFLAGS", flags(root)?);
    let names = PROGRAMS.join(", ");
    say("build", format_args!("{names} for {triple}; some minutes where nothing is built yet"));
    if !child::output("cargo build", &mut build).await?.status.success() {
        bail!("failed to build the programs for {triple}; cargo says why above");
    }
    Ok(checkout::target_dir(root).join(triple).join("release"))
}

/// Installs Rust's standard library for a platform, where it is not there.
async fn standard_library(triple: &str) -> anyhow::Result<()> {
    let mut rustc = child::configured("rustc", install::CARGO);
    rustc.args(["--print", "target-libdir", "--target", triple]).stdout(Stdio::piped());
    let output = child::output("rustc", &mut rustc).await?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && folder.is_dir() {
        return Ok(());
    }
    let what = format!("the standard library for {triple}");
    say("rust", format_args!("installing {what} with rustup"));
    let mut rustup = child::configured("rustup", install::CARGO);
    rustup.args(["target", "add", triple]);
    let added = elapsing("rust", "installing", child::run("rustup target add", &mut rustup)).await;
    added.with_context(|| {
        let here = Platform::built_here().map_or("", |it| it.triple);
        format!(
            "{what} is not installed; name a platform whose library is, such as --target {here}"
        )
    })
}

/// What compiles the cryptography and SQLite for musl.
async fn c_compiler() -> anyhow::Result<()> {
    if on_path("musl-gcc").is_none() {
        apt::install("musl", &["musl-tools"]).await?;
    }
    Ok(())
}

/// The flags of rustc that are set anyway, and those by which a program does not hold where it was built.
fn flags(root: &Path) -> anyhow::Result<OsString> {
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let cargo_home = cargo_home.context("no home folder; set CARGO_HOME")?;
    let set = std::env::var("RUSTFLAGS").unwrap_or_default();
    let mut flags: Vec<String> = set.split_whitespace().map(str::to_owned).collect();
    for (folder, name) in [(cargo_home.as_path(), "/cargo"), (root, "/mcp-loadtest")] {
        flags.push(format!("--remap-path-prefix={}={name}", folder.display()));
    }
    Ok(flags.join("\u{1f}").into())
}
