//! Parameters going in and columns coming out: i64, f64, text, bytes, uuid, null. Nothing else.
use bytes::BytesMut;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;
use watchkeep_model as model;

use crate::{Error, Result};

/// One parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub enum Param<'a> {
    /// No value.
    Null,
    /// Numbers, booleans (0 and 1), times (microseconds).
    I64(i64),
    /// Measurements.
    F64(f64),
    /// Texts.
    Text(&'a str),
    /// Hashes and sealed values.
    Bytes(&'a [u8]),
    /// Ids.
    Uuid(Uuid),
}

impl From<i64> for Param<'_> {
    fn from(v: i64) -> Self {
        Self::I64(v)
    }
}
impl From<bool> for Param<'_> {
    fn from(v: bool) -> Self {
        Self::I64(i64::from(v))
    }
}
impl From<f64> for Param<'_> {
    fn from(v: f64) -> Self {
        Self::F64(v)
    }
}
impl From<Uuid> for Param<'_> {
    fn from(v: Uuid) -> Self {
        Self::Uuid(v)
    }
}
impl From<model::Timestamp> for Param<'_> {
    fn from(v: model::Timestamp) -> Self {
        Self::I64(v.micros())
    }
}
impl<'a> From<&'a str> for Param<'a> {
    fn from(v: &'a str) -> Self {
        Self::Text(v)
    }
}
impl<'a> From<&'a String> for Param<'a> {
    fn from(v: &'a String) -> Self {
        Self::Text(v)
    }
}
impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(v: &'a [u8]) -> Self {
        Self::Bytes(v)
    }
}
impl<'a> From<&'a Vec<u8>> for Param<'a> {
    fn from(v: &'a Vec<u8>) -> Self {
        Self::Bytes(v)
    }
}
impl<'a, const K: usize> From<&'a [u8; K]> for Param<'a> {
    fn from(v: &'a [u8; K]) -> Self {
        Self::Bytes(v)
    }
}
impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

/// `params![id, name, value]` is `[Param; 3]`; the statement's type checks the length.
#[macro_export]
macro_rules! params { ($($v:expr),* $(,)?) => { [$($crate::Param::from($v)),*] } }

impl Param<'_> {
    /// What only one engine would take: SQLite would keep NaN as null, and PostgreSQL has no NUL in a text.
    fn fits_both(&self) -> std::result::Result<(), Boxed> {
        match self {
            Self::F64(v) if v.is_nan() => Err("a parameter is not a number (NaN)".into()),
            Self::Text(v) if v.contains('\0') => Err("a text parameter holds a NUL character".into()),
            _ => Ok(()),
        }
    }
}

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.fits_both().map_err(rusqlite::Error::ToSqlConversionFailure)?;
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::I64(v) => ValueRef::Integer(*v),
            Self::F64(v) => ValueRef::Real(*v),
            Self::Text(v) => ValueRef::Text(v.as_bytes()),
            Self::Bytes(v) => ValueRef::Blob(v),
            Self::Uuid(v) => ValueRef::Blob(v.as_bytes()),
        }))
    }
}

type Boxed = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, w: &mut BytesMut) -> std::result::Result<IsNull, Boxed> {
        match (self, ty) {
            // a NUL is left to the server: what fails here fails unsent, while the commit may be on its way
            (Self::F64(_), _) if self.fits_both().is_err() => self.fits_both().map(|()| IsNull::No),
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::I64(v), &Type::INT8) => v.to_sql(ty, w),
            (Self::I64(v), &Type::INT4) => i32::try_from(*v)?.to_sql(ty, w),
            (Self::I64(v), &Type::INT2) => i16::try_from(*v)?.to_sql(ty, w),
            (Self::F64(v), &Type::FLOAT8) => v.to_sql(ty, w),
            (Self::Text(v), &Type::TEXT | &Type::VARCHAR) => v.to_sql(ty, w),
            (Self::Bytes(v), &Type::BYTEA) => v.to_sql(ty, w),
            (Self::Uuid(v), &Type::UUID | &Type::BYTEA) => {
                w.extend_from_slice(v.as_bytes());
                Ok(IsNull::No)
            }
            _ => Err(format!("parameter {self:?} does not fit PostgreSQL's type {ty}").into()),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

enum Source<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

/// A row under the reading head: [`Row::next`] takes the columns from left to right.
pub struct Row<'r> {
    source: Source<'r>,
    next: usize,
}

impl<'r> Row<'r> {
    pub(crate) fn sqlite(r: &'r rusqlite::Row<'r>) -> Self {
        Self { source: Source::Sqlite(r), next: 0 }
    }
    pub(crate) fn postgres(r: &'r tokio_postgres::Row) -> Self {
        Self { source: Source::Postgres(r), next: 0 }
    }
    /// The next column.
    ///
    /// # Errors
    /// [`Error::Column`] if it does not hold a `T`.
    #[expect(clippy::should_implement_trait, reason = "each column has its own type")]
    pub fn next<T: Col>(&mut self) -> Result<T> {
        let i = self.next;
        self.next += 1;
        match &self.source {
            Source::Sqlite(r) => T::sqlite(r.get_ref(i)?).ok_or(Error::Column(i)),
            Source::Postgres(r) => Ok(r.try_get::<_, Wrap<T>>(i)?.0),
        }
    }
}

/// What a column can hold.
pub trait Col: Sized {
    /// From SQLite.
    fn sqlite(v: ValueRef<'_>) -> Option<Self>;
    /// From PostgreSQL's binary form; `None` is null.
    fn postgres(ty: &Type, raw: Option<&[u8]>) -> Option<Self>;
    /// Whether PostgreSQL's type can be read as this.
    fn fits(ty: &Type) -> bool;
}

/// Lets one `FromSql` serve all columns, nulls included.
struct Wrap<T>(T);
impl<'a, T: Col> FromSql<'a> for Wrap<T> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> std::result::Result<Self, Boxed> {
        T::postgres(ty, Some(raw)).map(Wrap).ok_or_else(|| "the value does not fit its type".into())
    }
    fn from_sql_null(ty: &Type) -> std::result::Result<Self, Boxed> {
        T::postgres(ty, None).map(Wrap).ok_or_else(|| "unexpected null".into())
    }
    fn accepts(ty: &Type) -> bool {
        T::fits(ty)
    }
}

impl Col for i64 {
    fn sqlite(v: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Integer(i) = v { Some(i) } else { None }
    }
    fn postgres(ty: &Type, raw: Option<&[u8]>) -> Option<Self> {
        let r = raw?;
        match *ty {
            Type::INT8 => Some(i64::from_be_bytes(r.try_into().ok()?)),
            Type::INT4 => Some(i32::from_be_bytes(r.try_into().ok()?).into()),
            _ => Some(i16::from_be_bytes(r.try_into().ok()?).into()),
        }
    }
    fn fits(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::INT4 | Type::INT2)
    }
}
impl Col for f64 {
    #[expect(clippy::cast_precision_loss, reason = "SQLite stores whole reals as integers")]
    fn sqlite(v: ValueRef<'_>) -> Option<Self> {
        match v {
            ValueRef::Real(f) => Some(f),
            ValueRef::Integer(i) => Some(i as f64),
            _ => None,
        }
    }
    fn postgres(_: &Type, raw: Option<&[u8]>) -> Option<Self> {
        Some(f64::from_be_bytes(raw?.try_into().ok()?))
    }
    fn fits(ty: &Type) -> bool {
        *ty == Type::FLOAT8
    }
}
impl Col for String {
    fn sqlite(v: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Text(b) = v { std::str::from_utf8(b).ok().map(Into::into) } else { None }
    }
    fn postgres(_: &Type, raw: Option<&[u8]>) -> Option<Self> {
        std::str::from_utf8(raw?).ok().map(Into::into)
    }
    fn fits(ty: &Type) -> bool {
        matches!(*ty, Type::TEXT | Type::VARCHAR)
    }
}
impl Col for Vec<u8> {
    fn sqlite(v: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Blob(b) = v { Some(b.to_vec()) } else { None }
    }
    fn postgres(_: &Type, raw: Option<&[u8]>) -> Option<Self> {
        raw.map(<[u8]>::to_vec)
    }
    fn fits(ty: &Type) -> bool {
        *ty == Type::BYTEA
    }
}
impl<const K: usize> Col for [u8; K] {
    fn sqlite(v: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Blob(b) = v { b.try_into().ok() } else { None }
    }
    fn postgres(_: &Type, raw: Option<&[u8]>) -> Option<Self> {
        raw?.try_into().ok()
    }
    fn fits(ty: &Type) -> bool {
        *ty == Type::BYTEA
    }
}
impl Col for Uuid {
    fn sqlite(v: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Blob(b) = v { Self::from_slice(b).ok() } else { None }
    }
    fn postgres(_: &Type, raw: Option<&[u8]>) -> Option<Self> {
        Self::from_slice(raw?).ok()
    }
    fn fits(ty: &Type) -> bool {
        matches!(*ty, Type::UUID | Type::BYTEA)
    }
}
impl<T: Col> Col for Option<T> {
    fn sqlite(v: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Null = v { Some(None) } else { T::sqlite(v).map(Some) }
    }
    fn postgres(ty: &Type, raw: Option<&[u8]>) -> Option<Self> {
        if raw.is_none() { Some(None) } else { T::postgres(ty, raw).map(Some) }
    }
    fn fits(ty: &Type) -> bool {
        T::fits(ty)
    }
}

/// A type of ours that is kept as another column type.
macro_rules! kept_as {
    ($($t:ty, $column:ty, $from:expr;)+) => { $(
        impl Col for $t {
            fn sqlite(v: ValueRef<'_>) -> Option<Self> { <$column>::sqlite(v).and_then($from) }
            fn postgres(ty: &Type, raw: Option<&[u8]>) -> Option<Self> { <$column>::postgres(ty, raw).and_then($from) }
            fn fits(ty: &Type) -> bool { <$column>::fits(ty) }
        }
    )+ };
}
macro_rules! ids { ($($t:ident)+) => { $(
    impl From<model::$t> for Param<'_> { fn from(v: model::$t) -> Self { Self::Uuid(v.uuid()) } }
    kept_as! { model::$t, Uuid, |v| Some(model::$t::new(v)); }
)+ } }
ids! { ArtifactId EntryId GrantId IntegrationId JobId KriId PasskeyId PersonId ProposalId RefreshId RequestId RunId SampleId ScheduleId SessionId TenantId TokenId }
/// A type of ours that is kept as its word, read without a copy.
macro_rules! kept_as_text {
    ($t:ty) => {
        impl Col for $t {
            fn sqlite(v: ValueRef<'_>) -> Option<Self> {
                if let ValueRef::Text(b) = v { std::str::from_utf8(b).ok()?.parse().ok() } else { None }
            }
            fn postgres(_: &Type, raw: Option<&[u8]>) -> Option<Self> {
                std::str::from_utf8(raw?).ok()?.parse().ok()
            }
            fn fits(ty: &Type) -> bool {
                String::fits(ty)
            }
        }
    };
}
macro_rules! words { ($($t:ty)+) => { $(
    impl From<$t> for Param<'_> { fn from(v: $t) -> Self { Self::Text(v.as_str()) } }
    kept_as_text! { $t }
)+ } }
words! {
    model::kri::Aggregation model::kri::Direction model::kri::Quality model::kri::SourceKind model::kri::State
    model::kri::Status model::kri::Trend model::kri::Unit model::Connector model::Role
    model::register::ActionState model::register::Kind
    model::autonomy::ProposalKind model::autonomy::ProposalStatus model::autonomy::Reason model::autonomy::Verdict
}
kept_as! {
    bool, i64, |v| Some(v != 0);
    model::Timestamp, i64, |v| Some(model::Timestamp::from_micros(v));
}
kept_as_text! { model::Slug }
impl<'a> From<&'a model::Slug> for Param<'a> {
    fn from(v: &'a model::Slug) -> Self {
        Self::Text(v.as_str())
    }
}

/// A type that a row becomes.
pub trait FromRow: Sized + Send + 'static {
    /// The columns that the statement must return, in this order; empty for tuples, which are not checked.
    const COLUMNS: &'static [&'static str];
    /// Reads the row.
    ///
    /// # Errors
    /// [`Error::Column`] where a column does not hold its type.
    fn from_row(r: &mut Row<'_>) -> Result<Self>;
}

/// A struct and how it is read, in one go: by position, with the names checked in debug builds.
#[macro_export]
macro_rules! row {
    ($(#[$m:meta])* $v:vis struct $n:ident { $($(#[$fm:meta])* $fv:vis $f:ident : $t:ty),* $(,)? }) => {
        $(#[$m])*
        #[derive(Debug, Clone)]
        $v struct $n { $($(#[$fm])* $fv $f: $t),* }
        impl $crate::FromRow for $n {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($f)),*];
            fn from_row(r: &mut $crate::Row<'_>) -> $crate::Result<Self> { Ok(Self { $($f: r.next()?),* }) }
        }
    };
}
macro_rules! tuples { ($($($t:ident)+;)+) => { $(
    impl<$($t: Col + Send + 'static),+> FromRow for ($($t,)+) {
        const COLUMNS: &'static [&'static str] = &[];
        fn from_row(r: &mut Row<'_>) -> Result<Self> { Ok(($(r.next::<$t>()?,)+)) }
    }
)+ } }
tuples! { A; A B; A B C; A B C D; A B C D E; }
