//! Each package, installed where nothing else is.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use mcp_loadtest::tools::child::Child;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::checkout;
use crate::dist::command::pack;
use crate::dist::platform::Platform;

/// Those that a variable names, such as the ones of a release, or else what was built for this run, packed once.
async fn package(ending: &str) -> Vec<PathBuf> {
    static PACKED: OnceCell<PathBuf> = OnceCell::const_new();
    let pack = || async {
        if let Some(it) = std::env::var_os("DIST") {
            return it.into();
        }
        let root = checkout::root().unwrap();
        let out = checkout::target_dir(&root).join("tmp/dist");
        let _none_of_before = std::fs::remove_dir_all(&out);
        pack(&root, Platform::built_here().unwrap(), &variable("PROGRAMS"), &out).await.unwrap();
        out
    };
    let folder = std::fs::read_dir(PACKED.get_or_init(pack).await).unwrap();
    let files = folder.map(|it| it.unwrap().path());
    let found: Vec<PathBuf> =
        files.filter(|it| it.to_str().is_some_and(|it| it.ends_with(ending))).collect();
    assert!(!found.is_empty(), "no package ends with {ending}");
    found
}

/// One that `cargo xtask test` sets for the tests that need a program.
#[track_caller]
fn variable(name: &str) -> PathBuf {
    let value = std::env::var_os(name);
    value.unwrap_or_else(|| panic!("{name} is not set; run `cargo xtask test`")).into()
}

/// An empty folder, and a search path, for programs that get nothing of our environment.
struct Place {
    folder: TempDir,
    path: String,
}

impl Place {
    fn new() -> Self {
        let path = std::env::var("PATH").unwrap();
        Self { folder: tempfile::tempdir().unwrap(), path }
    }

    /// The same with what the system has in its usual folders, except for compilers, and `first` before it.
    fn without_compilers(first: &Path) -> Self {
        let mut place = Self::new();
        let system = place.folder.path().join("system");
        std::fs::create_dir(&system).unwrap();
        for it in ["/usr/bin", "/bin"].iter().flat_map(|it| std::fs::read_dir(it).unwrap()) {
            let it = it.unwrap();
            let name = it.file_name().into_string().unwrap();
            let words = ["cargo", "rust", "clippy", "go", "gofmt", "cc", "gcc", "c++", "g++"];
            if !words.iter().any(|it| name == *it || name.starts_with(&format!("{it}-"))) {
                let _same_in_both = std::os::unix::fs::symlink(it.path(), system.join(name));
            }
        }
        place.path = format!("{}:{}", first.display(), system.display());
        place
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let home = self.folder.path().join("home");
        std::fs::create_dir_all(&home).unwrap();
        let mut command = Command::new(program);
        command.env_clear().env("PATH", &self.path).env("HOME", home).kill_on_drop(true);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }
}

async fn done(command: &mut Command) -> String {
    let output = ended(command).await;
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn ended(command: &mut Command) -> Output {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().await;
    output.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn version() -> String {
    format!("mcp-loadtest {}\n", env!("CARGO_PKG_VERSION"))
}

#[tokio::test]
#[ignore = "needs programs, k6 and a browser"]
async fn the_archive_alone_runs_a_load_test_in_any_repository() {
    let prefix = tempfile::tempdir().unwrap();
    let archives = package(".tar.gz").await;
    let [archive] = archives.as_slice() else { panic!("{archives:?}") };
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(archive).arg("-C").arg(prefix.path()).arg("--strip-components=1");
    done(&mut tar).await;

    let place = Place::without_compilers(prefix.path());
    for compiler in ["cargo", "rustc", "go"] {
        let found = std::env::split_paths(&place.path).find(|it| it.join(compiler).exists());
        assert_eq!(found, None, "{compiler}");
    }
    for name in crate::dist::build::PROGRAMS {
        let help = done(place.command(prefix.path().join(name)).arg("--help")).await;
        assert!(help.contains(name), "{help}");
    }
    let repository = place.folder.path().join("repository");
    done(place.command("git").args(["init", "--quiet"]).arg(&repository)).await;
    let mut run = place.command("mcp-loadtest");
    run.args(["run", "cold-start"]).env("K6", variable("K6")).current_dir(&repository);
    run.envs(std::env::var_os("CHROMEWEBDRIVER").map(|it| ("CHROMEWEBDRIVER", it)));
    let report = done(&mut run).await;
    assert!(report.contains("load test embedded cold-start smoke: passed, 1 scenario"), "{report}");
    let record = std::fs::read(repository.join("loadtest-results/latest/run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["verdict"], "passed");
    assert!(record["scenarios"][0]["calls"].as_u64() > Some(0), "{record:#}");
}

#[tokio::test]
#[ignore = "needs programs and pip"]
async fn the_wheel_runs_from_a_virtual_environment_that_had_nothing() {
    let place = Place::new();
    let home = place.folder.path().join("venv");
    done(place.command("python3").args(["-m", "venv"]).arg(&home)).await;
    let mut pip = place.command(home.join("bin/pip"));
    done(pip.args(["install", "--quiet", "--no-index"]).args(package(".whl").await)).await;
    let said = done(place.command(home.join("bin/mcp-loadtest")).arg("--version")).await;
    assert_eq!(said, version());
    let list = done(place.command(home.join("bin/pip")).args(["list", "--format=freeze"])).await;
    assert!(list.contains(&format!("mcp-loadtest=={}", env!("CARGO_PKG_VERSION"))), "{list}");
}

/// A folder in which npm has installed our packages, from nowhere else.
async fn by_npm() -> (Place, PathBuf) {
    let place = Place::new();
    let packages = package(".tgz").await;
    let options = ["--offline", "--no-audit", "--no-fund", "--silent"];
    done(place.command("npm").arg("install").args(options).args(packages)).await;
    let launcher = place.folder.path().join("node_modules/.bin/mcp-loadtest");
    (place, launcher)
}

#[tokio::test]
#[ignore = "needs programs and node"]
async fn the_npm_package_runs_from_a_folder_that_had_nothing_and_ends_as_the_program_does() {
    let (place, launcher) = by_npm().await;
    let mut npx = place.command("npx");
    assert_eq!(done(npx.args(["--no-install", "mcp-loadtest", "--version"])).await, version());
    assert_eq!(done(place.command(&launcher).arg("--version")).await, version());

    let wrong = ended(place.command(&launcher).args(["run", "--nonsense"])).await;
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    let failed = ended(place.command(&launcher).args(["run", "--scripts", "nowhere"])).await;
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    assert!(String::from_utf8_lossy(&failed.stderr).contains("nowhere"), "{failed:?}");
}

#[tokio::test]
#[ignore = "needs programs and node"]
async fn the_npm_package_without_the_one_of_its_platform_says_which_that_is() {
    let (place, launcher) = by_npm().await;
    let modules = std::fs::read_dir(place.folder.path().join("node_modules")).unwrap();
    let mut names = modules.map(|it| it.unwrap().file_name().into_string().unwrap());
    let of_platform = names.find(|it| it.starts_with("mcp-loadtest-")).unwrap();
    std::fs::remove_dir_all(place.folder.path().join("node_modules").join(&of_platform)).unwrap();
    let ended = ended(place.command(&launcher).arg("--version")).await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(stderr.contains(&format!("the package {of_platform} is not installed")), "{stderr}");
}

#[tokio::test]
#[ignore = "needs programs and node"]
async fn the_npm_package_hands_signals_on_and_dies_of_what_its_program_dies_of() {
    let (place, launcher) = by_npm().await;
    for (sent, to_program, code, signal) in [
        ("INT", false, Some(0), None),
        ("TERM", false, Some(0), None),
        ("KILL", true, None, Some(9)),
    ] {
        let mut target = place.command(&launcher);
        target.arg("target").stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut child = Child::spawn("the launcher", &mut target).unwrap();
        let mut lines = BufReader::new(child.inner().stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).await.unwrap();
        assert!(line.contains("resource"), "{line}");

        let launcher = child.id().unwrap();
        let receiver = if to_program { program(launcher) } else { launcher };
        done(place.command("sh").args(["-c", &format!("kill -s {sent} {receiver}")])).await;
        let status = child.wait().await.unwrap();
        assert_eq!(status.code(), code, "{sent}: {status}");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), signal, "{sent}");
        // The pipe closes only when the program, which inherited it, is gone too.
        lines.read_to_string(&mut line).await.unwrap();
    }
}

/// What the launcher has started.
fn program(launcher: u32) -> u32 {
    let children = format!("/proc/{launcher}/task/{launcher}/children");
    let children = std::fs::read_to_string(children).unwrap();
    children.trim().parse().unwrap_or_else(|_| panic!("{children}"))
}
