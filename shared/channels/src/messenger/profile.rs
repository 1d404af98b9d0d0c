//! The profile of a Messenger contact.

use serde_json::Value;

use super::graph::{self, GraphConfig, PageAccess};
use crate::http::ProviderHttp;
use crate::json;
use crate::profile::ProfileAnswer;
use crate::verdict::Verdict;

/// Asks for a contact's name and picture: `GET /{psid}`. Without access Meta answers with an empty
/// object, and accounts made by phone number have no profile (2018218): both are normal.
pub async fn profile(
    http: &ProviderHttp,
    graph: &GraphConfig,
    page: &PageAccess<'_>,
    psid: &str,
) -> ProfileAnswer {
    ask(http, graph, page, psid).await.map_or_else(ProfileAnswer::from, |found| answer(&found))
}

async fn ask(
    http: &ProviderHttp,
    graph: &GraphConfig,
    page: &PageAccess<'_>,
    psid: &str,
) -> Result<Value, Verdict> {
    let request = http
        .get(graph.address(&[psid])?)
        .query(&[("fields", "first_name,last_name,profile_pic")])
        .query(&graph::credentials(page.token, page.app_secret));
    graph::call(http, request).await
}

fn answer(found: &Value) -> ProfileAnswer {
    let mut names: Vec<_> =
        ["first_name", "last_name"].into_iter().filter_map(|key| json::text(found, key)).collect();
    if names.iter().all(|name| name.chars().next().is_some_and(is_east_asian)) {
        names.reverse();
    }
    let name = json::text(found, "name").map_or_else(|| names.join(" "), str::to_owned);
    ProfileAnswer::of(Some(name), json::url(found, "profile_pic"))
}

/// Han, kana and hangul: written like this, the family name comes first.
const fn is_east_asian(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::Span;
    use madoguchi_domain::credential::Cause;
    use serde_json::json;

    use super::*;
    use crate::profile::Profile;
    use crate::test_server::{Step, TestServer, http};

    async fn profile_from(step: Step) -> (ProfileAnswer, String) {
        let server = TestServer::start([step]);
        let graph = GraphConfig { base_url: server.base(), version: "v26.0".into() };
        let page = PageAccess { page_id: "1", token: "t", app_secret: None };
        (profile(&http(), &graph, &page, "987").await, server.only_request().line)
    }

    #[tokio::test]
    async fn name_and_picture_are_taken() {
        let found =
            json!({"id": "987", "first_name": "花子", "last_name": "山田", "profile_pic": "https://x/y"});
        let (answer, line) = profile_from(Step::json(200, &found)).await;
        let expected =
            Profile { name: Some("山田 花子".into()), picture_url: Some("https://x/y".into()) };
        assert_eq!(answer, ProfileAnswer::Found(expected));
        assert_eq!(line, "GET /v26.0/987?fields=first_name%2Clast_name%2Cprofile_pic&access_token=t");
    }

    #[tokio::test]
    async fn what_meta_does_not_give_is_a_normal_case() {
        let error = |code, subcode| json!({"error": {"code": code, "error_subcode": subcode}});
        let table = [
            (200, json!({})),
            (200, json!({"id": "987"})),
            (400, error(100, 2_018_218)),
            (400, error(200, 2_018_247)),
            (400, error(100, 33)),
            (403, error(10, 0)),
            (403, error(200, 0)),
        ];
        for (status, body) in table {
            assert_eq!(
                profile_from(Step::json(status, &body)).await.0,
                ProfileAnswer::NotAvailable,
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn faults_are_tried_again_and_a_dead_token_is_told() {
        let (answer, _) = profile_from(Step::json(400, &json!({"error": {"code": 190}}))).await;
        let cause = Cause::TokenExpired;
        assert_eq!(answer, ProfileAnswer::Credential { cause, detail: "190".into() });

        let limited = Step::Answer(400, vec![("Retry-After", "9".into())], r#"{"error":{"code":4}}"#.into());
        let after = Some(Span::from_secs(9));
        assert_eq!(profile_from(limited).await.0, ProfileAnswer::Retry { detail: "4".into(), after });

        for step in [Step::Close, Step::Answer(502, vec![], String::new())] {
            assert!(matches!(profile_from(step).await.0, ProfileAnswer::Retry { after: None, .. }));
        }
    }
}
