//! The MCP door: the only module that speaks rmcp. Its traps and our overrides are commented where they bite.
use std::borrow::Cow;
use std::sync::Arc;

use http::request::Parts;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, DiscoverResult, ErrorCode,
    GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Map, Value};
use watchkeep_hub::call::refuse;
use watchkeep_hub::{Called, Cap, Door as HubDoor, Error, Hub, Ready, Reply, call, shape};
use watchkeep_model::{Connector, Role, text};

use crate::body;
use crate::gate::Caller;
use crate::incoming::Told;
use crate::public::Public;
use splice::Slot;

mod prompts;
mod resources;
mod result;
pub mod splice;

/// Lists of the program are fresh for this long; private, since roles see different lists.
const TTL_MS: u64 = 300_000;

/// The revisions that are spoken, oldest first.
const REVISIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// The handler of one connector. It is cloned for each request.
#[derive(Debug, Clone)]
pub struct Door {
    hub: Arc<Hub>,
    connector: Connector,
    tools: Arc<[(Role, Tool)]>,
    info: Arc<ServerConfig>,
}

/// The service of one connector at one mount.
#[must_use]
pub fn service(
    hub: &Arc<Hub>,
    connector: Connector,
    public: &Public,
) -> StreamableHttpService<Door, NeverSessionManager> {
    let door = Door::new(hub.clone(), connector);
    transport(public, move || door.clone())
}

/// Any handler on the product's transport: stateless, one JSON object per answer, our hosts and origins. The
/// conformance tests mount their own tools on it.
pub fn transport<H: ServerHandler>(
    public: &Public,
    handler: impl Fn() -> H + Send + Sync + 'static,
) -> StreamableHttpService<H, NeverSessionManager> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(body::MAX)
        .with_allowed_hosts(public.hosts.clone())
        .with_allowed_origins(public.origins.clone())
        .enforce_origin_validation();
    StreamableHttpService::new(move || Ok(handler()), Arc::new(NeverSessionManager::default()), config)
}

impl Door {
    fn new(hub: Arc<Hub>, connector: Connector) -> Self {
        let tools = hub.tools(connector).map(|ready| (ready.def.doors.role, tool(ready))).collect();
        let (name, instructions) = match connector {
            Connector::Risk => (
                "watchkeep-risk",
                "The risk register of one tenant: KRIs with their values, thresholds, trends, samples and sources. \
                 A value whose state is not ok is not known to be good.",
            ),
            Connector::Fleet => (
                "watchkeep-fleet",
                "The hosts of one tenant: alerts, detections, CVEs, SLAs and trust score. \
                 What is not covered is not known to be good.",
            ),
        };
        let mut capabilities = ServerCapabilities::builder().enable_tools().build();
        if hub.prompts(connector).next().is_some() {
            capabilities.prompts = Some(Default::default());
        }
        if hub.resources(connector).next().is_some() {
            capabilities.resources = Some(Default::default());
        }
        let info = ServerConfig::new(capabilities)
            .with_server_info(Implementation::new(name, env!("CARGO_PKG_VERSION")).with_title("Watchkeep"))
            .with_instructions(instructions);
        Self { tools, hub, connector, info: Arc::new(info) }
    }

    fn door(&self) -> HubDoor {
        HubDoor::Mcp(self.connector)
    }

    /// Calls an operation for this caller and says so.
    async fn run(&self, caller: &Caller, ready: &Arc<Ready>, args: Map<String, Value>) -> Result<Reply, Error> {
        let meta = caller.incoming.meta(self.door());
        let Called { result, rate } = call(&self.hub, &caller.access, meta, ready, args).await;
        let outcome = result.as_ref().map_or_else(Error::word, |_| "ok");
        caller.incoming.tell(Told { door: "mcp", op: ready.def.name, outcome, rate });
        result
    }

    /// Records a call that leads nowhere, then tells why.
    async fn refused(
        &self,
        caller: &Caller,
        name: &str,
        args: &Map<String, Value>,
        why: Error,
        told: ErrorData,
    ) -> ErrorData {
        caller.incoming.tell(Told { door: "mcp", op: "unknown", outcome: why.word(), rate: None });
        match refuse(&self.hub, &caller.access, caller.incoming.meta(self.door()), name, args, &why).await {
            Ok(()) => told,
            Err(e) => result::protocol(&e),
        }
    }
}

fn tool(ready: &Ready) -> Tool {
    let def = ready.def;
    let hints = ToolAnnotations::with_title(def.title)
        .read_only(def.cap == Cap::Read)
        .destructive(def.doors.destructive)
        .idempotent(def.doors.repeatable)
        .open_world(false);
    Tool::new(def.name, def.about, ready.args.clone())
        .with_title(def.title)
        .with_raw_output_schema(ready.answer.clone())
        .with_annotations(hints)
}

/// The caller that the gate found. No caller, no answer: the mount was left without its gate.
fn caller(cx: &RequestContext<RoleServer>) -> Result<&Caller, ErrorData> {
    let parts = cx.extensions.get::<Parts>().and_then(|parts| parts.extensions.get());
    parts.ok_or_else(|| ErrorData::internal_error("the gate is missing", None))
}

/// Lists of the program have one page, so no cursor was ever given out for them.
fn one_page(page: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match page.and_then(|page| page.cursor) {
        Some(_) => Err(ErrorData::invalid_params("cursor: this list has one page; call again without it", None)),
        None => Ok(()),
    }
}

impl ServerHandler for Door {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::clone(&self.info)
    }

    // the library's own list begins at 2024-11-05
    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(&REVISIONS)
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        Ok(DiscoverResult::from_server_info(REVISIONS.to_vec(), self.get_info())
            .with_ttl_ms(TTL_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        one_page(page)?;
        let role = caller(&cx)?.access.role;
        let tools = self.tools.iter().filter(|(needs, _)| role.reaches(*needs)).map(|(_, tool)| tool.clone()).collect();
        // the library fills in `public` where nothing is said
        Ok(ListToolsResult::with_all_items(tools).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private))
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = caller(&cx)?;
        let args = params.arguments.unwrap_or_default();
        let Some(ready) = self.hub.tool(self.connector, &params.name, caller.access.role) else {
            let role = caller.access.role;
            let visible = self.tools.iter().filter(|(needs, _)| role.reaches(*needs));
            let names: Vec<String> = visible.map(|(_, tool)| tool.name.to_string()).collect();
            let hint = shape::nearest(&params.name, &names).map(|n| format!("; did you mean `{n}`?"));
            let told = format!(
                "there is no tool `{}`{}",
                text::clean(&params.name, 80),
                hint.unwrap_or_else(|| "; tools/list names them".into())
            );
            let told = ErrorData::invalid_params(told, None);
            return Err(self.refused(caller, &params.name, &args, Error::nothing_here(), told).await);
        };
        Ok(match self.run(caller, ready, args).await {
            Ok(reply) => match cx.extensions.get::<Parts>().and_then(|parts| parts.extensions.get::<Slot>()) {
                Some(slot) => slot.fill(reply, ready.def.outside),
                None => result::plain(reply.json, ready.def.outside),
            },
            Err(e) => result::tool_error(&e),
        }
        .into())
    }

    async fn list_prompts(
        &self,
        page: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        one_page(page)?;
        self.prompts()
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.prompt(caller(&cx)?, &params.name, params.arguments.unwrap_or_default()).await.map(Into::into)
    }

    async fn list_resources(
        &self,
        page: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.resources(caller(&cx)?, page.and_then(|page| page.cursor)).await
    }

    async fn list_resource_templates(
        &self,
        page: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        one_page(page)?;
        self.templates()
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.resource(caller(&cx)?, &params.uri).await.map(Into::into)
    }

    // not declared, so not answered: the library would answer with an empty list
    async fn complete(
        &self,
        _: rmcp::model::CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<rmcp::model::CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<rmcp::model::CompleteRequestMethod>())
    }

    // the library hands a known method with params that it cannot read over as an unknown method. Only tools/call is told
    // so: conformance wants `initialize` without params to be unknown in 2026-07-28
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        cx: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method.as_str();
        if !matches!(method, "tools/call" | "prompts/get" | "resources/read") {
            return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, text::clean(method, 80), None));
        }
        let wanted = match method {
            "tools/call" => "params must be {\"name\": text, \"arguments\": object}",
            "prompts/get" => "params must be {\"name\": text, \"arguments\": object of texts}",
            _ => "params must be {\"uri\": text}",
        };
        let params = request.params.unwrap_or_default();
        let name = params.get("name").and_then(Value::as_str).unwrap_or(method);
        let args = params.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
        let told = ErrorData::invalid_params(wanted, None);
        Err(self.refused(caller(&cx)?, name, &args, Error::flaw("params", wanted), told).await)
    }
}

#[cfg(test)]
mod tests;
