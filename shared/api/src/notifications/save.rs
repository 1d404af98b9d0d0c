//! `PUT /api/me/notifications`: from now on the caller is told of this (NTF-5).

use axum::extract::State;
use madoguchi_domain::Language;
use madoguchi_domain::notify::{Kind, Settings, Ways};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::chosen;
use super::view::{NotificationsView, Tongue};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::etag::{IfMatch, Tagged};
use crate::input::JsonBody;
use crate::{ApiError, SharedOrganisation};

/// All of it: what somebody saves is what they saw.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Wish {
    /// `mine`: a customer wrote in a conversation that is yours. `others`: in a colleague's. `unassigned`: in one
    /// that is nobody's,
    /// while you are available. `assigned`: somebody, or a channel's rule, gave you a conversation.
    kinds: Kinds,
    /// Of your e-mail; null = Japanese.
    #[serde(default)]
    language: Option<Tongue>,
}

/// `mine`: a customer wrote in a conversation that is yours. `others`: in a colleague's. `unassigned`: in one that
/// is nobody's,
/// while you are available. `assigned`: somebody, or a channel's rule, gave you a conversation.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct Kinds {
    mine: Both,
    others: Both,
    unassigned: Both,
    assigned: Both,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct Both {
    desktop: bool,
    email: bool,
}

impl Wish {
    fn fulfil(self, settings: &mut Settings) {
        let Kinds { mine, others, unassigned, assigned } = self.kinds;
        for (kind, Both { desktop, email }) in [
            (Kind::Mine, mine),
            (Kind::Others, others),
            (Kind::Unassigned, unassigned),
            (Kind::Assigned, assigned),
        ] {
            settings.choose(kind, Ways { desktop, email });
        }
        settings.choose_language(self.language.map(Language::from));
    }
}

/// Save what you are told of
///
/// All of it, as it was shown. It takes effect at once for e-mail that waits, and within half a minute for what
/// happens next.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/me/notifications", operation_id = "saveMyNotifications", tag = "Notifications",
    params(IfMatch),
    request_body = inline(Wish),
    responses(
        (status = 200, description = "What you are told of.", body = NotificationsView, headers(("ETag"))),
    ),
))]
pub(crate) async fn save(
    State(api): SharedOrganisation,
    operator: Operator,
    meant: IfMatch,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Tagged<NotificationsView>, ApiError> {
    let api = api.by(&operator);
    let language = operator.reader().language;
    for _ in 0..TRIES {
        let (before, person) = chosen(&api.directory, &operator.id).await?;
        let view = |settings: &Settings| {
            NotificationsView::new(settings, person.as_ref(), operator.is_administrator(), language)
        };
        meant.check(before.rev, || view(&before))?;
        let mut after = before.clone();
        wish.fulfil(&mut after);
        if after == before {
            return Ok(Tagged(before.rev, view(&before)));
        }
        if api.directory.save_notify_settings(&after).await? == Saved::Done {
            after.rev += 1;
            tracing::info!(operator.id = operator.id.0, "An operator chose what they are told of");
            return Ok(Tagged(after.rev, view(&after)));
        }
    }
    Err(ApiError::contended("the notification settings"))
}
