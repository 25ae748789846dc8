//! SQL past the store: what a superuser, or somebody with the file, can do.
use std::path::Path;

use rusqlite::types::ValueRef;
use tokio_postgres::types::Type;
use uuid::Uuid;

pub(crate) enum Raw {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

impl Raw {
    pub(crate) fn sqlite(file: &Path) -> Self {
        let c = rusqlite::Connection::open(file).unwrap();
        c.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        // who has the file need not keep its rules
        c.execute_batch("pragma foreign_keys=off").unwrap();
        // plans are made as the store has them made, without a look at the values
        c.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
        Self::Sqlite(c)
    }
    /// Runs statements.
    pub(crate) async fn run(&self, sql: &str) {
        self.try_run(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
    pub(crate) async fn try_run(&self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(c) => c.execute_batch(sql).map_err(|e| e.to_string()),
            Self::Postgres(c) => c.batch_execute(sql).await.map_err(|e| format!("{e:?}")),
        }
    }
    /// The rows of a query, every value as text: ids and bytes in hex, nothing as `null`.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        match self {
            Self::Sqlite(c) => {
                let mut s = c.prepare(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
                let n = s.column_count();
                let rows = s.query_map([], |r| (0..n).map(|i| Ok(sqlite_text(r.get_ref(i)?))).collect()).unwrap();
                rows.collect::<Result<_, _>>().unwrap()
            }
            Self::Postgres(c) => {
                let rows = c.query(sql, &[]).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
                rows.iter().map(|r| (0..r.len()).map(|i| postgres_text(r, i)).collect()).collect()
            }
        }
    }
    /// The one value of a query.
    pub(crate) async fn one(&self, sql: &str) -> String {
        self.rows(sql).await.remove(0).remove(0)
    }
    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.one(&format!("select count(*) from {table}")).await.parse().unwrap()
    }
}

pub(crate) fn hex(b: &[u8]) -> String {
    b.iter().map(|x| format!("{x:02x}")).collect()
}
fn sqlite_text(v: ValueRef<'_>) -> String {
    match v {
        ValueRef::Null => "null".into(),
        ValueRef::Integer(i) => i.to_string(),
        ValueRef::Real(f) => f.to_string(),
        ValueRef::Text(t) => String::from_utf8_lossy(t).into_owned(),
        ValueRef::Blob(b) => hex(b),
    }
}
fn postgres_text(r: &tokio_postgres::Row, i: usize) -> String {
    let text = match *r.columns()[i].type_() {
        Type::INT8 => r.get::<_, Option<i64>>(i).map(|v| v.to_string()),
        Type::INT4 => r.get::<_, Option<i32>>(i).map(|v| v.to_string()),
        Type::INT2 => r.get::<_, Option<i16>>(i).map(|v| v.to_string()),
        Type::FLOAT8 => r.get::<_, Option<f64>>(i).map(|v| v.to_string()),
        Type::BOOL => r.get::<_, Option<bool>>(i).map(|v| v.to_string()),
        Type::UUID => r.get::<_, Option<Uuid>>(i).map(|v| v.simple().to_string()),
        Type::BYTEA => r.get::<_, Option<Vec<u8>>>(i).map(|v| hex(&v)),
        _ => r.get::<_, Option<String>>(i),
    };
    text.unwrap_or_else(|| "null".into())
}
