//! Brands: the faces that the organisation shows (CHN-13).

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};

use super::organisation::{Brand, Channel, brands, channel_names, channels, errors, tag};
use super::timers::given;
use crate::Console;
use crate::error::{For as _, Paged};
use crate::parts::{Icon, empty, field, heading, icon};
use crate::view::View;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/settings/brands", get(show))
}

async fn show(view: View) -> Paged {
    let (brands, channels) = tokio::try_join!(brands(&view), channels(&view)).for_(&view)?;
    let content = content(&view, &brands, &channels);
    if view.part {
        return Ok(content);
    }
    let title = view.say("ブランド", "Brands");
    let whole = html! {
        (heading(title, view.say(
            "お客様に見せる名前ごとのまとまりです。チャンネルをまとめ、タイマーや不適切な表現の基準を共通にできます。",
            "The names that customers know you by. A brand groups channels, and gives them timers and a list of offensive words in common.",
        ), &html! {}))
        div #brands hx-get="/console/settings/brands" hx-trigger="renew" hx-swap="morph:innerHTML" { (content) }
    };
    Ok(super::page(&view, "brands", title, &whole))
}

fn content(view: &View, brands: &[Brand], channels: &[Channel]) -> Markup {
    html! {
        form.card.form.inline-form data-call="POST /brands" data-done=(view.say("ブランドを追加しました", "Brand added")) data-refresh="#brands" data-clear data-errors=[errors(view)] {
            (field("brand-name", view.say("新しいブランド", "New brand"), None, &html! {
                input #brand-name name="name" required maxlength="100" autocomplete="off" placeholder=(view.say("例：青空ストア", "Aozora Store"));
            }))
            p.field-error data-form-error role="alert" hidden {}
            div.form-acts { button type="submit" { (icon(Icon::Plus)) (view.say("追加", "Add")) } }
        }
        @if brands.is_empty() {
            (empty(Icon::Store, view.say("ブランドはまだありません", "No brands yet"), &html! {
                p { (view.say("ブランドがひとつだけなら、なくてもかまいません。複数の名前で応対するときに追加し、チャンネルの設定で選びます。", "With a single brand you need none. Add some if you answer under several names, and choose them in the settings of channels.")) }
            }))
        } @else {
            div.cards { @for brand in brands { (card(view, brand, channels)) } }
        }
    }
}

fn card(view: &View, brand: &Brand, channels: &[Channel]) -> Markup {
    let path = format!("/brands/{}", brand.id);
    let of = || channels.iter().filter(|channel| channel.brand_id.as_deref() == Some(&brand.id));
    let remove =
        view.say("ブランド「{}」を削除しますか？", "Delete the brand “{}”?").replace("{}", &brand.name);
    html! {
        article.card.org-place #(format!("brand-{}", brand.id)) {
            details.org-edit {
                summary { h2 dir="auto" { (brand.name) } span.org-row-hint { (icon(Icon::Pencil)) span.sr { (view.say("名前を変更", "Rename")) } } }
                form.form data-call=(format!("PATCH {path}")) data-version=(tag(brand.version)) data-done=(view.say("保存しました", "Saved")) data-refresh="#brands" data-close data-errors=[errors(view)] {
                    (field(&format!("name-{}", brand.id), view.say("名前", "Name"), None, &html! {
                        input id=(format!("name-{}", brand.id)) name="name" required maxlength="100" autocomplete="off" value=(brand.name) dir="auto";
                    }))
                    p.field-error data-form-error role="alert" hidden {}
                    div.form-acts { button type="submit" { (view.say("保存", "Save")) } }
                }
            }
            @if of().next().is_some() { (channel_names(of())) }
            @else { p.muted { (view.say("チャンネルはありません。チャンネルの設定で選べます。", "No channels. Choose the brand in a channel's settings.")) } }
            p.place-line { (icon(Icon::Timer)) span { (given(view, &brand.timers)) } }
            div.form-acts {
                a.button.small href=(format!("/console/settings/timers/brand/{}", brand.id)) { (view.say("タイマー", "Timers")) }
                a.button.small href="/console/settings/profanity" { (view.say("不適切な表現", "Offensive words")) }
                @if of().next().is_none() {
                    button.button.small.danger type="button" data-call=(format!("DELETE {path}")) data-confirm=(remove)
                        data-confirm-text=(view.say("このブランドのタイマーと不適切な表現の設定も使われなくなります。これまでの会話は残ります。", "Its timers and its list of offensive words are no longer used. Conversations stay."))
                        data-confirm-yes=(view.say("削除する", "Delete")) data-done=(view.say("ブランドを削除しました", "Brand deleted")) data-refresh="#brands" data-errors=[errors(view)] {
                        (view.say("削除", "Delete"))
                    }
                } @else {
                    span.hint { (view.say("削除するには、先にチャンネルを別のブランドへ移します。", "To delete it, move its channels to another brand first.")) }
                }
            }
        }
    }
}
