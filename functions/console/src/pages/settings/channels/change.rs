//! `/console/settings/channels/{id}/settings`: what an administrator chooses for a channel. Timers have a page of their own.

use axum::extract::Path;
use madoguchi_domain::ChannelKind;
use maud::{Markup, html};

use super::data::{Channel, Named, Settings, Told, items};
use super::frame::{self, Tab};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, banner, check, field, icon};
use crate::view::View;

pub(super) async fn show(view: View, Path(id): Path<String>) -> Paged {
    let (channel, brands, departments) = tokio::join!(
        Channel::tagged(&view, &id),
        items::<Named>(&view, "/api/brands"),
        items::<Named>(&view, "/api/departments"),
    );
    let (channel, version) = channel.for_(&view)?;
    let (brands, departments) = (brands.for_(&view)?, departments.for_(&view)?);
    let content = if channel.is_deleted() {
        banner(
            "info",
            &html! { (view.say("削除したチャンネルの設定は変更できません。", "The settings of a deleted channel cannot be changed.")) },
        )
    } else {
        form(&view, &channel, &version, &brands, &departments)
    };
    if view.part {
        return Ok(content);
    }
    let content = html! {
        div #channel-settings hx-get=(format!("/console/settings/channels/{id}/settings")) hx-trigger="renew" hx-swap="morph:innerHTML" { (content) }
        @if !channel.is_deleted() { (picture(&view, &channel)) }
    };
    Ok(frame::page(&view, &channel, Tab::Settings, &content))
}

fn form(view: &View, channel: &Channel, version: &str, brands: &[Named], departments: &[Named]) -> Markup {
    let settings = &channel.settings;
    let errors = serde_json::json!({
        "changed_meanwhile": view.say(
            "ほかの人がこの設定を変更しました。ページを再読み込みして、もう一度ご変更ください。",
            "Somebody else has changed these settings. Reload the page and change them again.",
        ),
        "settings_out_of_bounds": view.say("範囲外の値があります。各項目の説明をご確認ください。", "A value is out of its bounds. See the hint of each field."),
        "brand_not_found": { "field": "brand_id", "text": view.say("このブランドは削除されました。", "This brand is gone.") },
        "department_not_found": { "field": "department_id", "text": view.say("この部門は削除されました。", "This department is gone.") },
    });
    html! {
        form.form.channel-form data-call=(format!("PATCH /channels/{}", channel.id)) data-version=(version)
            data-done=(view.say("設定を保存しました", "The settings are saved")) data-refresh="#channel-settings" data-errors=(errors.to_string()) {
            (basics(view, channel, brands, departments))
            (replies(view, channel.kind, settings))
            (who(view, channel, settings))
            (ends(view, channel.kind, settings))
            (bot(view, channel, settings))
            p.form-error data-form-error role="alert" hidden {}
            div.form-acts.sticky {
                button type="submit" { (view.say("設定を保存", "Save the settings")) }
                span.hint { (view.say("対応中の会話にも1〜2分で反映されます。", "Open conversations follow within a minute or two.")) }
            }
        }
    }
}

fn basics(view: &View, channel: &Channel, brands: &[Named], departments: &[Named]) -> Markup {
    html! {
        fieldset.card {
            legend { (view.say("基本", "Basics")) }
            (field("name", view.say("名前", "Name"), Some(view.say("受信箱での表示名です（100文字まで）。お客様には表示されません。", "What it is called in the inbox, up to 100 characters. Customers do not see it.")), &html! {
                input #name name="name" value=(channel.name) required maxlength="100" autocomplete="off" dir="auto" aria-describedby="name-hint";
            }))
            div.form-row {
                (field("brand_id", view.say("ブランド", "Brand"), Some(view.say("ブランドのタイマーと不適切な表現の設定が適用されます。", "Its timers and its list of offensive words hold here.")), &choice(view, "brand_id", brands, channel.brand_id.as_deref())))
                (field("department_id", view.say("部門", "Department"), Some(view.say("会話の担当部門です。営業時間もこの部門のものを使います。", "Whose its conversations are, and whose business hours count.")), &choice(view, "department_id", departments, channel.department_id.as_deref())))
            }
        }
    }
}

/// One of `of`, or none.
fn choice(view: &View, name: &str, of: &[Named], chosen: Option<&str>) -> Markup {
    html! {
        select id=(name) name=(name) data-type="text-or-null" aria-describedby=(format!("{name}-hint")) {
            option value="" selected[chosen.is_none()] { (view.say("なし", "None")) }
            @for place in of { option value=(place.id) selected[chosen == Some(&place.id)] { (place.name) } }
        }
    }
}

fn replies(view: &View, kind: ChannelKind, settings: &Settings) -> Markup {
    html! {
        fieldset.card {
            legend { (view.say("返信", "Replies")) }
            (check("files", view.say("ファイルの送信を許可する", "Operators may send files"), Some(view.say("オフにすると、オペレーターは文章だけを送れます。お客様からのファイルは受け取ります。", "Switched off, operators send text only. Files of customers still come in.")), settings.files))
            (check("only_assignee_answers", view.say("担当者だけが返信できる", "Only the assignee answers"), Some(view.say("管理者も含め、返信するには先に自分が担当者になります。", "Whoever wants to answer takes the conversation first, administrators too.")), settings.only_assignee_answers))
            @if matches!(kind, ChannelKind::WhatsApp | ChannelKind::Sms) {
                (check("sender_prefix", view.say("文頭にオペレーター名を付ける", "The operator's name stands before the text"), Some(view.say("例: 「山田: …」。文字数に含まれ、SMSでは料金にも影響します。", "Such as “Yamada: …”. It counts, and on SMS it may cost another segment.")), settings.sender_prefix))
            }
            @if kind == ChannelKind::Messenger {
                (check("human_agent", view.say("Human Agent を使う（24時間〜7日の返信）", "Use Human Agent (replies from 24 hours to 7 days)"), Some(view.say("Meta からアプリに Human Agent が許可されている場合だけオンにしてください。許可がないと Meta が返信を拒否します。", "Switch it on only if Meta has granted the app the feature Human Agent: without it Meta refuses these replies.")), settings.human_agent))
            }
        }
    }
}

fn who(view: &View, channel: &Channel, settings: &Settings) -> Markup {
    let operators = format!("/console/settings/channels/{}/operators", channel.id);
    html! {
        fieldset.card {
            legend { (view.say("オペレーターと担当者", "Operators and assignment")) }
            (field("operators", view.say("見て返信できる人", "Who sees and answers it"), Some(view.say("管理者とオーナーは常に見られます。先に下のリンクからオペレーターを追加してください。", "Administrators and owners always do. Add its operators first, by the link below.")), &html! {
                select #operators name="operators" aria-describedby="operators-hint" {
                    option value="everybody" selected[settings.operators == "everybody"] { (view.say("すべてのオペレーター", "All operators")) }
                    option value="associated" selected[settings.operators == "associated"] { (view.say("このチャンネルのオペレーターだけ", "Its own operators only")) }
                }
            }))
            p { a href=(operators) { (view.say("このチャンネルのオペレーターを見る", "See the operators of this channel")) } }
            (check("add_new_operators", view.say("新しいメンバーを自動で追加する", "Whoever is new is added by itself"), Some(view.say("初めてサインインした人が、このチャンネルのオペレーターになります。", "Who signs in for the first time becomes one of its operators.")), settings.add_new_operators))
            (field("assignment", view.say("担当者の自動割り当て", "Assigning by itself"), Some(view.say("対応可能な人に、待っている順に割り当てます。ボットが対応中の会話は引き継ぎまで待ちます。", "To those who are available, first come, first served. What a bot has waits for its hand-over.")), &html! {
                select #assignment name="assignment" aria-describedby="assignment-hint" {
                    @for (value, name) in [
                        ("off", view.say("割り当てない", "To nobody")),
                        ("round_robin", view.say("順番に", "One after the other")),
                        ("least_busy", view.say("対応中の会話が最も少ない人に", "To whoever has the fewest")),
                    ] { option value=(value) selected[settings.assignment == value] { (name) } }
                }
            }))
            (field("assignment_capacity", view.say("一人が同時に持つ会話の上限", "How many conversations one person holds"), Some(view.say("自動割り当ての上限です。1〜200、空欄は200。全チャンネルの合計で数えます。", "For assigning by itself: 1 to 200, empty for 200, counted over all channels.")), &html! {
                input #assignment_capacity name="assignment_capacity" type="number" min="1" max="200" inputmode="numeric" value=[settings.assignment_capacity] aria-describedby="assignment_capacity-hint";
            }))
        }
    }
}

fn ends(view: &View, kind: ChannelKind, settings: &Settings) -> Markup {
    let automatic = view.say(
        "返信期限内にだけ自動で送られ、返信とは数えません。",
        "Sent by itself, inside the time to answer only; it does not count as an answer.",
    );
    html! {
        fieldset.card {
            legend { (view.say("完了と再開、自動のお知らせ", "Closing, reopening, automatic words")) }
            (field("reopen", view.say("完了した会話の再開", "Reopening a closed conversation"), Some(view.say("「再開しない」では、お客様の次のメッセージは新しい会話になります。", "With “never” the customer's next message starts a new conversation.")), &html! {
                select #reopen name="reopen" aria-describedby="reopen-hint" {
                    @for (value, name) in [
                        ("always", view.say("オペレーターの操作でも、お客様のメッセージでも再開する", "By operators, and by the customer's message")),
                        ("on_customer_message", view.say("お客様のメッセージだけで再開する", "By the customer's message only")),
                        ("never", view.say("再開しない", "Never")),
                    ] { option value=(value) selected[settings.reopen == value] { (name) } }
                }
            }))
            (told(view, "farewell", view.say("完了時にあいさつを送る", "Say farewell when it is closed"), automatic, settings.farewell.as_ref(), &html! {
                (check("farewell.when_operators_close", view.say("オペレーターが完了にしたときも送る", "Also when an operator closes it"), Some(view.say("オフの場合は、タイマーで完了になったときだけ送ります。", "Otherwise only when a timer does.")), settings.farewell.as_ref().is_some_and(|told| told.when_operators_close)))
            }))
            (warning(view, automatic, settings))
            @if matches!(kind, ChannelKind::Messenger | ChannelKind::WhatsApp) {
                (told(view, "window_reminder", view.say("返信期限の1時間前にお客様へ知らせる", "Remind the customer an hour before the time to answer ends"), view.say("返信を待っているお客様にだけ、24時間の期限ごとに一度送ります。もう一度書いていただくと期限が延びます。", "Only to customers who wait for an answer, once per 24 hours. If they write once more, the time begins anew."), settings.window_reminder.as_ref(), &html! {}))
            }
            p { a href="/console/settings/timers" { (icon(Icon::Timer)) (view.say("タイマー（自動で完了にするまでの時間）を設定する", "Set the timers that close conversations by themselves")) } }
        }
    }
}

/// Words that are sent by themselves, or none: what the switch is off for becomes null.
fn told(view: &View, name: &str, label: &str, hint: &str, now: Option<&Told>, more: &Markup) -> Markup {
    let (text, part) = (format!("{name}.text"), format!("{name}-part"));
    html! {
        div.optional {
            label.check {
                input type="checkbox" name=(name) data-type="gate" data-opens=(part) checked[now.is_some()];
                span { (label) span.hint { (hint) } }
            }
            fieldset.optional-body id=(part) disabled[now.is_none()] {
                legend.sr { (label) }
                (field(&text, view.say("文面", "The words"), None, &html! {
                    textarea id=(text) name=(text) rows="3" maxlength="1000" required dir="auto" { (now.map_or("", |now| now.text.as_str())) }
                }))
                (more)
            }
        }
    }
}

fn warning(view: &View, automatic: &str, settings: &Settings) -> Markup {
    let now = settings.idle_warning.as_ref();
    let most = settings.idle_close_after_minutes.map(|minutes| minutes.saturating_sub(1).max(1));
    let bounds = match most {
        Some(most) if view.is_japanese() => {
            format!("1〜{most}分。無応答で完了になるまでの時間より短くします。")
        }
        Some(most) => format!("1 to {most} minutes: less than the idle close."),
        None => view
            .say(
                "無応答で完了にするタイマーがこのチャンネルで設定されている場合に送られます。",
                "It is sent where this channel has an idle close.",
            )
            .to_owned(),
    };
    told(
        view,
        "idle_warning",
        view.say("無応答で完了になる前に知らせる", "Warn before silence closes it"),
        automatic,
        now,
        &field(
            "idle_warning.minutes_before",
            view.say("何分前に送るか", "How many minutes before"),
            Some(&bounds),
            &html! {
                input id="idle_warning.minutes_before" name="idle_warning.minutes_before" type="number" min="1" max="1439" inputmode="numeric" value=(now.and_then(|now| now.minutes_before).unwrap_or(5)) aria-describedby="idle_warning.minutes_before-hint";
            },
        ),
    )
}

fn bot(view: &View, channel: &Channel, settings: &Settings) -> Markup {
    html! {
        fieldset.card {
            legend { (view.say("ボット", "Bot")) }
            (bot_use(view, settings))
            p { a href=(format!("/console/settings/bots/{}", channel.id)) { (icon(Icon::Bot)) (view.say("ボットの答え方を設定する", "Set up what the bot answers")) } }
        }
    }
}

/// When the channel's bot answers.
pub(in crate::pages::settings) fn bot_use(view: &View, settings: &Settings) -> Markup {
    let minutes = |name: &str, now: Option<u32>| {
        html! {
            input id=(name) name=(name) type="number" min="1" max="43200" inputmode="numeric" value=[now] aria-describedby=(format!("{name}-hint"));
        }
    };
    html! {
        (check("bot.starts", view.say("会話の最初はボットが対応する", "Conversations begin with the bot"), Some(view.say("オフでも、オペレーターが会話をボットに渡せます。", "Switched off, operators can still hand a conversation to the bot.")), settings.bot.starts))
        div.form-row {
            (field("bot.release_after_minutes", view.say("人に引き継ぐまでの時間（分）", "Handed over to people after (minutes)"), Some(view.say("ボットが話し続けても、この時間で人に渡します。1〜43,200、空欄は無期限。", "Whatever was said. 1 to 43,200; empty for not by itself.")), &minutes("bot.release_after_minutes", settings.bot.release_after_minutes)))
            (field("bot.return_after_minutes", view.say("ボットに戻すまでの時間（分）", "Handed back to the bot after (minutes)"), Some(view.say("誰も書き込まない時間が続くとボットに戻します。1〜43,200、空欄は戻さない。", "When nobody has written for so long. 1 to 43,200; empty for not by itself.")), &minutes("bot.return_after_minutes", settings.bot.return_after_minutes)))
        }
    }
}

/// The channel's icon.
fn picture(view: &View, channel: &Channel) -> Markup {
    html! {
        section.card aria-labelledby="icon-title" {
            h2 #icon-title { (view.say("アイコン", "Icon")) }
            p.hint { (view.say("受信箱での目印です。JPEG または PNG、1 MB まで、縦横16〜4,096ピクセル。", "It marks the channel in the inbox. JPEG or PNG, up to 1 MB, 16 to 4,096 pixels wide and high.")) }
            div.icon-edit {
                (frame::picture(channel))
                label.button.small {
                    (icon(Icon::Upload)) (view.say("画像を選ぶ", "Choose an image"))
                    input.sr type="file" accept="image/png,image/jpeg" data-upload=(format!("PUT /channels/{}/icon", channel.id))
                        data-too-large=(view.say("1 MB を超えています。", "It is larger than 1 MB.")) data-most-bytes="1048576";
                }
                @if channel.icon_url.is_some() {
                    button.button.small type="button" data-call=(format!("DELETE /channels/{}/icon", channel.id)) data-refresh="page" {
                        (icon(Icon::Trash2)) (view.say("アイコンを外す", "Take it away"))
                    }
                }
            }
            p.field-error #icon-error role="alert" hidden {}
        }
    }
}
