use std::hash::{Hash, Hasher};

use axum::extract::MatchedPath;

/// A route as it was declared, such as `/register/{client_id}`; what no route matched is all one.
///
/// The router's own text, which costs nothing to keep.
#[derive(Debug, Clone)]
pub(crate) enum Route {
    Matched(MatchedPath),
    /// No route matched, or none was asked.
    Named(&'static str),
}

impl Route {
    /// A document that is kept as it was served before.
    pub(crate) const KEPT: Self = Self::Named("kept");
    /// Over a limit of the server's.
    pub(crate) const REFUSED: Self = Self::Named("refused");

    pub(crate) fn new(matched: Option<&MatchedPath>) -> Self {
        matched.cloned().map_or(Self::Named("other"), Self::Matched)
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Matched(it) => it.as_str(),
            Self::Named(it) => it,
        }
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

#[cfg(feature = "metrics")]
impl prometheus_client::encoding::EncodeLabelValue for Route {
    fn encode(
        &self,
        encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>,
    ) -> std::fmt::Result {
        self.as_str().encode(encoder)
    }
}
