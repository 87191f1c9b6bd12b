//! The NovaMart tools over Streamable HTTP, in both eras of the protocol.

use std::sync::Arc;
use std::time::Duration;

use rmcp::handler::server::tool::{ToolCallContext, ToolRouter};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesRequestMethod, ListResourcesResult, PaginatedRequestParams, ServerCapabilities,
    ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler, tool, tool_handler, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access_token::Claims;
use crate::config::faults::{Fault, Faults};
use crate::resource_server::novamart;
use crate::resource_server::sessions::Sessions;
use crate::resource_server::sql::Database;

const SLOW: Duration = Duration::from_millis(300);

/// The service for `/mcp`, and what ends its sessions and streams.
pub(crate) fn service(
    database: Arc<Database>,
    sessions: Arc<Sessions>,
    faults: Faults,
) -> (StreamableHttpService<Tools, Sessions>, impl FnOnce() + Send) {
    #[cfg_attr(not(feature = "redis"), expect(unused_mut, reason = "there is memory alone"))]
    let mut config = StreamableHttpServerConfig::default().with_json_response(true);
    #[cfg(feature = "redis")]
    {
        config.session_store = sessions.store();
    }
    let end = config.cancellation_token.clone();
    let tools = Tools { database, faults, router: Arc::new(Tools::tool_router()) };
    (StreamableHttpService::new(move || Ok(tools.clone()), sessions, config), move || end.cancel())
}

#[derive(Debug, Clone)]
pub(crate) struct Tools {
    database: Arc<Database>,
    faults: Faults,
    /// Built once: building it for each call would cost half the throughput.
    router: Arc<ToolRouter<Self>>,
}

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

#[tool_router]
impl Tools {
    #[tool(
        name = "listEntities",
        description = "List the entities of the NovaMart dataset",
        annotations(read_only_hint = true)
    )]
    async fn list_entities(&self, context: RequestContext<RoleServer>) -> CallToolResult {
        let claims = context.extensions.get::<axum::http::request::Parts>();
        let workspace =
            claims.and_then(|it| it.extensions.get::<Arc<Claims>>()?.workspace_id.as_deref());
        let entities: Vec<_> = novamart::ENTITIES
            .iter()
            .map(|(name, description)| json!({"name": name, "description": description}))
            .collect();
        success(&json!({"workspace": workspace, "entities": entities}))
    }

    #[tool(
        name = "describeEntity",
        description = "Describe the columns of one entity",
        annotations(read_only_hint = true)
    )]
    async fn describe_entity(&self, Parameters(it): Parameters<DescribeEntity>) -> CallToolResult {
        match novamart::describe(&it.name) {
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
        match self.database.query(it.sql).await {
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
        match self.database.query((*sql).to_owned()).await {
            Ok(table) => success(
                &json!({"id": id, "label": label, "columns": table.columns, "rows": table.rows}),
            ),
            Err(error) => failure(error.code(), &error.to_string()),
        }
    }
}

#[tool_handler(router = self.router)]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build()).with_server_info(
            Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
        )
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if self.faults.has(Fault::SlowTools) {
            tokio::time::sleep(SLOW).await;
        }
        if self.faults.has(Fault::RateLimited) {
            let error =
                json!({"code": "rate_limited", "message": "too many calls", "retry_after": 30});
            return Ok(CallToolResult::error(vec![ContentBlock::text(error.to_string())]).into());
        }
        if self.faults.has(Fault::ToolErrors) {
            return Ok(failure("internal_error", "the tool failed").into());
        }
        self.router.call(ToolCallContext::new(self, request, context)).await
    }

    // Neither is declared, so neither is to be answered with an empty list.
    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListPromptsRequestMethod>())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourcesRequestMethod>())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(ErrorData::method_not_found::<rmcp::model::ListResourceTemplatesRequestMethod>())
    }
}

fn success(result: &impl Serialize) -> CallToolResult {
    let text = serde_json::to_string(result).expect("results are plain JSON");
    CallToolResult::success(vec![ContentBlock::text(text)])
}

fn failure(code: &str, message: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(
        json!({"code": code, "message": message}).to_string(),
    )])
}
