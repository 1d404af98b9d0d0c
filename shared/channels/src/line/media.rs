//! What a LINE user sent.

use super::error::classify;
use crate::http::{self, ProviderHttp};
use crate::media::{MediaAnswer, of_content};

/// Asks for the content of a message: `GET /v2/bot/message/{id}/content` at the host for content.
pub async fn content(http: &ProviderHttp, data_base_url: &str, token: &str, message_id: &str) -> MediaAnswer {
    let asked = async {
        let url = http::address(data_base_url, &["v2", "bot", "message", message_id, "content"])?;
        http.open(http.get(url).bearer_auth(token)).await
    };
    match asked.await {
        Ok(response) => of_content(response, |status, response| classify(status, &[], response.headers())),
        Err(error) => MediaAnswer::Retry { detail: error.to_string(), after: None },
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::Span;
    use madoguchi_domain::media::MediaFailure;

    use super::*;
    use crate::test_server::{Step, TestServer, http};

    #[tokio::test]
    async fn each_answer_of_line_has_its_meaning() {
        let step = |status| Step::Answer(status, vec![("Retry-After", "3".into())], "bytes".into());
        for status in [200, 202, 400, 401, 404, 410, 429, 500] {
            let server = TestServer::start([step(status)]);
            let answer = content(&http(), &server.base(), "access", "461230966842064897").await;
            let request = server.only_request();
            assert_eq!(request.line, "GET /v2/bot/message/461230966842064897/content");
            assert!(request.headers.contains("authorization: Bearer access\n"));
            let expected = match (status, &answer) {
                (200, MediaAnswer::Found(download)) => download.size_bytes == Some(5),
                (429, MediaAnswer::Retry { after, .. }) => *after == Some(Span::from_secs(3)),
                (202, MediaAnswer::Preparing)
                | (400 | 404, MediaAnswer::Failed(MediaFailure::NotFound))
                | (401, MediaAnswer::Credential { .. })
                | (410, MediaAnswer::Gone)
                | (500, MediaAnswer::Retry { after: None, .. }) => true,
                _ => false,
            };
            assert!(expected, "{status}: {answer:?}");
        }
    }

    #[tokio::test]
    async fn an_id_is_one_segment_of_the_path() {
        let server = TestServer::start([Step::Answer(404, Vec::new(), String::new())]);
        content(&http(), &server.base(), "access", "1/../../info").await;
        assert_eq!(server.only_request().line, "GET /v2/bot/message/1%2F..%2F..%2Finfo/content");
    }
}
