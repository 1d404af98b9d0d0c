//! Puts the description together.

use std::collections::{BTreeMap, BTreeSet};

use madoguchi_api::access::{Access, ROUTES};
use madoguchi_api::openapi::{PathParameter, described, path_parameters};
use madoguchi_domain::role::Scope;
use serde_json::{Map, Value, json};

use crate::errors::{self, Operation};
use crate::schemas;

/// The subjects, in the order in which readers meet them.
const TAGS: [&str; 17] = [
    "Conversations",
    "Messages",
    "Search",
    "Channels",
    "Connecting",
    "Organisation",
    "Templates",
    "Tickets",
    "Reports",
    "Labels",
    "Notes",
    "Operators",
    "Notifications",
    "Webhooks",
    "Live updates",
    "Audit",
    "Quarantine",
];

/// The whole description.
///
/// # Panics
///
/// If an annotation names what does not exist: an error, a path, a parameter of one.
pub fn document() -> Value {
    let Value::Object(mut told) = described() else { panic!("it is no object") };
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Madoguchi API",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0" },
            "description": include_str!("introduction.md"),
        },
        "servers": [{
            "url": "https://{api}.execute-api.{region}.amazonaws.com",
            "variables": { "api": { "default": "api-id" }, "region": { "default": "ap-northeast-1" } },
        }],
        "tags": TAGS.map(|name| json!({ "name": name })),
    });
    document["paths"] = told.remove("paths").unwrap_or_default();
    document["components"] = told.remove("components").unwrap_or_default();
    schemas::rename(&mut document);
    schemas::inline_scalars(&mut document);
    schemas::tidy(&mut document);
    schemas::times(&mut document);
    schemas::require_in_answers(&mut document);
    schemas::close_kinds(&mut document);
    let parameters = path_parameters();
    let mut responses = BTreeMap::new();
    if let Some(Value::Object(paths)) = document.get_mut("paths") {
        for (path, item) in paths {
            let Value::Object(item) = item else { continue };
            for (method, operation) in item {
                complete(&method.to_uppercase(), path, operation, &parameters, &mut responses);
            }
        }
    }
    name_responses(&mut document, &responses);
    let named = responses.into_iter().filter(|(name, (times, _))| is_shared(name, *times));
    document["components"]["responses"] =
        named.map(|(name, (_, response))| (name, response)).collect::<Map<_, _>>().into();
    document["components"]["responses"]["NotModified"] = json!({
        "description": "It is what the client has already.",
        "headers": { "ETag": reference("headers", "ETag") },
    });
    document["components"]["parameters"] = shared_parameters(&parameters);
    document["components"]["headers"] = headers();
    document["components"]["securitySchemes"] = security_schemes();
    document["components"]["schemas"]["GatewayError"] = json!({
        "type": "object",
        "description": "What the gateway answers by itself: without a token that it knows, above its limits, or while no \
                        function answers.",
        "required": ["message"],
        "properties": { "message": { "type": "string" } },
    });
    schemas::drop_unused(&mut document);
    document
}

/// Responses by their name: how often each is used, and what it says.
type Responses = BTreeMap<String, (usize, Value)>;

/// Adds what the code's tables know of an operation.
fn complete(
    method: &str,
    path: &str,
    operation: &mut Value,
    parameters: &[PathParameter],
    responses: &mut Responses,
) {
    let route = ROUTES.iter().find(|route| route.0 == method && route.1 == path);
    let (_, _, access) = *route.unwrap_or_else(|| panic!("no route for {method} {path}"));
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path: Vec<&PathParameter> = names
        .map(|name| {
            let mut known = parameters.iter();
            let known = known.find(|parameter| parameter.name == name && path.starts_with(parameter.below));
            known.unwrap_or_else(|| {
                panic!("what {{{name}}} is stands in shared/api/src/openapi/parameters.rs")
            })
        })
        .collect();
    let not_found: Vec<_> = in_path.iter().filter_map(|parameter| parameter.not_found).collect();
    let (told, not_found) = (&operation.clone(), &not_found[..]);
    let facts = Operation { method, path, access, told, not_found };

    let own = told["parameters"].as_array().into_iter().flatten().map(shared);
    let in_path = in_path.iter().map(|parameter| reference("parameters", &component(parameter)));
    let is_tagged = method == "GET" && told["responses"]["200"]["headers"].get("ETag").is_some();
    let had = is_tagged.then(|| reference("parameters", "IfNoneMatch"));
    let key = facts.is_done_once().then(|| reference("parameters", "IdempotencyKey"));
    let all: Vec<Value> = in_path.chain(own).chain(had).chain(key).collect();
    if !all.is_empty() {
        operation["parameters"] = all.into();
    }
    match access {
        Access::Open => operation["security"] = json!([]),
        Access::To(act) => {
            let person = json!({ "person": [act.least().as_str()] });
            let machine = Scope::of(act).map(|scope| json!({ "machine": [scope.as_str()] }));
            operation["security"] = [Some(person), machine].into_iter().flatten().collect();
            operation["x-role"] = act.least().as_str().into();
        }
    }
    let Some(Value::Object(answers)) = operation.get_mut("responses") else { return };
    for answer in answers.values_mut() {
        let Some(Value::Object(headers)) = answer.get_mut("headers") else { continue };
        for (name, header) in headers {
            if let Some(known) = HEADERS.iter().find(|known| known.1 == name) {
                *header = reference("headers", known.0);
            }
        }
    }
    // What the client has already, as it says by `If-None-Match`, is not sent again.
    if method == "GET" && answers.get("200").is_some_and(|answer| answer["headers"].get("ETag").is_some()) {
        answers.insert("304".to_owned(), reference("responses", "NotModified"));
    }
    if facts.is_done_once() {
        for answer in answers.values_mut() {
            answer["headers"]["Idempotency-Replayed"] = reference("headers", "IdempotencyReplayed");
        }
    }
    for (status, ids) in facts.errors() {
        let (name, response) = (errors::name(&ids), errors::response(status, &ids));
        // The operation keeps its own until it is known which of them are used again.
        let mut own = response.clone();
        // A page for people that the handler describes is answered beside it.
        if let Some(page) = answers.get(&status.to_string()) {
            own["description"] =
                format!("{} Or {}", page["description"].as_str().unwrap_or_default(), errors::listed(&ids))
                    .into();
            own["content"]["text/html"] = page["content"]["text/html"].clone();
            answers.insert(status.to_string(), own);
            continue;
        }
        own["x-name"] = name.as_str().into();
        answers.insert(status.to_string(), own);
        responses.entry(name).or_insert((0, response)).0 += 1;
    }
    if let Some(operation) = operation.as_object_mut() {
        operation.remove("x-errors");
    }
}

/// Whether a response stands among the components: several operations have it, and its name can be read.
fn is_shared(name: &str, times: usize) -> bool {
    times > 1 && name.len() <= 80
}

/// Refers to the responses that several operations have.
fn name_responses(document: &mut Value, responses: &Responses) {
    let Some(Value::Object(paths)) = document.get_mut("paths") else { return };
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for answers in operations.filter_map(|operation| operation.get_mut("responses")?.as_object_mut()) {
        for answer in answers.values_mut() {
            let Some(name) = answer.as_object_mut().and_then(|answer| answer.remove("x-name")) else {
                continue;
            };
            let name = name.as_str().unwrap_or_default();
            if responses.get(name).is_some_and(|(times, _)| is_shared(name, *times)) {
                *answer = reference("responses", name);
            }
        }
    }
}

fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// `{conversation}` is `Conversation`; `{token}` below `/media/` is `MediaToken`.
fn component(parameter: &PathParameter) -> String {
    let camel = |name: &str| {
        name.get(..1).unwrap_or_default().to_ascii_uppercase() + name.get(1..).unwrap_or_default()
    };
    let below = parameter.below.trim_matches('/');
    let below = if below.contains('/') { "" } else { below };
    let words = below.split('-').chain([parameter.name]);
    words.map(camel).collect()
}

/// A parameter that many have, by its name.
fn shared(parameter: &Value) -> Value {
    match (parameter["in"].as_str(), parameter["name"].as_str()) {
        (Some("query"), Some("limit")) => reference("parameters", "Limit"),
        (Some("query"), Some("cursor")) => reference("parameters", "Cursor"),
        _ => parameter.clone(),
    }
}

fn shared_parameters(in_path: &[PathParameter]) -> Value {
    let mut all: Map<String, Value> = in_path
        .iter()
        .map(|parameter| {
            let PathParameter { name, description, schema, .. } = parameter;
            let told = json!({
                "name": name, "in": "path", "required": true, "description": description, "schema": schema,
            });
            (component(parameter), told)
        })
        .collect();
    let mut add = |name: &str, told: Value| all.insert(name.to_owned(), told);
    add(
        "Limit",
        json!({
            "name": "limit", "in": "query", "description": "How many items a page holds.",
            "schema": { "type": "integer", "minimum": 1, "maximum": 100, "default": 25 },
        }),
    );
    add(
        "Cursor",
        json!({
            "name": "cursor", "in": "query", "description": "The `next_cursor` of the page before.",
            "schema": { "type": "string" },
        }),
    );
    add(
        "IfNoneMatch",
        json!({
            "name": "If-None-Match", "in": "header", "description": "The `ETag`, or several, of what the client has.",
            "schema": { "type": "string" },
        }),
    );
    add(
        "IdempotencyKey",
        json!({
            "name": "Idempotency-Key", "in": "header",
            "description": "1 to 200 visible ASCII characters: under the same key it is done once within 24 hours.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$" },
        }),
    );
    all.into()
}

/// Name, header and what it says.
const HEADERS: [(&str, &str, &str); 6] = [
    ("ETag", "ETag", "The version of what is shown, in quotes."),
    (
        "IdempotencyReplayed",
        "Idempotency-Replayed",
        "`true` if this is the answer of before; else it is missing.",
    ),
    ("RetryAfter", "Retry-After", "In how many seconds it is worth trying again."),
    ("Authenticate", "WWW-Authenticate", "`Bearer`."),
    ("NextCursor", "next-cursor", "Where the next part begins; missing with the last."),
    ("Location", "Location", "Where it is."),
];

fn headers() -> Value {
    let all = HEADERS.into_iter().map(|(name, _, description)| {
        let schema =
            if name == "RetryAfter" { json!({ "type": "integer" }) } else { json!({ "type": "string" }) };
        (name.to_owned(), json!({ "description": description, "schema": schema }))
    });
    all.collect::<Map<_, _>>().into()
}

fn security_schemes() -> Value {
    let scopes: Map<String, Value> =
        Scope::ALL.into_iter().map(|scope| (scope.as_str().to_owned(), allows(scope).into())).collect();
    json!({
        "person": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The identity token of a person. The role that a route takes, or one above it, comes from their groups.",
        },
        "machine": {
            "type": "oauth2",
            "description": "The access token of a client that acts by itself. At Cognito the scopes' names begin with `madoguchi/`.",
            "flows": { "clientCredentials": { "tokenUrl": "https://domain.auth.ap-northeast-1.amazoncognito.com/oauth2/token", "scopes": scopes } },
        },
    })
}

const fn allows(scope: Scope) -> &'static str {
    match scope {
        Scope::ReadConversations => "Read conversations with their messages and files.",
        Scope::WriteMessages => "Answer, close and reopen conversations.",
        Scope::ReadSettings => "See channels, brands and departments.",
        Scope::WriteSettings => {
            "Change channels, brands, departments and webhooks, and play quarantined events again."
        }
        Scope::ReadAudit => "Search and export the audit log.",
    }
}

/// The ids of every error that `operation` documents.
pub(crate) fn errors_of(document: &Value, operation: &Value) -> BTreeSet<(u16, String)> {
    let mut all = BTreeSet::new();
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        let target = answer["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
        let answer = target.map_or(Some(answer), |target| document.pointer(target)).unwrap_or(answer);
        let status = status.parse().unwrap_or_default();
        let names = answer["description"].as_str().unwrap_or_default().split('`');
        if status >= 400 {
            all.extend(names.skip(1).step_by(2).map(|name| (status, name.to_owned())));
        }
    }
    all
}
