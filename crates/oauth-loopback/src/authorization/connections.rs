//! Connections to the redirect URI, of which any process of this machine can open as many as it likes.
//!
//! A few are held at a time. One more takes the place of the oldest, so that nobody who says nothing keeps the callback out,
//! nor uses up the files that this process may open.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::sleep;

const MOST: usize = 64;
const PAUSE: Duration = Duration::from_millis(50);

/// What a redirect URI is heard on: one socket, or for `localhost`, which a browser may take for either, one of each family.
pub(crate) struct Sockets {
    first: TcpListener,
    second: Option<TcpListener>,
    /// The oldest first.
    held: VecDeque<oneshot::Sender<()>>,
}

impl Sockets {
    pub(crate) fn new(first: TcpListener, second: Option<TcpListener>) -> Self {
        Self { first, second, held: VecDeque::new() }
    }

    async fn next(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &self.second {
            Some(second) => tokio::select! {
                it = self.first.accept() => it,
                it = second.accept() => it,
            },
            None => self.first.accept().await,
        }
    }

    /// Ends the oldest ones until there are no more than `most`.
    fn keep(&mut self, most: usize) {
        self.held.retain(|it| !it.is_closed());
        while self.held.len() > most {
            if let Some(it) = self.held.pop_front() {
                // An error means that it has just ended by itself.
                let _ = it.send(());
            }
        }
    }
}

impl Listener for Sockets {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match self.next().await {
                Ok((stream, from)) => {
                    self.keep(MOST - 1);
                    let (end, ended) = oneshot::channel();
                    self.held.push_back(end);
                    // What those before have to say is heard before the next one comes.
                    yield_now().await;
                    return (Connection { stream, ended: Some(ended) }, from);
                }
                Err(_) => {
                    // There may be no file left for another one.
                    self.keep(self.held.len() / 2);
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.first.local_addr()
    }
}

/// A connection that can be ended from where it was accepted.
pub(crate) struct Connection {
    stream: TcpStream,
    ended: Option<oneshot::Receiver<()>>,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(ended) = &mut self.ended
            && let Poll::Ready(told) = Pin::new(ended).poll(context)
        {
            self.ended = None;
            // Nobody to tell it is no reason to end.
            if told.is_ok() {
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
        }
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
