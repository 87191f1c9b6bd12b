use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A tool with a canned answer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MockTool {
    /// As a client calls it.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// JSON schema of its arguments; any object if there is none.
    #[serde(default)]
    pub input_schema: Option<Map<String, Value>>,
    /// What it answers: text, or any JSON, in which `{{name}}` stands for an argument.
    #[serde(default)]
    pub answer: Value,
    /// How long it takes, in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
    /// The part of its calls that fail, between 0 and 1.
    #[serde(default)]
    pub error_rate: f64,
}

impl MockTool {
    /// How long it takes.
    pub fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }
}
