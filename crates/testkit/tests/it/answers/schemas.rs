//! Schemas and bytes.
use serde_json::{Map, Value, json};
use watchkeep_hub::Cap;
use watchkeep_model::register::Kind;

use crate::calling::{Way, call};
use crate::examples::{example, named};
use crate::world::{World, on_each_engine};

fn fits(schema: &Map<String, Value>, instance: &Value, about: &str) {
    let schema = Value::Object(schema.clone());
    let validator = jsonschema::draft202012::new(&schema).unwrap_or_else(|e| panic!("{about}: {e}"));
    let errors: Vec<String> = validator.iter_errors(instance).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{about}: {errors:?}\n{instance:#}");
}

/// A world with KRIs in every state, so that each member of an answer is there and absent once.
async fn varied(engine: watchkeep_testkit::Engine) -> World {
    let w = World::filled(engine).await;
    w.acme
        .posted(json!([
            { "kri": "vuln_high_open", "value": 3, "observedAt": "2026-11-01" },
            { "kri": "vuln_kev_open", "state": "error" },
            { "kri": "edr_coverage_pct", "state": "unavailable", "subject": "a" },
            { "kri": "edr_coverage_pct", "value": 50, "subject": "b" },
        ]))
        .await;
    let untouched = json!({ "signal": "dr_test_age_days" });
    assert_eq!(w.acme.key.post(&w.acme.path("/kris"), untouched).await.status, 200);
    let new = serde_json::from_value(json!({ "signal": "ai_unsanctioned_apps" })).unwrap();
    w.hub.admin().create_kri(&w.acme.tenant.scope, &new).await.unwrap();
    w
}

#[tokio::test]
async fn every_answer_and_every_example_fits_its_declared_schema() {
    on_each_engine(async |engine| {
        let w = varied(engine).await;
        for ready in w.hub.hub.ops() {
            for way in Way::of(ready) {
                let args = example(&w, &w.acme, ready.def.name).await;
                fits(&ready.args, &args, ready.def.name);
                let client = if way == Way::Mcp { &w.acme.pat } else { &w.acme.key };
                let told = call(client, way, "acme", ready, &args).await;
                assert_eq!(told.word, "ok", "{}: {}", ready.def.name, told.text);
                fits(&ready.answer, &told.content, ready.def.name);
            }
        }
        // and everything there is
        let schema = |name: &str| w.hub.hub.ops().iter().find(|r| r.def.name == name).unwrap().answer.clone();
        for slug in w.acme.slugs(json!({})).await {
            fits(&schema("get_kri"), &w.acme.kri(&slug).await, &slug);
            let id = json!({ "id": format!("kri:{slug}") });
            fits(&schema("fetch"), &w.acme.asked("fetch", id).await, &slug);
        }
        for name in ["list_controls", "list_risks", "list_outcomes", "list_vendors", "get_asset_inventory"] {
            let all = w.acme.asked(name, json!({ "limit": 200 })).await;
            fits(&schema(name), &all, name);
            assert!(!all["items"].as_array().unwrap().is_empty(), "{name}");
        }
        for kind in Kind::ALL {
            let id = json!({ "id": format!("{kind}:{}", named(*kind)) });
            fits(&schema("fetch"), &w.acme.asked("fetch", id).await, kind.as_str());
        }
        for name in ["list_kris", "list_integrations"] {
            let all = w.acme.asked(name, json!({ "limit": 200 })).await;
            fits(&schema(name), &all, name);
            for item in all["items"].as_array().unwrap() {
                if name == "list_integrations" {
                    let id = json!({ "id": format!("integration:{}", item["id"].as_str().unwrap()) });
                    fits(&schema("fetch"), &w.acme.asked("fetch", id).await, name);
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_has_the_same_bytes_over_rest_as_text_and_as_structured_content() {
    on_each_engine(async |engine| {
        let w = varied(engine).await;
        let mut compared = 0;
        for ready in w.hub.hub.ops() {
            let ways = Way::of(ready);
            if !ways.contains(&Way::Mcp) {
                continue;
            }
            // a write answers with new ids each time; a repeat by its key gives the same bytes by one door only
            let args = example(&w, &w.acme, ready.def.name).await;
            let mcp = call(&w.acme.pat, Way::Mcp, "acme", ready, &args).await;
            let body = mcp.answer.json();
            let text = body["result"]["content"][0]["text"].as_str().unwrap().to_owned();
            assert_eq!(
                serde_json::from_str::<Value>(&text).unwrap(),
                body["result"]["structuredContent"],
                "{}",
                ready.def.name
            );
            let raw = String::from_utf8(mcp.answer.body.clone()).unwrap();
            assert!(raw.contains(&format!("\"structuredContent\":{text}")), "{}: {raw}", ready.def.name);
            assert_eq!(body["result"]["content"].as_array().unwrap().len(), 1);
            assert_ne!(body["result"]["isError"], true);
            if ways.contains(&Way::Rest) && ready.def.cap == Cap::Read {
                let rest = call(&w.acme.key, Way::Rest, "acme", ready, &args).await;
                assert_eq!(String::from_utf8(rest.answer.body).unwrap(), text, "{}", ready.def.name);
                assert_eq!(rest.answer.headers["content-type"], "application/json");
                compared += 1;
            }
        }
        assert!(compared >= 3);
        for slug in w.acme.slugs(json!({})).await {
            let mcp = w.acme.pat.tool("get_kri", json!({ "id": slug })).await.json();
            let rest = w.acme.key.get(&w.acme.path(&format!("/kris/{slug}"))).await.body;
            assert_eq!(mcp["result"]["content"][0]["text"].as_str().unwrap().as_bytes(), rest, "{slug}");
        }
    })
    .await;
}

/// Walks a schema and everything in it.
fn walk(schema: &Value, at: &str, visit: &mut impl FnMut(&Value, &str)) {
    visit(schema, at);
    for key in ["properties", "$defs", "patternProperties"] {
        for (name, inner) in schema[key].as_object().into_iter().flatten() {
            walk(inner, &format!("{at}.{name}"), visit);
        }
    }
    for key in ["items", "additionalProperties"] {
        if schema[key].is_object() {
            walk(&schema[key], &format!("{at}.{key}"), visit);
        }
    }
    for key in ["anyOf", "oneOf", "allOf", "prefixItems"] {
        for inner in schema[key].as_array().into_iter().flatten() {
            walk(inner, at, visit);
        }
    }
}

#[tokio::test]
async fn schemas_are_those_that_every_client_understands() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let listed = w.acme.rpc("tools/list", json!({})).await["result"]["tools"].as_array().unwrap().clone();
        assert_eq!(listed.len(), w.hub.hub.tools(watchkeep_model::Connector::Risk).count());
        for ready in w.hub.hub.ops() {
            let name = ready.def.name;
            for (which, schema) in [("arguments", &ready.args), ("answer", &ready.answer)] {
                let schema = Value::Object((**schema).clone());
                assert_eq!(schema["type"], "object", "{name}");
                walk(&schema, name, &mut |s, at| {
                    for foreign in
                        ["$ref", "$defs", "$schema", "definitions", "oneOf", "anyOf", "allOf", "const", "nullable"]
                    {
                        assert!(s.get(foreign).is_none(), "{at} ({which}) has {foreign}: {s}");
                    }
                    let text = s["type"].to_string();
                    assert!(!text.contains("null") && !s["type"].is_array(), "{at} ({which}): {text}");
                    if let Some(format) = s["format"].as_str() {
                        assert!(["uuid", "date-time"].contains(&format), "{at} ({which}): {format}");
                    }
                    assert!(s["enum"].as_array().is_none_or(|words| words.iter().all(Value::is_string)), "{at}: {s}");
                    for (field, inner) in s["properties"].as_object().into_iter().flatten() {
                        // the items of a list say it themselves
                        let says =
                            if inner["items"].is_object() { &inner["items"]["description"] } else { &Value::Null };
                        let about = inner["description"].as_str().or(says.as_str()).unwrap_or_default();
                        assert!(about.contains('.'), "{at}.{field} ({which}) has no sentence: {inner}");
                        // two types of one name are numbered; a percentile and the name of a hash are names of their own
                        let percentile =
                            ["10", "50", "90", "99"].iter().any(|p| field.to_lowercase().ends_with(&format!("p{p}")));
                        assert!(
                            percentile || field == "sha256" || !field.ends_with(|c: char| c.is_ascii_digit()),
                            "{at}.{field}"
                        );
                    }
                });
                jsonschema::draft202012::new(&schema).unwrap();
            }
            let Some(tool) = listed.iter().find(|t| t["name"] == name) else {
                assert!(ready.def.doors.mcp.is_none(), "{name} is not listed");
                continue;
            };
            assert_eq!(tool["inputSchema"], Value::Object((*ready.args).clone()), "{name}");
            assert_eq!(tool["outputSchema"], Value::Object((*ready.answer).clone()), "{name}");
            assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{name}");
            let hints = &tool["annotations"];
            assert_eq!(hints["readOnlyHint"], ready.def.cap == Cap::Read, "{name}");
            assert_eq!(
                (&hints["destructiveHint"], &hints["idempotentHint"], &hints["openWorldHint"]),
                (&json!(ready.def.doors.destructive), &json!(ready.def.doors.repeatable), &json!(false))
            );
            assert_eq!((&tool["title"], &tool["description"]), (&json!(ready.def.title), &json!(ready.def.about)));
            assert!(ready.def.about.ends_with('.') && !ready.def.title.is_empty(), "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_optional_is_ever_null() {
    on_each_engine(async |engine| {
        let w = varied(engine).await;
        let mut all = vec![
            w.acme.asked("list_kris", json!({})).await,
            w.acme.asked("list_integrations", json!({})).await,
            w.acme.key.get(&w.acme.path("/signals?limit=200")).await.json(),
            w.acme.asked("get_risk", json!({ "id": "outage" })).await,
        ];
        for name in ["list_controls", "list_risks", "list_outcomes", "list_vendors", "get_asset_inventory"] {
            all.push(w.acme.asked(name, json!({ "limit": 200 })).await);
        }
        for slug in w.acme.slugs(json!({})).await {
            all.push(w.acme.kri(&slug).await);
            all.push(w.acme.asked("fetch", json!({ "id": format!("kri:{slug}") })).await);
        }
        fn no_null(v: &Value, at: &str) {
            match v {
                Value::Null => panic!("{at} is null"),
                Value::Array(items) => items.iter().for_each(|v| no_null(v, at)),
                Value::Object(members) => members.iter().for_each(|(k, v)| no_null(v, &format!("{at}.{k}"))),
                _ => {}
            }
        }
        all.iter().for_each(|v| no_null(v, ""));
    })
    .await;
}
