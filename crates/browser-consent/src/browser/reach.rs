use std::time::Duration;

use fantoccini::Client;
use serde_json::{Value, json};

/// Firefox names its error pages in the document's own address alone, Chromium in both.
const REACHED: &str = "try { const wanted = new URL(arguments[0]); \
    return top.location.origin === wanted.origin && top.location.href.startsWith(wanted.href) \
    && !top.document.documentURI.startsWith('about:') \
    && !new URLSearchParams(top.location.search).has('error') } catch { return false }";
const EVERY: Duration = Duration::from_millis(50);

/// Resolves when the browser shows a page of the origin of `prefix`, an address, that starts with it and carries no `error`
/// parameter.
///
/// The page's own `location.href` is asked; a browser's error page, which the address bar names by the address
/// that was wanted, does not count. For where no listener can tell that it holds the code.
pub async fn reached(client: &Client, prefix: &str) {
    while !matches!(client.execute(REACHED, vec![json!(prefix)]).await, Ok(Value::Bool(true))) {
        tokio::time::sleep(EVERY).await;
    }
}
