//! `token-refresh` against the simulated providers: what each failure does to a channel, and that no
//! moment of dying leaves anything half done.

use std::cell::Cell;
use std::time::Duration;

use madoguchi_channels::ProviderHttp;
use madoguchi_channels::messenger::token::WEBHOOK_FIELDS;
use madoguchi_credentials::SecretNames;
use madoguchi_domain::channel::Sending;
use madoguchi_domain::credential::{CHECK_EVERY, Cause, RECHECK_BROKEN_EVERY, RETRY_UNCLEAR_AFTER};
use madoguchi_domain::{
    Channel, ChannelHealth, ChannelId, ChannelKind, ConnectionId, OperatorId, Span, Timestamp,
};
use madoguchi_runtime::{Clock, Metrics, ProviderConfig, SecretWriter, http};
use madoguchi_simulator::{Endpoint, Fault, FaultRule, Options, Provider, Simulator, demo};
use madoguchi_store::directory::Connection;
use madoguchi_store::{Directory, Saved};
use madoguchi_tests::support::aws::{FakeAws, clients};
use madoguchi_tests::support::dynamo::{DIRECTORY, Dynamo};
use madoguchi_tests::support::fault::{Fault as Crash, Faults};
use serde_json::{Value, json};
use token_refresh::{Report, TokenRefresh};

const PREFIX: &str = "test";
/// The last Page of the second list that the simulator gives out; three are on each.
const PAGE_OF_SECOND_LIST: &str = "2000000000000006";
/// The one on which the person may not answer messages.
const PAGE_WITHOUT_ROLE: &str = "2000000000000007";

/// The function, its tables, its secrets, and the providers. Its clock is the simulator's.
struct World {
    simulator: Simulator,
    aws: FakeAws,
    faults: Faults,
    metrics: Metrics,
    /// Past every fault.
    directory: Directory,
    refresh: TokenRefresh,
    passed: Cell<i64>,
}

impl World {
    async fn start() -> Self {
        let simulator = Simulator::start(Options::default()).await.unwrap();
        let (clock, _hand) = Clock::stopped_at(Timestamp::from_ms(simulator.now_ms()));
        let (dynamo, aws) = (Dynamo::start(&clock).await, FakeAws::start(clock).await);
        let (faults, metrics) = (Faults::new(), Metrics::new("token_refresh"));
        let providers = ProviderConfig {
            graph_base_url: simulator.base_url.clone(),
            graph_version: "v26.0".into(),
            line_base_url: simulator.base_url.clone(),
            twilio_base_url: simulator.base_url.clone(),
            twilio_messaging_base_url: simulator.base_url.clone(),
            page_inbox_app_ids: Vec::new(),
        };
        let refresh = TokenRefresh::new(
            Directory::new(clients(&faults.proxy(dynamo.url()).await).dynamodb(), DIRECTORY),
            SecretWriter::new(clients(&faults.proxy(aws.url()).await).secrets()),
            SecretNames::new(PREFIX),
            ProviderHttp::new(http::provider_client().unwrap()),
            providers,
            metrics.clone(),
        );
        aws.set_secret(
            "test/meta-app",
            &json!({
                "app_id": demo::APP_ID, "app_secret": demo::APP_SECRET, "verify_token": demo::VERIFY_TOKEN,
            }),
        );
        let directory = Directory::new(dynamo.clients().dynamodb(), DIRECTORY);
        Self { simulator, aws, faults, metrics, directory, refresh, passed: Cell::new(0) }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.simulator.now_ms())
    }

    fn pass(&self, span: Span) {
        self.passed.set(self.passed.get() + span.as_ms());
        self.simulator.set_clock_offset_ms(self.passed.get());
    }

    async fn run(&self) -> Report {
        self.refresh.run(self.now()).await.unwrap()
    }

    /// Lets `span` pass and runs.
    async fn run_after(&self, span: Span) -> Report {
        self.pass(span);
        self.run().await
    }

    async fn add_channel(
        &self,
        kind: ChannelKind,
        external_id: &str,
        connection_id: ConnectionId,
    ) -> ChannelId {
        let channel = Channel::new(kind, "A channel", external_id, connection_id, self.now());
        assert_eq!(self.directory.add_channel(&channel).await.unwrap(), Saved::Done);
        channel.id
    }

    /// A login with a channel for each of `pages`, as an administrator leaves it behind.
    async fn connect_pages(&self, user_token: &str, pages: &[&str]) -> ConnectionId {
        let connection_id = messenger_connection();
        let mut channels = Vec::new();
        for page in pages {
            channels.push(self.add_channel(ChannelKind::Messenger, page, connection_id).await);
        }
        self.authorize(user_token, channels).await;
        connection_id
    }

    /// A person logs in: the secret first, then the connection, due at once.
    async fn authorize(&self, user_token: &str, channels: Vec<ChannelId>) {
        let id = messenger_connection();
        let known = self.directory.connection(id).await.unwrap();
        self.aws.set_secret(&messenger_secret(), &json!({"user_token": user_token, "pages": {}}));
        let connection = Connection {
            id,
            kind: ChannelKind::Messenger,
            channels,
            linked: None,
            authorized_at: self.now(),
            expires_at: None,
            pages: known.map(|known| known.pages).unwrap_or_default(),
            checked_at: None,
            check_at: self.now(),
        };
        self.directory.put_connection(&connection).await.unwrap();
    }

    async fn authorize_again(&self, user_token: &str) {
        let channels = self.connection(messenger_connection()).await.channels;
        self.authorize(user_token, channels).await;
    }

    async fn connect_line(&self, secret: &str) -> ChannelId {
        let channel = ChannelId::derive(ChannelKind::Line, demo::LINE_CHANNEL);
        self.add_channel(ChannelKind::Line, demo::LINE_CHANNEL, channel.into()).await;
        self.enter_line_secret(secret).await;
        channel
    }

    async fn enter_line_secret(&self, secret: &str) {
        let channel = ChannelId::derive(ChannelKind::Line, demo::LINE_CHANNEL);
        let name = format!("{PREFIX}/connection/line/{channel}");
        self.aws.set_secret(&name, &json!({"channel_id": demo::LINE_CHANNEL, "channel_secret": secret}));
        let connection = Connection {
            id: channel.into(),
            kind: ChannelKind::Line,
            channels: vec![channel],
            linked: None,
            authorized_at: self.now(),
            expires_at: None,
            pages: Vec::new(),
            checked_at: None,
            check_at: self.now(),
        };
        self.directory.put_connection(&connection).await.unwrap();
    }

    async fn connection(&self, id: ConnectionId) -> Connection {
        self.directory.connection(id).await.unwrap().unwrap()
    }

    async fn sending(&self, channel: ChannelId) -> Sending {
        self.directory.channel(channel).await.unwrap().unwrap().sending(self.now())
    }

    async fn sending_of_page(&self, page: &str) -> Sending {
        self.sending(ChannelId::derive(ChannelKind::Messenger, page)).await
    }

    /// Until a check has met the fault that slows it down.
    async fn until_the_check_waits(&self) {
        for _ in 0..1_000 {
            if self.simulator.faults().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("no check came along");
    }

    fn stored(&self) -> Value {
        self.aws.secret(&messenger_secret()).unwrap()
    }

    /// How often the providers were asked for this, with an answer that was a success.
    fn calls(&self, method: &str, path: &str) -> usize {
        let calls = self.simulator.calls();
        let matching = |path_of_call: &str| path_of_call.ends_with(path);
        calls
            .iter()
            .filter(|call| call.method == method && matching(&call.path) && call.status == Some(200))
            .count()
    }

    fn exchanges(&self) -> usize {
        self.calls("GET", "/oauth/access_token")
    }

    fn versions_written(&self) -> usize {
        self.aws.calls().iter().filter(|operation| *operation == "PutSecretValue").count()
    }
}

fn messenger_connection() -> ConnectionId {
    ConnectionId::derive(ChannelKind::Messenger, "3000000000000001")
}

fn messenger_secret() -> String {
    format!("{PREFIX}/connection/messenger/{}", messenger_connection())
}

fn at(endpoint: Endpoint, fault: Fault) -> FaultRule {
    FaultRule::from(fault).endpoint(endpoint)
}

fn down() -> Fault {
    Fault::ServerError { after_effect: false }
}

/// A list of Pages as Meta would give it after all but `pages` were unticked.
fn only(pages: &[&str]) -> FaultRule {
    let entry = |page: &&str| {
        json!({
            "id": page, "name": "A page", "access_token": demo::page_token(page),
            "tasks": ["MESSAGING", "MODERATE"],
        })
    };
    let body = json!({"data": pages.iter().map(entry).collect::<Vec<_>>()});
    at(Endpoint::Accounts, Fault::Answer { status: 200, body, after_effect: false })
}

#[tokio::test]
async fn a_new_login_becomes_a_channel_that_can_send() {
    let world = World::start().await;
    world.connect_pages(demo::SHORT_USER_TOKEN, &[demo::PAGE]).await;
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Connecting);

    let report = world.run().await;
    assert_eq!((report.checked, report.renewed, report.released, report.failed), (1, 1, 1, 0));
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Allowed);
    // Short-lived until now: exchanged at once, and the Page's token comes from the new one.
    let stored = world.stored();
    assert_ne!(stored["user_token"], demo::SHORT_USER_TOKEN);
    let connection = world.connection(messenger_connection()).await;
    let left = connection.expires_at.unwrap().since(world.now());
    assert!(left > Span::from_days(59) && left <= Span::from_days(60), "{left:?}");
    let noted = stored["user_token_expires_at"].as_i64().unwrap();
    assert_eq!(noted, connection.expires_at.unwrap().as_ms() / 1000);
    world.pass(Span::from_days(50));
    assert_eq!(world.run().await.needing_reauthorization, 0);
    assert_eq!(world.stored()["pages"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn aut_8_a_user_token_never_reaches_its_60_days() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE, demo::SECOND_PAGE]).await;
    let mut renewed_on = Vec::new();
    for day in 0..130 {
        let report = world.run().await;
        assert_eq!((report.failed, report.held, report.unclear), (0, 0, 0), "day {day}");
        if report.renewed > 0 {
            renewed_on.push(day);
        }
        // Not to the second: a scheduled run comes a little late.
        world.pass(CHECK_EVERY);
        world.pass(Span::from_secs(20));
    }
    assert_eq!(renewed_on, [30, 60, 90, 120]);
    assert_eq!(world.exchanges(), 4);
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Allowed);
    // The first tokens, and one version per exchange: a daily check alone writes none.
    assert_eq!(world.versions_written(), 5);
}

#[tokio::test]
async fn what_cannot_expire_is_looked_at_daily() {
    let world = World::start().await;
    let connection = world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.connect_line(demo::LINE_SECRET).await;
    assert_eq!(world.run().await.checked, 2);
    assert_eq!(world.run().await.due, 0);
    // LINE also tells what is left of the month, which is asked for every hour.
    assert_eq!(world.run_after(Span::from_hours(23)).await.checked, 1);
    assert_eq!(world.run_after(Span::from_hours(1)).await.checked, 2);
    // Whose reply was refused asks for a check before its time.
    world.directory.check_connection_soon(connection, world.now()).await.unwrap();
    assert_eq!(world.run().await.checked, 1);
}

#[tokio::test]
async fn a_void_page_token_is_derived_anew() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE, demo::SECOND_PAGE]).await;
    world.run().await;
    let before = world.stored();
    assert!(world.simulator.invalidate_page(demo::PAGE, None, None) > 0);

    let report = world.run_after(CHECK_EVERY).await;
    assert_eq!((report.checked, report.held, report.renewed), (1, 0, 0));
    let after = world.stored();
    assert_ne!(after["pages"][demo::PAGE], before["pages"][demo::PAGE]);
    assert_eq!(after["pages"][demo::SECOND_PAGE], before["pages"][demo::SECOND_PAGE]);
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Allowed);
}

#[tokio::test]
async fn other_tokens_in_the_list_replace_none_that_works() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.run().await;
    let before = world.stored();
    let listed =
        json!({"id": demo::PAGE, "name": "A page", "access_token": "another", "tasks": ["MESSAGING"]});
    let body = json!({"data": [listed]});
    world.simulator.fault(at(Endpoint::Accounts, Fault::Answer { status: 200, body, after_effect: false }));
    assert_eq!(world.run_after(CHECK_EVERY).await.held, 0);
    assert_eq!((world.stored(), world.versions_written()), (before, 1));
}

#[tokio::test]
async fn aut_1_and_aut_6_a_login_that_ran_out_has_its_cause() {
    for (days, cause) in [(61, Cause::SixtyDays), (10, Cause::TokenExpired)] {
        let world = World::start().await;
        world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE, demo::SECOND_PAGE]).await;
        world.run().await;
        world.pass(Span::from_days(days));
        if days < 60 {
            world.simulator.invalidate_token(demo::LONG_USER_TOKEN, None, None);
        }
        let report = world.run().await;
        assert_eq!((report.held, report.needing_reauthorization), (2, 2));
        for page in [demo::PAGE, demo::SECOND_PAGE] {
            assert_eq!(world.sending_of_page(page).await, Sending::Held(cause));
        }
        assert_eq!(world.metrics.counted("ChannelsNeedingReauthorization"), 2);

        // Looked at every five minutes; the incident is one.
        assert_eq!(world.run_after(RECHECK_BROKEN_EVERY).await.held, 0);
        world.authorize_again(&world.simulator.log_in()).await;
        let report = world.run().await;
        assert_eq!((report.released, report.needing_reauthorization), (2, 0));
        assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Allowed);
        // Once.
        assert_eq!(world.run_after(CHECK_EVERY).await.released, 0);
        assert_eq!(world.metrics.counted("ChannelsReleased"), 4, "two when connected, two when mended");
    }
}

#[tokio::test]
async fn aut_9_a_subcode_tells_the_cause() {
    let table = [
        (458, Cause::AppAccessWithdrawn),
        (459, Cause::Checkpoint),
        (460, Cause::PasswordChanged),
        (464, Cause::Checkpoint),
        (467, Cause::TokenExpired),
        (492, Cause::PageRoleLost),
    ];
    for (subcode, cause) in table {
        let world = World::start().await;
        world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
        world.run().await;
        let text = Some("A text that nobody has seen before");
        world.simulator.invalidate_token(demo::LONG_USER_TOKEN, Some(subcode), text);
        world.run_after(CHECK_EVERY).await;
        assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Held(cause), "{subcode}");
        let channel = ChannelId::derive(ChannelKind::Messenger, demo::PAGE);
        let channel = world.directory.channel(channel).await.unwrap().unwrap();
        let ChannelHealth::NeedsReauthorization { detail, .. } = channel.health else { panic!("held") };
        assert_eq!(detail, format!("190/{subcode}"));
    }
}

#[tokio::test]
async fn aut_2_a_withdrawn_permission_is_named() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.run().await;
    let scopes = ["pages_manage_metadata", "pages_show_list"];
    let body = json!({"data": {"is_valid": true, "expires_at": 0, "scopes": scopes}});
    world.simulator.fault(at(Endpoint::DebugToken, Fault::Answer { status: 200, body, after_effect: false }));
    world.run_after(CHECK_EVERY).await;
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Held(Cause::PermissionRevoked));

    // Granted again at Facebook, without telling us.
    world.simulator.clear_faults();
    assert_eq!(world.run_after(RECHECK_BROKEN_EVERY).await.released, 1);
}

#[tokio::test]
async fn aut_3_and_aut_4_a_removed_page_is_told_from_a_new_one() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE, demo::SECOND_PAGE]).await;
    world.simulator.fault(only(&[demo::PAGE]));
    let report = world.run().await;
    assert_eq!((report.released, report.held), (1, 1), "one Page does not hold the other up");
    assert_eq!(world.sending_of_page(demo::SECOND_PAGE).await, Sending::Held(Cause::PageNotAuthorized));

    world.simulator.clear_faults();
    assert_eq!(world.run_after(RECHECK_BROKEN_EVERY).await.released, 1);

    world.simulator.fault(only(&[demo::PAGE]));
    world.run_after(CHECK_EVERY).await;
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Allowed);
    assert_eq!(world.sending_of_page(demo::SECOND_PAGE).await, Sending::Held(Cause::PageRemoved));
    // It stays a removed one, however often it is looked at.
    world.run_after(RECHECK_BROKEN_EVERY).await;
    assert!(
        world.connection(messenger_connection()).await.pages.iter().any(|page| page == demo::SECOND_PAGE)
    );
}

#[tokio::test]
async fn aut_14_every_list_of_pages_is_read() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[PAGE_OF_SECOND_LIST, PAGE_WITHOUT_ROLE]).await;
    let report = world.run().await;
    assert_eq!((report.released, report.held), (1, 1));
    assert_eq!(world.sending_of_page(PAGE_OF_SECOND_LIST).await, Sending::Allowed);
    assert_eq!(world.sending_of_page(PAGE_WITHOUT_ROLE).await, Sending::Held(Cause::PageRoleLost));
    assert_eq!(world.calls("GET", "/me/accounts"), 3);
}

#[tokio::test]
async fn a_subscription_that_was_lost_is_made_again() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.run().await;
    let posts = || world.calls("POST", &format!("/{}/subscribed_apps", demo::PAGE));
    assert_eq!(posts(), 0);
    let one_short = WEBHOOK_FIELDS[1..].iter().map(ToString::to_string).collect();
    for (made_again, lost) in [(1, None), (2, Some(vec!["feed".to_owned()])), (3, Some(one_short))] {
        world.simulator.set_subscription(demo::PAGE, lost);
        world.run_after(CHECK_EVERY).await;
        assert_eq!(posts(), made_again);
        world.run_after(CHECK_EVERY).await;
        assert_eq!(posts(), made_again);
    }
    assert_eq!(world.metrics.counted("SubscriptionsRepaired"), 3);

    // The right to subscribe was withdrawn: that is a verdict.
    world.simulator.set_subscription(demo::PAGE, None);
    let refused =
        Fault::GraphError { code: 200, subcode: None, message: None, status: None, is_transient: None };
    world.simulator.fault(at(Endpoint::Subscription, refused));
    world.run_after(CHECK_EVERY).await;
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Held(Cause::PermissionRevoked));
}

#[tokio::test]
async fn two_refreshes_at_once_make_one() {
    let world = World::start().await;
    world.connect_pages(demo::SHORT_USER_TOKEN, &[demo::PAGE]).await;
    world.simulator.fault(at(Endpoint::DebugToken, Fault::Slow { delay_ms: 1_000 }).times(1));
    let (one, other) = tokio::join!(world.run(), world.run());
    assert_eq!((one.checked + other.checked, one.passed_over + other.passed_over), (1, 1));
    assert_eq!((world.exchanges(), world.versions_written()), (1, 1));
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Allowed);
}

/// RPL-13: who sends sees what is left of the month.
#[tokio::test]
async fn rpl_13_the_months_messages_of_a_line_account_are_read_every_hour() {
    let world = World::start().await;
    let id = world.connect_line(demo::LINE_SECRET).await;
    let quota = async || {
        let quota = world.directory.channel(id).await.unwrap().unwrap().quota.unwrap();
        assert!(world.now().since(quota.read_at) < Span::from_minutes(1), "it was read now");
        (quota.limit, quota.used)
    };
    world.simulator.set_line_quota(demo::LINE_CHANNEL, Some(200), 12);
    world.run().await;
    assert_eq!(quota().await, (Some(200), 12));

    world.simulator.set_line_quota(demo::LINE_CHANNEL, None, 30);
    assert_eq!(world.run_after(Span::from_minutes(59)).await.due, 0);
    assert_eq!(world.run_after(Span::from_minutes(1)).await.checked, 1);
    assert_eq!(quota().await, (None, 30));

    // A broken credential tells nothing: what was read last stays.
    world.simulator.rotate_line_secret(demo::LINE_CHANNEL, Some("another"));
    assert_eq!(world.run_after(Span::from_hours(1)).await.held, 1);
    let kept = world.directory.channel(id).await.unwrap().unwrap().quota;
    assert_eq!(kept.map(|quota| quota.used), Some(30));
}

#[tokio::test]
async fn a_provider_that_is_down_gives_no_verdict() {
    let faults = || {
        [
            down(),
            Fault::ConnectionReset { after_effect: false },
            Fault::Answer { status: 502, body: json!("<html>Bad Gateway</html>"), after_effect: false },
            Fault::GraphError {
                code: 999_999,
                subcode: None,
                message: None,
                status: None,
                is_transient: None,
            },
        ]
    };
    for endpoint in [Endpoint::DebugToken, Endpoint::Accounts, Endpoint::Subscription] {
        for fault in faults() {
            let world = World::start().await;
            world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
            world.run().await;
            world.simulator.fault(at(endpoint, fault.clone()));
            let report = world.run_after(CHECK_EVERY).await;
            assert_eq!((report.checked, report.unclear, report.held), (1, 1, 0), "{endpoint:?} {fault:?}");
            assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Allowed);
            // Asked again soon, and daily once it answers.
            let check_at = world.connection(messenger_connection()).await.check_at;
            assert!(check_at - RETRY_UNCLEAR_AFTER <= world.now());
            world.simulator.clear_faults();
            assert_eq!(world.run_after(RETRY_UNCLEAR_AFTER).await.unclear, 0);
            let check_at = world.connection(messenger_connection()).await.check_at;
            assert!(check_at - CHECK_EVERY + Span::from_minutes(1) > world.now());
        }
    }
}

#[tokio::test]
async fn a_held_channel_stays_held_while_the_provider_is_down() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    let line = world.connect_line("not-the-secret").await;
    world.simulator.invalidate_token(demo::LONG_USER_TOKEN, Some(460), None);
    world.run().await;
    world.simulator.fault(at(Endpoint::Any, down()));
    let report = world.run_after(RECHECK_BROKEN_EVERY).await;
    assert_eq!((report.unclear, report.held, report.released), (2, 0, 0));
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Held(Cause::PasswordChanged));
    assert_eq!(world.sending(line).await, Sending::Held(Cause::SecretMismatch));
}

#[tokio::test]
async fn a_rate_limit_is_no_verdict_and_its_hint_is_kept() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.run().await;
    let limited = Fault::RateLimit { code: Some(80_006), regain_minutes: Some(30) };
    world.simulator.fault(at(Endpoint::Accounts, limited).times(1));
    assert_eq!(world.run_after(CHECK_EVERY).await.unclear, 1);
    assert_eq!(world.run_after(Span::from_minutes(29)).await.due, 0);
    assert_eq!(world.run_after(Span::from_minutes(1)).await.checked, 1);
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Allowed);
}

#[tokio::test]
async fn an_exchange_that_fails_for_a_month_harms_nothing_before_the_end() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE, demo::SECOND_PAGE]).await;
    world.run().await;
    world.pass(Span::from_days(31));
    world.simulator.fault(at(Endpoint::Token, down()));
    for day in 31..59 {
        // Everything else is checked as ever.
        world.simulator.set_subscription(demo::PAGE, None);
        let report = world.run().await;
        assert_eq!((report.checked, report.held, report.unclear, report.renewed), (1, 0, 0, 0), "day {day}");
        world.pass(CHECK_EVERY);
    }
    assert_eq!(world.metrics.counted("TokenRefreshFailedUnclear"), 28);
    assert_eq!(world.metrics.counted("SubscriptionsRepaired"), 28);
    world.simulator.clear_faults();
    assert_eq!(world.run().await.renewed, 1);
    let left = world.connection(messenger_connection()).await.expires_at.unwrap().since(world.now());
    assert!(left > Span::from_days(59));
}

#[tokio::test]
async fn aut_13_a_wrong_line_secret_holds_the_channel_until_it_is_mended() {
    let world = World::start().await;
    let line = world.connect_line(demo::LINE_SECRET).await;
    assert_eq!(world.run().await.released, 1);
    world.simulator.rotate_line_secret(demo::LINE_CHANNEL, Some("a-new-secret"));
    assert_eq!(world.run_after(CHECK_EVERY).await.held, 1);
    assert_eq!(world.sending(line).await, Sending::Held(Cause::SecretMismatch));
    assert_eq!(world.metrics.counted("TokenRefreshFailedSecretMismatch"), 1);
    assert_eq!(world.run_after(RECHECK_BROKEN_EVERY).await.released, 0);

    // Entered again by an administrator: checked by the next run and not by the next round.
    world.enter_line_secret("a-new-secret").await;
    let report = world.run().await;
    assert_eq!((report.released, report.needing_reauthorization), (1, 0));
    assert_eq!(world.sending(line).await, Sending::Allowed);
}

#[tokio::test]
async fn a_credential_that_is_mended_at_the_provider_is_noticed() {
    let world = World::start().await;
    let line = world.connect_line("the-next-secret").await;
    world.run().await;
    assert_eq!(world.sending(line).await, Sending::Held(Cause::SecretMismatch));
    world.simulator.rotate_line_secret(demo::LINE_CHANNEL, Some("the-next-secret"));
    assert_eq!(world.run_after(RECHECK_BROKEN_EVERY).await.released, 1);
}

#[tokio::test]
async fn a_connection_without_a_secret_names_the_remedy() {
    let world = World::start().await;
    let connection = world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.aws.set_secret(&messenger_secret(), &json!("not an object"));
    assert_eq!(world.run().await.held, 1);
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Held(Cause::TokenExpired));
    assert!(world.connection(connection).await.check_at > world.now());
}

#[tokio::test]
async fn what_fails_on_our_side_stops_no_other_connection_and_is_tried_again() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    let line = world.connect_line(demo::LINE_SECRET).await;
    world.faults.arm_on(
        "PutSecretValue",
        1,
        Crash::Refuse(400, json!({"__type": "AccessDeniedException"}).to_string()),
    );
    let report = world.run().await;
    assert_eq!((report.checked, report.failed), (1, 1));
    assert_eq!(world.sending(line).await, Sending::Allowed);
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Connecting);
    // Until its lease runs out; then it is as due as before.
    assert_eq!(world.run().await.passed_over, 1);
    assert_eq!(world.run_after(Span::from_secs(130)).await.released, 1);
}

#[tokio::test]
async fn a_new_login_during_a_check_is_not_judged_by_the_old_one() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.run().await;
    world.pass(CHECK_EVERY);
    world.simulator.invalidate_token(demo::LONG_USER_TOKEN, None, None);
    world.simulator.fault(at(Endpoint::DebugToken, Fault::Slow { delay_ms: 1_500 }).times(1));
    let token = world.simulator.log_in();
    let login = async {
        world.until_the_check_waits().await;
        world.pass(Span::from_secs(1));
        world.authorize_again(&token).await;
    };
    let (report, ()) = tokio::join!(world.run(), login);
    assert_eq!((report.passed_over, report.held), (1, 0));
    assert_eq!(world.stored()["user_token"], token);
    let report = world.run().await;
    assert_eq!((report.checked, report.held), (1, 0));
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Allowed);
}

#[tokio::test]
async fn a_new_login_during_an_exchange_stays_the_current_one() {
    let world = World::start().await;
    world.connect_pages(demo::SHORT_USER_TOKEN, &[demo::PAGE]).await;
    world.simulator.fault(at(Endpoint::Accounts, Fault::Slow { delay_ms: 1_500 }).times(1));
    let token = world.simulator.log_in();
    let login = async {
        world.until_the_check_waits().await;
        world.authorize_again(&token).await;
    };
    let (report, ()) = tokio::join!(world.run(), login);
    assert_eq!((report.passed_over, report.renewed), (1, 0));
    assert_eq!(world.stored()["user_token"], token);
    assert_eq!(world.run_after(Span::from_secs(1)).await.released, 1);
    assert_eq!(world.stored()["user_token"], token);
}

#[tokio::test]
async fn a_hold_that_comes_during_a_check_is_looked_at_again() {
    let world = World::start().await;
    let connection = world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.run().await;
    world.pass(CHECK_EVERY);
    world.simulator.fault(at(Endpoint::DebugToken, Fault::Slow { delay_ms: 1_500 }).times(1));
    let channel = ChannelId::derive(ChannelKind::Messenger, demo::PAGE);
    let refused_reply = async {
        world.until_the_check_waits().await;
        let cause = Cause::TokenExpired;
        assert_eq!(
            world.directory.hold_channel(channel, cause, "190", world.now()).await.unwrap(),
            Saved::Done
        );
        world.directory.check_connection_soon(connection, world.now()).await.unwrap();
    };
    let (report, ()) = tokio::join!(world.run(), refused_reply);
    assert_eq!((report.checked, report.released), (1, 0));
    // Not tomorrow.
    assert_eq!(world.run_after(Span::from_minutes(1)).await.released, 1);
    assert_eq!(world.sending(channel).await, Sending::Allowed);
}

#[tokio::test]
async fn chn_19_a_page_that_is_switched_on_during_a_check_is_looked_at_by_the_next_one() {
    // The second Page is read as off; or as healthy, and goes off and on again.
    for off_before in [true, false] {
        let world = World::start().await;
        world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE, demo::SECOND_PAGE]).await;
        world.run().await;
        if off_before {
            world.switch_off(demo::SECOND_PAGE).await;
        }
        world.pass(CHECK_EVERY);
        world.simulator.fault(at(Endpoint::DebugToken, Fault::Slow { delay_ms: 1_500 }).times(1));
        let administrator = async {
            world.until_the_check_waits().await;
            if !off_before {
                world.switch_off(demo::SECOND_PAGE).await;
            }
            world.switch_on(demo::SECOND_PAGE).await;
        };
        let (report, ()) = tokio::join!(world.run(), administrator);
        assert_eq!((report.checked, report.released), (1, 0), "{off_before}");
        // Not tomorrow.
        assert_eq!(world.run_after(Span::from_minutes(1)).await.released, 1, "{off_before}");
        assert_eq!(world.sending_of_page(demo::SECOND_PAGE).await, Sending::Allowed);
        assert_eq!(world.run_after(Span::from_minutes(1)).await.due, 0, "asked for once, looked at once");
    }
}

#[tokio::test]
async fn chn_21_a_page_that_is_deleted_during_the_check_that_another_started_leaves_with_the_next_one() {
    let world = World::start().await;
    let pages = [demo::PAGE, demo::SECOND_PAGE];
    let connection = world.connect_pages(demo::LONG_USER_TOKEN, &pages).await;
    world.run().await;
    world.delete(demo::SECOND_PAGE).await;
    world.simulator.fault(at(Endpoint::DebugToken, Fault::Slow { delay_ms: 1_500 }).times(1));
    let administrator = async {
        world.until_the_check_waits().await;
        world.delete(demo::PAGE).await;
    };
    let (report, ()) = tokio::join!(world.run(), administrator);
    assert_eq!((report.checked, report.dissolved), (1, 0));
    assert_eq!(world.run_after(Span::from_minutes(1)).await.dissolved, 1);
    assert_eq!(world.directory.connection(connection).await.unwrap(), None);
}

#[tokio::test]
async fn aut_12_an_old_error_does_not_trip_a_mended_channel_for_long() {
    let world = World::start().await;
    let connection = world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.run().await;
    let channel = ChannelId::derive(ChannelKind::Messenger, demo::PAGE);
    world.pass(Span::from_minutes(1));
    let held_at = world.now();
    let _done = world.directory.hold_channel(channel, Cause::TokenExpired, "190", held_at).await.unwrap();
    world.directory.check_connection_soon(connection, held_at).await.unwrap();
    let report = world.run_after(Span::from_minutes(1)).await;
    assert_eq!((report.released, report.needing_reauthorization), (1, 0));
}

/// A world in which everything is to be done: exchange, tokens, subscription, a held and a new channel.
async fn much_to_do() -> World {
    let world = World::start().await;
    let connection = world.connect_pages(demo::SHORT_USER_TOKEN, &[demo::PAGE, demo::SECOND_PAGE]).await;
    world.simulator.set_subscription(demo::PAGE, None);
    let channel = ChannelId::derive(ChannelKind::Messenger, demo::SECOND_PAGE);
    let cause = Cause::TokenExpired;
    let _done = world.directory.hold_channel(channel, cause, "190", world.now()).await.unwrap();
    world.simulator.add_page("2000000000000009", "Demo Extra");
    assert_eq!(world.connection(connection).await.expires_at, None);
    world
}

#[tokio::test]
async fn dying_between_any_two_effects_ends_in_the_same_state() {
    for crash in [Crash::CrashBefore, Crash::CrashAfter] {
        for at in 1.. {
            let world = much_to_do().await;
            world.faults.arm(at, crash.clone());
            let finished = world.faults.until_crash(world.run()).await.is_some();
            // The lease of the dead runs out.
            let again = world.run_after(Span::from_secs(130)).await;
            assert_eq!((again.failed, again.held, again.unclear), (0, 0, 0), "{crash:?} {at}");
            for page in [demo::PAGE, demo::SECOND_PAGE] {
                assert_eq!(world.sending_of_page(page).await, Sending::Allowed, "{crash:?} {at}");
            }
            assert_eq!(again.needing_reauthorization, 0);
            let stored = world.stored();
            assert_ne!(stored["user_token"], demo::SHORT_USER_TOKEN);
            assert_eq!(stored["pages"].as_object().unwrap().len(), 2);
            let connection = world.connection(messenger_connection()).await;
            assert!(
                connection.expires_at.unwrap().since(world.now()) > Span::from_days(59),
                "{crash:?} {at}"
            );
            assert!(connection.check_at > world.now());
            assert_eq!(world.run().await.due, 0, "{crash:?} {at}");
            assert!(world.exchanges() <= 2);
            // What is stored works: a day later nothing is found and nothing is written.
            let written = world.versions_written();
            let later = world.run_after(CHECK_EVERY).await;
            assert_eq!((later.checked, later.held, later.unclear, later.renewed), (1, 0, 0, 0));
            assert_eq!(world.versions_written(), written, "{crash:?} {at}");
            if finished {
                // Lease, stage, promote, release twice, settle: the loop has seen them all.
                assert!(at > 6, "{at}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_staged_login_takes_over_if_the_old_one_dies_before_it_is_current() {
    let world = World::start().await;
    world.connect_pages(demo::SHORT_USER_TOKEN, &[demo::PAGE]).await;
    world.faults.arm_on("PutSecretValue", 1, Crash::CrashAfter);
    assert!(world.faults.until_crash(world.run()).await.is_none());
    assert_eq!(world.stored()["user_token"], demo::SHORT_USER_TOKEN);
    // An hour is all that it had.
    let report = world.run_after(Span::from_hours(2)).await;
    assert_eq!((report.held, report.released), (0, 1));
    assert_ne!(world.stored()["user_token"], demo::SHORT_USER_TOKEN);
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn a_new_page_token_that_nobody_could_prove_replaces_none() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.run().await;
    let before = world.stored();
    world.pass(Span::from_days(31));
    // The login is inspected; then Meta falls silent.
    world.simulator.fault(at(Endpoint::DebugToken, Fault::Slow { delay_ms: 1 }).times(1));
    world.simulator.fault(at(Endpoint::DebugToken, down()));
    let report = world.run().await;
    assert_eq!((report.unclear, report.renewed, report.held), (1, 0, 0));
    assert_eq!(world.stored(), before);
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Allowed);
    world.simulator.clear_faults();
    assert_eq!(world.run_after(RETRY_UNCLEAR_AFTER).await.renewed, 1);
    assert_ne!(world.stored(), before);
}

#[tokio::test]
async fn no_careful_client_would_do_otherwise() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.connect_line(demo::LINE_SECRET).await;
    world.run().await;
    assert_eq!(world.simulator.violations(), Vec::<String>::new());
    let paths: Vec<_> = world.simulator.calls().into_iter().map(|call| (call.provider, call.path)).collect();
    let line: Vec<_> = paths
        .iter()
        .filter(|(provider, _)| *provider == Provider::Line)
        .map(|(_, path)| path.as_str())
        .collect();
    let quota = ["/v2/bot/message/quota", "/v2/bot/message/quota/consumption"];
    assert_eq!(line, ["/oauth2/v3/token", "/v2/bot/info", quota[0], quota[1]]);
}

impl World {
    async fn channel_of_page(&self, page: &str) -> Channel {
        self.directory.channel(ChannelId::derive(ChannelKind::Messenger, page)).await.unwrap().unwrap()
    }

    async fn switch_off(&self, page: &str) {
        let channel = self.channel_of_page(page).await;
        let off = channel.status.off(&OperatorId("admin-1".into()), self.now()).unwrap().unwrap();
        assert_eq!(self.directory.set_status(&channel, &off, self.now()).await.unwrap(), Saved::Done);
    }

    async fn switch_on(&self, page: &str) {
        let channel = self.channel_of_page(page).await;
        let on = channel.status.on().unwrap().unwrap();
        assert_eq!(self.directory.set_status(&channel, &on, self.now()).await.unwrap(), Saved::Done);
        self.directory.check_connection_soon(channel.connection_id, self.now()).await.unwrap();
    }

    async fn delete(&self, page: &str) {
        let channel = self.channel_of_page(page).await;
        let deleted = channel.status.deleted(&OperatorId("admin-1".into()), self.now()).unwrap();
        assert_eq!(self.directory.set_status(&channel, &deleted, self.now()).await.unwrap(), Saved::Done);
        self.directory.check_connection_soon(channel.connection_id, self.now()).await.unwrap();
    }

    fn unsubscribed(&self, page: &str) -> usize {
        self.calls("DELETE", &format!("/{page}/subscribed_apps"))
    }
}

#[tokio::test]
async fn chn_21_a_deleted_page_leaves_a_login_that_another_still_needs() {
    for crash in [Crash::CrashBefore, Crash::CrashAfter] {
        for at in 1.. {
            let world = World::start().await;
            world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE, demo::SECOND_PAGE]).await;
            world.run().await;
            world.delete(demo::SECOND_PAGE).await;
            world.faults.arm(at, crash.clone());
            let finished = world.faults.until_crash(world.run()).await.is_some();
            let again = world.run_after(Span::from_secs(130)).await;
            assert_eq!((again.failed, again.held, again.unclear), (0, 0, 0), "{crash:?} {at}");
            let stored = world.stored();
            let pages: Vec<_> = stored["pages"].as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(pages, [demo::PAGE], "{crash:?} {at}");
            let left = world.connection(messenger_connection()).await;
            assert_eq!(left.channels, [ChannelId::derive(ChannelKind::Messenger, demo::PAGE)]);
            assert!(world.unsubscribed(demo::SECOND_PAGE) >= 1, "{crash:?} {at}");
            assert_eq!(world.unsubscribed(demo::PAGE), 0);
            assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Allowed);
            assert_eq!(world.run().await.due, 0, "{crash:?} {at}");
            if finished {
                assert!(at > 4, "lease, unsubscribe, stage, promote, settle: {at}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn chn_21_the_credential_goes_with_the_last_channel_wherever_a_run_dies() {
    for crash in [Crash::CrashBefore, Crash::CrashAfter] {
        for at in 1.. {
            let world = World::start().await;
            world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
            world.run().await;
            world.delete(demo::PAGE).await;
            world.faults.arm(at, crash.clone());
            let finished = world.faults.until_crash(world.run()).await.is_some();
            let again = world.run_after(Span::from_secs(130)).await;
            assert_eq!(
                (again.failed, again.held, again.needing_reauthorization),
                (0, 0, 0),
                "{crash:?} {at}"
            );
            assert_eq!(world.aws.secret(&messenger_secret()), None, "{crash:?} {at}");
            assert_eq!(world.directory.connection(messenger_connection()).await.unwrap(), None);
            assert!(world.unsubscribed(demo::PAGE) >= 1, "{crash:?} {at}");
            assert_eq!(world.run_after(CHECK_EVERY).await.due, 0);
            if finished {
                assert!(at > 3, "lease, unsubscribe, delete the secret, remove: {at}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn chn_21_a_subscription_that_meta_does_not_end_delays_the_end_of_the_credential_by_a_day_at_most() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.run().await;
    world.delete(demo::PAGE).await;
    world.simulator.fault(at(Endpoint::Subscription, down()));
    let report = world.run().await;
    assert_eq!((report.dissolved, report.failed), (0, 0));
    assert_eq!(world.run_after(RETRY_UNCLEAR_AFTER).await.due, 1, "asked again soon");
    assert!(world.aws.secret(&messenger_secret()).is_some());
    assert_eq!(world.run_after(Span::from_days(1)).await.dissolved, 1);
    assert_eq!(world.aws.secret(&messenger_secret()), None);
}

#[tokio::test]
async fn chn_19_the_login_of_a_page_that_is_off_is_kept_alive() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    world.run().await;
    world.switch_off(demo::PAGE).await;
    let report = world.run_after(Span::from_days(31)).await;
    assert_eq!((report.renewed, report.held), (1, 0));
    world.switch_on(demo::PAGE).await;
    assert_eq!(world.run_after(Span::from_days(31)).await.released, 1);
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Allowed);
}

#[tokio::test]
async fn aut_2_a_new_login_that_falls_short_is_told_and_gives_way_to_no_older_one() {
    let world = World::start().await;
    world.connect_pages(demo::SHORT_USER_TOKEN, &[demo::PAGE]).await;
    assert_eq!(world.run().await.renewed, 1);
    // An administrator logs in, and does not give what is needed. What the first check made still works.
    let token = world.simulator.log_in();
    world.authorize_again(&token).await;
    let scopes = ["pages_manage_metadata", "pages_show_list"];
    let body = json!({"data": {"is_valid": true, "expires_at": 0, "scopes": scopes}});
    let short = Fault::Answer { status: 200, body, after_effect: false };
    world.simulator.fault(at(Endpoint::DebugToken, short).times(1));
    let report = world.run_after(Span::from_minutes(1)).await;
    assert_eq!((report.checked, report.held), (1, 1));
    assert_eq!(world.sending_of_page(demo::PAGE).await, Sending::Held(Cause::PermissionRevoked));
    assert_eq!(world.stored()["user_token"], token);
}

#[tokio::test]
async fn chn_21_what_was_about_to_be_connected_keeps_a_login_for_an_hour() {
    let there = ConnectionId::derive(ChannelKind::Messenger, "another login");
    // A channel that never came to be, and one that was deleted and is to be reached another way.
    for exists in [false, true] {
        let world = World::start().await;
        let id = world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
        let second = ChannelId::derive(ChannelKind::Messenger, demo::SECOND_PAGE);
        if exists {
            world.add_channel(ChannelKind::Messenger, demo::SECOND_PAGE, there).await;
            world.delete(demo::SECOND_PAGE).await;
        }
        let mut connection = world.connection(id).await;
        connection.channels.push(second);
        world.directory.put_connection(&connection).await.unwrap();
        world.run().await;
        world.delete(demo::PAGE).await;
        assert_eq!(world.run().await.dissolved, 0, "{exists}: somebody may be at it");
        assert_eq!(world.connection(id).await.channels, [second]);
        let report = world.run_after(Span::from_hours(1)).await;
        assert_eq!((report.dissolved, report.failed), (1, 0), "{exists}");
        assert_eq!(world.aws.secret(&messenger_secret()), None);
        assert_eq!(world.directory.connection(id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_check_that_could_not_be_made_is_made_again_soon_and_stands_in_nobodys_way() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE]).await;
    let app = world.aws.secret("test/meta-app").unwrap();
    world.aws.set_secret("test/meta-app", &json!("not what it should be"));
    assert_eq!(world.run().await.failed, 1);
    assert_eq!(world.run().await.due, 0, "others come first");
    let report = world.run_after(Span::from_minutes(2)).await;
    assert_eq!((report.failed, report.passed_over), (1, 0), "the right was given back");
    world.aws.set_secret("test/meta-app", &app);
    assert_eq!(world.run_after(Span::from_minutes(2)).await.released, 1);
}

#[tokio::test]
async fn every_connection_that_is_due_is_looked_at_however_many_there_are() {
    let world = World::start().await;
    let (now, kind) = (world.now(), ChannelKind::Line);
    for number in 0..120 {
        let connection = Connection {
            id: ConnectionId::derive(kind, &number.to_string()),
            kind,
            channels: Vec::new(),
            linked: None,
            authorized_at: now,
            expires_at: None,
            pages: Vec::new(),
            checked_at: None,
            check_at: now,
        };
        world.directory.put_connection(&connection).await.unwrap();
    }
    let report = world.run().await;
    assert_eq!((report.due, report.checked, report.left), (120, 120, 0));
}

#[tokio::test]
async fn chn_21_a_login_forgets_a_deleted_page_in_every_version_that_can_be_read() {
    for crash_at in 0..8 {
        let world = World::start().await;
        world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE, demo::SECOND_PAGE]).await;
        world.run().await;
        world.delete(demo::SECOND_PAGE).await;
        if crash_at > 0 {
            world.faults.arm(crash_at, Crash::CrashAfter);
        }
        let _finished = world.faults.until_crash(world.run()).await;
        world.run_after(Span::from_secs(130)).await;
        for stage in ["AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"] {
            let version = world.aws.secret_at(&messenger_secret(), stage).unwrap();
            assert_eq!(version["pages"].get(demo::SECOND_PAGE), None, "{stage} {crash_at}");
        }
        assert_ne!(world.stored()["pages"].get(demo::PAGE), None);
    }
}

#[tokio::test]
async fn chn_21_the_subscription_of_a_page_whose_token_died_while_it_was_off_is_ended_all_the_same() {
    let world = World::start().await;
    world.connect_pages(demo::LONG_USER_TOKEN, &[demo::PAGE, demo::SECOND_PAGE]).await;
    world.run().await;
    world.switch_off(demo::SECOND_PAGE).await;
    assert_eq!(world.run_after(Span::from_days(31)).await.renewed, 1);
    // Meta ends the tokens of the login before.
    assert!(world.simulator.invalidate_page(demo::SECOND_PAGE, None, None) > 0);
    world.delete(demo::SECOND_PAGE).await;
    let report = world.run().await;
    assert_eq!((report.checked, report.failed), (1, 0));
    assert_eq!(world.unsubscribed(demo::SECOND_PAGE), 1);
}
