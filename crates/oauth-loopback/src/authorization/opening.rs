use std::fmt;

use tokio::sync::watch;
use url::Url;

/// What the one who opens the browser is given.
#[non_exhaustive]
pub struct Opening {
    /// The address to open.
    pub url: Url,
    /// The client's name as the consent page will show it, where it is known.
    pub client_name: Option<String>,
    settled: watch::Receiver<bool>,
}

impl Opening {
    /// The other half tells when the callback is there.
    pub(crate) fn new(url: Url, client_name: Option<String>) -> (Self, watch::Sender<bool>) {
        let (settle, settled) = watch::channel(false);
        (Self { url, client_name, settled }, settle)
    }

    /// Resolves once the listener holds the answer, a code or a refusal, so that a browser can be closed in order.
    ///
    /// It resolves as well when nobody waits any longer.
    pub async fn code_arrived(&mut self) {
        // An error means that the waiting side is gone, which ends the browser's work just the same.
        let _ = self.settled.wait_for(|it| *it).await;
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL holds the state.
        f.debug_struct("Opening").field("client_name", &self.client_name).finish_non_exhaustive()
    }
}
