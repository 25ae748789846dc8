//! SQL text as checked constants. The checks run in the compiler, so a text that forgets its tenant does not build.
//!
//! Statements are declared with `statements!`, one block per file, and are listed in `registry.rs`, so that a test
//! can prepare every one of them on both engines. Four kinds exist, after the scope that runs them:
//!
//! | kind | `$1` | may touch |
//! |---|---|---|
//! | `Tenant` | the tenant, bound by the facade | tenant's tables, each with its own `tenant_id = ` predicate |
//! | `Person` | the person, bound by the facade | rows with `user_id = $1`, the person's own row |
//! | `Installation` | the caller's first parameter | the installation's tables only |
//! | `Crossing` | the caller's first parameter | everything; the few that exist are listed in `registry.rs` |
use std::marker::PhantomData;

mod check;
pub use check::{arity, checked, question_marks, text};

/// Who a statement is for; see the module.
pub trait Kind: Copy + Send + Sync + 'static {
    /// The word in messages and lists.
    const WORD: &'static str;
    /// How many parameters the facade binds itself.
    const BOUND: usize;
}
macro_rules! kinds { ($($(#[$m:meta])* $name:ident $word:literal $bound:literal;)+) => { $(
    $(#[$m])*
    #[derive(Clone, Copy, Debug)]
    pub enum $name {}
    impl Kind for $name { const WORD: &'static str = $word; const BOUND: usize = $bound; }
)+ } }
kinds! {
    /// Rows of one tenant.
    Tenant "tenant" 1;
    /// A person's own rows, in all tenants.
    Person "person" 1;
    /// Rows of the installation.
    Installation "installation" 0;
    /// Work across tenants, each use listed by name.
    Crossing "crossing" 0;
}

/// A checked text with `N` parameters left for the caller.
#[derive(Clone, Copy, Debug)]
pub struct Statement<K: Kind, const N: usize> {
    /// The text for PostgreSQL (`$n`).
    pub(crate) postgres: &'static str,
    /// The text for SQLite (`?n`).
    pub(crate) sqlite: &'static str,
    kind: PhantomData<K>,
}

impl<K: Kind, const N: usize> Statement<K, N> {
    /// Made by `statements!` only, after [`checked`].
    #[doc(hidden)]
    pub const fn new(postgres: &'static str, sqlite: &'static str) -> Self {
        Self { postgres, sqlite, kind: PhantomData }
    }
}

/// A statement without its types, for the lists and the tests.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// `module::NAME`.
    pub module: &'static str,
    /// The constant's name.
    pub name: &'static str,
    /// The kind's word.
    pub kind: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
    /// The text for SQLite.
    pub sqlite: &'static str,
}

/// Declares the statements of a file and `ALL`, their list.
///
/// `Kind NAME = "text";` for one text on both engines, `Kind NAME = "text", sqlite = "other text";` for a pair. A text may be
/// any constant expression, so `concat!` of a column list works.
#[doc(hidden)]
#[macro_export]
macro_rules! statements {
    (@sqlite $p:expr) => { $p };
    (@sqlite $p:expr, $l:expr) => { $l };
    ($($(#[$m:meta])* $kind:ident $name:ident = $text:expr $(, sqlite = $lite:expr)?;)+) => {
        $(
            $(#[$m])*
            const $name: $crate::sql::Statement<
                $crate::sql::$kind,
                { $crate::sql::arity($text) - <$crate::sql::$kind as $crate::sql::Kind>::BOUND },
            > = {
                const P: &str = $crate::sql::checked(<$crate::sql::$kind as $crate::sql::Kind>::WORD, $text);
                const L: &str = $crate::statements!(@sqlite $text $(, $lite)?);
                const B: [u8; L.len()] = $crate::sql::question_marks(L);
                $crate::sql::Statement::new(P, $crate::sql::text(&B))
            };
        )+
        /// The statements of this file.
        pub(crate) const ALL: &[$crate::sql::Listed] = &[$(
            $crate::sql::Listed {
                module: module_path!(),
                name: stringify!($name),
                kind: <$crate::sql::$kind as $crate::sql::Kind>::WORD,
                postgres: $name.postgres,
                sqlite: $name.sqlite,
            },
        )+];
    };
}
