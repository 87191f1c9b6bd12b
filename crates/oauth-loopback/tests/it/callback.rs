use std::collections::HashMap;
use std::time::Duration;

use oauth_loopback::{AuthorizationCode, Error, Opening};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::{Script, Server};
use crate::{browser, wait_for_code};

pub(crate) const LONG: Duration = Duration::from_secs(20);

/// The callback of a request that waits, as an attacker or a browser may call it.
pub(crate) struct Callback {
    pub(crate) uri: String,
    pub(crate) state: String,
    pub(crate) issuer: String,
    pub(crate) opening: Opening,
}

impl Callback {
    pub(crate) fn new(opening: Opening, server: &Server) -> Self {
        let sent: HashMap<String, String> = opening.url.query_pairs().into_owned().collect();
        let (uri, state) = (sent["redirect_uri"].clone(), sent["state"].clone());
        Self { uri, state, issuer: server.origin.clone(), opening }
    }

    pub(crate) fn answer(&self) -> String {
        format!("?code=c0de&state={}&iss={}", self.state, self.issuer)
    }

    pub(crate) async fn get(&self, query: &str) -> (StatusCode, String) {
        self.send(Method::GET, query).await
    }

    async fn send(&self, method: Method, query: &str) -> (StatusCode, String) {
        let answer =
            browser().request(method, format!("{}{query}", self.uri)).send().await.expect("a page");
        (answer.status(), answer.text().await.expect("text"))
    }
}

/// Lets `act` play the browser, and has the right answer come last.
pub(crate) async fn with_callback(
    act: impl AsyncFnOnce(&mut Callback),
) -> Result<AuthorizationCode, Error> {
    with_script(Script::default(), async |callback: &mut Callback| {
        act(callback).await;
        let (status, page) = callback.get(&callback.answer()).await;
        assert_eq!(status, StatusCode::OK, "{page}");
    })
    .await
}

async fn with_script(
    script: Script,
    act: impl AsyncFnOnce(&mut Callback),
) -> Result<AuthorizationCode, Error> {
    let server = Server::start(script).await;
    let waiting = wait_for_code(&server, LONG, async |opening| {
        act(&mut Callback::new(opening, &server)).await;
        Ok::<_, std::io::Error>(())
    });
    waiting.await
}

#[tokio::test]
async fn a_head_or_post_probe_does_not_use_the_callback_up() {
    with_callback(async |callback| {
        for method in [Method::HEAD, Method::POST, Method::OPTIONS, Method::PUT] {
            let (status, _) = callback.send(method, &callback.answer()).await;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
        }
    })
    .await
    .expect("the GET that followed");
}

#[tokio::test]
async fn a_forged_state_does_not_end_the_wait() {
    with_callback(async |callback| {
        let state = &callback.state;
        for query in [
            String::new(),
            "?code=evil".to_owned(),
            "?code=evil&state=".to_owned(),
            "?code=evil&state=forged".to_owned(),
            format!("?code=evil&state={state}x"),
            format!("?code=evil&state={}", &state[1..]),
            "?error=access_denied".to_owned(),
            "?error=access_denied&state=forged".to_owned(),
            format!("?code=evil&state=forged&iss={}", callback.issuer),
        ] {
            assert_eq!(callback.get(&query).await.0, StatusCode::BAD_REQUEST, "{query}");
        }
    })
    .await
    .expect("the right state");
}

#[tokio::test]
async fn a_repeated_parameter_does_not_end_the_wait() {
    with_callback(async |callback| {
        let answer = callback.answer();
        for twice in
            ["code=evil", "state=forged", "iss=evil", "error=a&error=b", "%63ode=evil", "code="]
        {
            assert_eq!(
                callback.get(&format!("{answer}&{twice}")).await.0,
                StatusCode::BAD_REQUEST,
                "{twice}"
            );
        }
    })
    .await
    .expect("each parameter once");
}

#[tokio::test]
async fn another_host_name_does_not_end_the_wait() {
    with_callback(async |callback| {
        let port = callback.uri.split([':', '/']).nth(4).expect("a port").to_owned();
        for host in [
            "rebound.example",
            "127.0.0.1",
            &format!("localhost:{port}"),
            &format!("rebound.example:{port}"),
        ] {
            let url = format!("{}{}", callback.uri, callback.answer());
            let answer = browser().get(url).header("host", host).send().await.expect("a page");
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{host}");
        }
        let absolute =
            format!("GET http://rebound.example{}{} HTTP/1.1\r\n", "/callback", callback.answer());
        for head in [absolute, format!("GET /callback{} HTTP/1.0\r\n", callback.answer())] {
            let mut stream =
                TcpStream::connect(format!("127.0.0.1:{port}")).await.expect("it listens");
            let host = if head.contains("HTTP/1.1") {
                format!("host: 127.0.0.1:{port}\r\n")
            } else {
                String::new()
            };
            stream.write_all(format!("{head}{host}\r\n").as_bytes()).await.expect("it listens");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.expect("a page");
            assert!(answer.contains(" 400 "), "{head}{answer}");
        }
    })
    .await
    .expect("the right host");
}

#[tokio::test]
async fn another_path_and_an_endless_query_do_not_end_the_wait() {
    with_callback(async |callback| {
        let origin = callback.uri.trim_end_matches("/callback").to_owned();
        for path in ["/", "/favicon.ico", "/callback/", "/Callback", "//callback"] {
            let answer = browser()
                .get(format!("{origin}{path}{}", callback.answer()))
                .send()
                .await
                .expect("a page");
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let long = format!("{}&x={}", callback.answer(), "x".repeat(9000));
        assert_eq!(callback.get(&long).await.0, StatusCode::URI_TOO_LONG);
    })
    .await
    .expect("the right path");
}

#[tokio::test]
async fn a_wrong_issuer_is_fatal_and_nothing_it_says_is_shown() {
    for query in ["code=c0de", "error=mix&error_description=up", "code=c0de&error=mix"] {
        let outcome = with_script(Script::default(), async |callback| {
            let query = format!("?{query}&state={}&iss=https://evil.example", callback.state);
            let (status, page) = callback.get(&query).await;
            assert_eq!(status, StatusCode::FORBIDDEN);
            assert!(!page.contains("evil") && !page.contains("mix"));
        });
        let error = outcome.await.expect_err("another issuer");
        assert!(matches!(error, Error::CallbackIssuer { .. }), "{error}");
        let said = format!("{error} {error:?}");
        assert!(
            !said.contains("evil") && !said.contains("mix") && !said.contains("c0de"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_slash_makes_another_issuer() {
    let outcome = with_script(Script::default(), async |callback| {
        callback.get(&format!("{}/", callback.answer())).await;
    });
    assert!(matches!(outcome.await, Err(Error::CallbackIssuer { .. })));
}

#[tokio::test]
async fn a_missing_issuer_is_fatal_only_where_it_was_announced() {
    let answer = async |callback: &mut Callback| {
        callback.get(&format!("?code=c0de&state={}", callback.state)).await;
    };
    assert!(matches!(
        with_script(Script::default(), answer).await,
        Err(Error::CallbackIssuer { .. })
    ));
    let metadata = json!({ "authorization_response_iss_parameter_supported": null });
    let quiet = Script { metadata, ..Script::default() };
    with_script(quiet, answer).await.expect("it was not announced");
}

#[tokio::test]
async fn a_refusal_is_told_clean_and_its_markup_is_echoed_nowhere() {
    let mut origin = String::new();
    let outcome = with_script(Script::default(), async |callback| {
        origin.clone_from(&callback.issuer);
        let markup = "%3Cscript%3Ealert(1)%3C/script%3E%1b%5B31m%0d%0a";
        let query = format!(
            "?error=access_denied&error_description={markup}&error_uri={markup}&state={}&iss={}",
            callback.state, callback.issuer
        );
        let (status, page) = callback.get(&query).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(!page.contains("script") && !page.contains("access_denied"), "{page}");
        assert!(page.contains("Not signed in"), "{page}");
    });
    let error =
        outcome.await.expect_err("access was denied").to_string().replace(&origin, "ORIGIN");
    insta::assert_snapshot!(error, @"the authorization server `ORIGIN` did not give a code: access_denied: <script>alert(1)</script>[31m: the user, or a rule of the server, said no");
}

#[tokio::test]
async fn an_answer_without_a_code_is_an_error() {
    for query in ["", "&code=", "&code=&error="] {
        let outcome = with_script(Script::default(), async |callback| {
            callback
                .get(&format!("?state={}&iss={}{query}", callback.state, callback.issuer))
                .await;
        });
        assert!(matches!(outcome.await, Err(Error::NoCode { .. })), "{query}");
    }
}

#[tokio::test]
async fn a_late_second_hit_changes_nothing() {
    let outcome = with_script(Script::default(), async |callback| {
        let (first, _) = callback.get(&callback.answer()).await;
        callback.opening.code_arrived().await;
        let denied =
            format!("?error=access_denied&state={}&iss={}", callback.state, callback.issuer);
        for late in [&callback.answer(), &denied, "?code=evil&state=forged", ""] {
            assert_eq!(callback.get(late).await.0, StatusCode::GONE, "{late}");
        }
        assert_eq!(first, StatusCode::OK);
    });
    outcome.await.expect("the first hit counts");
}

#[tokio::test]
async fn pages_are_constant_and_forbid_everything() {
    with_callback(async |callback| {
        let answer = browser().get(format!("{}?x=%3Cb%3E", callback.uri)).send().await.expect("a page");
        let header = |name: &str| answer.headers()[name].to_str().expect("ASCII").to_owned();
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("connection"), "close");
        insta::assert_snapshot!(header("content-security-policy"), @"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
        assert!(!answer.text().await.expect("text").contains("<b>"));
    })
    .await
    .expect("the right answer");
}

#[tokio::test]
async fn a_neighbour_with_many_connections_does_not_keep_the_callback_out() {
    let mut held = Vec::new();
    let code = with_callback(async |callback: &mut Callback| {
        let url = reqwest::Url::parse(&callback.uri).expect("an address");
        let address = ("127.0.0.1", url.port().expect("a port"));
        for _ in 0..300 {
            let mut it = TcpStream::connect(address).await.expect("it listens");
            it.write_all(b"GET /callback HTTP/1.1\r\nHost: ").await.expect("it is open");
            held.push(it);
        }
        // The oldest have had to go, since each of them is a file of ours.
        let mut byte = [0];
        let ended = held[0].read(&mut byte);
        let ended = tokio::time::timeout(Duration::from_secs(5), ended).await.expect("its end");
        assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    })
    .await;
    code.expect("the right answer came last");
    assert_eq!(held.len(), 300);
}
