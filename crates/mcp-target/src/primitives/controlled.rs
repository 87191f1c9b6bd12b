//! Tools whose cost the caller chooses.

use std::time::{Duration, Instant};

use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::CallToolResult;
use rmcp::{tool, tool_router};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::primitives::answer::{failure, success, text};
use crate::primitives::server::Server;

/// Below the time that a request may take where nothing else is said.
const MAX_SLEEP: u64 = 50_000;
const MAX_BUSY: u64 = 10_000;
const MAX_ROUNDS: u64 = 10_000_000;
const MAX_BYTES: usize = 8 << 20;

#[derive(Debug, Deserialize, JsonSchema)]
struct Echo {
    /// What to answer.
    text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Sleep {
    /// How long to wait before the answer.
    #[schemars(range(min = 0, max = 50_000))]
    milliseconds: u64,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Cpu {
    /// How long to keep a processor busy.
    #[serde(default)]
    #[schemars(range(min = 0, max = 10_000))]
    milliseconds: Option<u64>,
    /// How often to hash 32 bytes with SHA-256, whatever time it takes.
    #[serde(default)]
    #[schemars(range(min = 0, max = 10_000_000))]
    rounds: Option<u64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Payload {
    /// How many bytes of text to answer.
    #[serde(default)]
    #[schemars(range(min = 0, max = 8_388_608))]
    bytes: Option<usize>,
    /// Text that is only received; without `bytes` the answer is its length.
    #[serde(default)]
    text: Option<String>,
}

#[tool_router(router = controlled, vis = "pub(crate)")]
impl Server {
    #[tool(
        name = "echo",
        description = "Answer the text that was given",
        annotations(read_only_hint = true)
    )]
    async fn echo(&self, Parameters(it): Parameters<Echo>) -> CallToolResult {
        text(it.text)
    }

    #[tool(
        name = "sleep",
        description = "Wait for some milliseconds, without using a processor",
        annotations(read_only_hint = true)
    )]
    async fn sleep(&self, Parameters(it): Parameters<Sleep>) -> CallToolResult {
        if it.milliseconds > MAX_SLEEP {
            return failure("invalid_arguments", "milliseconds is at most 50000");
        }
        tokio::time::sleep(Duration::from_millis(it.milliseconds)).await;
        success(&json!({"milliseconds": it.milliseconds}))
    }

    #[tool(
        name = "cpu",
        description = "Keep one processor busy hashing, for some milliseconds or for a number of rounds",
        annotations(read_only_hint = true)
    )]
    async fn cpu(&self, Parameters(it): Parameters<Cpu>) -> CallToolResult {
        let budget = match (it.milliseconds, it.rounds) {
            (Some(it), None) if it <= MAX_BUSY => Budget::Time(Duration::from_millis(it)),
            (None, Some(it)) if it <= MAX_ROUNDS => Budget::Rounds(it),
            (Some(_), None) => {
                return failure("invalid_arguments", "milliseconds is at most 10000");
            }
            (None, Some(_)) => return failure("invalid_arguments", "rounds is at most 10000000"),
            _ => return failure("invalid_arguments", "give either milliseconds or rounds"),
        };
        let processors = self.shared.processors.clone();
        let permit = processors.acquire_owned().await.expect("the semaphore is never closed");
        // Threads that serve requests are not to be kept from it.
        let burning = tokio::task::spawn_blocking(move || {
            let rounds = burn(budget);
            drop(permit);
            rounds
        });
        success(&json!({"rounds": burning.await.expect("hashing does not panic")}))
    }

    #[tool(
        name = "payload",
        description = "Answer a text of so many bytes, and receive one of any length",
        annotations(read_only_hint = true)
    )]
    async fn payload(&self, Parameters(it): Parameters<Payload>) -> CallToolResult {
        match (it.bytes, it.text) {
            (Some(bytes), _) if bytes > MAX_BYTES => {
                failure("invalid_arguments", "bytes is at most 8388608")
            }
            (Some(bytes), _) => text(filler(bytes)),
            (None, Some(text)) => success(&json!({"received": text.len()})),
            (None, None) => failure("invalid_arguments", "give bytes, text or both"),
        }
    }
}

#[derive(Clone, Copy)]
enum Budget {
    Time(Duration),
    Rounds(u64),
}

/// Hashes until the budget is used up, and returns how often.
fn burn(budget: Budget) -> u64 {
    let start = Instant::now();
    let mut block = [0; 32];
    let mut rounds = 0;
    while match budget {
        Budget::Time(it) => start.elapsed() < it,
        Budget::Rounds(it) => rounds < it,
    } {
        block = Sha256::digest(std::hint::black_box(block)).into();
        rounds += 1;
    }
    rounds
}

/// So many bytes that JSON has nothing to escape in.
fn filler(bytes: usize) -> String {
    const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyz";
    let mut it = ALPHABET.repeat(bytes.div_ceil(ALPHABET.len()));
    it.truncate(bytes);
    it
}
