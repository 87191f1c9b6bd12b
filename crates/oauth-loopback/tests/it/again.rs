//! Further tokens of one sign-in: the request of before, asked again.

use oauth_loopback::{
    AuthorizationRequest, Config, Error, Grant, LoopbackListener, Opening, Prompt, Received,
    authorize,
};
use reqwest::header::LOCATION;
use serde_json::json;
use url::Url;

use crate::server::{Script, Seen, Server};
use crate::{http, visit};

/// A grant, and the authorization request that it came from.
async fn minted(server: &Server) -> (Grant, Url) {
    let mut config = Config::resource(server.mcp());
    config.scope = vec!["openid".to_owned()];
    config.prompt = Prompt::Value("login".to_owned());
    let listener = LoopbackListener::bind().await.expect("a free port");
    let mut opened = None;
    let open = async |opening: Opening| {
        opened = Some(opening.url.clone());
        visit(opening).await
    };
    let grant = authorize(&http(), listener, &config, open).await.expect("the script conforms");
    (grant, opened.expect("it was opened"))
}

fn form<'a>(it: &'a Seen, name: &str) -> Option<&'a str> {
    it.form.get(name).map(String::as_str)
}

#[tokio::test]
async fn the_request_is_the_same_but_for_what_is_used_once() {
    let server = Server::start(Script { echoes_nonce: true, ..Script::default() }).await;
    let (grant, earlier) = minted(&server).await;
    let request = AuthorizationRequest::again(&earlier, &grant).expect("a request");
    let answer = http().get(request.url().clone()).send().await.expect("an answer");
    let callback = answer.headers()[LOCATION].to_str().expect("ASCII").to_owned();
    let Received::Code(code) = request.receive(&callback).expect("a callback") else {
        panic!("{callback}");
    };
    let again = code.exchange(&http()).await.expect("another grant");
    assert_eq!((again.client_id, again.resource), (grant.client_id, grant.resource));

    let seen = server.seen("/authorize");
    let [one, other] = &seen[..] else { panic!("{seen:?}") };
    for name in ["client_id", "redirect_uri", "scope", "resource", "code_challenge_method"] {
        assert_eq!(form(one, name), form(other, name), "{name}");
    }
    for name in ["state", "code_challenge", "nonce"] {
        assert!(form(other, name).is_some() && form(one, name) != form(other, name), "{name}");
    }
    assert_eq!((form(one, "prompt"), form(other, "prompt")), (Some("login"), None));
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let server = Server::start(Script::default()).await;
    let (grant, _) = minted(&server).await;
    let it = Url::parse(&server.origin).expect("an address");
    let refused = AuthorizationRequest::again(&it, &grant).expect_err("it has no redirect URI");
    assert!(matches!(refused, Error::Address { .. }), "{refused}");
}

#[tokio::test]
async fn a_client_tells_how_it_authenticates_and_prints_no_secret() {
    for (method, in_form) in [("client_secret_post", true), ("client_secret_basic", false)] {
        let metadata = json!({ "token_endpoint_auth_methods_supported": [method] });
        let registration = json!({ "client_secret": "hush" });
        let server = Server::start(Script { metadata, registration, ..Script::default() }).await;
        let (grant, _) = minted(&server).await;
        let it = grant.client_authentication().expect("it has a secret");
        assert!(!format!("{it:?}").contains("hush"));
        assert!(it.form.contains(&("resource".to_owned(), server.mcp())), "{method}");
        let secret = ("client_secret".to_owned(), "hush".to_owned());
        assert_eq!(it.form.contains(&secret), in_form, "{method}");
        assert_eq!(it.authorization.is_some_and(|it| it.starts_with("Basic ")), !in_form);
    }
    let server = Server::start(Script::default()).await;
    let (grant, _) = minted(&server).await;
    let it = grant.client_authentication().expect("it is a public one");
    assert!(it.form.contains(&("client_id".to_owned(), grant.client_id)));
    assert_eq!(it.authorization, None);
}
