//! The description that is kept is the one that the code makes, and describes all there is (OPS-1).

use std::collections::BTreeSet;

use madoguchi_api::access::ROUTES;
use madoguchi_openapi::{document, file, text};
use serde_json::Value;

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    all
}

/// `make openapi` writes it anew.
#[test]
fn ops_1_the_description_that_is_kept_is_what_the_code_says() {
    let kept = std::fs::read_to_string(file()).unwrap();
    let made = text();
    let differs = kept.lines().zip(made.lines()).enumerate().find(|(_, (kept, made))| kept != made);
    let note = differs.map(|(index, (kept, made))| format!("line {}: `{kept}`, not `{made}`", index + 1));
    assert!(kept == made, "run `make openapi`: {}", note.unwrap_or_else(|| "lines are missing".to_owned()));
}

#[test]
fn ops_1_every_route_is_described_and_nothing_else() {
    let described: BTreeSet<_> =
        operations(&document()).into_iter().map(|(method, path, _)| (method, path)).collect();
    let routes = ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    assert_eq!(described, routes.collect());
}

#[test]
fn ops_1_operations_have_names_of_their_own_subjects_and_successes() {
    let document = document();
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(names.insert(name.clone()), "{name} is twice there: {method} {path}");
        assert!(tags.contains(&&operation["tags"][0]), "{method} {path} has no subject");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(
            !summary.is_empty() && !summary.contains('\n') && !summary.ends_with('.'),
            "{name}: {summary}"
        );
        let statuses = operation["responses"].as_object().unwrap();
        assert!(statuses.keys().any(|status| status < &"400".to_owned()), "{name} never succeeds");
        assert!(!statuses.contains_key("default"), "{name} says nothing about errors");
    }
}

#[test]
fn ops_1_what_is_referred_to_is_there() {
    fn targets<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| targets(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| targets(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut all = Vec::new();
    targets(&document, &mut all);
    assert!(all.len() > 500);
    for target in all {
        assert!(document.pointer(&target[1..]).is_some(), "{target}");
    }
}

/// A body that lets unknown fields pass would not say that a field is misspelled.
#[test]
fn ops_1_bodies_have_the_fields_that_are_described_and_no_other() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let schemas = schema["oneOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
        // Browsers tell more of a subscription than is asked for.
        if path == "/api/me/push-subscriptions" {
            continue;
        }
        for schema in schemas.iter().filter(|schema| schema.get("properties").is_some()) {
            assert_eq!(schema["additionalProperties"], false, "{method} {path}: {schema}");
        }
    }
}
