use mcp_target::{Config, User};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::session::message;
use crate::target::http;

pub(crate) async fn initialize(url: &str, token: &str) -> reqwest::Response {
    let initialize = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
    }});
    let request = http().post(url).bearer_auth(token).json(&initialize);
    request.header("Accept", "application/json, text/event-stream").send().await.unwrap()
}

#[tokio::test]
async fn a_token_without_a_browser_opens_the_mcp_endpoint() {
    let target = mcp_target::Target::start(Config::demo()).await.unwrap();
    assert_eq!(target.url(), format!("{}/mcp", target.issuer()));
    let token = target.token_for("LoadTest@novamart.example").await.unwrap();
    let answer = initialize(target.url(), &token).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(message(answer).await["result"]["protocolVersion"], "2025-11-25");
    assert_eq!(initialize(target.url(), &format!("{token}x")).await.status(), 401);
    target.stop().await.unwrap();
}

#[tokio::test]
async fn there_is_no_token_for_a_user_who_is_not_there() {
    let config = Config::new(vec![User::new("ada@example.org", "correct", "ws-1")]);
    let target = mcp_target::Target::start(config).await.unwrap();
    assert!(target.token_for("ada@example.org").await.is_ok());
    let error = target.token_for("eve@example.org").await.unwrap_err();
    assert_eq!(error.to_string(), "the target has no user eve@example.org");
}

#[tokio::test]
async fn a_target_ends_when_it_is_dropped() {
    let target = mcp_target::Target::start(Config::demo()).await.unwrap();
    let address = target.issuer().strip_prefix("http://").unwrap().to_owned();
    TcpStream::connect(&address).await.unwrap();
    drop(target);
    while TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn two_targets_know_nothing_of_each_other() {
    let (one, two) = (
        mcp_target::Target::start(Config::demo()).await.unwrap(),
        mcp_target::Target::start(Config::demo()).await.unwrap(),
    );
    let token = one.token_for("loadtest@novamart.example").await.unwrap();
    assert_eq!(initialize(one.url(), &token).await.status(), 200);
    assert_eq!(initialize(two.url(), &token).await.status(), 401);
}

#[tokio::test]
async fn nothing_is_served_off_loopback() {
    for auth in [true, false] {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let config = Config { auth, ..Config::demo() };
        let error = mcp_target::prepare(listener, config).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("on loopback only"), "{error}");
    }
}

#[tokio::test]
async fn every_address_of_loopback_answers_at_its_endpoint() {
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let url = mcp_target::resource(listener.local_addr().unwrap());
    let config = Config { auth: false, ..Config::demo() };
    tokio::spawn(mcp_target::serve(listener, config, std::future::pending()));
    assert_eq!(initialize(&url, "none").await.status(), 200);
}
