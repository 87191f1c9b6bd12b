//! A callback that arrives at a web server of the caller's own.

use std::collections::HashMap;

use oauth_loopback::{AuthorizationRequest, Error, LoopbackListener, Received};

use crate::server::{Script, Server};
use crate::{http, request};

const CALLBACK: &str = "https://app.example/callback";

fn state_of(request: &AuthorizationRequest) -> String {
    let sent: HashMap<String, String> = request.url().query_pairs().into_owned().collect();
    assert_eq!(sent["redirect_uri"], CALLBACK);
    sent["state"].clone()
}

#[tokio::test]
async fn a_callback_that_arrived_elsewhere_becomes_a_token() {
    let server = Server::start(Script::default()).await;
    let request = request(&server, CALLBACK).await;
    let no_redirects = http().get(request.url().clone()).send().await.expect("a redirect");
    let callback = no_redirects.headers()["location"].to_str().expect("ASCII").to_owned();
    assert!(callback.starts_with(CALLBACK), "{callback}");

    let forged = callback.replace("state=", "state=x");
    let Received::Other { request, reason } = request.receive(&forged).expect("it is ignored")
    else {
        panic!("a state of somebody else");
    };
    assert_eq!(reason, "had no state or a wrong one");
    let Received::Code(code) = request.receive(&callback).expect("no error") else {
        panic!("the very state");
    };
    let grant = code.exchange(&http()).await.expect("the script conforms");
    assert_eq!(grant.resource, Some(server.mcp()));
    assert_eq!(server.seen("/token")[0].form["redirect_uri"], CALLBACK);
}

#[tokio::test]
async fn what_the_server_says_there_is_checked_as_on_loopback() {
    let server = Server::start(Script::default()).await;
    let request = async || request(&server, CALLBACK).await;
    let it = request().await;
    let denied = format!("error=access_denied&state={}&iss={}", state_of(&it), server.origin);
    assert!(matches!(it.receive(&denied), Err(Error::Denied { .. })));
    let it = request().await;
    let mixed_up = format!("code=a&state={}&iss=https://evil.example", state_of(&it));
    assert!(matches!(it.receive(&mixed_up), Err(Error::CallbackIssuer { .. })));
    let it = request().await;
    let twice = format!("code=a&code=b&state={}&iss={}", state_of(&it), server.origin);
    assert!(matches!(it.receive(&twice), Ok(Received::Other { .. })));
}

#[tokio::test]
async fn a_listener_that_will_not_get_the_callback_is_refused() {
    let server = Server::start(Script::default()).await;
    let request = request(&server, CALLBACK).await;
    let listener = LoopbackListener::bind().await.expect("a free port");
    let open = async |_| panic!("nobody is sent there");
    let refused = request.wait_for_code::<_, std::io::Error>(listener, crate::callback::LONG, open);
    let error = refused.await.expect_err("another redirect URI");
    assert!(matches!(error, Error::OtherRedirectUri { .. }), "{error}");
}
