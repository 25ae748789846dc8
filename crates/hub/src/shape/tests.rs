use serde_json::json;

use super::*;
use crate::error::Kind;

fn shape() -> Shape {
    let schema = json!({
        "type": "object",
        "properties": {
            "status": { "type": "string", "enum": ["green", "amber", "red"] },
            "query": { "type": "string", "minLength": 1, "maxLength": 5 },
            "limit": { "type": "integer", "minimum": 1, "maximum": 200, "default": 50 },
            "ratio": { "type": "number", "minimum": 0 },
            "overdue": { "type": "boolean" },
            "id": { "type": "string", "format": "uuid" },
            "at": { "type": "string", "format": "date-time" },
            "tags": { "type": "array", "items": { "type": "string", "maxLength": 3 }, "minItems": 1, "maxItems": 2 },
            "inner": { "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] },
            "labels": { "type": "object", "additionalProperties": { "type": "integer" } },
            "raw": { "description": "Anything." }
        },
        "required": ["status"]
    });
    Shape::read(schema.as_object().unwrap()).unwrap()
}

fn fit(args: Value, forgiving: bool) -> Result<Value, Vec<Flaw>> {
    let mut args = args.as_object().unwrap().clone();
    match shape().fit(&mut args, forgiving) {
        Ok(()) => Ok(Value::Object(args)),
        Err(Error { kind: Kind::Invalid(flaws), .. }) => Err(flaws),
        Err(e) => panic!("{e}"),
    }
}

fn told(args: Value) -> Vec<String> {
    fit(args, false).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn what_fits_passes_unchanged() {
    let args = json!({
        "status": "red", "query": "äöü", "limit": 200, "ratio": 0.5, "overdue": false, "id": "019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c",
        "at": "2026-11-20T08:00:00Z", "tags": ["a", "b"], "inner": { "n": -3 }, "labels": { "x": 1 }, "raw": [null]
    });
    assert_eq!(fit(args.clone(), false).unwrap(), args);
    assert_eq!(fit(args.clone(), true).unwrap(), args);
}

#[test]
fn all_flaws_come_together() {
    assert_eq!(
        told(json!({ "stauts": "red", "limit": 0, "ratio": -1, "query": "" })),
        [
            "stauts: there is no such argument; allowed: at, id, inner, labels, limit, overdue, query, ratio, raw, status, tags; did you mean `status`?",
            "limit: 0 is out of range; allowed: 1 to 200; did you mean `1`?",
            "query: has 0 characters; it takes 1 to 5",
            "ratio: -1 is out of range; allowed: 0 or more",
            "status: is required",
        ]
    );
}

#[test]
fn each_kind_is_told_in_its_words() {
    for (name, value, want) in [
        (
            "status",
            json!("rde"),
            "status: \"rde\" is not a value of it; allowed: green, amber, red; did you mean `red`?",
        ),
        ("status", json!(5), "status: must be text, not 5; allowed: green, amber, red"),
        ("query", json!("sixsix"), "query: has 6 characters; it takes 1 to 5"),
        ("limit", json!("50"), "limit: must be a whole number, not \"50\""),
        ("limit", json!(1.5), "limit: must be a whole number, not 1.5"),
        ("limit", json!(1e300), "limit: must be a whole number, not 1e+300"),
        ("limit", Value::Null, "limit: must be a whole number, not null"),
        ("ratio", json!("x"), "ratio: must be a number, not \"x\""),
        ("overdue", json!("true"), "overdue: must be true or false, not \"true\"; allowed: true, false"),
        ("id", json!("kri-1"), "id: \"kri-1\" is not an id; an id looks like 019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c"),
        ("tags", json!("a"), "tags: must be a list, not \"a\""),
        ("tags", json!([]), "tags: has 0 items; at least 1 are needed"),
        ("tags", json!(["a", "b", "c"]), "tags: has 3 items; at most 2 are taken"),
        ("tags", json!(["a", "abcd"]), "tags[1]: has 4 characters; it takes 0 to 3"),
        ("inner", json!({}), "inner.n: is required"),
        ("inner", json!({ "n": 1, "m": 2 }), "inner.m: there is no such argument; allowed: n; did you mean `n`?"),
        ("inner", json!([]), "inner: must be an object, not []"),
        ("labels", json!({ "a": "x" }), "labels.a: must be a whole number, not \"x\""),
    ] {
        let flaws = told(json!({ "status": "red", name: value }));
        let want = if want.ends_with("did you mean `n`?") { vec![flaws[0].clone()] } else { vec![want.to_owned()] };
        assert_eq!(flaws, want, "{name}");
    }
    assert!(told(json!({ "status": "red", "at": "yesterday" }))[0].starts_with("at: "));
}

#[test]
fn a_model_is_forgiven_what_a_program_is_told() {
    let args = json!({ "status": "red", "limit": "50", "ratio": "0.5", "overdue": "true", "tags": "a", "query": null, "inner": { "n": "7" }, "labels": { "x": "2" } });
    let want = json!({ "status": "red", "limit": 50, "ratio": 0.5, "overdue": true, "tags": ["a"], "inner": { "n": 7 }, "labels": { "x": 2 } });
    assert_eq!(fit(args.clone(), true).unwrap(), want);
    assert_eq!(fit(args, false).unwrap_err().len(), 7);
    // a required argument that is null is not absent, and text stays text
    assert!(fit(json!({ "status": null }), true).is_err());
    assert_eq!(fit(json!({ "status": "red", "query": "50" }), true).unwrap()["query"], "50");
}

#[test]
fn a_whole_number_with_a_point_is_one() {
    assert_eq!(fit(json!({ "status": "red", "limit": 5.0 }), false).unwrap()["limit"], 5);
    assert!(fit(json!({ "status": "red", "inner": { "n": 18_446_744_073_709_551_615_u64 } }), false).is_err());
}

#[test]
fn outside_text_in_a_flaw_is_cleaned_and_short() {
    let flaws = fit(json!({ "status": format!("\u{202e}{}", "x".repeat(5_000)) }), false).unwrap_err();
    assert!(flaws[0].problem.len() < 120 && !flaws[0].problem.contains('\u{202e}'), "{:?}", flaws[0]);
    let flaws = fit(json!({ "status": "red", "\u{200b}\u{1b}[31mstatus": 1 }), false).unwrap_err();
    assert_eq!(flaws[0].field, "[31mstatus");
}

#[test]
fn a_thousand_flaws_are_not_all_told() {
    let many: Map<String, Value> = (0..1_000).map(|i| (format!("x{i}"), json!(1))).collect();
    let mut args = many;
    let error = shape().fit(&mut args, false).unwrap_err();
    assert!(error.public.len() <= crate::error::MAX_TEXT);
    assert!(matches!(error.kind, Kind::Invalid(flaws) if flaws.len() <= 20));
}

#[test]
fn words_of_a_url_become_what_they_are_meant_for() {
    let shape = shape();
    let of = |name: &str, s: &str| shape.field(name).unwrap().what.of_text(s);
    assert_eq!((of("limit", "7"), of("limit", "x"), of("overdue", "true")), (json!(7), json!("x"), json!(true)));
    assert_eq!((of("tags", "a"), of("query", "7"), of("ratio", "NaN")), (json!(["a"]), json!("7"), json!("NaN")));
}

#[test]
fn defaults_are_spelled_out() {
    let args = json!({ "status": "red" });
    assert_eq!(Value::Object(shape().spelled_out(args.as_object().unwrap())), json!({ "status": "red", "limit": 50 }));
}

#[test]
fn what_no_argument_may_use_is_found_at_the_start() {
    for bad in [
        json!({ "$ref": "#/x" }),
        json!({ "anyOf": [] }),
        json!({ "type": ["string", "null"] }),
        json!({ "enum": [1], "type": "string" }),
        json!(false),
    ] {
        let schema = json!({ "properties": { "x": bad } });
        assert!(Shape::read(schema.as_object().unwrap()).unwrap_err().starts_with("x: "));
    }
}

#[test]
fn types_say_the_rest_with_the_path_of_the_field() {
    #[derive(Debug, serde::Deserialize)]
    struct Args {
        #[expect(dead_code, reason = "only its refusal is looked at")]
        slugs: Vec<watchkeep_model::Slug>,
    }
    let args = json!({ "slugs": ["acme", "Not a slug"] });
    let error = parse::<Args>(args.as_object().unwrap().clone()).unwrap_err();
    assert!(matches!(&error.kind, Kind::Invalid(flaws) if flaws[0].field == "slugs[1]"), "{error}");
}

/// 20,000 seeded mutations of good arguments: the check never panics, and what it lets through fits the schema.
#[test]
fn mutated_arguments_are_refused_or_fit() {
    let good = json!({
        "status": "red", "query": "abc", "limit": 20, "ratio": 0.5, "overdue": false, "id": "019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c",
        "at": "2026-11-20T08:00:00Z", "tags": ["a"], "inner": { "n": 3 }, "labels": { "x": 1 }, "raw": 1
    })
    .to_string();
    let rng = crate::Rng::seeded(20_261_120);
    let (mut parsed, mut fitted) = (0, 0);
    for _ in 0..20_000 {
        let mut text = good.clone().into_bytes();
        for _ in 0..=rng.bytes::<1>()[0] % 3 {
            let [how, a, b, c] = rng.bytes::<4>();
            let at = (usize::from(a) << 8 | usize::from(b)) % text.len();
            match how % 4 {
                0 => text[at] = c,
                1 => drop(text.remove(at)),
                2 => text.insert(at, b"\"{}[],:0-eE.nulltrue\\u"[usize::from(c) % 22]),
                _ => text[at] ^= 1 << (c % 8),
            }
        }
        let Ok(Value::Object(mut args)) = serde_json::from_slice::<Value>(&text) else { continue };
        parsed += 1;
        for forgiving in [false, true] {
            if shape().fit(&mut args, forgiving).is_ok() {
                fitted += 1;
                assert!(args.keys().all(|k| shape().field(k).is_some()) && args.contains_key("status"));
                assert!(args.get("limit").is_none_or(|n| n.as_i64().is_some_and(|n| (1..=200).contains(&n))));
                assert!(
                    args.get("query").is_none_or(|q| q.as_str().is_some_and(|q| (1..=5).contains(&q.chars().count())))
                );
                assert!(args.get("tags").is_none_or(|t| t.as_array().is_some_and(|t| (1..=2).contains(&t.len()))));
            }
        }
    }
    assert!(parsed > 2_000 && fitted > 500, "the mutations must reach the check: {parsed} parsed, {fitted} fitted");
}

#[test]
fn a_nul_is_no_character_of_a_text() {
    for forgiving in [false, true] {
        let flaws = fit(json!({ "status": "red", "query": "a\0b" }), forgiving).unwrap_err();
        assert_eq!(flaws[0].to_string(), "query: holds a NUL character (at byte 1): leave it out; texts are UTF-8");
    }
}
