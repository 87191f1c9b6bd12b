//! A browser and its driver: found, or installed by the system's package manager where that needs no question.

use std::path::Path;

use anyhow::{Context as _, bail};
use browser_consent::Driver;
use tokio::process::Command;

use crate::section::{elapsing, say};
use crate::tools::{on_path, run};

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
    say("browser", format_args!("installing {} with apt-get", PACKAGES.join(" and ")));
    elapsing("browser", "installing", install())
        .await
        .with_context(|| format!("failed to install a browser; try `{by_hand}`"))?;
    find().context("apt-get installed a browser, but no chromedriver is on PATH")
}

fn find() -> Option<Driver> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let chromewebdriver = std::env::var_os("CHROMEWEBDRIVER").filter(|it| !it.is_empty());
    browser_consent::find_driver(&path, chromewebdriver.as_deref().map(Path::new))
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
    let mut it = Command::new("apt-get");
    it.arg("--quiet").env("DEBIAN_FRONTEND", "noninteractive");
    it
}
