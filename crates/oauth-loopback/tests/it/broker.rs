use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use oauth_loopback::{Grant, TokenBroker};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::server::{Script, Server};
use crate::{browser, http, mint};

struct Broker {
    server: Arc<Server>,
    url: String,
    secret: String,
    told: Arc<Mutex<Vec<String>>>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<Grant, oauth_loopback::Error>>,
}

impl Broker {
    async fn start(script: Script) -> Self {
        let server = Server::start(script).await;
        let grant = mint(&server).await.expect("the script conforms");
        Self::with(server, grant).await
    }

    async fn with(server: Arc<Server>, grant: Grant) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&told);
        let broker = TokenBroker::bind(http(), grant, move |it| {
            let told = match it {
                Ok(grant) => {
                    grant.token.refresh_token.as_ref().expect("it rotates").reveal().into()
                }
                Err(error) => error.to_string(),
            };
            kept.lock().expect("no test panics with it").push(told);
        })
        .await
        .expect("a free port");
        let (url, secret) = (broker.url().to_owned(), broker.secret().reveal().to_owned());
        assert!(!format!("{broker:?}").contains(&secret));
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(broker.serve(async {
            let _ = stopped.await;
        }));
        Self { server, url, secret, told, stop, ended }
    }

    async fn ask(&self) -> (StatusCode, Value) {
        let answer = browser().get(&self.url).bearer_auth(&self.secret).send().await;
        let answer = answer.expect("an answer");
        let status = answer.status();
        (status, serde_json::from_str(&answer.text().await.expect("text")).unwrap_or_default())
    }

    fn refreshes(&self) -> usize {
        let refreshes = |it: &&crate::server::Seen| it.form["grant_type"] == "refresh_token";
        self.server.seen("/token").iter().filter(refreshes).count()
    }
}

/// The grant as a file has it, with other members.
fn patched(grant: &Grant, patch: Value) -> Grant {
    let mut written = serde_json::to_value(grant).expect("strings and numbers");
    for (name, value) in patch.as_object().expect("a patch is an object") {
        written[name] = value.clone();
    }
    serde_json::from_value(written).expect("a grant")
}

fn in_seconds(seconds: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later");
    now.as_secs() + seconds
}

/// A JWT that says when it ends, in seconds since 1970.
fn ending(exp: u64) -> String {
    format!("e30.{}.c2ln", BASE64URL.encode(json!({ "exp": exp }).to_string()))
}

/// A token that is due at once and one that is not.
fn short_lived() -> Script {
    Script {
        token: json!({ "expires_in": 0 }),
        refreshed: json!({ "access_token": "second", "refresh_token": "refresh-2", "expires_in": 3600 }),
        ..Script::default()
    }
}

#[tokio::test]
async fn a_token_that_lives_is_handed_out_without_a_refresh() {
    let broker = Broker::start(Script::default()).await;
    let (status, token) = broker.ask().await;
    assert_eq!((status, broker.refreshes()), (StatusCode::OK, 0));
    assert!(token["access_token"].as_str().is_some_and(|it| it.starts_with("e30.")));
    assert!(token["expires_in"].as_u64().is_some_and(|it| it > 3500));
    assert!(token.get("refresh_token").is_none());
}

#[tokio::test]
async fn however_many_ask_one_refreshes_and_it_is_stored() {
    let broker = Arc::new(Broker::start(short_lived()).await);
    let asking: Vec<_> = (0..40)
        .map(|_| {
            let broker = Arc::clone(&broker);
            tokio::spawn(async move { broker.ask().await })
        })
        .collect();
    for it in asking {
        let (status, token) = it.await.expect("no panic");
        assert_eq!((status, token["access_token"].as_str()), (StatusCode::OK, Some("second")));
    }
    assert_eq!(broker.refreshes(), 1);
    assert_eq!(*broker.told.lock().expect("no test panics with it"), ["refresh-2"]);
}

#[tokio::test]
async fn nobody_waits_for_a_refresh_while_the_old_token_lives() {
    let server = Server::start(short_lived()).await;
    let grant = mint(&server).await.expect("the script conforms");
    let grant = patched(&grant, json!({ "expires_at": in_seconds(20), "expires_in": 3600 }));
    let broker = Broker::with(server, grant).await;
    let (status, first) = broker.ask().await;
    assert_eq!(status, StatusCode::OK);
    assert!(first["access_token"].as_str().is_some_and(|it| it.starts_with("e30.")));
    let refreshed = async {
        while broker.ask().await.1["access_token"] != "second" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), refreshed).await.expect("it refreshes beside");
    assert_eq!(broker.refreshes(), 1);
}

#[tokio::test]
async fn the_grant_comes_back_as_it_is_at_the_end() {
    let broker = Broker::start(short_lived()).await;
    broker.ask().await;
    broker.stop.send(()).expect("it serves");
    let grant = tokio::time::timeout(Duration::from_secs(10), broker.ended).await;
    let grant = grant.expect("at once").expect("no panic").expect("it served");
    assert_eq!(grant.token.access_token.reveal(), "second");
}

#[tokio::test]
async fn nobody_gets_a_token_without_the_secret_or_through_another_name() {
    let broker = Broker::start(Script::default()).await;
    let status =
        async |request: reqwest::RequestBuilder| request.send().await.expect("an answer").status();
    let http = browser();
    assert_eq!(status(http.get(&broker.url)).await, 401);
    assert_eq!(status(http.get(&broker.url).bearer_auth("guessed")).await, 401);
    let good = |it: reqwest::RequestBuilder| it.bearer_auth(&broker.secret);
    assert_eq!(status(good(http.post(&broker.url))).await, 405);
    assert_eq!(status(good(http.get(format!("{}/x", broker.url)))).await, 404);
    assert_eq!(status(good(http.get(&broker.url)).header("host", "evil.example")).await, 404);
    assert_eq!(status(good(http.get(&broker.url))).await, 200);
}

#[tokio::test]
async fn a_refresh_that_fails_is_told_and_not_repeated_by_all_who_ask() {
    let broker = Broker::start(Script {
        refreshed: json!({ "error": "invalid_grant", "access_token": null }),
        ..short_lived()
    })
    .await;
    for _ in 0..5 {
        let answer = browser().get(&broker.url).bearer_auth(&broker.secret).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let why = answer.text().await.expect("text");
        assert!(why.contains("/token") && why.contains("invalid_grant"), "{why}");
    }
    assert_eq!(broker.refreshes(), 1);
    let told = broker.told.lock().expect("no test panics with it");
    assert!(told.len() == 1 && told[0].contains("invalid_grant"), "{told:?}");
}

#[tokio::test]
async fn a_token_that_says_itself_when_it_ends_is_renewed_by_that() {
    let server = Server::start(short_lived()).await;
    let grant = mint(&server).await.expect("the script conforms");
    // With a response that did not say how long it lives.
    let patch = json!({ "access_token": ending(1), "expires_at": null, "expires_in": null });
    let grant = patched(&grant, patch);
    let broker = Broker::with(server, grant).await;
    let (status, token) = broker.ask().await;
    assert_eq!((status, token["access_token"].as_str()), (StatusCode::OK, Some("second")));
}

#[tokio::test]
async fn a_token_that_ends_long_before_its_response_says_so_is_not_renewed_at_once() {
    let server = Server::start(Script::default()).await;
    let grant = mint(&server).await.expect("the script conforms");
    let token = ending(in_seconds(600));
    let patch =
        json!({ "access_token": token, "expires_at": in_seconds(7200), "expires_in": 7200 });
    let broker = Broker::with(server, patched(&grant, patch)).await;
    assert!(broker.ask().await.1["expires_in"].as_u64().is_some_and(|it| it <= 600));
    broker.stop.send(()).expect("it serves");
    let grant = broker.ended.await.expect("no panic").expect("it served");
    assert_eq!(grant.token.access_token.reveal(), token);
}

#[tokio::test]
async fn a_refresh_token_in_an_answer_that_is_no_token_is_told_to_be_stored() {
    let refreshed = json!({ "token_type": 7, "refresh_token": "refresh-2" });
    let broker = Broker::start(Script { refreshed, ..short_lived() }).await;
    assert_eq!(broker.ask().await.0, StatusCode::SERVICE_UNAVAILABLE);
    let told = broker.told.lock().expect("no test panics with it").clone();
    assert!(told.len() == 2 && told[0] == "refresh-2", "{told:?}");
    assert!(told[1].contains("`token_type` is a number"), "{told:?}");
}
