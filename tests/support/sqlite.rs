//! The real SQL on a real SQLite: `store::Database` over rusqlite, counting rows written as the platform bills them.

use rusqlite::types::{ToSqlOutput, ValueRef};
use shunda::store::{Database, Row, Statement, StoreError, Value};

/// An in-memory database.
pub struct Sqlite(pub rusqlite::Connection);

impl Sqlite {
    pub fn new() -> Self {
        Self(rusqlite::Connection::open_in_memory().unwrap())
    }
}

struct Param<'a>(&'a Value);

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl Database for Sqlite {
    fn run(&self, statement: &Statement) -> Result<Vec<Row>, StoreError> {
        let refused = |error: rusqlite::Error| StoreError::Refused(format!("{error} in {}", statement.sql));
        let mut prepared = self.0.prepare_cached(statement.sql).map_err(refused)?;
        let columns = prepared.column_count();
        let params = rusqlite::params_from_iter(statement.params.iter().map(Param));
        let mut rows = prepared.query(params).map_err(refused)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(refused)? {
            let value = |column| match row.get_ref_unwrap(column) {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Int(number),
                ValueRef::Text(text) => Value::Text(String::from_utf8(text.to_vec()).unwrap()),
                other => panic!("no such value is ever stored: {other:?}"),
            };
            found.push(Row((0..columns).map(value).collect()));
        }
        Ok(found)
    }
}
