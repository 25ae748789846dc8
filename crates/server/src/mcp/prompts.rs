//! `prompts/list` and `prompts/get`, from the hub's list.
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, GetPromptResult, ListPromptsResult, Prompt, PromptArgument, PromptMessage, Role as Speaker,
};
use serde_json::{Map, Value};
use watchkeep_hub::call::note;
use watchkeep_hub::{Error, shape};
use watchkeep_model::text;

use super::{Door, TTL_MS, result};
use crate::gate::Caller;
use crate::incoming::Told;

impl Door {
    pub(super) fn prompts(&self) -> Result<ListPromptsResult, ErrorData> {
        let mut prompts = vec![];
        for prompt in self.hub.prompts(self.connector) {
            let arguments = prompt.shape.fields().iter().map(|field| {
                let about = field.schema.get("description").and_then(Value::as_str).unwrap_or_default();
                PromptArgument::new(&field.name).with_description(about).with_required(field.required)
            });
            let listed = Prompt::new(prompt.def.name, Some(prompt.def.about), Some(arguments.collect()));
            prompts.push(listed.with_title(prompt.def.title));
        }
        if prompts.is_empty() {
            return Err(ErrorData::method_not_found::<rmcp::model::ListPromptsRequestMethod>());
        }
        Ok(ListPromptsResult::with_all_items(prompts).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private))
    }

    /// The text of a prompt. It holds nothing of the tenant, but that it was asked for is recorded like any call.
    pub(super) async fn prompt(
        &self,
        caller: &Caller,
        name: &str,
        args: Map<String, Value>,
    ) -> Result<GetPromptResult, ErrorData> {
        let op = format!("prompts/get {name}");
        let Some(prompt) = self.hub.prompts(self.connector).find(|prompt| prompt.def.name == name) else {
            let names: Vec<String> = self.hub.prompts(self.connector).map(|p| p.def.name.to_owned()).collect();
            let hint = shape::nearest(name, &names).map(|n| format!("; did you mean `{n}`?"));
            let hint = hint.unwrap_or_else(|| "; prompts/list names them".into());
            let told = ErrorData::invalid_params(format!("there is no prompt `{}`{hint}", text::clean(name, 80)), None);
            return Err(self.refused(caller, &op, &args, Error::nothing_here(), told).await);
        };
        let text = match prompt.text(args.clone()) {
            Ok(text) => text,
            Err(why) => {
                let told = result::protocol(&why);
                return Err(self.refused(caller, &op, &args, why, told).await);
            }
        };
        let meta = caller.incoming.meta(self.door());
        note(&self.hub, &caller.access, meta, &op, &args, "ok").await.map_err(|e| result::protocol(&e))?;
        caller.incoming.tell(Told { door: "mcp", op: "prompts/get", outcome: "ok", rate: None });
        let message = PromptMessage::new_text(Speaker::User, text);
        Ok(GetPromptResult::new(vec![message]).with_description(prompt.def.about))
    }
}
