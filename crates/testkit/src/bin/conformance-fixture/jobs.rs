//! Tools that run as a task: the client gets a handle and comes back for the result.

use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock, CreateTaskResult, Tool,
};
use rmcp::service::RequestContext;
use rmcp::task_manager::{TaskContext, TaskExit, TaskFuture, TaskManager, TaskOptions};
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use crate::ask::{Round, accepted, asked, form, request};
use crate::content::{bare, said, text, tool};

/// The tools, in the order of the list.
pub(crate) fn tools() -> Vec<Tool> {
    let seconds = json!({ "seconds": { "type": "number" }, "label": { "type": "string" } });
    let filename = json!({ "filename": { "type": "string" } });
    vec![
        tool("slow_compute", "Waits, then answers", json!({ "type": "object", "properties": seconds })),
        bare("failing_job", "Fails after a second, always as a task"),
        bare("protocol_error_job", "Ends with a protocol error, always as a task"),
        tool("confirm_delete", "Asks before it answers", json!({ "type": "object", "properties": filename })),
        bare("multi_input", "Asks two things at once"),
        bare("test_tool_with_task", "Asks for a name, then answers as a task"),
    ]
}

/// The answer of a tool of this list.
pub(crate) async fn call(
    call: &CallToolRequestParams,
    cx: &RequestContext<RoleServer>,
    tasks: &TaskManager,
) -> Option<Result<CallToolResponse, ErrorData>> {
    let seconds = call.arguments.as_ref().and_then(|args| args.get("seconds")?.as_f64()).unwrap_or(0.0);
    let wait = Duration::from_secs_f64(seconds.clamp(0.0, 60.0));
    let takes_tasks = cx.client_capabilities().is_some_and(|client| client.supports_tasks());
    let work: Box<dyn FnOnce(TaskContext) -> TaskFuture + Send> = match &*call.name {
        "slow_compute" if !takes_tasks => {
            tokio::time::sleep(wait).await;
            return Some(Ok(computed(text(call, "label")).into()));
        }
        "slow_compute" => {
            let label = text(call, "label").to_owned();
            Box::new(move |task| Box::pin(slow_compute(task, wait, label)))
        }
        "failing_job" => Box::new(|_| Box::pin(failing_job())),
        "protocol_error_job" => {
            Box::new(|_| Box::pin(async { Err(ErrorData::internal_error("this job breaks each time", None).into()) }))
        }
        "confirm_delete" => {
            let file = text(call, "filename").to_owned();
            Box::new(move |task| Box::pin(confirm_delete(task, file)))
        }
        "multi_input" => Box::new(|task| Box::pin(multi_input(task))),
        "test_tool_with_task" => {
            let round = Round { what: &call.name, answers: call.input_responses.as_ref(), state: None };
            let Some(name) = round.filled("user_name", "name").map(str::to_owned) else {
                let name = form("What is your name?", "name", "string");
                return Some(asked(cx, [("user_name", name)], None).map(Into::into));
            };
            Box::new(move |_| Box::pin(async move { Ok(said(format!("Hello, {name}!"))) }))
        }
        _ => return None,
    };
    if !takes_tasks {
        let needed = ClientCapabilities::builder().enable_tasks().build();
        return Some(Err(ErrorData::missing_required_client_capability(needed)));
    }
    let options = TaskOptions::new().with_poll_interval_ms(100);
    Some(Ok(CreateTaskResult::new(tasks.spawn(options, work)).into()))
}

async fn slow_compute(task: TaskContext, wait: Duration, label: String) -> Result<CallToolResult, TaskExit> {
    tokio::select! {
        () = tokio::time::sleep(wait) => Ok(computed(&label)),
        () = task.cancelled() => Err(TaskExit::Cancelled),
    }
}

fn computed(label: &str) -> CallToolResult {
    said(format!("computed {label}"))
}

async fn failing_job() -> Result<CallToolResult, TaskExit> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(CallToolResult::error(vec![ContentBlock::text("this job fails each time")]))
}

async fn confirm_delete(task: TaskContext, file: String) -> Result<CallToolResult, TaskExit> {
    let asked = request(form(&format!("Delete {file}?"), "confirm", "boolean"))?;
    let answer = task.request_input("confirm", asked).await?;
    let confirmed = accepted(&answer).and_then(|content| content.get("confirm")).and_then(Value::as_bool) == Some(true);
    Ok(said(if confirmed { format!("deleted {file}") } else { format!("kept {file}") }))
}

async fn multi_input(task: TaskContext) -> Result<CallToolResult, TaskExit> {
    let name = request(form("What is your name?", "name", "string"))?;
    let sure = request(form("Are you sure?", "confirm", "boolean"))?;
    let (name, sure) = tokio::try_join!(task.request_input("name", name), task.request_input("confirm", sure))?;
    Ok(said(format!("{name} {sure}")))
}
