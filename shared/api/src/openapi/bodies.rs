//! Bodies that are read by hand, because their fields depend on the channel's kind.

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The fields of an object that takes no others; those of `required` must be there.
fn object(title: &str, required: &[&str], fields: &[(&str, Value)]) -> Value {
    let fields: Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({
        "title": title, "type": "object", "additionalProperties": false, "required": required, "properties": fields,
    })
}

fn secret() -> Value {
    json!({ "type": "string", "minLength": 1, "writeOnly": true })
}

fn or_null(mut schema: Value) -> Value {
    schema["type"] = json!([schema["type"], "null"]);
    schema
}

fn account() -> [(&'static str, Value); 6] {
    let key = json!({
        "type": "object", "additionalProperties": false, "required": ["id", "secret"],
        "properties": {
            "id": { "type": "string", "description": "As the header `X-Twilio-Webhooks-Signature-Settings` names it." },
            "secret": secret(),
        },
    });
    let auth_token = "Verifies webhooks, and sends where there is no API key.";
    let accept = "Whether webhooks signed with the Auth Token are taken although there are shared keys.";
    [
        ("account_sid", json!({ "type": "string", "pattern": "^AC[0-9a-fA-F]{32}$" })),
        ("auth_token", json!({ "type": "string", "writeOnly": true, "description": auth_token })),
        (
            "api_key_sid",
            json!({
                "type": "string", "pattern": "^SK[0-9a-fA-F]{32}$", "description": "Sends; goes with `api_key_secret`.",
            }),
        ),
        ("api_key_secret", secret()),
        (
            "shared_keys",
            json!({
                "type": "array", "items": key,
                "description": "Keys of your own that Twilio signs webhooks with (public beta).",
            }),
        ),
        ("accept_auth_token_signatures", json!({ "type": "boolean", "description": accept })),
    ]
}

/// What each kind takes beside its kind and its place: a title, the kinds, what is required, and the fields.
type Shape = (&'static str, &'static [&'static str], Vec<&'static str>, Vec<(&'static str, Value)>);

fn shapes() -> Vec<Shape> {
    let id = || json!({ "type": "string", "pattern": "^[0-9]{1,32}$" });
    let sender = "A number such as `+815012345678`, or a messaging service, `MG` and 32 hexadecimal digits.";
    let name = || ("name", json!({ "type": "string", "minLength": 1, "maxLength": 100 }));
    let mut twilio = vec![name(), ("sender", json!({ "type": "string", "description": sender }))];
    for (field, schema) in account() {
        let is_needed = matches!(field, "account_sid" | "auth_token");
        let takes_null = matches!(field, "api_key_sid" | "api_key_secret");
        twilio.push((field, if takes_null && !is_needed { or_null(schema) } else { schema }));
    }
    vec![
        (
            "A Page, with the token of a person who manages it",
            &["messenger"],
            vec!["name", "page_id", "user_access_token"],
            vec![name(), ("page_id", id()), ("user_access_token", secret())],
        ),
        (
            "A further Page that an existing login covers",
            &["messenger"],
            vec!["name", "page_id", "connection_id"],
            vec![name(), ("page_id", id()), ("connection_id", json!({ "type": "string", "format": "uuid" }))],
        ),
        (
            "A LINE official account",
            &["line"],
            vec!["name", "line_channel_id", "channel_secret"],
            vec![name(), ("line_channel_id", id()), ("channel_secret", secret())],
        ),
        (
            "A WhatsApp or SMS sender at Twilio",
            &["whatsapp", "sms"],
            vec!["name", "sender", "account_sid", "auth_token"],
            twilio,
        ),
    ]
}

fn resume() -> (&'static str, Value) {
    let description =
        "Whether an account whose channel was deleted goes on as that channel. Left out: `false`.";
    ("resume", json!({ "type": ["boolean", "null"], "description": description }))
}

fn new_channel() -> Value {
    let place = || json!({ "type": ["string", "null"], "format": "uuid" });
    let kinds = shapes().into_iter().map(|(title, kinds, mut required, mut fields)| {
        required.insert(0, "kind");
        let kind = ("kind", json!({ "type": "string", "enum": kinds }));
        fields.extend([kind, ("brand_id", place()), ("department_id", place()), resume()]);
        object(title, &required, &fields)
    });
    json!({ "oneOf": kinds.collect::<Vec<_>>() })
}

fn entered_credentials() -> Value {
    let kinds = shapes().into_iter().filter(|(_, kinds, ..)| kinds != &["messenger"]);
    let kinds = kinds.map(|(title, _, required, mut fields)| {
        fields.push(resume());
        object(title, &required, &fields)
    });
    json!({ "oneOf": kinds.collect::<Vec<_>>() })
}

fn new_credential() -> Value {
    let twilio = account().map(|(name, schema)| {
        let is_needed = matches!(name, "account_sid" | "auth_token");
        (name, if is_needed { schema } else { or_null(schema) })
    });
    let mut twilio = object("WhatsApp and SMS", &["auth_token"], &twilio);
    twilio["description"] = "What is left out stays; `null` removes it, as does an empty list. With another account's sid \
                             nothing stays. The token before stays good for webhooks that are still under way."
        .into();
    json!({ "oneOf": [
        object("Messenger", &["user_access_token"], &[("user_access_token", secret())]),
        object("LINE", &["channel_secret"], &[("channel_secret", secret())]),
        twilio,
    ] })
}

macro_rules! bodies {
    ($($(#[$doc:meta])* $name:ident: $schema:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                serde_json::from_value($schema).unwrap_or_else(|error| panic!("no schema: {error}"))
            }
        }

        impl ToSchema for $name {}
    )*};
}

bodies! {
    /// Of `POST /api/channels`.
    NewChannel: new_channel();
    /// Of `PUT /api/setups/{setup}/credentials`.
    EnteredCredentials: entered_credentials();
    /// Of `PUT /api/channels/{channel}/credential`.
    NewCredential: new_credential();
}
