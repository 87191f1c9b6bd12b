//! What the environment says.

/// A variable that holds no text counts as none.
pub(crate) fn variable(name: &str) -> Option<String> {
    tool_edge::variable(name).ok().flatten()
}
