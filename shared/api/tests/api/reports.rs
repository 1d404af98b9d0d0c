//! Reports as they are told, on what somebody has counted (OPS-3).

use axum::http::StatusCode;
use madoguchi_domain::quota::Quota;
use madoguchi_domain::report::{ChannelState, Ended, Fact, Watch, What, hour_of};
use madoguchi_domain::{ChannelKind, ChannelSettings, ConversationId, OperatorId, Party, Span, Timestamp};
use madoguchi_store::Saved;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, NOW, TestApi};

/// Ten days before it is, 2023-11-04T22:13:20Z.
const THEN: Timestamp = Timestamp::from_ms(NOW.as_ms() - 864_000_000);

/// A channel with an hour of work, and a day that was watched.
async fn start() -> TestApi {
    let api = TestApi::start().await;
    let channel = api.add_channel(ChannelKind::Line, "1", ChannelSettings::default()).await.id;
    let conversation_id = ConversationId::derive(channel, &Party::User("U1".into()));
    let by = Some(OperatorId("person-1".into()));
    let whats = [
        What::Begun,
        What::Incoming,
        What::Automatic,
        What::Answer { by: by.clone() },
        What::FirstAnswer { after: Span::from_minutes(2) },
        What::Closed { reason: "idle".into(), after: Span::from_minutes(30), assignee: by },
        What::Reopened,
    ];
    let facts: Vec<_> = whats
        .into_iter()
        .enumerate()
        .map(|(at, what)| Fact {
            channel_id: channel,
            conversation_id,
            at: THEN,
            name: format!("m{at}"),
            what,
        })
        .collect();
    api.reports.note(&facts).await.unwrap();
    assert_eq!(api.reports.remake(channel, hour_of(THEN)).await.unwrap(), Saved::Done);
    let day = Timestamp::from_ms(THEN.as_ms() - THEN.as_ms().rem_euclid(86_400_000));
    let watch = Watch {
        states: [(133, ChannelState::Healthy), (134, ChannelState::Off)].into(),
        replies: [(22, Ended { accepted: 1, refused: 2, refused_of_customers: 3, unconfirmed: 4 })].into(),
        quota: Some(Quota { limit: None, used: 7, read_at: THEN }),
    };
    api.reports.note_watch(channel, day, &watch).await.unwrap();
    api
}

async fn ask(api: &TestApi, caller: Caller, path: &str) -> Answer {
    api.call(caller, "GET", path, None).await
}

#[tokio::test]
async fn ops_3_a_report_and_how_channels_fared_are_told_as_described() {
    let api = start().await;
    for caller in [Caller::Operator, Caller::Administrator, Caller::Client("conversations:read")] {
        let report = ask(&api, caller, "/api/reports?from=2023-11-01&to=2023-11-07&zone=Europe/Berlin").await;
        assert_eq!(report.status, StatusCode::OK, "{:?}", report.body);
        let total = &report.body["total"];
        assert_eq!(
            json!([
                total["incoming"],
                total["automatic"],
                total["answers"],
                total["begun"],
                total["reopened"]
            ]),
            json!([1, 1, 1, 1, 1])
        );
        assert_eq!(
            total["first_answer"],
            json!({
                "count": 1, "median_seconds": 125.0, "p90_seconds": 125.0, "within_share": 1.0,
            })
        );
        assert_eq!(
            (&total["to_close"]["count"], &total["closed_by_reason"]),
            (&json!(1), &json!({ "idle": 1 }))
        );
        let told =
            |caller: Caller| matches!(caller, Caller::Operator | Caller::Administrator | Caller::Client(_));
        assert_eq!(report.body["operators"].as_array().map(Vec::len), told(caller).then_some(1));
        assert_eq!(report.body["days"].as_array().map(Vec::len), Some(7));
        assert_eq!(report.body["days"][3]["incoming"], 1, "23:13 in Berlin");

        let fared = ask(&api, caller, "/api/reports/channels?from=2023-11-01&to=2023-11-07").await;
        assert_eq!(fared.status, StatusCode::OK, "{:?}", fared.body);
        let day = &fared.body["channels"][0]["days"][3];
        assert_eq!(json!([day["healthy_minutes"], day["off_minutes"]]), json!([10, 10]));
        assert_eq!(
            (&day["replies"]["refused_of_customers"], &day["quota"]["limit"]),
            (&json!(3), &Value::Null)
        );
    }
    for caller in [Caller::Guest, Caller::Nobody, Caller::Client("settings:read")] {
        for path in ["/api/reports", "/api/reports/channels", "/api/reports/export?table=days"] {
            let refused = ask(&api, caller, path).await;
            assert!(refused.status.is_client_error(), "{caller:?} {path}");
        }
    }
}

#[tokio::test]
async fn ops_3_what_is_asked_wrong_is_refused() {
    let api = start().await;
    for (path, error) in [
        ("/api/reports?from=2023-11-08&to=2023-11-07", "invalid_query"),
        ("/api/reports?from=2023-08-01&to=2023-11-07", "invalid_query"),
        ("/api/reports?zone=Berlin", "invalid_query"),
        ("/api/reports?within_minutes=0", "invalid_query"),
        ("/api/reports?channel_id=00000000-0000-5000-8000-000000000000", "channel_not_found"),
        ("/api/reports?operator_id=somebody", "administrators_only"),
        ("/api/reports/channels?operator_id=me", "invalid_query"),
        ("/api/reports/channels?channel_id=00000000-0000-5000-8000-000000000000", "channel_not_found"),
        ("/api/reports/export", "invalid_query"),
        ("/api/reports/export?table=days&from=soon", "invalid_query"),
        ("/api/reports/export?table=operators&operator_id=somebody", "administrators_only"),
        (
            "/api/reports/export?table=days&channel_id=00000000-0000-5000-8000-000000000000",
            "channel_not_found",
        ),
    ] {
        let refused = ask(&api, Caller::Operator, path).await;
        assert_eq!(refused.error(), error, "{path}: {:?}", refused.body);
    }
}
