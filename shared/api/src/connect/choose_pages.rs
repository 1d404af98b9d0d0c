//! `PUT /api/setups/{setup}/pages`: which Pages become channels. Facebook is asked whether they can.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::SetupId;
use madoguchi_domain::organisation::{self, NAME_LENGTH};
use madoguchi_domain::setup::SetupRefused;
use madoguchi_domain::setup::facebook::ChosenPage;
use serde::Deserialize;

use super::SharedConnect;
use super::view::SetupView;
use crate::ApiError;
use crate::auth::Operator;
use crate::input::{InPath, JsonBody};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Chosen {
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 20))]
    pages: Vec<Wanted>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ChosenPage))]
struct Wanted {
    page_id: String,
    /// The Page's own unless told.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: Option<String>,
    /// Whether an account whose channel was deleted goes on as that channel. Left out: `false`.
    #[serde(default)]
    resume: bool,
}

/// Choose Pages
///
/// For administrators. They take the place of those chosen before. A Page without `name` is called as at Facebook.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/setups/{setup}/pages", operation_id = "chooseSetupPages", tag = "Connecting",
    request_body = inline(Chosen),
    responses(
        (status = 200, description = "Everything that was chosen, and the next step.", body = SetupView),
    ),
    extensions(("x-errors" = json!(["pages", "setups", "login_ended", "meta_app_missing"]))),
))]
pub(crate) async fn choose_pages(
    State(api): SharedConnect,
    administrator: Operator,
    InPath(id): InPath<SetupId>,
    JsonBody(Chosen { pages }): JsonBody<Chosen>,
) -> Result<Json<SetupView>, ApiError> {
    let setup = api.going_on(id, &administrator).await?;
    setup.may_choose()?;
    let login = setup.facebook()?.logged_in()?.clone();
    let token = api.user_token(id, &login).await?;
    let app = api.meta_app().await?;
    let covered = api.graph(&app).covered(&token).await?;
    let mut chosen = Vec::with_capacity(pages.len());
    for Wanted { page_id, name, resume } in pages {
        let listed = covered.pages.iter().find(|page| page.page_id == page_id);
        let listed = listed.ok_or_else(|| SetupRefused::PageNotCovered(page_id.clone()))?;
        if let Some(problem) = covered.problem(listed) {
            return Err(ApiError::PageNotConnectable { page_id, problem });
        }
        let called = name.as_deref().unwrap_or(&listed.name);
        // A Page may be called what no channel can be.
        let name = organisation::name(called)
            .or_else(|| name.is_none().then(|| fitting(&listed.name, &page_id)))
            .ok_or_else(ApiError::bad_name)?;
        let page_name = listed.name.clone();
        chosen.push(ChosenPage { page_id, page_name, name, resume, outcome: None });
    }
    let setup = api
        .change(id, &administrator, |setup, _| {
            let facebook = setup.facebook_mut()?;
            // Somebody else's login by now: it was not asked about these Pages.
            if facebook.logged_in()?.user_id != login.user_id {
                return Err(SetupRefused::LoginNeeded.into());
            }
            Ok(facebook.choose(chosen.clone())?)
        })
        .await?;
    Ok(Json(SetupView::new(&setup, administrator.reader().language, api.clock.now())))
}

/// What a channel is called whose Page has a name that is too long, or none.
fn fitting(name: &str, page_id: &str) -> String {
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(NAME_LENGTH).collect();
    organisation::name(&name).unwrap_or_else(|| page_id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chn_11_every_page_gets_a_name() {
        let long = "店".repeat(NAME_LENGTH);
        for (name, expected) in
            [("a\nb", "ab"), ("", "10"), (" ", "10"), (&format!("{long}店"), long.as_str())]
        {
            assert_eq!(fitting(name, "10"), expected);
        }
    }
}
