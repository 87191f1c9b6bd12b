//! Bytes on the wire, counted at the socket.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that came and went since the start.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    received: AtomicU64,
    sent: AtomicU64,
}

impl Traffic {
    #[cfg(any(feature = "metrics", test))]
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }

    #[cfg(any(feature = "metrics", test))]
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }
}

/// A connection of which every byte is counted.
#[derive(Debug)]
pub(crate) struct Counted<Io> {
    io: Io,
    traffic: Arc<Traffic>,
}

impl<Io> Counted<Io> {
    pub(crate) fn new(io: Io, traffic: Arc<Traffic>) -> Self {
        Self { io, traffic }
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Counted<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        self.traffic.received.fetch_add((buffer.filled().len() - before) as u64, Relaxed);
        read
    }
}

impl<Io: AsyncWrite + Unpin> Counted<Io> {
    fn sent(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = written {
            self.traffic.sent.fetch_add(bytes as u64, Relaxed);
        }
        written
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Counted<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, buffer);
        self.sent(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, buffers);
        self.sent(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    #[tokio::test]
    async fn every_byte_is_counted_on_its_way() {
        let traffic = Arc::new(Traffic::default());
        let (near, mut far) = duplex(64);
        let mut near = Counted::new(near, traffic.clone());
        near.write_all(b"four").await.unwrap();
        assert_eq!(near.write_vectored(&[IoSlice::new(b"two")]).await.unwrap(), 3);
        far.write_all(b"eleven more").await.unwrap();
        near.read_exact(&mut [0; 11]).await.unwrap();
        assert_eq!((traffic.received(), traffic.sent()), (11, 7));
    }
}
