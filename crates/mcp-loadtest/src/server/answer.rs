//! What an answer of an MCP server is, by the same table that the k6 scripts read.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

const TABLE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/load-tests/lib/answers.json"));

#[derive(Deserialize)]
struct Table {
    words: BTreeMap<String, Vec<String>>,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    status: Option<[u16; 2]>,
    #[serde(default)]
    timed_out: bool,
    #[serde(default)]
    begun: bool,
    kind: Option<Kind>,
    #[serde(default)]
    session: bool,
    words: Option<String>,
    class: Option<String>,
}

/// What a body holds as an answer to the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    None,
    Error,
    ErrorEnvelope,
    /// A `resultType` other than `complete`: the server wants something first.
    Unfinished,
    Result,
}

/// An answer to one request, whole or as far as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// 0 where there was none.
    pub(crate) status: u16,
    pub(crate) timed_out: bool,
    /// Whether something of it had come by then.
    pub(crate) begun: bool,
    /// Whether the request named a session.
    pub(crate) in_session: bool,
    /// The JSON-RPC message that answers the request, where there is one.
    pub(crate) message: Option<Value>,
    pub(crate) body: String,
}

impl Answer {
    /// The class of the failure that it is, or nothing for a success.
    pub(crate) fn failure(&self) -> Option<&'static str> {
        static READ: LazyLock<Table> = LazyLock::new(|| {
            serde_json::from_str(TABLE).expect("the table is a constant that fits")
        });
        let table: &'static Table = &READ;
        let (kind, words) = (self.kind(), self.words().to_lowercase());
        let fits = |it: &&Rule| {
            it.status.is_none_or(|[from, to]| (from..=to).contains(&self.status))
                && (!it.timed_out || self.timed_out)
                && (!it.begun || self.begun)
                && (!it.session || self.in_session)
                && it.kind.is_none_or(|it| it == kind)
                && it
                    .words
                    .as_ref()
                    .is_none_or(|it| table.words[it].iter().any(|it| words.contains(it)))
        };
        let rule = table.rules.iter().find(fits).expect("the last rule fits all");
        rule.class.as_deref()
    }

    fn kind(&self) -> Kind {
        match self.answering() {
            None => Kind::None,
            Some(it) if !it["error"].is_null() => Kind::Error,
            Some(it) if !it["result"].is_object() => Kind::None,
            Some(it) if it["result"]["isError"] == true => Kind::ErrorEnvelope,
            Some(it) => match &it["result"]["resultType"] {
                Value::Null => Kind::Result,
                it if it == "complete" => Kind::Result,
                _ => Kind::Unfinished,
            },
        }
    }

    /// The message, where the status says that it may be one.
    fn answering(&self) -> Option<&Value> {
        self.message.as_ref().filter(|_| (200..300).contains(&self.status))
    }

    /// What the server says where it is no success.
    pub(crate) fn words(&self) -> String {
        match (self.kind(), self.answering()) {
            (Kind::Error, Some(it)) => {
                let error = &it["error"];
                error["message"].as_str().map_or_else(|| error.to_string(), str::to_owned)
            }
            (Kind::ErrorEnvelope, Some(it)) => {
                let content = it["result"]["content"].as_array().into_iter().flatten();
                content.filter_map(|it| it["text"].as_str()).collect::<Vec<_>>().join(" ")
            }
            _ => self.body.clone(),
        }
    }
}

/// The JSON-RPC message that answers request `id`, out of a JSON body or an event stream, as far as it came.
pub(crate) fn message_for(id: usize, body: &str) -> Option<Value> {
    let body = body.trim_start_matches('\u{feff}');
    let ours = |text: &str| {
        let it: Value = serde_json::from_str(text).ok()?;
        // What has a method is a request of the server, which may be numbered as ours are; 1.0 is 1.
        let is_ours = it["id"].as_f64().is_some_and(|it| it == id as f64) && it["method"].is_null();
        is_ours.then_some(it)
    };
    if body.trim_start().starts_with('{') {
        return ours(body);
    }
    events(body).into_iter().find_map(|it| ours(&it))
}

/// The id of the last event of a stream, to go on from there.
pub(crate) fn last_event_id(body: &str) -> Option<&str> {
    lines(body).filter_map(|it| it.strip_prefix("id:")).last().map(str::trim)
}

/// The data of the events; a line may end with CR, LF or both.
fn events(body: &str) -> Vec<String> {
    let (mut events, mut data) = (Vec::new(), Vec::new());
    for line in lines(body).chain([""]) {
        if let Some(it) = line.strip_prefix("data:") {
            data.push(it.strip_prefix(' ').unwrap_or(it));
        } else if line.is_empty() && !data.is_empty() {
            events.push(data.join("\n"));
            data.clear();
        }
    }
    events
}

fn lines(body: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(body);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\r', '\n']) else {
            rest = None;
            return Some(text);
        };
        let after = &text[end..];
        rest = Some(after.strip_prefix("\r\n").unwrap_or(&after[1..]));
        Some(&text[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases that `reply.js` and `answer.js` are held against as well, in k6.
    #[test]
    fn an_answer_is_what_the_table_says() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("answer_cases.json")).unwrap();
        assert!(cases.len() > 40);
        for it in cases {
            let body = it["body"].as_str().unwrap();
            let answer = Answer {
                status: u16::try_from(it["status"].as_u64().unwrap()).unwrap(),
                timed_out: it["timed_out"] == true,
                begun: it["begun"] == true,
                in_session: it["session"] == true,
                message: message_for(7, body),
                body: body.to_owned(),
            };
            assert_eq!(answer.failure(), it["class"].as_str(), "{it}");
        }
    }
}
