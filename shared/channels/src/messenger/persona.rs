//! Personas: the names and pictures under which a Page's operators appear (SND-3).

use madoguchi_domain::sender::Listed;
use reqwest::Url;
use serde_json::{Value, json};

use super::graph::{self, GraphConfig, PageAccess};
use super::token::{MAX_LISTS, address, following, items};
use crate::http::ProviderHttp;
use crate::json;
use crate::token::TokenError;

/// The personas of a Page: `GET /{page}/personas`, every list of it. An incomplete answer is an error: a persona that
/// is not listed would be made a second time.
pub async fn list_personas(
    http: &ProviderHttp,
    graph: &GraphConfig,
    page: &PageAccess<'_>,
) -> Result<Vec<Listed>, TokenError> {
    let credentials = graph::credentials(page.token, page.app_secret);
    let mut url = personas(graph, page)?;
    url.query_pairs_mut().append_pair("limit", "100");
    let mut listed = Vec::new();
    for _ in 0..MAX_LISTS {
        let answer = graph::call(http, http.get(url.clone()).query(&credentials)).await?;
        if !answer.get("data").is_some_and(Value::is_array) {
            return Err(TokenError::unavailable("answer without a list of personas"));
        }
        listed.extend(items(&answer, "data").filter_map(|persona| {
            Some(Listed {
                id: json::id(persona, "id")?,
                name: json::short_text(persona, "name", 200).unwrap_or_default(),
            })
        }));
        match answer.get("paging").and_then(|paging| json::text(paging, "next")) {
            Some(next) => url = following(&url, next)?,
            None => return Ok(listed),
        }
    }
    Err(TokenError::unavailable(format!("more than {MAX_LISTS} lists of personas")))
}

/// Makes a persona: `POST /{page}/personas`. `picture` is an address that Meta fetches once. Answers its id.
pub async fn create_persona(
    http: &ProviderHttp,
    graph: &GraphConfig,
    page: &PageAccess<'_>,
    name: &str,
    picture: &str,
) -> Result<String, TokenError> {
    let request = http
        .post(personas(graph, page)?)
        .query(&graph::credentials(page.token, page.app_secret))
        .json(&json!({ "name": name, "profile_picture_url": picture }));
    let answer = graph::call(http, request).await?;
    json::id(&answer, "id").ok_or_else(|| TokenError::unavailable("a persona without an id"))
}

/// Removes a persona: `DELETE /{persona}`. What it has sent keeps its name.
pub async fn delete_persona(
    http: &ProviderHttp,
    graph: &GraphConfig,
    page: &PageAccess<'_>,
    persona_id: &str,
) -> Result<(), TokenError> {
    let url = address(graph, &[persona_id])?;
    let request = http.delete(url).query(&graph::credentials(page.token, page.app_secret));
    graph::call(http, request).await?;
    Ok(())
}

fn personas(graph: &GraphConfig, page: &PageAccess<'_>) -> Result<Url, TokenError> {
    address(graph, &[page.page_id, "personas"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::{Step, TestServer, http};

    fn graph(server: &TestServer) -> GraphConfig {
        GraphConfig { base_url: server.base(), version: "v26.0".into() }
    }

    const PAGE: PageAccess<'_> = PageAccess { page_id: "1234", token: "page token", app_secret: None };

    #[tokio::test]
    async fn snd_8_every_list_of_personas_is_read() {
        let server = TestServer::start_with(|base| {
            let next = format!("{base}/v26.0/1234/personas?limit=100&after=b&access_token=theirs");
            let first =
                json!({"data": [{"id": "1", "name": "山田"}, {"name": "no id"}], "paging": {"next": next}});
            vec![Step::json(200, &first), Step::json(200, &json!({"data": [{"id": 2}]}))]
        });
        let listed = list_personas(&http(), &graph(&server), &PAGE).await.unwrap();
        let named = |id: &str, name: &str| Listed { id: id.into(), name: name.into() };
        assert_eq!(listed, [named("1", "山田"), named("2", "")]);
        let lines: Vec<_> = server.requests().into_iter().map(|request| request.line).collect();
        assert_eq!(lines[0], "GET /v26.0/1234/personas?limit=100&access_token=page+token");
        assert_eq!(lines[1], "GET /v26.0/1234/personas?limit=100&after=b&access_token=page+token");
    }

    #[tokio::test]
    async fn snd_8_an_answer_without_a_list_is_no_empty_list() {
        let server = TestServer::start([Step::json(200, &json!({"success": true}))]);
        assert!(list_personas(&http(), &graph(&server), &PAGE).await.is_err());
    }

    #[tokio::test]
    async fn snd_8_a_persona_is_made_and_removed() {
        let server = TestServer::start([
            Step::json(200, &json!({"id": "77"})),
            Step::json(200, &json!({"success": true})),
            Step::json(200, &json!({})),
        ]);
        let made = create_persona(&http(), &graph(&server), &PAGE, "山田", "https://example.com/p.png").await;
        assert_eq!(made.unwrap(), "77");
        delete_persona(&http(), &graph(&server), &PAGE, "77").await.unwrap();
        assert!(create_persona(&http(), &graph(&server), &PAGE, "山田", "https://e/p.png").await.is_err());
        let requests = server.requests();
        assert_eq!(
            requests[0].json(),
            json!({"name": "山田", "profile_picture_url": "https://example.com/p.png"})
        );
        assert_eq!(requests[1].line, "DELETE /v26.0/77?access_token=page+token");
    }
}
