//! What may be asked for.

use crate::signing::claims::Claims;

/// The scopes of the MCP server.
pub(crate) const RESOURCE_SCOPES: [&str; 2] =
    [crate::resource_server::bearer::REQUIRED_SCOPE, OFFLINE_ACCESS];

/// All there are.
pub(crate) const SCOPES: [&str; 5] =
    [crate::resource_server::bearer::REQUIRED_SCOPE, OFFLINE_ACCESS, OPENID, PROFILE, EMAIL];

pub(crate) const OFFLINE_ACCESS: &str = "offline_access";
pub(crate) const OPENID: &str = "openid";
pub(crate) const PROFILE: &str = "profile";
pub(crate) const EMAIL: &str = "email";

/// Whether a scope has this word.
pub(crate) fn includes(scope: &str, word: &str) -> bool {
    scope.split(' ').any(|it| it == word)
}

/// Whether every word of a scope is in another.
pub(crate) fn is_within(scope: &str, granted: &str) -> bool {
    scope.split(' ').all(|it| includes(granted, it))
}

/// Whether there is every word of a scope.
pub(crate) fn are_known(scope: &str) -> bool {
    scope.split_ascii_whitespace().all(|it| SCOPES.contains(&it))
}

impl Claims {
    pub(crate) fn has_scope(&self, word: &str) -> bool {
        includes(&self.scope, word)
    }
}
