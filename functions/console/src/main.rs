//! Wires `console`: the pages, the door before them, and the API that they show. The parts of the API that a page of the inbox
//! asks for run in this process; everything else is reached through the gateway with the visitor's own token.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use console::{Backend, Console, Door, behind, remote};
use lambda_http::Error;
use madoguchi_api::{
    Api, DeskApi, OrganisationApi, RolesClaim, answering_or, desk_routes, once, organisation_routes, request_id,
    routes,
};
use madoguchi_domain::Span;
use madoguchi_runtime::http::provider_client;
use madoguchi_runtime::{Aws, Clock, Env, Function, SecretCache};
use madoguchi_store::{
    Audit, ChannelCache, Directory, Inbox, Live, Requests, Search, SenderCache, Sessions,
};

/// What the API is made of.
struct Parts {
    inbox: Inbox,
    directory: Directory,
    search: Search,
    live: Live,
    audit: Audit,
    requests: Requests,
}

/// Names and addresses of what is around.
struct Names {
    tables: [String; 5],
    audit: (String, Span),
    live: (String, String),
    sessions: String,
    bucket: String,
    mail: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("console");
    let clock = function.clock();
    let mut env = Env::from_process();
    let names = Names {
        tables: [
            env.inbox_table(),
            env.directory_table(),
            env.search_table(),
            env.requests_table(),
            env.public_base_url(),
        ],
        audit: (env.audit_table(), env.audit_retention()),
        live: (env.live_table(), env.live_api_id()),
        sessions: env.sessions_table(),
        bucket: env.media_bucket(),
        mail: env.mail_from().is_some(),
    };
    let roles = RolesClaim::new(env.roles_claim());
    let config = (names, (env.console_url(), env.sign_in()), env.aws());
    let (names, (url, sign_in), aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let http = provider_client()?;
    let Names { tables: [inbox, directory, search, requests, gateway], .. } = &names;
    let live_url = aws.connections(&names.live.1, clock.clone()).url();
    let parts = Parts {
        inbox: Inbox::new(aws.dynamodb(), inbox),
        directory: Directory::new(aws.dynamodb(), directory),
        search: Search::new(aws.dynamodb(), search),
        live: Live::new(aws.dynamodb(), &names.live.0),
        audit: Audit::new(aws.dynamodb(), &names.audit.0, names.audit.1),
        requests: Requests::new(aws.dynamodb(), requests),
    };
    let bucket = aws.bucket(&names.bucket, clock.clone());
    let media = bucket.origin().to_owned();
    let here = api(parts, bucket, (live_url.clone(), names.mail), &clock);
    let api = answering_or(here, roles.clone(), remote::routes(http.clone(), gateway));
    let pages = Console {
        backend: Backend::new(api),
        clock: clock.clone(),
        media: origin(&media),
        live: origin(&live_url),
        embedders: String::new(),
    };
    let kept = (Sessions::new(aws.dynamodb(), &names.sessions), SecretCache::new(aws.secrets(), clock.clone()));
    let door = Door::new(kept, http, sign_in, roles, clock, &url);
    let invocation = from_fn(move |request: Request, next: Next| {
        let function = function.clone();
        async move {
            let id = request_id(request.extensions()).to_owned();
            function.invocation(&id, next.run(request)).await
        }
    });
    lambda_http::run(behind(door, pages).layer(invocation)).await
}

/// The part of the API that runs here.
fn api(parts: Parts, bucket: madoguchi_runtime::Bucket, (live_url, mail): (String, bool), clock: &Clock) -> Router {
    let Parts { inbox, directory, search, live, audit, requests } = parts;
    let (channels, senders) = (ChannelCache::new(directory.clone()), SenderCache::new(directory.clone()));
    let (channels, senders) = (std::sync::Arc::new(channels), std::sync::Arc::new(senders));
    let of_inbox = Api {
        inbox: inbox.clone(),
        channels: channels.clone(),
        senders: senders.clone(),
        directory: directory.clone(),
        bucket,
        clock: clock.clone(),
        audit: audit.clone(),
        mail,
    };
    let of_desk = DeskApi {
        inbox: inbox.clone(),
        search,
        channels,
        senders,
        directory: directory.clone(),
        clock: clock.clone(),
        audit: audit.clone(),
    };
    let of_organisation = OrganisationApi { inbox, directory, audit, live, live_url, clock: clock.clone() };
    let all = routes(of_inbox).merge(desk_routes(of_desk)).merge(organisation_routes(of_organisation));
    once(all, requests, clock.clone())
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}
