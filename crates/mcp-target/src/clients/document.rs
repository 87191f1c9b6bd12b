//! Client metadata documents: the `client_id` is the address of what it says,
//! [draft-ietf-oauth-client-id-metadata-document](https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/).
//!
//! Only those on loopback are read, over plain HTTP: this server asks nobody beyond the machine it runs on.

use std::sync::Arc;

use axum::http::StatusCode;
use url::Url;

use crate::authorization_server::state::AuthorizationServer;
use crate::clients::client::{Client, is_http_on_loopback};
use crate::clients::metadata::Metadata;
use crate::config::faults::Faults;
use crate::store::unavailable::Unavailable;

/// The largest document that is read, in bytes.
const MAX_DOCUMENT: usize = 64 * 1024;

/// The address that a `client_id` is, if a document there would be read.
pub(super) fn url(id: &str) -> Option<Url> {
    let url = Url::parse(id).ok()?;
    let plain = is_http_on_loopback(&url)
        && url.path() != "/"
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    // Letter by letter, or two spellings would be two clients.
    (plain && url.as_str() == id).then_some(url)
}

/// The client of a document, read anew once in a while.
pub(super) async fn client(
    it: &AuthorizationServer,
    id: &str,
    url: Url,
) -> Result<Option<Arc<Client>>, Unavailable> {
    if let Some(client) = it.documents.get(id).await? {
        return Ok(Some(client));
    }
    let Some(client) = fetch(&it.http, url).await.and_then(|document| read(id, &document)) else {
        return Ok(None);
    };
    it.documents.insert(id, client.clone()).await?;
    Ok(Some(Arc::new(client)))
}

async fn fetch(http: &reqwest::Client, url: Url) -> Option<Vec<u8>> {
    let mut response = http.get(url).header("accept", "application/json").send().await.ok()?;
    if response.status() != StatusCode::OK {
        return None;
    }
    let mut document = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if document.len() + chunk.len() > MAX_DOCUMENT {
            return None;
        }
        document.extend_from_slice(&chunk);
    }
    Some(document)
}

/// The client that a document tells of: it names itself, and no secret can stand in what everybody reads.
fn read(id: &str, document: &[u8]) -> Option<Client> {
    let metadata = Metadata::parse(document).ok()?;
    if metadata.client_id.as_deref() != Some(id) || metadata.client_secret.is_some() {
        return None;
    }
    let client = metadata.client(Faults::default()).ok()?;
    (!client.method.is_secret() && client.may("authorization_code")).then_some(client)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::client::Method;

    #[test]
    fn a_document_is_http_on_loopback_with_a_path() {
        for (id, expect) in [
            ("http://127.0.0.1:4711/client.json", true),
            ("http://localhost/client", true),
            ("http://127.0.0.1:4711/", false),
            ("http://127.0.0.1:4711", false),
            ("https://app.example/client.json", false),
            ("http://app.example/client.json", false),
            ("http://10.0.0.1/client.json", false),
            ("http://user@127.0.0.1/client.json", false),
            ("http://127.0.0.1/client.json#x", false),
            ("http://127.0.0.1/x/../client.json", false),
            ("client", false),
        ] {
            assert_eq!(url(id).is_some(), expect, "{id}");
        }
    }

    #[test]
    fn a_document_names_itself_and_where_browsers_go() {
        const ID: &str = "http://127.0.0.1:1/client.json";
        let good = r#"{"client_id":"http://127.0.0.1:1/client.json","client_name":"x","redirect_uris":["http://127.0.0.1/callback"]}"#;
        for (document, expect) in [
            (good.to_owned(), true),
            (good.replace("client.json", "other.json"), false),
            (good.replace("redirect_uris", "uris"), false),
            (good.replace("client_name", "client_secret"), false),
            (
                good.replace(
                    r#""client_name":"x""#,
                    r#""token_endpoint_auth_method":"client_secret_post""#,
                ),
                false,
            ),
            (String::new(), false),
        ] {
            assert_eq!(read(ID, document.as_bytes()).is_some(), expect, "{document}");
        }
        assert_eq!(read(ID, good.as_bytes()).map(|it| it.method), Some(Method::None));
    }
}
