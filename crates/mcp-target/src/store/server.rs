//! What is asked of Redis.

use std::io;
use std::time::Duration;

use redis::{AsyncConnectionConfig, Client, Cmd, ErrorKind, RedisError, ServerErrorKind, Value};

use crate::config::redis::Redis;
use crate::store::pool::{Failed, Observe, Pool};
use crate::store::sealing::{Keys, STAMP};
use crate::store::unavailable::Unavailable;

/// Replaces a value if it begins with the stamp that is expected, and otherwise returns it.
const EXCHANGE: &str = "\
if redis.call('GETRANGE', KEYS[1], 0, ARGV[1] - 1) ~= ARGV[2] then return redis.call('GET', KEYS[1]) end \
if ARGV[3] == 'remove' then redis.call('DEL', KEYS[1]) \
elseif ARGV[3] == 'set' and ARGV[2] == '' then redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5]) \
elseif ARGV[3] == 'set' then redis.call('SET', KEYS[1], ARGV[4], 'KEEPTTL') end \
return 1";

/// A Redis that answered at start, and the keys of what stands in it.
pub(crate) struct Server {
    pool: Pool,
    pub(crate) keys: Keys,
    pub(crate) prefix: String,
    script: String,
}

/// What is to become of a value.
pub(crate) enum Next {
    Same,
    Removed,
    /// With the time that it has, or with this one if it is new.
    Sealed(Vec<u8>, Duration),
}

pub(crate) enum Exchanged {
    Done,
    /// Something else was there.
    Found(Option<Vec<u8>>),
}

impl Server {
    /// # Errors
    /// The URL is none of Redis, or nobody answers there, with what to do.
    pub(crate) async fn connect(config: &Redis, observe: Observe) -> io::Result<Self> {
        let client = Client::open(config.url.reveal()).map_err(|err| {
            let why = err.detail().map(|it| format!(": {it}")).unwrap_or_default();
            io::Error::other(format!(
                "the URL of Redis is not one{why}; expected redis://[user:password@]host[:port][/database]"
            ))
        })?;
        let address = client.get_connection_info().addr().to_string();
        // At start there is time: the limit is for a Redis that was there before.
        let patience = config.timeout.max(Duration::from_secs(5));
        let limits = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(patience))
            .set_response_timeout(Some(patience));
        let ping = async {
            let mut it = client.get_multiplexed_async_connection_with_config(&limits).await?;
            it.send_packed_command(&redis::cmd("PING")).await?.extract_error()
        };
        ping.await.map_err(|err| no_answer(&address, &err))?;
        let secret = match &config.secret {
            Some(it) => it.reveal().as_bytes().to_vec(),
            None => rand::random::<[u8; 32]>().to_vec(),
        };
        Ok(Self {
            pool: Pool::new(client, config.pool, config.timeout, observe),
            keys: Keys::new(&secret),
            prefix: config.prefix.clone(),
            script: sha1(EXCHANGE),
        })
    }

    pub(crate) async fn ping(&self) -> Result<(), Unavailable> {
        self.pool.ask("ping", &redis::cmd("PING")).await.map(drop).map_err(unavailable)
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let mut command = redis::cmd("GET");
        self.pool.ask("get", command.arg(name)).await.map(bytes).map_err(unavailable)
    }

    pub(crate) async fn set(
        &self,
        name: &str,
        sealed: &[u8],
        life: Duration,
    ) -> Result<(), Unavailable> {
        let command = set(name, sealed, life);
        self.pool.ask("set", &command).await.map(drop).map_err(unavailable)
    }

    /// Only where there is a value already, and whether there is one.
    #[cfg(feature = "mcp")]
    pub(crate) async fn replace(
        &self,
        name: &str,
        sealed: &[u8],
        life: Duration,
    ) -> Result<bool, Unavailable> {
        let mut command = set(name, sealed, life);
        let answer = self.pool.ask("replace", command.arg("XX")).await.map_err(unavailable)?;
        Ok(answer != Value::Nil)
    }

    /// Removes a value and returns it.
    pub(crate) async fn take(&self, name: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let mut command = redis::cmd("GETDEL");
        self.pool.ask("take", command.arg(name)).await.map(bytes).map_err(unavailable)
    }

    /// Makes `next` of a value, if that still has the stamp that is `expected`, or is not there if that is empty.
    pub(crate) async fn exchange(
        &self,
        name: &str,
        expected: &[u8],
        next: &Next,
    ) -> Result<Exchanged, Failed> {
        let call = |command: &'static str, script: &str| {
            let (word, sealed, life) = match next {
                Next::Same => ("same", [].as_slice(), Duration::ZERO),
                Next::Removed => ("remove", [].as_slice(), Duration::ZERO),
                Next::Sealed(sealed, life) => ("set", sealed.as_slice(), *life),
            };
            let mut it = redis::cmd(command);
            it.arg(script).arg(1).arg(name).arg(STAMP).arg(expected).arg(word);
            it.arg(sealed).arg(milliseconds(life));
            it
        };
        let mut answer = self.pool.ask("exchange", &call("EVALSHA", &self.script)).await;
        if let Err(Failed::Refused(err)) = &answer
            && err.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
        {
            answer = self.pool.ask("exchange", &call("EVAL", EXCHANGE)).await;
        }
        Ok(match answer? {
            Value::Int(1) => Exchanged::Done,
            other => Exchanged::Found(bytes(other)),
        })
    }
}

fn set(name: &str, sealed: &[u8], life: Duration) -> Cmd {
    let mut it = redis::cmd("SET");
    it.arg(name).arg(sealed).arg("PX").arg(milliseconds(life));
    it
}

/// Above zero, which Redis refuses.
fn milliseconds(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).unwrap_or(u64::MAX).max(1)
}

fn bytes(answer: Value) -> Option<Vec<u8>> {
    match answer {
        Value::BulkString(it) => Some(it),
        _ => None,
    }
}

/// How Redis calls a script that it has.
fn sha1(script: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, script.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unavailable(failed: Failed) -> Unavailable {
    if let Failed::Refused(err) = failed {
        tracing::warn!(%err, "Redis refused an operation");
    }
    Unavailable
}

fn no_answer(address: &str, err: &RedisError) -> io::Error {
    let refused = err.kind() == ErrorKind::AuthenticationFailed
        || matches!(err.code(), Some("NOAUTH" | "WRONGPASS"));
    io::Error::other(if refused {
        format!(
            "Redis at {address} refuses the user or the password; put them into REDIS_URL, as redis://user:password@host:port"
        )
    } else if err.code().is_some() || err.is_timeout() {
        format!("Redis at {address} is not ready: {err}; try again in a while")
    } else {
        format!(
            "no Redis answers at {address}: {}; start one there, or say where it is with --redis or REDIS_URL",
            err.to_string().lines().next().unwrap_or_default()
        )
    })
}
