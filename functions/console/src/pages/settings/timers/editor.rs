//! The timers of a channel, a brand or a department: a form whose sentences change while it is filled in.

use axum::extract::Path;
use madoguchi_domain::ChannelKind;
use madoguchi_domain::channel::{BOT_CLOSE_MINUTES, BOT_MINUTES, IDLE_MINUTES, UNANSWERED_MINUTES};
use maud::{Markup, html};

use super::super::organisation::{
    Channel, Settings, Timers, brands, channels, departments, duration, errors, lasting, tag, tagged,
};
use super::above::{Above, Which};
use super::preview::{Place, say};
use super::story::story;
use crate::error::{For as _, PageError, Paged};
use crate::parts::{Icon, banner, channel_badge, icon};
use crate::view::View;

/// Whose timers a form changes.
struct Form<'a> {
    view: &'a View,
    settings: Settings,
    above: Above,
    kind: Option<ChannelKind>,
    /// What stands before the names of the three timers.
    prefix: &'static str,
}

pub(super) async fn channel(view: View, Path(id): Path<String>) -> Paged {
    let path = format!("/api/channels/{id}");
    let (channel, departments, brands) =
        tokio::try_join!(tagged::<Channel>(&view, &path), departments(&view), brands(&view)).for_(&view)?;
    let (channel, version) = channel;
    let above = Above::of(&channel, &departments, &brands);
    let form =
        Form { view: &view, settings: channel.settings.clone(), above, kind: Some(channel.kind), prefix: "" };
    let title = html! { (channel_badge(channel.kind)) " " span dir="auto" { (channel.name) } };
    let call = format!("PATCH /channels/{id}");
    let content = form.whole(&title, &call, &version, &form.of_channel());
    Ok(framed(&view, &channel.name, &content))
}

pub(super) async fn brand(view: View, Path(id): Path<String>) -> Paged {
    let brand = brands(&view).await.for_(&view)?.into_iter().find(|brand| brand.id == id);
    let Some(brand) = brand else { return Err(PageError::no_page(&view)) };
    let lead =
        view.say("ブランド「{}」のチャンネルに共通のタイマー", "Timers in common for the channels of “{}”");
    Ok(common(&view, "brands", &id, &brand.name, lead, (brand.timers, brand.version)).await)
}

pub(super) async fn department(view: View, Path(id): Path<String>) -> Paged {
    let department = departments(&view).await.for_(&view)?.into_iter().find(|of| of.id == id);
    let Some(department) = department else { return Err(PageError::no_page(&view)) };
    let lead =
        view.say("部門「{}」のチャンネルに共通のタイマー", "Timers in common for the channels of “{}”");
    Ok(common(&view, "departments", &id, &department.name, lead, (department.timers, department.version))
        .await)
}

async fn common(
    view: &View,
    kind: &str,
    id: &str,
    name: &str,
    lead: &str,
    (timers, version): (Timers, u64),
) -> Markup {
    let form = Form { view, settings: timers.into(), above: Above::default(), kind: None, prefix: "timers." };
    let all = channels(view).await.unwrap_or_default();
    let belongs = |channel: &&Channel| {
        let of = if kind == "brands" { &channel.brand_id } else { &channel.department_id };
        of.as_deref() == Some(id)
    };
    let own = all.iter().filter(belongs).filter(|channel| channel.settings.own_timers).count();
    let title = html! { (lead.replace("{}", name)) };
    let fields = html! {
        (form.common_timers())
        @if own > 0 {
            (banner("info", &html! { (view.say("自分の設定だけを使うチャンネルには効きません。", "Channels that only use their own timers do not take these over.")) " (" (own) ")" }))
        }
    };
    let content = form.whole(&title, &format!("PATCH /{kind}/{id}"), &tag(version), &fields);
    framed(view, name, &content)
}

fn framed(view: &View, name: &str, content: &Markup) -> Markup {
    if view.part {
        return content.clone();
    }
    let title = format!("{} · {name}", view.say("タイマー", "Timers"));
    let whole = html! {
        p.org-back { a href="/console/settings/timers" { (icon(Icon::ArrowLeft)) (view.say("タイマー", "Timers")) } }
        div #timers hx-get=(view.path) hx-trigger="renew" hx-swap="morph:innerHTML" { (content) }
    };
    super::super::page(view, "timers", &title, &whole)
}

impl Form<'_> {
    fn whole(&self, title: &Markup, call: &str, version: &str, fields: &Markup) -> Markup {
        let view = self.view;
        let place = serde_urlencoded(&Place { kind: self.kind }, &self.above);
        html! {
            div.heading { h1 { (title) } }
            div.timers {
                form.form.timers-form data-call=(call) data-version=(version) data-done=(view.say("タイマーを保存しました", "Timers saved")) data-refresh="#timers"
                    data-preview=(format!("/console/settings/timers/preview?{place}")) data-errors=[errors(view)] {
                    (fields)
                    p.field-error data-form-error role="alert" hidden {}
                    div.form-acts.sticky-acts { button type="submit" { (view.say("保存", "Save")) } }
                }
                aside.card.timers-story aria-label=(view.say("この設定での例", "An example with these settings")) { (story(view, self.kind, &self.settings, &self.above)) }
            }
        }
    }

    fn say(&self, id: &str) -> Markup {
        html! { div aria-live="polite" { (say(self.view, id, self.kind, &self.settings, &self.above)) } }
    }

    fn common_timers(&self) -> Markup {
        html! { (self.unanswered()) (self.idle()) (self.bot()) }
    }

    fn of_channel(&self) -> Markup {
        html! {
            @if self.above.is_any() { (self.inheritance()) }
            (self.unanswered())
            (self.idle())
            (self.farewell())
            (self.pause())
            @if matches!(self.kind, Some(ChannelKind::Messenger | ChannelKind::WhatsApp)) { (self.reminder()) }
            (self.bot())
        }
    }

    fn inheritance(&self) -> Markup {
        let (view, own) = (self.view, self.settings.own_timers);
        html! {
            fieldset.org-choice {
                legend.field-label { (view.say("このチャンネルで決めていない時間は", "Times that are not set for this channel")) }
                label { input type="radio" name="own_timers" value="false" data-type="bool" checked[!own]; span { (view.say("部門・ブランドの設定を使う", "come from its department or brand")) } }
                label { input type="radio" name="own_timers" value="true" data-type="bool" checked[own]; span { (view.say("オフにする（このチャンネルだけの設定を使う）", "are off: this channel uses its own only")) } }
            }
        }
    }

    /// A switch that opens a span of time.
    fn switch(&self, which: Which, name: &str, words: &str, standard: u32, bounds: (u32, u32)) -> Markup {
        let view = self.view;
        let minutes = match which {
            Which::Unanswered => self.settings.unanswered_close_after_minutes,
            Which::Idle => self.settings.idle_close_after_minutes,
            Which::Bot => self.settings.bot_close_after_minutes,
        };
        // What is taken over is a good beginning for a time of one's own.
        let above = self.above.effective(&self.settings, which).minutes;
        let name = format!("{}{name}", self.prefix);
        let (id, part) = (format!("after-{which:?}"), format!("part-{which:?}"));
        html! {
            label.check.switch { input type="checkbox" name=(name) data-type="gate" data-opens=(part) checked[minutes.is_some()]; span { (words) } }
            fieldset.opened #(part) disabled[minutes.is_none()] {
                (duration(view, &name, &id, words, minutes.or(above).unwrap_or(standard), bounds))
                p.hint { (lasting(view, bounds.0)) (view.say("〜", " to ")) (lasting(view, bounds.1)) }
            }
        }
    }

    fn unanswered(&self) -> Markup {
        let view = self.view;
        let bounds = (*UNANSWERED_MINUTES.start(), *UNANSWERED_MINUTES.end());
        html! {
            section.card.timer {
                h2 { (icon(Icon::Hourglass)) (view.say("返信がないとき（未対応）", "Nobody answers")) }
                (self.switch(Which::Unanswered, "unanswered_close_after_minutes", view.say("時間がたったら完了にする", "Close after a while"), 120, bounds))
                (self.say("unanswered"))
            }
        }
    }

    fn idle(&self) -> Markup {
        let (view, settings) = (self.view, &self.settings);
        let bounds = (*IDLE_MINUTES.start(), *IDLE_MINUTES.end());
        let customer = settings.idle_close_when == "customer_silent";
        html! {
            section.card.timer {
                h2 { (icon(Icon::Timer)) (view.say("やりとりが止まったとき", "Nobody writes any more")) }
                (self.switch(Which::Idle, "idle_close_after_minutes", view.say("返信の後、静かな時間が続いたら完了にする", "Close after silence, once answered"), 60, bounds))
                @if self.kind.is_some() {
                    fieldset.org-choice {
                        legend.field-label { (view.say("だれの沈黙を数えるか", "Whose silence counts")) }
                        label { input type="radio" name="idle_close_when" value="anybody" checked[!customer]; span { (view.say("どちらも書かないとき", "Neither side's")) } }
                        label { input type="radio" name="idle_close_when" value="customer_silent" checked[customer]; span { (view.say("お客様が書かないときだけ（返信を待つお客様は完了にしない）", "Only the customer's: who waits for an answer is spared")) } }
                    }
                }
                (self.say("idle"))
                @if self.kind.is_some() { (self.warning()) }
            }
        }
    }

    fn warning(&self) -> Markup {
        let (view, warning) = (self.view, self.settings.idle_warning.as_ref());
        let text = warning.map_or_else(
            || view.say("お返事がない場合、まもなくこのチャットを終了します。続きがあればメッセージをお送りください。", "We have not heard from you and will close this chat soon. Just write if there is anything else.").to_owned(),
            |warning| warning.text.clone(),
        );
        let before = warning.map_or(10, |warning| warning.minutes_before);
        html! {
            div.timer-more {
                label.check.switch { input type="checkbox" name="idle_warning" data-type="gate" data-opens="part-warning" checked[warning.is_some()]; span { (view.say("完了の前にお客様へ知らせる", "Warn the customer before")) } }
                fieldset.opened #part-warning disabled[warning.is_none()] {
                    (duration(view, "idle_warning.minutes_before", "warning-before", view.say("どれだけ前に", "How long before"), before, (1, *IDLE_MINUTES.end() - 1)))
                    (words(view, "idle_warning.text", &text))
                }
                (self.say("warning"))
            }
        }
    }

    fn farewell(&self) -> Markup {
        let (view, farewell) = (self.view, self.settings.farewell.as_ref());
        let text = farewell.map_or_else(
            || {
                view.say(
                    "お問い合わせありがとうございました。またのご連絡をお待ちしております。",
                    "Thank you for writing. You are welcome to write again at any time.",
                )
                .to_owned()
            },
            |farewell| farewell.text.clone(),
        );
        html! {
            section.card.timer {
                h2 { (icon(Icon::MessageSquare)) (view.say("終了のメッセージ", "Farewell")) }
                label.check.switch { input type="checkbox" name="farewell" data-type="gate" data-opens="part-farewell" checked[farewell.is_some()]; span { (view.say("自動で完了するとき、お客様にメッセージを送る", "Tell the customer when a timer closes")) } }
                fieldset.opened #part-farewell disabled[farewell.is_none()] {
                    (words(view, "farewell.text", &text))
                    label.check { input type="checkbox" name="farewell.when_operators_close" checked[farewell.is_some_and(|farewell| farewell.when_operators_close)]; span { (view.say("担当者が完了にしたときも送る", "Also when an operator closes")) } }
                    p.hint { (view.say("返信期限の内側でだけ送られます。ブロック中や配信停止のお客様には送られません。", "Sent inside the reply window only, and never to who is blocked or has stopped the messages.")) }
                }
                (self.say("farewell"))
            }
        }
    }

    fn pause(&self) -> Markup {
        let view = self.view;
        html! {
            section.card.timer {
                h2 { (icon(Icon::Moon)) (view.say("営業時間外", "Outside business hours")) }
                label.check.switch { input type="checkbox" name="pause_outside_hours" checked[self.settings.pause_outside_hours]; span { (view.say("営業時間外は時間を止める", "Pause outside business hours")) } }
                (self.say("pause"))
                p.hint { (view.say("営業時間は部門ごとに決めます。", "Hours belong to departments.")) " " a href="/console/settings/departments" { (view.say("部門と営業時間", "Departments and hours")) } }
            }
        }
    }

    fn reminder(&self) -> Markup {
        let (view, reminder) = (self.view, self.settings.window_reminder.as_ref());
        let text = reminder.map_or_else(
            || view.say("お待たせしております。引き続きやりとりをご希望の場合は、このメッセージにご返信ください。", "Thank you for waiting. Please reply to this message so that we can go on writing to you.").to_owned(),
            |reminder| reminder.text.clone(),
        );
        html! {
            section.card.timer {
                h2 { (icon(Icon::BellRing)) (view.say("返信期限の前のお知らせ", "Before the 24-hour window ends")) }
                label.check.switch { input type="checkbox" name="window_reminder" data-type="gate" data-opens="part-reminder" checked[reminder.is_some()]; span { (view.say("期限の1時間前に、お待ちのお客様へ知らせる", "Remind customers who wait, an hour before")) } }
                fieldset.opened #part-reminder disabled[reminder.is_none()] { (words(view, "window_reminder.text", &text)) }
                (self.say("reminder"))
                p.hint { (view.say("お客様が返信すると、24時間の期限が新しく始まります。", "When the customer replies, the 24 hours begin anew.")) }
            }
        }
    }

    fn bot(&self) -> Markup {
        let (view, bot) = (self.view, &self.settings.bot);
        let bounds = (*BOT_CLOSE_MINUTES.start(), *BOT_CLOSE_MINUTES.end());
        let times = (*BOT_MINUTES.start(), *BOT_MINUTES.end());
        html! {
            section.card.timer {
                h2 { (icon(Icon::Bot)) (view.say("ボットが対応中のとき", "While a bot answers")) }
                (self.switch(Which::Bot, "bot_close_after_minutes", view.say("静かな時間が続いたら完了にする", "Close after silence"), 30, bounds))
                (self.say("bot"))
                @if self.kind.is_some() {
                    div.timer-more {
                        input type="hidden" name="bot.starts" data-type="bool" value=(bot.starts);
                        (hand(view, "release", view.say("時間がたったら担当者に引き継ぐ", "Hand over to people after a while"), bot.release_after_minutes, times))
                        (hand(view, "return", view.say("静かな時間が続いたらボットに戻す", "Hand back to the bot after silence"), bot.return_after_minutes, times))
                        (self.say("hand-over"))
                    }
                }
            }
        }
    }
}

fn hand(view: &View, which: &str, words: &str, minutes: Option<u32>, bounds: (u32, u32)) -> Markup {
    let (name, part) = (format!("bot.{which}_after_minutes"), format!("part-{which}"));
    html! {
        label.check.switch { input type="checkbox" name=(name) data-type="gate" data-opens=(part) checked[minutes.is_some()]; span { (words) } }
        fieldset.opened #(part) disabled[minutes.is_none()] {
            (duration(view, &name, &format!("after-{which}"), words, minutes.unwrap_or(60), bounds))
        }
    }
}

/// A text that customers are told.
fn words(view: &View, name: &str, text: &str) -> Markup {
    html! { textarea name=(name) required rows="3" dir="auto" aria-label=(view.say("お客様に送る文章", "What the customer is told")) { (text) } }
}

fn serde_urlencoded(place: &Place, above: &Above) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for given in [serde_json::to_value(place), serde_json::to_value(above)].into_iter().flatten() {
        for (name, value) in given.as_object().into_iter().flatten() {
            match value {
                serde_json::Value::Null => {}
                serde_json::Value::String(text) => drop(query.append_pair(name, text)),
                other => drop(query.append_pair(name, &other.to_string())),
            }
        }
    }
    query.finish()
}
