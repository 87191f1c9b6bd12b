//! Which proxy an address is asked through.

use axum::http::Uri;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::Proxy;
use url::Url;

use crate::http::address::is_loopback;

/// The proxies of the system, `HTTPS_PROXY` and its kin, for every address but those of this machine: a proxy has
/// machines of its own, and the resource may be here and its authorization server elsewhere.
pub(crate) fn by_address() -> Proxy {
    let system = Matcher::from_system();
    Proxy::custom(move |url| proxy_for(&system, url))
}

fn proxy_for(system: &Matcher, url: &Url) -> Option<Url> {
    if is_loopback(url) {
        return None;
    }
    let address: Uri = url.as_str().parse().ok()?;
    let it = system.intercept(&address)?;
    // What cannot be read as a proxy is asked for and fails, since nothing may go past the proxy that was named.
    Some(
        with_credentials(&it)
            .unwrap_or_else(|| Url::parse("http://proxy.invalid:9").expect("it is an address")),
    )
}

/// The address of a proxy with the credentials that stood in it; nothing where they are no text.
fn with_credentials(it: &Intercept) -> Option<Url> {
    let mut url = Url::parse(&it.uri().to_string()).ok()?;
    if let Some(header) = it.basic_auth() {
        let pair = header.to_str().ok()?.strip_prefix("Basic ")?;
        let pair = String::from_utf8(BASE64_STANDARD.decode(pair).ok()?).ok()?;
        let (name, password) = pair.split_once(':')?;
        url.set_username(name).ok()?;
        url.set_password(Some(password).filter(|it| !it.is_empty())).ok()?;
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(system: &Matcher, address: &str, expected: Option<&str>) {
        let url = Url::parse(address).expect("an address");
        assert_eq!(proxy_for(system, &url).as_ref().map(Url::as_str), expected, "{address}");
    }

    #[test]
    fn this_machine_is_asked_directly_and_all_others_as_the_system_has_it() {
        let system = Matcher::builder()
            .https("http://us%40er:p%3Aw@proxy.example:3128")
            .http("proxy.example:80")
            .no("inside.example")
            .build();
        let https = Some("http://us%40er:p%3Aw@proxy.example:3128/");
        check(&system, "https://a.example/token", https);
        check(&system, "http://a.example/", Some("http://proxy.example/"));
        for address in [
            "https://inside.example/token",
            "https://api.inside.example/token",
            "http://127.0.0.1:8080/mcp",
            "https://localhost/mcp",
            "http://tenant.localhost:8080/mcp",
            "http://[::1]:8080/mcp",
        ] {
            check(&system, address, None);
        }
        check(&Matcher::builder().build(), "https://a.example/token", None);
    }
}
