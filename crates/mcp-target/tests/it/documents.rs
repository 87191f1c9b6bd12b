//! Clients whose id is the address of a document about them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::person::Person;
use crate::target::{REDIRECT_URI, Target, parameter};

/// Somebody's server with one document for every path, or a redirect; it counts who asks.
async fn host(head: &'static str, document: impl Fn(&str) -> Value) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let id = format!("http://{}/client.json", listener.local_addr().unwrap());
    let body = document(&id).to_string();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            let _ = stream.read(&mut [0; 4096]).await;
            let answer = format!(
                "{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (id, asked)
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json";

fn good(id: &str) -> Value {
    json!({
        "client_id": id,
        "client_name": "By document",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
    })
}

#[tokio::test]
async fn a_client_is_known_by_its_document_which_is_read_once_in_a_while() {
    let target = Target::start().await;
    let (_, metadata) = target.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
    let (id, asked) = host(OK, good).await;
    let url = target.authorize_url(&id, &[]);
    let page = Person::new(&target).sign_in(&url).await;
    assert!(page.html.contains("<strong>By document</strong>"), "{page:?}");
    let code = target.code(&id, &[]).await;
    let (status, grant) = target.exchange(&id, &code, &[]).await;
    assert_eq!(status, 200, "{grant}");
    assert_eq!(target.knock(grant["access_token"].as_str().unwrap()).await, 200);
    let refresh_token = grant["refresh_token"].as_str().unwrap();
    assert_eq!(target.refresh(&id, refresh_token, &[]).await.0, 200);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_document_that_is_not_that_of_the_client_is_no_client() {
    let target = Target::start().await;
    type Document = fn(&str) -> Value;
    let cases: [(&'static str, Document); 5] = [
        (OK, |_| good("http://127.0.0.1:1/other.json")),
        (OK, |id| json!({"client_id": id, "client_name": "no redirect URIs"})),
        (
            OK,
            |id| json!({"client_id": id, "redirect_uris": [REDIRECT_URI], "x": "x".repeat(70_000)}),
        ),
        ("HTTP/1.1 302 Found\r\nLocation: /other.json", good),
        ("HTTP/1.1 404 Not Found", good),
    ];
    for (number, (head, document)) in cases.into_iter().enumerate() {
        let (id, _) = host(head, document).await;
        let page = Person::new(&target).open(target.authorize_url(&id, &[]).as_str()).await;
        assert_eq!(page.status, 400, "{number}");
        assert!(page.html.contains("not registered here"), "{number}");
    }
}

#[tokio::test]
async fn documents_beyond_this_machine_are_not_asked_for() {
    let target = Target::start().await;
    for id in ["https://app.example/client.json", "http://192.0.2.1/client.json"] {
        let page = Person::new(&target).open(target.authorize_url(id, &[]).as_str()).await;
        assert_eq!((page.status, parameter(&page.url, "error")), (400, None), "{id}");
    }
}
