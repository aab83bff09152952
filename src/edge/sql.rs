//! An object's SQLite as `store::Database`.

use crate::store::{Database, Row, Statement, StoreError, Value};
use core::cell::Cell;
use worker::{SqlStorage, SqlStorageValue};

/// One object's storage. Counts the rows it writes as they are billed.
pub struct Sql {
    storage: SqlStorage,
    rows_written: Cell<usize>,
}

impl Sql {
    /// Over an object's storage.
    pub fn new(storage: SqlStorage) -> Self {
        Self { storage, rows_written: Cell::new(0) }
    }

    /// Something beside statements that is billed as a row: an alarm that is set.
    pub fn count_row(&self) {
        self.rows_written.set(self.rows_written.get().saturating_add(1));
    }

    /// Rows written since this was last asked.
    pub fn take_rows_written(&self) -> usize {
        self.rows_written.take()
    }
}

impl Database for Sql {
    fn run(&self, statement: &Statement) -> Result<Vec<Row>, StoreError> {
        let params: Vec<SqlStorageValue> = statement.params.iter().map(to_platform).collect();
        let cursor = self.storage.exec(statement.sql, params).map_err(refused)?;
        let mut rows = Vec::new();
        for row in cursor.raw() {
            rows.push(Row(row
                .map_err(refused)?
                .into_iter()
                .enumerate()
                .map(from_platform)
                .collect::<Result<_, _>>()?));
        }
        self.rows_written.set(self.rows_written.get().saturating_add(cursor.rows_written()));
        Ok(rows)
    }
}

fn refused(error: worker::Error) -> StoreError {
    StoreError::Refused(error.to_string())
}

fn to_platform(value: &Value) -> SqlStorageValue {
    match value {
        Value::Null => SqlStorageValue::Null,
        Value::Int(number) => SqlStorageValue::Integer(*number),
        Value::Text(text) => SqlStorageValue::String(text.clone()),
    }
}

fn from_platform((column, value): (usize, SqlStorageValue)) -> Result<Value, StoreError> {
    match value {
        SqlStorageValue::Null => Ok(Value::Null),
        SqlStorageValue::Integer(number) => Ok(Value::Int(number)),
        SqlStorageValue::String(text) => Ok(Value::Text(text)),
        SqlStorageValue::Boolean(_) | SqlStorageValue::Float(_) | SqlStorageValue::Blob(_) => {
            Err(StoreError::Shape { column })
        }
    }
}
