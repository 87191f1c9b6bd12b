use std::pin::pin;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

/// What the work gets after a signal to keep what it has.
const IN_ORDER: Duration = Duration::from_secs(1);

/// Does `work`, which is told by its argument when a signal comes; dropping it is what closes the browser.
///
/// # Errors
///
/// Those of the work, and the signal.
pub(crate) async fn interruptible<T>(
    work: impl AsyncFnOnce(&Notify) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let listen = |kind| signal(kind).context("failed to listen for signals");
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hangup = listen(SignalKind::hangup())?;
    let stop = Notify::new();
    let mut work = pin!(work(&stop));
    let reason = tokio::select! {
        outcome = &mut work => return outcome,
        _ = interrupt.recv() => "interrupted",
        _ = terminate.recv() => "terminated",
        _ = hangup.recv() => "the terminal hung up",
    };
    stop.notify_one();
    let _ = tokio::time::timeout(IN_ORDER, work).await;
    bail!("{reason}; the browser is closed")
}
