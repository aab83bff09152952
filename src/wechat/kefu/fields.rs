//! Reading WeCom's JSON without ever failing: what is absent or of the wrong kind is empty.

use serde_json::{Map, Value};

/// The fields of an object; none when there is no object.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(Option<&'a Map<String, Value>>);

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        Self(value.as_object())
    }

    pub(super) fn object(self, name: &str) -> Self {
        Self(self.value(name).and_then(Value::as_object))
    }

    pub(super) fn list(self, name: &str) -> &'a [Value] {
        self.value(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// A text as sent, or a number as text; nothing when it is neither.
    pub(super) fn text(self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The same without white space around it; nothing when it is empty.
    pub(super) fn word(self, name: &str) -> Option<String> {
        self.text(name).map(|text| text.trim().to_owned()).filter(|word| !word.is_empty())
    }

    /// A whole number, however it is written.
    pub(super) fn number(self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Bool(flag) => Some(i64::from(*flag)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn value(self, name: &str) -> Option<&'a Value> {
        self.0?.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scalars_are_read_however_they_are_written() {
        let value = json!({
            "s": " 12 ", "n": 12, "f": 23.106_47, "big": u64::MAX, "yes": true, "no": null, "o": { "a": "b" }, "l": [1]
        });
        let fields = Fields::of(&value);
        assert_eq!(
            [fields.number("s"), fields.number("n"), fields.number("yes")],
            [Some(12), Some(12), Some(1)]
        );
        assert_eq!(
            [fields.number("f"), fields.number("big"), fields.number("no"), fields.number("o")],
            [None; 4]
        );
        assert_eq!(fields.text("s").as_deref(), Some(" 12 "));
        assert_eq!(fields.word("s").as_deref(), Some("12"));
        assert_eq!(fields.text("f").as_deref(), Some("23.10647"));
        assert_eq!(fields.text("big").as_deref(), Some("18446744073709551615"));
        assert_eq!([fields.text("no"), fields.text("o"), fields.text("absent")], [None, None, None]);
        assert_eq!(fields.object("o").text("a").as_deref(), Some("b"));
        assert_eq!((fields.list("l").len(), fields.list("o").len()), (1, 0));
        assert_eq!(Fields::of(&json!([])).text("a"), None);
    }
}
