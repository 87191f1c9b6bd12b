//! What k6's log tells of a run: exceptions of the script, and an example of each class of failure.

use k6_summary::run::Example;
use serde::Deserialize;
use serde_json::Value;

use crate::console::section::brief;

/// Before what the scripts tell of a failure.
const EXAMPLE: &str = "mcp-example ";

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Log {
    /// How many iterations ended with an exception.
    pub(crate) exceptions: u64,
    /// The words of the first.
    pub(crate) first_exception: String,
    /// The first of each class.
    pub(crate) examples: Vec<Example>,
}

#[derive(Deserialize)]
struct Told {
    failure: String,
    status: u16,
    #[serde(rename = "type")]
    content_type: String,
    said: String,
}

/// Reads a log in JSON lines.
pub(crate) fn read(log: &str) -> Log {
    let mut read = Log::default();
    for line in log.lines().filter_map(|it| serde_json::from_str::<Value>(it).ok()) {
        let Some(message) = line["msg"].as_str() else { continue };
        if line["source"] == "stacktrace" {
            read.exceptions += 1;
            if read.first_exception.is_empty() {
                read.first_exception = brief(message.lines().next().unwrap_or_default());
            }
        }
        let told =
            message.strip_prefix(EXAMPLE).and_then(|it| serde_json::from_str::<Told>(it).ok());
        let Some(it) = told else { continue };
        if read.examples.iter().all(|known| known.failure != it.failure) {
            let mut example = Example::new(brief(&it.failure), it.status);
            example.content_type = Some(brief(&it.content_type)).filter(|it| !it.is_empty());
            example.said = brief(&it.said);
            read.examples.push(example);
        }
    }
    read.examples.sort_by(|a, b| a.failure.cmp(&b.failure));
    read
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn exceptions_are_counted_and_one_example_a_class_is_kept() {
        let told = |status: u16, said: &str| {
            let it = json!({"failure": "rate_limited", "status": status, "type": "text/html", "said": said});
            json!({"level": "warning", "msg": format!("mcp-example {it}"), "source": "console"})
                .to_string()
        };
        let thrown = |what: &str| {
            let msg = format!("Error: {what}\n\tat default (file:///own.js:2)\n");
            json!({"level": "error", "msg": msg, "source": "stacktrace"}).to_string()
        };
        let lines = [
            &thrown("my own mistake"),
            "not JSON",
            &thrown("another"),
            &told(429, "slow down"),
            &told(503, ""),
        ];
        let read = read(&lines.join("\n"));
        assert_eq!((read.exceptions, read.first_exception.as_str()), (2, "Error: my own mistake"));
        assert_eq!(read.examples.len(), 1);
        assert_eq!((read.examples[0].status, read.examples[0].said.as_str()), (429, "slow down"));
    }
}
