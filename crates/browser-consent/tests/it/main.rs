#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accessibility;
#[cfg(feature = "cli")]
mod cli;
mod dead_ends;
mod detours;
mod driver_responses;
mod firefox;
mod one_time_codes;
mod provider_pages;
mod refusals;
mod screens;
mod scripts;
mod sent_once;
mod sessions;
#[cfg(feature = "cli")]
mod signals;
mod site;
mod storage_state;
mod strangers;
mod target;
mod target_screens;
mod traps;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use browser_consent::{
    Consent, Credentials, Error, Trail, WebDriver, consent, find_driver, with_session,
};

use crate::site::{CLIENT, EMAIL, PASSWORD, Site};

fn webdriver() -> WebDriver {
    let folder = std::env::var_os("CHROMEWEBDRIVER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    WebDriver::Driver(find_driver(&path, folder.as_deref()).expect("chromedriver is on the PATH"))
}

/// Writes a file that only its owner may read.
fn write_private(file: &std::path::Path, text: &str) {
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn credentials() -> Credentials {
    Credentials::new(EMAIL.into(), PASSWORD.into())
}

/// Takes a site's page to its redirect URI, as the test user.
async fn visit(site: &Site, page: &str) -> Result<Trail, Error> {
    visit_as(site, page, Some(&credentials())).await
}

async fn visit_as(
    site: &Site,
    page: &str,
    credentials: Option<&Credentials>,
) -> Result<Trail, Error> {
    visit_in(&webdriver(), site, page, credentials).await
}

async fn visit_in(
    webdriver: &WebDriver,
    site: &Site,
    page: &str,
    credentials: Option<&Credentials>,
) -> Result<Trail, Error> {
    let url = site.url(page);
    let mut it = Consent::new(&url);
    (it.credentials, it.client_name) = (credentials, Some(CLIENT));
    it.timeout = Duration::from_secs(30);
    run_in(webdriver, &it, site.code_arrived()).await
}

async fn run(it: &Consent<'_>, done: impl Future<Output = ()>) -> Result<Trail, Error> {
    run_in(&webdriver(), it, done).await
}

async fn run_in(
    webdriver: &WebDriver,
    it: &Consent<'_>,
    done: impl Future<Output = ()>,
) -> Result<Trail, Error> {
    with_session(webdriver, async |client| consent(client, it, done).await).await?
}
