//! Tickets for live updates (CON-5).

use axum::http::StatusCode;
use madoguchi_domain::Role;
use madoguchi_domain::live::TICKET_LASTS;
use madoguchi_runtime::fingerprint;

use crate::support::{Caller, NOW, TestApi};

#[tokio::test]
async fn con_5_a_ticket_opens_one_connection_within_half_a_minute() {
    let api = TestApi::start().await;
    let ask = async || {
        let answer = api.call(Caller::Person("sato"), "POST", "/api/live/tickets", None).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        assert_eq!(answer.body["url"], "wss://live.example/live");
        assert_eq!(answer.body["expires_at"], (NOW + TICKET_LASTS).to_string());
        answer.body["ticket"].as_str().unwrap().to_owned()
    };
    let (first, second) = (ask().await, ask().await);
    assert_ne!(first, second);
    let taken = api.live.redeem(&fingerprint(&first), NOW).await.unwrap().unwrap();
    assert_eq!((taken.person.0.as_str(), taken.role), ("sato", Role::Operator));
    assert_eq!(api.live.redeem(&fingerprint(&first), NOW).await.unwrap(), None, "once");
    assert_eq!(api.live.redeem(&second, NOW).await.unwrap(), None, "it is not kept as it was told");
    assert_eq!(api.live.redeem(&fingerprint(&second), NOW + TICKET_LASTS).await.unwrap(), None, "too late");
}
