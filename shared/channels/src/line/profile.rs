//! Profiles of LINE users and groups.

use madoguchi_domain::Party;
use serde_json::Value;

use super::token::call;
use crate::http::{self, ProviderHttp};
use crate::json;
use crate::profile::ProfileAnswer;
use crate::verdict::Verdict;

/// Asks for name and picture of whom a conversation is held with: a user's profile, a group's summary. Rooms
/// have neither. 404 means blocked, or no consent.
pub async fn profile(http: &ProviderHttp, base_url: &str, token: &str, party: &Party) -> ProfileAnswer {
    match party {
        Party::User(user) => ask(http, base_url, token, &["profile", user], "displayName").await,
        Party::Group(group) => ask(http, base_url, token, &["group", group, "summary"], "groupName").await,
        Party::Room(_) => ProfileAnswer::NotAvailable,
    }
}

/// Asks for name and picture of somebody who spoke in a group or room; they need not be a friend.
pub async fn member_profile(
    http: &ProviderHttp,
    base_url: &str,
    token: &str,
    party: &Party,
    user_id: &str,
) -> ProfileAnswer {
    let (kind, id) = match party {
        Party::User(_) => return profile(http, base_url, token, &Party::User(user_id.to_owned())).await,
        Party::Group(id) => ("group", id),
        Party::Room(id) => ("room", id),
    };
    ask(http, base_url, token, &[kind, id, "member", user_id], "displayName").await
}

async fn ask(http: &ProviderHttp, base_url: &str, token: &str, path: &[&str], name: &str) -> ProfileAnswer {
    match found(http, base_url, token, path).await {
        Ok(found) => {
            ProfileAnswer::of(json::text(&found, name).map(str::to_owned), json::url(&found, "pictureUrl"))
        }
        Err(verdict) => verdict.into(),
    }
}

async fn found(http: &ProviderHttp, base_url: &str, token: &str, path: &[&str]) -> Result<Value, Verdict> {
    let mut segments = vec!["v2", "bot"];
    segments.extend(path);
    call(http, http.get(http::address(base_url, &segments)?).bearer_auth(token)).await
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::Span;
    use madoguchi_domain::credential::Cause;
    use serde_json::json;

    use super::*;
    use crate::profile::Profile;
    use crate::test_server::{Step, TestServer, http};

    #[tokio::test]
    async fn users_groups_and_members_each_have_their_own_address() {
        let named = |key: &str| Step::json(200, &json!({key: "名前", "pictureUrl": "https://x/y"}));
        let server = TestServer::start(["displayName", "groupName", "displayName", "displayName"].map(named));
        let (http, base) = (http(), server.base());
        let (user, group, room) =
            (Party::User("U1".into()), Party::Group("C1".into()), Party::Room("R1".into()));
        let answers = [
            profile(&http, &base, "t", &user).await,
            profile(&http, &base, "t", &group).await,
            member_profile(&http, &base, "t", &group, "U2").await,
            member_profile(&http, &base, "t", &room, "U3").await,
        ];
        let expected = Profile { name: Some("名前".into()), picture_url: Some("https://x/y".into()) };
        assert!(
            answers.iter().all(|answer| *answer == ProfileAnswer::Found(expected.clone())),
            "{answers:?}"
        );
        let lines: Vec<_> = server.requests().into_iter().map(|request| request.line).collect();
        assert_eq!(
            lines,
            [
                "GET /v2/bot/profile/U1",
                "GET /v2/bot/group/C1/summary",
                "GET /v2/bot/group/C1/member/U2",
                "GET /v2/bot/room/R1/member/U3",
            ]
        );
        assert_eq!(profile(&http, "http://127.0.0.1:1", "t", &room).await, ProfileAnswer::NotAvailable);
    }

    #[tokio::test]
    async fn answers_without_a_profile_are_told_apart() {
        let cause = Cause::TokenExpired;
        let table = [
            (Step::json(404, &json!({"message": "Not found"})), ProfileAnswer::NotAvailable),
            (Step::json(403, &json!({"message": "Forbidden"})), ProfileAnswer::NotAvailable),
            (Step::json(200, &json!({"userId": "U1"})), ProfileAnswer::NotAvailable),
            (Step::json(401, &json!({})), ProfileAnswer::Credential { cause, detail: "401".into() }),
            (Step::json(500, &json!({})), ProfileAnswer::Retry { detail: "500".into(), after: None }),
            (
                Step::Answer(429, vec![("Retry-After", "3".into())], String::new()),
                ProfileAnswer::Retry { detail: "429".into(), after: Some(Span::from_secs(3)) },
            ),
        ];
        for (step, expected) in table {
            let server = TestServer::start([step]);
            assert_eq!(profile(&http(), &server.base(), "t", &Party::User("U1".into())).await, expected);
        }
    }
}
