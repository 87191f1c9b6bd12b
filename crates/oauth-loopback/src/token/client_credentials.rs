//! A token for the client itself, [RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4) as the client
//! credentials extension of MCP describes it.

use crate::client::client_information::ClientInformation;
use crate::discovery::discover::Discovery;
use crate::error::Error;
use crate::refusal::Step;
use crate::token::endpoint::TokenEndpoint;
use crate::token::grant::Grant;

/// Gets a token with the client's own secret or key; an empty `scope` leaves the choice to [`Discovery::scope`].
///
/// `parameters` go beside those of the flow, such as `audience`.
///
/// # Errors
/// [`Error::Refused`] with the server's own words, [`Error::ForeignClient`] for a client that another issuer registered,
/// [`Error::ReservedParameter`], and [`Error::Insecure`] for an endpoint to which no secret may be sent.
pub async fn client_credentials(
    http: &reqwest::Client,
    discovery: &Discovery,
    client: &ClientInformation,
    scope: &[String],
    parameters: &[(String, String)],
) -> Result<Grant, Error> {
    let mut wanted = discovery.scope(scope);
    if scope.is_empty() {
        // There is nobody who could go offline.
        wanted.retain(|it| it != "offline_access");
    }
    let endpoint =
        TokenEndpoint::new(discovery, client, wanted.join(" "))?.with_parameters(parameters)?;
    let mut form = vec![("grant_type", "client_credentials")];
    if !endpoint.scope.is_empty() {
        form.push(("scope", &endpoint.scope));
    }
    let response = endpoint.request(http, Step::ClientCredentials, &form, &[]).await?;
    Ok(Grant::new(response, endpoint))
}
