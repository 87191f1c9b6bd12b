//! A browser and its driver: found, or installed by the system's package manager where that needs no question.

use std::path::Path;

use anyhow::Context as _;
use browser_consent::Driver;

use crate::apt;

const PACKAGES: [&str; 2] = ["chromium-headless-shell", "chromium-driver"];

/// Finds a driver with its browser, or installs Debian's pair as root.
pub(crate) async fn driver() -> anyhow::Result<Driver> {
    if let Some(it) = find() {
        return Ok(it);
    }
    apt::install("browser", &PACKAGES).await.context("no browser with a WebDriver was found")?;
    find().context("apt-get installed them, but no chromedriver with a browser is on PATH")
}

fn find() -> Option<Driver> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let chromewebdriver = std::env::var_os("CHROMEWEBDRIVER").filter(|it| !it.is_empty());
    let driver = browser_consent::find_driver(&path, chromewebdriver.as_deref().map(Path::new))?;
    // Without a browser beside it, only on macOS the driver knows a usual place to look.
    (driver.browser.is_some() || cfg!(target_os = "macos")).then_some(driver)
}
