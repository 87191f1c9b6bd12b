//! The `nonce` of OpenID Connect, which ties an ID token to its request.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use oauth_loopback::{Config, Error, Grant, LoopbackListener, authorize};
use serde_json::{Value, json};

use crate::server::{Script, Server};
use crate::{http, visit};

async fn mint(server: &Server, scope: &[&str]) -> Result<Grant, Error> {
    let mut config = Config::resource(server.mcp());
    config.scope = scope.iter().map(|&it| it.to_owned()).collect();
    let listener = LoopbackListener::bind().await.expect("a free port");
    authorize(&http(), listener, &config, visit).await
}

async fn answering(id_token: Value) -> Arc<Server> {
    Server::start(Script { token: json!({ "id_token": id_token }), ..Script::default() }).await
}

fn id_token(claims: &Value) -> Value {
    json!(format!("e30.{}.c2ln", BASE64URL.encode(claims.to_string())))
}

#[tokio::test]
async fn it_goes_with_openid_alone_and_is_never_the_same() {
    let server = Server::start(Script::default()).await;
    for scope in [&["openid", "profile"][..], &["openid"], &["profile"], &[]] {
        mint(&server, scope).await.expect("the script conforms");
    }
    let seen = server.seen("/authorize");
    let nonces: Vec<_> = seen.iter().map(|it| it.form.get("nonce").cloned()).collect();
    let [Some(one), Some(other), None, None] = &nonces[..] else { panic!("{nonces:?}") };
    assert!(one != other && one.len() == 43 && *one != seen[0].form["state"], "{nonces:?}");
}

#[tokio::test]
async fn an_id_token_of_another_request_is_refused() {
    for (claims, missing) in [(json!({ "nonce": "old" }), false), (json!({ "sub": "a" }), true)] {
        let server = answering(id_token(&claims)).await;
        let refused = mint(&server, &["openid"]).await.expect_err("another request");
        let Error::Nonce { missing: seen, .. } = refused else { panic!("{refused}") };
        assert_eq!(seen, missing);
        // Who sent no nonce has none to compare.
        mint(&server, &["profile"]).await.expect("nothing was asked for");
    }
}

#[tokio::test]
async fn an_id_token_of_this_request_is_taken_and_so_is_one_that_nobody_can_read() {
    let server = Server::start(Script { echoes_nonce: true, ..Script::default() }).await;
    let grant = mint(&server, &["openid"]).await.expect("the nonce is that of the request");
    assert!(grant.token.other.contains_key("id_token"));
    for unreadable in [json!("a.b.c.d.e"), json!("a.!.c"), json!(7), Value::Null] {
        let server = answering(unreadable).await;
        mint(&server, &["openid"]).await.expect("nothing is read");
    }
}
