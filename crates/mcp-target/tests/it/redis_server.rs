//! A Redis of its own for one test.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use mcp_target::{Config, Redis};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) const PASSWORD: &str = "password-of-redis";

/// It writes everything to its folder before it answers, so that it has it after `kill -9`.
pub(crate) struct RedisServer {
    folder: TempDir,
    pub(crate) port: u16,
    child: Child,
}

impl RedisServer {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = spawn(&folder, port);
        Self { folder, port, child }
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn start_again(&mut self) {
        self.child = spawn(&self.folder, self.port);
    }

    /// Lets a target keep everything here.
    pub(crate) fn keep(&self, config: &mut Config) {
        config.redis = Some(redis(self.port));
    }

    pub(crate) fn connection(&self) -> ::redis::Connection {
        ::redis::Client::open(url(self.port)).unwrap().get_connection().unwrap()
    }

    /// Every byte that it wrote.
    pub(crate) fn written(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path().join("appendonlydir")).unwrap();
        files.flat_map(|it| std::fs::read(it.unwrap().path()).unwrap()).collect()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn url(port: u16) -> String {
    format!("redis://:{PASSWORD}@127.0.0.1:{port}")
}

pub(crate) fn redis(port: u16) -> Redis {
    Redis { secret: Some("a secret".into()), ..Redis::new(url(port)) }
}

fn spawn(folder: &TempDir, port: u16) -> Child {
    let mut child = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--requirepass", PASSWORD])
        .args(["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--dir"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-server is on PATH");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let is_ready = lines.any(|it| it.unwrap().contains("Ready to accept connections"));
    assert!(is_ready, "redis-server ended");
    std::thread::spawn(move || lines.for_each(drop));
    child
}

/// Stands between a target and its Redis, and can keep what Redis answers to itself.
pub(crate) struct Between {
    pub(crate) port: u16,
    swallow: Arc<AtomicBool>,
}

impl Between {
    pub(crate) async fn start(redis: u16) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let swallow = Arc::new(AtomicBool::new(false));
        let it = swallow.clone();
        tokio::spawn(async move {
            while let Ok((target, _)) = listener.accept().await {
                let redis = TcpStream::connect(("127.0.0.1", redis)).await.unwrap();
                tokio::spawn(carry(target, redis, it.clone()));
            }
        });
        Self { port, swallow }
    }

    /// The next answers to a script or a removal are lost, each with its connection.
    pub(crate) fn swallow(&self, swallow: bool) {
        self.swallow.store(swallow, SeqCst);
    }
}

async fn carry(target: TcpStream, redis: TcpStream, swallow: Arc<AtomicBool>) {
    let (mut from_target, mut to_target) = target.into_split();
    let (mut from_redis, mut to_redis) = redis.into_split();
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut may_be_lost = false;
    loop {
        tokio::select! {
            read = from_target.read(&mut asked) => match read {
                Ok(1..) => {
                    let asked = &asked[..read.unwrap()];
                    may_be_lost = asked.windows(4).any(|it| it == b"EVAL" || it == b"GETD");
                    to_redis.write_all(asked).await.unwrap();
                }
                _ => return,
            },
            read = from_redis.read(&mut answered) => match read {
                Ok(1..) if may_be_lost && swallow.load(SeqCst) => return,
                Ok(read @ 1..) => to_target.write_all(&answered[..read]).await.unwrap(),
                _ => return,
            },
        }
    }
}
