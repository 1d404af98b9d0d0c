//! `GET /api/setups/{setup}/pages`: every Page of the login, and whether it can be connected (CHN-8).

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::setup::SetupProblem;
use madoguchi_domain::{Channel, ChannelId, ChannelKind, Language, SetupId};
use serde::Serialize;

use super::view::ProblemView;
use super::{ConnectApi, SharedConnect};
use crate::ApiError;
use crate::auth::Operator;
use crate::input::InPath;

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct PagesView {
    items: Vec<PageView>,
}

/// One Page.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FacebookPage))]
struct PageView {
    page_id: String,
    name: String,
    /// Whether it can be chosen.
    available: bool,
    /// Its channel, if it has one or had one.
    channel_id: Option<ChannelId>,
    /// Why not; or what choosing it takes.
    problem: Option<ProblemView>,
}

/// List the Pages of the login
///
/// For administrators. Every Page that Facebook lists, and why it cannot be connected where it cannot.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/setups/{setup}/pages", operation_id = "listSetupPages", tag = "Connecting",
    responses((status = 200, description = "The Pages.", body = PagesView)),
    extensions(("x-errors" = json!(["setup_without_step", "login_needed", "login_ended", "meta_app_missing"]))),
))]
pub(crate) async fn pages(
    State(api): SharedConnect,
    administrator: Operator,
    InPath(id): InPath<SetupId>,
) -> Result<Json<PagesView>, ApiError> {
    let setup = api.going_on(id, &administrator).await?;
    let token = api.user_token(id, setup.facebook()?.logged_in()?).await?;
    let app = api.meta_app().await?;
    let covered = api.graph(&app).covered(&token).await?;
    let channels = api.directory.channels().await?;
    let language = administrator.reader().language;
    let mut names = HashMap::new();
    let mut items = Vec::with_capacity(covered.pages.len());
    for page in &covered.pages {
        let channel = channel_of(&channels, &page.page_id);
        let problem = match channel {
            Some(channel) => Some(api.taken_by(channel, &mut names).await?),
            None => covered.problem(page),
        };
        items.push(view(page.page_id.clone(), page.name.clone(), channel, problem, language));
    }
    Ok(Json(PagesView { items }))
}

fn view(
    page_id: String,
    name: String,
    channel: Option<&Channel>,
    problem: Option<SetupProblem>,
    language: Language,
) -> PageView {
    PageView {
        page_id,
        name,
        available: matches!(problem, None | Some(SetupProblem::ChannelDeleted)),
        channel_id: channel.map(|channel| channel.id),
        problem: problem.map(|problem| ProblemView::new(&problem, None, language)),
    }
}

/// The Page's channel, deleted or not.
pub(super) fn channel_of<'a>(channels: &'a [Channel], page_id: &str) -> Option<&'a Channel> {
    channels.iter().find(|channel| channel.kind == ChannelKind::Messenger && channel.external_id == page_id)
}

impl ConnectApi {
    /// What it means for a Page that it has a channel. `names` remembers who is who.
    pub(super) async fn taken_by(
        &self,
        channel: &Channel,
        names: &mut HashMap<String, String>,
    ) -> Result<SetupProblem, ApiError> {
        if channel.status.is_deleted() {
            return Ok(SetupProblem::ChannelDeleted);
        }
        let Some(installer) = &channel.installer else {
            return Ok(SetupProblem::ChannelExists { installer: None });
        };
        if !names.contains_key(&installer.0) {
            let person = self.directory.person(installer).await?;
            let name = person.map_or_else(|| installer.0.clone(), |person| person.name);
            names.insert(installer.0.clone(), name);
        }
        Ok(SetupProblem::ChannelExists { installer: names.get(&installer.0).cloned() })
    }
}
