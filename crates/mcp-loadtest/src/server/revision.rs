//! Revisions of MCP, which are named by their day, and what a request says of itself in those without sessions.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// What the members of `_meta` begin with that are MCP's own.
pub(crate) const META: &str = "io.modelcontextprotocol/";

/// The newest with sessions, which is proposed where somebody else has no say.
pub(crate) const WITH_SESSIONS: &str = "2025-11-25";

/// The first without them: nothing is opened, and each request says which revision it is of.
pub(crate) const STATELESS: &str = "2026-07-28";

/// Those that the k6 scripts speak.
pub(crate) const SPOKEN: [&str; 4] = ["2025-03-26", "2025-06-18", WITH_SESSIONS, STATELESS];

pub(crate) fn is_revision(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|it| it.is_ascii_digit() || it == b'-')
}

pub(crate) fn is_stateless(revision: &str) -> bool {
    revision >= STATELESS
}

/// This program, as it introduces itself.
pub(crate) fn client_info() -> Value {
    json!({"name": "mcp-loadtest", "version": env!("CARGO_PKG_VERSION")})
}

/// Adds to a request what a session would have agreed on, and returns the headers that repeat what it is about.
pub(crate) fn introduce(
    revision: &str,
    method: &str,
    params: &mut Value,
) -> Vec<(&'static str, String)> {
    params["_meta"] = json!({
        format!("{META}protocolVersion"): revision,
        format!("{META}clientCapabilities"): {},
        format!("{META}clientInfo"): client_info(),
    });
    let mut headers = vec![("Mcp-Method", method.to_owned())];
    if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
        headers.push(("Mcp-Name", header_of(name)));
    }
    headers
}

/// A name as a header can hold it.
fn header_of(name: &str) -> String {
    let is_plain = name.bytes().all(|it| (b' '..=b'~').contains(&it));
    if is_plain && name.trim() == name && !name.starts_with("=?base64?") {
        return name.to_owned();
    }
    format!("=?base64?{}?=", BASE64_STANDARD.encode(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_what_it_is_about_in_headers_too() {
        let check = |method: &str, mut params: Value, name: Option<&str>| {
            let headers = introduce(STATELESS, method, &mut params);
            assert_eq!(params["_meta"]["io.modelcontextprotocol/protocolVersion"], STATELESS);
            let mut expect = vec![("Mcp-Method", method.to_owned())];
            expect.extend(name.map(|it| ("Mcp-Name", it.to_owned())));
            assert_eq!(headers, expect);
        };
        check("tools/list", json!({}), None);
        check("tools/call", json!({"name": "echo", "arguments": {}}), Some("echo"));
        check("resources/read", json!({"uri": "docs://a b"}), Some("docs://a b"));
        check("prompts/get", json!({"name": "grüßen"}), Some("=?base64?Z3LDvMOfZW4=?="));
        check("prompts/get", json!({"name": " a"}), Some("=?base64?IGE=?="));
        check("prompts/get", json!({"name": "=?base64?"}), Some("=?base64?PT9iYXNlNjQ/?="));
    }
}
