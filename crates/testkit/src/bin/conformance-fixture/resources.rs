//! The suite's resources.

use rmcp::ErrorData;
use rmcp::model::{Resource, ResourceContents, ResourceTemplate};
use serde_json::json;

use crate::content::PNG;

const TEXT: &str = "test://static-text";
const BINARY: &str = "test://static-binary";

/// The resources, in the order of the list.
pub(crate) fn list() -> Vec<Resource> {
    vec![
        Resource::new(TEXT, "static-text").with_description("A text").with_mime_type("text/plain"),
        Resource::new(BINARY, "static-binary").with_description("An image").with_mime_type("image/png"),
    ]
}

/// The forms of addresses of which there are many.
pub(crate) fn templates() -> Vec<ResourceTemplate> {
    let data = ResourceTemplate::new("test://template/{id}/data", "template-data");
    vec![data.with_description("The data of an id").with_mime_type("application/json")]
}

/// What stands at an address.
pub(crate) fn read(uri: &str) -> Result<ResourceContents, ErrorData> {
    if let Some(id) = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data")) {
        let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
        return Ok(ResourceContents::text(data.to_string(), uri).with_mime_type("application/json"));
    }
    match uri {
        TEXT => Ok(ResourceContents::text("This is the content of the static text resource.", uri)),
        BINARY => Ok(ResourceContents::blob(PNG, uri).with_mime_type("image/png")),
        _ => Err(ErrorData::resource_not_found("there is no such resource", Some(json!({ "uri": uri })))),
    }
}
