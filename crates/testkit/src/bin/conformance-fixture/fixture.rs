//! The handler that stands in the place of the product's.
#![expect(deprecated, reason = "the suite tries the older revisions, too")]

use std::sync::Arc;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams, CompleteResult,
    CompletionInfo, GetPromptRequestParams, GetPromptResponse, GetTaskParams, GetTaskResult, Implementation,
    InitializeRequestParams, InitializeResult, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse,
    ReadResourceResult, ServerCapabilities, ServerConfig, SetLevelRequestMethod, SetLevelRequestParams,
    SubscriptionFilter, Tool, UpdateTaskParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::task_manager::TaskManager;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::sync::broadcast;

use crate::seal::Seal;
use crate::stream::Change;
use crate::{ask, content, jobs, prompts, resources, stream};

/// How long a list may be kept, in milliseconds.
const TTL_MS: u64 = 60_000;

/// What the suite talks to. It is cloned for each request; the clones share tasks, key and listeners.
#[derive(Clone)]
pub(crate) struct Fixture {
    tools: Arc<[Tool]>,
    tasks: TaskManager,
    seal: Arc<Seal>,
    changes: broadcast::Sender<Change>,
}

impl Fixture {
    /// A fixture with a key of its own.
    pub(crate) fn new() -> Result<Self, ring::error::Unspecified> {
        let tools = [content::tools(), stream::tools(), ask::tools(), jobs::tools()].concat().into();
        let (changes, _) = broadcast::channel(16);
        Ok(Self { tools, tasks: TaskManager::new(), seal: Arc::new(Seal::new()?), changes })
    }
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_logging()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_tasks()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("conformance-fixture", env!("CARGO_PKG_VERSION")))
    }

    /// The older revisions have no stream on which a stateless server could tell of changes, and no tasks.
    async fn initialize(
        &self,
        params: InitializeRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        cx.peer.set_peer_info(params.clone());
        let mut result = self.negotiate_initialize(&params)?;
        result.capabilities.extensions = None;
        result.capabilities.tools = Some(Default::default());
        result.capabilities.prompts = Some(Default::default());
        Ok(result)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.tools.to_vec();
        Ok(ListToolsResult::with_all_items(tools).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private))
    }

    // the transport compares mirrored arguments with their headers by this
    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if let Some(result) = content::call(&call) {
            return Ok(result.into());
        }
        if let Some(result) = stream::call(&call, &cx, &self.changes).await {
            return result.map(Into::into);
        }
        if let Some(result) = ask::call(&call, &cx, &self.seal) {
            return result;
        }
        match jobs::call(&call, &cx, &self.tasks).await {
            Some(result) => result,
            None => Err(ErrorData::invalid_params("name: there is no such tool", None)),
        }
    }

    async fn get_task(&self, params: GetTaskParams, _: RequestContext<RoleServer>) -> Result<GetTaskResult, ErrorData> {
        self.tasks.get_task(&params.task_id).map(GetTaskResult::new)
    }

    async fn update_task(&self, params: UpdateTaskParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        self.tasks.update_task(&params.task_id, params.input_responses)
    }

    async fn cancel_task(&self, params: CancelTaskParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        self.tasks.cancel_task(&params.task_id)
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompts = ListPromptsResult::with_all_items(prompts::list());
        Ok(prompts.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private))
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(&params, &cx)
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resources = ListResourcesResult::with_all_items(resources::list());
        Ok(resources.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates = ListResourceTemplatesResult::with_all_items(resources::templates());
        Ok(templates.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private))
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let read = ReadResourceResult::new(vec![resources::read(&params.uri)?]);
        Ok(read.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private).into())
    }

    async fn complete(
        &self,
        params: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let fitting =
            ["paris", "park", "party", "test"].into_iter().filter(|word| word.starts_with(&params.argument.value));
        let info = CompletionInfo::with_all_values(fitting.map(str::to_owned).collect());
        info.map(CompleteResult::new).map_err(|why| ErrorData::internal_error(why, None))
    }

    /// Taken and forgotten: there is no session to keep it in. 2026-07-28 has no such method, and the library leaves that to
    /// the handler.
    async fn set_level(&self, _: SetLevelRequestParams, cx: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        match cx.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28) {
            true => Err(ErrorData::method_not_found::<SetLevelRequestMethod>()),
            false => Ok(()),
        }
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, stream: SubscriptionContext) -> Result<(), ErrorData> {
        stream::listen(stream, self.changes.subscribe()).await;
        Ok(())
    }
}
