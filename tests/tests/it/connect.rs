//! Connecting Facebook Pages step by step, and authorizing them anew (CHN-7 to CHN-11, CHN-17, AUT-7, AUT-14).

use madoguchi_domain::ChannelKind::Messenger;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::message::SendState;
use madoguchi_domain::setup::{LIFE, consent, facebook};
use madoguchi_domain::{ChannelHealth, ChannelId, ConversationId, Party, Span};
use madoguchi_simulator::{Act, Action, Consent, Endpoint, Fault, FaultRule, Provider, demo};
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::{CONSOLE, PREFIX, PUBLIC};
use madoguchi_tests::support::dynamo::DIRECTORY;
use serde_json::{Value, json};

const OSAKA: &str = demo::SECOND_PAGE;
const CAFE: &str = "2000000000000003";
/// On the second list of `/me/accounts`.
const BOOKS: &str = "2000000000000004";
/// The person who logs in may not answer its messages.
const ARCHIVE: &str = "2000000000000007";

/// With room for five Pages, one of which is connected.
async fn start() -> TestInbox {
    let test = TestInbox::start().await;
    test.simulator.set_redirect_uris(&[&format!("{PUBLIC}/oauth/facebook")]);
    for name in ["A", "B", "C", "D", "E"] {
        test.administered("POST", "/api/departments", &json!({ "name": name })).await;
    }
    test
}

/// An administrator on the way through the steps.
struct Wizard<'a> {
    test: &'a TestInbox,
    who: &'static str,
    path: String,
    id: String,
}

impl<'a> Wizard<'a> {
    async fn begin(test: &'a TestInbox, who: &'static str, body: Value) -> Self {
        let (status, setup) = test.administer_as(who, "POST", "/api/setups", &body).await;
        assert_eq!(status, 201, "{setup}");
        let id = setup["id"].as_str().unwrap().to_owned();
        Self { test, who, path: format!("/api/setups/{id}"), id }
    }

    async fn tried(&self, method: &str, step: &str, body: Value) -> (u16, Value) {
        self.test.administer_as(self.who, method, &format!("{}{step}", self.path), &body).await
    }

    async fn done(&self, method: &str, step: &str, body: Value) -> Value {
        let (status, answer) = self.tried(method, step, body).await;
        assert!((200..300).contains(&status), "{method} {step}: {status} {answer}");
        answer
    }

    async fn refused(&self, method: &str, step: &str, body: Value) -> String {
        let (status, answer) = self.tried(method, step, body).await;
        assert!(status >= 400, "{method} {step}: {status} {answer}");
        answer["error"]["id"].as_str().unwrap().to_owned()
    }

    async fn review(&self) -> Value {
        self.done("GET", "", Value::Null).await
    }

    async fn login_url(&self) -> String {
        let answer = self.done("POST", "/facebook", Value::Null).await;
        answer["login_url"].as_str().unwrap().to_owned()
    }

    /// To the dialog and back to the API; what the browser gets there.
    async fn dialog(&self, consent: &Consent) -> (u16, Option<String>, String) {
        let back = self.test.simulator.consent(&self.login_url().await, consent).unwrap();
        self.test.browse(back.strip_prefix(PUBLIC).unwrap()).await
    }

    /// The same; what the console must show to take the login over.
    async fn ticket(&self, consent: &Consent) -> String {
        let (status, location, page) = self.dialog(consent).await;
        assert_eq!(status, 302, "{page}");
        let begin = format!("{CONSOLE}?setup={}&login=", self.id);
        location.unwrap().strip_prefix(&begin).unwrap().to_owned()
    }

    async fn log_in(&self, consent: &Consent) -> Value {
        let ticket = self.ticket(consent).await;
        self.done("PUT", "/facebook", json!({ "login": ticket })).await
    }

    /// Everything up to the choice of Pages.
    async fn prepare(&self, consent: &Consent) {
        self.done("PUT", "/consent", json!({ "version": consent::VERSION })).await;
        self.done("PUT", "/brand", json!({ "brand_id": null })).await;
        self.done("PUT", "/department", json!({ "department_id": null })).await;
        self.log_in(consent).await;
    }

    async fn choose(&self, pages: &[&str]) -> Value {
        let pages: Vec<_> = pages.iter().map(|page| json!({ "page_id": page })).collect();
        self.done("PUT", "/pages", json!({ "pages": pages })).await
    }

    async fn finish(&self) -> Value {
        self.done("POST", "/finish", Value::Null).await
    }

    fn secret(&self) -> Option<Value> {
        self.test.aws.secret(&format!("{PREFIX}/setup/{}", self.id))
    }
}

fn messenger() -> Value {
    json!({ "kind": "messenger" })
}

fn channel_of(page: &str) -> ChannelId {
    ChannelId::derive(Messenger, page)
}

fn problems(setup: &Value) -> Vec<&str> {
    setup["problems"].as_array().unwrap().iter().map(|problem| problem["id"].as_str().unwrap()).collect()
}

fn states(setup: &Value) -> Vec<(&str, &str)> {
    let pages = setup["facebook"]["pages"].as_array().unwrap();
    pages.iter().map(|page| (page["page_id"].as_str().unwrap(), page["state"].as_str().unwrap())).collect()
}

async fn acts(test: &TestInbox, act: &str) -> Vec<Value> {
    test.write_audit().await;
    let log = test.administered("GET", &format!("/api/audit?limit=100&act={act}"), &Value::Null).await;
    log["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn chn_8_two_pages_of_one_account_are_connected_and_work_at_once() {
    let test = start().await;
    let brand = test.administered("POST", "/api/brands", &json!({ "name": "本店" })).await["id"].clone();
    let department = test.administered("GET", "/api/departments", &Value::Null).await;
    let department = department["items"][0]["id"].clone();
    let words = test.administered("GET", "/api/consent", &Value::Null).await;
    assert_eq!(words["version"], consent::VERSION);
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    for (step, path, body) in [
        ("consent", "/consent", json!({ "version": words["version"] })),
        ("brand", "/brand", json!({ "brand_id": brand })),
    ] {
        assert_eq!(wizard.review().await["next_step"], step);
        assert_eq!(wizard.refused("POST", "/finish", Value::Null).await, "setup_incomplete");
        wizard.done("PUT", path, body).await;
    }
    assert_eq!(wizard.review().await["next_step"], "login");
    let setup = wizard.log_in(&Consent::default()).await;
    assert_eq!((&setup["next_step"], problems(&setup)), (&json!("pages"), vec![]));
    assert_eq!(setup["facebook"]["login"]["user_name"], "Demo Administrator");

    let pages = wizard.done("GET", "/pages", Value::Null).await["items"].clone();
    let pages = pages.as_array().unwrap();
    assert_eq!(pages.len(), 7, "every list");
    let told: Vec<_> = pages.iter().map(|page| page["available"] == true).collect();
    assert_eq!(told, [false, true, true, true, true, true, false]);
    assert_eq!(pages[0]["problem"]["id"], "channel_exists");
    assert_eq!(pages[6]["problem"]["id"], "page_role_missing");

    assert_eq!(
        wizard.choose(&[OSAKA, BOOKS]).await["next_step"],
        "department",
        "one of them is on the second list (AUT-14)"
    );
    wizard.done("PUT", "/names", json!({ "names": { OSAKA: "大阪店" } })).await;
    wizard.done("PUT", "/department", json!({ "department_id": department })).await;
    let review = wizard.review().await;
    assert_eq!(review["next_step"], "finish");
    for page in [OSAKA, BOOKS] {
        assert!(test.directory.channel(channel_of(page)).await.unwrap().is_none(), "nothing is saved yet");
    }
    assert_eq!(test.directory.connections().await.unwrap().len(), 2, "nor any connection");

    let setup = wizard.finish().await;
    assert_eq!((&setup["state"], problems(&setup)), (&json!("finished"), vec![]));
    assert_eq!(states(&setup), [(OSAKA, "connected"), (BOOKS, "connected")]);
    let osaka = test.directory.channel(channel_of(OSAKA)).await.unwrap().unwrap();
    let books = test.directory.channel(channel_of(BOOKS)).await.unwrap().unwrap();
    assert_eq!((osaka.name.as_str(), books.name.as_str()), ("大阪店", "Demo Books"));
    for channel in [&osaka, &books] {
        assert_eq!(channel.health, ChannelHealth::Healthy { since: test.clock.now() });
        assert_eq!(json!([channel.brand, channel.department]), json!([brand, department]));
        assert_eq!(channel.installer.as_ref().unwrap().0, "admin-1");
    }
    assert_eq!(osaka.connection_id, books.connection_id, "one login, one connection");
    let connection = test.directory.connection(osaka.connection_id).await.unwrap().unwrap();
    assert_eq!(connection.channels, [osaka.id, books.id]);
    assert_eq!(connection.linked.unwrap().user_name, "Demo Administrator");
    assert_eq!(connection.expires_at.unwrap(), test.clock.now() + Span::from_days(60));
    assert!(wizard.secret().is_none(), "what the setup kept is destroyed");
    assert_eq!(wizard.finish().await, setup, "pressed again");

    // Books was not subscribed before: now its customers are heard and answered.
    let written = test.simulator.act(Act {
        provider: Provider::Messenger,
        account: Some(BOOKS.to_owned()),
        customer: Some("customer-1".to_owned()),
        group: None,
        at_ms: None,
        action: Action::Text { text: "hello".to_owned(), quote: None },
    });
    let peer = written.await.unwrap().peer;
    let id = ConversationId::derive(books.id, &Party::User(peer));
    test.settle().await;
    assert_eq!(test.texts(id).await, ["hello"]);
    let key = test.answer(id, "key", "welcome").await;
    test.settle().await;
    assert!(matches!(test.message(id, &key).await.send, Some(SendState::Sent { .. })));

    // The daily check finds nothing to mend.
    test.pass(Span::from_days(1));
    let report = test.refresh_tokens().await;
    assert_eq!((report.failed, report.held), (0, 0));

    let told = acts(&test, "setup").await;
    let told: Vec<_> = told.iter().map(|entry| entry["act"].as_str().unwrap()).collect();
    for act in
        ["setup.started", "setup.consented", "setup.login_started", "setup.logged_in", "setup.finished"]
    {
        assert!(told.contains(&act), "{told:?}");
    }
}

#[tokio::test]
async fn chn_8_a_denial_is_explained_and_the_next_login_works() {
    let test = start().await;
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    let (status, location, page) = wizard.dialog(&Consent { cancels: true, ..Consent::default() }).await;
    assert_eq!((status, location), (200, None));
    assert!(page.contains("canceled") && page.contains(&format!("{CONSOLE}?setup={}", wizard.id)), "{page}");
    let setup = wizard.review().await;
    assert_eq!((problems(&setup), &setup["next_step"]), (vec!["login_denied"], &json!("consent")));
    assert!(wizard.secret().is_none());
    let setup = wizard.log_in(&Consent::default()).await;
    assert_eq!(problems(&setup), [""; 0]);
}

#[tokio::test]
async fn chn_8_a_permission_and_a_page_that_were_left_out_are_named() {
    let test = start().await;
    for scope in ["pages_messaging", "pages_manage_metadata", "pages_show_list", "pages_read_engagement"] {
        let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
        let declined = Consent { declines: vec![scope.to_owned()], ..Consent::default() };
        let setup = wizard.log_in(&declined).await;
        assert_eq!(setup["facebook"]["login"]["left_out"], json!([scope]));
        assert_eq!(problems(&setup), ["scope_left_out"]);
        assert!(setup["problems"][0]["message"].as_str().unwrap().contains(scope));
        assert_eq!(wizard.refused("GET", "/pages", Value::Null).await, "login_needed");
        // The dialog asks again for what was declined.
        assert!(wizard.login_url().await.contains("auth_type=rerequest"));
        assert_eq!(problems(&wizard.log_in(&Consent::default()).await), [""; 0]);
    }
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    wizard.prepare(&Consent { pages: Some(vec![CAFE.to_owned()]), ..Consent::default() }).await;
    let pages = wizard.done("GET", "/pages", Value::Null).await["items"].clone();
    assert_eq!(pages.as_array().unwrap().len(), 1);
    for (page, expected) in [(OSAKA, "page_not_covered"), ("", "page_not_covered")] {
        let body = json!({ "pages": [{ "page_id": page }] });
        assert_eq!(wizard.refused("PUT", "/pages", body).await, expected);
    }
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    wizard.prepare(&Consent::default()).await;
    let body = json!({ "pages": [{ "page_id": ARCHIVE }] });
    assert_eq!(wizard.refused("PUT", "/pages", body).await, "page_role_missing");
}

#[tokio::test]
async fn chn_8_a_stolen_replayed_late_or_invented_state_opens_nothing_and_is_recorded() {
    let test = start().await;
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    let back = test.simulator.consent(&wizard.login_url().await, &Consent::default()).unwrap();
    let path = back.strip_prefix(PUBLIC).unwrap();
    // Nothing that is stored opens anything.
    let state = path.split_once("state=").unwrap().1;
    assert!(state.len() >= 32, "{} characters of 6 bits", state.len());
    assert!(!format!("{:?}", test.dynamo.items(DIRECTORY).await).contains(state));
    let (status, location, _) = test.browse(path).await;
    assert_eq!(status, 302);
    let ticket = location.unwrap().split_once("login=").unwrap().1.to_owned();

    let (status, _, page) = test.browse(path).await;
    assert_eq!(status, 400);
    assert!(page.contains("used before"), "{page}");
    let (status, _, page) = test.browse("/oauth/facebook?code=x&state=invented").await;
    assert_eq!(status, 400);
    assert!(page.contains("not begun here"), "{page}");
    assert_eq!(test.browse("/oauth/facebook").await.0, 400);

    // Somebody else shows what the browser was given, for the same setup and for one of their own.
    let stolen = json!({ "login": ticket });
    let other = Wizard::begin(&test, "admin-2", messenger()).await;
    assert_eq!(other.refused("PUT", "/facebook", stolen.clone()).await, "login_not_yours");
    let same = Wizard { who: "admin-2", path: wizard.path.clone(), id: wizard.id.clone(), test: &test };
    assert_eq!(same.refused("PUT", "/facebook", stolen.clone()).await, "setup_not_yours");
    assert_eq!(same.refused("POST", "/facebook", Value::Null).await, "setup_not_yours");
    // It still is the one's who began it, once.
    wizard.done("PUT", "/facebook", stolen.clone()).await;
    assert_eq!(wizard.refused("PUT", "/facebook", stolen).await, "login_not_yours");

    let late = test.simulator.consent(&wizard.login_url().await, &Consent::default()).unwrap();
    test.pass(facebook::LOGIN_LIFE);
    let (status, _, page) = test.browse(late.strip_prefix(PUBLIC).unwrap()).await;
    assert_eq!(status, 400);
    assert!(page.contains("longer than 10 minutes"), "{page}");

    let told = acts(&test, "setup.login_refused").await;
    let mut reasons: Vec<_> =
        told.iter().map(|entry| entry["after"]["reason"].as_str().unwrap().to_owned()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    assert_eq!(
        reasons,
        ["login_not_yours", "setup_not_yours", "state_replayed", "state_too_late", "state_unknown"]
    );
    let stranger = told.iter().find(|entry| entry["after"]["reason"] == "state_unknown").unwrap();
    assert_eq!(
        (&stranger["actor"]["id"], &stranger["actor"]["ip"]),
        (&json!("system"), &json!("198.51.100.7"))
    );
}

#[tokio::test]
async fn chn_8_a_login_that_somebody_was_talked_into_serves_nobody() {
    let test = start().await;
    let mallory = Wizard::begin(&test, "admin-2", messenger()).await;
    // Alice opens the address that Mallory sent: what takes the login over lies in Alice's browser.
    let ticket = mallory.ticket(&Consent::default()).await;
    let review = mallory.review().await;
    assert_eq!(
        (&review["facebook"]["login_waits"], &review["facebook"]["login"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(mallory.refused("GET", "/pages", Value::Null).await, "login_needed");
    assert_eq!(mallory.refused("PUT", "/facebook", json!({ "login": "guessed" })).await, "login_not_yours");
    let alice = Wizard { who: "admin-1", path: mallory.path.clone(), id: mallory.id.clone(), test: &test };
    assert_eq!(alice.refused("PUT", "/facebook", json!({ "login": ticket })).await, "setup_not_yours");
    // Nor does it replace the token of a login that was taken over.
    let own = mallory.log_in(&Consent { as_other_person: true, ..Consent::default() }).await;
    mallory.ticket(&Consent::default()).await;
    assert_eq!(mallory.review().await["facebook"]["login"], own["facebook"]["login"]);
    let token = mallory.secret().unwrap()["logins"].as_object().unwrap().len();
    assert_eq!(token, 2, "each under what takes it over");
}

#[tokio::test]
async fn chn_8_the_redirect_is_exact_and_a_code_is_redeemed_once() {
    let test = start().await;
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    test.simulator.set_redirect_uris(&[&format!("{PUBLIC}/oauth/facebook/")]);
    let refused = test.simulator.consent(&wizard.login_url().await, &Consent::default()).unwrap_err();
    assert!(refused.contains("URL blocked"), "{refused}");
    // A code that was made for another redirect is worth nothing here.
    let foreign = test.simulator.issue_code("https://elsewhere.example/oauth/facebook");
    let login_url = wizard.login_url().await;
    let state = login_url.split('&').find_map(|pair| pair.strip_prefix("state=")).unwrap();
    let (status, _, page) = test.browse(&format!("/oauth/facebook?code={foreign}&state={state}")).await;
    assert_eq!(status, 200);
    assert!(page.contains("did not accept"), "{page}");
    assert_eq!(problems(&wizard.review().await), ["login_refused"]);
    assert!(wizard.secret().is_none());
}

#[tokio::test]
async fn chn_10_a_setup_is_resumed_after_days_and_ends_after_7() {
    let test = start().await;
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    wizard.prepare(&Consent::default()).await;
    test.pass(Span::from_days(2));
    let review = wizard.review().await;
    assert_eq!((&review["state"], &review["next_step"]), (&json!("open"), &json!("pages")));
    // A token of an hour has ended meanwhile; the choices are still there.
    assert_eq!(wizard.refused("GET", "/pages", Value::Null).await, "login_ended");
    wizard.log_in(&Consent::default()).await;
    wizard.choose(&[OSAKA]).await;
    assert!(wizard.secret().is_some());

    test.pass(LIFE);
    assert_eq!(wizard.review().await["state"], "expired");
    test.refresh_tokens().await;
    assert!(wizard.secret().is_none(), "destroyed by the check of the minute");
    for (method, step) in [("POST", "/finish"), ("POST", "/facebook"), ("GET", "/pages")] {
        assert_eq!(wizard.refused(method, step, Value::Null).await, "setup_expired");
    }
    let listed = test.administered("GET", "/api/setups", &Value::Null).await;
    assert_eq!(listed["items"][0]["state"], "expired");
}

#[tokio::test]
async fn chn_10_what_an_expired_setup_kept_is_destroyed_by_whoever_comes_first() {
    let test = start().await;
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    wizard.prepare(&Consent::default()).await;
    test.pass(LIFE);
    assert_eq!(wizard.refused("POST", "/finish", Value::Null).await, "setup_expired");
    assert!(wizard.secret().is_none());
}

#[tokio::test]
async fn chn_10_giving_a_setup_up_destroys_what_it_kept() {
    let test = start().await;
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    wizard.prepare(&Consent::default()).await;
    assert!(wizard.secret().is_some());
    wizard.done("DELETE", "", Value::Null).await;
    assert!(wizard.secret().is_none());
    assert_eq!(wizard.refused("GET", "", Value::Null).await, "setup_not_found");
    let told = acts(&test, "setup.abandoned").await;
    assert_eq!((told.len(), &told[0]["actor"]["id"]), (1, &json!("admin-1")));
}

#[tokio::test]
async fn chn_10_two_administrators_connect_the_same_page_at_once_and_one_channel_comes_of_it() {
    for other_person in [false, true] {
        let test = start().await;
        let one = Wizard::begin(&test, "admin-1", messenger()).await;
        let two = Wizard::begin(&test, "admin-2", messenger()).await;
        one.prepare(&Consent::default()).await;
        two.prepare(&Consent { as_other_person: other_person, ..Consent::default() }).await;
        one.choose(&[OSAKA]).await;
        two.choose(&[OSAKA, CAFE]).await;
        let (first, second) = tokio::join!(one.finish(), two.finish());
        let channel = test.directory.channel(channel_of(OSAKA)).await.unwrap().unwrap();
        let winner = channel.installer.clone().unwrap().0;
        let (won, lost) = if winner == "admin-1" { (&first, &second) } else { (&second, &first) };
        assert!(states(won).contains(&(OSAKA, "connected")), "{won}");
        assert!(states(lost).contains(&(OSAKA, "failed")), "{lost}");
        let told = lost["problems"].as_array().unwrap();
        let told = told.iter().find(|problem| problem["page_id"] == OSAKA).unwrap();
        assert_eq!(told["id"], "channel_exists");
        assert!(told["message"].as_str().unwrap().contains(&winner), "{told}");
        // The other's second Page is connected all the same.
        assert!(states(&second).contains(&(CAFE, "connected")), "{second}");
        let cafe = test.directory.channel(channel_of(CAFE)).await.unwrap().unwrap();
        for channel in [&channel, &cafe] {
            let connection = test.directory.connection(channel.connection_id).await.unwrap().unwrap();
            assert!(connection.channels.contains(&channel.id));
            let name = format!("{PREFIX}/connection/messenger/{}", channel.connection_id);
            let secret = test.aws.secret(&name).unwrap();
            assert!(secret["pages"][&channel.external_id].is_string(), "{}", secret["pages"]);
        }
        // Once the losing login is checked, it does not name the channel any more.
        test.pass(Span::from_days(2));
        test.refresh_tokens().await;
        for connection in test.directory.connections().await.unwrap() {
            let expected = connection.id == channel.connection_id;
            assert_eq!(connection.channels.contains(&channel.id), expected, "{connection:?}");
        }
        let channel = test.directory.channel(channel_of(OSAKA)).await.unwrap().unwrap();
        assert!(matches!(channel.health, ChannelHealth::Healthy { .. }), "{:?}", channel.health);
    }
}

#[tokio::test]
async fn chn_8_each_page_answers_by_itself_and_what_failed_is_finished_again() {
    let test = start().await;
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    wizard.prepare(&Consent::default()).await;
    wizard.choose(&[OSAKA, CAFE]).await;
    test.simulator.fault(FaultRule {
        endpoint: Some(Endpoint::Subscription),
        account: Some(CAFE.to_owned()),
        times: Some(1),
        ..FaultRule::from(Fault::ServerError { after_effect: false })
    });
    let setup = wizard.finish().await;
    assert_eq!((&setup["state"], problems(&setup)), (&json!("open"), vec!["provider_unavailable"]));
    assert_eq!(states(&setup), [(OSAKA, "connected"), (CAFE, "failed")]);
    assert!(test.directory.channel(channel_of(CAFE)).await.unwrap().is_none());
    let osaka = test.directory.channel(channel_of(OSAKA)).await.unwrap().unwrap();
    test.pass(Span::from_minutes(1));
    let setup = wizard.finish().await;
    assert_eq!((&setup["state"], problems(&setup)), (&json!("finished"), vec![]));
    assert_eq!(test.directory.channel(channel_of(OSAKA)).await.unwrap().unwrap(), osaka, "untouched");
    let cafe = test.directory.channel(channel_of(CAFE)).await.unwrap().unwrap();
    let secret = test.aws.secret(&format!("{PREFIX}/connection/messenger/{}", cafe.connection_id)).unwrap();
    assert_eq!(secret["pages"].as_object().unwrap().len(), 2, "neither lost the other's token");
}

#[tokio::test]
async fn chn_9_a_page_is_added_with_a_login_that_is_linked_already() {
    let test = start().await;
    let first = Wizard::begin(&test, "admin-1", messenger()).await;
    first.prepare(&Consent::default()).await;
    first.choose(&[OSAKA]).await;
    first.finish().await;
    let accounts = test.administered("GET", "/api/connections", &Value::Null).await;
    let shown = accounts.to_string();
    assert!(!shown.contains("EAAB") && !shown.contains("EAAP"), "never a token");
    let linked = accounts["items"].as_array().unwrap();
    let linked = linked.iter().find(|account| account["user_name"] == "Demo Administrator").unwrap();
    assert_eq!((&linked["days_left"], &linked["channels"][0]["page_id"]), (&json!(60), &json!(OSAKA)));

    let second = Wizard::begin(&test, "admin-2", messenger()).await;
    second.done("PUT", "/consent", json!({ "version": consent::VERSION })).await;
    second.done("PUT", "/brand", json!({ "brand_id": null })).await;
    second.done("PUT", "/department", json!({ "department_id": null })).await;
    let setup = second.done("PUT", "/facebook", json!({ "connection_id": linked["connection_id"] })).await;
    assert_eq!(setup["facebook"]["login"]["connection_id"], linked["connection_id"]);
    let before = test.directory.connections().await.unwrap();
    second.choose(&[CAFE]).await;
    assert_eq!(second.finish().await["state"], "finished");
    let after = test.directory.connections().await.unwrap();
    assert_eq!(after.len(), before.len());
    let connection = after.iter().find(|connection| connection.linked.is_some()).unwrap();
    assert_eq!(connection.channels, [channel_of(OSAKA), channel_of(CAFE)]);
    let secret = test.aws.secret(&format!("{PREFIX}/connection/messenger/{}", connection.id)).unwrap();
    assert!(secret["pages"][OSAKA].is_string() && secret["pages"][CAFE].is_string());
}

#[tokio::test]
async fn chn_13_and_chn_21_too_many_and_deleted_channels_are_told_page_by_page() {
    let test = TestInbox::start().await;
    test.simulator.set_redirect_uris(&[&format!("{PUBLIC}/oauth/facebook")]);
    for name in ["A", "B"] {
        test.administered("POST", "/api/departments", &json!({ "name": name })).await;
    }
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    wizard.prepare(&Consent::default()).await;
    wizard.choose(&[OSAKA, CAFE]).await;
    let setup = wizard.finish().await;
    assert_eq!(states(&setup), [(OSAKA, "connected"), (CAFE, "failed")]);
    assert_eq!(problems(&setup), ["too_many_channels"]);

    let osaka = format!("/api/channels/{}", channel_of(OSAKA));
    test.administered("DELETE", &osaka, &json!({ "confirm": "Demo Shop Osaka" })).await;
    test.refresh_tokens().await;
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    wizard.prepare(&Consent::default()).await;
    wizard.choose(&[OSAKA]).await;
    assert_eq!(problems(&wizard.finish().await), ["channel_deleted"]);
    wizard.done("PUT", "/pages", json!({ "pages": [{ "page_id": OSAKA, "resume": true }] })).await;
    assert_eq!(wizard.finish().await["state"], "finished");
    let channel = test.directory.channel(channel_of(OSAKA)).await.unwrap().unwrap();
    assert!(channel.status.is_on() && matches!(channel.health, ChannelHealth::Healthy { .. }), "{channel:?}");
}

#[tokio::test]
async fn aut_7_authorizing_anew_releases_what_waited_and_keeps_channel_settings_and_history() {
    for other_person in [false, true] {
        let test = start().await;
        let id = test.customer_writes(Messenger, "customer-1", "question").await;
        test.settle().await;
        test.simulator.invalidate_login();
        let key = test.answer(id, "held", "answer").await;
        test.settle().await;
        let held = test.channel(Messenger).await;
        let ChannelHealth::NeedsReauthorization { cause, .. } = held.health else { panic!("{held:?}") };
        assert_eq!(cause, Cause::PasswordChanged);
        test.customer_writes(Messenger, "customer-1", "still there?").await;
        test.settle().await;
        test.simulator.set_subscription(demo::PAGE, None);

        let wizard = Wizard::begin(&test, "admin-1", json!({ "channel_id": held.id })).await;
        assert_eq!(wizard.review().await["steps"].as_array().unwrap().len(), 2);
        let body = json!({ "version": consent::VERSION });
        assert_eq!(wizard.refused("PUT", "/consent", body).await, "setup_only_reauthorizes");
        wizard.log_in(&Consent { as_other_person: other_person, ..Consent::default() }).await;
        let setup = wizard.finish().await;
        assert_eq!((&setup["state"], problems(&setup)), (&json!("finished"), vec![]));
        let mended = test.channel(Messenger).await;
        assert_eq!(mended.health, ChannelHealth::Healthy { since: test.clock.now() });
        assert_eq!(
            (&mended.name, &mended.settings, mended.connection_id),
            (&held.name, &held.settings, held.connection_id)
        );
        test.pass(Span::from_minutes(2));
        test.sweep().await;
        test.settle().await;
        assert!(matches!(test.message(id, &key).await.send, Some(SendState::Sent { .. })));
        assert_eq!(test.texts(id).await, ["question", "answer", "still there?"]);
        // The webhook is subscribed again.
        test.customer_writes(Messenger, "customer-1", "heard").await;
        test.settle().await;
        assert_eq!(test.texts(id).await.last().unwrap(), "heard");
        test.pass(Span::from_days(1));
        assert_eq!(test.refresh_tokens().await.held, 0);

        // Whose login it is, is known now: another person's says so.
        let again = Wizard::begin(&test, "admin-1", json!({ "channel_id": held.id })).await;
        let setup = again.log_in(&Consent { as_other_person: !other_person, ..Consent::default() }).await;
        let before = if other_person { "Second Administrator" } else { "Demo Administrator" };
        assert_eq!(setup["facebook"]["login"]["instead_of"], before);
        assert_eq!(again.finish().await["state"], "finished");
    }
}

#[tokio::test]
async fn aut_7_a_login_that_does_not_list_the_page_takes_nobodys_place() {
    let test = start().await;
    let channel = test.channel(Messenger).await;
    let name = format!("{PREFIX}/connection/messenger/{}", channel.connection_id);
    let before = test.aws.secret(&name);
    let wizard = Wizard::begin(&test, "admin-1", json!({ "channel_id": channel.id })).await;
    wizard.log_in(&Consent { pages: Some(vec![OSAKA.to_owned()]), ..Consent::default() }).await;
    let setup = wizard.finish().await;
    assert_eq!((&setup["state"], problems(&setup)), (&json!("open"), vec!["page_not_listed"]));
    assert_eq!(test.aws.secret(&name), before);
    assert_eq!(test.channel(Messenger).await, channel);
}

#[tokio::test]
async fn chn_21_a_page_that_comes_back_delays_the_end_of_no_other() {
    let test = start().await;
    let wizard = Wizard::begin(&test, "admin-1", messenger()).await;
    wizard.prepare(&Consent::default()).await;
    wizard.choose(&[OSAKA, CAFE]).await;
    wizard.finish().await;
    let connection = test.directory.channel(channel_of(OSAKA)).await.unwrap().unwrap().connection_id;
    for page in [OSAKA, CAFE] {
        let channel = test.directory.channel(channel_of(page)).await.unwrap().unwrap();
        let path = format!("/api/channels/{}", channel.id);
        test.administered("DELETE", &path, &json!({ "confirm": channel.name })).await;
    }
    let back = Wizard::begin(&test, "admin-1", messenger()).await;
    back.prepare(&Consent::default()).await;
    back.done("PUT", "/pages", json!({ "pages": [{ "page_id": OSAKA, "resume": true }] })).await;
    assert_eq!(back.finish().await["state"], "finished");

    test.pass(Span::from_minutes(1));
    test.refresh_tokens().await;
    let left = test.directory.connection(connection).await.unwrap().unwrap().channels;
    assert_eq!(left, [channel_of(OSAKA)], "the other one has left within a minute");
    let secret = test.aws.secret(&format!("{PREFIX}/connection/messenger/{connection}")).unwrap();
    assert!(secret["pages"].get(CAFE).is_none(), "its token is forgotten");
    assert!(secret["pages"].get(OSAKA).is_some());
}
