//! An example: what would happen to a conversation, one thing after another.

use madoguchi_domain::ChannelKind;
use maud::{Markup, html};

use super::super::organisation::{Settings, lasting};
use super::above::{Above, Which};
use crate::view::View;

/// Minutes until the standard window closes, and how long before that customers are reminded of it (RPL-16).
const WINDOW_MINUTES: u32 = 24 * 60;
const REMINDER_MINUTES: u32 = 23 * 60;
/// Messenger lets nobody answer after 7 days (C7).
const MESSENGER_LIMIT_MINUTES: u32 = 7 * 24 * 60;

/// Something that happens so long after the beginning.
struct Event {
    minutes: u32,
    /// `start`, `tell`, `limit` or `end`.
    kind: &'static str,
    words: String,
}

/// What happens with these settings: to who is not answered, and after an answer.
pub(super) fn story(view: &View, kind: Option<ChannelKind>, settings: &Settings, above: &Above) -> Markup {
    html! {
        div.stories #story {
            h3 { (view.say("例：だれも返信しなかったら", "Example: nobody answers")) }
            (line(view, unanswered(view, kind, settings, above)))
            h3 { (view.say("例：返信した後、やりとりが止まったら", "Example: silence after an answer")) }
            (line(view, silent(view, kind, settings, above)))
            @if settings.pause_outside_hours {
                p.hint { (view.say("「未対応」と「やりとりなし」の時間は、営業時間内だけを数えます。", "The unanswered time and the silence count business hours only.")) }
            }
        }
    }
}

fn unanswered(view: &View, kind: Option<ChannelKind>, settings: &Settings, above: &Above) -> Vec<Event> {
    let mut events = vec![Event {
        minutes: 0,
        kind: "start",
        words: view.say("お客様がメッセージを送る", "The customer writes").to_owned(),
    }];
    if settings.window_reminder.is_some() && has_window(kind) {
        let words = view.say("返信期限の前のお知らせが届く", "The customer is reminded that the window ends");
        events.push(Event { minutes: REMINDER_MINUTES, kind: "tell", words: words.to_owned() });
    }
    if has_window(kind) {
        let words = view.say("24時間の返信期限が切れる", "The 24-hour window ends");
        events.push(Event { minutes: WINDOW_MINUTES, kind: "limit", words: words.to_owned() });
    }
    if let Some(minutes) = above.effective(settings, Which::Unanswered).minutes {
        let words = ended(view, settings, view.say("「未対応」として完了", "Closed as unanswered"));
        events.push(Event { minutes, kind: "end", words });
    }
    if kind == Some(ChannelKind::Messenger) {
        let words = view.say(
            "だれも返信できなくなり、返信期限切れで完了",
            "Nobody may answer any more: closed by Messenger's limit",
        );
        events.push(Event { minutes: MESSENGER_LIMIT_MINUTES, kind: "end", words: words.to_owned() });
    }
    finish(view, events)
}

fn silent(view: &View, kind: Option<ChannelKind>, settings: &Settings, above: &Above) -> Vec<Event> {
    let idle = above.effective(settings, Which::Idle).minutes;
    let mut events = vec![Event {
        minutes: 0,
        kind: "start",
        words: view
            .say("最後のメッセージ（返信済み）", "The last message of an answered conversation")
            .to_owned(),
    }];
    if let (Some(idle), Some(warning)) = (idle, &settings.idle_warning)
        && let Some(minutes) = idle.checked_sub(warning.minutes_before).filter(|minutes| *minutes > 0)
    {
        let words = view
            .say("完了前のお知らせが届く。書けば会話は続く", "The customer is warned; by writing they go on");
        events.push(Event { minutes, kind: "tell", words: words.to_owned() });
    }
    if let Some(minutes) = idle {
        let words = ended(view, settings, view.say("やりとりなしで完了", "Closed after silence"));
        events.push(Event { minutes, kind: "end", words });
    }
    if kind == Some(ChannelKind::Messenger) {
        let words = view.say("返信期限切れで完了", "Closed by Messenger's limit");
        events.push(Event { minutes: MESSENGER_LIMIT_MINUTES, kind: "end", words: words.to_owned() });
    }
    finish(view, events)
}

const fn has_window(kind: Option<ChannelKind>) -> bool {
    matches!(kind, Some(ChannelKind::Messenger | ChannelKind::WhatsApp))
}

fn ended(view: &View, settings: &Settings, words: &str) -> String {
    if settings.farewell.is_some() {
        format!("{words}{}", view.say("。お客様に終了のメッセージが届く", "; the customer gets the farewell"))
    } else {
        words.to_owned()
    }
}

/// In order, until the conversation has ended; one that never ends says so.
fn finish(view: &View, mut events: Vec<Event>) -> Vec<Event> {
    events.sort_by_key(|event| event.minutes);
    match events.iter().position(|event| event.kind == "end") {
        Some(last) => events.truncate(last + 1),
        None => events.push(Event {
            minutes: u32::MAX,
            kind: "open",
            words: view
                .say(
                    "開いたまま。完了するまで受信箱に残る",
                    "Stays open in the inbox until somebody closes it",
                )
                .to_owned(),
        }),
    }
    events
}

fn line(view: &View, events: Vec<Event>) -> Markup {
    let longest = events.iter().map(|event| event.minutes).filter(|minutes| *minutes < u32::MAX).max();
    let longest = longest.unwrap_or_default().max(1);
    html! {
        svg.track width="100%" height="16" aria-hidden="true" focusable="false" {
            line x1="2%" y1="8" x2="98%" y2="8" {}
            @for event in &events {
                circle cx=(format!("{:.1}%", place(event.minutes, longest))) cy="8" r="6" data-kind=(event.kind) {}
            }
        }
        ol.story {
            @for event in events {
                li data-kind=(event.kind) {
                    span.story-when {
                        @match event.minutes {
                            0 => { (view.say("はじめ", "Start")) },
                            u32::MAX => { (view.say("その後", "Then")) },
                            minutes => { (view.say("", "+")) (lasting(view, minutes)) (view.say("後", "")) },
                        }
                    }
                    span { (event.words) }
                }
            }
        }
    }
}

/// Where on the track, in percent. Spans go from a minute to a month: equal factors are equally far apart.
fn place(minutes: u32, longest: u32) -> f64 {
    let share = if minutes == u32::MAX {
        1.0
    } else {
        f64::from(minutes).ln_1p() / f64::from(longest).ln_1p() * if longest == 1 { 0.5 } else { 0.94 }
    };
    share.mul_add(96.0, 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tmr_1_what_comes_later_stands_further_right() {
        let places = [0, 15, 60, 1_380, 1_440, 10_080].map(|minutes| place(minutes, 10_080));
        assert!(places.is_sorted_by(|one, other| one < other), "{places:?}");
        assert!(places[0] >= 2.0 && place(u32::MAX, 10_080) <= 98.0);
    }
}
