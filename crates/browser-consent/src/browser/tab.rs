//! The commands that one browser tab is given, each with a bound.

use std::time::Duration;

use fantoccini::Client;
use fantoccini::error::CmdError;
use fantoccini::wd::TimeoutConfiguration;
use serde_json::{Value, json};
use url::Url;

use crate::browser::capabilities::PAGE_LOAD;
use crate::browser::command::Command;
use crate::browser::outcome::{Broken, NOT_WEBDRIVER, Outcome, outcome};

/// What a driver gets for a command beyond the time for a page, so that only one that hangs runs into it.
const SPARE: Duration = Duration::from_secs(10);

const WATCH: &str = include_str!("watch.js");

/// Which world scripts run in, as far as is known.
#[derive(Debug)]
pub(crate) enum World {
    Unknown,
    /// The page's own, for want of another.
    Page,
    /// One of ours: the frame, its document, and the context of scripts there.
    Isolated(Option<Context>),
}

#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) frame: String,
    pub(crate) loader: String,
    pub(crate) id: i64,
}

/// One browser tab.
#[derive(Debug)]
pub(crate) struct Tab<'a> {
    pub(crate) client: &'a Client,
    /// The time that a page may take to load.
    page_load: Duration,
    pub(crate) world: World,
    /// The frame that is looked at; none is the page itself.
    pub(crate) frame: Option<String>,
}

impl<'a> Tab<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client, page_load: PAGE_LOAD, world: World::Unknown, frame: None }
    }

    /// Lets a page take half of `time` to load, which in an ordinary session it may without asking.
    pub(crate) async fn allow(&mut self, time: Duration) -> Result<(), Broken> {
        if time / 2 <= PAGE_LOAD {
            return Ok(());
        }
        self.page_load = time / 2;
        let timeouts = TimeoutConfiguration::new(None, Some(self.page_load), None);
        self.outcome("setting a timeout", self.client.update_timeouts(timeouts)).await.map(drop)
    }

    /// Opens an address. What comes of it is for the next snapshot to say, as a page that could not be opened
    /// counts as success or as failure depending on why.
    pub(crate) async fn open(&self, url: &Url) -> Result<(), Broken> {
        self.outcome("opening a page", self.client.goto(url.as_str())).await.map(drop)
    }

    /// Lets every document count what it sends, from before its own scripts; other browsers than Chromium do not.
    pub(crate) async fn watch(&self) -> Result<(), Broken> {
        let source = json!({ "source": WATCH });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source).await.map(drop)
    }

    /// New lines of the browser's console; a browser without this command has none.
    pub(crate) async fn console(&self) -> Vec<String> {
        let command = Command { path: "se/log".into(), body: Some(json!({ "type": "browser" })) };
        let Ok(Outcome::Done(Value::Array(lines))) =
            self.outcome("reading the console", self.client.issue_cmd(command)).await
        else {
            return Vec::new();
        };
        lines.iter().filter_map(|it| it["message"].as_str()).map(str::to_owned).collect()
    }

    /// Opens a page of an origin, whatever comes of it.
    pub(crate) async fn open_at(&self, origin: &str, path: &str) -> Result<(), Broken> {
        match Url::parse(origin).and_then(|it| it.join(path)) {
            Ok(url) => self.open(&url).await,
            Err(_) => Ok(()),
        }
    }

    /// A command of Chromium's own protocol; another browser does not know it.
    pub(crate) async fn devtools(
        &self,
        name: &'static str,
        parameters: Value,
    ) -> Result<Outcome<Value>, Broken> {
        let body = Some(json!({ "cmd": name, "params": parameters }));
        let command = Command { path: "goog/cdp/execute".into(), body };
        match self.bounded(name, self.client.issue_cmd(command)).await? {
            // So geckodriver answers what it does not know.
            Err(CmdError::Json(_) | CmdError::NotJson(_) | CmdError::NotW3C(_)) => {
                Ok(Outcome::NotNow(NOT_WEBDRIVER.into()))
            }
            it => outcome(name, it),
        }
    }

    pub(crate) async fn dialog_text(&self) -> Option<String> {
        self.bounded("reading a dialog", self.client.get_alert_text()).await.ok()?.ok()
    }

    pub(crate) async fn answer_dialog(&self, accept: bool) -> Result<(), Broken> {
        if accept {
            self.outcome("accepting a dialog", self.client.accept_alert()).await.map(drop)
        } else {
            self.outcome("dismissing a dialog", self.client.dismiss_alert()).await.map(drop)
        }
    }

    /// The visible part of the page as a PNG.
    pub(crate) async fn picture(&self) -> Option<Vec<u8>> {
        self.bounded("a screenshot", self.client.screenshot()).await.ok()?.ok()
    }

    /// A driver does one command at a time and cannot be told to give up, so a late answer ends the session.
    async fn bounded<T>(
        &self,
        command: &'static str,
        asked: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<Result<T, CmdError>, Broken> {
        let bound = self.page_load + SPARE;
        let late =
            |_| Broken { command, reason: format!("no answer within {} s", bound.as_secs()) };
        tokio::time::timeout(bound, asked).await.map_err(late)
    }

    pub(crate) async fn outcome<T>(
        &self,
        command: &'static str,
        asked: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<Outcome<T>, Broken> {
        outcome(command, self.bounded(command, asked).await?)
    }
}
