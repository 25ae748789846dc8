//! Tools that say something before they answer, and the long streams on which changes are told.
#![expect(deprecated, reason = "clients of the older revisions are told log messages")]

use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, LoggingLevel, LoggingMessageNotificationParam,
    ProgressNotificationParam, Tool,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer};
use serde_json::json;
use tokio::sync::broadcast;

use crate::content::{bare, said};

/// A list that has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Tools,
    Prompts,
}

/// The tools, in the order of the list.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        bare("test_tool_with_logging", "Logs three messages, then answers"),
        bare("test_tool_with_progress", "Tells its progress three times, then answers"),
        bare("test_logging_tool", "Logs a message if it is asked to"),
        bare("test_missing_capability", "Needs a client that samples"),
        bare("test_trigger_tool_change", "Announces that the list of tools has changed"),
        bare("test_trigger_prompt_change", "Announces that the list of prompts has changed"),
    ]
}

/// The answer of a tool of this list.
pub(crate) async fn call(
    call: &CallToolRequestParams,
    cx: &RequestContext<RoleServer>,
    changes: &broadcast::Sender<Change>,
) -> Option<Result<CallToolResult, ErrorData>> {
    let done = match &*call.name {
        "test_tool_with_logging" => with_logging(cx).await,
        "test_tool_with_progress" => with_progress(cx).await,
        "test_logging_tool" => match cx.meta.log_level() {
            Some(level) => log(cx, level, "asked for").await,
            None => Ok(()),
        },
        "test_missing_capability" => samples(cx),
        "test_trigger_tool_change" => announced(changes, Change::Tools),
        "test_trigger_prompt_change" => announced(changes, Change::Prompts),
        _ => return None,
    };
    Some(done.map(|()| said("done")))
}

/// Passes changes on until the client hangs up. What it did not ask for is not its business.
pub(crate) async fn listen(stream: SubscriptionContext, mut changes: broadcast::Receiver<Change>) {
    loop {
        let change = tokio::select! {
            change = changes.recv() => change,
            () = stream.cancelled() => return,
        };
        let wanted = stream.accepted();
        let sent = match change {
            Ok(Change::Tools) if wanted.tools_list_changed == Some(true) => {
                stream.sink().notify_tool_list_changed().await
            }
            Ok(Change::Prompts) if wanted.prompts_list_changed == Some(true) => {
                stream.sink().notify_prompt_list_changed().await
            }
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => Ok(()),
            Err(broadcast::error::RecvError::Closed) => return,
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn with_logging(cx: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    for (at, text) in
        ["Tool execution started", "Tool processing data", "Tool execution completed"].into_iter().enumerate()
    {
        if at > 0 {
            pause().await;
        }
        log(cx, LoggingLevel::Info, text).await?;
    }
    Ok(())
}

async fn with_progress(cx: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    for progress in [0.0, 50.0, 100.0] {
        if progress > 0.0 {
            pause().await;
        }
        if let Some(token) = cx.meta.get_progress_token() {
            let told = ProgressNotificationParam::new(token, progress).with_total(100.0);
            cx.peer.notify_progress(told).await.map_err(unsent)?;
        }
    }
    Ok(())
}

fn samples(cx: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    match cx.client_capabilities().is_some_and(|client| client.sampling.is_some()) {
        true => Ok(()),
        false => {
            Err(ErrorData::missing_required_client_capability(ClientCapabilities::builder().enable_sampling().build()))
        }
    }
}

fn announced(changes: &broadcast::Sender<Change>, change: Change) -> Result<(), ErrorData> {
    let _nobody_listens = changes.send(change);
    Ok(())
}

async fn log(cx: &RequestContext<RoleServer>, level: LoggingLevel, text: &str) -> Result<(), ErrorData> {
    let message = LoggingMessageNotificationParam::new(level, json!(text)).with_logger("fixture");
    cx.peer.notify_logging_message(message).await.map_err(unsent)
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

fn unsent(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(format!("a notification could not be sent: {error}"), None)
}
