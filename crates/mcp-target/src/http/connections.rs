//! Connections from the first to the last: accepted, served, timed out, ended.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use crate::http::answer::{self, Habits};
use crate::http::clock::{Busy, Clock, Due};
use crate::http::stream::Stream;
use crate::observability::streams::Holding;
use crate::observability::traffic::Counted;

/// How long nothing is accepted after the process had no file descriptor left.
const PAUSE: Duration = Duration::from_millis(100);

/// How long what is told that it ends may take to say so.
const FAREWELL: Duration = Duration::from_millis(250);

/// Serves until `shutdown` resolves, and then for as long as requests in flight need, within their grace. What never ends by
/// itself, such as an event stream, is open for as long, and then told to by `end`.
///
/// Whatever is open when the future ends, or is dropped, is cut.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    habits: Arc<Habits>,
    shutdown: impl Future<Output = ()>,
    end: impl FnOnce(),
) {
    let router = TowerToHyperService::new(router);
    let count = u32::try_from(habits.limits.max_connections).unwrap_or(u32::MAX);
    let places = Arc::new(Semaphore::new(count as usize));
    let (ending, server) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        let (socket, peer, place) = tokio::select! {
            () = &mut shutdown => break,
            it = accept(&listener, &places) => it,
        };
        tokio::spawn(connection(
            socket,
            peer,
            place,
            router.clone(),
            habits.clone(),
            server.clone(),
        ));
    }
    drop((listener, server));
    let _ = ending.send(());
    let all_are_gone = || places.acquire_many(count);
    let are_gone = timeout(habits.limits.grace, all_are_gone()).await.is_ok();
    end();
    if !are_gone {
        let _ = timeout(FAREWELL, all_are_gone()).await;
    }
}

/// The next connection, once there is a place for it; until then it waits in the queue of the system.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                // A small answer must not wait for the acknowledgement of the one before it.
                let _ = socket.set_nodelay(true);
                return (socket, peer, place);
            }
            // Of this connection alone.
            Err(error) if is_of_peer(error.kind()) => {}
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_peer(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(kind, ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    socket: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
    router: TowerToHyperService<Router>,
    habits: Arc<Habits>,
    mut server: watch::Receiver<()>,
) {
    let clock = Arc::new(Clock::new());
    let stream = Stream::new(socket, clock.clone(), place, server.clone());
    let stream = Counted::new(stream, habits.metrics.traffic());
    let service = service_fn(|request: hyper::Request<Incoming>| {
        clock.begin();
        let (clock, router, habits) = (clock.clone(), router.clone(), habits.clone());
        async move {
            let answer = answer::answer(&habits, &router, peer.ip(), request).await;
            if answer.status() == hyper::StatusCode::SWITCHING_PROTOCOLS {
                clock.upgrade();
            }
            Ok::<_, Infallible>(answer.map(|body| Holding { body, _held: Busy(clock) }))
        }
    });
    let mut connection = pin!(
        // Its own timer would count from the end of the request before, and set itself anew for each.
        http1::Builder::new()
            .header_read_timeout(None)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    let mut timer = pin!(tokio::time::sleep(Duration::ZERO));
    let mut closing = false;
    loop {
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            told = server.changed() => match told {
                Ok(()) => connection.as_mut().graceful_shutdown(),
                Err(_) => return,
            },
            () = timer.as_mut(), if !closing => match clock.due(&habits.limits) {
                Due::Later(at) => timer.as_mut().reset(at),
                // What of an answer is still on its way arrives.
                Due::Idle => {
                    connection.as_mut().graceful_shutdown();
                    closing = true;
                }
                Due::Head => return,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;

    use super::*;
    use crate::config::target::Config;
    use crate::observability::metrics::Metrics;

    /// Says what its other side is read to after an upgrade.
    fn upgrading(said: &Arc<std::sync::Mutex<Option<oneshot::Sender<bool>>>>) -> Router {
        let said = said.clone();
        let handler = async move |request: axum::extract::Request| {
            let said = said.lock().unwrap().take().unwrap();
            tokio::spawn(async move {
                let upgraded = hyper::upgrade::on(request).await.unwrap();
                let mut bytes = Vec::new();
                let read = TokioIo::new(upgraded).read_to_end(&mut bytes).await;
                let _ = said.send(read.is_err() && bytes == b"hello");
            });
            (StatusCode::SWITCHING_PROTOCOLS, [("connection", "upgrade"), ("upgrade", "test")])
        };
        Router::new().route("/", get(handler))
    }

    #[tokio::test]
    async fn a_connection_that_left_http_ends_with_the_server() {
        let (said, told) = oneshot::channel();
        let router = upgrading(&Arc::new(std::sync::Mutex::new(Some(said))));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let habits = Arc::new(Habits::new(&Config::new(Vec::new()), Metrics::new()));
        let server = tokio::spawn(serve(listener, router, habits, std::future::pending(), || {}));

        let mut socket = TcpStream::connect(address).await.unwrap();
        let request =
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\nhello";
        socket.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(socket.read_u8().await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 101 "));
        server.abort();
        assert!(told.await.unwrap());
    }
}
