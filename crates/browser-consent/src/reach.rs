use std::time::Duration;

use fantoccini::Client;
use serde_json::{Value, json};

/// Firefox names its error pages in the document's own address alone, Chromium in both.
const REACHED: &str = "try { return top.location.href.startsWith(arguments[0]) \
    && !top.document.documentURI.startsWith('about:') \
    && !new URLSearchParams(top.location.search).has('error') } catch { return false }";
const EVERY: Duration = Duration::from_millis(50);

/// Resolves when the browser shows a page whose address starts with `prefix` and carries no `error` parameter.
///
/// The page's own `location.href` is asked; a browser's error page, which the address bar names by the address
/// that was wanted, does not count. For where no listener can tell that it holds the code.
pub async fn reached(client: &Client, prefix: &str) {
    while !matches!(client.execute(REACHED, vec![json!(prefix)]).await, Ok(Value::Bool(true))) {
        tokio::time::sleep(EVERY).await;
    }
}
