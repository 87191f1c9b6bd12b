//! Whether the process lives, and whether it could serve a request now.

use std::pin::Pin;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

/// Asks something that a request needs whether it is there; why not, in a few words without secrets.
pub(crate) type Check =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// `/health` and `/ready`; what is in memory is there as soon as these are, so only the rest has a check.
pub(crate) fn routes(checks: Vec<Check>) -> Router {
    Router::new()
        .route("/ready", get(ready))
        .with_state(Arc::from(checks))
        .route("/health", get(async || "ok"))
}

async fn ready(State(checks): State<Arc<[Check]>>) -> Response {
    let mut reasons = Vec::new();
    for check in &*checks {
        reasons.extend(check().await.err());
    }
    let (status, body) = if reasons.is_empty() {
        (StatusCode::OK, json!({"ready": true}))
    } else {
        tracing::warn!(?reasons, "not ready");
        (StatusCode::SERVICE_UNAVAILABLE, json!({"ready": false, "reasons": reasons}))
    };
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(answers: &[Result<(), &str>]) -> impl Future<Output = (StatusCode, String)> {
        let checks = answers.iter().map(|it| {
            let answer = it.map_err(str::to_owned);
            let check: Check = Arc::new(move || {
                let answer = answer.clone();
                Box::pin(async { answer })
            });
            check
        });
        let checks: Arc<[Check]> = checks.collect();
        async {
            let response = ready(State(checks)).await;
            let status = response.status();
            let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
            (status, String::from_utf8(body.to_vec()).unwrap())
        }
    }

    #[tokio::test]
    async fn a_target_is_ready_when_everything_it_needs_is_there() {
        let ok = (StatusCode::OK, r#"{"ready":true}"#.to_owned());
        assert_eq!(check(&[]).await, ok);
        assert_eq!(check(&[Ok(()), Ok(())]).await, ok);
        let (status, body) = check(&[Ok(()), Err("Redis does not answer")]).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(body, r#"{"ready":false,"reasons":["Redis does not answer"]}"#);
    }
}
