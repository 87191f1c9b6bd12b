//! What a browser keeps of a sign-in, by which its user gets further tokens without a page.

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use browser_consent::StorageState;
use oauth_loopback::{AuthorizationRequest, ClientAuthentication, Grant, Received};
use reqwest::cookie::Jar;
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use url::Url;

/// Pages of the authorization server on the way to the redirect URI.
const MOST_REDIRECTS: usize = 8;

/// A browser's cookies, and the authorization request that it was sent with.
#[derive(Clone)]
pub(crate) struct SignedIn {
    request: Url,
    cookies: Vec<Value>,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedIn(..)")
    }
}

impl SignedIn {
    pub(crate) fn new(request: Url, state: &StorageState) -> Self {
        let state = serde_json::to_value(state).unwrap_or_default();
        Self { request, cookies: state["cookies"].as_array().cloned().unwrap_or_default() }
    }

    /// An HTTP client that is signed in as the browser was, and stops before the redirect URI of `grant`'s client.
    pub(crate) fn http_client(
        &self,
        http: reqwest::ClientBuilder,
    ) -> anyhow::Result<reqwest::Client> {
        let jar = Jar::default();
        for it in &self.cookies {
            if let Some((cookie, url)) = set_cookie(it) {
                jar.add_cookie_str(&cookie, &url);
            }
        }
        let back = self.redirect_uri()?;
        let policy = Policy::custom(move |it| {
            if it.url().as_str().starts_with(&back) || it.previous().len() > MOST_REDIRECTS {
                it.stop()
            } else {
                it.follow()
            }
        });
        let http = http.cookie_provider(Arc::new(jar)).redirect(policy);
        http.build().context("failed to set up HTTP")
    }

    /// One more grant of the same user for the same client, without a page; `http` is one of [`Self::http_client`].
    ///
    /// # Errors
    /// Where the server shows a page, as one does that asks for consent each time, or refuses.
    pub(crate) async fn authorize(
        &self,
        http: &reqwest::Client,
        grant: &Grant,
    ) -> anyhow::Result<Grant> {
        let request = AuthorizationRequest::again(&self.request, grant)?;
        let answer = http.get(request.url().clone()).send().await;
        let answer = answer.map_err(reqwest::Error::without_url);
        let answer = answer.context("the authorization server did not answer")?;
        let location = answer.headers().get(LOCATION).and_then(|it| it.to_str().ok());
        let back = location.filter(|it| answer.status().is_redirection() && self.is_callback(it));
        let Some(callback) = back else {
            bail!(
                "the authorization server answered {} in the place of a code, though the browser is signed in and has consented",
                answer.status()
            );
        };
        let Received::Code(code) = request.receive(callback)? else {
            bail!("the authorization server sent a code that belongs to another request");
        };
        code.exchange(http).await.map_err(Into::into)
    }

    /// What the scripts need to do the same, in a file that its owner alone may read and that is gone with the run.
    ///
    /// # Errors
    /// Where the client proves itself by a key, which the scripts do not have.
    pub(crate) fn file(&self, grant: &Grant) -> anyhow::Result<NamedTempFile> {
        let Some(ClientAuthentication { form, authorization, .. }) = grant.client_authentication()
        else {
            bail!("the client signs its requests with a key, which the scripts do not have");
        };
        let mut request = self.request.clone();
        let ours = ["state", "code_challenge", "nonce", "prompt"];
        let asked: Vec<(String, String)> = request.query_pairs().into_owned().collect();
        let kept = asked.iter().filter(|(name, _)| !ours.contains(&name.as_str()));
        request.query_pairs_mut().clear().extend_pairs(kept);
        let content = json!({
            "authorization_request": request.as_str(),
            "nonce": asked.iter().any(|(name, _)| name == "nonce"),
            "redirect_uri": self.redirect_uri()?,
            "token_endpoint": grant.token_endpoint,
            "form": form.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "authorization": authorization,
            "cookies": self.cookies,
        });
        private(&content).context("failed to write what the scripts sign in with")
    }

    fn redirect_uri(&self) -> anyhow::Result<String> {
        let found = self.request.query_pairs().find(|(name, _)| name == "redirect_uri");
        let (_, it) = found.context("the authorization request has no redirect URI")?;
        Ok(it.into_owned())
    }

    fn is_callback(&self, location: &str) -> bool {
        self.redirect_uri().is_ok_and(|it| location.starts_with(&it))
    }
}

/// Writes JSON where its owner alone may read it, until it is dropped.
pub(crate) fn private(content: &Value) -> anyhow::Result<NamedTempFile> {
    // Its mode is 0600 from the start.
    let mut file = NamedTempFile::new()?;
    file.write_all(content.to_string().as_bytes())?;
    file.flush()?;
    Ok(file)
}

/// A cookie of Chromium as the header `Set-Cookie` has it, and the address that could have set it.
fn set_cookie(it: &Value) -> Option<(String, Url)> {
    let text = |name: &str| it[name].as_str();
    let (name, value, domain) = (text("name")?, text("value")?, text("domain")?);
    let (path, secure) = (text("path").unwrap_or("/"), it["secure"].as_bool().unwrap_or(false));
    let scheme = if secure { "https" } else { "http" };
    let host = domain.trim_start_matches('.');
    let url = Url::parse(&format!("{scheme}://{host}{path}")).ok()?;
    let everywhere = if domain == host { String::new() } else { format!("; Domain={host}") };
    let secure = if secure { "; Secure" } else { "" };
    Some((format!("{name}={value}; Path={path}{everywhere}{secure}"), url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_sent_where_the_browser_would_send_it() {
        let of = |domain: &str, secure: bool| {
            let it = json!({"name": "s", "value": "1", "domain": domain, "path": "/a", "secure": secure});
            set_cookie(&it).map(|(cookie, url)| (cookie, url.to_string()))
        };
        let expect = |cookie: &str, url: &str| Some((cookie.to_owned(), url.to_owned()));
        assert_eq!(of("127.0.0.1", false), expect("s=1; Path=/a", "http://127.0.0.1/a"));
        let everywhere =
            expect("s=1; Path=/a; Domain=example.com; Secure", "https://example.com/a");
        assert_eq!(of(".example.com", true), everywhere);
        assert_eq!(set_cookie(&json!({"name": "s"})), None);
    }

    #[test]
    fn what_it_holds_is_not_printed() {
        let state =
            json!({"cookies": [{"name": "s", "value": "hush", "domain": "a", "path": "/"}]});
        let state: StorageState = serde_json::from_value(state).unwrap();
        let it = SignedIn::new(Url::parse("http://a/?client_id=hush").unwrap(), &state);
        assert!(!format!("{it:?}").contains("hush"));
    }
}
