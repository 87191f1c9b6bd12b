//! What is read and done on the page, with its elements by their handles.

use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::{Element, ElementRef};
use serde_json::{Value, json};

use crate::address::bare;
use crate::browser::command::Command;
use crate::browser::outcome::{Broken, Failure, Outcome, caught};
use crate::browser::tab::Tab;
use crate::page::snapshot::{Handle, SCRIPT, Snapshot};

const TYPE: &str = include_str!("type.js");

/// A text for a field.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) element: &'a Handle,
    pub(crate) text: &'a str,
    /// Whether something is there that has to go first.
    pub(crate) clear: bool,
    /// Whether it was tried before.
    pub(crate) again: bool,
}

impl Tab<'_> {
    /// What the page looks like now; what reads like a scope only if `scopes` is set, as it takes long.
    ///
    /// A page of an origin that is not among `origins` is not told the client's name.
    pub(crate) async fn snapshot(
        &mut self,
        client_name: &str,
        scopes: bool,
        origins: &[String],
    ) -> Result<Outcome<Snapshot>, Broken> {
        let read = caught(self.read(client_name, scopes, origins).await);
        read.map_err(|it| Broken { command: "reading the page", ..it })
    }

    async fn read(
        &mut self,
        client_name: &str,
        scopes: bool,
        origins: &[String],
    ) -> Result<Snapshot, Failure> {
        let read = |it: Value| {
            let wrong = |it| Failure::NotNow(format!("the page was read as something else: {it}"));
            serde_json::from_value::<Snapshot>(it).map_err(wrong)
        };
        if self.is_isolated().await? {
            return read(self.run(SCRIPT, vec![json!(client_name), json!(scopes)]).await?.done()?);
        }
        let location = self.location().await?.done()?;
        let origin = location.url.as_ref().map(|it| it.origin().ascii_serialization());
        let is_allowed = origin.as_ref().is_some_and(|it| origins.contains(it));
        let client_name = if is_allowed { client_name } else { "" };
        let mut page =
            read(self.run(SCRIPT, vec![json!(client_name), json!(scopes)]).await?.done()?)?;
        if self.location().await?.done()? != location {
            return Err(Failure::NotNow("the page went on meanwhile".to_owned()));
        }
        // What the page says of where it is counts only where it has to: in a frame of a page that is allowed.
        if self.frame.is_none() || !is_allowed {
            page.origin = origin.unwrap_or_default();
            if let Some(url) = location.url.filter(|_| !page.address.starts_with("about:neterror"))
            {
                page.address = bare(&url);
            }
        }
        Ok(page)
    }

    pub(crate) async fn click(&mut self, it: &Handle) -> Result<Outcome<()>, Broken> {
        let element = match self.element(it).await? {
            Outcome::Done(it) => it,
            Outcome::Dialog => return Ok(Outcome::Dialog),
            _ => return Ok(Outcome::Stale),
        };
        let clicked = self.outcome("a click", element.clone().click()).await?;
        // chromedriver fails at a link that is two shadow roots deep, before it has clicked.
        if !matches!(&clicked, Outcome::NotNow(it) if it == "javascript error") {
            return Ok(clicked);
        }
        let script = "fromHandle(arguments[0]).scrollIntoView({ block: 'center' })";
        self.run(script, vec![self.reference(it)]).await?;
        let pointer = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.outcome("a pointer's click", self.client.perform_actions(pointer)).await
    }

    /// Replaces what a field holds. It is typed on a page of one of `origins` alone, and where nothing else can get it.
    ///
    /// Beside the page the text is put into the field at once. Where that was done before and did not stay, and in a
    /// browser that has no world of ours, its keys are pressed one after another, for which the field has the focus.
    pub(crate) async fn type_into(
        &mut self,
        it: &Entry<'_>,
        origins: &[String],
    ) -> Result<Outcome<()>, Broken> {
        caught(self.put(it, origins).await)
    }

    async fn put(&mut self, it: &Entry<'_>, origins: &[String]) -> Result<(), Failure> {
        if self.is_isolated().await? {
            if !it.again || self.has_stranger(origins).await? {
                let arguments = vec![self.reference(it.element), json!(it.text)];
                let is_there = self.run(TYPE, arguments).await?.done()? == true;
                let missed = Failure::NotNow("the field does not hold the text".to_owned());
                return if is_there { Ok(()) } else { Err(missed) };
            }
        } else {
            let origin =
                self.location().await?.done()?.url.map(|it| it.origin().ascii_serialization());
            if origin.is_none_or(|it| !origins.contains(&it)) {
                return Err(Failure::Stale);
            }
        }
        let element = self.element(it.element).await?.done()?;
        if it.clear
            && let Outcome::Stale | Outcome::Dialog =
                self.outcome("clearing a field", element.clear()).await?
        {
            return Err(Failure::Stale);
        }
        self.outcome("typing", element.send_keys(it.text)).await?.done()
    }

    /// The role and the accessible name that the browser computed for an element.
    pub(crate) async fn role_and_label(
        &mut self,
        it: &Handle,
    ) -> Result<Outcome<(String, String)>, Broken> {
        caught(self.compute(it).await)
    }

    async fn compute(&mut self, it: &Handle) -> Result<(String, String), Failure> {
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        if self.is_isolated().await? {
            let (node, _) = self.node(it).await?;
            let of = json!({ "backendNodeId": node["backendNodeId"], "fetchRelatives": false });
            let tree = self.devtools("Accessibility.getPartialAXTree", of).await?.done()?;
            let node = &tree["nodes"][0];
            return Ok((text(&node["role"]["value"]), text(&node["name"]["value"])));
        }
        let ask = |property| Command { path: format!("element/{}/{property}", it.0), body: None };
        let role = self.client.issue_cmd(ask("computedrole"));
        let role = self.outcome("reading a role", role).await?.done()?;
        let label = self.client.issue_cmd(ask("computedlabel"));
        let label = self.outcome("reading a label", label).await?.done()?;
        Ok((text(&role), text(&label)))
    }

    /// Goes into a frame; [`Self::leave_frames`] goes back.
    pub(crate) async fn enter_frame(&mut self, it: &Handle) -> Result<Outcome<()>, Broken> {
        let mut frame = it.0.clone();
        let mut name = it.0.clone();
        if self.is_isolated().await? {
            match caught(self.node(it).await)? {
                Outcome::Done((node, named)) => {
                    frame = node["frameId"].as_str().unwrap_or_default().to_owned();
                    name = named;
                }
                _ => return Ok(Outcome::Stale),
            }
        }
        let element = Element::from_element_id(self.client.clone(), ElementRef::from(name));
        let entered = self.outcome("entering a frame", element.enter_frame()).await?;
        if let Outcome::Done(()) = entered {
            self.frame = Some(frame);
        }
        Ok(entered)
    }

    pub(crate) async fn leave_frames(&mut self) -> Result<(), Broken> {
        self.frame = None;
        let command = Command { path: "frame".into(), body: Some(json!({ "id": null })) };
        self.outcome("leaving a frame", self.client.issue_cmd(command)).await.map(drop)
    }

    /// An element as the driver knows it.
    async fn element(&mut self, it: &Handle) -> Result<Outcome<Element>, Broken> {
        let named = if self.is_isolated().await? {
            caught(self.node(it).await.map(|(_, name)| name))?
        } else {
            Outcome::Done(it.0.clone())
        };
        let element = |it| Element::from_element_id(self.client.clone(), ElementRef::from(it));
        caught(named.done().map(element))
    }
}
