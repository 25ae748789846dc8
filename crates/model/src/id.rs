//! Typed ids: UUIDs that cannot be mixed up. They are plain data, made elsewhere (UUIDv7 from the hub's clock and
//! generator), and open nothing by themselves.

use uuid::Uuid;

/// Text that is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not the id of a {what}; an id looks like 019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c")]
pub struct NotAnId {
    /// What the id should have been of.
    pub what: &'static str,
    /// What was written, cleaned and cut.
    pub given: String,
}

macro_rules! ids {
    ($( $name:ident = $what:literal, )+) => { $(
        #[doc = concat!("The id of a ", $what, ".")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Names an id; whether anything has it is not asked.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id as it is stored.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self.0.as_hyphenated(), f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;

            /// Reads the hyphenated form, in either case; other ways to write a UUID are refused.
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                if text.len() == uuid::fmt::Hyphenated::LENGTH && let Ok(uuid) = Uuid::try_parse(text) {
                    return Ok(Self(uuid));
                }
                Err(NotAnId { what: $what, given: crate::text::clean(text, 40) })
            }
        }

        crate::word::serde_as_text!($name, concat!("the id of a ", $what), |me, to| {
            to.serialize_str(me.0.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()))
        });

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "format": "uuid" })
            }
        }
    )+ };
}

// in the order of the alphabet
ids! {
    EntryId = "entry of the register",
    ArtifactId = "artifact",
    GrantId = "grant",
    IntegrationId = "integration",
    JobId = "job",
    KriId = "KRI",
    PasskeyId = "passkey",
    PersonId = "person",
    ProposalId = "proposal",
    RefreshId = "refresh token",
    RequestId = "request",
    RunId = "run",
    SampleId = "sample",
    ScheduleId = "schedule",
    SessionId = "session",
    TenantId = "tenant",
    TokenId = "token",
}

#[cfg(test)]
mod tests;
