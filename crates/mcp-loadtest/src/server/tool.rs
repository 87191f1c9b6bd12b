//! A tool as the server lists it.

use boon::{Compiler, Schemas};
use serde_json::{Map, Value};

use crate::console::section::brief;

/// What is known of a tool.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tool {
    /// Whether it says that it changes nothing (`readOnlyHint`).
    pub(crate) reads_only: bool,
    /// The JSON Schema of what it is given.
    pub(crate) schema: Value,
}

impl Tool {
    /// An entry of `tools/list`.
    pub(crate) fn of(listed: &Value) -> Self {
        Self {
            reads_only: listed["annotations"]["readOnlyHint"] == true,
            schema: listed["inputSchema"].clone(),
        }
    }

    /// Whether revisions without sessions want some of its parameters as headers too.
    pub(crate) fn wants_headers(&self) -> bool {
        self.schema.to_string().contains("\"x-mcp-header\":")
    }

    /// Why the arguments do not fit its schema; a schema that cannot be used refuses nothing.
    pub(crate) fn refuses(&self, arguments: &Map<String, Value>) -> Option<String> {
        const NAME: &str = "file:///inputSchema";
        if !self.schema.is_object() {
            return None;
        }
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        // A schema that leads elsewhere is not followed there.
        compiler.use_loader(Box::new(boon::SchemeUrlLoader::new()));
        compiler.add_resource(NAME, self.schema.clone()).ok()?;
        let index = compiler.compile(NAME, &mut schemas).ok()?;
        let arguments = Value::Object(arguments.clone());
        let error = schemas.validate(&arguments, index).err()?;
        let cause = deepest(&error);
        let place = cause.instance_location.to_string();
        let place = if place.is_empty() { String::new() } else { format!("`{place}`: ") };
        Some(brief(&format!("{place}{}", cause.kind)))
    }
}

/// The first cause that has none itself.
fn deepest<'a, 's, 'v>(
    error: &'a boon::ValidationError<'s, 'v>,
) -> &'a boon::ValidationError<'s, 'v> {
    error.causes.first().map_or(error, deepest)
}
