//! L3, SQL as data: what is asked of a database, and how rows become state and state becomes rows.
//!
//! Every statement is text with `?` parameters that runs unchanged on an object's SQLite and on a native one,
//! so that the tests run the real SQL. Tables are keyed without a rowid and carry no secondary index: each
//! index row is billed (docs/PERFORMANCE.md).

pub mod conversation;
pub mod credential;
pub mod directory;
pub mod exposure;
pub mod floor;
pub mod insight;
pub mod library;
pub mod office;
pub mod pump;
pub mod remote;
pub mod shadow;

/// A value in a row or a parameter. Whole numbers stay below 2^53: beyond the border they are doubles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// UTF-8.
    Text(String),
}

/// One statement with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// One SQL statement with `?` for each parameter.
    pub sql: &'static str,
    /// At most 100 (a limit of the platform).
    pub params: Vec<Value>,
}

impl Statement {
    /// A statement with its parameters.
    pub fn new(sql: &'static str, params: impl Into<Vec<Value>>) -> Self {
        Self { sql, params: params.into() }
    }
}

/// What runs statements: an object's storage, or SQLite in a test. Synchronous, as in an object's turn.
pub trait Database {
    /// Runs one statement and returns its rows.
    fn run(&self, statement: &Statement) -> Result<Vec<Row>, StoreError>;
}

/// Storage that cannot be read or written, or does not hold what this version wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database refused the statement.
    #[error("the database refused a statement: {0}")]
    Refused(String),
    /// A row has not the shape this version expects.
    #[error("a row has an unexpected shape at column {column}")]
    Shape {
        /// Which column, from 0.
        column: usize,
    },
    /// A stored JSON text does not parse.
    #[error("a stored value does not parse: {0}")]
    Json(String),
}

/// One row, read by column number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// A whole number.
    pub fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.int_or_null(column)?.ok_or(StoreError::Shape { column })
    }

    /// A whole number or NULL.
    pub fn int_or_null(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(column) {
            Some(Value::Int(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            _ => Err(StoreError::Shape { column }),
        }
    }

    /// A text.
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.text_or_null(column)?.ok_or(StoreError::Shape { column })
    }

    /// A text or NULL.
    pub fn text_or_null(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            _ => Err(StoreError::Shape { column }),
        }
    }

    /// A stored JSON text.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T, StoreError> {
        self.json_or_null(column)?.ok_or(StoreError::Shape { column })
    }

    /// A stored JSON text or NULL.
    pub fn json_or_null<T: serde::de::DeserializeOwned>(
        &self,
        column: usize,
    ) -> Result<Option<T>, StoreError> {
        let text = self.text_or_null(column)?;
        // From bytes, as what comes over the wire: one parser in the Wasm, not two.
        text.map(|text| serde_json::from_slice(text.as_bytes()))
            .transpose()
            .map_err(|error| StoreError::Json(error.to_string()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Int(i64::from(yes))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A value as a stored JSON text.
pub fn json<T: serde::Serialize>(value: &T) -> Result<Value, StoreError> {
    serde_json::to_string(value).map(Value::Text).map_err(|error| StoreError::Json(error.to_string()))
}

/// Brings a database to the newest schema: runs each migration not yet recorded, in order.
///
/// Migrations only ever get appended; `CREATE TABLE IF NOT EXISTS` keeps the first run idempotent.
pub fn migrate(db: &impl Database, migrations: &[&'static [&'static str]]) -> Result<(), StoreError> {
    db.run(&Statement::new(
        "CREATE TABLE IF NOT EXISTS schema (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)",
        [],
    ))?;
    let rows = db.run(&Statement::new("SELECT version FROM schema", []))?;
    let current = rows.first().map(|row| row.int(0)).transpose()?.unwrap_or(0);
    let newest = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if current >= newest {
        return Ok(());
    }
    for migration in migrations.iter().skip(usize::try_from(current).unwrap_or(0)) {
        for sql in *migration {
            db.run(&Statement::new(sql, []))?;
        }
    }
    db.run(&Statement::new("INSERT OR REPLACE INTO schema (id, version) VALUES (1, ?)", [newest.into()]))?;
    Ok(())
}
