//! A signed-in browser on disk: cookies and local storage, in the shape of Playwright's `storageState`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use fantoccini::Client;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tool_edge::private_file;
use url::Url;

use crate::browser::outcome::{Broken, Outcome};
use crate::browser::tab::Tab;
use crate::error::Error;
use crate::private;
use crate::visits::Trail;

/// What makes a browser signed in; a secret as much as the password is.
#[derive(Clone, Default, Deserialize, Serialize)]
pub struct StorageState {
    /// Never missing where somebody wrote a state, so a file without them is something else.
    cookies: Vec<Cookie>,
    #[serde(default)]
    origins: Vec<Origin>,
    /// Who is signed in; Playwright does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Cookie {
    name: String,
    value: String,
    domain: String,
    path: String,
    /// Seconds since 1970, or -1 for a cookie that ends with its session.
    #[serde(default = "session")]
    expires: f64,
    #[serde(default)]
    http_only: bool,
    #[serde(default)]
    secure: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    same_site: Option<String>,
}

fn session() -> f64 {
    -1.0
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Origin {
    origin: String,
    local_storage: Vec<Item>,
}

#[derive(Clone, Deserialize, Serialize)]
struct Item {
    name: String,
    value: String,
}

// Even a quiet page may lead elsewhere, such as to a sign-in.
const READ: &str = "return trueOrigin === arguments[0] \
    ? Object.keys(localStorage).map(it => ({ name: it, value: localStorage.getItem(it) })) : []";
const WRITE: &str = "if (trueOrigin === arguments[0]) \
    for (const it of arguments[1]) localStorage.setItem(it.name, it.value)";
/// A page that every origin has, if only as an error, and on which nothing happens.
const QUIET_PAGE: &str = "/robots.txt";

impl StorageState {
    /// Reads what [`Self::write`], or Playwright, has written; `None` if there is no such file yet.
    ///
    /// # Errors
    ///
    /// If others than the owner may read the file, or if it is of another shape, as one without cookies is.
    pub fn read(file: &Path) -> Result<Option<Self>, Error> {
        if !file.exists() {
            return Ok(None);
        }
        let wrong = |_| Error::StorageState { file: file.to_owned() };
        serde_json::from_str(&private::read(file)?).map(Some).map_err(wrong)
    }

    /// Writes it to a file with mode 0600.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn write(&self, file: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(self).expect("strings and numbers are JSON");
        let failed = |source| Error::File { file: file.to_owned(), source };
        private_file::write(file, &text).map_err(failed)
    }

    /// Takes the cookies of the whole browser, and the local storage of the origins that `trail` went through.
    ///
    /// The browser goes to a page of each of them, so take it when everything else is done.
    ///
    /// # Errors
    ///
    /// If the browser is no Chromium, or if the driver fails.
    pub async fn take(client: &Client, trail: &Trail) -> Result<Self, Error> {
        let mut tab = Tab::new(client);
        let failed = |it: Broken| failed(it, trail);
        let cookies = match tab.devtools("Storage.getCookies", json!({})).await.map_err(failed)? {
            Outcome::Done(it) => it["cookies"].clone(),
            _ => return Err(Error::NoStorageState),
        };
        let mut it = Self {
            cookies: serde_json::from_value(cookies).map_err(|_| Error::NoStorageState)?,
            origins: Vec::new(),
            user: None,
        };
        let visited = trail.visits.iter().filter_map(|it| Url::parse(&it.address).ok());
        let origins: BTreeSet<String> = visited
            .filter(|it| matches!(it.scheme(), "http" | "https"))
            .map(|it| it.origin().ascii_serialization())
            .collect();
        for origin in origins {
            tab.open_at(&origin, QUIET_PAGE).await.map_err(failed)?;
            let asked = tab.run(READ, vec![json!(origin)]);
            if let Outcome::Done(items) = asked.await.map_err(failed)?
                && let Ok(local_storage) = serde_json::from_value::<Vec<Item>>(items)
                && !local_storage.is_empty()
            {
                it.origins.push(Origin { origin, local_storage });
            }
        }
        Ok(it)
    }

    /// Says whose state it is.
    #[must_use]
    pub fn of(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// Whose state it is, where that was said.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Refuses the state of another user; one that does not say whose it is may be anybody's.
    ///
    /// # Errors
    ///
    /// [`Error::OtherUser`].
    pub fn check_user(&self, user: &str) -> Result<(), Error> {
        match &self.user {
            Some(it) if !it.eq_ignore_ascii_case(user) => Err(Error::OtherUser),
            _ => Ok(()),
        }
    }

    /// Gives a fresh browser all of it.
    ///
    /// # Errors
    ///
    /// If the browser is no Chromium, or if the driver fails.
    pub async fn restore(&self, client: &Client) -> Result<(), Error> {
        let mut tab = Tab::new(client);
        let failed = |it: Broken| failed(it, &Trail::default());
        let cookies: Vec<Value> = self.cookies.iter().map(parameter).collect();
        let asked = tab.devtools("Storage.setCookies", json!({ "cookies": cookies }));
        let Outcome::Done(_) = asked.await.map_err(failed)? else {
            return Err(Error::NoStorageState);
        };
        for it in &self.origins {
            tab.open_at(&it.origin, QUIET_PAGE).await.map_err(failed)?;
            let items = serde_json::to_value(&it.local_storage).expect("strings are JSON");
            tab.run(WRITE, vec![json!(it.origin), items]).await.map_err(failed)?;
        }
        Ok(())
    }
}

/// A cookie as Chromium takes it, where one without an end has no `expires`.
fn parameter(it: &Cookie) -> Value {
    let mut it = serde_json::to_value(it).expect("strings and numbers are JSON");
    if it["expires"].as_f64().is_some_and(|it| it < 0.0)
        && let Some(fields) = it.as_object_mut()
    {
        fields.remove("expires");
    }
    it
}

fn failed(broken: Broken, trail: &Trail) -> Error {
    let address = trail.visits.last().map(|it| it.address.clone()).unwrap_or_default();
    Error::Driver { command: broken.command, reason: broken.reason, address, trail: trail.clone() }
}

impl fmt::Debug for StorageState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StorageState(..)")
    }
}
