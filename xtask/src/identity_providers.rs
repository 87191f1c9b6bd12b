//! Identity providers that people run, put into the tool cache: whole or not at all, pinned and checked.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use mcp_loadtest::console::section::{elapsing, say};
use mcp_loadtest::tools::apt;
use mcp_loadtest::tools::child::{self, on_path, run as quietly};
use mcp_loadtest::tools::install::{GO, PYTHON, cache, check_sha256, scratch};
use sha2::{Digest as _, Sha256};
use tokio::process::Command;

const KEYCLOAK: &str = "26.4.5";

/// sha256 of its distribution, which is a zip.
const KEYCLOAK_ZIP: &str = "72f73642a2c36de797d51b4b2b342d4a49f6e5832af10aa470cd123627bd80b3";

/// How the names of the variables begin that tell Maven and Java where they are and get things from.
const JAVA: &[&str] = &["MAVEN_", "JAVA_", "JDK_"];

/// The plugin of Maven that fetches what it is told.
const FETCH: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/// Keycloak's folder, built for a database in memory, as `start --optimized` wants it.
pub(crate) async fn keycloak() -> anyhow::Result<PathBuf> {
    java().await?;
    let home = cache()?.join(format!("keycloak-{KEYCLOAK}"));
    if home.exists() {
        return Ok(home);
    }
    say("keycloak", format_args!("installing {KEYCLOAK} with Maven"));
    let scratch = scratch(&home)?;
    let distribution = format!("org.keycloak:keycloak-quarkus-dist:{KEYCLOAK}:zip");
    let mut fetch = mvn("copy", scratch.path());
    fetch.arg(format!("-Dartifact={distribution}")).current_dir(scratch.path());
    elapsing("keycloak", "downloading", quietly("mvn", &mut fetch)).await?;
    let zip = scratch.path().join(format!("keycloak-quarkus-dist-{KEYCLOAK}.zip"));
    check_sha256(&zip, KEYCLOAK_ZIP)?;
    let mut unzip = child::configured("python3", PYTHON);
    unzip.args(["-m", "zipfile", "-e"]).arg(zip).arg(scratch.path());
    quietly("unpacking Keycloak", &mut unzip).await?;
    let unpacked = scratch.path().join(format!("keycloak-{KEYCLOAK}"));
    let mut build = child::configured("bash", JAVA);
    build.args(["bin/kc.sh", "build", "--db=dev-mem"]).current_dir(&unpacked);
    elapsing("keycloak", "building", quietly("kc.sh build", &mut build)).await?;
    put(&unpacked, &home)
}

/// A folder with the classes of `Server.java` in `folder`, and below `lib` all that they need.
pub(crate) async fn spring(folder: &Path) -> anyhow::Result<PathBuf> {
    java().await?;
    let [pom, sums, server] =
        ["pom.xml", "sha256sums.txt", "Server.java"].map(|it| folder.join(it));
    let home = cache()?.join(format!("spring-{}", fingerprint(&[&pom, &sums, &server])?));
    if home.exists() {
        return Ok(home);
    }
    say("spring", "installing Spring Authorization Server with Maven");
    let scratch = scratch(&home)?;
    let built = scratch.path().join("spring");
    let lib = built.join("lib");
    let mut fetch = mvn("copy-dependencies", &lib);
    fetch.args(["-DincludeScope=runtime", "--file"]).arg(&pom).current_dir(scratch.path());
    elapsing("spring", "downloading", quietly("mvn", &mut fetch)).await?;
    check_all(&lib, &sums)?;
    let mut javac = child::configured("javac", JAVA);
    javac.arg("-d").arg(&built).arg("-cp").arg(lib.join("*")).arg(&server);
    quietly("javac", &mut javac).await?;
    put(&built, &home)
}

/// The program that the module in `module` pins; its `go.sum` is the check.
pub(crate) async fn hydra(module: &Path) -> anyhow::Result<PathBuf> {
    let pins = ["go.mod", "go.sum"].map(|it| module.join(it));
    let home = cache()?.join(format!("hydra-{}", fingerprint(&[&pins[0], &pins[1]])?));
    let program = home.join("hydra");
    if program.exists() {
        return Ok(program);
    }
    let go =
        on_path("go").context("no Go on PATH to build Ory Hydra with; install 1.24 or newer")?;
    say("hydra", "building Ory Hydra with go; this takes a minute or two");
    let scratch = scratch(&home)?;
    let built = scratch.path().join("built");
    let mut build = child::configured(go, GO);
    build.args(["build", "-mod=readonly", "-trimpath", "-tags", "sqlite", "-o"]);
    build.arg(built.join("hydra")).arg("github.com/ory/hydra/v2").current_dir(module);
    // What an interrupted build leaves goes with the folder.
    build.env("GOTMPDIR", scratch.path());
    elapsing("hydra", "building", quietly("go build", &mut build)).await?;
    put(&built, &home)?;
    Ok(program)
}

/// A name for what these files hold.
pub(crate) fn fingerprint(files: &[&Path]) -> anyhow::Result<String> {
    let mut digest = Sha256::new();
    for file in files {
        let text = std::fs::read(file);
        digest.update(text.with_context(|| format!("failed to read `{}`", file.display()))?);
    }
    let digest: String = digest.finalize().iter().map(|it| format!("{it:02x}")).collect();
    Ok(digest[..16].to_owned())
}

/// Java with its compiler, and Maven.
async fn java() -> anyhow::Result<()> {
    let packages = [("mvn", "maven"), ("javac", "default-jdk-headless")];
    let missing = packages.iter().filter(|(program, _)| on_path(program).is_none());
    let missing: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if missing.is_empty() { Ok(()) } else { apt::install("java", &missing).await }
}

/// Maven with a goal of [`FETCH`] that writes to `folder`.
fn mvn(goal: &str, folder: &Path) -> Command {
    let mut mvn = child::configured("sh", JAVA);
    // It says on stdout what went wrong.
    mvn.args(["-c", "exec mvn \"$@\" >&2", "mvn", "--quiet", "--batch-mode", "--strict-checksums"]);
    mvn.arg(format!("{FETCH}:{goal}"));
    mvn.arg(format!("-DoutputDirectory={}", folder.display()));
    mvn
}

/// Refuses a folder that does not hold exactly what `sums`, in the form of sha256sum, names.
fn check_all(folder: &Path, sums: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(sums);
    let text = text.with_context(|| format!("failed to read `{}`", sums.display()))?;
    for line in text.lines() {
        let (sha256, name) = line.split_once("  ").context("a line of sums without a name")?;
        check_sha256(&folder.join(name), sha256)?;
    }
    let (there, pinned) = (std::fs::read_dir(folder)?.count(), text.lines().count());
    if there != pinned {
        bail!("{there} files were fetched, but {pinned} are pinned in `{}`", sums.display());
    }
    Ok(())
}

/// Moves a finished folder to its place, where another run may have put the same one meanwhile.
fn put(finished: &Path, home: &Path) -> anyhow::Result<PathBuf> {
    let moved = std::fs::rename(finished, home);
    if !home.exists() {
        moved.with_context(|| format!("failed to write to the tool cache `{}`", home.display()))?;
    }
    Ok(home.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_more_or_less_than_what_is_pinned_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (lib, sums) = (folder.path().join("lib"), folder.path().join("sums"));
        std::fs::create_dir(&lib).unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        std::fs::write(&sums, format!("{abc}  a.jar\n")).unwrap();
        check_all(&lib, &sums).unwrap_err();
        std::fs::write(lib.join("a.jar"), "abc").unwrap();
        check_all(&lib, &sums).unwrap();
        std::fs::write(lib.join("b.jar"), "abc").unwrap();
        check_all(&lib, &sums).unwrap_err();
    }
}
