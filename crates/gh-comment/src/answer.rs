use reqwest::{
    Response, StatusCode,
    header::{HeaderMap, LINK},
};
use serde::de::DeserializeOwned;
use url::Url;

use crate::{Error, Issue, error::said};

/// A page of a hundred comments of the greatest length, with room for their escapes.
const MAX_ANSWER: usize = 64 << 20;

/// The value in an answer with the `expected` status, and its headers.
pub(crate) async fn answer<T: DeserializeOwned>(
    issue: &Issue,
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
        return Err(Error::refused(issue, status, &headers, &body));
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
    serde_json::from_slice(body)
        .map_err(|err| Error::Answer { address, source: Some(said(&err.to_string()).into()) })
}

/// The number of the last page, by the `Link` header; none on the last page itself.
///
/// Only the page's number is taken from `Link`: its address could name any host.
pub(crate) fn last_page(headers: &HeaderMap) -> Option<usize> {
    let links = headers.get(LINK)?.to_str().ok()?;
    let last = links.split(',').find(|it| it.contains(r#"rel="last""#))?;
    let (_, address) = last.split_once('<')?;
    let url = Url::parse(address.split_once('>')?.0).ok()?;
    let page = url.query_pairs().find(|(name, _)| name == "page")?.1.parse().ok()?;
    (page > 0).then_some(page)
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
    said(url.as_str())
}
