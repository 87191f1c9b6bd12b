//! What is asked of a browser: no window, a fresh profile, English, no debugging port, no prompt answered for us.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::browser::driver::Driver;
use crate::browser::process::Process;

/// The time that a page may take to load, or a server to answer a press.
///
/// The driver then stops the page, which loses an answer that comes later, but saves a page that waits for nothing more
/// than a script from elsewhere.
pub(crate) const PAGE_LOAD: Duration = Duration::from_secs(30);

/// For a driver that runs already, whose browser is not known, only what Chromium and others understand.
pub(crate) fn capabilities(
    driver: Option<&Driver>,
    process: Option<&Process>,
) -> Map<String, Value> {
    let mut capabilities = match driver {
        Some(it) if it.is_firefox() => firefox(it, process),
        _ => chromium(driver, process.map(Process::profile).as_deref()),
    };
    capabilities.insert("pageLoadStrategy".into(), json!("eager"));
    let page_load = u64::try_from(PAGE_LOAD.as_millis()).expect("a few seconds fit");
    capabilities.insert("timeouts".into(), json!({ "pageLoad": page_load, "script": 10_000 }));
    capabilities.insert("unhandledPromptBehavior".into(), json!("ignore"));
    capabilities
}

fn firefox(driver: &Driver, process: Option<&Process>) -> Map<String, Value> {
    let mut options = json!({
        "args": ["-headless", "-width", "1280", "-height", "1024"],
        "prefs": {
            "intl.accept_languages": "en-US",
            "signon.rememberSignons": false,
            // The browser asks nobody but the pages that it is sent to.
            "network.captive-portal-service.enabled": false,
            "network.connectivity-service.enabled": false,
            "security.OCSP.enabled": 0,
        },
    });
    let wrapped = process.and_then(Process::browser);
    if let Some(browser) = wrapped.or(driver.browser.clone()) {
        options["binary"] = json!(browser);
    }
    let mut capabilities = Map::new();
    capabilities.insert("browserName".into(), json!("firefox"));
    capabilities.insert("moz:firefoxOptions".into(), options);
    capabilities
}

fn chromium(driver: Option<&Driver>, profile: Option<&Path>) -> Map<String, Value> {
    let is_shell = driver.is_some_and(Driver::is_headless_shell);
    let mut arguments = vec![
        "--accept-lang=en-US".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-default-apps".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-extensions".to_owned(),
        "--disable-sync".to_owned(),
        "--no-default-browser-check".to_owned(),
        "--no-first-run".to_owned(),
        "--window-size=1280,1024".to_owned(),
    ];
    // Neither cookies nor a cache go to the disk, where removing them again takes longer than a page. A full browser
    // would also refuse cookies of other sites.
    arguments.push(if is_shell { "--incognito" } else { "--headless" }.to_owned());
    // The sandbox works for everybody but root, for whom Chromium refuses to start with it.
    if rustix::process::geteuid().is_root() {
        arguments.push("--no-sandbox".to_owned());
    }
    // With a pipe there is no debugging port open to others, and the browser dies with its driver.
    arguments.push("--remote-debugging-pipe".to_owned());
    if let Some(profile) = profile {
        arguments.push(format!("--user-data-dir={}", profile.display()));
    }
    let mut options = json!({ "args": arguments });
    if let Some(browser) = driver.and_then(|it| it.browser.as_deref()) {
        options["binary"] = json!(browser);
    }
    let mut capabilities = Map::new();
    if driver.is_some() {
        capabilities.insert(
            "browserName".into(),
            json!(if is_shell { "chrome-headless-shell" } else { "chrome" }),
        );
    }
    capabilities.insert("goog:chromeOptions".into(), options);
    capabilities.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
    capabilities
}
