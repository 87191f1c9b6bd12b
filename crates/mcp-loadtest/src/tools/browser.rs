//! A browser and its driver: found, or installed by the system's package manager where that needs no question.

use std::path::PathBuf;

use anyhow::Context as _;
use browser_consent::Driver;

use crate::console::section::{elapsing, say};
use crate::environment;
use crate::tools::apt;
use crate::tools::child::{self, on_path, run};
use crate::tools::install::{self, cache};

const PACKAGES: [&str; 2] = ["chromium-headless-shell", "chromium-driver"];

/// The driver of Firefox; cargo checks what it builds against the registry's checksums and the package's lock file.
const GECKODRIVER: &str = "0.37.1";

/// Finds a driver with its browser, or installs Debian's pair as root.
pub async fn driver() -> anyhow::Result<Driver> {
    if let Some(it) = find() {
        return Ok(it);
    }
    apt::install("browser", &PACKAGES).await.context("no browser with a WebDriver was found")?;
    find().context("apt-get installed them, but no chromedriver with a browser is on PATH")
}

/// The folder of geckodriver, with Firefox on the `PATH`; what is missing is installed.
pub async fn firefox() -> anyhow::Result<PathBuf> {
    if on_path("firefox").or_else(|| on_path("firefox-esr")).is_none() {
        apt::install("browser", &["firefox-esr"]).await.context("no Firefox was found")?;
    }
    let home = cache()?.join(format!("geckodriver-{GECKODRIVER}"));
    let folder = home.join("bin");
    if folder.join("geckodriver").is_file() {
        return Ok(folder);
    }
    say(
        "browser",
        format_args!("building geckodriver {GECKODRIVER} with cargo, in a minute or two"),
    );
    let mut cargo = child::configured(environment::cargo(), install::CARGO);
    cargo.args(["install", "geckodriver", "--locked", "--version", GECKODRIVER, "--root"]);
    cargo.arg(&home);
    elapsing("browser", "building", run("cargo install geckodriver", &mut cargo)).await?;
    Ok(folder)
}

/// The driver that is there already, with its browser.
pub(crate) fn find() -> Option<Driver> {
    let (path, folder) = (environment::search_path(), environment::path("CHROMEWEBDRIVER"));
    let driver = browser_consent::find_driver(&path, folder.as_deref())?;
    // Without a browser beside it, only on macOS the driver knows a usual place to look.
    (driver.browser.is_some() || cfg!(target_os = "macos")).then_some(driver)
}
