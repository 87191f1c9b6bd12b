//! A picture of a page on which nothing secret is to be seen.

use serde_json::{Value, json};

use crate::browser::outcome::Outcome;
use crate::browser::tab::Tab;
use crate::input::redaction::Redaction;

/// Empties every field and takes the account's name off the page, and reads what is left.
const BLANK: &str = include_str!("blank.js");

/// The visible part of the page without what was typed and without `email`; nothing where it still repeats a secret.
pub(crate) async fn picture(
    tab: &mut Tab<'_>,
    email: &str,
    redaction: &Redaction,
) -> Option<Vec<u8>> {
    tab.leave_frames().await.ok()?;
    let read = tab.run(BLANK, vec![json!(email)]).await;
    let Ok(Outcome::Done(Value::String(text))) = read else { return None };
    // A page that repeats a secret is kept as a report alone, in which it is struck.
    if redaction.occurs_in(&text) { None } else { tab.picture().await }
}
