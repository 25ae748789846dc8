//! The OpenAPI document.
use http::Request;
use serde_json::{Value, json};
use watchkeep_server::uploads::{HOOK, UPLOAD};

use crate::doors::{BASE, Doors};

async fn document() -> Value {
    Doors::new().await.send(Request::get("/api/v1/openapi.json"), "").await.json()
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else() {
    let doors = Doors::new().await;
    let doc = document().await;
    assert_eq!((doc["openapi"].as_str(), &doc["servers"]), (Some("3.1.1"), &json!([{ "url": BASE }])));
    let mut described = vec![];
    for (path, item) in doc["paths"].as_object().unwrap() {
        described.extend(
            item.as_object().unwrap().keys().filter(|k| *k != "parameters").map(|verb| format!("{verb} {path}")),
        );
    }
    let mut routes: Vec<String> = doors
        .house
        .hub
        .ops()
        .iter()
        .filter_map(|r| r.def.doors.rest)
        .map(|(verb, path)| format!("{} /api/v1/tenants/{{slug}}{path}", format!("{verb:?}").to_lowercase()))
        .collect();
    // the two that are no operations
    routes.extend([UPLOAD, HOOK].map(|path| format!("post {path}")));
    described.sort();
    routes.sort();
    assert_eq!(described, routes);
}

#[tokio::test]
async fn arguments_stand_where_they_are_sent() {
    let doc = document().await;
    let get = &doc["paths"]["/api/v1/tenants/{slug}/sources/{id}"]["get"];
    assert_eq!(get["operationId"], "get_source");
    assert_eq!(
        get["parameters"],
        json!([{ "name": "id", "in": "path", "required": true, "description": "The name.", "schema": { "type": "string", "minLength": 1, "maxLength": 100 } }])
    );
    let post = &doc["paths"]["/api/v1/tenants/{slug}/sources"]["post"];
    let body = &post["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!((body["required"].clone(), &post["x-scope"]), (json!(["name"]), &json!("api:write")));
    assert!(body["properties"]["idempotencyKey"].is_object());
    assert_eq!(post["parameters"][0]["name"], "Idempotency-Key");
    let put = &doc["paths"]["/api/v1/tenants/{slug}/sources/{id}/check"]["put"];
    assert_eq!(put["requestBody"]["required"], false);
    let list = &doc["paths"]["/api/v1/tenants/{slug}/sources"]["get"]["responses"]["200"]["content"]["application/json"]
        ["schema"];
    assert_eq!(list["properties"]["items"]["items"], json!({ "$ref": "#/components/schemas/Source" }));
}

#[tokio::test]
async fn names_of_types_are_ours_and_references_lead_somewhere() {
    let doc = document().await;
    let schemas = doc["components"]["schemas"].as_object().unwrap();
    for name in schemas.keys() {
        assert!(!name.ends_with(|c: char| c.is_ascii_digit()), "the generator renamed a namesake to {name}");
    }
    let text = doc.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
}
