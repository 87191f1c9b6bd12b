//! Where scripts of ours run, and what they say of a page that may lie.
//!
//! In Chromium they run in an isolated world: it has the page's elements and nothing that the page has changed, and the
//! page does not see what they are given. The address and the frames come from the browser itself. Other browsers have
//! no such world; there the driver says before and after a script where the page is, and what a page of an allowed
//! origin changes is its own affair.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use crate::browser::outcome::{Broken, Failure, NOT_WEBDRIVER, Outcome, caught};
use crate::browser::tab::{Context, Tab, World};
use crate::page::snapshot::Handle;

/// How the elements of the page are named between a script and the next one.
const ISOLATED: &str = include_str!("isolated.js");
const IN_PAGE: &str = "const trueOrigin = location.origin; \
    const toHandle = it => it; const fromHandle = it => it;\n";
const NAME: &str = "browser-consent";

/// Where the browser says that it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Location {
    /// The address of the page, or the one that was asked for where it could not be shown.
    pub(crate) url: Option<Url>,
    /// Whether it shows a page of its own instead.
    pub(crate) is_error: bool,
}

impl Tab<'_> {
    /// Whether scripts run beside the page and not in it; asked once, as a browser does not change.
    pub(crate) async fn is_isolated(&mut self) -> Result<bool, Broken> {
        if let World::Unknown = self.world {
            self.world = match self.devtools("Page.getFrameTree", json!({})).await? {
                Outcome::NotNow(it) if it == NOT_WEBDRIVER || it == "unknown command" => {
                    World::Page
                }
                // Whatever else a driver answers, it knows the command.
                _ => World::Isolated(None),
            };
        }
        Ok(!matches!(self.world, World::Page))
    }

    /// Runs the body of a function in the frame that is looked at: beside the page where that can be, else in it.
    pub(crate) async fn run(
        &mut self,
        script: &str,
        arguments: Vec<Value>,
    ) -> Result<Outcome<Value>, Broken> {
        if self.is_isolated().await? {
            return caught(self.evaluate(script, arguments).await);
        }
        let script = format!("{IN_PAGE}{script}");
        self.outcome("a script", self.client.execute(&script, arguments)).await
    }

    /// An element as an argument of a script.
    pub(crate) fn reference(&self, it: &Handle) -> Value {
        match self.world {
            World::Isolated(_) => json!(it.0),
            _ => json!({ "element-6066-11e4-a52e-4f735466cecf": it.0 }),
        }
    }

    async fn evaluate(&mut self, script: &str, arguments: Vec<Value>) -> Result<Value, Failure> {
        let context = self.context().await?;
        let it = self.call(&context, script, arguments, true).await?;
        Ok(it["value"].clone())
    }

    /// Calls a function in a context; its result as DevTools names it.
    async fn call(
        &mut self,
        context: &Context,
        script: &str,
        arguments: Vec<Value>,
        by_value: bool,
    ) -> Result<Value, Failure> {
        let arguments: Vec<Value> =
            arguments.into_iter().map(|it| json!({ "value": it })).collect();
        let parameters = json!({
            "functionDeclaration": format!("function () {{ {ISOLATED}\n{script}\n}}"),
            "executionContextId": context.id,
            "arguments": arguments,
            "returnByValue": by_value,
            "silent": true,
        });
        let answer = self.devtools("Runtime.callFunctionOn", parameters).await?;
        if !matches!(answer, Outcome::Done(_) | Outcome::Dialog) {
            // The context has ended with its document.
            self.world = World::Isolated(None);
        }
        let answer = answer.done()?;
        match answer["exceptionDetails"]["exception"]["description"].as_str() {
            _ if answer["exceptionDetails"].is_null() => Ok(answer["result"].clone()),
            Some(it) if it.starts_with("Error: stale element") => Err(Failure::Stale),
            _ => Err(Failure::NotNow("javascript error".to_owned())),
        }
    }

    /// The context of scripts in the newest document of the frame that is looked at.
    async fn context(&mut self) -> Result<Context, Failure> {
        let tree = self.devtools("Page.getFrameTree", json!({})).await?.done()?;
        let frame = match &self.frame {
            None => Some(&tree["frameTree"]["frame"]),
            Some(it) => frames(&tree["frameTree"]).into_iter().find(|frame| frame["id"] == **it),
        };
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        let (frame, loader) = match frame {
            Some(it) => (text(&it["id"]), text(&it["loaderId"])),
            None => return Err(Failure::Stale),
        };
        if let World::Isolated(Some(it)) = &self.world
            && (&it.frame, &it.loader) == (&frame, &loader)
        {
            return Ok(it.clone());
        }
        let parameters = json!({ "frameId": frame, "worldName": NAME });
        let made = self.devtools("Page.createIsolatedWorld", parameters).await?.done()?;
        let Some(id) = made["executionContextId"].as_i64() else {
            return Err(Failure::NotNow(NOT_WEBDRIVER.to_owned()));
        };
        let context = Context { frame, loader, id };
        self.world = World::Isolated(Some(context.clone()));
        Ok(context)
    }

    /// What DevTools knows of an element, and WebDriver's name for it.
    pub(crate) async fn node(&mut self, it: &Handle) -> Result<(Value, String), Failure> {
        let context = self.context().await?;
        let script = "return fromHandle(arguments[0])";
        let object = self.call(&context, script, vec![json!(it.0)], false).await?;
        let parameters = json!({ "objectId": object["objectId"] });
        let node = self.devtools("DOM.describeNode", parameters).await?.done()?["node"].clone();
        let Context { frame, loader, .. } = context;
        // So chromedriver names elements; one of a document that is gone is stale to it.
        let name = format!("f.{frame}.d.{loader}.e.{}", node["backendNodeId"]);
        Ok((node, name))
    }

    /// Where the page is, from the browser and not from the page.
    pub(crate) async fn location(&mut self) -> Result<Outcome<Location>, Broken> {
        caught(self.find_location().await)
    }

    async fn find_location(&mut self) -> Result<Location, Failure> {
        let url = |it: &Value| it.as_str().and_then(|it| Url::parse(it).ok());
        if self.is_isolated().await? {
            let tree = self.devtools("Page.getFrameTree", json!({})).await?.done()?;
            let frame = &tree["frameTree"]["frame"];
            let unreachable = url(&frame["unreachableUrl"]);
            let is_error = unreachable.is_some();
            return Ok(Location { url: unreachable.or_else(|| url(&frame["url"])), is_error });
        }
        let url = self.outcome("reading the address", self.client.current_url()).await?.done()?;
        Ok(Location { url: Some(url), is_error: false })
    }

    /// The address that the browser was asked for; it proves nothing about what the page is.
    pub(crate) async fn asked_for(&mut self) -> Option<Url> {
        match self.location().await {
            Ok(Outcome::Done(it)) => it.url,
            _ => None,
        }
    }

    /// Whether the browser does not wait for a server, as it then answers nothing else.
    pub(crate) async fn answers_within(&mut self, time: Duration) -> bool {
        tokio::time::timeout(time, self.asked_for()).await.is_ok()
    }

    /// Whether the page has a frame of an origin that is not among these, as far as can be known.
    pub(crate) async fn has_stranger(&mut self, origins: &[String]) -> Result<bool, Broken> {
        Ok(match self.devtools("Page.getFrameTree", json!({})).await? {
            Outcome::Done(tree) => {
                let origin = |it: &Value| it["securityOrigin"].as_str().map(str::to_owned);
                let mut frames = frames(&tree["frameTree"]).into_iter();
                frames.any(|it| origin(it).is_none_or(|it| !origins.contains(&it)))
            }
            _ => true,
        })
    }
}

/// All frames of a tree.
fn frames(tree: &Value) -> Vec<&Value> {
    let children = tree["childFrames"].as_array().into_iter().flatten();
    std::iter::once(&tree["frame"]).chain(children.flat_map(frames)).collect()
}
