//! The socket behind a loopback redirect URI, [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3).

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time;
use url::{Host, Url};

use crate::authorization::callback::{Callbacks, callback};
use crate::authorization::connections::Sockets;
use crate::error::{Error, printable};

const PATH: &str = "/callback";
const DELIVERY: Duration = Duration::from_secs(1);

/// A port of 127.0.0.1 that is held from before the client is registered until the code is there.
///
/// It belongs to one authorization request; [`LoopbackListener::share`] serves many at a time.
pub struct LoopbackListener {
    pub(crate) callbacks: Arc<Callbacks>,
    /// None where the socket is shared, and served by the one who shares it.
    pub(crate) socket: Option<Sockets>,
    /// Whether someone chose this redirect URI, so that no other will do.
    pub(crate) fixed: bool,
}

/// One redirect URI for many authorization requests at a time, told apart by their `state`.
pub struct SharedListener {
    callbacks: Arc<Callbacks>,
}

impl LoopbackListener {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub async fn bind() -> Result<Self, Error> {
        let (socket, address) = listen((Ipv4Addr::LOCALHOST, 0).into()).await?;
        let authority = address.to_string();
        let redirect_uri = format!("http://{authority}{PATH}");
        let callbacks = Arc::new(Callbacks::new(authority, PATH.to_owned(), redirect_uri));
        Ok(Self { callbacks, socket: Some(Sockets::new(socket, None)), fixed: false })
    }

    /// Listens where a client that was registered beforehand is redirected to: on 127.0.0.1, `[::1]` or, for `localhost`, both.
    ///
    /// # Errors
    /// [`Error::RedirectUri`] for an address that is not on loopback, [`Error::Listen`] if the port is taken.
    pub async fn bind_to(redirect_uri: &str) -> Result<Self, Error> {
        let refused = || Error::RedirectUri { redirect_uri: printable(redirect_uri) };
        let url = Url::parse(redirect_uri).map_err(|_| refused())?;
        let host = match url.host() {
            Some(Host::Ipv4(Ipv4Addr::LOCALHOST)) | Some(Host::Domain("localhost")) => {
                IpAddr::V4(Ipv4Addr::LOCALHOST)
            }
            Some(Host::Ipv6(Ipv6Addr::LOCALHOST)) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            _ => return Err(refused()),
        };
        let plain = url.scheme() == "http"
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let Some(port) = url.port_or_known_default().filter(|it| plain && *it != 0) else {
            return Err(refused());
        };
        let (socket, _) = listen((host, port).into()).await?;
        // Somebody else who listens there would be given the code.
        let other = match url.host() {
            Some(Host::Domain(_)) => match listen((Ipv6Addr::LOCALHOST, port).into()).await {
                Ok((it, _)) => Some(it),
                Err(Error::Listen { source, .. }) if source.kind() != io::ErrorKind::AddrInUse => {
                    None
                }
                Err(it) => return Err(it),
            },
            _ => None,
        };
        let (authority, path) = (url.authority().to_owned(), url.path().to_owned());
        let callbacks = Arc::new(Callbacks::new(authority, path, redirect_uri.to_owned()));
        Ok(Self { callbacks, socket: Some(Sockets::new(socket, other)), fixed: true })
    }

    /// The redirect URI to register, to authorize with and to exchange with, always in this spelling.
    pub fn redirect_uri(&self) -> &str {
        &self.callbacks.redirect_uri
    }

    /// Serves this redirect URI for as long as `work` runs, for any number of authorization requests.
    ///
    /// One port and one client serve a thousand users, and no port is used up by a mint. A request that still waits when
    /// `work` is done, or when this is dropped, ends in [`Error::Listen`].
    ///
    /// # Errors
    /// [`Error::Listen`] when the socket fails; what `work` gives is returned as it is.
    pub async fn share<T>(self, work: impl AsyncFnOnce(&SharedListener) -> T) -> Result<T, Error> {
        let Self { callbacks, socket, .. } = self;
        let shared = SharedListener { callbacks };
        match socket {
            Some(it) => {
                let work = async {
                    let _closing = Closing(&shared.callbacks);
                    Ok(work(&shared).await)
                };
                served(it, router(&shared.callbacks), work).await
            }
            None => Ok(work(&shared).await),
        }
    }
}

/// Closes them at the end, whichever it is.
struct Closing<'a>(&'a Callbacks);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl SharedListener {
    /// A listener for one more authorization request, on the same redirect URI.
    pub fn listener(&self) -> LoopbackListener {
        LoopbackListener { callbacks: Arc::clone(&self.callbacks), socket: None, fixed: true }
    }

    /// The redirect URI of all of them.
    pub fn redirect_uri(&self) -> &str {
        &self.callbacks.redirect_uri
    }
}

pub(crate) fn router(callbacks: &Arc<Callbacks>) -> Router {
    Router::new().fallback(callback).with_state(Arc::clone(callbacks))
}

/// Serves the callbacks of `socket` until `work` is done.
pub(crate) async fn served<T>(
    socket: Sockets,
    router: Router,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let address = socket.local_addr().map(|it| it.to_string()).unwrap_or_default();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(socket, router).with_graceful_shutdown(async {
        // An error means that the wait was dropped, which stops the server just the same.
        let _ = stopped.await;
    });
    let mut server = pin!(server.into_future());
    let outcome = tokio::select! {
        outcome = work => outcome,
        ended = &mut server => {
            let source = ended.err().unwrap_or_else(|| io::ErrorKind::NotConnected.into());
            Err(Error::Listen { address, source })
        }
    };
    drop(stop);
    // The page is still on its way to the browser. A connection that stays open beyond that is not waited for; nobody
    // listens any more, and nobody waits for a callback.
    let _ = time::timeout(DELIVERY, server).await;
    outcome
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        io::Result::Ok((listener, address))
    };
    bound.await.map_err(|source| Error::Listen { address: address.to_string(), source })
}

impl fmt::Debug for LoopbackListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redirect_uri = self.redirect_uri();
        f.debug_struct("LoopbackListener")
            .field("redirect_uri", &redirect_uri)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SharedListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redirect_uri = self.redirect_uri();
        f.debug_struct("SharedListener")
            .field("redirect_uri", &redirect_uri)
            .finish_non_exhaustive()
    }
}
