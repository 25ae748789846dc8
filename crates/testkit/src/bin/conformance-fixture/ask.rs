//! Tools that need something from the client first: they answer with requests, and the client calls again with its
//! answers.
//!
//! Nothing is kept in between. What a tool must know in the next round, the client carries in a sealed state.

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, InputRequest, InputRequests, InputRequiredResult,
    InputResponses, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use crate::content::{bare, said};
use crate::seal::Seal;

/// The tools, in the order of the list.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        bare("test_streaming_elicitation", "Asks for a name"),
        bare("test_input_required_result_elicitation", "Asks for a name"),
        bare("test_input_required_result_sampling", "Asks for a sampled text"),
        bare("test_input_required_result_list_roots", "Asks for the client's roots"),
        bare("test_input_required_result_request_state", "Asks for a confirmation, with a state"),
        bare("test_input_required_result_tampered_state", "Asks for a confirmation, with a state"),
        bare("test_input_required_result_multiple_inputs", "Asks for three things at once, with a state"),
        bare("test_input_required_result_multi_round", "Asks for a name, then for a colour"),
        bare("test_input_required_result_capabilities", "Asks for all that the client can answer"),
    ]
}

/// The answer of a tool of this list.
pub(crate) fn call(
    call: &CallToolRequestParams,
    cx: &RequestContext<RoleServer>,
    seal: &Seal,
) -> Option<Result<CallToolResponse, ErrorData>> {
    let round =
        Round { what: &call.name, answers: call.input_responses.as_ref(), state: call.request_state.as_deref() };
    Some(match &*call.name {
        "test_streaming_elicitation" | "test_input_required_result_elicitation" => name(&round, cx),
        "test_input_required_result_sampling" => sampling(&round, cx),
        "test_input_required_result_list_roots" => roots(&round, cx),
        "test_input_required_result_request_state" | "test_input_required_result_tampered_state" => {
            confirmed(&round, cx, seal)
        }
        "test_input_required_result_multiple_inputs" => three(&round, cx, seal),
        "test_input_required_result_multi_round" => rounds(&round, cx, seal),
        "test_input_required_result_capabilities" => able(cx),
        _ => return None,
    })
}

/// What came with a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round<'a> {
    /// The tool or prompt: a state of another one is not taken.
    pub(crate) what: &'a str,
    pub(crate) answers: Option<&'a InputResponses>,
    pub(crate) state: Option<&'a str>,
}

impl<'a> Round<'a> {
    fn answer(&self, key: &str) -> Option<&'a Value> {
        self.answers?.get(key)
    }

    /// A text field of a form that the person sent off.
    pub(crate) fn filled(&self, key: &str, field: &str) -> Option<&'a str> {
        accepted(self.answer(key)?)?.get(field)?.as_str()
    }

    /// The note of an earlier round, if there was one.
    fn note(&self, seal: &Seal) -> Result<Option<&'a str>, ErrorData> {
        let opened = self.state.map(|state| seal.open(self.what, state));
        match opened {
            Some(None) => Err(ErrorData::invalid_params("requestState: it was changed on the way", None)),
            Some(note) => Ok(note),
            None => Ok(None),
        }
    }
}

/// The content of a form, unless it was declined or is none.
pub(crate) fn accepted(answer: &Value) -> Option<&Value> {
    (answer.get("action")? == "accept").then(|| answer.get("content"))?
}

/// A form with one field.
pub(crate) fn form(message: &str, field: &str, kind: &str) -> Value {
    let schema = json!({ "type": "object", "properties": { field: { "type": kind } }, "required": [field] });
    json!({ "method": "elicitation/create", "params": { "message": message, "requestedSchema": schema } })
}

/// A text to be sampled.
fn sample(prompt: &str, most: u32) -> Value {
    let message = json!({ "role": "user", "content": { "type": "text", "text": prompt } });
    json!({ "method": "sampling/createMessage", "params": { "messages": [message], "maxTokens": most } })
}

fn list_roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

/// A request as the library knows it.
pub(crate) fn request(wire: Value) -> Result<InputRequest, ErrorData> {
    serde_json::from_value(wire).map_err(|e| ErrorData::internal_error(format!("the request is malformed: {e}"), None))
}

/// The requests. A client that cannot answer one of them is told what it lacks.
pub(crate) fn asked<const N: usize>(
    cx: &RequestContext<RoleServer>,
    asked: [(&str, Value); N],
    state: Option<String>,
) -> Result<InputRequiredResult, ErrorData> {
    let client = cx.client_capabilities().unwrap_or_default();
    let mut requests = InputRequests::new();
    for (key, wire) in asked {
        let asked = request(wire)?;
        if !able_to(&client, &asked) {
            return Err(ErrorData::missing_required_client_capability(needed(&asked)));
        }
        requests.insert(key.to_owned(), asked);
    }
    Ok(InputRequiredResult::new(Some(requests), state))
}

fn able_to(client: &ClientCapabilities, asked: &InputRequest) -> bool {
    let needed = json!(needed(asked));
    let has = json!(client);
    needed.as_object().is_some_and(|needed| needed.keys().all(|key| has.get(key).is_some()))
}

fn needed(asked: &InputRequest) -> ClientCapabilities {
    let mut needed = ClientCapabilities::default();
    match asked {
        InputRequest::Elicitation(_) => needed.elicitation = Some(Default::default()),
        InputRequest::CreateMessage(_) => needed.sampling = Some(Default::default()),
        InputRequest::ListRoots(_) => needed.roots = Some(Default::default()),
        _ => {}
    }
    needed
}

type Answer = Result<CallToolResponse, ErrorData>;

fn name(round: &Round<'_>, cx: &RequestContext<RoleServer>) -> Answer {
    match round.filled("user_name", "name") {
        Some(name) => Ok(said(format!("Hello, {name}!")).into()),
        None => asked(cx, [("user_name", form("What is your name?", "name", "string"))], None).map(Into::into),
    }
}

fn sampling(round: &Round<'_>, cx: &RequestContext<RoleServer>) -> Answer {
    let text = round.answer("capital_question").and_then(|answer| answer.pointer("/content/text")?.as_str());
    match text {
        Some(text) => Ok(said(text).into()),
        None => asked(cx, [("capital_question", sample("What is the capital of France?", 100))], None).map(Into::into),
    }
}

fn roots(round: &Round<'_>, cx: &RequestContext<RoleServer>) -> Answer {
    match round.answer("client_roots").and_then(uris) {
        Some(uris) => Ok(said(uris.join(", ")).into()),
        None => asked(cx, [("client_roots", list_roots())], None).map(Into::into),
    }
}

fn uris(answer: &Value) -> Option<Vec<&str>> {
    answer.get("roots")?.as_array()?.iter().map(|root| root.get("uri")?.as_str()).collect()
}

fn confirmed(round: &Round<'_>, cx: &RequestContext<RoleServer>, seal: &Seal) -> Answer {
    let note = round.note(seal)?;
    let answer = round.answer("confirm").and_then(accepted).and_then(|content| content.get("ok")?.as_bool());
    match (note, answer) {
        (Some("asked"), Some(ok)) => Ok(said(format!("state-ok, confirmed: {ok}")).into()),
        _ => {
            let state = seal.close(round.what, "asked");
            asked(cx, [("confirm", form("Please confirm", "ok", "boolean"))], Some(state)).map(Into::into)
        }
    }
}

fn three(round: &Round<'_>, cx: &RequestContext<RoleServer>, seal: &Seal) -> Answer {
    let note = round.note(seal)?;
    let name = round.filled("user_name", "name");
    let greeting = round.answer("greeting").and_then(|answer| answer.pointer("/content/text")?.as_str());
    let roots = round.answer("client_roots").and_then(uris);
    match (note, name, greeting, roots) {
        (Some("asked"), Some(name), Some(greeting), Some(roots)) => {
            Ok(said(format!("{greeting} {name}, of {}", roots.join(", "))).into())
        }
        _ => {
            let all = [
                ("user_name", form("What is your name?", "name", "string")),
                ("greeting", sample("Generate a greeting", 50)),
                ("client_roots", list_roots()),
            ];
            asked(cx, all, Some(seal.close(round.what, "asked"))).map(Into::into)
        }
    }
}

fn rounds(round: &Round<'_>, cx: &RequestContext<RoleServer>, seal: &Seal) -> Answer {
    let note = round.note(seal)?;
    let step = note.and_then(|note| note.split_once(' '));
    if let (Some(("2", name)), Some(colour)) = (step, round.filled("step2", "color")) {
        return Ok(said(format!("{name} likes {colour}")).into());
    }
    let name = match step {
        Some(("2", name)) => Some(name),
        Some(_) => round.filled("step1", "name"),
        None => None,
    };
    let (key, wire, note) = match name {
        Some(name) => ("step2", form("Step 2: What is your favorite color?", "color", "string"), format!("2 {name}")),
        None => ("step1", form("Step 1: What is your name?", "name", "string"), "1 ".to_owned()),
    };
    asked(cx, [(key, wire)], Some(seal.close(round.what, &note))).map(Into::into)
}

fn able(cx: &RequestContext<RoleServer>) -> Answer {
    let client = cx.client_capabilities().unwrap_or_default();
    let mut requests = InputRequests::new();
    let all = [
        ("name", form("What is your name?", "name", "string")),
        ("greeting", sample("Generate a greeting", 50)),
        ("roots", list_roots()),
    ];
    for (key, wire) in all {
        let asked = request(wire)?;
        if able_to(&client, &asked) {
            requests.insert(key.to_owned(), asked);
        }
    }
    Ok(match requests.is_empty() {
        true => said("there is nothing that this client could be asked").into(),
        false => InputRequiredResult::from_input_requests(requests).into(),
    })
}
