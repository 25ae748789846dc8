//! Unusable arguments, made from each operation's own schema: what a client is promised is what is checked.
use serde_json::{Map, Value, json};
use watchkeep_hub::{Cap, Ready};

use crate::calling::{Way, call};
use crate::examples::example;
use crate::ledger::{self, Expected, one_row};
use crate::world::{World, on_each_engine};

/// Arguments with one flaw, the path of the flaw, and a word that the refusal must hold.
#[derive(Debug)]
struct Flawed {
    args: Value,
    field: String,
    says: String,
    /// True if a model is forgiven this.
    forgiven: bool,
    /// True if a query or a path can say it.
    plain: bool,
}

/// Walks an object's schema and makes every flaw that there can be, each in arguments that are good otherwise.
struct Maker<'a> {
    good: &'a Value,
    all: Vec<Flawed>,
}

impl Maker<'_> {
    /// `pointer` leads to the object in the good arguments, `path` is how messages write it.
    fn object(&mut self, schema: &Value, pointer: &str, path: &str) {
        let none = Map::new();
        let fields = schema["properties"].as_object().unwrap_or(&none);
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        self.put(pointer, "noSuchArgument", json!("x"), at("noSuchArgument"), "there is no such argument", false, true);
        for (name, field) in fields {
            let mut near = name.clone();
            near.push('x');
            if !fields.contains_key(&near) {
                let says = format!("did you mean `{name}`?");
                self.put(pointer, &near, json!("x"), at(&near), &says, false, true);
            }
            self.field(field, pointer, name, &at(name), required.contains(&name.as_str()));
        }
        for name in required {
            let mut args = self.good.clone();
            args.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap().remove(name);
            self.all.push(Flawed { args, field: at(name), says: "is required".into(), forgiven: false, plain: false });
        }
    }

    fn field(&mut self, schema: &Value, pointer: &str, name: &str, path: &str, required: bool) {
        let mut flaw = |value: Value, says: &str, forgiven: bool, plain: bool| {
            self.put(pointer, name, value, path.to_owned(), says, forgiven, plain);
        };
        // to a model a null is an absent argument, and a required one is required of both
        flaw(Value::Null, "must be", !required, false);
        match schema["type"].as_str().unwrap_or_default() {
            "string" => {
                flaw(json!(5), "must be text, not 5", false, false);
                flaw(json!(["x"]), "must be text", false, false);
                flaw(json!({ "x": 1 }), "must be text, not an object", false, false);
                if let Some(words) = schema["enum"].as_array() {
                    let word = words[0].as_str().unwrap();
                    flaw(json!(format!("{word}x")), &format!("did you mean `{word}`?"), false, true);
                    flaw(json!("quite another thing"), &format!("allowed: {word}"), false, true);
                    flaw(json!(word.to_uppercase()), "is not a value of it", false, true);
                }
                if let Some(most) = schema["maxLength"].as_u64() {
                    flaw(json!("é".repeat(most as usize + 1)), "characters; it takes", false, true);
                }
                flaw(
                    json!("a\0b"),
                    if schema["enum"].is_array() { "is not a value of it" } else { "holds a NUL character" },
                    false,
                    true,
                );
                if schema["minLength"].as_u64().is_some_and(|least| least > 0) {
                    flaw(json!(""), "has 0 characters", false, false);
                }
                match schema["format"].as_str() {
                    Some("uuid") => flaw(json!("not-an-id"), "is not an id; an id looks like", false, true),
                    Some("date-time") => flaw(json!("yesterday"), "is not a time", false, true),
                    _ => {}
                }
            }
            "integer" => {
                flaw(json!("many"), "must be a whole number, not \"many\"", false, true);
                flaw(json!(1.5), "must be a whole number, not", false, true);
                flaw(json!([1]), "must be a whole number", false, false);
                for (bound, beyond) in [("minimum", -1), ("maximum", 1)] {
                    let bound = schema[bound].as_i64().expect("each whole number has its bounds");
                    flaw(json!(bound + beyond), "is out of range; allowed:", false, true);
                }
                flaw(json!(i64::MAX), "is out of range", false, true);
            }
            "number" => {
                flaw(json!("much"), "must be a number, not \"much\"", false, true);
                flaw(json!(true), "must be a number, not true", false, false);
            }
            "boolean" => flaw(json!("maybe"), "must be true or false", false, true),
            "array" => {
                flaw(json!({ "x": 1 }), "must be a list, not an object", false, false);
                flaw(json!(7), "must be a list", false, false);
                if schema["minItems"].as_u64().is_some_and(|least| least > 0) {
                    flaw(json!([]), "at least", false, false);
                }
                let item = self.good.pointer(&format!("{pointer}/{name}/0")).cloned();
                if let Some(most) = schema["maxItems"].as_u64() {
                    let many = vec![item.clone().unwrap_or(json!("x")); most as usize + 1];
                    self.put(pointer, name, json!(many), path.to_owned(), "at most", false, false);
                }
                if item.is_some_and(|item| item.is_object()) {
                    self.object(&schema["items"], &format!("{pointer}/{name}/0"), &format!("{path}[0]"));
                }
            }
            other => panic!("{path}: a flaw for `{other}` is not written yet"),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one place that fills a row of the list")]
    fn put(&mut self, pointer: &str, name: &str, value: Value, field: String, says: &str, forgiven: bool, plain: bool) {
        let mut args = self.good.clone();
        args.pointer_mut(pointer)
            .expect("the good arguments go as deep")
            .as_object_mut()
            .unwrap()
            .insert(name.into(), value);
        self.all.push(Flawed { args, field, says: says.to_owned(), forgiven, plain: plain && pointer.is_empty() });
    }
}

fn flaws_of(ready: &Ready, good: &Value) -> Vec<Flawed> {
    let mut maker = Maker { good, all: vec![] };
    maker.object(&Value::Object((*ready.args).clone()), "", "");
    maker.all
}

/// Whether the flaw stands in the path, where an empty or doubled one is another address.
fn in_path(ready: &Ready, field: &str) -> bool {
    ready.def.doors.rest.is_some_and(|(_, path)| path.contains(&format!("{{{field}}}")))
}

#[tokio::test]
async fn every_flaw_in_an_argument_is_told_with_its_name_and_leaves_one_row_and_nothing_else() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let mut tried = 0;
        for ready in w.hub.hub.ops() {
            for way in Way::of(ready) {
                let good = example(&w, &w.acme, ready.def.name).await;
                let before_all = ledger::register(&w.hub, &w.acme).await;
                for flaw in flaws_of(ready, &good) {
                    let in_body = way.takes_json(ready) && !(way == Way::Rest && in_path(ready, &flaw.field));
                    if way == Way::Mcp && flaw.forgiven || !in_body && !flaw.plain {
                        continue;
                    }
                    // a number in a query is a number, and one in a path is text
                    if !in_body && in_path(ready, &flaw.field) && !flaw.args[&flaw.field].is_string() {
                        continue;
                    }
                    w.tick();
                    let before = ledger::mark(&w.hub, &w.acme).await;
                    let client = if way == Way::Mcp { &w.acme.pat } else { &w.acme.key };
                    let told = call(client, way, "acme", ready, &flaw.args).await;
                    let shown: String = flaw.args.to_string().chars().take(300).collect();
                    let about = format!("{} over {way:?} with {shown}: {} {}", ready.def.name, told.word, told.text);
                    assert_eq!(told.word, "invalid", "{about}");
                    assert_eq!(told.answer.status, if way == Way::Mcp { 200 } else { 422 }, "{about}");
                    assert!(told.text.contains(&flaw.says), "{about}; wanted {:?}", flaw.says);
                    let told_flaws = told.content["errors"].as_array().expect("the flaws as data").clone();
                    assert!(told_flaws.iter().any(|f| f["field"] == flaw.field.as_str()), "{about}: {told_flaws:?}");
                    assert!(told.text.contains(&format!("{}: ", flaw.field)), "{about}");
                    let args = in_body.then_some(&flaw.args);
                    one_row(
                        &w.hub,
                        &w.acme,
                        before,
                        &told,
                        &Expected { way, op: ready.def.name, outcome: "invalid", args },
                    )
                    .await;
                    tried += 1;
                }
                assert_eq!(ledger::register(&w.hub, &w.acme).await, before_all, "{} wrote something", ready.def.name);
            }
        }
        assert!(tried > 300, "{tried} flaws were tried");
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn a_model_may_write_null_for_nothing_and_numbers_as_text_and_a_program_may_not() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        for ready in w.hub.hub.ops() {
            let Some(fields) = ready.args["properties"].as_object() else { continue };
            let required: Vec<&str> = ready
                .args
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let good = example(&w, &w.acme, ready.def.name).await;
            let mut loose = good.clone();
            for (name, schema) in fields {
                if !required.contains(&name.as_str()) && loose.get(name).is_none() {
                    loose[name] = Value::Null;
                } else if matches!(schema["type"].as_str(), Some("integer" | "number" | "boolean")) {
                    loose[name] = json!(loose[name].to_string());
                }
            }
            for way in Way::of(ready) {
                let client = if way == Way::Mcp { &w.acme.pat } else { &w.acme.key };
                let takes_json = way.takes_json(ready);
                let told = call(client, way, "acme", ready, &loose).await;
                match way {
                    Way::Mcp => assert_eq!(told.word, "ok", "{}: {}", ready.def.name, told.text),
                    Way::Rest if takes_json && loose != good => {
                        assert_eq!(told.word, "invalid", "{} took {loose}", ready.def.name);
                    }
                    Way::Rest => {}
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_write_takes_an_idempotency_key_by_argument_or_header_and_a_read_takes_none() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        for ready in w.hub.hub.ops() {
            let takes = ready.args["properties"].get("idempotencyKey").is_some();
            assert_eq!(takes, ready.def.cap == Cap::Write, "{}", ready.def.name);
            for way in Way::of(ready) {
                let mut args = example(&w, &w.acme, ready.def.name).await;
                args["idempotencyKey"] = json!(format!("{}-{way:?}", ready.def.name));
                let client = if way == Way::Mcp { &w.acme.pat } else { &w.acme.key };
                let told = call(client, way, "acme", ready, &args).await;
                let word = if takes { "ok" } else { "invalid" };
                assert_eq!(told.word, word, "{} over {way:?}: {}", ready.def.name, told.text);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_name_that_is_given_twice_is_refused_whatever_the_places() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let path = |p: &str| w.acme.path(p);
        for uri in ["/kris?limit=1&limit=2", "/kris?query=a&query=b", "/kris/own_indicator?id=mfa_enforced_pct"] {
            let told = crate::calling::of_rest(w.acme.key.get(&path(uri)).await);
            assert_eq!((&*told.word, told.text.contains("is given twice")), ("invalid", true), "{uri}: {}", told.text);
        }
        let body = json!({ "id": "mfa_enforced_pct", "red": 9 });
        let told = crate::calling::of_rest(w.acme.key.json("PATCH", &path("/kris/own_indicator"), body).await);
        assert_eq!(told.text, "id: is given twice, the second time in the path");
        let request = http::Request::post(path("/kris")).header("content-type", "application/json");
        let body = json!({ "signal": "vuln_high_open", "idempotencyKey": "a" }).to_string();
        let told = crate::calling::of_rest(w.acme.key.send(request.header("idempotency-key", "b"), body).await);
        assert_eq!(told.text, "idempotencyKey: is given twice, the second time in the header");
        assert_eq!(w.acme.slugs(json!({})).await, ["mfa_enforced_pct", "own_indicator", "vuln_critical_open"]);
    })
    .await;
}
