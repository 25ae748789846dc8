//! JSON Schemas that every client understands: optional is absent (never null), nothing by reference, no number
//! formats, enums as plain lists of words.
use schemars::generate::{Contract, SchemaSettings};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::op::{Cap, OpDef};

fn settings(contract: Contract) -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|s| {
        s.contract = contract;
        s.meta_schema = None;
        s.untagged_enum_variant_titles = false;
    })
}

/// A generator for MCP: everything in place.
#[must_use]
pub fn inline(contract: Contract) -> SchemaGenerator {
    settings(contract).with(|s| s.inline_subschemas = true).into_generator()
}

/// A generator for OpenAPI: named types, once each, so that generated clients have names.
#[must_use]
pub fn named(contract: Contract) -> SchemaGenerator {
    settings(contract).with(|s| s.definitions_path = "/components/schemas".into()).into_generator()
}

/// The schema of an operation's arguments, with the idempotency key that each write takes.
#[must_use]
pub fn args(def: &OpDef) -> Map<String, Value> {
    let mut schema = object(portable((def.args)(&mut inline(Contract::Deserialize))));
    schema.remove("description"); // rustdoc of the struct; the operation has its own sentence
    schema.insert("type".into(), json!("object"));
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    if def.cap == Cap::Write {
        // every write has it, so no operation has to remember it
        properties[def.doors.dialect.idempotency_key()] = json!({
            "type": "string", "minLength": 1, "maxLength": 128,
            "description": "The same key within 24 hours gives the same answer and does nothing more."
        });
    }
    schema.insert("additionalProperties".into(), json!(false));
    schema
}

/// The schema of an operation's answer.
#[must_use]
pub fn answer(def: &OpDef) -> Map<String, Value> {
    object(portable((def.answer)(&mut inline(Contract::Serialize), def.doors.dialect)))
}

fn object(schema: Value) -> Map<String, Value> {
    match schema {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// A generated schema, made portable.
#[must_use]
pub fn portable(schema: Schema) -> Value {
    let mut schema = schema.to_value();
    tidy(&mut schema);
    schema
}

/// Makes a schema portable in place.
pub fn tidy(schema: &mut Value) {
    let Value::Object(s) = schema else { return };
    s.remove("$schema");
    if s.get("title").is_some_and(Value::is_string) {
        s.remove("title");
    }
    // uint32, int64, double: noise that some clients refuse; what bounds a number is said by minimum and maximum
    if let Some(format) = s.get("format").and_then(Value::as_str)
        && !matches!(format, "date-time" | "date" | "uuid" | "email" | "uri")
    {
        s.remove("format");
    }
    constants_to_enum(s);

    let required: Vec<String> = s
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    if let Some(Value::Object(properties)) = s.get_mut("properties") {
        for (name, property) in properties.iter_mut() {
            if !required.contains(name) {
                absent_not_null(property);
            }
            tidy(property);
        }
    }
    for key in ["items", "additionalProperties", "not"] {
        if let Some(inner) = s.get_mut(key) {
            tidy(inner);
        }
    }
    for key in ["anyOf", "oneOf", "allOf", "prefixItems"] {
        if let Some(Value::Array(all)) = s.get_mut(key) {
            all.iter_mut().for_each(tidy);
        }
    }
    for key in ["$defs", "patternProperties"] {
        if let Some(Value::Object(all)) = s.get_mut(key) {
            all.values_mut().for_each(tidy);
        }
    }
}

/// `oneOf` of documented constants becomes `enum`; their sentences go into the description.
fn constants_to_enum(s: &mut Map<String, Value>) {
    let Some(all) = s.get("oneOf").and_then(Value::as_array) else { return };
    let Some(words) = all.iter().map(constants).collect::<Option<Vec<_>>>() else { return };
    let told: Vec<String> = all
        .iter()
        .filter_map(|one| Some(format!("`{}`: {}", one.get("const")?.as_str()?, one.get("description")?.as_str()?)))
        .collect();
    s.remove("oneOf");
    s.insert("type".into(), json!("string"));
    s.insert("enum".into(), words.into_iter().flatten().collect());
    if !told.is_empty() {
        let own = s.get("description").and_then(Value::as_str).map(|d| format!("{d} ")).unwrap_or_default();
        s.insert("description".into(), json!(format!("{own}{}", told.join(" "))));
    }
}

fn constants(schema: &Value) -> Option<Vec<Value>> {
    match schema.get("const") {
        Some(one) => Some(vec![one.clone()]),
        None => schema.get("enum").and_then(Value::as_array).cloned(),
    }
}

/// An optional property may be left out; it is never null.
fn absent_not_null(property: &mut Value) {
    let Value::Object(s) = property else { return };
    if s.get("default") == Some(&Value::Null) {
        s.remove("default");
    }
    if let Some(Value::Array(types)) = s.get_mut("type") {
        types.retain(|t| t != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            s.insert("type".into(), one);
        }
    }
    if let Some(Value::Array(words)) = s.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if let Some(Value::Array(any)) = s.get_mut("anyOf") {
        any.retain(|one| one.get("type").and_then(Value::as_str) != Some("null"));
        if any.len() == 1
            && let Some(Value::Object(only)) = any.pop()
        {
            s.remove("anyOf");
            for (key, value) in only {
                s.entry(key).or_insert(value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
