use serde_json::Value;

use crate::body::block::Marker;
use crate::body::block::write;
use crate::body::section::{fitting, open_fence};
use crate::body::signature::SigningKey;
use crate::error::Error;
use crate::github::issue::Issue;

/// How many characters a comment may have, hidden block included; GitHub's own limit is 65,536.
pub const MAX_CHARACTERS: usize = 60_000;

/// A comment before it is posted: text for people, data for the next run.
#[derive(Debug, Clone)]
pub struct Comment {
    text: String,
    data: Option<(Marker, Value)>,
    key: Option<String>,
}

impl Comment {
    /// A comment that says `text`, in Markdown.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), data: None, key: None }
    }

    /// Hides `data` at the end, to be found again under `marker`.
    pub fn with_data(mut self, marker: &Marker, data: &Value) -> Self {
        self.data = Some((marker.clone(), data.clone()));
        self
    }

    /// Names the run: posting again under the same key edits the comment that is there.
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The whole body as it is sent to GitHub, without a signature.
    ///
    /// It is never cut: if it is longer than [`MAX_CHARACTERS`], its top-level `<details>` blocks are left out
    /// from the last one on, and what is too long even so is an error, as is an empty text.
    pub fn body(&self) -> Result<String, Error> {
        self.render(None)
    }

    pub(crate) fn render(&self, signing: Option<(&SigningKey, &Issue)>) -> Result<String, Error> {
        let text = self.text.trim_end();
        if text.is_empty() {
            return Err(Error::Empty);
        }
        let block = match (&self.data, &self.key) {
            (Some((marker, data)), key) => write(marker, data, key.as_deref(), signing),
            (None, Some(_)) => return Err(Error::KeyWithoutData),
            // A text that ends in a hidden block of its own must not be read as our data.
            (None, None) if text.ends_with("-->") => "<!-- -->".to_owned(),
            (None, None) => String::new(),
        };
        let whole = |text: &str| {
            let mut body = text.trim_end().to_owned();
            if let Some(fence) = open_fence(text).filter(|_| !block.is_empty()) {
                // In a code block everybody would see what is to be hidden.
                body.extend(["\n", &fence]);
            }
            if !block.is_empty() {
                body.extend(["\n\n", &block]);
            }
            body
        };
        let characters = |text: &str| whole(text).chars().count();
        let fits = |text: &str| characters(text) <= MAX_CHARACTERS;
        let fitted = fitting(text, fits).ok_or_else(|| Error::TooLong {
            characters: characters(text),
            limit: MAX_CHARACTERS,
        })?;
        Ok(whole(&fitted))
    }

    pub(crate) fn marker(&self) -> Option<&Marker> {
        Some(&self.data.as_ref()?.0)
    }

    pub(crate) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}
