use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;
use crate::{Ctx, Doors, Error, Op, OpDef, Page, Paging, Read, Write};

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Colour {
    /// Good.
    Green,
    /// Bad.
    Red,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Thing {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    colour: Option<Colour>,
}

/// Rustdoc that no client should see.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only the schema is looked at")]
struct ListThings {
    /// Only this colour.
    colour: Option<Colour>,
    /// How many days back.
    #[schemars(range(min = 1, max = 90))]
    days: Option<u32>,
    #[serde(flatten)]
    page: Paging,
}

impl Op for ListThings {
    const NAME: &'static str = "list_things";
    const TITLE: &'static str = "List things";
    const ABOUT: &'static str = "Things.";
    const DOORS: Doors = Doors::fleet();
    type Cap = Read;
    type Answer = Page<Thing>;
    async fn run(self, _: Ctx<Read>) -> Result<Page<Thing>, Error> {
        Err(Error::not_found("none"))
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct MakeThing {}

impl Op for MakeThing {
    const NAME: &'static str = "make_thing";
    const TITLE: &'static str = "Make a thing";
    const ABOUT: &'static str = "Makes a thing.";
    const DOORS: Doors = Doors::risk();
    type Cap = Write;
    type Answer = Thing;
    async fn run(self, _: Ctx<Write>) -> Result<Thing, Error> {
        Err(Error::not_found("none"))
    }
}

const LIST: OpDef = OpDef::of::<ListThings>();
const MAKE: OpDef = OpDef::of::<MakeThing>();

#[test]
fn arguments_are_plain_and_optional_is_absent() {
    assert_eq!(
        Value::Object(args(&LIST)),
        json!({
            "type": "object",
            "properties": {
                "colour": { "description": "Only this colour. `green`: Good. `red`: Bad.", "type": "string", "enum": ["green", "red"] },
                "days": { "description": "How many days back.", "type": "integer", "minimum": 1, "maximum": 90 },
                "limit": { "description": "How many items at most.", "type": "integer", "minimum": 1, "maximum": 200, "default": 50 },
                "cursor": {
                    "description": "Where to go on: the cursor of the previous answer to the same question.",
                    "type": "string", "minLength": 1, "maxLength": 2048
                }
            },
            "additionalProperties": false
        })
    );
}

#[test]
fn every_write_takes_a_key_in_its_dialect() {
    let schema = args(&MAKE);
    assert_eq!(schema["properties"]["idempotencyKey"]["maxLength"], 128);
    assert!(!args(&LIST)["properties"].as_object().unwrap().contains_key("idempotency_key"));
}

#[test]
fn an_answer_has_its_envelope_and_nothing_noisy() {
    let schema = Value::Object(answer(&LIST));
    assert_eq!(schema["required"], json!(["items", "truncated"]));
    assert_eq!(schema["properties"]["next_cursor"]["type"], "string");
    let text = schema.to_string();
    for noise in ["$ref", "$defs", "$schema", "null", "\"format\"", "oneOf", "anyOf", "nextCursor"] {
        assert!(!text.contains(noise), "{noise}: {text}");
    }
    assert_eq!(schema["properties"]["items"]["items"]["required"], json!(["name"]));
}

#[test]
fn names_are_kept_for_the_api() {
    let mut types = named(Contract::Serialize);
    let schema = portable((LIST.answer)(&mut types, LIST.doors.dialect));
    assert_eq!(schema["properties"]["items"]["items"], json!({ "$ref": "#/components/schemas/Thing" }));
}
