//! Reads the environment, and says everything that is wrong with it at once.

use std::fmt;

use reqwest::Url;

use madoguchi_domain::Span;
use madoguchi_domain::role::{Groups, GroupsClaim};
use madoguchi_domain::session::Limits;

use crate::aws::AwsConfig;
use crate::secrets::Secret;

/// Reads variables. A missing or malformed one is noted and reading goes on; [`Env::finish`] then
/// reports all of them together.
pub struct Env {
    lookup: Box<Lookup>,
    problems: Vec<Problem>,
}

type Lookup = dyn Fn(&str) -> Option<String>;

/// What every provider call needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderConfig {
    /// Where the Graph API answers, without a trailing slash.
    pub graph_base_url: String,
    /// Its version, such as `v26.0`.
    pub graph_version: String,
    /// Where the LINE Messaging API answers, without a trailing slash.
    pub line_base_url: String,
    /// Where Twilio's REST API answers, without a trailing slash.
    pub twilio_base_url: String,
    /// `https://messaging.twilio.com`, unless told otherwise: services and WhatsApp senders.
    pub twilio_messaging_base_url: String,
    /// The apps that Meta's own inboxes write as: their echoes are a person's reply.
    pub page_inbox_app_ids: Vec<String>,
}

/// Where the console's visitors sign in (OpenID Connect).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInConfig {
    /// Who issues the ID tokens, as the tokens say it.
    pub issuer: String,
    /// Below which address `/.well-known/openid-configuration` is: the issuer's own, unless it is reached elsewhere.
    pub discovery_base: String,
    /// The console's id at the issuer.
    pub client_id: String,
    /// The name of the secret that holds the client's secret, if it may have one.
    pub client_secret_name: Option<String>,
    /// What is asked for, separated by spaces.
    pub scopes: String,
    /// How long sessions last.
    pub limits: Limits,
}

/// Variables that are missing or malformed, each with its remedy.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

#[derive(Debug, PartialEq, Eq)]
struct Problem {
    variable: &'static str,
    wrong: String,
    remedy: &'static str,
}

const GRAPH_BASE_URL: &str = "https://graph.facebook.com";
const GRAPH_VERSION: &str = "v26.0";
const LINE_BASE_URL: &str = "https://api.line.me";
const TWILIO_BASE_URL: &str = "https://api.twilio.com";
const TWILIO_MESSAGING_BASE_URL: &str = "https://messaging.twilio.com";
// The Page inbox on the web, and Meta Business Suite.
const PAGE_INBOX_APP_IDS: &str = "26390203743090,263902037430900";
const FACEBOOK_BASE_URL: &str = "https://www.facebook.com";
const LINE_DATA_BASE_URL: &str = "https://api-data.line.me";
const AUDIT_RETENTION_DAYS: i64 = 365;
/// How long what reports are made of is kept, unless set: a year and a month, so that months can be compared.
const REPORTS_RETENTION_DAYS: i64 = 400;
const WEBHOOK_BODY_LIMIT_BYTES: usize = 1_048_576;
const SIGN_IN_SCOPES: &str = "openid email profile";
const SESSION_HOURS: i64 = 12;
const SESSION_IDLE_MINUTES: i64 = 120;

impl Env {
    /// The variables of this process.
    pub fn from_process() -> Self {
        // A variable that is not UTF-8 is as useless as a missing one.
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// The variables that `lookup` knows.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String> + 'static) -> Self {
        Self { lookup: Box::new(lookup), problems: Vec::new() }
    }

    /// Returns `config`, which was read from here, if nothing was wrong.
    pub fn finish<T>(self, config: T) -> Result<T, ConfigError> {
        if self.problems.is_empty() { Ok(config) } else { Err(ConfigError { problems: self.problems }) }
    }

    /// `INBOX_TABLE`: the table of conversations and messages.
    pub fn inbox_table(&mut self) -> String {
        self.text("INBOX_TABLE", "set it to the name of the Inbox table")
    }

    /// `DIRECTORY_TABLE`: the table of channels.
    pub fn directory_table(&mut self) -> String {
        self.text("DIRECTORY_TABLE", "set it to the name of the Directory table")
    }

    /// `AUDIT_TABLE`: the table of the audit log.
    pub fn audit_table(&mut self) -> String {
        self.text("AUDIT_TABLE", "set it to the name of the Audit table")
    }

    /// `AUDIT_RETENTION_DAYS`: how long entries of the audit log are kept; 365 days unless set.
    pub fn audit_retention(&mut self) -> Span {
        self.days("AUDIT_RETENTION_DAYS", AUDIT_RETENTION_DAYS)
    }

    fn days(&mut self, name: &'static str, unless_set: i64) -> Span {
        let days = match self.get(name).map(|text| (text.parse(), text)) {
            None => unless_set,
            Some((Ok(days @ 1..=36_500), _)) => days,
            Some((_, text)) => {
                self.note(name, format!("is `{text}`"), "set it to a number of days, or remove it");
                unless_set
            }
        };
        Span::from_days(days)
    }

    /// `LIVE_TABLE`: the table of what is live.
    pub fn live_table(&mut self) -> String {
        self.text("LIVE_TABLE", "set it to the name of the Live table")
    }

    /// `LIVE_API_ID`: the id of the WebSocket API.
    pub fn live_api_id(&mut self) -> String {
        self.text("LIVE_API_ID", "set it to the id of the WebSocket API")
    }

    /// `INBOUND_QUEUE_URL`: where webhooks leave their events.
    pub fn inbound_queue_url(&mut self) -> String {
        self.url("INBOUND_QUEUE_URL", None, "set it to the URL of the queue inbound.fifo")
    }

    /// `OUTBOUND_QUEUE_URL`: where replies wait for the provider.
    pub fn outbound_queue_url(&mut self) -> String {
        self.url("OUTBOUND_QUEUE_URL", None, "set it to the URL of the queue outbound.fifo")
    }

    /// `PROFILES_QUEUE_URL`: where contacts wait for their name and picture.
    pub fn profiles_queue_url(&mut self) -> String {
        self.url("PROFILES_QUEUE_URL", None, "set it to the URL of the queue profiles")
    }

    /// `MEDIA_QUEUE_URL`: where files wait for being copied or made ready.
    pub fn media_queue_url(&mut self) -> String {
        self.url("MEDIA_QUEUE_URL", None, "set it to the URL of the queue media")
    }

    /// `ASSIGNMENT_QUEUE_URL`: where conversations wait for being given to somebody.
    pub fn assignment_queue_url(&mut self) -> String {
        self.url("ASSIGNMENT_QUEUE_URL", None, "set it to the URL of the queue assignment.fifo")
    }

    /// `TICKETS_QUEUE_URL`: where messages wait for becoming part of a ticket.
    pub fn tickets_queue_url(&mut self) -> String {
        self.url("TICKETS_QUEUE_URL", None, "set it to the URL of the queue tickets")
    }

    /// `SEARCH_QUEUE_URL`: where what was said waits to be taken note of.
    pub fn search_queue_url(&mut self) -> String {
        self.url("SEARCH_QUEUE_URL", None, "set it to the URL of the queue search")
    }

    /// `SEARCH_TABLE`: the table that conversations and messages are found by.
    pub fn search_table(&mut self) -> String {
        self.text("SEARCH_TABLE", "set it to the name of the Search table")
    }

    /// `REPORTS_TABLE`: the table of what reports are made of.
    pub fn reports_table(&mut self) -> String {
        self.text("REPORTS_TABLE", "set it to the name of the Reports table")
    }

    /// `REPORTS_QUEUE_URL`: the queue of what counts for reports.
    pub fn reports_queue_url(&mut self) -> String {
        self.url("REPORTS_QUEUE_URL", None, "set it to the URL of the queue reports")
    }

    /// `REPORTS_RETENTION_DAYS`: how long what reports are made of is kept; 400 days unless set.
    pub fn reports_retention(&mut self) -> Span {
        self.days("REPORTS_RETENTION_DAYS", REPORTS_RETENTION_DAYS)
    }

    /// `DELIVERIES_TABLE`: the table of what other systems were told.
    pub fn deliveries_table(&mut self) -> String {
        self.text("DELIVERIES_TABLE", "set it to the name of the Deliveries table")
    }

    /// `REQUESTS_TABLE`: the table of what clients have asked for under a key.
    pub fn requests_table(&mut self) -> String {
        self.text("REQUESTS_TABLE", "set it to the name of the Requests table")
    }

    /// `SESSIONS_TABLE`: the table of who is signed in at the console.
    pub fn sessions_table(&mut self) -> String {
        self.text("SESSIONS_TABLE", "set it to the name of the Sessions table")
    }

    /// `OIDC_ISSUER`, `OIDC_DISCOVERY_URL`, `OIDC_CLIENT_ID`, `OIDC_CLIENT_SECRET_NAME`, `OIDC_SCOPES`, `SESSION_HOURS` and
    /// `SESSION_IDLE_MINUTES`: where the console's visitors sign in, and for how long.
    pub fn sign_in(&mut self) -> SignInConfig {
        let issuer = self.text("OIDC_ISSUER", "set it to the issuer of the ID tokens");
        let remedy = "set it to where the issuer's metadata is, or remove it for the issuer's own address";
        let discovery_base = self.url("OIDC_DISCOVERY_URL", Some(&issuer), remedy);
        SignInConfig {
            discovery_base,
            issuer,
            client_id: self.text("OIDC_CLIENT_ID", "set it to the console's id at the issuer"),
            client_secret_name: self.get("OIDC_CLIENT_SECRET_NAME"),
            scopes: self.get("OIDC_SCOPES").unwrap_or_else(|| SIGN_IN_SCOPES.to_owned()),
            limits: Limits {
                life: Span::from_hours(self.count("SESSION_HOURS", SESSION_HOURS)),
                idle: Span::from_minutes(self.count("SESSION_IDLE_MINUTES", SESSION_IDLE_MINUTES)),
            },
        }
    }

    /// `BOT_QUEUE_URL`: where customers wait for a bot.
    pub fn bot_queue_url(&mut self) -> String {
        self.url("BOT_QUEUE_URL", None, "set it to the URL of the queue bot")
    }

    /// `NOTIFY_QUEUE_URL`: where what operators are told waits.
    pub fn notify_queue_url(&mut self) -> String {
        self.url("NOTIFY_QUEUE_URL", None, "set it to the URL of the queue notify")
    }

    /// `WEBHOOKS_QUEUE_URL`: where events wait for being told to other systems.
    pub fn webhooks_queue_url(&mut self) -> String {
        self.url("WEBHOOKS_QUEUE_URL", None, "set it to the URL of the queue webhooks")
    }

    /// `WEBHOOKS_TO_LOOPBACK`: whether other systems may be on this machine, and be reached without TLS there; not unless it is
    /// `true`.
    pub fn webhooks_to_loopback(&mut self) -> bool {
        self.get("WEBHOOKS_TO_LOOPBACK").is_some_and(|text| text == "true")
    }

    /// `MEDIA_BUCKET`: where files lie.
    pub fn media_bucket(&mut self) -> String {
        self.text("MEDIA_BUCKET", "set it to the name of the bucket")
    }

    /// `PUBLIC_BASE_URL`: where providers and customers' apps reach this stack, without a trailing slash.
    pub fn public_base_url(&mut self) -> String {
        self.url("PUBLIC_BASE_URL", None, "set it to the address of the API that is reached from outside")
    }

    /// `CONSOLE_URL`: where administrators act, and where their browsers go back to after a login at a provider.
    pub fn console_url(&mut self) -> String {
        self.url("CONSOLE_URL", None, "set it to the address of the console")
    }

    /// `FACEBOOK_BASE_URL`: where Facebook shows its login dialog, without a trailing slash; Facebook's own address unless
    /// set.
    pub fn facebook_base_url(&mut self) -> String {
        let remedy = "set it to where Facebook's login dialog is, or remove it for Facebook's own";
        self.url("FACEBOOK_BASE_URL", Some(FACEBOOK_BASE_URL), remedy)
    }

    /// `FACEBOOK_CONFIG_ID`: the configuration of Facebook Login for Business that the dialog shows; without it the
    /// permissions are named one by one.
    pub fn facebook_config_id(&mut self) -> Option<String> {
        self.get("FACEBOOK_CONFIG_ID")
    }

    /// `LINE_DATA_BASE_URL`: where LINE hands out what customers sent; LINE's own address unless set.
    pub fn line_data_base_url(&mut self) -> String {
        let remedy = "set it to where LINE hands out content, or remove it for LINE's own";
        self.url("LINE_DATA_BASE_URL", Some(LINE_DATA_BASE_URL), remedy)
    }

    /// `MAIL_FROM`: the address that e-mail is sent from; `None` if none is to be sent.
    pub fn mail_from(&mut self) -> Option<String> {
        self.get("MAIL_FROM")
    }

    /// `ADMINISTRATORS_EMAIL`: who gets e-mail beside the administrators who are known; may be empty.
    pub fn administrators_email(&mut self) -> String {
        self.get("ADMINISTRATORS_EMAIL").unwrap_or_default()
    }

    /// `SECRET_PREFIX`: what the names of this stack's secrets begin with, without the slash.
    pub fn secret_prefix(&mut self) -> String {
        self.text("SECRET_PREFIX", "set it to the name of the stack")
    }

    /// `ROLES_CLAIM`: the claim of a token that lists its person's groups, Cognito's unless set; with `OWNERS_GROUP`,
    /// `ADMINISTRATORS_GROUP` and `OPERATORS_GROUP`. These have no defaults: elsewhere a name like ours may be anybody's.
    pub fn roles_claim(&mut self) -> GroupsClaim {
        let mut group = |name| self.text(name, "set it to the name of the group at the identity provider");
        let groups = Groups {
            owners: group("OWNERS_GROUP"),
            administrators: group("ADMINISTRATORS_GROUP"),
            operators: group("OPERATORS_GROUP"),
        };
        GroupsClaim { name: self.get("ROLES_CLAIM").unwrap_or_else(|| GroupsClaim::default().name), groups }
    }

    /// `WEBHOOK_BODY_LIMIT_BYTES`: the largest webhook body that is read; 1 MiB unless set.
    pub fn webhook_body_limit_bytes(&mut self) -> usize {
        const NAME: &str = "WEBHOOK_BODY_LIMIT_BYTES";
        let Some(text) = self.get(NAME) else { return WEBHOOK_BODY_LIMIT_BYTES };
        text.parse().unwrap_or_else(|_| {
            self.note(NAME, format!("is `{text}`"), "set it to a number of bytes, or remove it for 1 MiB");
            WEBHOOK_BODY_LIMIT_BYTES
        })
    }

    /// `GRAPH_BASE_URL`, `GRAPH_VERSION`, `LINE_BASE_URL`, `TWILIO_BASE_URL`, `TWILIO_MESSAGING_BASE_URL` and
    /// `PAGE_INBOX_APP_IDS`; the providers' real addresses unless set.
    pub fn providers(&mut self) -> ProviderConfig {
        let ids = self.get("PAGE_INBOX_APP_IDS").unwrap_or_else(|| PAGE_INBOX_APP_IDS.to_owned());
        let ids: Vec<_> = ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
        if ids.iter().any(|id| !id.bytes().all(|byte| byte.is_ascii_digit())) {
            let remedy = "set it to app ids separated by commas, or remove it for Meta's own";
            self.note("PAGE_INBOX_APP_IDS", "is not a list of numbers".to_owned(), remedy);
        }
        ProviderConfig {
            graph_base_url: self.url(
                "GRAPH_BASE_URL",
                Some(GRAPH_BASE_URL),
                "set it to where the Graph API answers, or remove it for Meta's own",
            ),
            graph_version: self.get("GRAPH_VERSION").unwrap_or_else(|| GRAPH_VERSION.to_owned()),
            line_base_url: self.url(
                "LINE_BASE_URL",
                Some(LINE_BASE_URL),
                "set it to where the Messaging API answers, or remove it for LINE's own",
            ),
            twilio_base_url: self.url(
                "TWILIO_BASE_URL",
                Some(TWILIO_BASE_URL),
                "set it to where Twilio's REST API answers, or remove it for Twilio's own",
            ),
            twilio_messaging_base_url: self.url(
                "TWILIO_MESSAGING_BASE_URL",
                Some(TWILIO_MESSAGING_BASE_URL),
                "set it to where Twilio's messaging API answers, or remove it for Twilio's own",
            ),
            page_inbox_app_ids: ids.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Region, credentials and endpoint, as Lambda sets them.
    pub fn aws(&mut self) -> AwsConfig {
        const KEYS: &str = "Lambda sets it; elsewhere set the keys of the account to work in";
        let endpoint = "set it to the address of the local AWS endpoint, or remove it for AWS itself";
        AwsConfig {
            region: self.text("AWS_REGION", "Lambda sets it; elsewhere set the Region to work in"),
            access_key_id: self.text("AWS_ACCESS_KEY_ID", KEYS),
            secret_access_key: Secret::new(self.text("AWS_SECRET_ACCESS_KEY", KEYS)),
            session_token: self.get("AWS_SESSION_TOKEN").map(Secret::new),
            endpoint_url: self
                .get("AWS_ENDPOINT_URL")
                .map(|url| self.checked_url("AWS_ENDPOINT_URL", &url, endpoint)),
        }
    }

    fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|text| !text.trim().is_empty())
    }

    fn text(&mut self, name: &'static str, remedy: &'static str) -> String {
        self.get(name).unwrap_or_else(|| {
            self.note(name, "is not set".to_owned(), remedy);
            String::new()
        })
    }

    fn count(&mut self, name: &'static str, default: i64) -> i64 {
        match self.get(name).map(|text| (text.parse(), text)) {
            None => default,
            Some((Ok(count @ 1..=10_000), _)) => count,
            Some((_, text)) => {
                self.note(name, format!("is `{text}`"), "set it to a whole number above 0, or remove it");
                default
            }
        }
    }

    fn url(&mut self, name: &'static str, default: Option<&str>, remedy: &'static str) -> String {
        match self.get(name).or_else(|| default.map(str::to_owned)) {
            Some(url) => self.checked_url(name, &url, remedy),
            None => self.text(name, remedy),
        }
    }

    fn checked_url(&mut self, name: &'static str, url: &str, remedy: &'static str) -> String {
        match Url::parse(url) {
            Ok(parsed) if parsed.scheme() == "https" || is_loopback(&parsed) => {}
            Ok(_) => {
                self.note(name, format!("is `{url}`, which is neither https nor on this machine"), remedy);
            }
            Err(_) => self.note(name, format!("is `{url}`, which is not a URL"), remedy),
        }
        url.trim_end_matches('/').to_owned()
    }

    fn note(&mut self, variable: &'static str, wrong: String, remedy: &'static str) {
        self.problems.push(Problem { variable, wrong, remedy });
    }
}

// Tokens travel to these addresses: in clear only where the wire is this machine.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    url.scheme() == "http"
        && (host == "localhost"
            || host.ends_with(".localhost")
            || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()))
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("problems", &self.problems).finish_non_exhaustive()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the environment of this function is not usable")?;
        for Problem { variable, wrong, remedy } in &self.problems {
            write!(f, "; {variable} {wrong}: {remedy}")?;
        }
        f.write_str(" (in template.yaml, under Environment of the function)")
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::Role;

    use super::*;

    fn env(variables: &'static [(&'static str, &'static str)]) -> Env {
        Env::from_lookup(move |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn everything_missing_is_named_at_once_with_its_remedy() {
        let mut env = env(&[("INBOX_TABLE", " ")]);
        let config = (env.inbox_table(), env.inbound_queue_url(), env.aws().region);
        let text = env.finish(config).unwrap_err().to_string();
        for part in ["INBOX_TABLE is not set: set it to the name", "INBOUND_QUEUE_URL", "AWS_REGION"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn mem_12_the_claim_has_a_default_and_its_groups_have_none() {
        let mut whole =
            env(&[("OWNERS_GROUP", "a"), ("ADMINISTRATORS_GROUP", "b"), ("OPERATORS_GROUP", "c")]);
        let claim = whole.roles_claim();
        let claim = whole.finish(claim).unwrap();
        assert_eq!(claim.name, "cognito:groups");
        assert_eq!(["c", "b", "a"].map(|name| claim.groups.role([name])), Role::ALL.map(Some));
        let mut part = env(&[("ROLES_CLAIM", "roles"), ("OWNERS_GROUP", "a"), ("OPERATORS_GROUP", "c")]);
        let claim = part.roles_claim();
        let text = part.finish(claim).unwrap_err().to_string();
        assert!(text.contains("ADMINISTRATORS_GROUP is not set") && !text.contains("OWNERS"), "{text}");
    }

    #[test]
    fn con_1_people_sign_in_at_the_issuer_unless_its_metadata_is_elsewhere() {
        let mut usual = env(&[("OIDC_ISSUER", "https://id.example/pool"), ("OIDC_CLIENT_ID", "c")]);
        let config = usual.sign_in();
        let config = usual.finish(config).unwrap();
        assert_eq!(config.discovery_base, "https://id.example/pool");
        assert_eq!((config.scopes.as_str(), config.client_secret_name), ("openid email profile", None));
        assert_eq!(config.limits, Limits { life: Span::from_hours(12), idle: Span::from_hours(2) });
        let mut wrong = env(&[
            ("OIDC_ISSUER", "https://id.example/pool"),
            ("OIDC_DISCOVERY_URL", "http://id.example"),
            ("SESSION_HOURS", "0"),
            ("SESSION_IDLE_MINUTES", "soon"),
        ]);
        let config = wrong.sign_in();
        let text = wrong.finish(config).unwrap_err().to_string();
        for part in
            ["OIDC_CLIENT_ID is not set", "OIDC_DISCOVERY_URL", "SESSION_HOURS", "SESSION_IDLE_MINUTES"]
        {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn providers_default_to_the_real_addresses() {
        let mut env = env(&[]);
        let providers = env.providers();
        assert_eq!(
            env.finish(providers).unwrap(),
            ProviderConfig {
                graph_base_url: "https://graph.facebook.com".into(),
                graph_version: "v26.0".into(),
                line_base_url: "https://api.line.me".into(),
                twilio_base_url: "https://api.twilio.com".into(),
                twilio_messaging_base_url: "https://messaging.twilio.com".into(),
                page_inbox_app_ids: vec!["26390203743090".into(), "263902037430900".into()],
            }
        );
    }

    #[test]
    fn an_address_is_https_or_on_this_machine() {
        let table = [
            ("https://graph.facebook.com/", Some("https://graph.facebook.com")),
            ("http://127.0.0.1:4566", Some("http://127.0.0.1:4566")),
            ("http://[::1]:4566", Some("http://[::1]:4566")),
            ("http://sqs.localhost:4566/q", Some("http://sqs.localhost:4566/q")),
            ("http://graph.facebook.com", None),
            ("ftp://127.0.0.1", None),
            ("graph.facebook.com", None),
        ];
        for (given, expected) in table {
            let mut env =
                Env::from_lookup(move |name| (name == "OUTBOUND_QUEUE_URL").then(|| given.to_owned()));
            let url = env.outbound_queue_url();
            assert_eq!(env.finish(url).ok().as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn malformed_numbers_and_ids_are_refused() {
        let mut env = env(&[
            ("WEBHOOK_BODY_LIMIT_BYTES", "1M"),
            ("PAGE_INBOX_APP_IDS", "1, x"),
            ("AUDIT_RETENTION_DAYS", "0"),
        ]);
        let config = (env.webhook_body_limit_bytes(), env.providers(), env.audit_retention());
        let text = env.finish(config).unwrap_err().to_string();
        for part in ["WEBHOOK_BODY_LIMIT_BYTES is `1M`", "PAGE_INBOX_APP_IDS", "AUDIT_RETENTION_DAYS is `0`"]
        {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn keys_never_reach_the_debug_output() {
        let mut env = env(&[
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "hidden-key"),
            ("AWS_SESSION_TOKEN", "hidden-token"),
        ]);
        let aws = env.aws();
        let text = format!("{:?}", env.finish(aws).unwrap());
        assert!(!text.contains("hidden"), "{text}");
    }
}
