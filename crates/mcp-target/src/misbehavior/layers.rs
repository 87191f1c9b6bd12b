//! Where in the stack of layers faults happen: around everything, before the bearer is checked, and behind that.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};

use crate::config::faults::{Fault, Faults, Place};
use crate::config::target::Config;
use crate::misbehavior::away::{self, Away};
use crate::misbehavior::door::{self, Door};
#[cfg(feature = "mcp")]
use crate::misbehavior::requests::{self, Requests};
use crate::misbehavior::switched::switched;

/// Which faults there may be.
#[derive(Debug, Clone)]
pub(crate) struct Layers {
    started: Faults,
    by_header: bool,
    away: Arc<Away>,
}

impl Layers {
    pub(crate) fn of(config: &Config) -> Self {
        Self { started: config.faults, by_header: config.fault_header, away: Arc::default() }
    }

    /// What happens to sessions, answers and streams: the bearer is known to be good.
    #[cfg(feature = "mcp")]
    pub(crate) fn behind_the_bearer(&self, mcp: Router, config: &Config) -> Router {
        let places = [Place::Session, Place::Answer, Place::Transport];
        let faults = of_places(&places);
        if !self.by_header && !self.started.meets(faults) {
            return mcp;
        }
        let state = Arc::new(Requests::new(faults, config, self.away.clone()));
        mcp.route_layer(from_fn_with_state(state, requests::misbehave))
    }

    #[cfg(not(feature = "mcp"))]
    pub(crate) fn behind_the_bearer(&self, mcp: Router, _: &Config) -> Router {
        mcp
    }

    /// What the endpoint says of a bearer.
    pub(crate) fn before_the_bearer(&self, mcp: Router, issuer: &str) -> Router {
        let faults = of_places(&[Place::Bearer]).and(Fault::RootMetadataOnly.into());
        if !self.by_header && !self.started.meets(faults) {
            return mcp;
        }
        mcp.route_layer(from_fn_with_state(Arc::new(Door::new(issuer)), door::misbehave))
    }

    /// What happens to every request.
    pub(crate) fn around(&self, routes: Router) -> Router {
        let mut routes = routes;
        if self.by_header || self.started.has(Fault::RootMetadataOnly) {
            routes = routes.layer(from_fn(without_metadata_of_the_path));
        }
        if self.by_header || self.started.has(Fault::Restart) {
            routes = routes.layer(from_fn_with_state(self.away.clone(), away::nobody_there));
        }
        switched(routes, self.started, self.by_header)
    }
}

fn of_places(places: &[Place]) -> Faults {
    Fault::ALL.iter().copied().filter(|it| places.contains(&it.place())).collect()
}

async fn without_metadata_of_the_path(faults: Faults, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if faults.has(Fault::RootMetadataOnly) && path == "/.well-known/oauth-protected-resource/mcp" {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}
