//! Where the log goes.

use std::io;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::arguments::Log;

/// The most lines that wait to be written.
const WAITING: usize = 10_000;

/// Logs to stderr what the target itself says: what it is built of would log whole messages, with the secrets in them.
///
/// Until the guard is dropped. Nobody who is served waits for whoever reads stderr; lines that find no room are lost.
pub(crate) fn start(log: Option<Log>, level: Option<&str>) -> Option<WorkerGuard> {
    let usual = if log.is_some() { LevelFilter::INFO } else { LevelFilter::WARN };
    let level = level.map_or(usual, |it| it.parse().expect("clap takes no other levels"));
    let ours = Targets::new().with_target("mcp_target", level);
    let (lines, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(WAITING).finish(io::stderr());
    let layer = tracing_subscriber::fmt::layer().with_writer(lines);
    let layer = match log.unwrap_or(Log::Text) {
        Log::Json => layer.json().flatten_event(true).boxed(),
        Log::Text => layer.boxed(),
        Log::Off => return None,
    };
    tracing_subscriber::registry().with(layer.with_filter(ours)).init();
    Some(guard)
}
