//! Tools that answer at once, with each kind of content.

use rmcp::model::{CallToolRequestParams, CallToolResult, ContentBlock, ResourceContents, Tool};
use serde_json::{Map, Value, json};

/// A red dot, as a PNG of one pixel.
pub(crate) const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";
/// Silence, as a WAV without a sample.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

/// A tool with an input schema.
pub(crate) fn tool(name: &'static str, about: &'static str, schema: Value) -> Tool {
    let schema = match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    };
    Tool::new(name, about, schema)
}

/// A tool without arguments.
pub(crate) fn bare(name: &'static str, about: &'static str) -> Tool {
    tool(name, about, json!({ "type": "object" }))
}

/// An argument that is text.
pub(crate) fn text<'a>(call: &'a CallToolRequestParams, name: &str) -> &'a str {
    let args = call.arguments.as_ref();
    args.and_then(|args| args.get(name)).and_then(Value::as_str).unwrap_or_default()
}

/// An answer of one text.
pub(crate) fn said(text: impl Into<String>) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

/// The tools, in the order of the list.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        // the suite calls the first tool of the list without arguments
        bare("test_simple_text", "Answers with text"),
        bare("test_image_content", "Answers with an image"),
        bare("test_audio_content", "Answers with a sound"),
        bare("test_embedded_resource", "Answers with a resource"),
        bare("test_multiple_content_types", "Answers with text, an image and a resource"),
        bare("test_error_handling", "Fails each time"),
        tool("json_schema_2020_12_tool", "Has a schema that uses much of JSON Schema 2020-12", much_schema()),
        tool(
            "test_mirrored_argument",
            "Wants its argument in a header, too",
            json!({
                "type": "object",
                "properties": { "region": { "type": "string", "x-mcp-header": "Region" } },
                "required": ["region"],
            }),
        ),
        tool(
            "greet",
            "Greets somebody, never as a task",
            json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] }),
        ),
    ]
}

/// The answer of a tool of this list.
pub(crate) fn call(call: &CallToolRequestParams) -> Option<CallToolResult> {
    let content = match &*call.name {
        "test_simple_text" => vec![ContentBlock::text("This is a simple text response for testing.")],
        "test_image_content" => vec![image()],
        "test_audio_content" => vec![ContentBlock::audio(WAV, "audio/wav")],
        "test_embedded_resource" => {
            vec![resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")]
        }
        "test_multiple_content_types" => vec![
            ContentBlock::text("Multiple content types test:"),
            image(),
            resource("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#),
        ],
        "test_error_handling" => {
            let why = ContentBlock::text("This tool intentionally returns an error for testing");
            return Some(CallToolResult::error(vec![why]));
        }
        "json_schema_2020_12_tool" => vec![ContentBlock::text(json!(call.arguments).to_string())],
        "test_mirrored_argument" => vec![ContentBlock::text(text(call, "region"))],
        "greet" => vec![ContentBlock::text(format!("Hello, {}!", text(call, "name")))],
        _ => return None,
    };
    Some(CallToolResult::success(content))
}

/// The red dot.
pub(crate) fn image() -> ContentBlock {
    ContentBlock::image(PNG, "image/png")
}

/// A resource within an answer.
pub(crate) fn resource(uri: &str, mime_type: &str, text: &str) -> ContentBlock {
    ContentBlock::resource(ResourceContents::text(text, uri).with_mime_type(mime_type))
}

fn much_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
            },
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}
