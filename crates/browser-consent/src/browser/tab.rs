//! The commands that one browser tab is given, each with a bound.

use std::time::Duration;

use fantoccini::Client;
use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::wd::TimeoutConfiguration;
use serde_json::{Value, json};
use url::Url;

use crate::browser::capabilities::PAGE_LOAD;
use crate::browser::command::Command;
use crate::page::snapshot::{Handle, SCRIPT, Snapshot};

/// What a driver gets for a command beyond the time for a page, so that only one that hangs runs into it.
const SPARE: Duration = Duration::from_secs(10);

const NOT_WEBDRIVER: &str = "an answer that is not WebDriver's";
const WATCH: &str = include_str!("watch.js");

/// What became of a command.
#[derive(Debug)]
pub(crate) enum Outcome<T> {
    Done(T),
    /// The element is of a document that is gone.
    Stale,
    /// Something else would have received the click.
    Covered,
    /// The page was not in a state for it, for instance between two documents.
    NotNow(String),
    /// A dialog is open and has to be answered first.
    Dialog,
}

/// A driver that failed, after which its session is of no use.
#[derive(Debug)]
pub(crate) struct Broken {
    /// What was asked of it.
    pub(crate) command: &'static str,
    /// WebDriver's error code.
    pub(crate) reason: String,
}

/// One browser tab.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tab<'a> {
    client: &'a Client,
    /// The time that a page may take to load.
    page_load: Duration,
}

impl<'a> Tab<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client, page_load: PAGE_LOAD }
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
    pub(crate) async fn open(self, url: &Url) -> Result<(), Broken> {
        self.outcome("opening a page", self.client.goto(url.as_str())).await.map(drop)
    }

    /// Lets every document count what it sends, from before its own scripts; other browsers than Chromium do not.
    pub(crate) async fn watch(self) -> Result<(), Broken> {
        let source = json!({ "source": WATCH });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source).await.map(drop)
    }

    /// What the page looks like now; what reads like a scope only if `scopes` is set, as it takes long.
    pub(crate) async fn snapshot(
        self,
        client_name: &str,
        scopes: bool,
    ) -> Result<Outcome<Snapshot>, Broken> {
        let answer = self
            .outcome(
                "reading the page",
                self.client.execute(SCRIPT, vec![json!(client_name), json!(scopes)]),
            )
            .await?;
        Ok(match answer {
            Outcome::Done(it) => match serde_json::from_value(it) {
                Ok(it) => Outcome::Done(it),
                Err(it) => Outcome::NotNow(format!("the page was read as something else: {it}")),
            },
            Outcome::Stale => Outcome::Stale,
            Outcome::Covered => Outcome::Covered,
            Outcome::NotNow(it) => Outcome::NotNow(it),
            Outcome::Dialog => Outcome::Dialog,
        })
    }

    pub(crate) async fn click(self, it: &Handle) -> Result<Outcome<()>, Broken> {
        let clicked = self.outcome("a click", self.element(it).click()).await?;
        // chromedriver fails at a link that is two shadow roots deep, before it has clicked.
        if !matches!(&clicked, Outcome::NotNow(it) if it == "javascript error") {
            return Ok(clicked);
        }
        let script = "arguments[0].scrollIntoView({ block: 'center' })";
        self.run(script, vec![reference(it)]).await?;
        let element = self.element(it);
        let pointer = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.outcome("a pointer's click", self.client.perform_actions(pointer)).await
    }

    pub(crate) async fn clear(self, it: &Handle) -> Result<Outcome<()>, Broken> {
        self.outcome("clearing a field", self.element(it).clear()).await
    }

    pub(crate) async fn type_into(self, it: &Handle, text: &str) -> Result<Outcome<()>, Broken> {
        self.outcome("typing", self.element(it).send_keys(text)).await
    }

    /// The role and the accessible name that the browser computed for an element.
    pub(crate) async fn role_and_label(
        self,
        it: &Handle,
    ) -> Result<Outcome<(String, String)>, Broken> {
        let ask = |property| Command { path: format!("element/{}/{property}", it.0), body: None };
        let role =
            self.outcome("reading a role", self.client.issue_cmd(ask("computedrole"))).await?;
        let label =
            self.outcome("reading a label", self.client.issue_cmd(ask("computedlabel"))).await?;
        let text = |it: Value| it.as_str().unwrap_or_default().to_owned();
        Ok(match (role, label) {
            (Outcome::Done(role), Outcome::Done(label)) => Outcome::Done((text(role), text(label))),
            (Outcome::Dialog, _) | (_, Outcome::Dialog) => Outcome::Dialog,
            _ => Outcome::Stale,
        })
    }

    /// New lines of the browser's console; a browser without this command has none.
    pub(crate) async fn console(self) -> Vec<String> {
        let command = Command { path: "se/log".into(), body: Some(json!({ "type": "browser" })) };
        let Ok(Outcome::Done(Value::Array(lines))) =
            self.outcome("reading the console", self.client.issue_cmd(command)).await
        else {
            return Vec::new();
        };
        lines.iter().filter_map(|it| it["message"].as_str()).map(str::to_owned).collect()
    }

    /// Opens a page of an origin, whatever comes of it.
    pub(crate) async fn open_at(self, origin: &str, path: &str) -> Result<(), Broken> {
        match Url::parse(origin).and_then(|it| it.join(path)) {
            Ok(url) => self.open(&url).await,
            Err(_) => Ok(()),
        }
    }

    /// A command of Chromium's own protocol; another browser does not know it.
    pub(crate) async fn devtools(
        self,
        name: &str,
        parameters: Value,
    ) -> Result<Outcome<Value>, Broken> {
        let body = Some(json!({ "cmd": name, "params": parameters }));
        let command = Command { path: "goog/cdp/execute".into(), body };
        let what = "a browser command";
        match self.bounded(what, self.client.issue_cmd(command)).await? {
            // So geckodriver answers what it does not know.
            Err(CmdError::Json(_) | CmdError::NotJson(_) | CmdError::NotW3C(_)) => {
                Ok(Outcome::NotNow(NOT_WEBDRIVER.into()))
            }
            it => outcome(what, it),
        }
    }

    /// Goes into a frame; [`Self::leave_frames`] goes back.
    pub(crate) async fn enter_frame(self, it: &Handle) -> Result<Outcome<()>, Broken> {
        self.outcome("entering a frame", self.element(it).enter_frame()).await
    }

    pub(crate) async fn leave_frames(self) -> Result<(), Broken> {
        let command = Command { path: "frame".into(), body: Some(json!({ "id": null })) };
        self.outcome("leaving a frame", self.client.issue_cmd(command)).await.map(drop)
    }

    pub(crate) async fn run(
        self,
        script: &str,
        arguments: Vec<Value>,
    ) -> Result<Outcome<Value>, Broken> {
        self.outcome("a script", self.client.execute(script, arguments)).await
    }

    pub(crate) async fn dialog_text(self) -> Option<String> {
        self.bounded("reading a dialog", self.client.get_alert_text()).await.ok()?.ok()
    }

    pub(crate) async fn answer_dialog(self, accept: bool) -> Result<(), Broken> {
        if accept {
            self.outcome("accepting a dialog", self.client.accept_alert()).await.map(drop)
        } else {
            self.outcome("dismissing a dialog", self.client.dismiss_alert()).await.map(drop)
        }
    }

    /// The address that the browser was asked for; it proves nothing about what the page is.
    pub(crate) async fn asked_for(self) -> Option<Url> {
        self.bounded("reading the address", self.client.current_url()).await.ok()?.ok()
    }

    /// Whether the browser does not wait for a server, as it then answers nothing else.
    pub(crate) async fn answers_within(self, time: Duration) -> bool {
        tokio::time::timeout(time, self.asked_for()).await.is_ok()
    }

    /// The visible part of the page as a PNG.
    pub(crate) async fn picture(self) -> Option<Vec<u8>> {
        self.bounded("a screenshot", self.client.screenshot()).await.ok()?.ok()
    }

    fn element(self, it: &Handle) -> Element {
        Element::from_element_id(self.client.clone(), ElementRef::from(it.0.clone()))
    }

    /// A driver does one command at a time and cannot be told to give up, so a late answer ends the session.
    async fn bounded<T>(
        self,
        command: &'static str,
        asked: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<Result<T, CmdError>, Broken> {
        let bound = self.page_load + SPARE;
        let late =
            |_| Broken { command, reason: format!("no answer within {} s", bound.as_secs()) };
        tokio::time::timeout(bound, asked).await.map_err(late)
    }

    async fn outcome<T>(
        self,
        command: &'static str,
        asked: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<Outcome<T>, Broken> {
        outcome(command, self.bounded(command, asked).await?)
    }
}

fn outcome<T>(command: &'static str, answer: Result<T, CmdError>) -> Result<Outcome<T>, Broken> {
    let error = match answer {
        Ok(it) => return Ok(Outcome::Done(it)),
        Err(it) => it,
    };
    if error.is_stale_element_reference()
        || error.is_no_such_element()
        || error.is_detached_shadow_root()
    {
        return Ok(Outcome::Stale);
    }
    if matches!(&error, CmdError::Standard(it) if it.error == ErrorStatus::ElementClickIntercepted)
    {
        return Ok(Outcome::Covered);
    }
    if error.is_unexpected_alert_open() {
        return Ok(Outcome::Dialog);
    }
    // The rest of an error's text quotes the page and the driver's stack.
    match error {
        CmdError::Standard(it) if it.error == ErrorStatus::InvalidSessionId => {
            Err(Broken { command, reason: "the session is gone".into() })
        }
        CmdError::Standard(it) => Ok(Outcome::NotNow(it.error())),
        CmdError::Json(_) | CmdError::NotJson(_) | CmdError::NotW3C(_) => {
            Err(Broken { command, reason: NOT_WEBDRIVER.into() })
        }
        _ => Err(Broken { command, reason: "the connection to it is gone".into() }),
    }
}

/// An element as an argument of a script.
pub(crate) fn reference(it: &Handle) -> Value {
    json!({ "element-6066-11e4-a52e-4f735466cecf": it.0 })
}
