//! The whole way against `mcp-target`, with a listener of our own.

use std::time::{Duration, Instant};

use browser_consent::{Consent, Credentials};
use mcp_target::{Config, User};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::run;
use crate::site::{EMAIL, PASSWORD};

const CLIENT: &str = "Deny Nothing";

#[tokio::test]
#[ignore = "needs a browser"]
async fn the_embedded_target_hands_a_code_to_the_listener() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = mcp_target::issuer(listener.local_addr().unwrap());
    let user = User { email: EMAIL.into(), password: PASSWORD.into(), workspace: "ws-1".into() };
    tokio::spawn(mcp_target::serve(listener, Config::new(vec![user]), std::future::pending()));

    let callback = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redirect = format!("http://{}/callback", callback.local_addr().unwrap());
    let metadata = json!({ "client_name": CLIENT, "redirect_uris": [redirect], "token_endpoint_auth_method": "none" });
    let client = post(&issuer, "/register", &metadata).await;

    let mut url = Url::parse(&format!("{issuer}/authorize")).unwrap();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", client["client_id"].as_str().unwrap())
        .append_pair("redirect_uri", &redirect)
        .append_pair("scope", "mcp:read")
        .append_pair("state", "state-1c2d3e4f")
        .append_pair("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        .append_pair("code_challenge_method", "S256")
        .append_pair("resource", &format!("{issuer}/mcp"));
    let credentials = Credentials::new(EMAIL.into(), PASSWORD.into());
    let it = Consent {
        credentials: Some(&credentials),
        client_name: Some(CLIENT),
        timeout: Duration::from_secs(30),
        ..Consent::new(&url)
    };
    let started = Instant::now();
    let mut request = String::new();
    let trail = run(&it, async { request = answer(&callback).await }).await.unwrap();
    println!("sign-in and consent, browser and all: {} ms; {trail}", started.elapsed().as_millis());

    assert!(request.starts_with("GET /callback?code="), "{request}");
    assert!(request.contains("state=state-1c2d3e4f"), "{request}");
    let actions: Vec<_> = trail.actions().collect();
    assert_eq!(actions, ["filled email", "filled password", "pressed Sign in", "pressed Approve"]);
}

/// Takes one request for the redirect URI and answers it.
async fn answer(listener: &TcpListener) -> String {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone")
            .await
            .unwrap();
        let request = String::from_utf8_lossy(&request[..length]).into_owned();
        if request.starts_with("GET /callback") {
            return request;
        }
    }
}

async fn post(origin: &str, path: &str, body: &Value) -> Value {
    let host = origin.trim_start_matches("http://");
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}
