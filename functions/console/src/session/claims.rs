//! Claims as API Gateway hands them over: all of them text.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// A list becomes `[a b]`, numbers and truths their own spelling. What only the sign-in was for is left out.
pub(super) fn as_text(claims: &Map<String, Value>) -> HashMap<String, String> {
    const DONE_WITH: [&str; 3] = ["nonce", "at_hash", "c_hash"];
    let kept = claims.iter().filter(|(name, _)| !DONE_WITH.contains(&name.as_str()));
    kept.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().filter_map(text).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mem_12_claims_are_what_the_gateway_would_hand_over() {
        let claims = json!({
            "sub": "p", "exp": 1_700_000_000, "email_verified": true, "cognito:groups": ["administrators", "operators"],
            "groups": [], "address": {"country": "JP"}, "nothing": null, "nonce": "n",
        });
        let text = as_text(claims.as_object().unwrap());
        for (name, expected) in [
            ("sub", Some("p")),
            ("exp", Some("1700000000")),
            ("email_verified", Some("true")),
            ("cognito:groups", Some("[administrators operators]")),
            ("groups", Some("[]")),
            ("address", Some(r#"{"country":"JP"}"#)),
            ("nothing", None),
            ("nonce", None),
        ] {
            assert_eq!(text.get(name).map(String::as_str), expected, "{name}");
        }
    }
}
