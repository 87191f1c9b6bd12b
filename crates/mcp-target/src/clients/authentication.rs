//! Which client a request is from, [RFC 6749 §2.3](https://www.rfc-editor.org/rfc/rfc6749#section-2.3).

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::state::AuthorizationServer;
use crate::clients::assertion;
use crate::clients::client::{Client, Method};
use crate::clients::lookup::find;
use crate::signing::claims;
use crate::tokens::refused::{Refused, error};

/// A client that is who it says.
pub(crate) struct Authenticated {
    pub(crate) id: String,
    pub(crate) client: Arc<Client>,
}

/// What a client shows of itself.
enum Shown<'a> {
    Nothing,
    Basic(String),
    Post(&'a str),
    Assertion(&'a str),
}

/// The client of a request to the token endpoint and to those that work like it.
pub(crate) async fn authenticate(
    it: &AuthorizationServer,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<Authenticated, Refused> {
    let (id, shown) = credentials(headers, form)?;
    let unknown = error("invalid_client", "no client is registered with this client_id");
    let client = find(it, &id).await?.ok_or(unknown)?;
    match (client.method, shown) {
        (Method::None, Shown::Nothing) => {}
        (Method::None, _) => {
            return Err(error("invalid_client", "this client is public, it does not authenticate"));
        }
        (Method::Basic | Method::AnySecret, Shown::Basic(secret)) => check(&client, &secret)?,
        (Method::Post | Method::AnySecret, Shown::Post(secret)) => check(&client, secret)?,
        (Method::PrivateKeyJwt, Shown::Assertion(assertion)) => {
            check_assertion(it, &id, &client, assertion).await?;
        }
        _ => {
            let description = "the client has to authenticate the way it is registered for";
            return Err(error("invalid_client", description));
        }
    }
    Ok(Authenticated { id, client })
}

/// The `client_id` and what came with it, in one way and no more.
fn credentials<'a>(
    headers: &HeaderMap,
    form: &'a Parameters,
) -> Result<(String, Shown<'a>), Refused> {
    let assertion = form.get("client_assertion");
    let secret = form.get("client_secret");
    let header = headers.get(AUTHORIZATION);
    let ways = [assertion.is_some(), secret.is_some(), header.is_some()];
    if ways.into_iter().filter(|it| *it).count() > 1 {
        return Err(error("invalid_request", "a client authenticates in one way at a time"));
    }
    let named = form.get("client_id");
    let (id, shown) = if let Some(header) = header {
        let unreadable = error("invalid_client", "the Authorization header is not Basic");
        let (id, secret) = header.to_str().ok().and_then(basic).ok_or(unreadable)?;
        (Some(Cow::Owned(id)), Shown::Basic(secret))
    } else if let Some(assertion) = assertion {
        if form.get("client_assertion_type") != Some(assertion::TYPE) {
            return Err(error("invalid_request", "client_assertion_type has to be jwt-bearer"));
        }
        let subject = assertion::subject(assertion).map(Cow::Owned);
        let nobody = error("invalid_client", "the client assertion is no JWT with a sub");
        let id = subject.or(named.map(Cow::Borrowed)).ok_or(nobody)?;
        (Some(id), Shown::Assertion(assertion))
    } else {
        let named = named.map(Cow::Borrowed);
        (named, secret.map_or(Shown::Nothing, Shown::Post))
    };
    let id = id.ok_or(error("invalid_request", "client_id is missing"))?;
    if named.is_some_and(|it| it != id) {
        return Err(error("invalid_request", "client_id is not that of the client's credentials"));
    }
    Ok((id.into_owned(), shown))
}

/// Both are encoded as in a form before they are put into Basic.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let decoded =
        |it: &str| form_urlencoded::parse(it.as_bytes()).next().map(|(it, _)| it.into_owned());
    Some((decoded(id)?, decoded(secret).unwrap_or_default()))
}

fn check(client: &Client, secret: &str) -> Result<(), Refused> {
    let expected = client.secret.as_deref().unwrap_or_default();
    let (shown, kept) = (Sha256::digest(secret), Sha256::digest(expected));
    if !expected.is_empty() && bool::from(shown.as_slice().ct_eq(kept.as_slice())) {
        Ok(())
    } else {
        Err(error("invalid_client", "the client secret is wrong"))
    }
}

async fn check_assertion(
    it: &AuthorizationServer,
    id: &str,
    client: &Client,
    assertion: &str,
) -> Result<(), Refused> {
    let token_endpoint = format!("{}/token", it.base);
    let slashed = format!("{}/", it.base);
    let audiences = [it.base.as_str(), &slashed, &token_endpoint];
    let now = claims::now();
    let jti = assertion::verify(assertion, id, &client.keys, &audiences, now)
        .map_err(|it| error("invalid_client", it))?;
    let key = format!("{id} {jti}");
    let first = it.assertions.change(&key, |seen| seen.replace(now).is_none());
    if first.await? {
        Ok(())
    } else {
        Err(error("invalid_client", "the client assertion was used before"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_encoded_twice() {
        let header = |pair: &str| format!("Basic {}", BASE64.encode(pair));
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(basic(&header("a%3Ab:c+d%25")), pair("a:b", "c d%"));
        assert_eq!(basic(&header("a:")), pair("a", ""));
        assert_eq!(basic(&header("a")), None);
        assert_eq!(basic("Bearer x"), None);
    }
}
