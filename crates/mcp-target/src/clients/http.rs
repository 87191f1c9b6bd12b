//! What client metadata documents are asked for with.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;

/// How long somebody's server may take for a document.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Made when the first document is asked for: with TLS built in, a program has to choose its cryptography before.
///
/// Follows no redirect: a document is where its address says, or nowhere.
pub(crate) fn http() -> Client {
    let http = Client::builder().no_proxy().redirect(Policy::none()).timeout(TIMEOUT);
    http.build().expect("nothing of the system is needed without TLS")
}
