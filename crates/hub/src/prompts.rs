//! The prompts of the connectors: questions that people ask often, ready to be picked in a client.
//!
//! A prompt's text is made of its arguments alone and holds nothing of the tenant. A new prompt is one entry of
//! [`PROMPTS`].
use serde_json::{Map, Value, json};
use watchkeep_model::{Connector, catalog};

use crate::error::Error;
use crate::shape::Shape;

/// One prompt.
#[derive(Debug, Clone, Copy)]
pub struct PromptDef {
    /// The connector that offers it.
    pub connector: Connector,
    /// Its id.
    pub name: &'static str,
    /// A few words for people.
    pub title: &'static str,
    /// What one gets.
    pub about: &'static str,
    /// The schema of its arguments; clients send all of them as text.
    pub args: fn() -> Value,
    /// The text, from checked arguments.
    pub text: fn(&Map<String, Value>) -> String,
}

/// Every prompt.
pub const PROMPTS: &[PromptDef] = &[
    PromptDef {
        connector: Connector::Risk,
        name: "top_risks",
        title: "Top risks",
        about: "What could hurt this organisation most right now, by current score, with the KRIs behind it.",
        args: || {
            json!({ "properties": { "count": {
                "type": "integer", "minimum": 1, "maximum": 20, "default": 5,
                "description": "How many to name, 1 to 20; 5 if left out."
            } } })
        },
        text: |args| {
            let count = args.get("count").and_then(Value::as_i64).unwrap_or(5);
            format!(
                "What are the top {count} risks of this organisation right now? list_risks with limit {count} names them, \
                 the highest current score first; get_risk tells the controls against one and the KRIs that tell of it. \
                 For each risk give title and slug, the current score and who says it (scoreSource: analyst is a person's \
                 word), its change in 7 days, owner and treatment, the controls that are weak or of unknown \
                 effectiveness, and the KRIs that are red or amber with value, unit and when they were observed. Name an \
                 acceptance that has expired and actions that are overdue. A risk without a score, a control of unknown \
                 effectiveness and a KRI whose state is stale, unknown, unavailable or error are unmeasured, not good: name \
                 those apart. If there are no risks in the register, say so, and answer from the KRIs that list_kris \
                 returns with status red, then amber."
            )
        },
    },
    PromptDef {
        connector: Connector::Risk,
        name: "red_kris",
        title: "Red KRIs and what feeds them",
        about: "Every red KRI with its value, its trend and the integrations and runs that its value came from.",
        args: || {
            json!({ "properties": { "category": {
                "type": "string", "enum": catalog::Category::WORDS,
                "description": "Only KRIs of this category; all of them if left out."
            } } })
        },
        text: |args| {
            let only = args.get("category").and_then(Value::as_str);
            let only = only.map(|c| format!(" of the category {c}")).unwrap_or_default();
            format!(
                "Which KRIs{only} are red, and what feeds them? list_kris with status red names them; get_kri tells the \
                 samples of the last 90 days and the lineage of the current value. For each one give the value with its \
                 unit and thresholds, since when it is red, its trend, the integration and the run that the value came \
                 from, how old it is, and which other sources report the same."
            )
        },
    },
    PromptDef {
        connector: Connector::Risk,
        name: "review_queue",
        title: "Review queue",
        about: "What waits for a person's decision: proposals, expired acceptances, overdue actions and reviews.",
        args: || {
            json!({ "properties": { "owner": {
                "type": "string", "minLength": 1, "maxLength": 120,
                "description": "Only what this person answers for; everything if left out."
            } } })
        },
        text: |args| {
            let owner = args.get("owner").and_then(Value::as_str);
            let only = owner.map(|o| format!(" of what {o} answers for")).unwrap_or_default();
            format!(
                "What waits for a decision{only}? Give a list in the order of urgency, each with its id or slug, since when \
                 it waits and what has to be decided: the proposals that list_proposals tells as pending; the risks of \
                 list_risks whose acceptance has expired, whose review is overdue or whose treatment actions are overdue \
                 (get_risk names the actions), and those without an owner or a current score; the vendors of list_vendors \
                 with overdue true; the controls of list_controls whose effectiveness is unknown or stale. No tool decides \
                 any of it: a person does, in the hub."
            )
        },
    },
    PromptDef {
        connector: Connector::Risk,
        name: "weekly_risk_brief",
        title: "Weekly risk brief",
        about: "One page for a weekly meeting: what changed, what is worst, what is overdue, what is not known.",
        args: || json!({ "properties": {} }),
        text: |_| {
            "Write a risk brief of one page for a weekly meeting. What changed: risks of list_risks with a change7d other \
             than 0, and KRIs of list_kris whose trend is worsening or improving. What is worst: the five risks with the \
             highest current score, with scoreSource, owner and treatment, and the red KRIs with value, unit and the time \
             when they were observed. What is overdue: acceptances that have expired, treatment actions, reviews of risks, \
             and vendors (list_vendors with overdue true). What is not known: risks without a score, controls of unknown \
             effectiveness, KRIs that are stale, unknown, unavailable or in error, and integrations of list_integrations \
             that fail or have not run. End with the decisions that the meeting has to take. Give figures only as the \
             tools return them."
                .to_owned()
        },
    },
];

/// A prompt ready to be served.
#[derive(Debug)]
pub struct Prompt {
    /// What it is.
    pub def: &'static PromptDef,
    /// Its arguments, to list and to check with.
    pub shape: Shape,
}

impl Prompt {
    pub(crate) fn ready(def: &'static PromptDef) -> Result<Self, String> {
        let schema = (def.args)();
        let shape = schema.as_object().ok_or_else(|| "no object".to_owned()).and_then(Shape::read);
        Ok(Self { def, shape: shape.map_err(|e| format!("the prompt {}: {e}", def.name))? })
    }

    /// The text for these arguments.
    ///
    /// # Errors
    /// [`Kind::Invalid`](crate::error::Kind::Invalid) with every flaw of the arguments.
    pub fn text(&self, mut args: Map<String, Value>) -> Result<String, Error> {
        self.shape.fit(&mut args, true)?;
        Ok((self.def.text)(&args))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(name: &str) -> Prompt {
        Prompt::ready(PROMPTS.iter().find(|p| p.name == name).unwrap()).unwrap()
    }

    fn text(name: &str, args: Value) -> Result<String, Error> {
        prompt(name).text(args.as_object().unwrap().clone())
    }

    #[test]
    fn arguments_reach_the_text_and_have_defaults() {
        assert!(text("top_risks", json!({})).unwrap().contains("top 5 risks"));
        assert!(text("top_risks", json!({ "count": "3" })).unwrap().contains("top 3 risks"));
        assert!(text("red_kris", json!({})).unwrap().contains("Which KRIs are red"));
        assert!(text("top_risks", json!({})).unwrap().contains("list_risks with limit 5"));
        assert!(text("review_queue", json!({})).unwrap().starts_with("What waits for a decision?"));
        assert!(text("review_queue", json!({ "owner": "Ana" })).unwrap().contains("of what Ana answers for"));
        assert!(text("weekly_risk_brief", json!({})).unwrap().contains("change7d"));
        assert!(
            text("red_kris", json!({ "category": "identity" })).unwrap().contains("of the category identity are red")
        );
    }

    #[test]
    fn bad_arguments_are_told() {
        let told = |name, args| text(name, args).unwrap_err().to_string();
        assert_eq!(
            told("top_risks", json!({ "count": "21" })),
            "count: 21 is out of range; allowed: 1 to 20; did you mean `20`?"
        );
        assert!(told("top_risks", json!({ "cuont": "3" })).ends_with("did you mean `count`?"));
        assert!(told("red_kris", json!({ "category": "identitty" })).ends_with("did you mean `identity`?"));
    }

    #[test]
    fn names_are_unique_and_every_argument_has_a_sentence() {
        for (i, def) in PROMPTS.iter().enumerate() {
            assert!(PROMPTS[..i].iter().all(|d| (d.connector, d.name) != (def.connector, def.name)), "{}", def.name);
            assert!(def.about.ends_with('.'), "{}", def.name);
            for field in Prompt::ready(def).unwrap().shape.fields() {
                assert!(field.schema["description"].as_str().is_some_and(|s| s.ends_with('.')), "{}", field.name);
            }
        }
    }
}
