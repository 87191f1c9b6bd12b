//! A client by its `client_id`, whichever way it became known.

use std::sync::Arc;

use crate::authorization_server::state::AuthorizationServer;
use crate::clients::client::Client;
use crate::store::unavailable::Unavailable;

pub(crate) async fn find(
    it: &AuthorizationServer,
    id: &str,
) -> Result<Option<Arc<Client>>, Unavailable> {
    if let Some(client) = it.configured_clients.get(id) {
        return Ok(Some(client.clone()));
    }
    #[cfg(feature = "outbound")]
    if let Some(url) = crate::clients::document::url(id) {
        return crate::clients::document::client(it, id, url).await;
    }
    it.clients.get(id).await
}
