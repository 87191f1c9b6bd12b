//! A grant as it is written to a file.

use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::client::client_information::ClientInformation;
use crate::token::endpoint::TokenEndpoint;
use crate::token::grant::Grant;
use crate::token::response::TokenResponse;

/// The token response with what belongs to it beside it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    #[serde(flatten)]
    token: TokenResponse,
    issuer: String,
    token_endpoint: String,
    resource: Option<String>,
    /// Seconds since 1970.
    expires_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revocation_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    client_id: String,
    /// What a registration answered; a client that was registered beforehand has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<ClientInformation>,
}

impl From<Grant> for Record {
    fn from(grant: Grant) -> Self {
        let expires_at = grant.expires_at.and_then(|it| it.duration_since(UNIX_EPOCH).ok());
        let client = grant.endpoint.client;
        Self {
            token: grant.token,
            issuer: grant.issuer,
            token_endpoint: grant.token_endpoint,
            resource: grant.resource,
            expires_at: expires_at.map(|it| it.as_secs()),
            revocation_endpoint: grant.endpoint.revocation,
            token_endpoint_auth_methods_supported: grant.endpoint.methods,
            client_id: grant.client_id,
            client: client.issuer.is_some().then_some(client),
        }
    }
}

impl From<Record> for Grant {
    fn from(record: Record) -> Self {
        let expires_at =
            record.expires_at.and_then(|it| UNIX_EPOCH.checked_add(Duration::from_secs(it)));
        let client = match record.client {
            Some(it) => ClientInformation { issuer: Some(record.issuer.clone()), ..it },
            None => ClientInformation::preregistered(record.client_id),
        };
        let endpoint = TokenEndpoint {
            url: record.token_endpoint,
            issuer: record.issuer,
            client,
            resource: record.resource,
            scope: record.token.scope.clone().unwrap_or_default(),
            methods: record.token_endpoint_auth_methods_supported,
            revocation: record.revocation_endpoint,
        };
        Self::new((record.token, expires_at), endpoint)
    }
}
