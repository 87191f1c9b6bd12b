//! NovaMart's entities and a clock as resources.

use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::json;

use crate::primitives::entities;
use crate::primitives::prompts::entities_from;

const ENTITIES: &str = "novamart://entities";
const TEMPLATE: &str = "novamart://entities/{name}";

/// The one that changes, every second.
pub(crate) const CLOCK: &str = "mcp-target://clock";

pub(crate) fn list() -> Vec<Resource> {
    vec![
        Resource::new(CLOCK, "clock")
            .with_description("Seconds since the server started; changes every second")
            .with_mime_type("text/plain"),
        Resource::new(ENTITIES, "entities")
            .with_description("The entities of the NovaMart dataset")
            .with_mime_type("application/json"),
    ]
}

pub(crate) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(TEMPLATE, "entity")
            .with_description("The columns of one entity")
            .with_mime_type("application/json"),
    ]
}

/// The resource at `uri`; `None` if there is none.
pub(crate) fn read(uri: &str, up: Duration) -> Option<ReadResourceResult> {
    let contents = if uri == CLOCK {
        ResourceContents::text(up.as_secs().to_string(), uri)
    } else {
        let json = match uri.strip_prefix(ENTITIES)? {
            "" => json!(entities::list()),
            name => entities::describe(name.strip_prefix('/')?)?,
        };
        ResourceContents::text(json.to_string(), uri).with_mime_type("application/json")
    };
    Some(ReadResourceResult::new(vec![contents]))
}

pub(crate) fn not_found(uri: &str) -> ErrorData {
    ErrorData::resource_not_found("there is no such resource", Some(json!({"uri": uri})))
}

/// What a variable of a template may be that begins with `value`; `None` if there is no such variable.
pub(crate) fn complete(template: &str, variable: &str, value: &str) -> Option<Vec<String>> {
    (template == TEMPLATE && variable == "name").then(|| entities_from(value))
}
