//! Clients that are remembered from run to run.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use oauth_loopback::{ClientStore, Config, Error, Grant, LoopbackListener, authorize};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Instead, Script, Server};
use crate::{http, visit};

pub(crate) struct Store {
    _folder: TempDir,
    pub(crate) path: PathBuf,
}

impl Store {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/clients.json");
        Self { _folder: folder, path }
    }

    pub(crate) fn config(&self, server: &Server) -> Config {
        let mut config = Config::resource(server.mcp());
        config.timeout = Duration::from_secs(10);
        config.clients = Some(ClientStore::new(&self.path));
        config
    }

    pub(crate) fn read(&self) -> Value {
        serde_json::from_slice(&std::fs::read(&self.path).expect("it is there")).expect("JSON")
    }
}

pub(crate) async fn mint(config: &Config) -> Result<Grant, Error> {
    let listener = LoopbackListener::bind().await.expect("a free port");
    authorize(&http(), listener, config, visit).await
}

pub(crate) fn registered(server: &Server) -> usize {
    server.seen("/register").len()
}

#[tokio::test]
async fn a_client_is_registered_once_and_its_redirect_uri_is_listened_on_again() {
    let server = Server::start(Script::default()).await;
    let store = Store::new();
    let config = store.config(&server);
    mint(&config).await.expect("the script conforms");
    mint(&config).await.expect("the client is remembered");
    assert_eq!(registered(&server), 1);
    let used: Vec<String> =
        server.seen("/token").iter().map(|it| it.form["redirect_uri"].clone()).collect();
    assert_eq!(used[0], used[1]);
    assert_eq!(store.read()["clients"][0]["consented"], true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&store.path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn clients_that_are_remembered_at_the_same_time_do_not_overwrite_each_other() {
    let server = Server::start(Script::default()).await;
    let store = Store::new();
    let minting: Vec<_> = (0..12)
        .map(|it| {
            let mut config = store.config(&server);
            config.client_name = format!("Client {it}");
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(mint(&config)).map(drop)
            })
        })
        .collect();
    let ended = tokio::task::spawn_blocking(|| {
        minting.into_iter().try_for_each(|it| it.join().expect("no panic"))
    });
    ended.await.expect("no panic").expect("the script conforms");
    assert_eq!(store.read()["clients"].as_array().expect("a list").len(), 12);
}

#[tokio::test]
async fn another_name_resource_or_wider_scope_is_another_client() {
    let server = Server::start(Script::default()).await;
    let store = Store::new();
    let mut config = store.config(&server);
    config.scope = vec!["a".to_owned(), "b".to_owned()];
    mint(&config).await.expect("the script conforms");
    config.scope = vec!["b".to_owned()];
    mint(&config).await.expect("less was asked for");
    config.scope = vec!["a".to_owned(), "b".to_owned()];
    mint(&config).await.expect("as much as it was registered for");
    assert_eq!(registered(&server), 1);
    config.scope = vec!["b".to_owned(), "c".to_owned()];
    mint(&config).await.expect("more was asked for");
    assert_eq!(registered(&server), 2);
    config.client_name = "Other".to_owned();
    mint(&config).await.expect("another name");
    assert_eq!(registered(&server), 3);
    assert_eq!(store.read()["clients"].as_array().expect("a list").len(), 2);
}

#[tokio::test]
async fn a_client_whose_port_is_taken_is_registered_anew() {
    let server = Server::start(Script::default()).await;
    let store = Store::new();
    let config = store.config(&server);
    mint(&config).await.expect("the script conforms");
    let redirect_uri = server.seen("/token")[0].form["redirect_uri"].clone();
    let _taken = LoopbackListener::bind_to(&redirect_uri).await.expect("it was just free");
    mint(&config).await.expect("another port");
    assert_eq!(registered(&server), 2);
}

#[tokio::test]
async fn a_client_that_the_server_has_forgotten_is_replaced_once() {
    const UNKNOWN: &str = r#"{"error":"invalid_client"}"#;
    const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
    let away: &[(&str, &str)] = &[("location", "{origin}/error?error=invalid_client")];
    for first in [
        // On a page of its own, before anyone is asked.
        ("/authorize", 400, &[][..], "<h1>Unknown client</h1>"),
        ("/authorize", 302, away, ""),
        ("/authorize", 403, JSON, UNKNOWN),
        ("/token", 401, &[], UNKNOWN),
    ] {
        let server = Server::start(Script::default()).await;
        let store = Store::new();
        let config = store.config(&server);
        mint(&config).await.expect("the script conforms");
        server.say_once(first);
        mint(&config).await.expect("a new client");
        assert_eq!(registered(&server), 2, "{first:?}");
        mint(&config).await.expect("which is remembered");
        assert_eq!(registered(&server), 2, "{first:?}");
    }
}

#[tokio::test]
async fn a_client_that_was_just_registered_is_not_replaced() {
    let refused = Instead::Answer(401, "application/json", r#"{"error":"invalid_client"}"#);
    let server =
        Server::start(Script { instead: vec![("/token", refused)], ..Script::default() }).await;
    let store = Store::new();
    assert!(matches!(mint(&store.config(&server)).await, Err(Error::Refused(_))));
    assert_eq!(registered(&server), 1);
}

#[tokio::test]
async fn a_consent_that_is_remembered_is_tried_without_a_page_and_then_with_one() {
    let server = Server::start(Script::default()).await;
    let store = Store::new();
    let config = store.config(&server);
    mint(&config).await.expect("the script conforms");
    let prompts = Mutex::new(Vec::new());
    let listener = LoopbackListener::bind().await.expect("a free port");
    let http = http();
    let grant = authorize(&http, listener, &config, async |opening| {
        let sent: std::collections::HashMap<String, String> =
            opening.url.query_pairs().into_owned().collect();
        let prompt = sent.get("prompt").cloned();
        prompts.lock().expect("no test panics with it").push(prompt.clone());
        if prompt.is_some() {
            let (back, state, issuer) = (&sent["redirect_uri"], &sent["state"], &server.origin);
            let url = format!("{back}?error=login_required&state={state}&iss={issuer}");
            return crate::browser().get(url).send().await.map(drop);
        }
        visit(opening).await
    });
    grant.await.expect("the page was shown");
    assert_eq!(*prompts.lock().expect("no test panics with it"), [Some("none".to_owned()), None]);
    assert_eq!(registered(&server), 1);
}

#[tokio::test]
async fn what_a_server_says_to_robots_is_nothing_about_the_client() {
    const HTML: &[(&str, &str)] = &[("content-type", "text/html")];
    let login: &[(&str, &str)] = &[("location", "{origin}/login?client_id=client-1&error=expired")];
    for first in [
        ("/authorize", 403, HTML, "<script>path = '/authorize?client_id=client-1'</script>"),
        ("/authorize", 404, &[], ""),
        ("/authorize", 302, login, ""),
    ] {
        let server = Server::start(Script::default()).await;
        let store = Store::new();
        let config = store.config(&server);
        mint(&config).await.expect("the script conforms");
        server.say_once(first);
        mint(&config).await.expect("the same client");
        assert_eq!(registered(&server), 1, "{first:?}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_store_that_cannot_be_written_takes_no_token_away() {
    let server = Server::start(Script::default()).await;
    let mut config = Config::resource(server.mcp());
    config.clients = Some(ClientStore::new("/proc/nowhere/clients.json"));
    mint(&config).await.expect("a token, and nothing remembered");
    assert_eq!(registered(&server), 1);
}

#[tokio::test]
async fn an_authorize_endpoint_that_is_not_there_is_named_without_the_state() {
    let metadata = json!({ "authorization_endpoint": "http://127.0.0.1:1/authorize" });
    let server = Server::start(Script { metadata, ..Script::default() }).await;
    let (store, listener) = (Store::new(), LoopbackListener::bind().await.expect("a free port"));
    let remembered = json!({ "clients": [{
        "issuer": server.origin, "resource": server.mcp(), "client_name": "oauth-loopback",
        "redirect_uri": listener.redirect_uri(), "scope": [], "consented": true,
        "client": { "client_id": "client-1" },
    }]});
    let config = store.config(&server);
    config.clients.as_ref().expect("a store").prepare().expect("a folder of ours");
    std::fs::write(&store.path, remembered.to_string()).expect("it is ours");
    let error = authorize(&http(), listener, &config, visit).await.expect_err("nobody is there");
    insta::assert_snapshot!(error, @"asking whether the client is still known: no answer from http://127.0.0.1:1/authorize");
    assert!(!format!("{error:?}").contains("state"), "{error:?}");
}
