//! Until when the provider lets us answer (RPL-1, RPL-2, C2).

use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::time::{Span, Timestamp};

/// The standard window of Messenger and WhatsApp, from the customer's last opening act.
pub const STANDARD: Span = Span::from_hours(24);
/// The longest that Meta lets a person answer, with `HUMAN_AGENT`.
pub const HUMAN_AGENT: Span = Span::from_days(7);

/// Who wrote the text that is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// A person typed it.
    Person,
    /// A bot, a farewell, a warning: never with `HUMAN_AGENT` (RPL-10).
    Automation,
}

/// How an answer may go out at some instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The provider sets no limit.
    Unlimited,
    /// An ordinary reply until then.
    Standard {
        /// End of the 24 hours.
        until: Timestamp,
    },
    /// Only a person, with `HUMAN_AGENT`, until then.
    HumanAgent {
        /// End of the 7 days.
        until: Timestamp,
    },
    /// Only a template that the provider has approved (WhatsApp).
    TemplateOnly {
        /// When the 24 hours ended; `None` if the customer never wrote.
        ended_at: Option<Timestamp>,
    },
    /// Nothing may be sent.
    Closed {
        /// When it ended; `None` if the customer never opened it.
        ended_at: Option<Timestamp>,
    },
}

/// The window at `now`, given when the customer last opened it and whether Meta granted the app the
/// "Human Agent" feature.
pub fn window(
    kind: ChannelKind,
    opened_at: Option<Timestamp>,
    human_agent: bool,
    author: Author,
    now: Timestamp,
) -> Window {
    match (kind, opened_at) {
        (ChannelKind::Line | ChannelKind::Sms, _) => Window::Unlimited,
        (ChannelKind::WhatsApp, opened) => match opened.map(|opened| opened + STANDARD) {
            Some(until) if now < until => Window::Standard { until },
            ended_at => Window::TemplateOnly { ended_at },
        },
        (ChannelKind::Messenger, None) => Window::Closed { ended_at: None },
        (ChannelKind::Messenger, Some(opened)) => {
            let (standard, longest) = (opened + STANDARD, opened + HUMAN_AGENT);
            let tag_allowed = human_agent && author == Author::Person;
            if now < standard {
                Window::Standard { until: standard }
            } else if tag_allowed && now <= longest {
                Window::HumanAgent { until: longest }
            } else {
                Window::Closed { ended_at: Some(if tag_allowed { longest } else { standard }) }
            }
        }
    }
}

/// How long a person may answer after the customer opened the window; `None` where there is no limit.
pub fn length(kind: ChannelKind, human_agent: bool) -> Option<Span> {
    match kind {
        ChannelKind::Messenger if human_agent => Some(HUMAN_AGENT),
        ChannelKind::Messenger | ChannelKind::WhatsApp => Some(STANDARD),
        ChannelKind::Line | ChannelKind::Sms => None,
    }
}

/// When the conversation is completed because nobody may answer any more (RPL-4): 7 days after the
/// customer last opened the window, whoever spoke last. On WhatsApp a template can be sent at any time.
pub fn reply_limit(kind: ChannelKind, opened_at: Option<Timestamp>) -> Option<Timestamp> {
    match kind {
        ChannelKind::Messenger => opened_at.map(|opened| opened + HUMAN_AGENT),
        ChannelKind::Line | ChannelKind::WhatsApp | ChannelKind::Sms => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scenario 12: who may answer a Messenger customer, and how, as the hours pass.
    #[test]
    fn scenario_12_reply_windows_and_the_human_agent_tag() {
        let opened = Timestamp::from_ms(1_700_000_000_000);
        let standard = opened + STANDARD;
        let longest = opened + HUMAN_AGENT;
        let ms = Span::from_ms(1);
        let inside = Window::Standard { until: standard };
        let tagged = Window::HumanAgent { until: longest };
        let over = |at| Window::Closed { ended_at: Some(at) };
        let table = [
            (Author::Person, true, opened, inside),
            (Author::Person, true, standard - ms, inside),
            (Author::Automation, true, standard - ms, inside),
            (Author::Person, true, standard, tagged),
            (Author::Person, true, longest, tagged),
            (Author::Person, true, longest + Span::from_secs(1), over(longest)),
            (Author::Person, false, standard, over(standard)),
            (Author::Automation, true, standard, over(standard)),
            (Author::Automation, true, longest + Span::from_secs(1), over(standard)),
        ];
        for (author, granted, now, expected) in table {
            assert_eq!(
                window(ChannelKind::Messenger, Some(opened), granted, author, now),
                expected,
                "{author:?} {granted} +{}s",
                now.since(opened).as_secs_ceil()
            );
        }
    }

    /// CHN-4: after 24 hours only a template; CHN-5: a text message has no window. Neither ends a conversation.
    #[test]
    fn rpl_1_whatsapp_takes_free_text_for_24_hours_and_sms_always() {
        let opened = Timestamp::from_ms(1_700_000_000_000);
        let (until, ms) = (opened + STANDARD, Span::from_ms(1));
        let over = Window::TemplateOnly { ended_at: Some(until) };
        let table = [
            (ChannelKind::WhatsApp, Some(opened), until - ms, Window::Standard { until }),
            (ChannelKind::WhatsApp, Some(opened), until, over),
            (ChannelKind::WhatsApp, Some(opened), opened + Span::from_days(8), over),
            (ChannelKind::WhatsApp, None, opened, Window::TemplateOnly { ended_at: None }),
            (ChannelKind::Sms, None, opened, Window::Unlimited),
            (ChannelKind::Sms, Some(opened), opened + Span::from_days(8), Window::Unlimited),
        ];
        for (kind, opened_at, now, expected) in table {
            // Meta's permission means nothing here.
            for granted in [false, true] {
                assert_eq!(window(kind, opened_at, granted, Author::Person, now), expected, "{kind}");
            }
            assert_eq!(reply_limit(kind, opened_at), None);
        }
    }

    #[test]
    fn line_has_no_window_and_a_silent_messenger_contact_none_at_all() {
        let now = Timestamp::from_ms(0);
        assert_eq!(window(ChannelKind::Line, None, false, Author::Automation, now), Window::Unlimited);
        assert_eq!(
            window(ChannelKind::Messenger, None, true, Author::Person, now),
            Window::Closed { ended_at: None }
        );
    }
}
