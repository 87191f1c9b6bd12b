//! Read-only SQL over the dataset, away from the threads that serve requests.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, ErrorCode};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use tool_edge::printable_within;

use crate::primitives::novamart;

const MAX_ROWS: usize = 1000;
const MAX_BYTES: usize = 256 * 1024;
const MAX_TIME: Duration = Duration::from_millis(500);

/// A few connections, each to its own copy of the dataset.
#[derive(Debug)]
pub(crate) struct Database {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

/// What a query found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) row_count: usize,
    /// Whether there was more than fits an answer.
    pub(crate) truncated: bool,
}

/// Why a query found nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("only reading is allowed: one SELECT, or one WITH that ends in a SELECT")]
    ReadOnly,
    #[error("the query took longer than {} ms", MAX_TIME.as_millis())]
    TooSlow,
    #[error("the query needs too much memory or has too large a value")]
    TooLarge,
    #[error("{0}")]
    Invalid(String),
}

impl QueryError {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::ReadOnly => "read_only",
            Self::TooSlow => "query_timeout",
            Self::TooLarge => "query_too_large",
            Self::Invalid(_) => "invalid_sql",
        }
    }
}

impl Database {
    pub(crate) fn open() -> rusqlite::Result<Arc<Self>> {
        let count = thread::available_parallelism().map_or(1, |it| it.get().min(4));
        let idle = (0..count).map(|_| connect()).collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(Self { idle: Mutex::new(idle), permits: Arc::new(Semaphore::new(count)) }))
    }

    pub(crate) async fn query(self: &Arc<Self>, sql: String) -> Result<Table, QueryError> {
        let permit =
            self.permits.clone().acquire_owned().await.expect("the semaphore is never closed");
        let it = self.clone();
        let query = tokio::task::spawn_blocking(move || {
            let mut connection = it.idle().pop().expect("there is a connection for each permit");
            let found = query(&mut connection, &sql);
            it.idle().push(connection);
            drop(permit);
            found
        });
        query.await.expect("a query does not panic")
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().expect("no one panics holding the lock")
    }
}

fn connect() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    novamart::load(&mut connection)?;
    connection.execute_batch("PRAGMA query_only = on; PRAGMA hard_heap_limit = 134217728;")?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, 1 << 20)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, 10_000)?;
    connection.authorizer(Some(|it: AuthContext<'_>| match it.action {
        AuthAction::Select
        | AuthAction::Read { .. }
        | AuthAction::Function { .. }
        | AuthAction::Recursive => Authorization::Allow,
        _ => Authorization::Deny,
    }))?;
    Ok(connection)
}

fn query(connection: &mut Connection, sql: &str) -> Result<Table, QueryError> {
    let deadline = Instant::now() + MAX_TIME;
    connection.progress_handler(1000, Some(move || Instant::now() > deadline))?;
    let mut statement = connection.prepare_cached(sql)?;
    if !statement.readonly() || statement.is_explain() != 0 || statement.column_count() == 0 {
        return Err(QueryError::ReadOnly);
    }
    let columns: Vec<_> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.raw_query();
    let mut table = Table { columns, rows: Vec::new(), row_count: 0, truncated: false };
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        if table.rows.len() == MAX_ROWS || bytes > MAX_BYTES {
            table.truncated = true;
            break;
        }
        let mut cells = Vec::with_capacity(table.columns.len());
        for index in 0..table.columns.len() {
            let cell = json(row.get_ref(index)?);
            bytes += cell.as_str().map_or(8, str::len);
            cells.push(cell);
        }
        table.rows.push(cells);
    }
    table.row_count = table.rows.len();
    Ok(table)
}

fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(it) => it.into(),
        ValueRef::Real(it) => it.into(),
        ValueRef::Text(it) => String::from_utf8_lossy(it).into(),
        ValueRef::Blob(it) => format!("<{} bytes>", it.len()).into(),
    }
}

impl From<Error> for QueryError {
    fn from(error: Error) -> Self {
        let invalid = |it: &str| Self::Invalid(printable_within(it, 300));
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => return Self::TooSlow,
            Some(ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly) => {
                return Self::ReadOnly;
            }
            Some(ErrorCode::TooBig | ErrorCode::OutOfMemory) => return Self::TooLarge,
            _ => {}
        }
        match error {
            Error::MultipleStatement => Self::ReadOnly,
            Error::SqlInputError { msg, .. } => invalid(&msg),
            Error::SqliteFailure(_, Some(message)) => invalid(&message),
            other => invalid(&other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expect: Result<usize, &str>) {
        let found = query(&mut connect().unwrap(), sql);
        assert_eq!(
            found.as_ref().map(|it| it.row_count).map_err(QueryError::code),
            expect,
            "{sql}"
        );
    }

    #[test]
    fn reading_works() {
        check("SELECT 1", Ok(1));
        check("SELECT * FROM products LIMIT 7;", Ok(7));
        check("WITH x AS (SELECT id FROM orders LIMIT 3) SELECT * FROM x", Ok(3));
        check("SELECT * FROM orders", Ok(MAX_ROWS));
    }

    #[test]
    fn nothing_but_reading_works() {
        for sql in [
            "DELETE FROM orders",
            "INSERT INTO categories VALUES (99, 'x')",
            "UPDATE orders SET status = 'x'",
            "DROP TABLE orders",
            "CREATE TEMP TABLE x (y)",
            "WITH x AS (SELECT 1) DELETE FROM orders",
            "PRAGMA query_only = off",
            "PRAGMA table_info(orders)",
            "ATTACH ':memory:' AS x",
            "BEGIN",
            "VACUUM INTO '/tmp/x'",
            "EXPLAIN SELECT 1",
            "SELECT 1; DELETE FROM orders",
            "SELECT 1; SELECT 2",
            "",
            "-- nothing",
        ] {
            check(sql, Err("read_only"));
        }
    }

    #[test]
    fn mistakes_and_excess_have_their_own_codes() {
        check("SELEC 1", Err("invalid_sql"));
        check("SELECT * FROM nowhere", Err("invalid_sql"));
        check("SELECT zeroblob(1000000000)", Err("query_too_large"));
        check("SELECT load_extension('x')", Err("invalid_sql"));
        check(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
            Err("query_timeout"),
        );
    }
}
