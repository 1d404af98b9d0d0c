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

/// Numbers without a width, `null` as one of the types, texts without line ends at their ends.
pub(crate) fn tidy(document: &mut Value) {
    each(document, &mut |object| {
        let format = object.get("format").and_then(Value::as_str).unwrap_or_default();
        if matches!(format, "int32" | "int64" | "float" | "double") {
            object.remove("format");
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
        let Some(Value::Object(properties)) = object.get("properties") else { return };
        let required = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let all =
            properties.iter().filter(|(name, schema)| required.contains(&json!(name)) || may_be_null(schema));
        let all: Vec<Value> = all.map(|(name, _)| json!(name)).collect();
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
