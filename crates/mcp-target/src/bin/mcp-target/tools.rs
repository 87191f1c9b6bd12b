//! The file of `--tools`.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use mcp_target::MockTool;
use serde::Deserialize;

pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<MockTool>> {
    let text = fs::read_to_string(file)
        .with_context(|| format!("failed to read the tools in {}", file.display()))?;
    parse(&text).with_context(|| format!("failed to read the tools in {}", file.display()))
}

/// A list of tools, or an object with one.
fn parse(text: &str) -> anyhow::Result<Vec<MockTool>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        tools: Vec<MockTool>,
    }

    // Told apart by hand: serde has no line for what fits neither.
    let tools: Vec<MockTool> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)?
    } else {
        serde_json::from_str::<File>(text)?.tools
    };
    anyhow::ensure!(!tools.is_empty(), "there is no tool");
    Ok(tools)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<&[&str], &str>) {
        match (parse(text), expect) {
            (Ok(tools), Ok(names)) => {
                assert_eq!(tools.iter().map(|it| &it.name).collect::<Vec<_>>(), names, "{text}");
            }
            (Err(err), Err(words)) => assert!(err.to_string().contains(words), "{text}: {err}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn tools_are_a_list_or_an_object_with_one() {
        check(r#"[{"name": "a"}, {"name": "b", "errorRate": 0.5}]"#, Ok(&["a", "b"]));
        check(r#" {"tools": [{"name": "a", "answer": {"x": 1}, "delayMs": 20}]}"#, Ok(&["a"]));
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_its_key() {
        check("{\n\"tools\": [\n{\"name\": \"a\", \"anwser\": 1}]}", Err("unknown field `anwser`"));
        check("{\n\"tools\": [\n{\"name\": \"a\", \"anwser\": 1}]}", Err("at line 3 column"));
        check("{\n\"tool\": []}", Err("unknown field `tool`, expected `tools` at line 2"));
        check("[{\"description\": \"x\"}]", Err("missing field `name` at line 1"));
        check("[{\"name\": \"a\"},", Err("EOF while parsing a value at line 1"));
        check("tools:\n- name: a", Err("line 1 column 2"));
        check("[]", Err("there is no tool"));
        check(r#"[{"name": "a", "delayMs": -1}]"#, Err("invalid value: integer `-1`"));
    }
}
