//! A socket that says when bytes pass, holds its place, and ends with the server also where HTTP has left it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::http::clock::Clock;

pub(crate) struct Stream {
    socket: TcpStream,
    clock: Arc<Clock>,
    /// Given back when the socket closes, whoever has it then.
    _place: OwnedSemaphorePermit,
    server: watch::Receiver<()>,
    cut: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Stream {
    pub(crate) fn new(
        socket: TcpStream,
        clock: Arc<Clock>,
        place: OwnedSemaphorePermit,
        server: watch::Receiver<()>,
    ) -> Self {
        Self { socket, clock, _place: place, server, cut: None }
    }

    /// Ready once the server is gone. Before an upgrade the task of the connection sees to that.
    fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.clock.is_upgraded() {
            return Poll::Pending;
        }
        let cut = self.cut.get_or_insert_with(|| {
            let mut server = self.server.clone();
            Box::pin(async move { while server.changed().await.is_ok() {} })
        });
        cut.as_mut().poll(context)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let it = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut it.socket).poll_read(context, buffer);
        if read.is_pending() && it.poll_cut(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        if buffer.filled().len() > before {
            it.clock.read();
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let it = self.get_mut();
        let wrote = ready!(Pin::new(&mut it.socket).poll_write(context, bytes));
        it.clock.wrote();
        Poll::Ready(wrote)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let it = self.get_mut();
        let wrote = ready!(Pin::new(&mut it.socket).poll_write_vectored(context, bytes));
        it.clock.wrote();
        Poll::Ready(wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}
