//! Which errors an operation can give: by rule from what it takes, and those that its handler lists as `x-errors`.

use std::collections::{BTreeMap, BTreeSet};

use madoguchi_api::access::Access;
use madoguchi_api::openapi::{errors, is_done_once};
use madoguchi_domain::role::{Act, Role, Scope};
use serde_json::{Map, Value, json};

/// An operation, as far as it decides over its errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation<'a> {
    /// `POST`.
    pub(crate) method: &'a str,
    /// As the router spells it.
    pub(crate) path: &'a str,
    /// Who may call it.
    pub(crate) access: Access,
    /// Its description, with all parameters in full.
    pub(crate) told: &'a Value,
    /// What the parameters of its path can lack.
    pub(crate) not_found: &'a [&'static str],
}

impl Operation<'_> {
    /// Whether `Idempotency-Key` is for it as for all.
    pub(crate) fn is_done_once(&self) -> bool {
        self.method == "POST" && matches!(self.access, Access::To(_)) && is_done_once(self.path)
    }

    fn takes(&self, place: &str, name: Option<&str>) -> bool {
        let all = self.told["parameters"].as_array().into_iter().flatten();
        all.into_iter().any(|it| it["in"] == place && name.is_none_or(|name| it["name"] == name))
    }

    /// The errors by their status.
    pub(crate) fn errors(&self) -> BTreeMap<u16, BTreeSet<&'static str>> {
        let mut all = vec!["internal", "busy"];
        if let Access::To(act) = self.access {
            all.extend(["unauthenticated", "no_role", "too_many_requests"]);
            all.extend(refusals(act));
        }
        if self.takes("query", None) {
            all.push("invalid_query");
        }
        if self.takes("header", Some("Idempotency-Key")) {
            all.push("idempotency_key_invalid");
        }
        if self.takes("header", Some("If-Match")) {
            all.push("changed_meanwhile");
        }
        if self.is_done_once() {
            all.extend([
                "idempotency_key_invalid",
                "idempotency_key_mismatch",
                "request_running",
                "body_too_large",
            ]);
        }
        if self.told.get("requestBody").is_some() {
            all.extend(["invalid_body", "body_too_large"]);
        }
        all.extend(self.not_found);
        let known = errors();
        let listed = self.told["x-errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for listed in listed {
            let ids = ids(listed);
            assert!(!ids.is_empty(), "{} {}: no error {listed}", self.method, self.path);
            all.extend(ids);
        }
        let mut by_status = BTreeMap::<u16, BTreeSet<&'static str>>::new();
        for id in all {
            let status = known.iter().find(|(known, _)| *known == id).map_or(500, |(_, status)| *status);
            by_status.entry(status).or_default().insert(id);
        }
        by_status
    }
}

/// Errors that come together: what their ids begin with, or are. A handler lists them by the name of the group.
const GROUPS: [(&str, &[&str]); 9] = [
    (
        "locks",
        &[
            "conversation_closed",
            "conversation_completed",
            "reply_window_",
            "thread_controlled",
            "recipient_opted_out",
            "template_needed",
            "channel_off",
            "channel_unlinked",
            "contact_blocked",
        ],
    ),
    ("files", &["file_", "files_"]),
    ("media", &["media_", "upload_lost"]),
    ("sender_names", &["sender_name_"]),
    ("pictures", &["picture_", "upload_"]),
    ("icons", &["icon_"]),
    ("pages", &["page_"]),
    (
        "setups",
        &[
            "setup_",
            "consent_outdated",
            "login_needed",
            "login_not_yours",
            "credentials_needed",
            "page_",
            "pages_",
        ],
    ),
    (
        "replies",
        &[
            "text_",
            "template_refused",
            "template_incomplete",
            "sticker_",
            "location_",
            "send_at_",
            "only_the_assignee",
        ],
    ),
];

/// The ids that `listed` stands for.
fn ids(listed: &str) -> Vec<&'static str> {
    let group = |name: &str| GROUPS.iter().find(|group| group.0 == name).map(|group| group.1);
    // What can be replied has everything that can be wrong with a conversation or a file.
    let starts: Vec<&[&str]> = match listed {
        "replies" => ["replies", "locks", "files"].into_iter().filter_map(group).collect(),
        other => group(other).into_iter().collect(),
    };
    let known = errors().into_iter().map(|(id, _)| id);
    let means = |id: &str| match &starts[..] {
        [] => id == listed,
        starts => starts
            .iter()
            .copied()
            .flatten()
            .any(|start| id == *start || start.ends_with('_') && id.starts_with(start)),
    };
    known.filter(|id| means(id)).collect()
}

/// What those hear who may not.
fn refusals(act: Act) -> Vec<&'static str> {
    let role = (act.least() > Role::Operator).then_some("administrators_only");
    let machines = if Scope::of(act).is_some() { "scope_missing" } else { "person_needed" };
    role.into_iter().chain([machines]).collect()
}

/// The ids, as a description lists them.
pub(crate) fn listed(ids: &BTreeSet<&str>) -> String {
    ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

/// The errors of one status, as a response.
pub(crate) fn response(status: u16, ids: &BTreeSet<&str>) -> Value {
    let mut content = Map::new();
    content.insert(
        "application/problem+json".to_owned(),
        json!({ "schema": { "$ref": "#/components/schemas/Error" } }),
    );
    // What the gateway says before any function is asked.
    if matches!(status, 401 | 429 | 500 | 503) {
        content.insert(
            "application/json".to_owned(),
            json!({ "schema": { "$ref": "#/components/schemas/GatewayError" } }),
        );
    }
    let mut response = json!({ "description": listed(ids), "content": content });
    let retry = json!({ "Retry-After": { "$ref": "#/components/headers/RetryAfter" } });
    match status {
        401 => {
            response["headers"] =
                json!({ "WWW-Authenticate": { "$ref": "#/components/headers/Authenticate" } });
        }
        412 => response["headers"] = json!({ "ETag": { "$ref": "#/components/headers/ETag" } }),
        429 | 503 => response["headers"] = retry,
        409 if ids.contains("request_running") => response["headers"] = retry,
        _ => {}
    }
    response
}

/// `no_role` and `scope_missing` are `NoRoleOrScopeMissing`.
pub(crate) fn name(ids: &BTreeSet<&str>) -> String {
    let words = |id: &&str| {
        let word = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
        id.split('_').map(word).collect::<String>()
    };
    ids.iter().map(words).collect::<Vec<_>>().join("Or")
}
