//! Writes JSON values as YAML: the same value always as the same text, the keys in an order for readers.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// What stands first in an object, in this order; the rest follows by name.
const FIRST: [&str; 30] = [
    "openapi",
    "info",
    "servers",
    "security",
    "tags",
    "paths",
    "name",
    "in",
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "operationId",
    "summary",
    "x-role",
    "title",
    "type",
    "format",
    "enum",
    "description",
    "parameters",
    "requestBody",
    "responses",
    "required",
    "additionalProperties",
    "properties",
    "schema",
    "headers",
    "content",
];
/// How long a line may be that holds a whole list or object.
const WIDTH: usize = 118;

/// The document, with a line end at its end.
pub(crate) fn written(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn ordered(object: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    let mut fields: Vec<_> = object.iter().collect();
    fields.sort_by_key(|(key, _)| (rank(key), (*key).clone()));
    fields
}

/// What follows a key or a dash, on the same line or below it.
fn after(value: &Value, indent: usize, text: &mut String) {
    let column = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
    match value {
        Value::String(words) if words.trim_end().contains('\n') => {
            text.push_str(" |-\n");
            for line in words.trim().lines() {
                let _written =
                    writeln!(text, "{}{line}", " ".repeat(if line.is_empty() { 0 } else { indent }));
            }
        }
        _ => {
            match flow(value).filter(|flow| column + 1 + flow.chars().count() <= WIDTH || is_scalar(value)) {
                Some(flow) => {
                    let _written = writeln!(text, " {flow}");
                }
                None => {
                    text.push('\n');
                    block(value, indent, text);
                }
            }
        }
    }
}

fn block(value: &Value, indent: usize, text: &mut String) {
    let margin = " ".repeat(indent);
    match value {
        Value::Object(object) => {
            for (key, value) in ordered(object) {
                text.push_str(&margin);
                text.push_str(&scalar(key));
                text.push(':');
                after(value, indent + 2, text);
            }
        }
        Value::Array(items) => {
            for item in items {
                text.push_str(&margin);
                text.push('-');
                let from = text.len();
                after(item, indent + 2, text);
                // An object begins behind its dash.
                if text[from..].starts_with('\n') {
                    text.replace_range(from..=from + indent + 2, " ");
                }
            }
        }
        _ => {
            text.push_str(&margin);
            text.push_str(&flow(value).unwrap_or_default());
            text.push('\n');
        }
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Object(fields) if !fields.is_empty())
        && !matches!(value, Value::Array(items) if !items.is_empty())
}

/// The value within one line; `None` if that would be hard to read.
fn flow(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(words) if words.contains('\n') => return None,
        Value::String(words) => scalar(words),
        Value::Array(items) => {
            let items = items.iter().map(flow).collect::<Option<Vec<_>>>()?;
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            if fields.contains_key("properties") {
                return None;
            }
            let fields = ordered(fields).into_iter();
            let fields = fields.map(|(key, value)| Some(format!("{}: {}", scalar(key), flow(value)?)));
            format!("{{ {} }}", fields.collect::<Option<Vec<_>>>()?.join(", "))
        }
    })
}

/// Plain where no reader can take it for anything else, else in quotes.
fn scalar(words: &str) -> String {
    const TAKEN: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_plain = words.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && !words.ends_with(' ')
        && !TAKEN.contains(&words.to_ascii_lowercase().as_str())
        && words.chars().all(|it| it.is_ascii_alphanumeric() || " _-./()+;=".contains(it));
    if is_plain || words == "$ref" || words.starts_with('/') && !words.contains([' ', ':', '#', '"', '\'']) {
        return words.to_owned();
    }
    Value::from(words).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ops_1_the_text_reads_as_the_value_and_only_as_that() {
        let value = json!({
            "zeta": 1, "openapi": "3.1.0", "empty": {}, "none": [], "on": "off", "number": "7", "minus": -1,
            "colon": "a: b", "hash": "a # b", "lines": "one\n\ntwo", "list": [{"b": 1, "type": "x"}, ["a", null]],
            "/api/{id}": {"get": {"properties": {"a": true}}},
        });
        let expected = r#"openapi: 3.1.0
/api/{id}:
  get:
    properties: { a: true }
colon: "a: b"
empty: {}
hash: "a # b"
lines: |-
  one

  two
list: [{ type: x, b: 1 }, [a, null]]
minus: -1
none: []
number: "7"
"on": "off"
zeta: 1
"#;
        let expected = expected.replacen("openapi: 3.1.0", "openapi: \"3.1.0\"", 1);
        assert_eq!(written(&value), expected);
    }

    #[test]
    fn ops_1_what_is_too_long_for_a_line_is_written_below() {
        let item = json!({ "description": "x".repeat(WIDTH), "type": "string" });
        let expected = format!("items:\n  - type: string\n    description: {}\n", "x".repeat(WIDTH));
        assert_eq!(written(&json!({ "items": [item] })), expected);
    }
}
