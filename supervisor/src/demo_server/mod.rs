//! `oubliette demo-server`: a small shop that speaks MCP on standard input and output, so that everything can be
//! tried without a server of one's own. It is a server like any other: what starts it is a configuration.

mod answers;
mod data;
mod offers;
mod tools;

use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, GetPromptRequestParams,
    GetPromptResponse, Implementation, JsonObject, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProgressNotificationParam,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler, ServiceExt};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use self::answers::{MAX_SECONDS, Shop};

const INSTRUCTIONS: &str = "A shop with 10,000 orders of 1,200 customers, their invoices and letters. Amounts are \
    in cents (EUR), dates are YYYY-MM-DD. To join lists, get them whole with { all: true }.";

/// How often a report tells its progress.
const PROGRESS: Duration = Duration::from_millis(500);

/// Serves until standard input ends.
///
/// # Errors
/// When the client does not speak MCP.
pub(crate) async fn serve() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let counter = Counter { shop: Shop::open(), tools: tools::all() };
    let serving = counter.serve(rmcp::transport::stdio_pipes()).await?;
    serving.waiting().await?;
    Ok(())
}

/// Where the shop's clients are served.
struct Counter {
    shop: Shop,
    tools: Vec<Tool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SlowReport {
    seconds: f64,
}

impl ServerHandler for Counter {
    fn get_info(&self) -> ServerConfig {
        let shop = Implementation::new("oubliette-demo-shop", env!("CARGO_PKG_VERSION"));
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities).with_server_info(shop).with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.clone()))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(offers::resources()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(offers::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        offers::read(&self.shop, &request.uri).map(ReadResourceResponse::Complete)
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(offers::prompts()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        offers::prompt(&self.shop, &request.name, request.arguments.as_ref()).map(GetPromptResponse::Complete)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let answer = match self.shop.answer(&request.name, arguments.clone()) {
            Some(answer) => answer,
            None if request.name == "slow_report" => self.slow_report(arguments, &context).await,
            None => {
                return Err(ErrorData::invalid_params(format!("there is no tool {}", request.name), None));
            }
        };
        let result = answer.unwrap_or_else(|why| CallToolResult::error(vec![ContentBlock::text(why)]));
        Ok(CallToolResponse::Complete(result))
    }
}

impl Counter {
    async fn slow_report(
        &self,
        arguments: JsonObject,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResult, String> {
        let SlowReport { seconds } = answers::read(arguments)?;
        if !(0.0..=MAX_SECONDS).contains(&seconds) {
            return Err(format!("seconds are from 0 to {MAX_SECONDS}"));
        }
        let begun = Instant::now();
        let ends = begun + Duration::from_secs_f64(seconds);
        while Instant::now() < ends {
            tokio::select! {
                () = sleep_until(ends.min(Instant::now() + PROGRESS)) => {}
                () = context.ct.cancelled() => return Err("cancelled".into()),
            }
            if let Some(token) = context.meta.get_progress_token() {
                let progress =
                    ProgressNotificationParam::new(token, begun.elapsed().as_secs_f64()).with_total(seconds);
                // A client that does not hear it gets its report all the same.
                let _ = context.peer.notify_progress(progress).await;
            }
        }
        Ok(CallToolResult::structured(json!({ "revenueCents": self.shop.revenue(), "seconds": seconds })))
    }
}
