//! One's own profile and notifications (SND-1 to SND-3, NTF-1 to NTF-6).

mod browser;
mod notifications;
mod profile;
mod sync;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use madoguchi_domain::Act;
use maud::html;

use crate::Console;
use crate::error::{For as _, Paged};
use crate::parts;
use crate::view::View;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/settings/me", get(show))
        .route("/console/settings/me/troubles", get(notifications::troubles))
}

async fn show(view: View) -> Paged {
    let title = view.say("プロフィールと通知", "Profile and notifications");
    let administrates = view.may(Act::Administrate);
    let sync =
        async { if administrates { view.get::<sync::Sync>("/api/sender-sync").await.ok() } else { None } };
    let (me, notifications, browsers, sync) = tokio::join!(
        view.get::<profile::Me>("/api/me"),
        view.get::<notifications::Notifications>("/api/me/notifications"),
        view.get::<browser::Browsers>("/api/me/push-subscriptions"),
        sync,
    );
    let (me, notifications) = (me.for_(&view)?, notifications.for_(&view)?);
    let lead = view.say(
        "お客様への表示名、通知の受け取り方、このブラウザーの設定です。",
        "How customers see you, what you are told of, and how this browser behaves.",
    );
    let content = html! {
        (parts::heading(title, lead, &html! {}))
        (profile::card(&view, &me))
        (notifications::card(&view, &notifications))
        (browser::card(&view, browsers.as_ref().ok()))
        @if let Some(sync) = sync { (sync::card(&view, &sync)) }
    };
    Ok(super::page(&view, "me", title, &content))
}
