use std::time::Duration;

use fantoccini::Client;
use url::Url;

use crate::browser::outcome::Outcome;
use crate::browser::tab::Tab;

/// Firefox names an error page by the address that was wanted, but for the document itself.
const IS_ERROR: &str = "return document.documentURI.startsWith('about:')";
const EVERY: Duration = Duration::from_millis(50);

/// Resolves when the browser shows a page of the origin of `prefix`, an address, that starts with it and carries no `error`
/// parameter.
///
/// The browser is asked and not the page; an error page of its own, which the address bar names by the address that was
/// wanted, does not count. For where no listener can tell that it holds the code.
pub async fn reached(client: &Client, prefix: &str) {
    let Ok(wanted) = Url::parse(prefix) else { return std::future::pending().await };
    let mut tab = Tab::new(client);
    while !is_there(&mut tab, &wanted).await {
        tokio::time::sleep(EVERY).await;
    }
}

async fn is_there(tab: &mut Tab<'_>, wanted: &Url) -> bool {
    let Ok(Outcome::Done(location)) = tab.location().await else { return false };
    let Some(url) = location.url.filter(|_| !location.is_error) else { return false };
    let is_it = url.origin() == wanted.origin()
        && url.as_str().starts_with(wanted.as_str())
        && !url.query_pairs().any(|(name, _)| name == "error");
    is_it && matches!(tab.run(IS_ERROR, Vec::new()).await, Ok(Outcome::Done(it)) if it == false)
}

/// Where the browser says that it is, without query and fragment.
pub async fn current_address(client: &Client) -> Option<Url> {
    let Ok(Outcome::Done(location)) = Tab::new(client).location().await else { return None };
    let mut url = location.url?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}
