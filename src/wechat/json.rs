//! JSON bodies, as a mini program or a test account may choose them, read into and written from the same tree.

use super::tree::{Node, Value as NodeValue};
use crate::base::limits::{CALLBACK_BYTES_MAX, XML_DEPTH_MAX, XML_ELEMENTS_MAX};
use serde_json::{Map, Value};
use thiserror::Error;

/// Why a text is refused as a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JsonError {
    /// Longer than [`CALLBACK_BYTES_MAX`].
    #[error("the JSON is too long")]
    TooLong,
    /// Not one JSON object.
    #[error("the body is not one JSON object")]
    Malformed,
    /// Nested deeper than [`XML_DEPTH_MAX`].
    #[error("the JSON is nested too deeply")]
    TooDeep,
    /// More than [`XML_ELEMENTS_MAX`] values.
    #[error("the JSON has too many values")]
    TooMany,
}

/// Reads one object. A list becomes its key several times, `null` an empty text, a number the text of it.
pub fn parse(text: &str) -> Result<Node, JsonError> {
    if text.len() > CALLBACK_BYTES_MAX {
        return Err(JsonError::TooLong);
    }
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let Ok(Value::Object(object)) = serde_json::from_str(text) else {
        return Err(JsonError::Malformed);
    };
    let mut left = XML_ELEMENTS_MAX;
    Ok(Node { name: "xml".to_owned(), value: branch(object, XML_DEPTH_MAX, &mut left)? })
}

fn branch(object: Map<String, Value>, depth: usize, left: &mut usize) -> Result<NodeValue, JsonError> {
    let depth = depth.checked_sub(1).ok_or(JsonError::TooDeep)?;
    let mut children = Vec::new();
    for (name, value) in object {
        match value {
            Value::Array(items) => {
                for item in items {
                    children.push(node(name.clone(), item, depth, left)?);
                }
            }
            value => children.push(node(name, value, depth, left)?),
        }
    }
    Ok(NodeValue::Children(children))
}

fn node(name: String, value: Value, depth: usize, left: &mut usize) -> Result<Node, JsonError> {
    *left = left.checked_sub(1).ok_or(JsonError::TooMany)?;
    let value = match value {
        Value::Null => NodeValue::Text(String::new()),
        Value::Bool(flag) => NodeValue::Text(flag.to_string()),
        Value::Number(number) => NodeValue::Text(number.to_string()),
        Value::String(text) => NodeValue::Text(text),
        Value::Object(object) => branch(object, depth, left)?,
        Value::Array(_) => return Err(JsonError::Malformed),
    };
    Ok(Node { name, value })
}

/// Writes a node's children as one object; a name that occurs several times becomes a list.
pub fn render(node: &Node) -> String {
    Value::Object(object(node.children())).to_string()
}

fn object(children: &[Node]) -> Map<String, Value> {
    let mut map = Map::new();
    for child in children {
        let value = match &child.value {
            NodeValue::Text(text) => Value::from(text.as_str()),
            NodeValue::Number(number) => Value::from(*number),
            NodeValue::Children(children) => Value::Object(object(children)),
        };
        match map.get_mut(&child.name) {
            Some(Value::Array(items)) => items.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => {
                map.insert(child.name.clone(), value);
            }
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_becomes_the_tree_that_xml_would() {
        let text = r#"{"MsgId": 18446744073709551615, "Lat": 23.134521, "S": "你", "N": null, "L": [{"A": 1}, {"A": "2"}]}"#;
        let root = parse(text).unwrap();
        assert_eq!(root.text_of("MsgId"), "18446744073709551615");
        assert_eq!((root.text_of("Lat"), root.text_of("S"), root.text_of("N")), ("23.134521", "你", ""));
        assert_eq!(root.all("L").map(|item| item.text_of("A")).collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn anything_but_one_object_of_bounded_size_is_refused() {
        for text in ["", "1", "[]", "{", "{}{}", r#"{"a":[[1]]}"#] {
            assert_eq!(parse(text), Err(JsonError::Malformed), "{text}");
        }
        let nested = format!("{}1{}", r#"{"a":"#.repeat(XML_DEPTH_MAX + 1), "}".repeat(XML_DEPTH_MAX + 1));
        assert_eq!(parse(&nested), Err(JsonError::TooDeep));
        let wide = format!(r#"{{"a":[{}1]}}"#, "1,".repeat(XML_ELEMENTS_MAX));
        assert_eq!(parse(&wide), Err(JsonError::TooMany));
        assert_eq!(parse(&" ".repeat(CALLBACK_BYTES_MAX + 1)), Err(JsonError::TooLong));
    }

    #[test]
    fn repeated_names_are_written_as_a_list() {
        let item = |n| Node::branch("item", vec![Node::number("A", n)]);
        let node = Node::branch("xml", vec![Node::text("T", "你\n"), item(1), item(2), item(3)]);
        assert_eq!(render(&node), r#"{"T":"你\n","item":[{"A":1},{"A":2},{"A":3}]}"#);
    }
}
