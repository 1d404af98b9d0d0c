//! Compares what the API answers with what is described.

use std::fmt;

use serde_json::{Map, Value};

use crate::document::{document, errors_of};

/// The description, to be looked things up in.
#[derive(Debug)]
pub struct Description {
    document: Value,
}

/// How an answer differs from what is described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch(String);

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Default for Description {
    fn default() -> Self {
        Self { document: document() }
    }
}

impl Description {
    /// Compares an answer to `method` and `path` (without the query) with what is described: its status, the id of an error,
    /// and of a success every field of its JSON. What no route has is left alone.
    ///
    /// # Errors
    ///
    /// What is not described, with its place.
    pub fn check(&self, method: &str, path: &str, status: u16, body: &Value) -> Result<(), Mismatch> {
        let Some(operation) = self.operation(method, path) else { return Ok(()) };
        let place = format!("{method} {path}: {status}");
        let answer = operation["responses"].get(status.to_string());
        let answer = answer.ok_or_else(|| Mismatch(format!("{place} is not described: {body}")))?;
        if status >= 400 {
            let id = body["error"]["id"].as_str().unwrap_or_default();
            let is_told = errors_of(&self.document, operation).contains(&(status, id.to_owned()));
            return if is_told {
                Ok(())
            } else {
                Err(Mismatch(format!("{place} is not described with {id}")))
            };
        }
        let answer = self.resolved(answer);
        match answer["content"].get("application/json") {
            Some(content) => self.fits(&content["schema"], body, &format!("{place} body")).map_err(Mismatch),
            None if answer["content"].is_object() || body.is_null() => Ok(()),
            None => Err(Mismatch(format!("{place} is described without a body"))),
        }
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let paths = self.document["paths"].as_object()?;
        let item = paths.get(path).or_else(|| {
            let fits = |template: &str| {
                let (mut ours, mut theirs) = (template.split('/'), path.split('/'));
                let each = ours
                    .by_ref()
                    .zip(theirs.by_ref())
                    .all(|(our, their)| our == their || our.starts_with('{'));
                each && template.split('/').count() == path.split('/').count()
            };
            // The more of a path is literal the better it fits.
            let fitting = paths.iter().filter(|(template, _)| fits(template));
            fitting.min_by_key(|(template, _)| template.matches('{').count()).map(|(_, item)| item)
        })?;
        item.get(method.to_ascii_lowercase())
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
        target.and_then(|target| self.document.pointer(target)).unwrap_or(value)
    }

    /// Whether `value` is as `schema` says; beyond what JSON Schema asks, it may have no field that is not described.
    fn fits(&self, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
        let schema = self.resolved(schema);
        if let Some(choices) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
            let tries: Vec<_> = choices.iter().map(|choice| self.fits(choice, value, place)).collect();
            if tries.iter().any(Result::is_ok) {
                return Ok(());
            }
            let reasons: Vec<_> = tries.into_iter().filter_map(Result::err).collect();
            return Err(format!("{place} fits none: {}", reasons.join("; ")));
        }
        if schema.get("enum").and_then(Value::as_array).is_some_and(|words| !words.contains(value)) {
            return Err(format!("{place} is {value}, which is not listed"));
        }
        let types = match &schema["type"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        };
        let is = |kind: &str| match kind {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => false,
        };
        if !types.is_empty() && !types.into_iter().any(is) {
            return Err(format!("{place} is {value}, but {} is described", schema["type"]));
        }
        if schema["format"] == "date-time" && value.as_str().is_some_and(|text| !is_time(text)) {
            return Err(format!("{place} is {value}, which is no time"));
        }
        if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
            for (index, value) in values.iter().enumerate() {
                self.fits(items, value, &format!("{place}[{index}]"))?;
            }
        }
        match value.as_object() {
            Some(fields) => self.has_fields(schema, fields, place),
            None => Ok(()),
        }
    }

    fn has_fields(&self, schema: &Value, fields: &Map<String, Value>, place: &str) -> Result<(), String> {
        let mut known = Map::new();
        let mut required = Vec::new();
        self.gather(schema, &mut known, &mut required);
        if let Some(missing) = required.iter().find(|name| !fields.contains_key(*name)) {
            return Err(format!("{place} lacks {missing}"));
        }
        let is_open = known.is_empty() && schema.get("properties").is_none();
        for (name, value) in fields {
            let place = format!("{place}.{name}");
            match (known.get(name), schema.get("additionalProperties")) {
                (Some(schema), _) => self.fits(schema, value, &place)?,
                (None, Some(schema)) if schema.is_object() => self.fits(schema, value, &place)?,
                (None, _) if is_open => {}
                (None, _) => return Err(format!("{place} is not described")),
            }
        }
        Ok(())
    }

    /// The fields of an object and of all that it is made of.
    fn gather(&self, schema: &Value, known: &mut Map<String, Value>, required: &mut Vec<String>) {
        let schema = self.resolved(schema);
        known.extend(schema["properties"].as_object().cloned().unwrap_or_default());
        let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        required.extend(names.map(str::to_owned));
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.gather(part, known, required);
        }
        // Of shapes that differ by kind each field is known, and none is certain.
        for part in schema["oneOf"].as_array().into_iter().flatten() {
            self.gather(part, known, &mut Vec::new());
        }
    }
}

/// `2026-01-31T09:00:00Z`, with or without parts of a second.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 20 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[13] == b':' && text.ends_with('Z')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(status: u16, body: &Value) -> Option<String> {
        Description::default().check("GET", "/api/tickets/7", status, body).err().map(|it| it.to_string())
    }

    #[test]
    fn ops_1_an_answer_that_is_not_as_described_is_told_by_its_place() {
        let ticket = json!({
            "number": 7, "subject": "s", "status": "open", "assignee_id": null, "source": "timer",
            "conversation_id": "1809223c-a54e-5e9b-ae37-4058be706671", "created_by": null, "reference": null,
            "channel_id": "1809223c-a54e-5e9b-ae37-4058be706671", "department_id": null, "message_count": 1,
            "first_message_id": "m", "created_at": "2026-01-31T09:00:00Z", "updated_at": "2026-01-31T09:00:00Z",
            "closed_at": null, "version": 1,
        });
        assert_eq!(refused(200, &ticket), None);
        for (field, value, expected) in [
            ("number", json!("7"), "body.number"),
            ("status", json!("lost"), "lost"),
            ("colour", json!("red"), "body.colour is not described"),
            ("created_at", json!("yesterday"), "no time"),
            ("subject", Value::Null, "body.subject"),
        ] {
            let mut ticket = ticket.clone();
            ticket[field] = value;
            assert!(refused(200, &ticket).is_some_and(|told| told.contains(expected)), "{field}");
        }
        let mut less = ticket.clone();
        less.as_object_mut().unwrap().remove("assignee_id");
        assert!(refused(200, &less).is_some_and(|told| told.ends_with("lacks assignee_id")));
        assert!(refused(201, &ticket).is_some_and(|told| told.contains("201 is not described")));
        let error = |id: &str| json!({ "error": { "id": id } });
        assert_eq!(refused(404, &error("ticket_not_found")), None);
        assert!(refused(404, &error("brand_not_found")).is_some());
    }
}
