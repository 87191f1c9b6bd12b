//! What a tool says when it worked, and when it did not.

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::json;

pub(crate) fn text(text: impl Into<String>) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

pub(crate) fn success(result: &impl serde::Serialize) -> CallToolResult {
    text(serde_json::to_string(result).expect("results are plain JSON"))
}

pub(crate) fn failure(code: &str, message: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(
        json!({"code": code, "message": message}).to_string(),
    )])
}
