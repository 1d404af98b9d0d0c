//! One reply: `POST /2010-04-01/Accounts/{AC}/Messages.json`.

use madoguchi_domain::event::{Stage, Template};
use madoguchi_domain::send::Outcome;
use serde_json::Value;

use super::Account;
use super::error::classify;
use super::status::stage;
use crate::http::{self, ProviderHttp};
use crate::json;
use crate::outgoing::Place;
use crate::verdict::Verdict;

/// A reply on its way out.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The sender: `whatsapp:+81…`, `+81…`, or a messaging service `MG…`.
    pub from: &'a str,
    /// The contact's address.
    pub to: &'a str,
    /// What is said.
    pub content: OutgoingContent<'a>,
    /// Where Twilio tells how far the message has come. It names the message, so that it tells also when the answer
    /// to this call is lost.
    pub status_callback: &'a str,
}

/// What is said.
#[derive(Clone, Copy, Debug)]
pub enum OutgoingContent<'a> {
    /// Free text, at most 1,600 characters.
    Text(&'a str),
    /// A template that has been approved.
    Template(&'a Template),
    /// A file, which Twilio fetches from its address.
    File(&'a str),
    /// A place (WhatsApp). Only its name counts as text.
    Location(Place<'a>),
}

/// How long Twilio may wait in its own queue: 4 hours. The default was changed from this to 10 hours, so it is always
/// said; an answer that comes later than that is none.
const VALIDITY_SECONDS: &str = "14400";

/// Sends a message. There is no idempotency key: after an unclear outcome the message may be on its way, and only a
/// status callback tells.
pub async fn send(
    http: &ProviderHttp,
    base_url: &str,
    account: Account<'_>,
    message: &Outgoing<'_>,
) -> Outcome {
    attempt(http, base_url, account, message)
        .await
        .map_or_else(Outcome::from, |sid| Outcome::Accepted { provider_message_id: Some(sid) })
}

async fn attempt(
    http: &ProviderHttp,
    base_url: &str,
    account: Account<'_>,
    message: &Outgoing<'_>,
) -> Result<String, Verdict> {
    let segments = ["2010-04-01", "Accounts", account.account_sid, "Messages.json"];
    let url = http::address(base_url, &segments)?;
    let sender = if message.from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
    let (variables, action);
    let mut form = vec![
        ("To", message.to),
        (sender, message.from),
        ("StatusCallback", message.status_callback),
        ("ValidityPeriod", VALIDITY_SECONDS),
    ];
    match message.content {
        OutgoingContent::Text(text) => form.push(("Body", text)),
        OutgoingContent::File(url) => form.push(("MediaUrl", url)),
        // "Location messages with WhatsApp": the body is the name, the label stands below it.
        OutgoingContent::Location(Place { title, address, latitude, longitude }) => {
            form.push(("Body", title));
            let label = address.map(|address| format!("|{address}")).unwrap_or_default();
            action = format!("geo:{latitude},{longitude}{label}");
            form.push(("PersistentAction", &action));
        }
        OutgoingContent::Template(template) => {
            form.push(("ContentSid", &template.content_sid));
            if !template.variables.is_empty() {
                variables = serde_json::json!(template.variables).to_string();
                form.push(("ContentVariables", &variables));
            }
        }
    }
    let request = http.post(url).basic_auth(account.user, Some(account.password)).form(&form);
    let answer = http.call(request).await?;
    if !answer.is_success() {
        return Err(classify(answer.status, &answer.body, &answer.headers));
    }
    let taken: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error_code = json::integer(&taken, "error_code");
    if let Some(Stage::Failed(refusal)) =
        json::text(&taken, "status").and_then(|text| stage(text, error_code))
    {
        return Err(Verdict::Refused(refusal));
    }
    // Not Twilio's: something in between answered.
    json::id(&taken, "sid")
        .ok_or_else(|| Verdict::Unclear { detail: format!("{} without a message", answer.status) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use madoguchi_domain::credential::Cause;
    use madoguchi_domain::send::RefusalClass;
    use serde_json::json;

    use super::*;
    use crate::test_server::{Request, Step, TestServer, http};
    use crate::twilio::Form;

    const ACCOUNT: Account<'_> = Account { account_sid: "AC1", user: "SK1", password: "key secret" };
    const MESSAGE: Outgoing<'_> = Outgoing {
        from: "whatsapp:+8150",
        to: "whatsapp:+8190",
        content: OutgoingContent::Text("はい & どうぞ+"),
        status_callback: "https://inbox.example.com/webhooks/twilio/1?status=2&conversation=3",
    };

    async fn with(step: Step, message: &Outgoing<'_>) -> (Outcome, Request) {
        let server = TestServer::start([step]);
        let http = http().with_timeout(Duration::from_millis(300));
        (send(&http, &server.base(), ACCOUNT, message).await, server.only_request())
    }

    fn taken() -> Step {
        Step::json(201, &json!({"sid": "SM1", "status": "queued", "error_code": null, "num_segments": "1"}))
    }

    fn fields(request: &Request) -> Vec<(String, String)> {
        let mut fields = Form::from_urlencoded(request.body.as_bytes()).pairs().to_vec();
        fields.sort();
        fields
    }

    #[tokio::test]
    async fn chn_4_a_text_goes_out_with_where_to_tell_what_becomes_of_it() {
        let (outcome, request) = with(taken(), &MESSAGE).await;
        assert_eq!(outcome, Outcome::Accepted { provider_message_id: Some("SM1".into()) });
        assert_eq!(request.line, "POST /2010-04-01/Accounts/AC1/Messages.json");
        let basic = STANDARD.encode("SK1:key secret");
        assert!(request.headers.contains(&format!("authorization: Basic {basic}\n")), "{}", request.headers);
        assert!(request.headers.contains("content-type: application/x-www-form-urlencoded\n"));
        let expected = [
            ("Body", "はい & どうぞ+"),
            ("From", "whatsapp:+8150"),
            ("StatusCallback", "https://inbox.example.com/webhooks/twilio/1?status=2&conversation=3"),
            ("To", "whatsapp:+8190"),
            ("ValidityPeriod", "14400"),
        ];
        assert_eq!(fields(&request), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(!format!("{ACCOUNT:?}").contains("secret"));
    }

    #[tokio::test]
    async fn chn_5_a_messaging_service_sends_in_its_own_name() {
        let (_, request) = with(taken(), &Outgoing { from: "MG1", to: "+8190", ..MESSAGE }).await;
        let names: Vec<_> = fields(&request).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Body", "MessagingServiceSid", "StatusCallback", "To", "ValidityPeriod"]);
    }

    #[tokio::test]
    async fn a_template_goes_out_by_its_id_with_what_is_filled_in() {
        let variables =
            BTreeMap::from([("1".to_owned(), "山田\"様".to_owned()), ("2".to_owned(), "x".to_owned())]);
        for variables in [variables, BTreeMap::new()] {
            let template = Template { content_sid: "HX1".into(), variables: variables.clone() };
            let message = Outgoing { content: OutgoingContent::Template(&template), ..MESSAGE };
            let (_, request) = with(taken(), &message).await;
            let fields: BTreeMap<_, _> = fields(&request).into_iter().collect();
            assert_eq!(fields["ContentSid"], "HX1");
            assert!(!fields.contains_key("Body"));
            let sent: Option<BTreeMap<String, String>> =
                fields.get("ContentVariables").map(|json| serde_json::from_str(json).unwrap());
            assert_eq!(sent.unwrap_or_default(), variables);
        }
    }

    #[tokio::test]
    async fn msg_12_a_place_goes_out_by_its_coordinates_with_its_name_as_text() {
        let beale = Place {
            title: "Twilio",
            address: Some("375 Beale St"),
            latitude: 37.78789,
            longitude: -122.391_664,
        };
        let table = [
            (beale, "geo:37.78789,-122.391664|375 Beale St"),
            (Place { address: None, ..beale }, "geo:37.78789,-122.391664"),
            (Place { latitude: 0.000_000_1, longitude: 180.0, ..beale }, "geo:0.0000001,180|375 Beale St"),
        ];
        for (place, action) in table {
            let message = Outgoing { content: OutgoingContent::Location(place), ..MESSAGE };
            let (_, request) = with(taken(), &message).await;
            let fields: BTreeMap<_, _> = fields(&request).into_iter().collect();
            assert_eq!((fields["Body"].as_str(), fields["PersistentAction"].as_str()), ("Twilio", action));
            assert!(!fields.contains_key("MediaUrl") && !fields.contains_key("ContentSid"));
        }
    }

    /// As Twilio's own client knows them, which is generated from what Twilio publishes of its API.
    #[tokio::test]
    async fn every_field_is_one_that_twilios_own_client_sends() {
        let known: Value =
            serde_json::from_str(include_str!("../../fixtures/twilio/sdk_fields.json")).unwrap();
        let known = known["create"].as_array().unwrap();
        let template =
            Template { content_sid: "HX1".into(), variables: [("1".to_owned(), "x".to_owned())].into() };
        let place = Place { title: "a", address: None, latitude: 0.0, longitude: 0.0 };
        for content in [
            OutgoingContent::Text("はい"),
            OutgoingContent::Template(&template),
            OutgoingContent::File("https://inbox.example.com/media/1"),
            OutgoingContent::Location(place),
        ] {
            for from in ["whatsapp:+8150", "MG1"] {
                let (_, request) = with(taken(), &Outgoing { from, content, ..MESSAGE }).await;
                for (name, _) in fields(&request) {
                    assert!(known.contains(&json!(name)), "{name}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_refusal_is_classed_by_its_code() {
        let table = [
            (401, 20003, RefusalClass::Credential(Cause::AuthenticationFailed)),
            (400, 21610, RefusalClass::OptedOut),
            (429, 20429, RefusalClass::Rate),
            (400, 14103, RefusalClass::Invalid),
        ];
        for (status, code, class) in table {
            let (outcome, _) =
                with(Step::json(status, &json!({"code": code, "message": "x"})), &MESSAGE).await;
            let Outcome::Refused(refusal) = outcome else { panic!("{code}: {outcome:?}") };
            assert_eq!(refusal.class, class);
        }
        // Taken and given up at once.
        let failed = json!({"sid": "SM1", "status": "failed", "error_code": 63016});
        let (outcome, _) = with(Step::json(201, &failed), &MESSAGE).await;
        let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
        assert_eq!(refusal.class, RefusalClass::Window);
    }

    #[tokio::test]
    async fn without_a_verdict_the_outcome_is_unclear() {
        let steps = [
            Step::Hang,
            Step::Close,
            Step::HalfAnswer,
            Step::json(500, &json!({"code": 20500})),
            Step::json(503, &json!({})),
            Step::json(201, &json!({})),
            Step::Answer(201, vec![], "<html>".into()),
        ];
        for step in steps {
            let (outcome, _) = with(step.clone(), &MESSAGE).await;
            assert!(matches!(outcome, Outcome::Unclear { .. }), "{step:?}: {outcome:?}");
        }
    }
}
