//! A connection is authorized anew (AUT-7): tokens are derived again, webhooks subscribed again, each Page is called, and
//! replies that waited go out. Channels, settings and history stay.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use madoguchi_domain::setup::facebook::{ChosenPage, Login, Outcome};
use madoguchi_domain::{Channel, ChannelHealth, ChannelId, Setup, Timestamp};
use madoguchi_store::directory::Linked;

use super::ConnectApi;
use super::login_secret::Grant;
use crate::ApiError;

/// Meta counts calls per Page.
const PAGES_AT_ONCE: usize = 8;

impl ConnectApi {
    pub(super) async fn reauthorize_pages(
        &self,
        setup: &Setup,
        login: &Login,
        channel: ChannelId,
    ) -> Result<Vec<ChosenPage>, ApiError> {
        let now = self.clock.now();
        let asked_for = self.directory.channel(channel).await?.ok_or(ApiError::ChannelNotFound)?;
        if asked_for.status.is_deleted() {
            return Err(ApiError::ChannelDeleted);
        }
        let id = asked_for.connection_id;
        let mut channels = vec![asked_for];
        let others = self.directory.connection(id).await?.map(|connection| connection.channels);
        for other in others.unwrap_or_default() {
            if other == channel {
                continue;
            }
            let other = self.directory.channel(other).await?;
            // Some may have been deleted, or are reached another way by now.
            channels.extend(other.filter(|it| !it.status.is_deleted() && it.connection_id == id));
        }
        let app = self.meta_app().await?;
        let graph = self.graph(&app);
        let working = self.working(&graph, setup.id, login, now).await?;
        let calls: Vec<_> =
            channels.iter().map(|channel| graph.prove(&working.covered, &channel.external_id)).collect();
        let proved: Vec<_> = stream::iter(calls).buffered(PAGES_AT_ONCE).collect().await;
        let (mut tokens, mut mended, mut settled) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (channel, token) in channels.iter().zip(proved) {
            match token {
                Ok(token) => {
                    tokens.insert(channel.external_id.clone(), token.into_string());
                    mended.push(channel);
                }
                Err(problem) => settled.push(page(channel, Outcome::Failed(problem))),
            }
        }
        // A login that reaches nothing must not take the place of one that may.
        if mended.is_empty() {
            return Ok(settled);
        }
        let linked = Linked { user_id: login.user_id.clone(), user_name: login.user_name.clone() };
        let renewed = working.renewed.map(|(token, end)| (token.into_string(), end));
        let grant =
            Grant { linked, renewed, pages: tokens, channels: channels.iter().map(|it| it.id).collect() };
        self.grant(id, &grant, now).await?;
        for channel in mended {
            self.release(channel, now).await?;
            settled.push(page(channel, Outcome::Connected(channel.id)));
        }
        // What is wrong with the others is named by the check; and it may have been due for something else.
        self.directory.check_connection_soon(id, now).await?;
        Ok(settled)
    }

    async fn release(&self, channel: &Channel, now: Timestamp) -> Result<(), ApiError> {
        if !channel.status.is_on() || matches!(channel.health, ChannelHealth::Healthy { .. }) {
            return Ok(());
        }
        let _released_meanwhile = self.directory.release_channel(channel.id, now).await?;
        tracing::info!(
            channel.id = %channel.id, connection.id = %channel.connection_id,
            "Channel `{}` can send again: it was authorized anew", channel.id
        );
        Ok(())
    }
}

fn page(channel: &Channel, outcome: Outcome) -> ChosenPage {
    ChosenPage {
        page_id: channel.external_id.clone(),
        page_name: channel.name.clone(),
        name: channel.name.clone(),
        resume: false,
        outcome: Some(outcome),
    }
}
