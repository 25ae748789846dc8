//! Evidence in: a text that is pushed into a Drop Zone.
use schemars::JsonSchema;
use serde::Deserialize;
use watchkeep_model::IntegrationId;

use crate::dropzone::{self, Body, MAX_TEXT, Push, Pusher, Ready, Submitted, Via};
use crate::{Ctx, Doors, Error, Op, Write};

/// Pushes a text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubmitDropzoneArtifact {
    /// The Drop Zone: list_integrations tells it, see isDropZone.
    pub integration_id: IntegrationId,
    /// The text, such as a scanner's report, an export, a note. At most 1 MiB.
    #[schemars(length(min = 1, max = 1_048_576))]
    pub content: String,
    /// The name of the file that it is from.
    #[schemars(length(min = 1, max = 200))]
    pub filename: Option<String>,
    /// Its media type, such as text/csv.
    #[schemars(length(min = 1, max = 200))]
    pub mime_type: Option<String>,
    /// What its values speak of, such as a project, where the text does not say so.
    #[schemars(length(min = 1, max = 200))]
    pub subject: Option<String>,
}

impl Op for SubmitDropzoneArtifact {
    const NAME: &'static str = "submit_dropzone_artifact";
    const TITLE: &'static str = "Submit evidence to a Drop Zone";
    const ABOUT: &'static str = "Pushes text evidence (a scanner's report, an export, a CSV, a note) into a Drop Zone. Values \
                                 that it states become proposals: sure ones are accepted, others wait for a person. \
                                 run_integration makes KRI values of what was accepted. The same text again is a no-op.";
    const DOORS: Doors = Doors::risk().repeatable();
    const OUTSIDE: &'static [&'static str] = &["notes"];
    type Cap = Write;
    type Answer = Submitted;

    async fn run(self, cx: Ctx<Write>) -> Result<Submitted, Error> {
        if self.content.len() > MAX_TEXT {
            let told = format!(
                "has {} bytes, and {MAX_TEXT} is the most here; upload the file over REST or the command line",
                self.content.len()
            );
            return Err(Error::flaw("content", &told));
        }
        let (intake, scope) = (cx.hub().intake(), cx.access().scope.clone());
        let push = Push {
            integration: self.integration_id,
            body: Body::Bytes(self.content.into_bytes()),
            filename: self.filename,
            mime: self.mime_type,
            subject: self.subject,
        };
        let by = Pusher::of(cx.call(), Via::Mcp);
        match dropzone::prepare(intake, scope, cx.now(), by, push).await? {
            Ready::Repeat(told) => {
                cx.about(told.artifact_id);
                Ok(told)
            }
            Ready::New(prepared) => {
                cx.about(prepared.artifact());
                cx.write(async move |tx| prepared.keep(tx).await).await
            }
        }
    }
}
