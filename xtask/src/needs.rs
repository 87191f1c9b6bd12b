//! What tests say that they need, found or installed.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use mcp_loadtest::console::section::{elapsing, say};
use mcp_loadtest::environment::search_path;
use mcp_loadtest::tools::child::{self, on_path, run as quietly};
use mcp_loadtest::tools::install::{self, cache};
use mcp_loadtest::tools::{apt, browser, k6};

use crate::checkout;
use crate::identity_providers::{fingerprint, hydra, keycloak, spring};

/// The crate whose tests run our own programs as their users do.
const WHOLE: &str = "mcp-loadtest";

/// Folders of `eval/interop` that npm fills, with the crate whose tests need them.
const NODE: [(&str, &str); 8] = [
    ("browser-consent", "axe"),
    ("gh-comment", "github"),
    ("mcp-target", "conformance"),
    (WHOLE, "axe"),
    (WHOLE, "better-auth"),
    (WHOLE, "conformance"),
    (WHOLE, "lint"),
    (WHOLE, "typescript"),
];

/// Single words such as `k6`, out of reasons such as `needs k6, a browser and node`.
pub(crate) fn words<'a>(reasons: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let words = reasons.flat_map(|it| it.split([' ', ',']));
    words.filter(|it| !["", "needs", "a", "and"].contains(it)).collect()
}

/// Installs what `needs` names, for the tests of the crates that are `due`, and returns the variables by which they find it.
pub(crate) async fn install(
    needs: &BTreeSet<&str>,
    is_due: impl Fn(&str) -> bool,
    root: &Path,
) -> anyhow::Result<Vec<(&'static str, OsString)>> {
    let mut variables = Vec::new();
    let mut folders = Vec::new();
    if needs.contains("k6") {
        for (name, k6) in [("K6", k6::pinned_k6().await?), ("K6_1_1", k6::k6_1_1().await?)] {
            say("k6", &k6);
            variables.push((name, k6.program.into_os_string()));
        }
    }
    if needs.contains("browser") {
        say("browser", browser::driver().await?.program.display());
    }
    if needs.contains("firefox") {
        let geckodriver = browser::firefox().await?;
        say("browser", geckodriver.join("geckodriver").display());
        folders.push(geckodriver);
    }
    if needs.contains("gh") && on_path("gh").is_none() {
        apt::install("gh", &["gh"]).await?;
    }
    if needs.contains("wrk") && on_path("wrk").is_none() {
        apt::install("wrk", &["wrk"]).await?;
    }
    if needs.contains("redis") && on_path("redis-server").is_none() {
        folders.push(redis().await?);
    }
    let interop = root.join("eval/interop");
    if needs.contains("node") {
        for (_, folder) in NODE.iter().filter(|(package, _)| is_due(package)) {
            node_modules(&interop.join(folder)).await?;
        }
    }
    for (need, variable, folder) in
        [("python", "FASTMCP_PYTHON", "fastmcp"), ("django", "DJANGO_PYTHON", "django")]
    {
        if needs.contains(need) {
            let python = python(&interop.join(folder).join("requirements.txt")).await?;
            variables.push((variable, python.into_os_string()));
        }
    }
    if needs.contains("keycloak") {
        variables.push(("KEYCLOAK", keycloak().await?.into_os_string()));
    }
    if needs.contains("spring") {
        variables.push(("SPRING", spring(&interop.join("spring")).await?.into_os_string()));
    }
    if needs.contains("hydra") {
        variables.push(("HYDRA", hydra(&interop.join("hydra")).await?.into_os_string()));
    }
    // Packages that are there already are tested as they are.
    let to_pack = needs.contains("programs") && std::env::var_os("DIST").is_none();
    if to_pack || (is_due(WHOLE) && !needs.is_empty()) {
        let programs = programs().await?;
        variables.push(("PROGRAMS", programs.clone().into_os_string()));
        folders.insert(0, programs);
    }
    variables.push(("PATH", before_path(folders)?));
    Ok(variables)
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
    let mut npm = child::configured(npm, install::NODE);
    npm.args(["ci", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund"]);
    quietly("npm ci", npm.current_dir(folder)).await
}

/// A folder in the tool cache with a `redis-server`.
///
/// Debian's package of that name starts a service. The program itself is in the package of tools, which starts none: it is
/// the one that checks a database, and serves when it is called so.
async fn redis() -> anyhow::Result<PathBuf> {
    const SAME_PROGRAM: &str = "redis-check-rdb";
    if on_path(SAME_PROGRAM).is_none() {
        apt::install("redis", &["redis-tools"]).await?;
    }
    let program = on_path(SAME_PROGRAM).context("redis-tools came without its programs")?;
    let folder = cache()?.join("redis");
    let link = folder.join("redis-server");
    if !link.exists() {
        let failed = || format!("failed to write `{}`", link.display());
        std::fs::create_dir_all(&folder).with_context(failed)?;
        std::os::unix::fs::symlink(program, &link).with_context(failed)?;
    }
    Ok(folder)
}

/// A Python in the tool cache with the packages that `requirements` pins, put there once for each text of that file.
async fn python(requirements: &Path) -> anyhow::Result<PathBuf> {
    let home = cache()?.join(format!("python-{}", fingerprint(&[requirements])?));
    let (python, complete) = (home.join("bin/python"), home.join("complete"));
    if complete.exists() {
        return Ok(python);
    }
    say("python", format_args!("installing the packages of {} with pip", requirements.display()));
    let mut venv = child::configured("python3", install::PYTHON);
    quietly("python3 -m venv", venv.args(["-m", "venv", "--clear"]).arg(&home)).await?;
    let mut pip = child::configured(&python, install::PYTHON);
    pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements);
    elapsing("python", "installing", quietly("pip install", &mut pip)).await?;
    std::fs::write(&complete, "")
        .with_context(|| format!("failed to write `{}`", complete.display()))?;
    Ok(python)
}

/// Builds the programs that tests run as their users do, with the profile of this one, and returns their folder.
///
/// All of them in one build, which shares with that of this program what they are made of.
async fn programs() -> anyhow::Result<PathBuf> {
    say("programs", "building those of every crate");
    let mut build = checkout::cargo();
    build.args(["build", "--locked", "--workspace", "--bins"]);
    if !child::output("cargo", &mut build).await?.status.success() {
        bail!("failed to build them; cargo says why above");
    }
    let here = std::env::current_exe().context("failed to find this program")?;
    Ok(here.parent().expect("a file lies in a folder").to_owned())
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
    fn a_reason_names_each_program_by_a_word() {
        let reasons = ["needs k6, a browser and node", "needs gh", "needs k6"];
        assert_eq!(Vec::from_iter(words(reasons.into_iter())), ["browser", "gh", "k6", "node"]);
    }
}
