//! Signing in at the console (CON-1): who is let in, for how long, and what never gets out.

use std::collections::HashMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CACHE_CONTROL, COOKIE, LOCATION, REFRESH, SET_COOKIE};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use axum::routing::any;
use console::{Backend, Console, Door, behind, remote};
use lambda_http::Service as _;
use madoguchi_api::{RolesClaim, answering_or};
use madoguchi_domain::Span;
use madoguchi_domain::session::Limits;
use madoguchi_runtime::http::provider_client;
use madoguchi_runtime::{Clock, SecretCache, SignInConfig};
use madoguchi_store::Sessions;
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::dynamo::SESSIONS;
use madoguchi_tests::support::issuer::{CLIENT_ID, Forge, Issuer};
use serde_json::{Value, json};

const URL: &str = "https://console.example/console";
const SECRET: &str = "madoguchi/console-client";

/// The console behind its door, and a browser.
struct Browser {
    console: Router,
    issuer: Issuer,
    test: TestInbox,
    cookies: HashMap<String, String>,
    /// Everything that was answered, for what must not be among it.
    seen: String,
}

impl Browser {
    async fn new() -> Self {
        Self::with(URL, None).await
    }

    async fn with(url: &str, client_secret_name: Option<&str>) -> Self {
        let test = TestInbox::start().await;
        let issuer = Issuer::start(test.clock.clone()).await;
        let console = console(&test, &issuer, url, Backend::new(test.api()), client_secret_name);
        Self { console, issuer, test, cookies: HashMap::new(), seen: String::new() }
    }

    /// Sends a request with the cookies, and keeps those of the answer.
    async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(path).header("accept-language", "en");
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.console.call(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => drop(self.cookies.remove(name)),
                _ => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        answer
    }

    async fn get(&mut self, path: &str) -> (u16, String) {
        let answer = self.send("GET", path, &[], "").await;
        self.read(answer).await
    }

    async fn read(&mut self, answer: Response) -> (u16, String) {
        let status = answer.status().as_u16();
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        self.seen.push_str(&text);
        (status, text)
    }

    /// What the browser is sent off to the issuer with.
    async fn sent_off(&mut self, to: &str) -> HashMap<String, String> {
        let answer = self.send("GET", &format!("/console/sign-in?to={to}"), &[], "").await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let (place, query) =
            location(&answer).split_once('?').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        assert_eq!(place, format!("{}/authorize", self.issuer.url()));
        pairs(&query)
    }

    /// Comes back from the issuer.
    async fn come_back(&mut self, code: &str, state: &str) -> Response {
        self.send("GET", &format!("/console/signed-in-back?code={code}&state={state}"), &[], "").await
    }

    /// The whole way; the answer of the way back.
    async fn sign_in(&mut self, to: &str) -> Response {
        let asked = self.sent_off(to).await;
        let code = self.issuer.agree(&asked);
        self.come_back(&code, &asked["state"]).await
    }

    /// The CSRF token of a page.
    async fn csrf(&mut self) -> String {
        let (status, page) = self.get("/console/signed-in").await;
        assert_eq!(status, 200, "{page}");
        page.split("name=\"csrf\" content=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    async fn sessions(&self) -> Vec<Value> {
        self.test.dynamo.items(SESSIONS).await
    }
}

fn console(
    test: &TestInbox,
    issuer: &Issuer,
    url: &str,
    backend: Backend,
    client_secret_name: Option<&str>,
) -> Router {
    let config = SignInConfig {
        issuer: issuer.url().to_owned(),
        discovery_base: issuer.url().to_owned(),
        client_id: CLIENT_ID.to_owned(),
        client_secret_name: client_secret_name.map(str::to_owned),
        scopes: "openid email profile".to_owned(),
        limits: Limits { life: Span::from_hours(12), idle: Span::from_hours(2) },
    };
    let clock: Clock = test.clock.clone();
    let sessions = Sessions::new(test.dynamo.clients().dynamodb(), SESSIONS);
    let secrets = SecretCache::new(test.aws.clients().secrets(), clock.clone());
    let http = provider_client().unwrap();
    let door = Door::new((sessions, secrets), http, config, RolesClaim::default(), clock.clone(), url);
    let (media, live, embedders) = (String::new(), String::new(), String::new());
    behind(door, Console { backend, clock, media, live, embedders })
}

fn location(answer: &Response) -> &str {
    answer.headers()[LOCATION].to_str().unwrap()
}

fn pairs(query: &str) -> HashMap<String, String> {
    reqwest::Url::parse(&format!("http://a/?{query}")).unwrap().query_pairs().into_owned().collect()
}

#[tokio::test]
async fn con_1_a_person_signs_in_and_comes_to_the_page_that_they_wanted() {
    let mut browser = Browser::new().await;
    let asked = browser.sent_off("/console/signed-in%3Fa=b").await;
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", "https://console.example/console/signed-in-back"),
        ("scope", "openid email profile"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(asked[name], value);
    }
    let code = browser.issuer.agree(&asked);
    let answer = browser.come_back(&code, &asked["state"]).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/console/signed-in?a=b"));
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    let cookies: Vec<&str> =
        answer.headers().get_all(SET_COOKIE).iter().map(|one| one.to_str().unwrap()).collect();
    let session = cookies.iter().find(|cookie| cookie.starts_with("__Host-madoguchi_session=")).unwrap();
    assert!(session.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure"), "{session}");
    assert!(cookies.iter().any(|cookie| cookie.starts_with("__Host-madoguchi_login=;")), "{cookies:?}");

    let page = browser.send("GET", "/console/inbox", &[], "").await;
    assert_eq!(page.headers()[CACHE_CONTROL], "no-store");
    let (status, page) = browser.read(page).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("Hanako"));
    let (form, headers) = browser.issuer.asked("/token").remove(0);
    assert_eq!(form["client_id"], CLIENT_ID);
    assert!(!headers.contains_key("authorization"), "a public client has no secret");
}

#[tokio::test]
async fn con_1_without_tls_on_this_machine_cookies_have_plain_names() {
    let mut browser = Browser::with("http://127.0.0.1:4580/console/", None).await;
    browser.sign_in("/console").await;
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["madoguchi_session"]);
    assert_eq!(browser.get("/console/inbox").await.0, 200);
}

#[tokio::test]
async fn con_1_who_is_not_signed_in_is_sent_to_sign_in_or_told_so() {
    let mut browser = Browser::new().await;
    for (path, to) in [
        ("/console", "%2Fconsole"),
        ("/console/inbox/1?section=mine", "%2Fconsole%2Finbox%2F1%3Fsection%3Dmine"),
        ("/console/..//example.com", "%2Fconsole"),
    ] {
        let answer = browser.send("GET", path, &[], "").await;
        assert_eq!(location(&answer), format!("/console/sign-in?to={to}"), "{path}");
    }
    for (method, path, headers) in [
        ("GET", "/console/inbox", &[("hx-request", "true")][..]),
        ("GET", "/console/api/me", &[]),
        ("POST", "/console/api/me/availability", &[("x-csrf-token", "")]),
        ("POST", "/console/inbox", &[]),
    ] {
        let answer = browser.send(method, path, headers, "{}").await;
        let (status, text) = browser.read(answer).await;
        assert_eq!(status, 401, "{method} {path}");
        let told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told["error"]["id"], "unauthenticated");
    }
    let sheet = browser.send("GET", "/console/assets/0/app.css", &[], "").await;
    assert_eq!(sheet.status(), StatusCode::OK, "whoever signs in needs it");
    let root = browser.send("GET", "/", &[], "").await;
    assert_eq!(location(&root), "/console");
    // An id that nobody has is as good as none.
    browser.cookies.insert("__Host-madoguchi_session".to_owned(), "a".repeat(43));
    assert_eq!(browser.get("/console/inbox").await.0, 303);
}

#[tokio::test]
async fn con_1_a_change_needs_the_pages_own_token() {
    let mut browser = Browser::new().await;
    browser.sign_in("/console").await;
    let csrf = browser.csrf().await;
    for (sent, status) in [(None, 403), (Some("wrong"), 403), (Some(""), 403), (Some(csrf.as_str()), 200)] {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(sent.map(|sent| ("x-csrf-token", sent)));
        let body = r#"{"available":false}"#;
        let answer = browser.send("PUT", "/console/api/me/availability", &headers, body).await;
        let (found, text) = browser.read(answer).await;
        assert_eq!(found, status, "{sent:?} {text}");
    }
    let (status, me) = browser.get("/console/api/me").await;
    assert_eq!((status, me.contains("Hanako")), (200, true), "reading needs none: {me}");
}

#[tokio::test]
async fn con_1_only_a_token_of_the_issuer_for_us_and_this_sign_in_lets_somebody_in() {
    let table: &[(&str, Forge)] = &[
        ("nonce", |_, claims| claims["nonce"] = json!("another")),
        ("no nonce", |_, claims| drop(claims.as_object_mut().unwrap().remove("nonce"))),
        ("audience", |_, claims| claims["aud"] = json!("another-client")),
        ("no audience", |_, claims| drop(claims.as_object_mut().unwrap().remove("aud"))),
        ("audiences without party", |_, claims| claims["aud"] = json!([CLIENT_ID, "another"])),
        ("party", |_, claims| claims["azp"] = json!("another-client")),
        ("issuer", |_, claims| claims["iss"] = json!("https://issuer.example")),
        ("issuer with more", |_, claims| {
            claims["iss"] = json!(format!("{}/", claims["iss"].as_str().unwrap()));
        }),
        ("expired", |_, claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap())),
        ("no end", |_, claims| drop(claims.as_object_mut().unwrap().remove("exp"))),
        ("not yet", |_, claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 120)),
        ("subject", |_, claims| claims["sub"] = json!("")),
        ("none", |header, _| header["alg"] = json!("none")),
        ("HS256", |header, _| header["alg"] = json!("HS256")),
        ("RS512", |header, _| header["alg"] = json!("RS512")),
        ("crit", |header, _| header["crit"] = json!(["b64"])),
        ("key", |header, _| header["kid"] = json!("another")),
    ];
    let mut browser = Browser::new().await;
    for (what, forge) in table {
        browser.issuer.forges(Some(*forge));
        let answer = browser.sign_in("/console").await;
        let (status, page) = browser.read(answer).await;
        assert_eq!(status, 403, "{what}");
        assert!(page.contains("You could not be signed in"), "{what}");
        assert!(!browser.cookies.contains_key("__Host-madoguchi_session"), "{what}");
    }
    browser.issuer.forges(None);
    browser.issuer.signs_with_another_key(true);
    assert_eq!(browser.sign_in("/console").await.status(), StatusCode::FORBIDDEN);
    browser.issuer.signs_with_another_key(false);
    assert_eq!(browser.sessions().await, Vec::<Value>::new());
    // Several audiences are one too many only if the token does not say that it is ours; a clock may be a little ahead.
    browser.issuer.forges(Some(|_, claims| {
        claims["aud"] = json!(["another", CLIENT_ID]);
        claims["azp"] = json!(CLIENT_ID);
        claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 30);
    }));
    assert_eq!(location(&browser.sign_in("/console/inbox").await), "/console/inbox");
}

#[tokio::test]
async fn con_1_a_code_that_the_issuer_does_not_take_leads_to_a_page_that_says_so() {
    let mut browser = Browser::new().await;
    let asked = browser.sent_off("/console").await;
    browser.issuer.agree(&asked);
    let answer = browser.come_back("another-code", &asked["state"]).await;
    assert_eq!(browser.read(answer).await.0, 403);
    let asked = browser.sent_off("/console").await;
    let path =
        format!("/console/signed-in-back?error=access_denied&error_description=x&state={}", asked["state"]);
    let (status, page) = browser.get(&path).await;
    assert_eq!((status, page.contains("access_denied")), (403, false));
    browser.issuer.fails(Some(503));
    assert_eq!(browser.sign_in("/console").await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn con_1_only_the_browser_that_was_sent_off_comes_back_and_only_once_and_soon() {
    let mut browser = Browser::new().await;
    let unknown = |(status, page): (u16, String)| {
        assert_eq!(status, 400);
        assert!(page.contains("Please sign in again"), "{page}");
    };
    unknown(browser.get("/console/signed-in-back").await);
    unknown(browser.get("/console/signed-in-back?code=1&state=2").await);

    let asked = browser.sent_off("/console").await;
    let code = browser.issuer.agree(&asked);
    let cookies = std::mem::take(&mut browser.cookies);
    let answer = browser.come_back(&code, &asked["state"]).await;
    unknown(browser.read(answer).await);
    browser.cookies = cookies;
    let answer = browser.come_back(&code, &asked["state"]).await;
    unknown(browser.read(answer).await);

    let asked = browser.sent_off("/console").await;
    let code = browser.issuer.agree(&asked);
    browser.test.pass(Span::from_minutes(15));
    let answer = browser.come_back(&code, &asked["state"]).await;
    unknown(browser.read(answer).await);
    assert_eq!(browser.issuer.asked("/token").len(), 0, "no code was exchanged");

    // Two tabs at once.
    let (one, other) = (browser.sent_off("/console/inbox").await, browser.sent_off("/console/search").await);
    let (first, second) = (browser.issuer.agree(&one), browser.issuer.agree(&other));
    let cookies = browser.cookies.clone();
    assert_eq!(location(&browser.come_back(&first, &one["state"]).await), "/console/inbox");
    browser.cookies.extend(cookies);
    assert_eq!(location(&browser.come_back(&second, &other["state"]).await), "/console/search");
    assert_eq!(browser.sessions().await.len(), 1, "the browser's former session has ended");
}

#[tokio::test]
async fn con_1_a_sign_in_leads_nowhere_else() {
    let mut browser = Browser::new().await;
    for to in ["https://example.com", "//example.com", "/%5Cexample.com", "/api/me", "/console/sign-out", ""]
    {
        assert_eq!(location(&browser.sign_in(to).await), "/console", "{to}");
    }
}

#[tokio::test]
async fn con_1_a_token_is_renewed_once_before_it_ends() {
    let mut browser = Browser::new().await;
    browser.sign_in("/console").await;
    browser.test.pass(Span::from_minutes(57));
    browser.get("/console/inbox").await;
    assert_eq!(browser.issuer.asked("/token").len(), 1, "more than two minutes are left");
    let before = browser.sessions().await.remove(0);

    browser.test.pass(Span::from_secs(90));
    let request = || {
        let cookie = &browser.cookies["__Host-madoguchi_session"];
        let request = Request::builder().uri("/console/inbox");
        request.header(COOKIE, format!("__Host-madoguchi_session={cookie}")).body(Body::empty()).unwrap()
    };
    let mut consoles = [browser.console.clone(), browser.console.clone(), browser.console.clone()];
    let [a, b, c] = &mut consoles;
    let answers = tokio::join!(a.call(request()), b.call(request()), c.call(request()));
    for answer in [answers.0, answers.1, answers.2] {
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
    }
    let asked = browser.issuer.asked("/token");
    assert_eq!(asked.len(), 2, "one of three renewed it");
    assert_eq!(asked[1].0["grant_type"], "refresh_token");
    assert_eq!(asked[1].0["refresh_token"], before["refresh_token"]);
    let after = browser.sessions().await.remove(0);
    assert_ne!(after["id_token"], before["id_token"]);
    assert_ne!(after["refresh_token"], before["refresh_token"]);
    assert_eq!(after["csrf"], before["csrf"], "pages that are open go on");
}

#[tokio::test]
async fn con_1_a_renewal_that_is_refused_or_of_somebody_else_ends_the_session() {
    for (fails, forge) in [
        (Some(400), None),
        (None, Some((|_, claims| claims["sub"] = json!("somebody-else")) as Forge)),
        (None, Some((|_, claims| claims["iss"] = json!("https://issuer.example")) as Forge)),
    ] {
        let mut browser = Browser::new().await;
        browser.sign_in("/console").await;
        browser.test.pass(Span::from_minutes(59));
        browser.issuer.fails(fails);
        browser.issuer.forges(forge);
        assert_eq!(browser.get("/console/api/me").await.0, 401);
        assert_eq!(browser.sessions().await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn con_1_while_the_issuer_is_away_a_session_goes_on_as_long_as_its_token() {
    let mut browser = Browser::new().await;
    browser.sign_in("/console").await;
    browser.issuer.fails(Some(503));
    browser.test.pass(Span::from_minutes(59));
    assert_eq!(browser.get("/console/inbox").await.0, 200);
    browser.test.pass(Span::from_minutes(1));
    assert_eq!(browser.get("/console/inbox").await.0, 503);
    assert_eq!(browser.get("/console/api/me").await.0, 503, "it has not ended");
    browser.issuer.fails(None);
    browser.test.pass(Span::from_secs(45));
    assert_eq!(browser.get("/console/inbox").await.0, 200);
}

#[tokio::test]
async fn con_1_a_session_ends_unused_and_by_its_age() {
    let mut browser = Browser::new().await;
    browser.sign_in("/console").await;
    for _ in 0..6 {
        browser.test.pass(Span::from_minutes(119));
        assert_eq!(browser.get("/console/inbox").await.0, 200);
    }
    browser.test.pass(Span::from_minutes(6));
    assert_eq!(browser.get("/console/inbox").await.0, 303, "12 hours after the sign-in");
    assert_eq!(browser.sessions().await, Vec::<Value>::new());
    browser.sign_in("/console").await;
    browser.test.pass(Span::from_minutes(120));
    assert_eq!(browser.get("/console/inbox").await.0, 303, "two hours without a request");
    browser.sign_in("/console").await;
    browser.test.pass(Span::from_hours(13));
    browser.test.dynamo.sweep_expired();
    assert_eq!(browser.sessions().await, Vec::<Value>::new(), "the table forgets by itself");
}

#[tokio::test]
async fn con_1_signing_out_ends_it_here_and_at_the_issuer() {
    let mut browser = Browser::new().await;
    browser.sign_in("/console").await;
    let (csrf, kept) = (browser.csrf().await, browser.cookies.clone());
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for body in ["", "csrf=", "csrf=wrong"] {
        let answer = browser.send("POST", "/console/sign-out", &form, body).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{body}");
    }
    assert_eq!(browser.sessions().await.len(), 1);
    let refresh = browser.sessions().await[0]["refresh_token"].clone();
    let answer = browser.send("POST", "/console/sign-out", &form, &format!("csrf={csrf}")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let back = "https%3A%2F%2Fconsole.example%2Fconsole";
    assert_eq!(
        answer.headers()[REFRESH],
        format!(
            "0; url={}/logout?client_id={CLIENT_ID}&logout_uri={back}&post_logout_redirect_uri={back}",
            browser.issuer.url()
        ),
    );
    assert_eq!(browser.cookies, HashMap::new());
    assert_eq!(browser.sessions().await, Vec::<Value>::new());
    let revoked = browser.issuer.asked("/revoke").remove(0).0;
    assert_eq!((json!(revoked["token"]), revoked["client_id"].as_str()), (refresh, CLIENT_ID));
    // Who has kept the cookie has kept nothing; who is signed out may say so again.
    browser.cookies = kept;
    assert_eq!(browser.get("/console/inbox").await.0, 303);
    assert_eq!(browser.send("POST", "/console/sign-out", &form, "").await.status(), StatusCode::OK);
}

/// A form of another site brings no cookie, since ours are `SameSite=Lax`, and must not have it taken away by the answer.
#[tokio::test]
async fn con_1_another_site_signs_nobody_out() {
    let mut browser = Browser::new().await;
    browser.sign_in("/console/inbox").await;
    for site in ["cross-site", "same-site"] {
        let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", site)];
        let kept = std::mem::take(&mut browser.cookies);
        let answer = browser.send("POST", "/console/sign-out", &form, "").await;
        assert_eq!((answer.status(), answer.headers().get("set-cookie")), (StatusCode::FORBIDDEN, None));
        browser.cookies = kept;
    }
    assert_eq!(browser.get("/console/inbox").await.0, 200);
}

#[tokio::test]
async fn con_1_who_has_no_role_is_told_how_to_get_one_and_can_sign_out() {
    let mut browser = Browser::new().await;
    browser.issuer.signs_in(json!({ "sub": "p", "name": "<b>Eve</b>", "cognito:groups": ["sales"] }));
    browser.sign_in("/console").await;
    let (status, page) = browser.get("/console/inbox").await;
    assert_eq!(status, 403);
    assert!(page.contains("You have no role here yet") && page.contains("Ask an administrator"), "{page}");
    assert!(page.contains("&lt;b&gt;Eve"), "{page}");
    assert_eq!(browser.get("/console/api/me").await.0, 403);
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = browser.send("POST", "/console/sign-out", &form, &format!("csrf={csrf}")).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn con_1_a_client_with_a_secret_sends_it_to_the_token_endpoint_alone() {
    let mut browser = Browser::with(URL, Some(SECRET)).await;
    browser.test.aws.set_secret(SECRET, &json!({ "client_secret": "s:e c+ret" }));
    browser.sign_in("/console").await;
    assert_eq!(browser.get("/console/inbox").await.0, 200);
    let (form, headers) = browser.issuer.asked("/token").remove(0);
    // "console-client:s%3Ae+c%2Bret"
    assert_eq!(headers["authorization"], "Basic Y29uc29sZS1jbGllbnQ6cyUzQWUrYyUyQnJldA==");
    assert!(!form.contains_key("client_id") && !form.contains_key("client_secret"));
}

#[tokio::test]
async fn con_1_neither_tokens_nor_ids_are_in_a_page_or_readable_in_the_table() {
    let mut browser = Browser::new().await;
    browser.sign_in("/console").await;
    let id = browser.cookies["__Host-madoguchi_session"].clone();
    let session = browser.sessions().await.remove(0);
    for path in [
        "/console/inbox",
        "/console/settings/me",
        "/console/signed-in",
        "/console/api/me",
        "/console/nowhere",
    ] {
        browser.get(path).await;
    }
    for secret in [
        &id,
        session["id_token"].as_str().unwrap(),
        session["refresh_token"].as_str().unwrap(),
        "access-secret",
    ] {
        assert!(!browser.seen.contains(secret), "{secret}");
    }
    assert!(!session.to_string().contains(&id), "whoever reads the table cannot come in");
    assert!(!session.to_string().contains("access-secret"), "what is not needed is not kept");
}

#[tokio::test]
async fn con_1_what_other_functions_serve_is_asked_with_the_visitors_own_token() {
    let mut browser = Browser::new().await;
    let other = Router::new().fallback(any(async |request: Request<Body>| {
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let told = json!({
            "method": request.method().as_str(), "path": request.uri().to_string(),
            "authorization": header("authorization"), "cookie": header("cookie"), "language": header("accept-language"),
        });
        (StatusCode::ACCEPTED, [("etag", "\"1\"")], axum::Json(told))
    }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, other).await });
    let here = Router::new().route("/api/me", axum::routing::get(async || "here"));
    let remote = remote::routes(provider_client().unwrap(), &gateway);
    let backend = Backend::new(answering_or(here, RolesClaim::default(), remote));
    browser.console = console(&browser.test, &browser.issuer, URL, backend, None);
    browser.sign_in("/console").await;
    assert_eq!(browser.get("/console/api/me").await, (200, "here".to_owned()));
    let csrf = browser.csrf().await;
    let token = browser.sessions().await.remove(0)["id_token"].as_str().unwrap().to_owned();
    // A path that is nowhere here, and one that is here for another method.
    for (method, path) in [("GET", "/api/channels?limit=2"), ("PATCH", "/api/me")] {
        let headers = [("x-csrf-token", csrf.as_str())];
        let answer = browser.send(method, &format!("/console{path}"), &headers, "").await;
        assert_eq!(
            (answer.status(), &answer.headers()["etag"]),
            (StatusCode::ACCEPTED, &"\"1\"".parse().unwrap())
        );
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let told: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((told["method"].as_str(), told["path"].as_str()), (Some(method), Some(path)));
        assert_eq!(told["authorization"], format!("Bearer {token}"));
        assert_eq!((&told["cookie"], &told["language"]), (&Value::Null, &json!("en")));
    }
}
