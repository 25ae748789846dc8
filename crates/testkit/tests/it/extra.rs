//! Operations that exist for tests only: the risk connector has no tool that writes yet, and none for admins.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_hub::prompts::PROMPTS;
use watchkeep_hub::resources::RESOURCES;
use watchkeep_hub::{Ctx, Doors, Error, Lists, OPS, Op, OpDef, Read, Verb, Write};
use watchkeep_model::kri::SourceKind;
use watchkeep_model::{IntegrationId, Role};
use watchkeep_store::integrations::{self, IntegrationRow};

/// Makes an integration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddSource {
    /// Its name.
    #[schemars(length(min = 1, max = 60))]
    pub(crate) name: String,
}

/// What was made.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Added {
    /// Its id.
    pub(crate) id: IntegrationId,
}

impl Op for AddSource {
    const NAME: &'static str = "add_source";
    const TITLE: &'static str = "Add a source";
    const ABOUT: &'static str = "Makes an integration.";
    const DOORS: Doors = Doors::risk().rest(Verb::Post, "/sources");
    type Cap = Write;
    type Answer = Added;

    async fn run(self, cx: Ctx<Write>) -> Result<Added, Error> {
        let (id, now) = (IntegrationId::new(cx.id()), cx.now());
        let row = IntegrationRow::new(id, self.name, "nobody", SourceKind::Api, now);
        cx.write(async move |tx| {
            integrations::add(tx, &row).await?;
            Ok(Added { id })
        })
        .await
    }
}

/// Tells who calls, to admins.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct AdminsOnly {}

impl Op for AdminsOnly {
    const NAME: &'static str = "admins_only";
    const TITLE: &'static str = "For admins";
    const ABOUT: &'static str = "Answers admins.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/admins").role(Role::Admin).repeatable();
    type Cap = Read;
    type Answer = Added;

    async fn run(self, cx: Ctx<Read>) -> Result<Added, Error> {
        Ok(Added { id: IntegrationId::new(cx.id()) })
    }
}

/// The product's lists and [`AddSource`].
pub(crate) fn lists() -> Lists {
    with(&[OpDef::of::<AddSource>()])
}

/// The product's lists and [`AdminsOnly`].
pub(crate) fn with_admins_tool() -> Lists {
    with(&[OpDef::of::<AdminsOnly>()])
}

fn with(more: &[OpDef]) -> Lists {
    let ops: Vec<OpDef> = OPS.iter().chain(more).copied().collect();
    Lists { ops: ops.leak(), prompts: PROMPTS, resources: RESOURCES }
}
