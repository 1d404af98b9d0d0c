//! Each timer as a sentence.

use madoguchi_domain::ChannelKind;
use maud::{Markup, html};

use super::super::organisation::{Settings, lasting};
use super::above::{Effective, Source};
use crate::parts::{Icon, icon};
use crate::view::View;

/// A sentence with a span of time in it, the span set off.
fn with(view: &View, minutes: u32, ja: &str, en: &str) -> Markup {
    let words = view.say(ja, en);
    let (before, after) = words.split_once("{}").unwrap_or((words, ""));
    html! { (before) b { (lasting(view, minutes)) } (after) }
}

/// What stands between two sentences.
const fn gap(view: &View) -> &'static str {
    view.say("", " ")
}

fn sourced(view: &View, timer: &Effective, words: &Markup) -> Markup {
    html! { (words) @if timer.from != Source::Own { " " (timer.from.label(view)) } }
}

/// What happens to who is not answered (TMR-1, TMR-2).
pub(super) fn unanswered(view: &View, timer: &Effective, settings: Option<&Settings>) -> Markup {
    let Some(minutes) = timer.minutes else {
        return html! { (view.say("返信がなくても、会話は自動では完了しません。", "A conversation that nobody answers is not closed by itself.")) };
    };
    let words = html! {
        (with(view, minutes, "お客様の最後のメッセージから{}のあいだ、だれも返信しないと、会話は「未対応」として自動で完了します。",
            "If nobody answers for {} after the customer's latest message, the conversation is closed as unanswered."))
        @if let Some(settings) = settings { (gap(view)) (farewell(view, settings)) }
    };
    sourced(view, timer, &words)
}

/// Messenger lets nobody answer after 7 days (C7).
const MESSENGER_LIMIT_MINUTES: u32 = 7 * 24 * 60;

/// That a time is longer than anybody may answer.
pub(super) fn too_long(view: &View, kind: Option<ChannelKind>, timer: &Effective) -> Markup {
    let is_late = timer.minutes.is_some_and(|minutes| minutes > MESSENGER_LIMIT_MINUTES);
    if kind != Some(ChannelKind::Messenger) || !is_late {
        return html! {};
    }
    html! {
        span.sentence-warning {
            (icon(Icon::TriangleAlert))
            (view.say(
                "Messenger では7日を過ぎるとだれも返信できません。この時間より先に、返信期限切れで完了します。",
                "Messenger lets nobody answer after 7 days: conversations are closed by that limit, before this time is over.",
            ))
        }
    }
}

/// What happens when neither side writes (TMR-3, TMR-11).
pub(super) fn idle(view: &View, timer: &Effective, settings: Option<&Settings>) -> Markup {
    let Some(minutes) = timer.minutes else {
        return html! { (view.say("返信した後は、やりとりが止まっても自動では完了しません。", "Once answered, a conversation stays open however long it is silent.")) };
    };
    let customer = settings.is_some_and(|settings| settings.idle_close_when == "customer_silent");
    let words = if customer {
        with(
            view,
            minutes,
            "返信した後、お客様から{}のあいだメッセージがないと、会話は自動で完了します。お客様が返信を待っているあいだは完了しません。",
            "Once answered, a conversation is closed if the customer writes nothing for {}. It stays open while the customer waits for an answer.",
        )
    } else {
        with(
            view,
            minutes,
            "返信した後、どちらからも{}のあいだメッセージがないと、会話は自動で完了します。",
            "Once answered, a conversation is closed if neither side writes for {}.",
        )
    };
    sourced(view, timer, &words)
}

/// What happens to what a bot holds (TMR-8).
pub(super) fn bot(view: &View, timer: &Effective) -> Markup {
    let Some(minutes) = timer.minutes else {
        return html! { (view.say("ボットが対応中の会話は、自動では完了しません。", "A conversation that a bot holds is not closed by itself.")) };
    };
    let words = with(
        view,
        minutes,
        "ボットが対応中の会話は、どちらからも{}のあいだメッセージがないと自動で完了します。",
        "A conversation that a bot holds is closed if neither side writes for {}.",
    );
    sourced(view, timer, &words)
}

/// What customers are told at the end (CLS-11).
pub(super) fn farewell(view: &View, settings: &Settings) -> Markup {
    match &settings.farewell {
        Some(farewell) if !farewell.text.trim().is_empty() => html! {
            (view.say("そのとき、お客様にこう送ります：", "The customer then gets: ")) (quote(view, &farewell.text))
        },
        _ => html! { (view.say("お客様には何も送りません。", "The customer is told nothing.")) },
    }
}

/// The warning before the idle close (TMR-9).
pub(super) fn warning(view: &View, idle: &Effective, settings: &Settings) -> Markup {
    match (&settings.idle_warning, idle.minutes) {
        (None, _) => {
            html! { (view.say("完了する前のお知らせは送りません。", "Nobody is warned before that.")) }
        }
        (Some(_), None) => {
            html! { (view.say("やりとりなしの自動完了がオフのあいだは送られません。", "Not sent while the close after silence is off.")) }
        }
        (Some(warning), Some(_)) => html! {
            (with(view, warning.minutes_before, "完了の{}前に、お客様にこう送ります：", "{} before that the customer gets: "))
            (quote(view, &warning.text))
        },
    }
}

/// The reminder before the window closes (RPL-16).
pub(super) fn reminder(view: &View, settings: &Settings) -> Markup {
    match &settings.window_reminder {
        None => {
            html! { (view.say("24時間の返信期限が近づいても、お客様には何も送りません。", "Customers are told nothing before the 24-hour window ends.")) }
        }
        Some(reminder) => html! {
            (view.say("返信を待っているお客様に、24時間の返信期限の1時間前にこう送ります：", "An hour before the 24-hour window ends, a customer who waits for an answer gets: "))
            (quote(view, &reminder.text))
        },
    }
}

/// Whether time counts outside business hours (TMR-10).
pub(super) fn pause(view: &View, settings: &Settings) -> Markup {
    let words = if settings.pause_outside_hours {
        view.say(
            "営業時間外は時間が進みません。夜に届いたメッセージの時間は、翌営業日に数え始めます。ボットの時間だけは進みます。",
            "Time counts in business hours only: what arrives at night begins to count when the department opens. A bot's time always counts.",
        )
    } else {
        view.say("夜間や休日も時間は進みます。", "Time counts at night and on holidays, too.")
    };
    html! { (words) }
}

/// When a bot hands over by itself, and when people hand back (BOT-2).
pub(super) fn hand_over(view: &View, settings: &Settings) -> Markup {
    html! {
        @match settings.bot.release_after_minutes {
            Some(minutes) => { (with(view, minutes, "ボットの対応が{}続くと、担当者に引き継ぎます。", "After {} the bot hands over to people.")) },
            None => { (view.say("時間がたっても、ボットは自分からは引き継ぎません。", "The bot does not hand over by time.")) },
        }
        (gap(view))
        @match settings.bot.return_after_minutes {
            Some(minutes) => { (with(view, minutes, "担当者が受けた会話は、だれも{}のあいだ書かないとボットに戻ります。", "What people hold goes back to the bot when nobody writes for {}.")) },
            None => { (view.say("担当者が受けた会話は、自動ではボットに戻りません。", "What people hold does not go back to the bot by itself.")) },
        }
    }
}

/// What customers would read.
pub(super) fn quote(view: &View, text: &str) -> Markup {
    let text = text.trim();
    let shown = if text.is_empty() {
        view.say("（本文を入力してください）", "(write the text)")
    } else {
        text
    };
    html! { q.org-said dir="auto" { (shown) } }
}
