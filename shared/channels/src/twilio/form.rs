//! The parameters of a webhook, from a form or from JSON.

use serde_json::{Map, Value};

use crate::digest;
use crate::envelope::Malformed;

/// Decoded parameters in the order in which they came. Values are not trimmed: whitespace is signed too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`, of a body or of a query.
    pub fn from_urlencoded(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// Reads a JSON object whose members stand for parameters. What is neither text nor number nor truth value is
    /// kept as JSON.
    pub fn from_json(body: &[u8]) -> Result<Self, Malformed> {
        let value: Value = serde_json::from_slice(body).map_err(|_| Malformed::NotJson)?;
        Self::of_value(&value).ok_or(Malformed::UnknownShape)
    }

    /// The parameters that an object holds.
    pub(super) fn of_value(value: &Value) -> Option<Self> {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        Some(Self(value.as_object()?.iter().map(|(name, value)| (name.clone(), text(value))).collect()))
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The parameters as one object. Of repeated names, which Twilio does not use in messages, the first stays.
    pub(super) fn to_value(&self) -> Value {
        let mut fields = Map::new();
        for (name, value) in &self.0 {
            fields.entry(name.as_str()).or_insert_with(|| Value::from(value.as_str()));
        }
        Value::Object(fields)
    }

    /// A name for what Twilio gave none.
    pub(super) fn digest(&self) -> String {
        digest::canonical(&self.to_value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_and_nothing_is_trimmed() {
        let form = Form::from_urlencoded("Body=%20a%2Bb+%F0%9F%98%80%0A&Empty=&Body=second&Flag".as_bytes());
        assert_eq!(form.get("Body"), Some(" a+b 😀\n"));
        assert_eq!((form.get("Empty"), form.get("Flag"), form.get("body")), (Some(""), Some(""), None));
        assert_eq!(form.pairs().len(), 4);
    }

    #[test]
    fn json_parameters_are_read_as_text() {
        let form =
            Form::from_json(br#"{"MessageSid":"SM1","NumMedia":2,"Body":null,"More":{"a":[1]}}"#).unwrap();
        assert_eq!((form.get("NumMedia"), form.get("Body")), (Some("2"), Some("")));
        assert_eq!(form.get("More"), Some(r#"{"a":[1]}"#));
        assert_eq!(Form::from_json(b"[]"), Err(Malformed::UnknownShape));
        assert_eq!(Form::from_json(b"a=b"), Err(Malformed::NotJson));
    }
}
