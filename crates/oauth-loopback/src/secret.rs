//! Secrets that do not print themselves.

use serde::{Deserialize, Serialize};
use tool_edge::secret;

secret! {
    /// The bearer token that a resource accepts.
    #[derive(Clone, Serialize, Deserialize)]
    #[serde(transparent)]
    pub struct AccessToken;
}

secret! {
    /// The token that gets the next access token.
    #[derive(Clone, Serialize, Deserialize)]
    #[serde(transparent)]
    pub struct RefreshToken;
}

secret! {
    /// The secret of a confidential client.
    #[derive(Clone, Serialize, Deserialize)]
    #[serde(transparent)]
    pub struct ClientSecret;
}
