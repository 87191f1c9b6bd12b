//! The addresses of the server.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};

use crate::authorization_server::metadata;
use crate::authorization_server::state::AuthorizationServer;
use crate::clients::{configuration, registration};
use crate::config::faults::{Fault, Faults};
use crate::config::screens::Screens;
use crate::screens::{app, authorize, consent, login, one_time_password, pages};
use crate::tokens::{endpoint, introspection, revocation, userinfo};

/// How much later everything is that a browser asks for, with [`Fault::SlowScreens`].
const SLOWNESS: Duration = Duration::from_millis(400);

/// What is not protected has no metadata that says so.
pub(crate) fn router(it: Arc<AuthorizationServer>, is_protected: bool) -> Router {
    let registered =
        get(configuration::read).put(configuration::update).delete(configuration::delete);
    let mut router = Router::new();
    if is_protected {
        for path in ["", "/mcp"] {
            let path = format!("/.well-known/oauth-protected-resource{path}");
            router = router.route(&path, get(metadata::protected_resource));
        }
    }
    router
        .route("/.well-known/oauth-authorization-server", get(metadata::authorization_server))
        .route("/.well-known/openid-configuration", get(metadata::openid))
        .route("/jwks", get(metadata::jwks))
        .route("/register", post(registration::register))
        .route("/register/{client_id}", registered)
        .route("/token", post(endpoint::token))
        .route("/revoke", post(revocation::revoke))
        .route("/introspect", post(introspection::introspect))
        .route("/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
        .merge(screens(&it))
        .with_state(it)
}

/// Everything that a browser asks for.
fn screens(it: &Arc<AuthorizationServer>) -> Router<Arc<AuthorizationServer>> {
    let router = Router::new()
        .route("/authorize", get(authorize::begin).post(authorize::begin_by_form))
        .route("/error", get(authorize::error))
        .route("/faults.js", get(pages::faults_script));
    let router = match it.screens {
        Screens::Plain => router
            .route("/login", get(login::page).post(login::sign_in))
            .route("/login/code", get(one_time_password::page).post(one_time_password::check))
            .route("/consent", get(consent::page).post(consent::decide)),
        Screens::MultiStep => router
            .route("/login", get(login::page).post(login::identify))
            .route("/login/password", get(login::password_page).post(login::sign_in))
            .route("/login/code", get(one_time_password::page).post(one_time_password::check))
            .route("/consent", get(consent::page).post(consent::decide)),
        Screens::SinglePage => {
            let in_json = || from_fn(app::in_json);
            let code = post(one_time_password::check).layer(in_json()).get(app::page);
            router
                .route("/login", post(login::sign_in).layer(in_json()).get(app::page))
                .route("/login/code", code)
                .route("/consent", post(consent::decide).layer(in_json()).get(app::page))
                .route("/screen", get(app::screen).layer(in_json()))
                .route("/app.js", get(app::script))
        }
    };
    router.layer(from_fn_with_state(it.clone(), slowly))
}

async fn slowly(faults: Faults, request: Request, next: Next) -> Response {
    if faults.has(Fault::SlowScreens) {
        tokio::time::sleep(SLOWNESS).await;
    }
    next.run(request).await
}
