//! A token for a client that acts for itself, [RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4).

use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::scopes::{RESOURCE_SCOPES, is_within};
use crate::authorization_server::state::AuthorizationServer;
use crate::clients::authentication::Authenticated;
use crate::clients::client::Method;
use crate::config::faults::Faults;
use crate::signing::claims;
use crate::tokens::issue::{Access, TokenResponse, access_token, shaped};
use crate::tokens::refused::{Refused, error};

/// The subject is the client, which works in the workspace of the first user.
pub(super) async fn client_credentials(
    it: &AuthorizationServer,
    faults: Faults,
    form: &Parameters,
    from: &Authenticated,
) -> Result<TokenResponse, Refused> {
    if from.client.method == Method::None {
        return Err(error("unauthorized_client", "a public client has no credentials"));
    }
    let scope = form.get("scope").unwrap_or(RESOURCE_SCOPES[0]);
    if scope != RESOURCE_SCOPES[0] {
        let description = "without a user there is the scope of the MCP endpoint alone";
        return Err(error("invalid_scope", description));
    }
    if !is_within(scope, &from.client.scope) {
        return Err(error("invalid_scope", "the client did not register this scope"));
    }
    let access = Access {
        subject: &from.id,
        client_id: &from.id,
        scope,
        grant_id: None,
        workspace: it.workspace.as_deref(),
        now: claims::now(),
    };
    let token = access_token(it, faults, &access, form.get("resource").is_some()).await?;
    Ok(shaped(faults, token, scope, None, None))
}
