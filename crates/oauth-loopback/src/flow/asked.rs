//! Which scopes are asked for, and who wanted them.

use crate::discovery::discover::{Discovery, OFFLINE_ACCESS};
use crate::error::Error;
use crate::flow::config::Config;
use crate::refusal::Step;
use crate::token::grant::Grant;

/// The scopes of a flow.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) scope: Vec<String>,
    /// Whether the caller named them, by themselves or by a challenge, so that nothing is left out of them.
    pub(crate) named: bool,
    /// Whether `offline_access` is among them because the authorization server lists it, and nobody wanted it.
    pub(crate) offline_added: bool,
    /// Whether it was among them, and was refused.
    pub(crate) offline_left_out: bool,
    /// Whether a server that lists no prompts is asked for the consent page, since it gave no refresh token without.
    pub(crate) insists: bool,
}

impl Asked {
    pub(crate) fn new(config: &Config, discovery: &Discovery) -> Result<Self, Error> {
        let challenge = config.challenge.as_deref();
        let scope = match challenge {
            Some(it) => discovery.step_up(&config.scope, it)?,
            None => discovery.scope(&config.scope),
        };
        let offline_added = discovery.adds_offline_access(&config.scope, challenge);
        let named = !config.scope.is_empty() || challenge.is_some();
        Ok(Self { scope, named, offline_added, offline_left_out: false, insists: false })
    }

    /// As a registration names them, if it does: only where somebody wants them.
    pub(crate) fn registered(&self) -> Option<String> {
        (!self.scope.is_empty()).then(|| self.scope.join(" "))
    }

    /// Goes without the scope that nobody wanted.
    pub(crate) fn leave_offline_access_out(&mut self) {
        self.scope.retain(|it| it != OFFLINE_ACCESS);
        (self.offline_added, self.offline_left_out) = (false, true);
    }

    /// Whether a token that cannot be renewed is one because the server was not asked for the consent page (OpenID Connect
    /// Core §11), and somebody wanted to renew it.
    pub(crate) fn lacks_consent(&self, grant: &Grant, discovery: &Discovery) -> bool {
        !self.insists
            && !self.offline_added
            && grant.token.refresh_token.is_none()
            && discovery.wants_consent_for(&self.scope.join(" "), true)
            && !discovery.wants_consent_for(&self.scope.join(" "), false)
    }

    /// The error of the flow, with the scope that was added where that may be what is wrong.
    pub(crate) fn told(&self, error: Error) -> Error {
        if (self.offline_left_out || self.offline_added) && refuses_offline_access(&error) {
            return Error::AddedScope { scope: OFFLINE_ACCESS, source: Box::new(error) };
        }
        error
    }
}

/// Whether `offline_access` may be what the server refused: in the callback (RFC 6749 §4.1.2.1) or for the code (§5.2).
///
/// Keycloak has a code of its own for a user without that role, so the words count as well.
pub(crate) fn refuses_offline_access(error: &Error) -> bool {
    let description = match error {
        Error::Denied { description, .. } => description,
        Error::Refused(it) if it.step == Step::Token => &it.description,
        _ => return false,
    };
    let names_it = |it: &String| it.to_ascii_lowercase().contains("offline");
    matches!(error.code(), Some("invalid_scope" | "not_allowed"))
        || description.as_ref().is_some_and(names_it)
}

/// Whether a registration was refused for the scopes in it, RFC 7591 §3.2.2.
pub(crate) fn refuses_registered_scope(error: &Error) -> bool {
    let Error::Refused(it) = error else { return false };
    let names_it =
        || it.description.as_ref().is_some_and(|it| it.to_ascii_lowercase().contains("scope"));
    match error.code() {
        Some("insufficient_scope" | "invalid_scope") => true,
        Some("invalid_client_metadata") => names_it(),
        _ => false,
    }
}
