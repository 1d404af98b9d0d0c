//! A bot as administrators see it.

use madoguchi_domain::ChannelId;
use madoguchi_domain::bot::{Bot, BotKind, Fallback, Rule};
use serde::Serialize;

/// One bot.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct BotView {
    channel_id: ChannelId,
    #[serde(flatten)]
    kind: KindView,
    hand_over_words: Vec<String>,
    version: u64,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
enum KindView {
    Keywords {
        rules: Vec<Rule>,
        fallback: Fallback,
    },
    Webhook {
        url: String,
        timeout_seconds: u8,
        /// Shown when it is made, and nowhere else.
        #[serde(skip_serializing_if = "Option::is_none")]
        secret: Option<String>,
    },
}

impl BotView {
    /// Without its secret.
    pub(crate) fn new(bot: &Bot) -> Self {
        Self {
            channel_id: bot.channel,
            kind: match bot.kind.clone() {
                BotKind::Keywords { rules, fallback } => KindView::Keywords { rules, fallback },
                BotKind::Webhook { url, timeout_seconds, .. } => {
                    KindView::Webhook { url, timeout_seconds, secret: None }
                }
            },
            hand_over_words: bot.hand_over_words.clone(),
            version: bot.rev,
        }
    }

    /// With the secret that was just made.
    pub(crate) fn revealing(mut self, revealed: Option<String>) -> Self {
        if let KindView::Webhook { secret, .. } = &mut self.kind {
            *secret = revealed;
        }
        self
    }
}
