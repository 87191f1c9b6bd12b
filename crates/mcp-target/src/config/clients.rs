use crate::config::users::Password;

/// A client that is known without a registration, and that authenticates at the token endpoint.
#[derive(Debug, Clone)]
pub struct ConfidentialClient {
    /// Its `client_id`.
    pub id: String,
    /// What it authenticates with.
    pub secret: Password,
    /// Where a browser may be sent back to; on loopback with any port.
    pub redirect_uris: Vec<String>,
}
