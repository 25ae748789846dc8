//! What holds for every operation of a list.
use std::collections::HashSet;

use serde_json::{Value, json};
use watchkeep_hub::{Cap, Dialect, Hub, Limits, Lists, Verb};
use watchkeep_model::Connector;

use crate::doors::Doors;
use crate::fixture::{House, key, pat};

#[tokio::test]
async fn every_operation_is_sound() {
    let (ours, product) = (House::new().await, House::of(Lists::PRODUCT, Limits::NONE).await);
    for hub in [&ours.hub, &product.hub] {
        sound(hub);
    }
    assert_eq!(product.hub.prompts(Connector::Risk).count(), 4);
}

fn sound(hub: &Hub) {
    let mut seen = HashSet::new();
    for ready in hub.ops() {
        let def = ready.def;
        assert!(seen.insert((def.doors.mcp, def.name)), "{} twice", def.name);
        assert!(def.name.len() <= 40 && def.about.ends_with('.'), "{}", def.name);
        let text = serde_json::to_string(&(&*ready.args, &*ready.answer)).unwrap();
        for noise in ["$ref", "$defs", "$schema", "\"null\"", "uint", "int64", "\"double\"", "\"oneOf\"", "\"anyOf\""] {
            assert!(!text.contains(noise), "{}: {noise} in {text}", def.name);
        }
        for field in ready.shape.fields() {
            assert!(field.schema.get("description").is_some(), "{}.{} has no sentence", def.name, field.name);
            match def.doors.dialect {
                Dialect::Camel => assert!(!field.name.contains('_'), "{}", field.name),
                Dialect::Snake => assert!(!field.name.chars().any(char::is_uppercase), "{}", field.name),
            }
        }
        if let Some((verb, path)) = def.doors.rest {
            assert_eq!(verb == Verb::Get, def.cap == Cap::Read, "{}", def.name);
            for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                assert!(ready.shape.field(name).is_some_and(|f| f.required), "{}: {name}", def.name);
            }
        }
    }
}

#[tokio::test]
async fn answers_are_what_their_schemas_say_and_equal_at_both_doors() {
    let doors = Doors::new().await;
    for (path, token, name, args, rest) in [
        ("/api/mcp", 'a', "list_sources", json!({ "limit": 3, "kind": "csv" }), "sources?limit=3&kind=csv"),
        ("/api/mcp", 'a', "get_source", json!({ "id": "source-0001" }), "sources/source-0001"),
        ("/mcp", 'f', "monsys_list_sources", json!({ "source_kind": "api", "limit": 2 }), ""),
    ] {
        let answer = doors.tool(path, &pat("acme", token), name, args).await;
        let result = answer.result();
        let ready = doors.house.hub.ops().iter().find(|ready| ready.def.name == name).unwrap();
        let schema = Value::Object((*ready.answer).clone());
        jsonschema::validator_for(&schema).unwrap().validate(&result["structuredContent"]).unwrap();
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), result["structuredContent"]);
        if !rest.is_empty() {
            let same = doors.get(&format!("/api/v1/tenants/acme/{rest}"), &key("acme", '1')).await;
            assert_eq!(same.status, 200);
            // the cursors differ in nothing but their HMAC's question, which has no door in it
            assert_eq!(String::from_utf8(same.body).unwrap(), text, "the same bytes at both doors");
        }
    }
}

#[tokio::test]
async fn both_dialects_write_their_own_names() {
    let doors = Doors::new().await;
    let risk = doors.tool("/api/mcp", &pat("acme", 'a'), "list_sources", json!({ "limit": 1 })).await.result();
    let fleet = doors.tool("/mcp", &pat("acme", 'f'), "monsys_list_sources", json!({ "limit": 1 })).await.result();
    assert!(
        risk["structuredContent"]["nextCursor"].is_string() && fleet["structuredContent"]["next_cursor"].is_string()
    );
}
