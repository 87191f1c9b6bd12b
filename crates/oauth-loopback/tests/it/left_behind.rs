//! Registered clients that nobody remembers: none is left at the server by a flow without a token.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use oauth_loopback::{Config, Error, LoopbackListener, Opening, authorize, authorize_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::client_store::Store;
use crate::program::{Running, minted, program};
use crate::server::{Script, Server};
use crate::{browser, http, visit};

const DELETABLE: fn() -> Value = || {
    json!({
        "registration_client_uri": "{origin}/client", "registration_access_token": "manage",
    })
};

async fn start(script: Script) -> Arc<Server> {
    let mut registration = DELETABLE();
    for (name, value) in script.registration.as_object().expect("patches are objects") {
        registration[name] = value.clone();
    }
    Server::start(Script { registration, ..script }).await
}

/// Registrations and deletions.
fn seen(server: &Server) -> (usize, usize) {
    (server.seen("/register").len(), server.seen("/client").len())
}

async fn flow(server: &Server, timeout: Duration, opens: bool) -> Result<(), Error> {
    let mut config = Config::resource(server.mcp());
    config.timeout = timeout;
    let listener = LoopbackListener::bind().await.expect("a free port");
    let open = async |opening: Opening| match opens {
        true => visit(opening).await.map_err(io::Error::other),
        false if timeout.is_zero() => std::future::pending().await,
        false => Err(io::Error::other("the browser broke")),
    };
    authorize(&http(), listener, &config, open).await.map(drop)
}

#[tokio::test]
async fn a_flow_that_fails_deletes_the_client_that_it_registered() {
    const LONG: Duration = Duration::from_secs(10);
    let denied = json!({ "code": null, "error": "access_denied" });
    for (script, timeout, opens) in [
        (Script::default(), LONG, false),
        (Script::default(), Duration::ZERO, false),
        (Script { callback: denied, ..Script::default() }, LONG, true),
        (Script { token: json!({ "token_type": "DPoP" }), ..Script::default() }, LONG, true),
        (
            Script {
                registration: json!({ "redirect_uris": ["https://a.example/cb"] }),
                ..Script::default()
            },
            LONG,
            true,
        ),
    ] {
        let server = start(script).await;
        flow(&server, timeout, opens).await.expect_err("there is no token");
        assert_eq!(seen(&server), (1, 1));
    }
    let server = start(Script::default()).await;
    flow(&server, LONG, true).await.expect("the script conforms");
    assert_eq!(seen(&server), (1, 0), "its token may end with it");
}

#[tokio::test]
async fn a_client_that_is_remembered_serves_the_next_flow() {
    let callback = json!({ "code": null, "error": "access_denied" });
    let server = start(Script { callback, ..Script::default() }).await;
    let store = Store::new();
    let config = store.config(&server);
    let listener = LoopbackListener::bind().await.expect("a free port");
    authorize(&http(), listener, &config, visit).await.expect_err("it is denied");
    assert_eq!(seen(&server), (1, 0));
}

#[tokio::test]
async fn a_registration_that_is_under_way_when_it_is_interrupted_is_waited_for() {
    let first = vec![("/register", 429, &[("retry-after", "1")][..], "")];
    let server = start(Script { first, ..Script::default() }).await;
    let interrupt = async {
        while server.seen("/register").is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let listener = LoopbackListener::bind().await.expect("a free port");
    let config = Config::resource(server.mcp());
    let ended = authorize_until(&http(), listener, &config, visit, interrupt).await;
    assert!(matches!(ended, Err(Error::Interrupted)), "{ended:?}");
    assert_eq!(seen(&server), (2, 1));
}

#[tokio::test]
async fn a_signal_deletes_it_too() {
    for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
        let server = start(Script::default()).await;
        let mut running = Running::start(program(&[&server.mcp()]));
        running.address().await;
        let pid = running.child.id().and_then(|it| Pid::from_raw(it.cast_signed()));
        kill_process(pid.expect("it runs"), signal).expect("it is ours");
        let (output, said) = running.end().await;
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("error: interrupted by {name}")), "{said}");
        assert_eq!(seen(&server), (1, 1));
    }
}

#[tokio::test]
async fn a_token_that_nobody_is_given_takes_its_client_along() {
    let server = start(Script::default()).await;
    let mut running = Running::start(program(&[&server.mcp(), "--lives-for", "4000"]));
    browser().get(running.address().await).send().await.expect("a page");
    assert_eq!(running.end().await.0.status.code(), Some(1));
    assert_eq!((seen(&server), server.seen("/revoke").len()), ((1, 1), 2));

    let full = || std::fs::File::options().write(true).open("/dev/full").expect("a Linux device");
    let server = start(Script::default()).await;
    let mut command = program(&[&server.mcp()]);
    command.stdout(full());
    let mut running = Running::start(command);
    browser().get(running.address().await).send().await.expect("a page");
    assert_eq!(running.end().await.0.status.code(), Some(1));
    assert_eq!((seen(&server), server.seen("/revoke").len()), ((1, 1), 2));

    // In a file somebody has it.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("grant.json");
    let server = start(Script::default()).await;
    let (mcp, file) = (server.mcp(), path.to_str().expect("UTF-8"));
    let mut command = program(&[&mcp, "--out", file, "--format", "header"]);
    command.stdout(full());
    let mut running = Running::start(command);
    browser().get(running.address().await).send().await.expect("a page");
    assert_eq!(running.end().await.0.status.code(), Some(1));
    assert_eq!((seen(&server), server.seen("/revoke").len()), ((1, 0), 0));
    minted(program(&[&mcp])).await;
    assert_eq!(seen(&server), (2, 0), "and on stdout");
}
