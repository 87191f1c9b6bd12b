//! The addresses of the server.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};

use crate::authorization_server::state::AuthorizationServer;
use crate::authorization_server::{
    app, authorize, consent, login, metadata, pages, registration, token,
};
use crate::config::faults::Fault;
use crate::config::screens::Screens;

/// The largest form or document that is read.
const MAX_BODY: usize = 64 * 1024;

/// How much later everything is that a browser asks for, with [`Fault::SlowScreens`].
const SLOWNESS: Duration = Duration::from_millis(400);

/// What is not protected has no metadata that says so.
pub(crate) fn router(it: Arc<AuthorizationServer>, is_protected: bool) -> Router {
    let mut router = Router::new();
    if is_protected {
        for path in ["", "/mcp"] {
            let path = format!("/.well-known/oauth-protected-resource{path}");
            router = router.route(&path, get(metadata::protected_resource));
        }
    }
    router
        .route("/.well-known/oauth-authorization-server", get(metadata::authorization_server))
        .route("/jwks", get(metadata::jwks))
        .route("/register", post(registration::register))
        .route("/token", post(token::token))
        .merge(screens(&it))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(it)
}

/// Everything that a browser asks for.
fn screens(it: &AuthorizationServer) -> Router<Arc<AuthorizationServer>> {
    let router = Router::new()
        .route("/authorize", get(authorize::begin))
        .route("/faults.js", get(pages::faults_script));
    let router = match it.screens {
        Screens::Plain => router
            .route("/login", get(login::page).post(login::sign_in))
            .route("/consent", get(consent::page).post(consent::decide)),
        Screens::MultiStep => router
            .route("/login", get(login::page).post(login::identify))
            .route("/login/password", get(login::password_page).post(login::sign_in))
            .route("/consent", get(consent::page).post(consent::decide)),
        Screens::SinglePage => {
            let in_json = || from_fn(app::in_json);
            router
                .route("/login", post(login::sign_in).layer(in_json()).get(app::page))
                .route("/consent", post(consent::decide).layer(in_json()).get(app::page))
                .route("/screen", get(app::screen).layer(in_json()))
                .route("/app.js", get(app::script))
        }
    };
    if it.faults.has(Fault::SlowScreens) { router.layer(from_fn(slowly)) } else { router }
}

async fn slowly(request: Request, next: Next) -> Response {
    tokio::time::sleep(SLOWNESS).await;
    next.run(request).await
}
