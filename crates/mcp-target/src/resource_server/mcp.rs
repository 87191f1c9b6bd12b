//! The server as the SDK wants it: one method for each method of MCP.

#![expect(deprecated, reason = "revisions that are served have log levels")]

use std::io;
#[cfg(feature = "outbound")]
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rmcp::handler::server::tool::{ToolCallContext, ToolRouter};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, CompletionInfo,
    GetPromptRequestParams, GetPromptResponse, Implementation, InitializeRequestParams,
    InitializeResult, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    Reference, ServerCapabilities, ServerConfig, ServerNotification, SetLevelRequestMethod,
    SetLevelRequestParams, SubscribeRequestMethod, SubscribeRequestParams, SubscriptionFilter,
    Tool, UnsubscribeRequestParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::sync::broadcast::Receiver;
use tokio::time::Instant;

use crate::config::target::Config;
use crate::fixtures;
use crate::observability::metrics::Metrics;
use crate::primitives::server::{Lists, Server, Shared, processors};
use crate::primitives::{clock, mock, prompts, resources};
#[cfg(feature = "outbound")]
use crate::upstream::{self, client::Client};

/// A server that offers what `config` says.
///
/// # Errors
/// A tool of the configuration cannot be offered, or the dataset cannot be loaded.
pub(crate) fn server(config: &Config, metrics: Metrics) -> io::Result<Server> {
    Ok(Server::new(Shared {
        tools: tools(config)?,
        metrics,
        sessions: config.sessions,
        fixtures: config.fixtures.then(Lists::default),
        started: Instant::now(),
        processors: processors(),
        #[cfg(feature = "novamart")]
        database: crate::primitives::sql::Database::open().map_err(io::Error::other)?,
    }))
}

fn tools(config: &Config) -> io::Result<ToolRouter<Server>> {
    let mut tools = if config.tools.is_empty() {
        #[cfg_attr(
            not(any(feature = "novamart", feature = "outbound")),
            expect(unused_mut, reason = "one group alone")
        )]
        let mut tools = Server::controlled();
        #[cfg(feature = "novamart")]
        tools.merge(Server::shop());
        #[cfg(feature = "outbound")]
        tools.add_route(upstream::tool::route(Arc::new(Client::new(config.upstream.clone()))));
        tools
    } else {
        mock::router(&config.tools)?
    };
    if config.fixtures {
        tools.merge(fixtures::tools::router());
    }
    Ok(tools)
}

fn capabilities(shared: &Shared) -> ServerCapabilities {
    let builder = ServerCapabilities::builder()
        .enable_tools()
        .enable_prompts()
        .enable_completions()
        .enable_resources()
        .enable_resources_subscribe();
    if shared.fixtures.is_none() {
        return builder.build();
    }
    builder.enable_logging().enable_tool_list_changed().enable_prompts_list_changed().build()
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(capabilities(&self.shared)).with_server_info(Implementation::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
        ))
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let mut result = self.negotiate_initialize(&request)?;
        context.peer.set_peer_info(request);
        // Without a session nothing can be told later.
        if !self.shared.sessions
            && let Some(it) = &mut result.capabilities.resources
        {
            it.subscribe = None;
        }
        Ok(result)
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        let Some(lists) = &self.shared.fixtures else { return };
        let mut changes = lists.changes.subscribe();
        let telling = tokio::spawn(async move {
            while let Some(it) = next(&mut changes).await {
                if context.peer.send_notification(it).await.is_err() {
                    break;
                }
            }
        });
        self.own.changes.replace(Some(telling));
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        // The newest revision sends the level with each request.
        if self.shared.fixtures.is_none() || context.meta.protocol_version().is_some() {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        *self.own.level.lock().expect("no one panics holding the lock") = Some(request.level);
        Ok(())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut tools = self.shared.tools.list_all();
        if !self.more_tools() {
            tools.retain(|it| it.name != fixtures::tools::MORE);
        }
        Ok(ListToolsResult::with_all_items(tools))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.shared.tools.get(name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (started, name) = (Instant::now(), request.name.clone());
        let result = self.shared.tools.call(ToolCallContext::new(self, request, context)).await;
        if self.shared.tools.has_route(&name) {
            let ok =
                matches!(&result, Ok(CallToolResponse::Complete(it)) if it.is_error != Some(true));
            self.shared.metrics.tool(&name, ok, started.elapsed());
        }
        result
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let mut all = prompts::list();
        if let Some(lists) = &self.shared.fixtures {
            all.extend(fixtures::prompts::list(lists.more_prompts.load(Ordering::Relaxed)));
        }
        Ok(ListPromptsResult::with_all_items(all))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if self.shared.fixtures.is_some()
            && let Some(it) = fixtures::prompts::get(&request)
        {
            return it;
        }
        match prompts::get(&request.name, &request.arguments.unwrap_or_default()) {
            Some(it) => it.map(Into::into),
            None => Err(ErrorData::invalid_params("there is no such prompt", None)),
        }
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let (name, value) = (&request.argument.name, &request.argument.value);
        let found = match &request.r#ref {
            Reference::Prompt(it) => prompts::complete(&it.name, name, value).or_else(|| {
                self.shared.fixtures.as_ref()?;
                fixtures::prompts::complete(&it.name, name)
            }),
            Reference::Resource(it) => resources::complete(&it.uri, name, value),
            _ => None,
        };
        let values =
            found.ok_or_else(|| ErrorData::invalid_params("there is no such argument", None))?;
        let completion = CompletionInfo::with_all_values(values)
            .map_err(|it| ErrorData::internal_error(it, None))?;
        Ok(CompleteResult::new(completion))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let mut all = resources::list();
        if self.shared.fixtures.is_some() {
            all.extend(fixtures::resources::list());
        }
        Ok(ListResourcesResult::with_all_items(all))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let mut all = resources::templates();
        if self.shared.fixtures.is_some() {
            all.extend(fixtures::resources::templates());
        }
        Ok(ListResourceTemplatesResult::with_all_items(all))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = &request.uri;
        let found = resources::read(uri, self.shared.started.elapsed()).or_else(|| {
            self.shared.fixtures.as_ref()?;
            fixtures::resources::read(uri)
        });
        found.map(Into::into).ok_or_else(|| resources::not_found(uri))
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if !self.shared.sessions {
            return Err(ErrorData::method_not_found::<SubscribeRequestMethod>());
        }
        if !self.has_resource(&request.uri) {
            return Err(resources::not_found(&request.uri));
        }
        if request.uri == resources::CLOCK {
            clock::subscribe(&self.own, context.peer);
        }
        Ok(())
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if !self.has_resource(&request.uri) {
            return Err(resources::not_found(&request.uri));
        }
        if request.uri == resources::CLOCK {
            clock::unsubscribe(&self.own);
        }
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        wanted: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        let mut accepted = wanted.clone();
        if let Some(uris) = &mut accepted.resource_subscriptions {
            uris.retain(|it| self.has_resource(it));
        }
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let uris = context.accepted().resource_subscriptions.as_deref().unwrap_or_default();
        let is_clock_watched = uris.iter().any(|it| it == resources::CLOCK);
        let mut seconds = clock::seconds();
        let mut changes = self.shared.fixtures.as_ref().map(|it| it.changes.subscribe());
        loop {
            let sent = tokio::select! {
                () = context.cancelled() => return Ok(()),
                _ = seconds.tick(), if is_clock_watched => {
                    context.sink().notify_resource_updated(resources::CLOCK).await.is_ok()
                }
                Some(it) = async { next(changes.as_mut()?).await } => match it {
                    ServerNotification::ToolListChangedNotification(_) => {
                        // What was not asked for is refused, which ends nothing.
                        let _ = context.sink().notify_tool_list_changed().await;
                        true
                    }
                    _ => {
                        let _ = context.sink().notify_prompt_list_changed().await;
                        true
                    }
                },
            };
            if !sent {
                return Ok(());
            }
        }
    }
}

impl Server {
    fn more_tools(&self) -> bool {
        let lists = self.shared.fixtures.as_ref();
        lists.is_some_and(|it| it.more_tools.load(Ordering::Relaxed))
    }

    fn has_resource(&self, uri: &str) -> bool {
        resources::read(uri, Duration::ZERO).is_some()
            || (self.shared.fixtures.is_some() && fixtures::resources::read(uri).is_some())
    }
}

/// The next change of a list, however many were missed before it.
async fn next(changes: &mut Receiver<ServerNotification>) -> Option<ServerNotification> {
    use tokio::sync::broadcast::error::RecvError;

    loop {
        match changes.recv().await {
            Ok(it) => return Some(it),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}
