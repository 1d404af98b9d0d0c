//! The Pages of a setup become channels. Secret, connection, channels, in this order: after a crash between any two of them
//! the setup can be finished again. A channel is never there without a way to reach it.

use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt, stream};
use madoguchi_domain::setup::SetupProblem;
use madoguchi_domain::setup::facebook::{ChosenPage, Facebook, Outcome, Source};
use madoguchi_domain::{
    BrandId, Channel, ChannelHealth, ChannelId, ChannelKind, ConnectionId, DepartmentId, Setup, Timestamp,
    organisation,
};
use madoguchi_store::Saved;
use madoguchi_store::directory::Linked;

use super::ConnectApi;
use super::login_secret::Grant;
use super::pages::channel_of;
use crate::ApiError;
use crate::auth::Operator;

/// Meta counts calls per Page.
const PAGES_AT_ONCE: usize = 8;

impl ConnectApi {
    pub(super) async fn connect_pages(
        &self,
        setup: &Setup,
        facebook: &Facebook,
        administrator: &Operator,
    ) -> Result<Vec<ChosenPage>, ApiError> {
        let (login, now) = (facebook.logged_in()?, self.clock.now());
        let app = self.meta_app().await?;
        let graph = self.graph(&app);
        let working = self.working(&graph, setup.id, login, now).await?;
        let connection_id = match &login.source {
            Source::Connection(connection) => *connection,
            Source::Setup(_) => ConnectionId::derive(ChannelKind::Messenger, &login.user_id),
        };
        let channels = self.directory.channels().await?;
        let (free, mut settled) = self.sift(facebook, &channels, connection_id, administrator).await?;
        let calls: Vec<_> = free.iter().map(|page| graph.prove(&working.covered, &page.page_id)).collect();
        let proved: Vec<_> = stream::iter(calls).buffered(PAGES_AT_ONCE).collect().await;
        let mut tokens = BTreeMap::new();
        let mut ready = Vec::new();
        for (page, token) in free.into_iter().zip(proved) {
            match token {
                Ok(token) => {
                    tokens.insert(page.page_id.clone(), token.into_string());
                    ready.push(page);
                }
                Err(problem) => settled.push(with(page, Outcome::Failed(problem))),
            }
        }
        if ready.is_empty() {
            return Ok(settled);
        }
        let channel_ids = ready.iter().map(|page| channel_id(page)).collect();
        let linked = Linked { user_id: login.user_id.clone(), user_name: login.user_name.clone() };
        let renewed = working.renewed.map(|(token, end)| (token.into_string(), end));
        let grant = Grant { linked, renewed, pages: tokens, channels: channel_ids };
        self.grant(connection_id, &grant, now).await?;
        let mut added = Ok(());
        for page in ready {
            match self.add(setup, page, connection_id, administrator, now).await {
                Ok(outcome) => settled.push(with(page, outcome)),
                Err(error) => {
                    added = Err(error);
                    break;
                }
            }
        }
        // Whatever it was due for before, such as the end of a Page that was deleted. Not sooner: a Page that comes back
        // would look deleted still.
        self.directory.check_connection_soon(connection_id, now).await?;
        added.map(|()| settled)
    }

    /// The Pages that can be connected, and what is known of the others.
    async fn sift<'a>(
        &self,
        facebook: &'a Facebook,
        channels: &[Channel],
        connection: ConnectionId,
        administrator: &Operator,
    ) -> Result<(Vec<&'a ChosenPage>, Vec<ChosenPage>), ApiError> {
        let departments = self.directory.departments().await?;
        let departments = departments.iter().filter(|department| department.removed_at.is_none()).count();
        let there =
            |channel: &&Channel| channel.kind == ChannelKind::Messenger && !channel.status.is_deleted();
        let mut count = channels.iter().filter(there).count();
        let (mut free, mut settled, mut names) = (Vec::new(), Vec::new(), HashMap::new());
        for page in &facebook.pages {
            let mut known = |outcome| settled.push(with(page, outcome));
            match channel_of(channels, &page.page_id) {
                Some(channel) if is_ours(channel, connection, administrator) => {
                    known(Outcome::Connected(channel.id));
                    continue;
                }
                Some(channel) if !channel.status.is_deleted() || !page.resume => {
                    known(Outcome::Failed(self.taken_by(channel, &mut names).await?));
                    continue;
                }
                Some(_) | None => {}
            }
            if let Err(refused) = organisation::may_connect(ChannelKind::Messenger, count, departments) {
                let departments = refused.departments;
                known(Outcome::Failed(SetupProblem::TooManyChannels { departments }));
                continue;
            }
            count += 1;
            free.push(page);
        }
        Ok((free, settled))
    }

    /// Adds the channel of a Page whose connection is there, or goes on with the one that was deleted.
    async fn add(
        &self,
        setup: &Setup,
        page: &ChosenPage,
        connection: ConnectionId,
        administrator: &Operator,
        now: Timestamp,
    ) -> Result<Outcome, ApiError> {
        let channel = Channel {
            brand: setup.brand.at(),
            department: setup.department.at(),
            installer: Some(administrator.id.clone()),
            // The test call was answered a moment ago.
            health: ChannelHealth::Healthy { since: now },
            ..Channel::new(ChannelKind::Messenger, &*page.name, &*page.page_id, connection, now)
        };
        let saved = match self.directory.channel(channel.id).await? {
            Some(deleted) if page.resume && deleted.status.is_deleted() => {
                let channel = self.resumed(channel.clone(), &deleted).await?;
                let saved = self.directory.resume_channel(&channel, &deleted).await?;
                if saved == Saved::Done {
                    let _healthy_already = self.directory.release_channel(channel.id, now).await?;
                }
                saved
            }
            _ => self.directory.add_channel(&channel).await?,
        };
        if saved == Saved::Done {
            tracing::info!(
                channel.id = %channel.id, connection.id = %connection, operator.id = administrator.id.0,
                "Connected channel `{}`", channel.id
            );
            return Ok(Outcome::Connected(channel.id));
        }
        let Some(other) = self.directory.channel(channel.id).await? else {
            return Err(ApiError::contended("the channel"));
        };
        if is_ours(&other, connection, administrator) {
            return Ok(Outcome::Connected(other.id));
        }
        // Somebody was faster, with a login of their own: ours does not reach the Page any more.
        self.directory.check_connection_soon(connection, now).await?;
        Ok(Outcome::Failed(self.taken_by(&other, &mut HashMap::new()).await?))
    }

    /// `new` with what stays of the channel that it was. It keeps its place if nobody names another one and that is still
    /// there.
    pub(super) async fn resumed(&self, new: Channel, deleted: &Channel) -> Result<Channel, ApiError> {
        let brand = match (new.brand, deleted.brand) {
            (None, Some(kept)) => self.kept_brand(kept).await?,
            (brand, _) => brand,
        };
        let department = match (new.department, deleted.department) {
            (None, Some(kept)) => self.kept_department(kept).await?,
            (department, _) => department,
        };
        let (settings, created_at) = (deleted.settings.clone(), deleted.created_at);
        Ok(Channel { brand, department, settings, created_at, ..new })
    }

    async fn kept_brand(&self, kept: BrandId) -> Result<Option<BrandId>, ApiError> {
        match self.has_brand(Some(kept)).await {
            Ok(()) => Ok(Some(kept)),
            Err(ApiError::BrandNotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn kept_department(&self, kept: DepartmentId) -> Result<Option<DepartmentId>, ApiError> {
        match self.has_department(Some(kept)).await {
            Ok(()) => Ok(Some(kept)),
            Err(ApiError::DepartmentNotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn with(page: &ChosenPage, outcome: Outcome) -> ChosenPage {
    ChosenPage { outcome: Some(outcome), ..page.clone() }
}

fn channel_id(page: &ChosenPage) -> ChannelId {
    ChannelId::derive(ChannelKind::Messenger, &page.page_id)
}

/// Whether the channel is one that this administrator has connected with this login: the setup is finished again.
fn is_ours(channel: &Channel, connection: ConnectionId, administrator: &Operator) -> bool {
    !channel.status.is_deleted()
        && channel.connection_id == connection
        && channel.installer.as_ref() == Some(&administrator.id)
}
