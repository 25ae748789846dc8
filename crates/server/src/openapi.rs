//! OpenAPI 3.1 from the list of operations. Its schemas *are* JSON Schema 2020-12, so they are taken as they are.
use schemars::generate::Contract;
use serde_json::{Map, Value, json};
use watchkeep_hub::{Cap, Hub, Ready, Verb, op, schema};
use watchkeep_model::Connector;

use crate::rest::{BASE, has_body};
use crate::uploads::describe;

/// The document of this hub's REST API.
#[must_use]
pub fn document(hub: &Hub, server: &str) -> Value {
    let mut types = schema::named(Contract::Serialize);
    let mut paths = Map::new();
    for ready in hub.ops() {
        let Some((verb, path)) = ready.def.doors.rest else { continue };
        let answer = schema::portable((ready.def.answer)(&mut types, ready.def.doors.dialect));
        let item = paths.entry(format!("{BASE}{path}")).or_insert_with(|| json!({ "parameters": [slug()] }));
        item[word(verb)] = operation(ready, verb, path, &answer);
    }
    describe::add(&mut paths, &mut types, &slug());
    let mut schemas = types.take_definitions(false);
    schemas.values_mut().for_each(schema::tidy);
    schemas.insert("Problem".into(), problem());
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Watchkeep",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "servers": [{ "url": server }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": {
                "description": "Refused or failed (RFC 9457).",
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
            } },
            "securitySchemes": {
                "apiKey": { "type": "http", "scheme": "bearer", "description": "An API key, drx_api_<tenant-slug>.<hex>." },
                (describe::SCHEME): describe::scheme()
            }
        }
    })
}

const fn word(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "get",
        Verb::Post => "post",
        Verb::Put => "put",
        Verb::Patch => "patch",
        Verb::Delete => "delete",
    }
}

fn slug() -> Value {
    json!({
        "name": "slug", "in": "path", "required": true, "description": "The tenant.",
        "schema": { "type": "string", "pattern": "^[a-z0-9](-?[a-z0-9]){1,38}$" }
    })
}

/// The names in braces of a path.
fn in_path(path: &str) -> Vec<&str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
}

fn operation(ready: &Ready, verb: Verb, path: &str, answer: &Value) -> Value {
    let def = ready.def;
    let in_path = in_path(path);
    let mut parameters = vec![];
    let mut body = (*ready.args).clone();
    for field in ready.shape.fields() {
        let at = match in_path.contains(&field.name.as_str()) {
            true => "path",
            false if has_body(verb) => continue,
            false => "query",
        };
        let mut schema = field.schema.clone();
        let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let required = at == "path" || field.required;
        let mut parameter = json!({ "name": field.name, "in": at, "required": required, "schema": schema });
        if let Some(about) = about {
            parameter["description"] = about;
        }
        parameters.push(parameter);
        if let Some(Value::Object(properties)) = body.get_mut("properties") {
            properties.remove(&field.name);
        }
        if let Some(Value::Array(required)) = body.get_mut("required") {
            required.retain(|name| *name != field.name);
        }
    }
    if body.get("required").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        body.remove("required");
    }
    let mut operation = json!({
        "operationId": def.name,
        "summary": def.title,
        "description": def.about,
        "tags": [match def.doors.mcp {
            Some(Connector::Risk) => "risk",
            Some(Connector::Fleet) => "fleet",
            None => "hub",
        }],
        "security": [{ "apiKey": [] }],
        "x-scope": op::scope(None, def.cap).as_str(),
        "x-role": def.doors.role.as_str(),
        "x-rate-class": def.rate.as_str(),
        "parameters": parameters,
        "responses": {
            "200": { "description": "Done.", "content": { "application/json": { "schema": answer } } },
            "default": { "$ref": "#/components/responses/Problem" }
        }
    });
    if def.cap == Cap::Write
        && let Some(Value::Array(all)) = operation.get_mut("parameters")
    {
        all.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false, "schema": { "type": "string", "maxLength": 128 },
            "description": "The same as the argument of this name; one of the two."
        }));
    }
    if has_body(verb) {
        let required = body.contains_key("required");
        operation["requestBody"] =
            json!({ "required": required, "content": { "application/json": { "schema": body } } });
    }
    operation
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": { "type": "string", "description": "The kind of problem, as a path such as /problems/invalid." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What is wrong, with which field, and what to do." },
            "retryAfter": { "type": "integer", "description": "Seconds to wait." },
            "scope": { "type": "string", "description": "The scope that is missing." },
            "errors": { "type": "array", "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {
                    "field": { "type": "string" },
                    "problem": { "type": "string" },
                    "allowed": { "type": "array", "items": { "type": "string" } },
                    "nearest": { "type": "string" }
                }
            } }
        }
    })
}
