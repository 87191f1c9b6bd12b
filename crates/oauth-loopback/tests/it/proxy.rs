//! Proxies, which the program decides on for each address.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use crate::program::{failure, program};
use crate::server::{Script, Server};

/// A proxy that lets nobody through; what it was asked for.
async fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            stream.read_line(&mut line).await.expect("a request");
            noted.lock().expect("no test panics with it").push(line.trim_end().to_owned());
            let answer = "HTTP/1.1 502 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.get_mut().write_all(answer.as_bytes()).await.expect("it listens");
        }
    });
    (address, asked)
}

#[tokio::test]
async fn the_resource_may_be_here_and_its_authorization_server_behind_a_proxy() {
    let resource = json!({ "authorization_servers": ["https://as.example.test"] });
    let server = Server::start(Script { resource, ..Script::default() }).await;
    let (address, asked) = proxy().await;
    for (excepted, seen) in [("", 1), ("example.test", 0)] {
        asked.lock().expect("no test panics with it").clear();
        let mut command = program(&[&server.mcp()]);
        for name in ["HTTPS_PROXY", "HTTP_PROXY"] {
            command.env(name, &address);
        }
        command.env("NO_PROXY", excepted);
        let said = failure(command).await;
        assert!(said.contains("reading the authorization server metadata"), "{said}");
        let asked = asked.lock().expect("no test panics with it");
        assert!(asked.iter().all(|it| it.starts_with("CONNECT as.example.test:443 ")), "{asked:?}");
        assert_eq!(asked.len().min(1), seen, "{asked:?}");
    }
    assert_eq!(server.seen("/mcp").len(), 2, "what is on this machine is asked directly");
}
