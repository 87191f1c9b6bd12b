//! A running `mcp-target`, a client of it, and the listener behind its redirect URI.

use mcp_target::{Config, Faults, Screens, TotpSecret, User};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use url::Url;

pub(crate) const EMAIL: &str = "loadtest@novamart.example";
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const CLIENT: &str = "Deny Nothing";

pub(crate) struct Target {
    /// An authorization request.
    pub(crate) url: Url,
    callback: TcpListener,
    /// It ends with this, as what its database may hold is shared by all of a process.
    _serves: oneshot::Sender<()>,
}

impl Target {
    pub(crate) async fn start(screens: Screens, faults: Faults) -> Self {
        Self::with(screens, faults, None).await
    }

    /// One whose user is asked for a one-time password, if there is a secret for it.
    pub(crate) async fn with(screens: Screens, faults: Faults, totp: Option<TotpSecret>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = mcp_target::issuer(listener.local_addr().unwrap());
        let mut user = User::new(EMAIL, PASSWORD, "ws-1");
        user.totp = totp;
        let config = Config { screens, faults, ..Config::new(vec![user]) };
        let (serves, ended) = oneshot::channel();
        tokio::spawn(async {
            let ended = async { ended.await.unwrap_or_default() };
            mcp_target::serve(listener, config, ended).await.unwrap();
        });

        let callback = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let redirect = format!("http://{}/callback", callback.local_addr().unwrap());
        let metadata = json!({ "client_name": CLIENT, "redirect_uris": [redirect] });
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
        Self { url, callback, _serves: serves }
    }

    /// Waits for a code at the redirect URI, and answers as a listener does.
    pub(crate) async fn code(&self) -> String {
        loop {
            let (mut stream, _) = self.callback.accept().await.unwrap();
            let mut request = vec![0; 4096];
            // A browser also opens connections that it then does not need.
            let Ok(length) = stream.read(&mut request).await else { continue };
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone";
            let _ = stream.write_all(answer).await;
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            if let Some((code, _)) =
                request.strip_prefix("GET /callback?code=").and_then(|it| it.split_once('&'))
            {
                assert!(request.contains("state=state-1c2d3e4f"), "{request}");
                return code.to_owned();
            }
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
