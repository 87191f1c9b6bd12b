//! Tokens for an authorization code, [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::scopes::{OFFLINE_ACCESS, includes};
use crate::authorization_server::state::{AuthorizationServer, random_id};
use crate::clients::authentication::Authenticated;
use crate::config::faults::Faults;
use crate::signing::access_tokens::Revoked;
use crate::tokens::grant::{Code, Family};
use crate::tokens::issue::{TokenResponse, draw};
use crate::tokens::refused::{Refused, error, required};

pub(super) async fn exchange(
    it: &AuthorizationServer,
    faults: Faults,
    form: &Parameters,
    from: &Authenticated,
) -> Result<TokenResponse, Refused> {
    let value = required(form, "code", "code is missing")?;
    let verifier = required(form, "code_verifier", "code_verifier is missing")?;
    let redirect_uri = required(form, "redirect_uri", "redirect_uri is missing")?;

    let unknown = || error("invalid_grant", "the code is unknown or has expired");
    let code = it.codes.get(value).await?.ok_or_else(unknown)?;
    let authorization = &code.authorization;
    let may_refresh =
        includes(&authorization.scope, OFFLINE_ACCESS) && from.client.may("refresh_token");
    let refresh_token = may_refresh.then(|| (random_id(), random_id()));
    // The refresh token is there before the code says so, so that whoever comes second finds what to revoke.
    if let Some((family, secret)) = &refresh_token {
        let newest = Sha256::digest(secret).into();
        let authorization = authorization.clone();
        let first = Family { authorization, newest, refreshes: 0, spared: Vec::new() };
        it.families.insert(family, first).await?;
    }
    let family = refresh_token.as_ref().map(|(family, _)| family);
    let for_resource = form.get("resource").is_some();
    let drawn = draw(it, faults, authorization, &authorization.scope, for_resource).await?;
    let used = it.codes.change(value, |code| match code {
        None => Err((unknown(), None)),
        // Whoever comes second may be the rightful one, so what the first was given ends too.
        Some(code) if code.used => {
            let first = (code.family.clone(), code.authorization.id.clone());
            Err((error("invalid_grant", "the code was used before"), Some(first)))
        }
        Some(code) => {
            code.used = true;
            check(code, &from.id, redirect_uri, verifier).map_err(|it| (it, None))?;
            code.family = family.cloned();
            Ok(())
        }
    });
    if let Err((refused, first)) = used.await? {
        let (first_family, grant) = first.unzip();
        if let Some(grant) = grant {
            it.access_tokens.revoke(Revoked::Grant(&grant)).await?;
        }
        for family in first_family.flatten().iter().chain(family) {
            it.families.remove(family).await?;
        }
        return Err(refused);
    }
    let refresh_token = refresh_token.map(|(family, secret)| format!("{family}.{secret}"));
    Ok(drawn.respond(faults, &authorization.scope, refresh_token))
}

/// Whether a code was given to this client, for this redirect URI, and the verifier is that of its challenge.
fn check(code: &Code, client_id: &str, redirect_uri: &str, verifier: &str) -> Result<(), Refused> {
    if code.authorization.client_id != client_id {
        return Err(error("invalid_grant", "the code was issued to another client"));
    }
    if code.redirect_uri != redirect_uri {
        let other = "redirect_uri is not the one of the authorization request";
        return Err(error("invalid_grant", other));
    }
    let challenge = BASE64URL.encode(Sha256::digest(verifier));
    if !bool::from(challenge.as_bytes().ct_eq(code.challenge.as_bytes())) {
        return Err(error("invalid_grant", "code_verifier does not match the code challenge"));
    }
    Ok(())
}
