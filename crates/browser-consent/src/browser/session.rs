use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use fantoccini::error::NewSessionError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use tool_edge::{is_loopback, printable_within};
use url::Url;

use crate::address::bare;
use crate::browser::capabilities::capabilities;
use crate::browser::driver::Driver;
use crate::browser::process::Process;
use crate::error::Error;

/// A browser that ends at once is waited for by its driver until then.
const CONNECT: Duration = Duration::from_secs(30);
/// Firefox takes ten times as long to start as Chromium does.
const CONNECT_FIREFOX: Duration = Duration::from_secs(90);
const CLOSE: Duration = Duration::from_secs(3);

/// The program that drives the browser.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WebDriver {
    /// Started for one session, and killed with it.
    Driver(Driver),
    /// Already running on this machine, at a plain `http` address; only the session is ours.
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
            (process.url.clone(), capabilities(Some(driver), Some(process)))
        }
        // What is typed goes to the driver in clear text.
        WebDriver::Url(url) if !url.host_str().is_some_and(is_loopback) => {
            return Err(Error::RemoteDriver { url: bare(url) });
        }
        WebDriver::Url(url) => (url.clone(), capabilities(None, None)),
    };
    let mut http = HttpConnector::new();
    http.set_nodelay(true);
    let mut builder = ClientBuilder::new(http);
    builder.capabilities(capabilities);
    let is_firefox = matches!(webdriver, WebDriver::Driver(it) if it.is_firefox());
    let time = if is_firefox { CONNECT_FIREFOX } else { CONNECT };
    let client = tokio::time::timeout(time, builder.connect(address.as_str()))
        .await
        .map_err(|_| Error::SessionSlow { seconds: time.as_secs() })?
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

/// Says why there is no session; a driver's own text goes on for pages of stack.
fn session_error(error: &NewSessionError, webdriver: &WebDriver) -> Error {
    let text = match error {
        NewSessionError::SessionNotCreated(it) => it.message.to_string(),
        NewSessionError::NotW3C(it) => {
            it["message"].as_str().unwrap_or("an answer that is not WebDriver's").to_owned()
        }
        NewSessionError::FailedC(_) | NewSessionError::Failed(_) | NewSessionError::Lost(_) => {
            if let WebDriver::Url(url) = webdriver {
                return Error::NoDriver { url: bare(url) };
            }
            "the driver ended".to_owned()
        }
        _ => "an unexpected answer".to_owned(),
    };
    let no_browser = [
        "cannot find Chrome binary",
        "no chrome binary at",
        "unable to find binary",
        "not a Firefox executable",
        "binary is not",
        "no such file",
    ];
    if no_browser.iter().any(|it| text.contains(it)) {
        return Error::NoBrowser;
    }
    let version = |before: &str| {
        let (_, rest) = text.split_once(before)?;
        rest.split_whitespace()
            .next()
            .map(|it| it.trim_matches(|it: char| !it.is_ascii_digit()).to_owned())
    };
    if let (Some(driver), Some(browser)) =
        (version("only supports Chrome version"), version("Current browser version is"))
    {
        return Error::VersionMismatch { driver, browser };
    }
    let line = text.lines().next().unwrap_or_default().trim_start_matches("session not created: ");
    Error::BrowserStart { reason: printable_within(line, 200) }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use fantoccini::error::{ErrorStatus, WebDriver as Refusal};

    use super::*;

    #[track_caller]
    fn check(message: &'static str, expected: &str) {
        let refusal = Refusal::new(ErrorStatus::SessionNotCreated, Cow::Borrowed(message));
        let running = WebDriver::Url("http://127.0.0.1:9515".parse().unwrap());
        assert_eq!(
            session_error(&NewSessionError::SessionNotCreated(refusal), &running).to_string(),
            expected
        );
    }

    #[test]
    fn a_refused_session_is_told_in_one_sentence() {
        check(
            "session not created: This version of ChromeDriver only supports Chrome version 156\nCurrent browser version is 120.0.1 with binary path /usr/bin/chromium\n#0 0x55d4",
            "chromedriver 156 cannot drive browser 120.0.1",
        );
        check(
            "session not created\nfrom unknown error: cannot find Chrome binary",
            "the driver found no browser",
        );
        check(
            "session not created: Chrome instance exited. Examine ChromeDriver verbose log.\n#0 0x55d4",
            "the browser did not start: Chrome instance exited. Examine ChromeDriver verbose log.",
        );
    }
}
