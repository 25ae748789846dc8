//! The context of an operation. What it can do is its type.
//!
//! A read cannot write:
//! ```compile_fail,E0599
//! use watchkeep_hub::{Ctx, Error, Read};
//! async fn f(cx: Ctx<Read>) -> Result<String, Error> {
//!     cx.write(async |_| Ok(String::new())).await
//! }
//! ```
//! The twin that differs in one word compiles:
//! ```
//! use watchkeep_hub::{Ctx, Error, Write};
//! async fn f(cx: Ctx<Write>) -> Result<String, Error> {
//!     cx.write(async |_| Ok(String::new())).await
//! }
//! ```
//! A write is one transaction with one audit row, because writing spends the context:
//! ```compile_fail,E0382
//! use watchkeep_hub::{Ctx, Error, Write};
//! async fn f(cx: Ctx<Write>) -> Result<String, Error> {
//!     cx.write(async |_| Ok(String::new())).await?;
//!     cx.write(async |_| Ok(String::new())).await
//! }
//! ```
//! What goes on after the write can only read:
//! ```
//! use watchkeep_hub::{Ctx, Error, Write};
//! async fn f(cx: Ctx<Write>) -> Result<String, Error> {
//!     let (answer, cx) = cx.write_then(async |_| Ok(String::new())).await?;
//!     let _reader = cx.db();
//!     Ok(answer)
//! }
//! ```
//! Nobody outside `hub` makes a context:
//! ```compile_fail,E0451
//! use watchkeep_hub::{Ctx, Write, ctx::Base};
//! fn f(base: Base) -> Ctx<Write> {
//!     Ctx { base, cap: std::marker::PhantomData }
//! }
//! ```
use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use watchkeep_model::{Timestamp, text};
use watchkeep_store::{self as store, Access, Reader, Tx};

use crate::error::Error;
use crate::hub::Hub;
use crate::idempotency::Keyed;
use crate::op::{Cap, Dialect, scope};
use crate::page::{Answer, Page, Paging, Question};

/// All of a context but its capability: made by [`call`](fn@crate::call) alone.
pub struct Base {
    pub(crate) hub: Arc<Hub>,
    pub(crate) access: Arc<Access>,
    pub(crate) call: store::Call,
    pub(crate) fate: Arc<Fate>,
    /// The idempotency key of this call.
    pub(crate) key: Option<Keyed>,
    pub(crate) question: Option<Question>,
    pub(crate) cap: Cap,
    pub(crate) dialect: Dialect,
    /// The type that a write's closure must return.
    pub(crate) answers: TypeId,
}

/// What becomes of a call while it runs; outlives a panic of the operation.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    /// The store has the call: it writes the row, whatever happens.
    pub(crate) recorded: AtomicBool,
    /// What the call is about.
    pub(crate) target: OnceLock<String>,
}

impl Base {
    pub(crate) fn answering<A: Answer>(self) -> Self {
        Self { answers: TypeId::of::<A>(), ..self }
    }

    /// The scope check again, behind the door's own: a gate that lets too much through opens nothing.
    fn admitted(self) -> Result<Self, Error> {
        let needed = scope(self.call.connector, self.cap);
        if self.access.scopes.contains(needed) { Ok(self) } else { Err(Error::missing_scope(needed)) }
    }

    /// The row that the store writes for this call.
    pub(crate) fn row(&self) -> store::Call {
        store::Call { target: self.fate.target.get().cloned(), ..self.call.clone() }
    }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Base").field("call", &self.call).finish_non_exhaustive()
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A power over the tenant's data. `admit` is the only maker of a context: the gate is a type.
pub trait Capability: sealed::Sealed + Send + Sync + Sized + 'static {
    /// The same as a value.
    const CAP: Cap;

    /// Checks and makes the context.
    #[doc(hidden)]
    fn admit(base: Base) -> Result<Ctx<Self>, Error> {
        Ok(Ctx { base: base.admitted()?, cap: PhantomData })
    }
}

/// May look.
#[derive(Debug)]
pub struct Read;

/// May look, and change in one transaction.
#[derive(Debug)]
pub struct Write;

impl sealed::Sealed for Read {}
impl sealed::Sealed for Write {}

impl Capability for Read {
    const CAP: Cap = Cap::Read;
}

impl Capability for Write {
    const CAP: Cap = Cap::Write;
}

/// What an operation is given: the tenant's data, the time, ids, and who calls.
pub struct Ctx<C> {
    base: Base,
    cap: PhantomData<C>,
}

impl<C> fmt::Debug for Ctx<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.base.fmt(f)
    }
}

impl<C> Ctx<C> {
    /// When the call came in. The same for the whole call.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.base.call.at
    }

    /// A new id: a UUIDv7 of this moment.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.base.hub.rng.id(self.now())
    }

    /// The tenant's data, to look at. Holds nothing, so it may be kept across any await.
    #[must_use]
    pub fn db(&self) -> Reader<'_> {
        self.base.hub.store.at(&self.base.access.scope)
    }

    /// Who calls, and what their credential opens.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.base.access
    }

    /// The call as it is recorded: for an operation that works in several writes, each with a row made like it.
    #[must_use]
    pub fn call(&self) -> &store::Call {
        &self.base.call
    }

    /// The hub: its clock, its chance, its tasks.
    #[must_use]
    pub fn hub(&self) -> &Arc<Hub> {
        &self.base.hub
    }

    /// Names the thing that the call is about, for the audit row. The first name stays.
    pub fn about(&self, target: impl fmt::Display) {
        let _second = self.base.fate.target.set(text::clean(&target.to_string(), 120));
    }

    /// The key of the last item of the page before; none on the first page.
    ///
    /// The cursor is bound to the tenant, the operation and all arguments but `limit` and `cursor`.
    ///
    /// # Errors
    /// [`Kind::Conflict`](crate::error::Kind::Conflict) for a cursor of another question.
    pub fn after<K: DeserializeOwned>(&self, paging: &Paging) -> Result<Option<K>, Error> {
        self.question()?.after(&self.base.hub.seal, paging)
    }

    /// A page of `rows`, of which there may be one more than asked for ([`Paging::fetch`]). `key` gives the values that
    /// the rows are sorted by, as [`Ctx::after`] wants them back.
    ///
    /// # Errors
    /// Ours, if the arguments have no [`Paging`].
    pub fn page<T: 'static, K: Serialize + 'static>(
        &self,
        rows: Vec<T>,
        paging: &Paging,
        key: fn(&T) -> K,
    ) -> Result<Page<T>, Error> {
        let (question, seal) = (self.question()?, self.base.hub.seal.clone());
        let cursor = move |item: &T| question.cursor(&seal, &serde_json::to_vec(&key(item)).unwrap_or_default());
        Ok(Page::new(rows, paging.limit, cursor))
    }

    fn question(&self) -> Result<Question, Error> {
        self.base.question.ok_or_else(|| Error::internal("a list operation without `Paging` in its arguments"))
    }
}

impl Ctx<Write> {
    /// Runs `f` in one transaction together with its audit row and, where the caller sent an idempotency key, the row
    /// that remembers the answer. `f` returns the answer of the operation.
    ///
    /// `f` may await the transaction and nothing else, and it may run again, so it must have no other effects.
    ///
    /// # Errors
    /// What `f` returns, or the store's: then nothing of it is kept but the row that tells so.
    pub async fn write<A, F>(self, f: F) -> Result<A, Error>
    where
        A: Answer,
        F: AsyncFn(&mut Tx<'_>) -> Result<A, Error> + Send + Sync + 'static,
    {
        Ok(self.write_then(f).await?.0)
    }

    /// The same, and leaves a context that can only look: for an operation that waits for what it began.
    ///
    /// # Errors
    /// As [`Ctx::write`].
    pub async fn write_then<A, F>(self, f: F) -> Result<(A, Ctx<Read>), Error>
    where
        A: Answer,
        F: AsyncFn(&mut Tx<'_>) -> Result<A, Error> + Send + Sync + 'static,
    {
        let Self { mut base, .. } = self;
        if base.answers != TypeId::of::<A>() {
            return Err(Error::internal(format!(
                "the write of {} does not return the operation's answer",
                base.call.op
            )));
        }
        let (call, dialect) = (base.row(), base.dialect);
        let key = base.key.take();
        base.fate.recorded.store(true, Ordering::Release);
        let answer = base
            .hub
            .store
            .write(&base.access.scope, call, async move |tx: &mut Tx<'_>| {
                let Some(key) = &key else { return f(tx).await };
                key.still_new(tx).await?;
                let answer = f(tx).await?;
                key.keep(tx, answer.reply(dialect)?).await?;
                Ok(answer)
            })
            .await?;
        Ok((answer, Ctx { base, cap: PhantomData }))
    }
}
