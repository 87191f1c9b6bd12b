//! A browser and its driver: found, or installed by the system's package manager where that needs no question.

use std::path::Path;

use anyhow::{Context as _, bail};
use browser_consent::Driver;
use tokio::process::Command;

use crate::child::{self, run};
use crate::section::{elapsing, say};
use crate::tools::on_path;

const PACKAGES: [&str; 2] = ["chromium-headless-shell", "chromium-driver"];

/// Finds a driver with its browser, or installs Debian's pair as root.
pub(crate) async fn driver() -> anyhow::Result<Driver> {
    if let Some(it) = find() {
        return Ok(it);
    }
    let by_hand = format!("apt-get install {}", PACKAGES.join(" "));
    if on_path("apt-get").is_none() || !rustix::process::geteuid().is_root() {
        bail!(
            "no browser with a WebDriver was found; install Chromium and chromedriver, on Debian: `sudo {by_hand}`"
        );
    }
    let packages = PACKAGES.join(" and ");
    say("browser", format_args!("installing {packages} with apt-get, from the system's sources"));
    elapsing("browser", "installing", install())
        .await
        .with_context(|| format!("failed to install a browser; try `{by_hand}`"))?;
    find().context("apt-get installed them, but no chromedriver with a browser is on PATH")
}

fn find() -> Option<Driver> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let chromewebdriver = std::env::var_os("CHROMEWEBDRIVER").filter(|it| !it.is_empty());
    let driver = browser_consent::find_driver(&path, chromewebdriver.as_deref().map(Path::new))?;
    // Without a browser beside it, only on macOS the driver knows a usual place to look.
    (driver.browser.is_some() || cfg!(target_os = "macos")).then_some(driver)
}

async fn install() -> anyhow::Result<()> {
    if let Ok(()) = apt_get_install().await {
        return Ok(());
    }
    run("apt-get update", apt_get().arg("update")).await?;
    apt_get_install().await
}

async fn apt_get_install() -> anyhow::Result<()> {
    run(
        "apt-get install",
        apt_get().args(["install", "--yes", "--no-install-recommends"]).args(PACKAGES),
    )
    .await
}

fn apt_get() -> Command {
    let mut it = child::command("apt-get");
    it.arg("--quiet").env("DEBIAN_FRONTEND", "noninteractive");
    it
}
