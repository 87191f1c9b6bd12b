//! The end of a client that was registered, [RFC 7592 §2.3](https://www.rfc-editor.org/rfc/rfc7592#section-2.3).

use std::time::Duration;

use reqwest::{Client, StatusCode};
use tokio::time::timeout;
use url::Url;

use crate::client::client_information::ClientInformation;
use crate::error::{AddressOf, Error, printable};
use crate::http::address::{is_loopback, permitted};
use crate::http::transport::{self, origin};
use crate::refusal::Step;

/// Leaves no client behind at the server that nobody will use, where it lets go of it in time.
pub(crate) async fn delete_if_offered(http: &Client, issuer: &str, client: &ClientInformation) {
    const LIMIT: Duration = Duration::from_secs(5);
    // Most servers do not offer it, and nobody needs it.
    let _ = timeout(LIMIT, delete(http, issuer, client)).await;
}

/// Deletes a client where its registration gave the means to do so; one that is not there any more is deleted.
pub(crate) async fn delete(
    http: &Client,
    issuer: &str,
    client: &ClientInformation,
) -> Result<(), Error> {
    let (Some(address), Some(token)) =
        (&client.registration_client_uri, &client.registration_access_token)
    else {
        return Err(Error::NotOffered {
            what: "deletion of this client",
            issuer: printable(issuer),
        });
    };
    let on_loopback = Url::parse(issuer).is_ok_and(|it| is_loopback(&it));
    let what = AddressOf::RegisteredClient;
    // The address is as secret as the token, so an error names no more than where it leads to.
    let url = permitted(what, address, on_loopback).map_err(|_| {
        let address = Url::parse(address).map_or_else(|_| String::new(), |it| origin(&it));
        Error::Insecure { what, address }
    })?;
    let request = || Ok(http.delete(url.clone()).bearer_auth(token.reveal()));
    let response = transport::fetch(Step::Deletion, request).await?;
    if matches!(response.status, StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND) {
        return Ok(());
    }
    response.refusal(&[token.reveal(), address]).map_or(Ok(()), Err)
}
