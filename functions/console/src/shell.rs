//! What is around every page: the head, the way to other pages, the person's own menu.

use madoguchi_domain::{Language, Role};
use maud::{DOCTYPE, Markup, html};

use crate::assets::address;
use crate::parts::{Icon, icon};
use crate::view::View;

/// Where a page stands in the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Inbox,
    Search,
    Tickets,
    Reports,
    Settings,
    Nowhere,
}

/// A whole page. `title` is what the tab says.
pub(crate) fn page(view: &View, place: Place, title: &str, content: &Markup) -> Markup {
    document(
        view,
        title,
        "page",
        &html! {
            a.skip href="#main" { (view.say("本文へ移動", "Skip to content")) }
            (menu(view, place))
            main #main tabindex="-1" { (content) }
            (leftovers(view))
        },
    )
}

/// A document around `body`.
pub(crate) fn document(view: &View, title: &str, kind: &str, body: &Markup) -> Markup {
    let language = match view.language {
        Language::Ja => "ja",
        Language::En => "en",
    };
    // Nothing that would need `unsafe-inline` or `unsafe-eval`.
    let htmx = r#"{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"selfRequestsOnly":true,"defaultSwapStyle":"innerHTML","historyCacheSize":0,"refreshOnHistoryMiss":true,"scrollBehavior":"auto"}"#;
    html! {
        (DOCTYPE)
        html lang=(language) data-theme=(view.theme.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="csrf" content=(view.visitor.csrf);
                meta name="visitor" content=(view.visitor.id());
                meta name="htmx-config" content=(htmx);
                meta name="color-scheme" content="light dark";
                title { (title) " · Madoguchi" }
                link rel="icon" href=(address("img/icon.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(address("app.css"));
                script src=(address("vendor/htmx.min.js")) defer {}
                script src=(address("vendor/idiomorph.min.js")) defer {}
                script type="module" src=(address("js/main.js")) {}
            }
            body data-kind=(kind) data-assets=(address("")) hx-ext="morph" { (body) }
        }
    }
}

fn menu(view: &View, place: Place) -> Markup {
    let entries = [
        (Place::Inbox, "/console/inbox", Icon::Inbox, view.say("受信箱", "Inbox")),
        (Place::Search, "/console/search", Icon::Search, view.say("検索", "Search")),
        (Place::Tickets, "/console/tickets", Icon::Ticket, view.say("チケット", "Tickets")),
        (Place::Reports, "/console/reports", Icon::Chart, view.say("レポート", "Reports")),
        (Place::Settings, "/console/settings", Icon::Settings, view.say("設定", "Settings")),
    ];
    html! {
        header.menu {
            a.menu-mark href="/console/inbox" aria-label="Madoguchi" { (icon(Icon::Mark)) }
            nav.menu-places aria-label=(view.say("メインメニュー", "Main menu")) {
                @for (of, href, shape, name) in entries {
                        a href=(href) aria-current=[(of == place).then_some("page")] data-place=(format!("{of:?}")) {
                            (icon(shape)) span { (name) }
                        }
                }
            }
            div.menu-own {
                button.icon-button type="button" data-command="palette" title=(view.say("コマンド (Ctrl+K)", "Commands (Ctrl+K)")) {
                    (icon(Icon::Command)) span.sr { (view.say("コマンド", "Commands")) }
                }
                div #availability hx-get="/console/availability" hx-trigger="load, renew, every 120s, madoguchi:counts from:document throttle:10s" hx-swap="morph:innerHTML" {}
                div #bell hx-get="/console/bell" hx-trigger="load, renew, every 60s, madoguchi:counts from:document throttle:10s, madoguchi:notice from:document throttle:5s" hx-swap="morph:innerHTML" {}
                details.menu-person data-popover {
                    summary title=(view.visitor.name()) { (crate::parts::initials(view.visitor.name())) span.sr { (view.say("自分のメニュー", "Own menu")) } }
                    div.popover {
                        p.popover-title { (view.visitor.name()) br; span.muted { (role(view)) } }
                        a href="/console/settings/me" { (icon(Icon::User)) (view.say("プロフィールと通知", "Profile and notifications")) }
                        button type="button" data-command="keys" { (icon(Icon::Keyboard)) (view.say("キーボード操作", "Keyboard shortcuts")) kbd { "?" } }
                        fieldset data-preference="madoguchi_theme" {
                            legend { (view.say("表示", "Appearance")) }
                            @for (value, name) in [("auto", view.say("自動", "Auto")), ("light", view.say("ライト", "Light")), ("dark", view.say("ダーク", "Dark"))] {
                                label { input type="radio" name="theme" value=(value) checked[value == view.theme.as_str()]; span { (name) } }
                            }
                        }
                        fieldset data-preference="madoguchi_language" {
                            legend { "言語 · Language" }
                            @for (value, name, of) in [("ja", "日本語", Language::Ja), ("en", "English", Language::En)] {
                                label { input type="radio" name="language" value=(value) checked[of == view.language]; span lang=(value) { (name) } }
                            }
                        }
                        form method="post" action="/console/sign-out" data-sign-out {
                            input type="hidden" name="csrf" value=(view.visitor.csrf);
                            button type="submit" { (icon(Icon::LogOut)) (view.say("サインアウト", "Sign out")) }
                        }
                    }
                }
            }
        }
    }
}

const fn role(view: &View) -> &'static str {
    match view.visitor.role {
        Role::Owner => view.say("オーナー", "Owner"),
        Role::Administrator => view.say("管理者", "Administrator"),
        Role::Operator => view.say("オペレーター", "Operator"),
    }
}

/// Empty places that scripts fill, and the words that they use.
fn leftovers(view: &View) -> Markup {
    let words = serde_json::json!({
        "offline": view.say("オフラインです。再接続しています…", "You are offline. Reconnecting …"),
        "online": view.say("再接続しました", "Connected again"),
        "signedOut": view.say("セッションが終了しました。入力中の内容は残っています。", "Your session has ended. What you typed is kept."),
        "signIn": view.say("サインイン", "Sign in"),
        "failed": view.say("実行できませんでした。もう一度お試しください。", "That did not work. Please try again."),
        "cancel": view.say("キャンセル", "Cancel"),
        "ok": view.say("実行する", "Do it"),
        "undo": view.say("元に戻す", "Undo"),
        "close": view.say("閉じる", "Close"),
        "saved": view.say("保存しました", "Saved"),
        "under": view.say("1分未満", "under 1 min"),
        "minutes": view.say("{n}分", "{n} min"),
        "hours": view.say("{n}時間", "{n} h"),
        "days": view.say("{n}日", "{n} d"),
    });
    html! {
        div #banner role="status" aria-live="polite" {}
        div #toasts role="status" aria-live="polite" {}
        dialog #dialog {}
        template #words data-words=(words.to_string()) {}
    }
}
