//! What Twilio has sent to a contact: `GET /2010-04-01/Accounts/{AC}/Messages.json`.

use madoguchi_domain::Timestamp;
use madoguchi_domain::lookup::Listed;
use serde_json::Value;

use super::Account;
use super::error::classify;
use super::status::stage;
use crate::http::{self, ProviderHttp};
use crate::json;
use crate::verdict::Verdict;

/// Between whom.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    /// The sender: a number, or a messaging service `MG…`, which sends from any of its numbers.
    pub from: &'a str,
    /// The contact's address.
    pub to: &'a str,
}

/// Twilio lists the newest first, 50 a page unless told; more than this nobody sends one contact in the minutes that
/// matter.
const PAGE_SIZE: &str = "100";

/// The messages that were sent to the contact since the day of `since`, the newest first. Those of which Twilio tells too
/// little are left out.
pub async fn list(
    http: &ProviderHttp,
    base_url: &str,
    account: Account<'_>,
    recipient: Recipient<'_>,
    since: Timestamp,
) -> Result<Vec<Listed>, Verdict> {
    let segments = ["2010-04-01", "Accounts", account.account_sid, "Messages.json"];
    let url = http::address(base_url, &segments)?;
    // Filters by days in UTC; the name of the parameter ends in the sign.
    let day: String = since.to_string().chars().take("2026-01-31".len()).collect();
    let mut query = vec![("To", recipient.to), ("DateSent>", &*day), ("PageSize", PAGE_SIZE)];
    let is_service = recipient.from.starts_with("MG");
    if !is_service {
        query.push(("From", recipient.from));
    }
    let request = http.get(url).query(&query).basic_auth(account.user, Some(account.password));
    let answer = http.call(request).await?;
    if !answer.is_success() {
        return Err(classify(answer.status, &answer.body, &answer.headers));
    }
    let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(messages) = answer.get("messages").and_then(Value::as_array) else {
        return Err(Verdict::Unclear { detail: "200 without messages".to_owned() });
    };
    let field = if is_service { "messaging_service_sid" } else { "from" };
    let is_ours = |message: &&Value| {
        json::text(message, field) == Some(recipient.from)
            && json::text(message, "to") == Some(recipient.to)
            && json::text(message, "direction").is_some_and(|direction| direction.starts_with("outbound"))
    };
    Ok(messages.iter().filter(is_ours).filter_map(listed).collect())
}

fn listed(message: &Value) -> Option<Listed> {
    Some(Listed {
        provider_message_id: json::id(message, "sid")?,
        words: json::text(message, "body").unwrap_or_default().to_owned(),
        files: json::text(message, "num_media").and_then(|count| count.parse().ok()).unwrap_or(0),
        created_at: Timestamp::from_rfc_2822(json::text(message, "date_created")?)?,
        stage: stage(json::text(message, "status")?, json::integer(message, "error_code"))?,
    })
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::event::Stage;
    use madoguchi_domain::send::{Again, RefusalClass};
    use serde_json::json;

    use super::*;
    use crate::test_server::{Request, Step, TestServer, http};

    const ACCOUNT: Account<'_> = Account { account_sid: "AC1", user: "SK1", password: "key secret" };
    const SINCE: Timestamp = Timestamp::from_ms(1_793_491_199_000);

    async fn asked(step: Step, from: &str) -> (Result<Vec<Listed>, Verdict>, Request) {
        let server = TestServer::start([step]);
        let recipient = Recipient { from, to: "whatsapp:+8190" };
        (list(&http(), &server.base(), ACCOUNT, recipient, SINCE).await, server.only_request())
    }

    fn message(change: &Value) -> Value {
        let mut message = json!({
            "sid": "SM1", "from": "whatsapp:+8150", "to": "whatsapp:+8190", "direction": "outbound-api",
            "body": "はい", "num_media": "0", "status": "sent", "error_code": null, "messaging_service_sid": "MG1",
            "date_created": "Sun, 01 Nov 2026 00:00:00 +0000", "date_sent": null,
        });
        message.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        message
    }

    #[tokio::test]
    async fn what_was_sent_to_the_contact_is_asked_for_by_sender_and_day() {
        let step = || Step::json(200, &json!({ "messages": [message(&json!({}))] }));
        let (found, request) = asked(step(), "whatsapp:+8150").await;
        let query = "To=whatsapp%3A%2B8190&DateSent%3E=2026-10-31&PageSize=100";
        let path = "/2010-04-01/Accounts/AC1/Messages.json";
        assert_eq!(request.line, format!("GET {path}?{query}&From=whatsapp%3A%2B8150"));
        let known: Value =
            serde_json::from_str(include_str!("../../fixtures/twilio/sdk_fields.json")).unwrap();
        for name in ["To", "DateSent>", "PageSize", "From"] {
            assert!(known["list"].as_array().unwrap().contains(&json!(name)), "{name}");
        }
        let expected = Listed {
            provider_message_id: "SM1".into(),
            words: "はい".into(),
            files: 0,
            created_at: Timestamp::from_ms(1_793_491_200_000),
            stage: Stage::Taken,
        };
        assert_eq!(found, Ok(vec![expected.clone()]));
        // A service sends from any of its numbers.
        let (found, request) = asked(step(), "MG1").await;
        assert_eq!((request.line, found), (format!("GET {path}?{query}"), Ok(vec![expected])));
    }

    #[tokio::test]
    async fn what_is_not_ours_or_says_too_little_is_left_out() {
        let table = [
            (json!({}), 1),
            (json!({"direction": "outbound-reply"}), 1),
            (json!({"direction": "inbound"}), 0),
            (json!({"from": "whatsapp:+8151"}), 0),
            (json!({"to": "whatsapp:+8191"}), 0),
            (json!({"status": "of tomorrow"}), 0),
            (json!({"sid": null}), 0),
            (json!({"date_created": "yesterday"}), 0),
            (json!({"body": null, "num_media": "1", "new": {"a": 1}}), 1),
        ];
        for (change, expected) in table {
            let (found, _) =
                asked(Step::json(200, &json!({ "messages": [message(&change), 1, null] })), "whatsapp:+8150")
                    .await;
            assert_eq!(found.map(|found| found.len()), Ok(expected), "{change}");
        }
    }

    #[tokio::test]
    async fn what_failed_meanwhile_is_told_with_its_reason() {
        let failed = message(&json!({"status": "undelivered", "error_code": 30003}));
        let (found, _) = asked(Step::json(200, &json!({ "messages": [failed] })), "whatsapp:+8150").await;
        let found = found.unwrap().remove(0);
        let Stage::Failed(refusal) = found.stage else { panic!("{found:?}") };
        assert_eq!((refusal.class, refusal.again), (RefusalClass::Recipient, Some(Again::Later)));
    }

    #[tokio::test]
    async fn without_a_list_nothing_is_known() {
        for step in [
            Step::Close,
            Step::json(500, &json!({"code": 20500})),
            Step::json(401, &json!({"code": 20003})),
            Step::json(200, &json!({})),
            Step::Answer(200, vec![], "<html>".into()),
        ] {
            let (found, _) = asked(step.clone(), "whatsapp:+8150").await;
            assert!(found.is_err(), "{step:?}");
        }
    }
}
