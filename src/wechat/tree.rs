//! The small tree that a body is, whether it travels as XML or as JSON.

/// A named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The element's name or the JSON key.
    pub name: String,
    /// What it holds.
    pub value: Value,
}

/// What a node holds. Bodies that were read have no `Number`: every scalar stays the text it came as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number, to be written without quotes or CDATA.
    Number(i64),
    /// Elements in order; a list is the same name several times.
    Children(Vec<Node>),
}

impl Node {
    /// A leaf with a text.
    pub fn text(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: Value::Text(text.into()) }
    }

    /// A leaf with a number.
    pub fn number(name: &str, number: i64) -> Self {
        Self { name: name.to_owned(), value: Value::Number(number) }
    }

    /// A node with children.
    pub fn branch(name: &str, children: Vec<Self>) -> Self {
        Self { name: name.to_owned(), value: Value::Children(children) }
    }

    /// Its children; none when it is a leaf.
    pub fn children(&self) -> &[Self] {
        match &self.value {
            Value::Children(children) => children,
            Value::Text(_) | Value::Number(_) => &[],
        }
    }

    /// Its children of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children().iter().filter(move |child| child.name == name)
    }

    /// Its first child of that name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children().iter().find(|child| child.name == name)
    }

    /// The text of the first child of that name, as sent; empty when there is none.
    pub fn text_of(&self, name: &str) -> &str {
        match self.child(name).map(|child| &child.value) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// The same without white space around it: for ids, types and numbers.
    pub fn word_of(&self, name: &str) -> &str {
        self.text_of(name).trim()
    }
}
