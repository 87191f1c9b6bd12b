use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, StatusCode, redirect};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tool_edge::Secrets;
use url::Url;

use crate::error::{Error, printable};
use crate::http::address::of_no_server;
use crate::http::proxy::by_address;
use crate::http::wrong_member;
use crate::refusal::{Refusal, Step};

const BODY_LIMIT: usize = 1 << 20;
const DEADLINE: Duration = Duration::from_secs(30);
const REDIRECTS: usize = 4;
/// A window of a minute, which is what rate limits of registrations have, and some seconds.
const RETRY_LIMIT: Duration = Duration::from_secs(75);
/// The second is what better-auth sends.
const RETRY_AFTER: [&str; 2] = ["retry-after", "x-retry-after"];

/// The HTTP client that the flow wants: no redirects, since a code must not travel to where nobody looked, and a deadline.
///
/// It asks this machine directly and every other through the proxy that the environment has for it. A client made
/// otherwise works too, as long as it follows no redirect.
///
/// With the feature `rustls-ring` it sets ring as the cryptography of the process, where none is set yet.
pub fn http_client() -> ClientBuilder {
    #[cfg(feature = "rustls-ring")]
    // An error says that there is one already, and that one was chosen on purpose.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .timeout(DEADLINE)
        .user_agent(concat!("oauth-loopback/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(Resolver))
        .proxy(by_address())
        .default_headers(HeaderMap::from_iter([(
            // Some servers compress unless they are asked not to.
            ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        )]))
}

/// Looks names up, but for those of this machine, which nobody else may answer for ([RFC 6761 §6.3]); an address of the
/// own link is none that a name may have.
///
/// [RFC 6761 §6.3]: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = if tool_edge::is_loopback(name.as_str()) {
                let both: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
                both.map(|it| SocketAddr::new(it, 0)).into()
            } else {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
                found.filter(|it| of_no_server(it.ip()).is_none()).collect()
            };
            if addresses.is_empty() {
                return Err("the name has no address that may be asked".into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// A response whose body has been read.
pub(crate) struct Response {
    pub(crate) step: Step,
    pub(crate) url: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Vec<u8>,
}

impl Response {
    /// The body as the JSON that the specification describes.
    ///
    /// The reason names the member that is missing or wrong, and no more: a value may be secret.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if let Ok(it) = serde_json::from_slice(self.text()) {
            return Ok(it);
        }
        let kind = || self.content_type().map_or("text".into(), printable);
        let reason = wrong_member::reason::<T>(self.text());
        let reason = reason.unwrap_or_else(|| format!("{} without JSON", kind()));
        let (step, url, status) = (self.step, self.url.clone(), self.status.as_u16());
        Err(Error::Malformed { step, url, status, reason })
    }

    /// A member that is a text, whatever the others are.
    pub(crate) fn text_of(&self, member: &str) -> Option<String> {
        let body = serde_json::from_slice::<Value>(self.text()).ok()?;
        body.get(member)?.as_str().filter(|it| !it.is_empty()).map(str::to_owned)
    }

    /// The error of an OAuth endpoint, whatever the status says: some servers answer 200, 401 or 500 where the
    /// specification says 400. `secrets` are struck from what the server echoes.
    ///
    /// Only the members of RFC 6749 §5.2 and RFC 7591 §3.2.2 are quoted: in any other body there may be secrets that
    /// nobody sent.
    pub(crate) fn refusal(&self, secrets: &[&str]) -> Option<Error> {
        let body = serde_json::from_slice::<Value>(self.text()).unwrap_or_default();
        let text = |name: &str| body.get(name)?.as_str().filter(|it| !it.is_empty());
        // Servers of other customs have a code of their own; what is none by its looks may be anything.
        let is_code = |it: &&str| {
            it.len() <= 60 && it.bytes().all(|it| it.is_ascii_alphabetic() || it == b'_')
        };
        let error = text("error").or_else(|| text("code").filter(is_code));
        if self.status.is_success() && text("error").is_none() {
            return None;
        }
        let description = text("error_description").map(str::to_owned);
        let description = description.or_else(|| error.is_none().then(|| self.described(&body))?);
        let secrets = Secrets::new(secrets.iter().copied());
        let strike = |it: &str| printable(&secrets.strike(it));
        let header = |name: &str| {
            self.headers.get(name).map(|it| strike(&String::from_utf8_lossy(it.as_bytes())))
        };
        Some(Error::Refused(Box::new(Refusal {
            step: self.step,
            url: self.url.clone(),
            status: self.status.as_u16(),
            error: error.map(strike),
            description: description.as_deref().map(strike),
            retry_after: RETRY_AFTER.iter().find_map(|it| header(it)),
        })))
    }

    /// The body without the byte order mark that some servers begin with.
    fn text(&self) -> &[u8] {
        self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body)
    }

    /// What kind of body it is that is not quoted.
    fn described(&self, body: &Value) -> Option<String> {
        const MOST_NAMES: usize = 6;
        match body.as_object() {
            Some(it) if it.is_empty() => Some("an empty JSON object".to_owned()),
            Some(it) => {
                let names: Vec<_> = it.keys().take(MOST_NAMES).map(String::as_str).collect();
                Some(format!("JSON without `error`, but with {}", names.join(", ")))
            }
            None if self.body.trim_ascii().is_empty() => None,
            None => {
                let kind = self.content_type().unwrap_or("a body without a content type");
                Some(match kind.contains("html") {
                    true => "an HTML page".to_owned(),
                    false => format!("{kind} without JSON"),
                })
            }
        }
    }

    /// How long the server wants to be left alone, RFC 9110 §10.2.3, if it says so and it is not too long.
    fn retry_after(&self) -> Option<Duration> {
        let busy =
            matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let said = RETRY_AFTER.iter().find_map(|it| self.headers.get(*it)).filter(|_| busy)?;
        let said = said.to_str().ok()?.trim();
        let wait = match said.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let then = httpdate::parse_http_date(said).ok()?;
                then.duration_since(SystemTime::now()).unwrap_or_default()
            }
        };
        (wait <= RETRY_LIMIT).then_some(wait)
    }

    /// Status and media type in words, for the list of what was tried.
    pub(crate) fn seen(&self) -> String {
        seen(self.status, &self.headers)
    }

    fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }
}

/// Sends a request and reads the whole response, which must come from the address that was asked.
///
/// A server that says when to come back is asked once more then, unless that is too far away. `request` makes each of the
/// two anew, since what the first one was signed with is good for once and may have ended during the wait.
pub(crate) async fn fetch(
    step: Step,
    mut request: impl FnMut() -> Result<RequestBuilder, Error>,
) -> Result<Response, Error> {
    let (url, response) = send(step, request()?).await?;
    let response = read(step, url, response).await?;
    let Some(wait) = response.retry_after() else { return Ok(response) };
    tokio::time::sleep(wait).await;
    let (url, response) = send(step, request()?).await?;
    read(step, url, response).await
}

/// Reads a metadata document with GET; redirects are followed on the same origin.
pub(crate) async fn document(http: &Client, step: Step, url: Url) -> Result<Response, Error> {
    let request = |method, url| http.request(method, url).header("accept", "application/json");
    let (url, response) = send_following(step, Method::GET, url, request).await?;
    read(step, url, response).await
}

const SHORT: u64 = 16 * 1024;
const PROMPT: Duration = Duration::from_secs(1);

/// Sends a request without credentials and returns status and headers; the body may be an endless stream and is left.
pub(crate) async fn head(
    step: Step,
    url: Url,
    request: impl Fn(Method, Url) -> RequestBuilder,
) -> Result<(StatusCode, HeaderMap), Error> {
    let (_, response) = send_following(step, Method::POST, url, request).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    // A short response is read to its end, so that its connection does for the next request.
    if response.content_length().is_some_and(|it| it <= SHORT) {
        // What it says is not asked for, and so neither is how it ends.
        let _ = tokio::time::timeout(PROMPT, response.bytes()).await;
    }
    Ok((status, headers))
}

/// What an authorize URL answers before anyone signs in.
pub(crate) enum FirstPage {
    /// It leads elsewhere, which is not followed.
    Redirect(Url),
    /// The status, and what a refusal says beside it: the whole text unless it is HTML, which may repeat the request.
    Page(StatusCode, String),
}

pub(crate) async fn first_page(http: &Client, url: Url) -> Result<FirstPage, Error> {
    let request = http.get(url).header("accept", "text/html");
    let (url, response) = send(Step::Authorization, request).await?;
    let status = response.status();
    let to = response.headers().get(LOCATION).filter(|_| status.is_redirection());
    if let Some(to) = to.and_then(|it| url.join(&String::from_utf8_lossy(it.as_bytes())).ok()) {
        return Ok(FirstPage::Redirect(to));
    }
    if !status.is_client_error() {
        return Ok(FirstPage::Page(status, String::new()));
    }
    // A refusal without a readable text is one without a reason.
    let response = read(Step::Authorization, url, response).await.ok();
    let html = |it: &Response| it.content_type().is_some_and(|it| it.contains("html"));
    let text = response.filter(|it| !html(it)).map(|it| String::from_utf8_lossy(&it.body).into());
    Ok(FirstPage::Page(status, text.unwrap_or_default()))
}

/// Status and media type in words.
pub(crate) fn seen(status: StatusCode, headers: &HeaderMap) -> String {
    match headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()) {
        Some(it) => format!("{status} ({})", printable(it)),
        None => status.to_string(),
    }
}

async fn send_following(
    step: Step,
    mut method: Method,
    mut url: Url,
    request: impl Fn(Method, Url) -> RequestBuilder,
) -> Result<(Url, reqwest::Response), Error> {
    for _ in 0..REDIRECTS {
        let (asked, response) = send(step, request(method.clone(), url.clone())).await?;
        let location = response
            .headers()
            .get(LOCATION)
            .map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
        let (true, Some(to)) = (response.status().is_redirection(), location) else {
            return Ok((asked, response));
        };
        match url.join(&to) {
            Ok(next) if next.origin() == url.origin() => url = next,
            _ => return Err(Error::Redirected { step, url: asked.into(), to: printable(&to) }),
        }
        if !matches!(
            response.status(),
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
        ) {
            method = Method::GET;
        }
    }
    Err(Error::Redirected { step, to: "one more address of its own".to_owned(), url: url.into() })
}

async fn send(step: Step, request: RequestBuilder) -> Result<(Url, reqwest::Response), Error> {
    let (client, request) = request.build_split();
    let nowhere = "an address that cannot be asked".to_owned();
    let request = request.map_err(|it| failed(step, nowhere, it))?;
    let url = request.url().clone();
    let response = tokio::time::timeout(DEADLINE, client.execute(request))
        .await
        .map_err(|_| Error::Unanswered { step, url: named(step, &url) })?
        .map_err(|it| failed(step, named(step, &url), it))?;
    if response.url() != &url {
        let (url, to) = (named(step, &url), printable(&named(step, response.url())));
        return Err(Error::Redirected { step, url, to });
    }
    Ok((url, response))
}

async fn read(step: Step, url: Url, mut response: reqwest::Response) -> Result<Response, Error> {
    let url = named(step, &url);
    let too_large = || Error::TooLarge { step, url: url.clone(), limit: BODY_LIMIT };
    if response.content_length().is_some_and(|it| it > BODY_LIMIT as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    let whole = async {
        while let Some(chunk) =
            response.chunk().await.map_err(|it| failed(step, url.clone(), it))?
        {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(())
    };
    tokio::time::timeout(DEADLINE, whole)
        .await
        .map_err(|_| Error::Unanswered { step, url: url.clone() })??;
    let (status, headers) = (response.status(), response.headers().clone());
    Ok(Response { step, url, status, headers, body })
}

/// The address as an error may name it: the query of an authorization request holds the state, and the address of a client
/// is a secret.
fn named(step: Step, url: &Url) -> String {
    match step {
        Step::Authorization => {
            let mut url = url.clone();
            url.set_query(None);
            url.into()
        }
        Step::Deletion => origin(url),
        _ => url.to_string(),
    }
}

/// Scheme, host and port alone.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn failed(step: Step, url: String, error: reqwest::Error) -> Error {
    if error.is_timeout() {
        return Error::Unanswered { step, url };
    }
    Error::Request { step, url, source: error.without_url().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The addresses of a name, without a question to anybody for those of this machine.
    async fn resolved(name: &str) -> Vec<IpAddr> {
        let found = Resolver.resolve(name.parse().expect("a name")).await.expect("addresses");
        found.map(|it| it.ip()).collect()
    }

    #[tokio::test]
    async fn names_of_this_machine_lead_nowhere_else() {
        let both: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        for name in ["localhost", "LocalHost", "tenant.localhost", "a.b.localhost"] {
            assert_eq!(resolved(name).await, both, "{name}");
        }
    }

    #[tokio::test]
    async fn a_name_of_the_own_link_is_not_asked() {
        // Addresses resolve to themselves, as a name of a stranger may.
        for address in ["169.254.169.254", "0.0.0.0", "fe80::1"] {
            let name: Name = address.parse().expect("it is like a name");
            assert!(Resolver.resolve(name).await.is_err(), "{address}");
        }
    }
}
