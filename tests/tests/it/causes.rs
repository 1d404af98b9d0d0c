//! Every cause for which a credential stops working, from the provider's answer to the remedy: each told by its own name,
//! nothing that customers write is lost meanwhile, and what operators write goes out afterwards, once and in order.

use std::time::{SystemTime, UNIX_EPOCH};

use madoguchi_domain::credential::{CHECK_EVERY, Cause};
use madoguchi_domain::message::SendState;
use madoguchi_domain::{ChannelKind, Language, Problem, Span, Timestamp};
use madoguchi_simulator::{Endpoint, Fault, FaultRule, TwilioChange, demo};
use madoguchi_store::directory::Connection;
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

/// What goes wrong at the provider, as the simulator plays it.
#[derive(Clone, Copy, Debug)]
enum Break {
    /// The user token is void, with this subcode of error 190.
    Subcode(i64),
    /// It has run out 60 days after the login.
    SixtyDays,
    /// A permission was taken away.
    Permission,
    /// The Page is no longer among those of the login, or (`false`) never was.
    Page(bool),
    /// Whoever logged in may no longer write as the Page.
    Role,
    /// LINE has another secret.
    LineSecret,
    /// Twilio has another Auth Token.
    AuthToken,
    /// Twilio has suspended the account.
    Suspended,
}

const NEW_SECRET: &str = "0123456789abcdef0123456789abcdef";

impl Break {
    async fn happen(self, test: &TestInbox) {
        let simulator = &test.simulator;
        let answer = |endpoint, body| {
            FaultRule::from(Fault::Answer { status: 200, body, after_effect: false }).endpoint(endpoint)
        };
        match self {
            Self::Subcode(subcode) => {
                let words = Some("words that nobody has seen before");
                assert!(simulator.invalidate_token(demo::LONG_USER_TOKEN, Some(subcode), words));
            }
            Self::SixtyDays => {
                // The simulator has issued the token by the machine's clock.
                let issued = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
                let issued = Timestamp::from_ms(issued.try_into().unwrap());
                test.set_time(test.clock.now().max(issued) + Span::from_days(61));
            }
            Self::Permission => {
                let scopes = ["pages_manage_metadata", "pages_show_list"];
                let body = json!({"data": {"is_valid": true, "expires_at": 0, "scopes": scopes}});
                simulator.fault(answer(Endpoint::DebugToken, body));
            }
            Self::Page(was_covered) => {
                if !was_covered {
                    let id = test.channel(ChannelKind::Messenger).await.connection_id;
                    let connection = test.directory.connection(id).await.unwrap().unwrap();
                    let without = Connection { pages: Vec::new(), ..connection };
                    test.directory.put_connection(&without).await.unwrap();
                }
                simulator.fault(answer(Endpoint::Accounts, json!({"data": []})));
            }
            Self::Role => simulator.set_tasks(demo::PAGE, &["ANALYZE"]),
            Self::LineSecret => {
                simulator.rotate_line_secret(demo::LINE_CHANNEL, Some(NEW_SECRET)).unwrap();
            }
            Self::AuthToken => {
                simulator.change_twilio(TwilioChange {
                    auth_token: Some(NEW_SECRET.to_owned()),
                    ..TwilioChange::default()
                });
            }
            Self::Suspended => {
                simulator.change_twilio(TwilioChange { suspended: Some(true), ..TwilioChange::default() });
            }
        }
    }

    /// What the remedy asks for at the provider; returns the credential to enter.
    fn mend(self, test: &TestInbox) -> Value {
        let simulator = &test.simulator;
        simulator.clear_faults();
        match self {
            Self::LineSecret => return json!({ "channel_secret": NEW_SECRET }),
            Self::AuthToken => return json!({ "auth_token": NEW_SECRET }),
            Self::Suspended => {
                simulator.change_twilio(TwilioChange { suspended: Some(false), ..TwilioChange::default() });
                return json!({ "auth_token": demo::TWILIO_AUTH_TOKEN });
            }
            Self::Role => simulator.set_tasks(demo::PAGE, &["MESSAGING", "MODERATE"]),
            _ => {}
        }
        json!({ "user_access_token": simulator.log_in() })
    }

    /// Whether webhooks are signed as before: what is signed with a new secret cannot be told from a forgery until the secret
    /// was entered.
    const fn hears(self) -> bool {
        !matches!(self, Self::LineSecret | Self::AuthToken)
    }
}

async fn held_once(test: &TestInbox) -> usize {
    test.write_audit().await;
    let (_, body) = test.administer("GET", "/api/audit?limit=100", &Value::Null).await;
    body["items"].as_array().unwrap().iter().filter(|entry| entry["act"] == "channel.held").count()
}

async fn plays(kind: ChannelKind, broken: Break, cause: Cause) {
    let test = TestInbox::with_simulated_twilio().await;
    test.pass(CHECK_EVERY);
    test.refresh_tokens().await;
    let id = test.customer_writes(kind, "customer-1", "before").await;
    test.settle().await;
    let path = format!("/api/channels/{}", TestInbox::channel_id(kind));

    // A reply has the channel checked when it is refused; where it would not be, the daily check comes first.
    broken.happen(&test).await;
    let (status, _) = test.administer("POST", &format!("{path}/check"), &json!({})).await;
    assert_eq!(status, 202);
    test.refresh_tokens().await;
    let shown = test.get(&path).await;
    assert_eq!(shown["health"]["cause"], cause.public_id(), "{broken:?}: {shown}");
    let health = test.get(&format!("{path}/health")).await;
    let remedy = Problem::Reauthorization(cause).text(kind, Language::En).remedy;
    let credential = &health["points"][0];
    assert_eq!((&credential["light"], &credential["remedy"]), (&json!("red"), &json!(remedy)));

    // Twilio tells no time: what comes in the same moment has no order.
    test.pass(Span::from_secs(1));
    let mut heard = vec!["before".to_owned()];
    if broken.hears() {
        for n in 0..20 {
            let words = format!("meanwhile {n}");
            assert_eq!(test.customer_writes(kind, "customer-1", &words).await, id);
            test.settle().await;
            heard.push(words);
            test.pass(Span::from_secs(1));
        }
    }
    let mut keys = Vec::new();
    for n in 0..5 {
        keys.push(test.answer(id, &format!("held-{n}"), &format!("held {n}")).await);
        test.settle().await;
    }
    test.sweep().await;
    test.settle().await;
    assert!(test.simulator.sent().is_empty(), "{broken:?}");
    assert_eq!(test.get(&format!("{path}/health")).await["replies_waiting"]["count"], 5);
    assert_eq!(held_once(&test).await, 1, "one incident: {broken:?}");

    let credential = broken.mend(&test);
    let (status, answer) = test.administer("PUT", &format!("{path}/credential"), &credential).await;
    assert_eq!(status, 200, "{broken:?}: {answer}");
    test.refresh_tokens().await;
    assert_eq!(test.get(&path).await["health"]["state"], "healthy", "{broken:?}");
    for _ in 0..3 {
        // What is queued for a moment only is not swept.
        test.pass(Span::from_minutes(2));
        test.sweep().await;
        test.settle().await;
    }
    let sent: Vec<_> = test.simulator.sent().into_iter().map(|sent| sent.text.unwrap()).collect();
    assert_eq!(sent, (0..5).map(|n| format!("held {n}")).collect::<Vec<_>>(), "{broken:?}");
    for key in keys {
        let state = test.message(id, &key).await.send;
        assert!(!matches!(state, Some(SendState::Queued { .. } | SendState::Failed { .. })), "{broken:?}");
    }
    let texts = test.texts(id).await;
    let of_customer: Vec<_> = texts.into_iter().filter(|text| !text.starts_with("held")).collect();
    assert_eq!(of_customer, heard, "{broken:?}");
    // The history stays, and the channel hears again.
    assert_eq!(test.customer_writes(kind, "customer-1", "after").await, id);
    test.settle().await;
    assert!(test.texts(id).await.contains(&"after".to_owned()), "{broken:?}");
}

#[tokio::test]
async fn aut_1_to_aut_9_every_cause_at_facebook_has_its_name_and_its_remedy_works() {
    for (broken, cause) in [
        (Break::Subcode(463), Cause::TokenExpired),
        (Break::Subcode(467), Cause::TokenExpired),
        (Break::Permission, Cause::PermissionRevoked),
        (Break::Page(false), Cause::PageNotAuthorized),
        (Break::Page(true), Cause::PageRemoved),
        (Break::Subcode(458), Cause::AppAccessWithdrawn),
        (Break::SixtyDays, Cause::SixtyDays),
        (Break::Subcode(492), Cause::PageRoleLost),
        (Break::Role, Cause::PageRoleLost),
        (Break::Subcode(460), Cause::PasswordChanged),
        (Break::Subcode(459), Cause::Checkpoint),
        (Break::Subcode(464), Cause::Checkpoint),
    ] {
        plays(ChannelKind::Messenger, broken, cause).await;
    }
}

#[tokio::test]
async fn aut_13_a_wrong_secret_of_line_has_its_name_and_its_remedy_works() {
    plays(ChannelKind::Line, Break::LineSecret, Cause::SecretMismatch).await;
}

#[tokio::test]
async fn aut_13_a_refused_account_of_twilio_has_its_name_and_its_remedy_works() {
    for kind in [ChannelKind::WhatsApp, ChannelKind::Sms] {
        for broken in [Break::AuthToken, Break::Suspended] {
            plays(kind, broken, Cause::AuthenticationFailed).await;
        }
    }
}
