use std::collections::HashSet;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use url::form_urlencoded;

/// Parameters of a query or a form. An empty one counts as absent, [RFC 6749 §3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1).
/// They can hold a password, so they do not print themselves.
pub(crate) struct Parameters(Vec<(String, String)>);

/// A parameter came twice.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

impl Parameters {
    /// Only `resource` may come more than once.
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, Repeated> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(encoded)
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let mut seen = HashSet::new();
        if pairs.iter().any(|(name, _)| name != "resource" && !seen.insert(name.as_str())) {
            return Err(Repeated);
        }
        Ok(Self(pairs))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// Whether `resource` is named, and none but it.
    pub(crate) fn are_for(&self, resource: &str) -> bool {
        self.get("resource").is_some()
            && self.0.iter().all(|(name, value)| name != "resource" || value == resource)
    }
}

/// Whether a body is a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()?.split(';').next());
    media_type.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// The bearer of a request, [RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_parameter_is_refused_unless_it_is_a_resource() {
        assert_eq!(Parameters::parse(b"code=1&code=2").err(), Some(Repeated));
        let it = Parameters::parse(b"resource=a&resource=b&state=x%20y&empty=").unwrap();
        assert_eq!((it.get("state"), it.get("empty"), it.get("code")), (Some("x y"), None, None));
        assert!(!it.are_for("a"));
        assert!(Parameters::parse(b"resource=a&resource=a").unwrap().are_for("a"));
        assert!(!Parameters::parse(b"").unwrap().are_for("a"));
    }
}
