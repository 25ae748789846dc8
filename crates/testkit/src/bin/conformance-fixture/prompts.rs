//! The suite's prompts.

use rmcp::model::{
    ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult, Prompt, PromptArgument, PromptMessage,
    Role,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::Value;

use crate::ask::{Round, asked, form};
use crate::content;

/// The prompts, in the order of the list.
pub(crate) fn list() -> Vec<Prompt> {
    let prompt = |name: &str, about: &str, arguments: &[&str]| {
        let arguments = arguments.iter().map(|name| PromptArgument::new(*name).with_required(true)).collect();
        Prompt::new(name, Some(about), Some(arguments))
    };
    vec![
        prompt("test_simple_prompt", "One text", &[]),
        prompt("test_prompt_with_arguments", "A text with its arguments", &["arg1", "arg2"]),
        prompt("test_prompt_with_embedded_resource", "A resource and a text", &["resourceUri"]),
        prompt("test_prompt_with_image", "An image and a text", &[]),
        prompt("test_input_required_result_prompt", "Asks for its context first", &[]),
    ]
}

/// The text of a prompt.
pub(crate) fn get(
    asked_for: &GetPromptRequestParams,
    cx: &RequestContext<RoleServer>,
) -> Result<GetPromptResponse, ErrorData> {
    let text = |text: &str| ContentBlock::text(text);
    let content = match asked_for.name.as_str() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (one, two) = (argument(asked_for, "arg1")?, argument(asked_for, "arg2")?);
            vec![text(&format!("Prompt with arguments: arg1='{one}', arg2='{two}'"))]
        }
        "test_prompt_with_embedded_resource" => {
            let uri = argument(asked_for, "resourceUri")?;
            vec![
                content::resource(uri, "text/plain", "Embedded resource content for testing."),
                text("Please process the embedded resource above."),
            ]
        }
        "test_prompt_with_image" => vec![content::image(), text("Please analyze the image above.")],
        "test_input_required_result_prompt" => {
            let round = Round { what: &asked_for.name, answers: asked_for.input_responses.as_ref(), state: None };
            match round.filled("user_context", "context") {
                Some(context) => vec![text(&format!("Prompt with context: {context}"))],
                None => {
                    let context = form("What context should the prompt use?", "context", "string");
                    return asked(cx, [("user_context", context)], None).map(Into::into);
                }
            }
        }
        _ => return Err(ErrorData::invalid_params("name: there is no such prompt", None)),
    };
    let messages = content.into_iter().map(|content| PromptMessage::new(Role::User, content)).collect();
    Ok(GetPromptResult::new(messages).into())
}

fn argument<'a>(asked_for: &'a GetPromptRequestParams, name: &str) -> Result<&'a str, ErrorData> {
    let found = asked_for.arguments.as_ref().and_then(|args| args.get(name)).and_then(Value::as_str);
    found.ok_or_else(|| ErrorData::invalid_params(format!("{name}: it is required and is text"), None))
}
