//! The register around the KRIs: controls, risks, outcomes, vendors, assets, applications and people, and the links
//! between them.
//!
//! Each [`Kind`] of entry declares its [`Field`]s once. From that one declaration come what the API takes
//! ([`Field::schema`]), what is checked ([`Sheet::read`]), and how a table is read and written ([`Field::from_text`],
//! [`Field::to_text`]). A field that is not there is not known: nothing here makes a missing score zero.
//!
//! Start at [`Kind::fields`], then [`Sheet`].

mod code;
mod field;
mod kinds;
mod link;
mod sheet;
mod standing;
mod words;

pub use code::{Code, NotACode};
pub use field::{Field, Holds, Problem, SEPARATOR};
pub use kinds::Kind;
pub use link::{Edge, Link, Links, Target};
pub use sheet::Sheet;
pub use standing::{Effectiveness, next_review, overdue};
pub use words::{
    Access, ActionState, Criticality, EffectivenessState, Exposure, Origin, Privilege, ScoreSource, Standing, Treatment,
};

#[cfg(test)]
mod tests;
