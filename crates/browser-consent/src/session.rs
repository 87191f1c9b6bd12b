use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use url::Url;

use crate::driver::Driver;
use crate::error::{Error, session_error};
use crate::process::Process;

/// The time that a page may take to load, after which a click or a navigation counts as delivered.
pub(crate) const PAGE_LOAD: Duration = Duration::from_secs(15);
/// A browser that ends at once is waited for by its driver until then.
const CONNECT: Duration = Duration::from_secs(30);
const CLOSE: Duration = Duration::from_secs(3);

/// The program that drives the browser.
#[derive(Clone, Debug)]
pub enum WebDriver {
    /// Started for one session, and killed with it.
    Driver(Driver),
    /// Already running, at a plain `http` address; only the session is ours.
    Url(Url),
}

/// Runs `session` in a browser of its own: a fresh profile, no window, English.
///
/// The session is closed when `session` is done, and also when it panics or when the future is dropped.
/// A driver that was started here lives no longer than its session, and takes the browser with it.
///
/// # Errors
///
/// When the driver or the browser does not start, or their versions do not match.
pub async fn with_session<T>(
    webdriver: &WebDriver,
    session: impl AsyncFnOnce(&Client) -> T,
) -> Result<T, Error> {
    let mut open = Open::default();
    let (address, capabilities) = match webdriver {
        WebDriver::Driver(driver) => {
            let process = open.process.insert(Process::start(driver).await?);
            (process.url.clone(), capabilities(Some(driver), Some(&process.profile())))
        }
        WebDriver::Url(url) => (url.clone(), capabilities(None, None)),
    };
    let mut http = HttpConnector::new();
    http.set_nodelay(true);
    let mut builder = ClientBuilder::new(http);
    builder.capabilities(capabilities);
    let client = tokio::time::timeout(CONNECT, builder.connect(address.as_str()))
        .await
        .map_err(|_| Error::SessionSlow { seconds: CONNECT.as_secs() })?
        .map_err(|it| session_error(&it, webdriver))?;
    if open.process.is_none() {
        open.session = client.session_id().await.ok().flatten().map(|id| (address, id));
    }
    let outcome = session(&client).await;
    match open.process.take() {
        // Nothing of the browser's is kept, so there is nothing that it would have to put in order.
        Some(process) => process.stop().await,
        None if tokio::time::timeout(CLOSE, client.close()).await.is_ok_and(|it| it.is_ok()) => {
            open.session = None
        }
        None => {}
    }
    Ok(outcome)
}

/// What has to be closed, also where nothing can be awaited any more.
#[derive(Debug, Default)]
struct Open {
    process: Option<Process>,
    session: Option<(Url, String)>,
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some((driver, session)) = self.session.take() {
            let _ = delete(&driver, &session);
        }
    }
}

/// Sends one request by hand, since a runtime may no longer be there to send it.
fn delete(driver: &Url, session: &str) -> io::Result<()> {
    let (Some(host), Some(port)) = (driver.host_str(), driver.port_or_known_default()) else {
        return Ok(());
    };
    let address = (host, port).to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
    let mut stream = TcpStream::connect_timeout(&address, CLOSE)?;
    stream.set_read_timeout(Some(CLOSE))?;
    let path = driver.path().trim_end_matches('/');
    write!(
        stream,
        "DELETE {path}/session/{session} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    )?;
    // The answer comes once the browser is closed.
    stream.read(&mut [0; 1]).map(drop)
}

fn capabilities(driver: Option<&Driver>, profile: Option<&Path>) -> Map<String, Value> {
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
    capabilities.insert("pageLoadStrategy".into(), json!("eager"));
    let page_load = u64::try_from(PAGE_LOAD.as_millis()).expect("a few seconds fit");
    capabilities.insert("timeouts".into(), json!({ "pageLoad": page_load, "script": 10_000 }));
    capabilities.insert("unhandledPromptBehavior".into(), json!("ignore"));
    capabilities
}
