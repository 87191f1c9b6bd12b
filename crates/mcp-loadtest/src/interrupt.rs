//! Ctrl-C and SIGTERM, heard at one place.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells whoever waits that the user wants us to end.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<bool>);

#[derive(Debug, thiserror::Error)]
#[error("interrupted; everything that was started is stopped")]
pub struct Interrupted;

impl Interrupt {
    /// Starts to listen for SIGINT, SIGTERM and SIGHUP.
    pub fn listen() -> std::io::Result<Self> {
        let (sender, receiver) = watch::channel(false);
        let mut int = signal(SignalKind::interrupt())?;
        let mut term = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            tokio::select! {
                _ = int.recv() => {}
                _ = term.recv() => {}
                _ = hangup.recv() => {}
            }
            let _nobody_waits = sender.send(true);
            sender.closed().await;
        });
        Ok(Self(receiver))
    }

    pub async fn came(&mut self) {
        if self.0.wait_for(|it| *it).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub fn has_come(&self) -> bool {
        *self.0.borrow()
    }

    /// Runs `work` to its end, or drops it when the user interrupts.
    pub async fn or<T>(&self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        let mut interrupt = self.clone();
        tokio::select! {
            biased;
            () = interrupt.came() => Err(Interrupted.into()),
            it = work => it,
        }
    }
}
