//! Whether the provider takes what operators write.

use super::{Facts, Finding, Light, Point, finding, pick};
use crate::catalogue::{Language, Problem};
use crate::tally::{self, Tally};

pub(super) fn replies(facts: &Facts<'_>, language: Language) -> Finding {
    let (hour, day) = (&facts.replies.hour, &facts.replies.day);
    let light = light(hour, day, facts.replies.last_accepted_at.is_some());
    if light == Light::Grey {
        let message = pick(language, "まだ返信は送信されていません。", "No reply was sent yet.");
        return finding(Point::Replies, light, message, None);
    }
    // What is red or yellow is told by the span that made it so.
    let (span, hours) = if light > Light::Green && reaches(hour, light) { (hour, 1) } else { (day, 24) };
    let (accepted, failing, customers) = (span.accepted, span.failing(), span.refused_of_customers());
    let mut message = match language {
        Language::Ja => format!("直近{hours}時間に、送信{accepted}件、エラー{failing}件。"),
        Language::En => {
            let within = if hours == 1 { "hour".to_owned() } else { format!("{hours} hours") };
            format!("In the last {within} {accepted} replies were accepted, and {failing} went wrong.")
        }
    };
    if customers > 0 {
        let apart = match language {
            Language::Ja => format!("お客様側の理由で届かなかったものが{customers}件。"),
            Language::En => format!(" Not counted: {customers} that their customers could not get."),
        };
        message.push_str(&apart);
    }
    let remedy = (light > Light::Green).then(|| remedy(span, facts, language));
    finding(Point::Replies, light, message, remedy)
}

/// Red: half of at least 5 in the last hour. Yellow: a tenth of at least 10 in the last hour or day.
fn light(hour: &Tally, day: &Tally, ever_accepted: bool) -> Light {
    match () {
        () if reaches(hour, Light::Red) => Light::Red,
        () if reaches(hour, Light::Yellow) || reaches(day, Light::Yellow) => Light::Yellow,
        () if day.telling() == 0 && !ever_accepted => Light::Grey,
        () => Light::Green,
    }
}

fn reaches(tally: &Tally, light: Light) -> bool {
    let (failing, telling) = (tally.failing(), tally.telling());
    match light {
        Light::Red => telling >= 5 && failing.saturating_mul(2) >= telling,
        Light::Yellow => telling >= 10 && failing.saturating_mul(10) >= telling,
        Light::Grey | Light::Green => false,
    }
}

/// That of the most frequent reason that is held against the channel.
fn remedy(span: &Tally, facts: &Facts<'_>, language: Language) -> &'static str {
    let reasons = span.reasons().into_iter().filter_map(|(id, _)| tally::reason(id));
    match reasons.into_iter().find(|reason| !tally::is_of_customer(*reason)) {
        Some(reason) => Problem::from(reason).text(facts.channel.kind, language).remedy,
        None => pick(
            language,
            "送信できたか不明な返信を会話で確認してください。続く場合は保守担当者に連絡してください。",
            "Look in the conversations at the replies of which nobody knows whether they were sent; if it goes on, tell a maintainer.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Light::{Green, Grey, Red, Yellow};

    fn tally(accepted: u64, refused: u64, customers: u64, unconfirmed: u64) -> Tally {
        let refused =
            [("quota_exhausted".to_owned(), refused), ("contact_unreachable".to_owned(), customers)];
        let refused = refused.into_iter().filter(|(_, count)| *count > 0).collect();
        Tally { accepted, unconfirmed, refused, last_accepted_at: None }
    }

    #[test]
    fn chn_27_the_light_of_replies_by_what_became_of_them() {
        // Of the last hour, of the last day: accepted, refused, refused for the customer's sake, unconfirmed.
        for (hour, day, ever, light) in [
            ((0, 0, 0, 0), (0, 0, 0, 0), false, Grey),
            ((0, 0, 0, 0), (0, 0, 0, 0), true, Green),
            ((1, 0, 0, 0), (1, 0, 0, 0), true, Green),
            ((0, 4, 0, 0), (0, 4, 0, 0), false, Green),
            ((0, 5, 0, 0), (0, 5, 0, 0), false, Red),
            ((2, 2, 0, 1), (2, 2, 0, 1), true, Red),
            ((3, 2, 0, 0), (3, 2, 0, 0), true, Green),
            ((4, 2, 9, 0), (4, 2, 9, 0), true, Green),
            ((0, 0, 99, 0), (0, 0, 99, 0), false, Grey),
            ((5, 5, 0, 0), (5, 5, 0, 0), true, Red),
            ((6, 5, 0, 0), (6, 5, 0, 0), true, Yellow),
            ((9, 1, 0, 0), (9, 1, 0, 0), true, Yellow),
            ((9, 0, 0, 1), (9, 0, 0, 1), true, Yellow),
            ((9, 0, 1, 0), (9, 0, 1, 0), true, Green),
            ((10, 1, 0, 0), (10, 1, 0, 0), true, Green),
            ((0, 0, 0, 0), (9, 1, 0, 0), true, Yellow),
            ((0, 0, 0, 0), (0, 99, 0, 0), false, Yellow),
        ] {
            let of = |(accepted, refused, customers, unconfirmed)| {
                tally(accepted, refused, customers, unconfirmed)
            };
            assert_eq!(super::light(&of(hour), &of(day), ever), light, "{hour:?} {day:?}");
        }
    }
}
