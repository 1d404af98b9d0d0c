//! Schemas as the annotations make them, put into the shape in which they are published.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const SCHEMAS: &str = "#/components/schemas/";

/// `TicketView` is published as `Ticket`, and a page of them as `TicketPage`.
fn published(name: &str) -> String {
    match name.split_once('_') {
        Some(("PageView", of)) => format!("{}Page", published(of)),
        _ => name.strip_suffix("View").unwrap_or(name).to_owned(),
    }
}

/// Every schema under its published name, and every reference to it.
pub(crate) fn rename(document: &mut Value) {
    each(document, &mut |object| {
        if let Some(Value::String(target)) = object.get_mut("$ref")
            && let Some(name) = target.strip_prefix(SCHEMAS)
        {
            *target = format!("{SCHEMAS}{}", published(name));
        }
    });
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        let all = std::mem::take(schemas);
        for (name, schema) in all {
            let name = published(&name);
            assert!(!schemas.contains_key(&name), "two schemas are called {name}");
            schemas.insert(name, schema);
        }
    }
}

/// Ids and the like stand where they are used; what has several uses worth a name keeps it.
pub(crate) fn inline_scalars(document: &mut Value) {
    let is_scalar = |schema: &Value| {
        let kind = schema["type"].as_str().unwrap_or_default();
        !matches!(kind, "object" | "array" | "") && schema.get("enum").is_none()
    };
    let schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    let scalars: Map<String, Value> = schemas.into_iter().filter(|(_, schema)| is_scalar(schema)).collect();
    each(document, &mut |object| {
        let name = object.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix(SCHEMAS));
        if let Some(Value::Object(scalar)) = name.and_then(|name| scalars.get(name)) {
            object.remove("$ref");
            for (key, value) in scalar {
                // What the id is in general says less than what it is here.
                if key != "description" {
                    object.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
        }
    });
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        schemas.retain(|name, _| !scalars.contains_key(name));
    }
}

/// What maintainers read and callers do not: ids of features in parentheses, and links of the code's documentation.
fn for_callers(text: &str) -> String {
    let is_feature = |word: &str| {
        let parts = word.split_once('-');
        parts.is_some_and(|(area, number)| {
            area.len() == 3 && area.bytes().all(|it| it.is_ascii_uppercase()) && number.parse::<u16>().is_ok()
        })
    };
    let mut told = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(" (") {
        told.push_str(before);
        match behind.split_once(')') {
            Some((inside, behind)) if inside.split(", ").all(is_feature) => rest = behind,
            _ => {
                told.push_str(" (");
                rest = behind;
            }
        }
    }
    told.push_str(rest);
    told.replace("[`", "`").replace("`]", "`").replace("`None`", "null").trim().to_owned()
}

/// Numbers without a width, `null` as one of the types, no default of null, and texts for those who call.
pub(crate) fn tidy(document: &mut Value) {
    each(document, &mut |object| {
        if let Some(Value::String(text)) = object.get_mut("description") {
            *text = for_callers(text);
        }
        if object.get("default") == Some(&Value::Null) {
            object.remove("default");
        }
        let format = object.get("format").and_then(Value::as_str).unwrap_or_default();
        if matches!(format, "int32" | "int64" | "float" | "double") {
            object.remove("format");
        }
        if let Some(Value::Array(one)) = object.get("oneOf")
            && let [Value::Object(only)] = &one[..]
        {
            let only = only.clone();
            object.remove("oneOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
            return;
        }
        let null = json!({ "type": "null" });
        let Some(Value::Array(either)) = object.get("oneOf") else { return };
        let [first, second] = &either[..] else { return };
        let other = if *first == null { second } else { first };
        let Some(Value::String(kind)) = other.get("type") else { return };
        if [first, second].contains(&&null) && *other != null && other.get("enum").is_none() {
            let kind = json!([kind, "null"]);
            let other = other.as_object().cloned().unwrap_or_default();
            object.remove("oneOf");
            for (key, value) in other {
                object.entry(key).or_insert(value);
            }
            object.insert("type".to_owned(), kind);
        }
    });
}

/// Where a time is: `created_at`, `at`.
pub(crate) fn times(document: &mut Value) {
    each(document, &mut |object| {
        let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
        for (name, schema) in properties {
            let is_time = name == "at" || name.ends_with("_at");
            let is_text = schema["type"] == "string" || schema["type"] == json!(["string", "null"]);
            if is_time && is_text && schema.get("format").is_none() {
                schema["format"] = "date-time".into();
            }
        }
    });
}

/// What a field is called that holds a secret.
const SECRET: &str = "secret";

/// Answers have all of their fields, null or not: only those may be missing that are never null.
pub(crate) fn require_in_answers(document: &mut Value) {
    let asked = reached(document, "requestBody");
    let answered = reached(document, "responses");
    let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") else { return };
    for (name, schema) in schemas {
        if answered.contains(name) && !asked.contains(name) {
            require(schema);
        }
    }
    let Some(Value::Object(paths)) = document.get_mut("paths") else { return };
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        if let Some(responses) = operation.get_mut("responses") {
            require(responses);
        }
    }
}

fn require(schema: &mut Value) {
    each(schema, &mut |object| {
        let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
        // What is secret is shown once, and left out of every other answer.
        if let Some(secret) = properties.get_mut(SECRET).filter(|secret| may_be_null(secret)) {
            secret["type"] = "string".into();
        }
        let Some(Value::Object(properties)) = object.get("properties") else { return };
        let required = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let all =
            properties.iter().filter(|(name, schema)| required.contains(&json!(name)) || may_be_null(schema));
        let mut all: Vec<&String> = all.map(|(name, _)| name).collect();
        all.sort();
        let all: Vec<Value> = all.into_iter().map(|name| json!(name)).collect();
        if !all.is_empty() {
            object.insert("required".to_owned(), all.into());
        }
    });
}

fn may_be_null(schema: &Value) -> bool {
    let null = json!("null");
    schema["type"].as_array().is_some_and(|types| types.contains(&null))
        || schema["oneOf"].as_array().is_some_and(|either| either.iter().any(|it| it["type"] == null))
}

/// Bodies of several kinds refuse what they do not know, as those of one kind do.
pub(crate) fn close_kinds(document: &mut Value) {
    let Some(Value::Object(paths)) = document.get_mut("paths") else { return };
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let kinds = operation.pointer_mut("/requestBody/content/application~1json/schema/oneOf");
        for kind in kinds.and_then(Value::as_array_mut).into_iter().flatten() {
            if kind.get("properties").is_some() {
                kind["additionalProperties"] = false.into();
            }
        }
    }
}

/// The schemas that are used under `place` of any operation, and what these use.
fn reached(document: &Value, place: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let paths = document["paths"].as_object().into_iter().flat_map(Map::values);
    let operations = paths.filter_map(Value::as_object).flat_map(Map::values);
    let mut waiting: Vec<&Value> = operations.filter_map(|operation| operation.get(place)).collect();
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(object) => {
                let name = object.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix(SCHEMAS));
                if let Some(name) = name
                    && found.insert(name.to_owned())
                {
                    waiting.push(&document["components"]["schemas"][name]);
                }
                waiting.extend(object.values());
            }
            Value::Array(items) => waiting.extend(items),
            _ => {}
        }
    }
    found
}

/// Schemas that nothing refers to are dropped.
pub(crate) fn drop_unused(document: &mut Value) {
    loop {
        let mut used = BTreeSet::new();
        each(document, &mut |object| {
            if let Some(name) = object.get("$ref").and_then(Value::as_str) {
                used.insert(name.to_owned());
            }
        });
        let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") else { return };
        let before = schemas.len();
        schemas.retain(|name, _| used.contains(&format!("{SCHEMAS}{name}")));
        if schemas.len() == before {
            return;
        }
    }
}

/// Calls `change` with every object, the innermost first.
fn each(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(|value| each(value, change));
            change(object);
        }
        Value::Array(items) => items.iter_mut().for_each(|value| each(value, change)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_1_callers_read_nothing_of_features_and_links() {
        for (text, told) in [
            ("Whose it is (CON-9).", "Whose it is."),
            ("Looked at (ABU-1, ABU-2), then (perhaps) told.", "Looked at, then (perhaps) told."),
            ("As [`Settings`] say (RFC 9457", "As `Settings` say (RFC 9457"),
            ("(CON-9)", "(CON-9)"),
        ] {
            assert_eq!(for_callers(text), told);
        }
    }

    #[test]
    fn ops_1_answers_have_their_fields_and_leave_out_only_what_is_never_null() {
        let object = json!({
            "type": "object", "required": ["id"],
            "properties": {
                "id": { "type": "string" }, "name": { "type": ["string", "null"] }, "note": { "type": "string" },
                "at": { "oneOf": [{ "type": "null" }, { "type": "string" }] }, "secret": { "type": ["string", "null"] },
            },
        });
        let answer = json!({ "content": { "application/json": { "schema": object } } });
        let mut document = json!({
            "components": { "schemas": {} },
            "paths": { "/x": { "get": { "requestBody": answer.clone(), "responses": { "200": answer } } } },
        });
        tidy(&mut document);
        times(&mut document);
        require_in_answers(&mut document);
        let operation = &document["paths"]["/x"]["get"];
        let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!(answer["required"], json!(["at", "id", "name"]));
        assert_eq!(answer["properties"]["at"], json!({ "type": ["string", "null"], "format": "date-time" }));
        assert_eq!(answer["properties"]["secret"], json!({ "type": "string" }));
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(body["required"], json!(["id"]));
    }
}
