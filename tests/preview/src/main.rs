//! The console over an inbox in this process, with something in it: for looking at pages while they are made, and for browser
//! tests that need many conversations and no stack. `cargo run -p madoguchi-preview -- 4600` serves it at
//! `http://127.0.0.1:4600/console`. Nobody signs in: the cookie `preview_as` says whether an `operator` (the default), an
//! `administrator` or an `owner` looks. Live updates are not there; the stack has them.
#![expect(clippy::expect_used, reason = "it is a tool of ours, and ends where it cannot go on")]
#![expect(clippy::print_stdout, reason = "it tells where it is")]

mod channels;
mod inbox;
mod seed;
mod seed_organisation;
mod thread;

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Request, State};
use axum::http::header::COOKIE;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use console::{Backend, Console, Visitor};
use madoguchi_domain::{Role, Timestamp};
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

/// Who looks: id, name, group.
const PEOPLE: [(&str, &str, Role); 3] = [
    ("operator-1", "佐藤 花子", Role::Operator),
    ("administrator-1", "Suzuki Ichiro", Role::Administrator),
    ("owner-1", "Olga Owner", Role::Owner),
];

#[tokio::main]
async fn main() {
    let port =
        std::env::args().nth(1).map_or(4_600, |port| port.parse().expect("the first argument is a port"));
    let test = TestInbox::with_simulated_twilio().await;
    test.set_time(now());
    seed::seed(&test).await;
    channels::seed(&test).await;
    inbox::seed(&test, now()).await;
    thread::seed(&test).await;
    let console = Console {
        backend: Backend::new(test.api()),
        clock: test.clock.clone(),
        media: test.s3.url().to_owned(),
        live: std::env::var("PREVIEW_LIVE").unwrap_or_default(),
        embedders: String::new(),
    };
    let pages = console::pages(console).layer(from_fn_with_state((), enter));
    let (sender, mut wanted) = mpsc::channel(16);
    let routes = Router::new().route("/preview/customer", post(customer)).with_state(sender).merge(pages);
    // Icons of channels, and the ways back from providers.
    let routes = routes.fallback_service(test.api());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    println!("http://127.0.0.1:{}/console", listener.local_addr().expect("it is bound").port());
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    while !serving.is_finished() {
        let said = tokio::time::timeout(Duration::from_millis(500), wanted.recv()).await;
        test.set_time(now());
        if let Ok(Some((said, answer))) = said {
            let said: Value = said;
            let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
            let id = seed::writes(&test, &text("channel"), &text("customer"), &text("text")).await;
            let _gone: Result<_, _> = answer.send(json!({ "conversation": id }));
        }
        seed::settle(&test).await;
    }
}

fn now() -> Timestamp {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    Timestamp::from_ms(i64::try_from(passed.as_millis()).expect("not in this age"))
}

/// Lets everybody in, as whom the cookie says.
async fn enter(State(()): State<()>, mut request: Request, next: Next) -> Response {
    let cookies = request.headers().get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wanted = cookies.split("; ").find_map(|pair| pair.strip_prefix("preview_as="));
    let (id, name, role) =
        PEOPLE.into_iter().find(|(_, _, role)| Some(role.as_str()) == wanted).unwrap_or(PEOPLE[0]);
    let claims = HashMap::from([
        ("sub".to_owned(), id.to_owned()),
        ("name".to_owned(), name.to_owned()),
        ("email".to_owned(), format!("{id}@example.test")),
        ("cognito:groups".to_owned(), format!("[{}s]", role.as_str())),
    ]);
    let visitor = Visitor { claims: claims.into(), token: "".into(), csrf: "preview".into(), role };
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

type Customers = mpsc::Sender<(Value, oneshot::Sender<Value>)>;

/// `POST /preview/customer {"channel": "line", "customer": "…", "text": "…"}`: a customer writes.
async fn customer(State(customers): State<Customers>, Json(said): Json<Value>) -> Json<Value> {
    let (sender, answer) = oneshot::channel();
    customers.send((said, sender)).await.expect("the inbox is there");
    Json(answer.await.expect("the inbox answers"))
}
