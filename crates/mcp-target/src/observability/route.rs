use std::hash::{Hash, Hasher};

use axum::extract::MatchedPath;

/// A route as it was declared, such as `/register/{client_id}`; what no route matched is all one.
///
/// The router's own text, which costs nothing to keep.
#[derive(Debug, Clone)]
pub(crate) struct Route(Option<MatchedPath>);

impl Route {
    pub(crate) fn new(matched: Option<&MatchedPath>) -> Self {
        Self(matched.cloned())
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_ref().map_or("other", MatchedPath::as_str)
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
