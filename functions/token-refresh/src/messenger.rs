//! A Facebook login and its Pages. The order of effects is in the crate's documentation.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use madoguchi_channels::Token;
use madoguchi_channels::messenger::MetaApp;
use madoguchi_channels::messenger::token::{Inspection, PageGrant};
use madoguchi_credentials::MessengerSecret;
use madoguchi_domain::credential::{Cause, Credential, CredentialKind, USER_TOKEN_LIFE};
use madoguchi_domain::subscription::Look;
use madoguchi_domain::{Channel, ChannelHealth, Timestamp};
use madoguchi_runtime::Versioned;
use madoguchi_runtime::secrets::Promotion;
use madoguchi_store::directory::Connection;

use crate::TokenRefresh;
use crate::graph::Graph;
use crate::outcome::{Finding, Stop};
use crate::page::PageToken;
use crate::rules::{self, Trouble};
use crate::secret::noted_end;

/// Calls for several Pages of a login run side by side; Meta counts them per Page.
pub(crate) const PAGES_AT_ONCE: usize = 8;

pub(crate) async fn check(
    refresh: &TokenRefresh,
    connection: &Connection,
    channels: &[Channel],
    now: Timestamp,
) -> Result<Finding, Stop> {
    let app = refresh.meta_app().await?;
    let app = MetaApp { app_id: &app.app_id, app_secret: &app.app_secret };
    let graph = Graph { http: &refresh.http, config: &refresh.graph, app };
    let name = refresh.names.connection(connection.kind, connection.id);

    let missing = missing(channels);
    let (current, login) = working_login(refresh, &graph, &name, missing, connection, now).await?;
    let renewal = renew(&graph, current.expose(), &login, now).await?;
    let list = graph.pages(renewal.user_token.as_str()).await?;

    let mut pages: Vec<_> = stream::iter(channels)
        .map(|channel| page_token(&graph, connection, channel, current.expose(), &renewal, &login, &list))
        .buffered(PAGES_AT_ONCE)
        .collect()
        .await;
    let kept = refresh.keep(&graph, &name, &current, &renewal, channels, &mut pages).await?;
    let (standings, looks) = stream::iter(channels.iter().zip(pages))
        .map(|(channel, page)| subscribe(refresh, &graph, channel, page))
        .buffered(PAGES_AT_ONCE)
        .unzip()
        .await;

    Ok(Finding {
        standings,
        looks,
        credential: Some(Credential {
            kind: CredentialKind::UserAndPageToken,
            data_access_expires_at: login.data_access_expires_at,
        }),
        renewed: kept && renewal.renewed,
        expires_at: if kept { renewal.end } else { end(current.expose(), &login) },
        postponed: renewal.postponed,
        pages: covered(connection, channels, &list, &login),
        quota: None,
        user_id: login.user_id,
        notes: None,
    })
}

/// What it means that there is no credential: the person had it destroyed, if the channels are held for that.
fn missing(channels: &[Channel]) -> Cause {
    let withdrawn = Cause::AppAccessWithdrawn;
    let is_withdrawn = |channel: &Channel| matches!(channel.health, ChannelHealth::NeedsReauthorization { cause, .. } if cause == withdrawn);
    if channels.iter().any(is_withdrawn) { withdrawn } else { Cause::TokenExpired }
}

/// The login's current credential, if it works. A version that was staged by a check that ended before
/// its time takes the place of a current one that does not: it may be the only one left that works.
async fn working_login(
    refresh: &TokenRefresh,
    graph: &Graph<'_>,
    name: &str,
    missing: Cause,
    connection: &Connection,
    now: Timestamp,
) -> Result<(Versioned<MessengerSecret>, Inspection), Stop> {
    let current = refresh.credential::<MessengerSecret>(name, missing).await?;
    let trouble = match inspect(graph, current.expose(), connection, now).await {
        Ok(login) => return Ok((current, login)),
        Err(trouble) => trouble,
    };
    if let Trouble::Broken { .. } = trouble
        && let Some(staged) = refresh.secrets.pending(name, &current.version).await?
        && let Ok(login) = inspect(graph, staged.expose(), connection, now).await
    {
        return match refresh.secrets.promote(name, &current.version, &staged.version).await? {
            Promotion::Promoted => Ok((staged, login)),
            Promotion::Overtaken => Err(Stop::Superseded),
        };
    }
    Err(trouble.into())
}

async fn inspect(
    graph: &Graph<'_>,
    secret: &MessengerSecret,
    connection: &Connection,
    now: Timestamp,
) -> Result<Inspection, Trouble> {
    let login = graph.inspect(&secret.user_token).await?;
    rules::login_works(&login, connection.authorized_at, end(secret, &login), now)?;
    Ok(login)
}

/// Meta's word goes before our own note.
fn end(secret: &MessengerSecret, login: &Inspection) -> Option<Timestamp> {
    login.expires_at.or(noted_end(secret.user_token_expires_at))
}

/// The user token to go on with.
#[derive(Debug)]
pub(crate) struct Renewal {
    pub(crate) user_token: Token,
    /// Whether it replaces the one that is stored.
    pub(crate) renewed: bool,
    pub(crate) end: Option<Timestamp>,
    postponed: Option<Trouble>,
}

async fn renew(
    graph: &Graph<'_>,
    secret: &MessengerSecret,
    login: &Inspection,
    now: Timestamp,
) -> Result<Renewal, Trouble> {
    let end = end(secret, login);
    let as_it_is =
        |postponed| Renewal { user_token: Token::new(&secret.user_token), renewed: false, end, postponed };
    if !rules::should_exchange(end, now) {
        return Ok(as_it_is(None));
    }
    match graph.exchange(&secret.user_token).await {
        Ok(exchanged) => Ok(Renewal {
            user_token: exchanged.token,
            renewed: true,
            end: Some(now + exchanged.expires_in.unwrap_or(USER_TOKEN_LIFE)),
            postponed: None,
        }),
        Err(error) => match Trouble::from(error) {
            trouble @ Trouble::Unclear { .. } if rules::serves_on(end, now) => Ok(as_it_is(Some(trouble))),
            trouble => Err(trouble),
        },
    }
}

async fn page_token(
    graph: &Graph<'_>,
    connection: &Connection,
    channel: &Channel,
    stored: &MessengerSecret,
    renewal: &Renewal,
    login: &Inspection,
    list: &[PageGrant],
) -> Result<PageToken, Trouble> {
    let page_id = &channel.external_id;
    let was_covered = connection.pages.contains(page_id);
    let listed = rules::granted(page_id, list, login, was_covered)?;
    // A page token dies with the user token that it came from, whenever Meta ends that one.
    let stored = stored.pages.get(page_id).filter(|_| !renewal.renewed).map(Token::new);
    PageToken::choose(graph, stored, listed).await
}

async fn subscribe(
    refresh: &TokenRefresh,
    graph: &Graph<'_>,
    channel: &Channel,
    page: Result<PageToken, Trouble>,
) -> (Result<(), Trouble>, Option<Look>) {
    let page = match page {
        Ok(page) => page,
        Err(trouble) => return (Err(trouble), None),
    };
    let (look, standing) = match graph.subscribed(&channel.external_id, page.token.as_str()).await {
        Ok(found) => found,
        Err(trouble) => return (Err(trouble), None),
    };
    if let Look::Incomplete { missing, renewed, .. } = &look {
        let (id, fields) = (channel.id, missing.join(","));
        match renewed {
            Ok(()) => {
                refresh.metrics.count_for(channel.kind, "SubscriptionsRepaired", 1);
                tracing::warn!(
                    channel.id = %id, fields,
                    "Channel `{id}` was not subscribed to all of its webhooks; it is again"
                );
            }
            Err(detail) => {
                refresh.metrics.count_for(channel.kind, "SubscriptionsLost", 1);
                tracing::error!(
                    channel.id = %id, fields, detail,
                    "Channel `{id}` is not subscribed to all of its webhooks: the provider refused it"
                );
            }
        }
    }
    (standing, Some(look))
}

/// The Pages that the login covers, and those of our channels that it covered once: what is missing from
/// now on was removed.
fn covered(
    connection: &Connection,
    channels: &[Channel],
    list: &[PageGrant],
    login: &Inspection,
) -> Vec<String> {
    let ours: BTreeSet<_> = channels.iter().map(|channel| &channel.external_id).collect();
    let once = connection.pages.iter().filter(|page_id| ours.contains(page_id));
    let now = list.iter().map(|page| &page.page_id);
    let now = now.filter(|page_id| rules::granted(page_id, list, login, false).is_ok());
    once.chain(now).cloned().collect::<BTreeSet<_>>().into_iter().collect()
}
