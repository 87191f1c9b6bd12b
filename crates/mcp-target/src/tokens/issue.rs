//! Access tokens and ID tokens, and the answer that carries them.

use serde::Serialize;
use serde_json::Value;

use crate::authorization_server::scopes::{EMAIL, OPENID, PROFILE, includes};
use crate::authorization_server::state::{AuthorizationServer, random_id};
use crate::config::faults::{Fault, Faults};
use crate::config::users::Account;
use crate::signing::claims::{self, Audience, Claims};
use crate::signing::signing_key::Typ;
use crate::store::unavailable::Unavailable;
use crate::tokens::grant::Authorization;
use crate::tokens::refused::{Refused, error};

/// The `client_id` in tokens that a test asks for without a client.
const DIRECT_CLIENT: &str = "mcp-target";

const SHORT_TOKEN_LIFE: u64 = 5;

/// RFC 6749 §5.1, and whatever faults make of it.
#[derive(Serialize)]
pub(crate) struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: Value,
    scope: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// What an access token is for.
pub(super) struct Access<'a> {
    pub(super) subject: &'a str,
    pub(super) client_id: &'a str,
    pub(super) scope: &'a str,
    pub(super) grant_id: Option<&'a str>,
    pub(super) workspace: Option<&'a str>,
    pub(super) now: u64,
}

/// Tokens that nobody was told yet: an access token with its life, and an ID token.
pub(super) struct Drawn {
    access_token: (String, u64),
    id_token: Option<String>,
}

impl Drawn {
    pub(super) fn respond(
        self,
        faults: Faults,
        scope: &str,
        refresh_token: Option<String>,
    ) -> TokenResponse {
        shaped(faults, self.access_token, scope, refresh_token, self.id_token)
    }
}

/// What a user's grant is worth: tokens of this scope.
///
/// They are drawn before a code or a refresh token is used up: where an access token cannot be kept, the client may ask
/// again.
pub(super) async fn draw(
    it: &AuthorizationServer,
    faults: Faults,
    authorization: &Authorization,
    scope: &str,
    for_resource: bool,
) -> Result<Drawn, Refused> {
    let unknown = error("invalid_grant", "the user is unknown");
    let account = it.accounts.get(&authorization.user).ok_or(unknown)?;
    let now = claims::now();
    let access = Access {
        subject: &account.subject,
        client_id: &authorization.client_id,
        scope,
        grant_id: Some(&authorization.id),
        workspace: Some(&account.workspace),
        now,
    };
    let access_token = access_token(it, faults, &access, for_resource).await?;
    let id_token =
        includes(scope, OPENID).then(|| id_token(it, faults, authorization, scope, account, now));
    Ok(Drawn { access_token, id_token })
}

/// An access token and how long it is good, in seconds; without a resource a fault makes it a useless one.
pub(super) async fn access_token(
    it: &AuthorizationServer,
    faults: Faults,
    access: &Access<'_>,
    for_resource: bool,
) -> Result<(String, u64), Unavailable> {
    let life = if faults.has(Fault::ShortToken) { SHORT_TOKEN_LIFE } else { it.token_life };
    if faults.has(Fault::OpaqueToken) || !for_resource {
        return Ok((random_id(), life));
    }
    let audience = it.resource.clone();
    let aud = if faults.has(Fault::AudienceList) {
        Audience::Several(vec![audience])
    } else {
        Audience::One(audience)
    };
    let workspace = access.workspace.filter(|_| !faults.has(Fault::NoWorkspace));
    let claims = Claims {
        iss: it.issuer(faults).to_owned(),
        sub: access.subject.to_owned(),
        aud,
        client_id: access.client_id.to_owned(),
        scope: access.scope.to_owned(),
        iat: access.now,
        exp: access.now + life,
        jti: random_id(),
        grant_id: access.grant_id.map(str::to_owned),
        workspace_id: workspace.map(str::to_owned),
    };
    Ok((it.access_tokens.issue(claims).await?, life))
}

/// What an ID token says, [OpenID Connect Core §2](https://openid.net/specs/openid-connect-core-1_0.html#IDToken).
#[derive(Serialize)]
struct IdToken<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
    auth_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(flatten)]
    profile: Profile<'a>,
}

/// What is told of a user, by the scopes `profile` and `email`.
#[derive(Serialize)]
pub(super) struct Profile<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
}

/// Nobody has a name here, so it is what stands before the `@`.
pub(super) fn profile<'a>(account: &'a Account, scope: &str) -> Profile<'a> {
    let (profile, email) = (includes(scope, PROFILE), includes(scope, EMAIL));
    let address = account.email.as_str();
    Profile {
        name: profile.then(|| address.split('@').next().unwrap_or(address)),
        preferred_username: profile.then_some(address),
        email: email.then_some(address),
        email_verified: email.then_some(true),
    }
}

fn id_token(
    it: &AuthorizationServer,
    faults: Faults,
    authorization: &Authorization,
    scope: &str,
    account: &Account,
    now: u64,
) -> String {
    let claims = IdToken {
        iss: it.issuer(faults),
        sub: &account.subject,
        aud: &authorization.client_id,
        iat: now,
        exp: now + it.token_life,
        auth_time: authorization.signed_in,
        nonce: authorization.nonce.as_deref(),
        profile: profile(account, scope),
    };
    it.access_tokens.keys.current().sign(Typ::IdToken, &claims)
}

/// The answer, in the shape that faults give it.
pub(super) fn shaped(
    faults: Faults,
    (access_token, life): (String, u64),
    scope: &str,
    refresh_token: Option<String>,
    id_token: Option<String>,
) -> TokenResponse {
    let empty = faults.has(Fault::EmptyStrings);
    let or_empty = |it: Option<String>| it.or_else(|| empty.then(String::new));
    let lowercase = faults.has(Fault::LowercaseBearer);
    TokenResponse {
        access_token,
        token_type: if lowercase { "bearer" } else { "Bearer" },
        expires_in: if faults.has(Fault::StringExpiresIn) {
            life.to_string().into()
        } else {
            life.into()
        },
        scope: if faults.has(Fault::ScopeList) {
            scope.split(' ').collect()
        } else {
            // It is what was asked for, so it need not be told.
            if empty { "" } else { scope }.into()
        },
        refresh_token: or_empty(refresh_token),
        id_token: or_empty(id_token),
    }
}

impl AuthorizationServer {
    /// An access token for the user with this key, as the token endpoint would give it out; `None` if there is no such user.
    pub(crate) async fn mint(
        &self,
        user_key: &str,
        scope: &str,
    ) -> Result<Option<String>, Unavailable> {
        let Some(account) = self.accounts.get(user_key) else { return Ok(None) };
        tracing::info!(client_id = DIRECT_CLIENT, "token issued without a sign-in");
        let access = Access {
            subject: &account.subject,
            client_id: DIRECT_CLIENT,
            scope,
            grant_id: None,
            workspace: Some(&account.workspace),
            now: claims::now(),
        };
        let (token, _) = access_token(self, self.faults, &access, true).await?;
        Ok(Some(token))
    }
}
