use reqwest::{
    Response, StatusCode,
    header::{HeaderMap, LINK},
};
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::Error;
use crate::error::printable;
use crate::github::refusal::refused;

/// A page of a hundred comments of the greatest length, with room for their escapes.
const MAX_ANSWER: usize = 64 << 20;

/// The value in an answer with the `expected` status, and its headers.
pub(crate) async fn answer<T: DeserializeOwned>(
    about: &impl ToString,
    response: Response,
    expected: StatusCode,
) -> Result<(HeaderMap, T), Error> {
    let address = address(&response);
    let (status, headers) = (response.status(), response.headers().clone());
    let body = read(response).await?;
    if status.is_success() && status != expected {
        return Err(Error::Answer { address, source: None });
    }
    if status != expected {
        return Err(refused(about, status, &headers, &body));
    }
    Ok((headers, parse(&body, address)?))
}

pub(crate) async fn read(mut response: Response) -> Result<Vec<u8>, Error> {
    let address = address(&response);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|err| network(address.clone(), err))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Error::Answer { address, source: None });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8], address: String) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|err| {
        let source = printable(&err.to_string()).into();
        // A proxy may end a broken answer as if it were whole.
        match err.is_eof() {
            true => Error::Network { address, source },
            false => Error::Answer { address, source: Some(source) },
        }
    })
}

/// Whether there is a page after this one, by the `Link` header; its address is not used, since it could name any host.
pub(crate) fn has_next(headers: &HeaderMap) -> bool {
    let links = headers.get(LINK).and_then(|it| it.to_str().ok()).unwrap_or_default();
    links.split(',').any(|it| it.contains(r#"rel="next""#))
}

pub(crate) fn network(address: String, err: reqwest::Error) -> Error {
    Error::Network { address, source: err.without_url().into() }
}

pub(crate) fn address(response: &Response) -> String {
    without_query(response.url())
}

pub(crate) fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    printable(url.as_str())
}
