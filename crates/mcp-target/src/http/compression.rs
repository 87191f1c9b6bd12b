//! Answers packed with gzip for whoever takes them.

use axum::Router;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};

/// Below this, packing costs more than it saves.
const WORTHWHILE: u16 = 1024;

/// Packs what the routes answer, but for event streams, whose events must not wait for one another.
pub(crate) fn packed(routes: Router) -> Router {
    let when = SizeAbove::new(WORTHWHILE).and(NotForContentType::SSE);
    routes.layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(when))
}
