//! The bots of channels.

use madoguchi_domain::ChannelId;
use madoguchi_domain::bot::Bot;

use super::Directory;
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item;

const BOTS: &str = "bot";

impl Directory {
    /// The bot of a channel, given up or not.
    pub async fn bot(&self, channel: ChannelId) -> Result<Option<Bot>, StoreError> {
        access::get(&self.client, &self.table, item::key(BOTS, channel.to_string())).await
    }

    /// Writes a bot, if nobody has since it was read (`rev` 0: if there is none).
    pub async fn save_bot(&self, bot: &Bot) -> Result<Saved, StoreError> {
        let next = Bot { rev: bot.rev + 1, ..bot.clone() };
        self.save(item::key(BOTS, bot.channel.to_string()), bot.rev, &next).await
    }
}
