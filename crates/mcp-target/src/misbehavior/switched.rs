//! The faults of one request: those of the start, and those that it asks for in its header `X-Fault`.

use std::convert::Infallible;
use std::str::FromStr as _;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};

use crate::config::faults::{Fault, Faults, HEADER};

/// What a request asked for itself, which happens at once and not after a number of calls.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked(Faults);

impl Asked {
    pub(crate) fn has(self, fault: Fault) -> bool {
        self.0.has(fault)
    }
}

/// Puts [`Faults`] and [`Asked`] among the extensions of each request; a target that can have none is left as it is.
pub(crate) fn switched(routes: Router, started: Faults, by_header: bool) -> Router {
    if started.is_empty() && !by_header {
        return routes;
    }
    routes.layer(from_fn_with_state((started, by_header), switch))
}

async fn switch(
    State((started, by_header)): State<(Faults, bool)>,
    mut request: Request,
    next: Next,
) -> Response {
    let asked = if by_header { asked(request.headers()) } else { Ok(Faults::default()) };
    let asked = match asked {
        Ok(it) => it,
        Err(name) => {
            let words = format!("no fault is called `{name}`; `mcp-target --help` names them all");
            return (StatusCode::BAD_REQUEST, words).into_response();
        }
    };
    request.extensions_mut().insert(started.and(asked));
    request.extensions_mut().insert(Asked(asked));
    next.run(request).await
}

/// The faults that the header names, or the first name that no fault has.
fn asked(headers: &HeaderMap) -> Result<Faults, String> {
    let values = headers.get_all(HEADER).iter();
    let values: Vec<_> = values.map(|it| String::from_utf8_lossy(it.as_bytes())).collect();
    let names = values.iter().flat_map(|it| it.split(',')).map(str::trim);
    let named = names.filter(|it| !it.is_empty());
    named.map(|it| Fault::from_str(it).map_err(|_| it.to_owned())).collect()
}

impl<S: Sync> FromRequestParts<S> for Faults {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or_default())
    }
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_header_names_faults_and_may_come_again() {
        let check = |values: &[&'static str], expect: Result<&[Fault], &str>| {
            let mut headers = HeaderMap::new();
            for it in values {
                headers.append(HEADER, HeaderValue::from_static(it));
            }
            let expect = expect.map(|it| it.iter().copied().collect()).map_err(str::to_owned);
            assert_eq!(asked(&headers), expect);
        };
        check(&[], Ok(&[]));
        check(&[""], Ok(&[]));
        check(&["cut-body, deny", "no-tools"], Ok(&[Fault::Deny, Fault::NoTools, Fault::CutBody]));
        check(&["cut-body,cut-boddy"], Err("cut-boddy"));
    }
}
