use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, PoisonError, RwLock};
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
use crate::secret::{AccessToken, RefreshToken};
use crate::token::grant::Grant;

const PATH: &str = "/token";
/// A refresh that failed is not tried again at once, however many ask.
const PAUSE: Duration = Duration::from_secs(5);

/// Hands out the current access token on a port of 127.0.0.1 to whoever knows a secret, for runs that outlive a token.
///
/// `GET url` with `Authorization: Bearer secret` is answered with `access_token`, `token_type` and `expires_in` of RFC 6749
/// §5.1, never with the refresh token. When little of its lifetime is left the token is refreshed, once, beside the answers,
/// which go on with the old one as long as it lives. Only then does whoever asks wait, and 503 says why there is none.
#[derive(Debug)]
pub struct TokenBroker {
    listener: TcpListener,
    shared: Arc<Shared>,
    url: String,
}

#[derive(Debug)]
struct Shared {
    authority: String,
    secret: AccessToken,
    http: Client,
    current_token: RwLock<CurrentToken>,
    /// Held by the one who refreshes.
    refresher: Mutex<Refresher>,
}

#[derive(Debug, Clone)]
struct CurrentToken {
    token: AccessToken,
    ends_at: Option<SystemTime>,
    refresh_at: Option<SystemTime>,
}

type OnRefresh = Box<dyn FnMut(Result<&Grant, &Error>) + Send>;

struct Refresher {
    grant: Grant,
    /// Why there is no next token, and since when.
    failure: Option<(Error, Instant)>,
    on_refresh: OnRefresh,
    closed: bool,
}

impl fmt::Debug for Refresher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresher").field("grant", &self.grant).finish_non_exhaustive()
    }
}

impl TokenBroker {
    /// Listens on a free port, with a new secret.
    ///
    /// `on_refresh` is given each refreshed grant before its token is handed out, to store it, since a server that rotates
    /// refresh tokens takes the one of before no more; and the error of each refresh that failed. A refresh that failed is
    /// tried again after five seconds, but not after `invalid_grant` or `invalid_client`, which stay what they are.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub async fn bind(
        http: Client,
        grant: Grant,
        on_refresh: impl FnMut(Result<&Grant, &Error>) + Send + 'static,
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
        let current_token = RwLock::new(CurrentToken::of(&grant));
        let on_refresh: OnRefresh = Box::new(on_refresh);
        let refresher = Mutex::new(Refresher { grant, failure: None, on_refresh, closed: false });
        let shared = Shared { authority, secret, http, current_token, refresher };
        Ok(Self { listener, shared: Arc::new(shared), url })
    }

    /// Where the token is to be had.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What whoever asks must bring as a bearer; it is of no use anywhere else.
    pub fn secret(&self) -> &AccessToken {
        &self.shared.secret
    }

    /// Answers until `shutdown`, and returns the grant as it then is.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub async fn serve(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Grant, Error> {
        let router = Router::new().fallback(respond).with_state(Arc::clone(&self.shared));
        let mut server = std::pin::pin!(async { axum::serve(self.listener, router).await });
        tokio::select! {
            ended = &mut server => {
                let source = ended.err().unwrap_or_else(|| io::ErrorKind::NotConnected.into());
                return Err(Error::Listen { address: self.shared.authority.clone(), source });
            }
            () = shutdown => {}
        }
        // A refresh that is under way ends first, so that its answer is not lost, and none begins after it.
        let mut refresher = self.shared.refresher.lock().await;
        refresher.closed = true;
        Ok(refresher.grant.clone())
    }
}

async fn respond(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if let Some(refused) = shared.refusal(&request) {
        return refused.into_response();
    }
    let mut current = shared.current();
    if current.is_due() {
        // A task of its own, since whoever asked may leave while the next refresh token is on its way.
        let refresh = tokio::spawn(Arc::clone(&shared).refresh(current.is_alive()));
        if !current.is_alive() {
            // An error means that it panicked, and then there is no new token.
            let _ = refresh.await;
            current = shared.current();
        }
    }
    if !current.is_alive() {
        let why = shared.refresher.lock().await.failure.as_ref().map(|(it, _)| it.to_string());
        return (StatusCode::SERVICE_UNAVAILABLE, why.unwrap_or_default()).into_response();
    }
    let mut body = json!({ "access_token": current.token, "token_type": "Bearer" });
    if let Some(it) = current.ends_at {
        let left = it.duration_since(SystemTime::now()).unwrap_or_default();
        body["expires_in"] = json!(left.as_secs());
    }
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (headers, body.to_string()).into_response()
}

impl Shared {
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

    fn current(&self) -> CurrentToken {
        self.current_token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Refreshes the token unless another one just did, or does it now and there is `time` to leave it to them.
    async fn refresh(self: Arc<Self>, time: bool) {
        let mut refresher = match self.refresher.try_lock() {
            Ok(it) => it,
            Err(_) if time => return,
            Err(_) => self.refresher.lock().await,
        };
        if !self.current().is_due() || refresher.closed || !refresher.may_try() {
            return;
        }
        let before = refresher.grant.token.refresh_token.clone();
        let refreshed = refresher.grant.refresh(&self.http).await;
        let Refresher { grant, failure, on_refresh, .. } = &mut *refresher;
        if let Err(error) = refreshed {
            let revealed = |it: &Option<RefreshToken>| it.as_ref().map(|it| it.reveal().to_owned());
            if revealed(&before) != revealed(&grant.token.refresh_token) {
                // An answer that is no token may still have taken the place of the refresh token.
                on_refresh(Ok(grant));
            }
            on_refresh(Err(&error));
            *failure = Some((error, Instant::now()));
            return;
        }
        *failure = None;
        on_refresh(Ok(grant));
        *self.current_token.write().unwrap_or_else(PoisonError::into_inner) =
            CurrentToken::of(grant);
    }
}

impl Refresher {
    fn may_try(&self) -> bool {
        self.failure.as_ref().is_none_or(|(error, since)| {
            let is_final = matches!(error.code(), Some("invalid_grant" | "invalid_client"));
            !is_final && since.elapsed() >= PAUSE
        })
    }
}

impl CurrentToken {
    fn of(grant: &Grant) -> Self {
        let token = grant.token.access_token.clone();
        let ends_at = grant.ends_at();
        // What the response says is the whole life of a token only where it is also the response that knows its end.
        let lifetime = grant.token.expires_in.filter(|_| ends_at == grant.expires_at);
        let lifetime = lifetime.map(Duration::from_secs);
        Self { token, ends_at, refresh_at: ends_at.and_then(|it| refresh_at(it, lifetime)) }
    }

    fn is_due(&self) -> bool {
        self.refresh_at.is_some_and(|it| it <= SystemTime::now())
    }

    fn is_alive(&self) -> bool {
        self.ends_at.is_none_or(|it| it > SystemTime::now())
    }
}

/// When four fifths of the lifetime have passed, but at the latest a minute before the end.
///
/// A token that lives for less than two minutes is refreshed in the middle. Without a `lifetime` it is what is left now.
fn refresh_at(ends_at: SystemTime, lifetime: Option<Duration>) -> Option<SystemTime> {
    const MARGIN: Duration = Duration::from_secs(60);
    let left = || ends_at.duration_since(SystemTime::now()).unwrap_or_default();
    let lifetime = lifetime.unwrap_or_else(left);
    let margin = (lifetime / 5).max(MARGIN).min(lifetime / 2);
    ends_at.checked_sub(margin)
}
