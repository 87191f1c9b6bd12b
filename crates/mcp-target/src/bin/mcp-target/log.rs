//! Where the log goes.

use std::io;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::arguments::Log;

/// Logs to stderr what the target itself says: what it is built of would log whole messages, with the secrets in them.
pub(crate) fn start(log: Option<Log>, level: Option<&str>) {
    let usual = if log.is_some() { LevelFilter::INFO } else { LevelFilter::WARN };
    let level = level.map_or(usual, |it| it.parse().expect("clap takes no other levels"));
    let ours = Targets::new().with_target("mcp_target", level);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = match log.unwrap_or(Log::Text) {
        Log::Json => layer.json().flatten_event(true).boxed(),
        Log::Text => layer.boxed(),
        Log::Off => return,
    };
    tracing_subscriber::registry().with(layer.with_filter(ours)).init();
}
