//! What was seen on the way, and what was done there.

use std::fmt;

use serde::Serialize;

/// The pages that were seen, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Trail {
    /// One entry a page; a document that changes into another kind of page is a new one.
    pub visits: Vec<Visit>,
    /// The steps of the script that no page had anything for, but for optional ones; known when `done` has resolved.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub steps_left: Box<[String]>,
}

/// One page, and what was done on it.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Visit {
    /// The address without its query.
    pub address: String,
    /// The page's title.
    pub title: String,
    /// What the page was taken for.
    pub kind: &'static str,
    /// What was done, such as `filled email` or `pressed Allow`.
    pub actions: Vec<String>,
    /// Milliseconds since the start.
    pub at_ms: u64,
}

impl Trail {
    /// All that was done, on whichever page.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.visits.iter().flat_map(|it| &it.actions).map(String::as_str)
    }
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, it) in self.visits.iter().enumerate() {
            let arrow = if at == 0 { "" } else { " → " };
            write!(f, "{arrow}{} {}", it.kind, it.address)?;
            if !it.actions.is_empty() {
                write!(f, " ({})", it.actions.join(", "))?;
            }
        }
        if self.visits.is_empty() { f.write_str("no page at all") } else { Ok(()) }
    }
}
