//! Pages of the console over the inbox of a test, as somebody who is signed in sees them.

use std::collections::HashMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Method;
use console::{Backend, Console, Visitor};
use lambda_http::Service as _;
use madoguchi_domain::Role;
use madoguchi_tests::TestInbox;
use serde_json::Value;

/// What pages of the console carry with a change.
const CSRF: &str = "token-of-the-page";

/// The console's routes over `test`.
pub(crate) fn routes(test: &TestInbox) -> Router {
    console::pages(Console {
        backend: Backend::new(test.api()),
        clock: test.clock.clone(),
        media: test.s3.url().to_owned(),
        live: String::new(),
        embedders: String::new(),
    })
}

/// Who looks: `operator-1`, `administrator-1` or `owner-1`.
pub(crate) fn visitor(role: Role) -> Visitor {
    let claims = HashMap::from([
        ("sub".to_owned(), format!("{}-1", role.as_str())),
        ("name".to_owned(), "Suzuki".to_owned()),
        ("cognito:groups".to_owned(), format!("[{}s]", role.as_str())),
    ]);
    Visitor { claims: claims.into(), token: "".into(), csrf: CSRF.into(), role }
}

/// Asks the console for anything; returns the status and what it answers.
pub(crate) async fn asked(
    test: &TestInbox,
    role: Role,
    method: Method,
    path: &str,
    body: &Value,
    headers: &[(&str, &str)],
) -> (u16, String) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("cookie", "madoguchi_language=en; madoguchi_zone=Asia%2FTokyo")
        .header("content-type", "application/json")
        .header("x-csrf-token", CSRF)
        .extension(visitor(role));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let answer = routes(test).call(request.body(body).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

/// The page at `path`, in English, as somebody of `role` sees it.
pub(crate) async fn page(test: &TestInbox, role: Role, path: &str) -> String {
    let (status, page) = asked(test, role, Method::GET, path, &Value::Null, &[]).await;
    assert_eq!(status, 200, "{path}: {page}");
    page
}
