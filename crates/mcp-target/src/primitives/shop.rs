//! The tools that ask about NovaMart's data.

use std::sync::Arc;

use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::CallToolResult;
use rmcp::service::RequestContext;
use rmcp::{RoleServer, tool, tool_router};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::primitives::answer::{failure, success};
use crate::primitives::entities;
use crate::primitives::novamart;
use crate::primitives::server::Server;
use crate::signing::claims::Claims;

#[derive(Debug, Deserialize, JsonSchema)]
struct DescribeEntity {
    /// The entity, as listEntities names it.
    name: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ExecuteSql {
    /// One SELECT.
    sql: String,
    /// What the query is meant to find out.
    #[serde(default)]
    #[expect(dead_code, reason = "a part of the tool's contract that this server does not act on")]
    explanation: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct RunMetric {
    /// total_gmv, aov or revenue_by_category.
    id: String,
}

#[tool_router(router = shop, vis = "pub(crate)")]
impl Server {
    #[tool(
        name = "listEntities",
        description = "List the entities of the NovaMart dataset",
        annotations(read_only_hint = true)
    )]
    async fn list_entities(&self, context: RequestContext<RoleServer>) -> CallToolResult {
        let claims = context.extensions.get::<axum::http::request::Parts>();
        let workspace =
            claims.and_then(|it| it.extensions.get::<Arc<Claims>>()?.workspace_id.as_deref());
        success(&json!({"workspace": workspace, "entities": entities::list()}))
    }

    #[tool(
        name = "describeEntity",
        description = "Describe the columns of one entity",
        annotations(read_only_hint = true)
    )]
    async fn describe_entity(&self, Parameters(it): Parameters<DescribeEntity>) -> CallToolResult {
        match entities::describe(&it.name) {
            Some(entity) => success(&entity),
            None => failure("unknown_entity", "no such entity; listEntities names them"),
        }
    }

    #[tool(
        name = "executeSQL",
        description = "Run one read-only SQL query",
        annotations(read_only_hint = true)
    )]
    async fn execute_sql(&self, Parameters(it): Parameters<ExecuteSql>) -> CallToolResult {
        match self.shared.database.query(it.sql).await {
            Ok(table) => success(&table),
            Err(error) => failure(error.code(), &error.to_string()),
        }
    }

    #[tool(
        name = "runMetric",
        description = "Compute one metric of the dataset",
        annotations(read_only_hint = true)
    )]
    async fn run_metric(&self, Parameters(it): Parameters<RunMetric>) -> CallToolResult {
        let Some((id, label, sql)) = novamart::METRICS.iter().find(|(id, ..)| *id == it.id) else {
            return failure(
                "unknown_metric",
                "no such metric; there are total_gmv, aov and revenue_by_category",
            );
        };
        match self.shared.database.query((*sql).to_owned()).await {
            Ok(table) => success(
                &json!({"id": id, "label": label, "columns": table.columns, "rows": table.rows}),
            ),
            Err(error) => failure(error.code(), &error.to_string()),
        }
    }
}
