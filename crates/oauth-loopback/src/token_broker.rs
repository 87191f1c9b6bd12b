use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Client;
use serde_json::json;
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::error::Error;
use crate::grant::Grant;
use crate::secret::AccessToken;

const PATH: &str = "/token";
/// A refresh that failed is not tried again at once, however many ask.
const PAUSE: Duration = Duration::from_secs(5);

/// Hands out the current access token on a port of 127.0.0.1 to whoever knows a secret, for runs that outlive a token.
///
/// `GET url` with `Authorization: Bearer secret` is answered with `access_token`, `token_type` and `expires_in` of RFC 6749
/// §5.1, never with the refresh token. When little of its lifetime is left the token is refreshed, once, and those who ask
/// meanwhile wait for it. Where that fails the old one is handed out as long as it lives, and after that 503.
#[derive(Debug)]
pub struct TokenBroker {
    listener: TcpListener,
    desk: Arc<Desk>,
    url: String,
}

#[derive(Debug)]
struct Desk {
    authority: String,
    secret: AccessToken,
    http: Client,
    current: Mutex<Current>,
}

type Store = Box<dyn FnMut(&Grant) -> io::Result<()> + Send>;

struct Current {
    grant: Grant,
    refresh_at: Option<SystemTime>,
    failed_at: Option<Instant>,
    store: Store,
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current").field("grant", &self.grant).finish_non_exhaustive()
    }
}

impl TokenBroker {
    /// Listens on a free port, with a new secret.
    ///
    /// `store` is given each refreshed grant before its token is handed out, since a server that rotates refresh tokens
    /// takes the one of before no more. If it fails, the token is handed out nevertheless, from memory.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub async fn bind(
        http: Client,
        grant: Grant,
        store: impl FnMut(&Grant) -> io::Result<()> + Send + 'static,
    ) -> Result<Self, Error> {
        let address = (Ipv4Addr::LOCALHOST, 0);
        let bound = async {
            let listener = TcpListener::bind(address).await?;
            let authority = listener.local_addr()?.to_string();
            io::Result::Ok((listener, authority))
        };
        let (listener, authority) = bound
            .await
            .map_err(|source| Error::Listen { address: "127.0.0.1:0".to_owned(), source })?;
        let url = format!("http://{authority}{PATH}");
        let secret = AccessToken::new(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
        let refresh_at = refresh_at(&grant);
        let current = Current { grant, refresh_at, failed_at: None, store: Box::new(store) };
        let desk = Desk { authority, secret, http, current: Mutex::new(current) };
        Ok(Self { listener, desk: Arc::new(desk), url })
    }

    /// Where the token is to be had.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What whoever asks must bring as a bearer; it is of no use anywhere else.
    pub fn secret(&self) -> &AccessToken {
        &self.desk.secret
    }

    /// Answers until `shutdown`, and returns the grant as it then is.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub async fn serve(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Grant, Error> {
        let router = Router::new().fallback(answer).with_state(Arc::clone(&self.desk));
        let mut server = std::pin::pin!(async { axum::serve(self.listener, router).await });
        tokio::select! {
            ended = &mut server => {
                let source = ended.err().unwrap_or_else(|| io::ErrorKind::NotConnected.into());
                return Err(Error::Listen { address: self.desk.authority.clone(), source });
            }
            () = shutdown => {}
        }
        // A refresh that is under way ends first, so that its answer is not lost.
        Ok(self.desk.current.lock().await.grant.clone())
    }
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    if let Some(refused) = desk.refusal(&request) {
        return refused.into_response();
    }
    // A task of its own, since whoever asked may leave while the next refresh token is on its way.
    let current = tokio::spawn(async move { desk.current.lock().await.token(&desk.http).await });
    let Ok(Some((token, expires_in))) = current.await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let mut body = json!({ "access_token": token, "token_type": "Bearer" });
    if let Some(it) = expires_in {
        body["expires_in"] = json!(it.as_secs());
    }
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (headers, body.to_string()).into_response()
}

impl Desk {
    fn refusal(&self, request: &Request) -> Option<StatusCode> {
        let header = |name| request.headers().get(name).map(|it| it.as_bytes());
        if request.uri().path() != PATH || header(HOST) != Some(self.authority.as_bytes()) {
            return Some(StatusCode::NOT_FOUND);
        }
        if request.method() != Method::GET {
            return Some(StatusCode::METHOD_NOT_ALLOWED);
        }
        let given = header(AUTHORIZATION).and_then(|it| it.strip_prefix(b"Bearer "));
        let known = given.is_some_and(|it| it.ct_eq(self.secret.reveal().as_bytes()).into());
        (!known).then_some(StatusCode::UNAUTHORIZED)
    }
}

impl Current {
    /// The token and how long it lives, refreshed if it is time.
    async fn token(&mut self, http: &Client) -> Option<(AccessToken, Option<Duration>)> {
        let due = self.refresh_at.is_some_and(|it| it <= SystemTime::now());
        let rested = self.failed_at.is_none_or(|it| it.elapsed() >= PAUSE);
        if due && rested {
            match self.grant.refresh(http).await {
                Ok(()) => {
                    self.refresh_at = refresh_at(&self.grant);
                    self.failed_at = None;
                    // What cannot be stored is still good for this run.
                    let _ = (self.store)(&self.grant);
                }
                Err(_) => self.failed_at = Some(Instant::now()),
            }
        }
        let left = match self.grant.expires_at {
            Some(it) => Some(it.duration_since(SystemTime::now()).ok()?),
            None => None,
        };
        Some((self.grant.token.access_token.clone(), left))
    }
}

/// When four fifths of the lifetime have passed, but at the latest a minute before the end.
///
/// A token that lives for less than two minutes is refreshed in the middle; one whose end is unknown never.
fn refresh_at(grant: &Grant) -> Option<SystemTime> {
    const MARGIN: Duration = Duration::from_secs(60);
    let lifetime = Duration::from_secs(grant.token.expires_in?);
    let margin = (lifetime / 5).max(MARGIN).min(lifetime / 2);
    grant.expires_at?.checked_sub(margin)
}
