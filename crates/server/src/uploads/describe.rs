//! The two routes in the OpenAPI document.
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use watchkeep_hub::dropzone::Submitted;
use watchkeep_hub::schema;

use super::{HOOK, TOKEN, UPLOAD};

/// The name of the webhook's kind of credential.
pub(crate) const SCHEME: &str = "dropzoneToken";

/// The kind of credential that the webhook takes.
pub(crate) fn scheme() -> Value {
    json!({
        "type": "apiKey", "in": "header", "name": TOKEN,
        "description": "The token of one Drop Zone, as `watchkeep dropzone token rotate` shows it."
    })
}

/// Adds both routes to the paths of the document.
pub(crate) fn add(paths: &mut Map<String, Value>, types: &mut SchemaGenerator, slug: &Value) {
    let answer = schema::portable(types.subschema_for::<Submitted>());
    let mut upload = operation(
        "upload_artifact",
        "Upload a file into a Drop Zone",
        "Keeps a report, an export or a note as an artifact and reads KRI signals from it. The body is the file itself, or \
         a form with the file in the part `file`. At most 64 MiB. The same bytes again change nothing and name the first \
         artifact.",
        &answer,
    );
    upload["security"] = json!([{ "apiKey": [] }]);
    upload["x-scope"] = json!("api:write");
    upload["x-role"] = json!("analyst");
    let mut hook = operation(
        "dropzone_hook",
        "Push a file into a Drop Zone with its own token",
        "The same for a tool that can only send a webhook. An unknown address and a wrong token get the same answer.",
        &answer,
    );
    hook["security"] = json!([{ SCHEME: [] }]);
    paths.insert(UPLOAD.to_owned(), json!({ "parameters": [slug, id()], "post": upload }));
    paths.insert(HOOK.to_owned(), json!({ "parameters": [id()], "post": hook }));
}

fn id() -> Value {
    json!({
        "name": "integrationId", "in": "path", "required": true,
        "description": "The id of the Drop Zone: an integration whose isDropZone is true.",
        "schema": { "type": "string", "format": "uuid" }
    })
}

fn operation(id: &str, title: &str, about: &str, answer: &Value) -> Value {
    let text = |name: &str, about: &str| {
        json!({
            "name": name, "in": "query", "required": false, "description": about,
            "schema": { "type": "string", "maxLength": 200 }
        })
    };
    json!({
        "operationId": id,
        "summary": title,
        "description": about,
        "tags": ["dropzone"],
        "x-rate-class": "write",
        "parameters": [
            text("filename", "The name of the file: names the subject if nothing better does."),
            text("subject", "What the values speak of, such as a project or a host, if the file does not say so itself."),
        ],
        "requestBody": { "required": true, "content": {
            "application/octet-stream": { "schema": { "type": "string", "format": "binary" } },
            "multipart/form-data": { "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": { "type": "string", "format": "binary", "description": "The file." },
                    "filename": { "type": "string", "maxLength": 200, "description": "In place of the file's own name." },
                    "subject": { "type": "string", "maxLength": 200, "description": "What the values speak of." }
                }
            } }
        } },
        "responses": {
            "200": { "description": "Kept, or known already.", "content": { "application/json": { "schema": answer } } },
            "default": { "$ref": "#/components/responses/Problem" }
        }
    })
}
