//! The OpenAPI document.
use std::collections::BTreeSet;

use serde_json::{Value, json};
use watchkeep_hub::{Cap, Verb};
use watchkeep_server::uploads::{HOOK, UPLOAD};

use crate::calling::{Way, call};
use crate::examples::example;
use crate::world::{World, on_each_engine};

const BASE: &str = "/api/v1/tenants/{slug}";

/// The two doors for files, which are no operations.
fn uploads_are_described(item: &Value) {
    let post = &item["post"];
    assert!(["upload_artifact", "dropzone_hook"].map(Value::from).contains(&post["operationId"]), "{post}");
    let bodies: Vec<&String> = post["requestBody"]["content"].as_object().unwrap().keys().collect();
    assert_eq!(bodies, ["application/octet-stream", "multipart/form-data"]);
    assert!(post["responses"]["200"].is_object() && post["security"][0].is_object(), "{post}");
}

/// Every `$ref` in a document.
fn references(v: &Value, all: &mut BTreeSet<String>) {
    match v {
        Value::Array(items) => items.iter().for_each(|v| references(v, all)),
        Value::Object(members) => {
            if let Some(Value::String(to)) = members.get("$ref") {
                all.insert(to.clone());
            }
            members.values().for_each(|v| references(v, all));
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_document_has_every_operation_once_and_nothing_that_leads_nowhere() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let answer = w.hub.stranger().get("/api/v1/openapi.json").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        let doc = answer.json();
        assert_eq!((&doc["openapi"], &doc["servers"][0]["url"]), (&json!("3.1.1"), &json!("http://127.0.0.1:8420")));
        let mut ids = BTreeSet::new();
        for (path, item) in doc["paths"].as_object().unwrap() {
            if [UPLOAD, HOOK].contains(&path.as_str()) {
                uploads_are_described(item);
                continue;
            }
            assert!(path.starts_with(BASE), "{path}");
            for (verb, operation) in item.as_object().unwrap().iter().filter(|(k, _)| *k != "parameters") {
                let id = operation["operationId"].as_str().unwrap().to_owned();
                assert!(ids.insert(id.clone()), "{id} is there twice");
                let ready = w.hub.hub.ops().iter().find(|r| r.def.name == id).unwrap();
                let (is, at) = ready.def.doors.rest.unwrap();
                assert_eq!(*path, format!("{BASE}{at}"), "{id}");
                let word = match is {
                    Verb::Get => "get",
                    Verb::Post => "post",
                    Verb::Put => "put",
                    Verb::Patch => "patch",
                    Verb::Delete => "delete",
                };
                assert_eq!(verb, word, "{id}");
                let scope = if ready.def.cap == Cap::Read { "api:read" } else { "api:write" };
                assert_eq!(
                    (&operation["x-scope"], &operation["security"]),
                    (&json!(scope), &json!([{ "apiKey": [] }])),
                    "{id}"
                );
                // each argument has one place, and the path's are all told
                let parameters = operation["parameters"].as_array().unwrap();
                let mut told: BTreeSet<&str> =
                    parameters.iter().filter(|p| p["in"] != "header").map(|p| p["name"].as_str().unwrap()).collect();
                let body = &operation["requestBody"]["content"]["application/json"]["schema"];
                for name in body["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()) {
                    assert!(told.insert(name), "{id}: {name} has two places");
                }
                let arguments: BTreeSet<&str> =
                    ready.args["properties"].as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(told, arguments, "{id}");
                for name in at.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}')) {
                    let found = parameters.iter().find(|p| p["name"] == name).unwrap();
                    assert_eq!((&found["in"], &found["required"]), (&json!("path"), &json!(true)), "{id}: {name}");
                }
                assert!(
                    item["parameters"].as_array().unwrap().iter().any(|p| p["name"] == "slug" && p["in"] == "path")
                );
                assert!(
                    operation["responses"]["200"].is_object() && operation["responses"]["default"].is_object(),
                    "{id}"
                );
                for parameter in parameters {
                    assert!(
                        parameter["description"].is_string() && parameter["schema"].is_object(),
                        "{id}: {parameter}"
                    );
                }
            }
        }
        let expected: BTreeSet<String> =
            w.hub.hub.ops().iter().filter(|r| r.def.doors.rest.is_some()).map(|r| r.def.name.to_owned()).collect();
        assert_eq!(ids, expected);

        let mut all = BTreeSet::new();
        references(&doc, &mut all);
        assert!(all.len() > 5);
        for to in all {
            let pointer = to.strip_prefix('#').unwrap_or_else(|| panic!("{to} leads outside"));
            assert!(doc.pointer(pointer).is_some(), "{to} leads nowhere");
        }
        // two types of one name are numbered, which no generated client should see
        for name in doc["components"]["schemas"].as_object().unwrap().keys() {
            assert!(!name.ends_with(|c: char| c.is_ascii_digit()), "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn answers_and_problems_fit_the_document() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let doc = w.hub.stranger().get("/api/v1/openapi.json").await.json();
        let fits = |schema: &Value, instance: &Value, about: &str| {
            let schema = json!({ "allOf": [schema], "components": doc["components"] });
            let validator = jsonschema::draft202012::new(&schema).unwrap_or_else(|e| panic!("{about}: {e}"));
            let errors: Vec<String> = validator.iter_errors(instance).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{about}: {errors:?}\n{instance:#}");
        };
        let problem = &doc["components"]["schemas"]["Problem"];
        for ready in w.hub.hub.ops().iter().filter(|r| r.def.doors.rest.is_some()) {
            let path = format!("{BASE}{}", ready.def.doors.rest.unwrap().1);
            let item = doc["paths"][&path].as_object().unwrap();
            let operation = item.values().find(|o| o["operationId"] == ready.def.name).unwrap();
            let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            let args = example(&w, &w.acme, ready.def.name).await;
            let body: Value = {
                let (_, body) = crate::calling::request(ready, "acme", &args);
                serde_json::from_str(&body).unwrap_or_default()
            };
            let asked = &operation["requestBody"]["content"]["application/json"]["schema"];
            if asked.is_object() {
                fits(asked, &body, ready.def.name);
            }
            let told = call(&w.acme.key, Way::Rest, "acme", ready, &args).await;
            assert_eq!(told.word, "ok", "{}: {}", ready.def.name, told.text);
            fits(schema, &told.content, ready.def.name);

            let mut bad = args.clone();
            bad["noSuchArgument"] = json!("x");
            for (client, slug, status) in
                [(&w.acme.key, "acme", 422), (&w.acme.pat, "acme", 401), (&w.acme.key, "contoso", 404)]
            {
                let told = call(client, Way::Rest, slug, ready, &bad).await;
                assert_eq!(told.answer.status, status, "{}", ready.def.name);
                assert_eq!(told.answer.header("content-type"), "application/problem+json");
                fits(problem, &told.content, ready.def.name);
                assert_eq!(told.content["status"], status);
            }
        }
    })
    .await;
}
