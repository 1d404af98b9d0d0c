//! What was found of the channels besides whether they can send.

use madoguchi_domain::subscription::{Look, Subscription};
use madoguchi_domain::{Channel, ChannelId, Section, Timestamp};
use madoguchi_store::directory::Found;
use madoguchi_store::inbox::{Part, PartOf, Sorting};

use crate::TokenRefresh;
use crate::outcome::{Fault, Finding};

/// Among so many of the latest conversations is the one that a customer wrote in last.
const LATEST: usize = 20;

impl TokenRefresh {
    /// Notes the credential's kind, the subscriptions and what gets in the way (CHN-27), where there is something new.
    pub(crate) async fn note_looks(
        &self,
        channels: &[Channel],
        finding: &Finding,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let Some(credential) = &finding.credential else { return Ok(()) };
        let looks = finding.looks.iter().map(Option::as_ref).chain(std::iter::repeat(None));
        for (channel, look) in channels.iter().zip(looks) {
            let notes = finding.notes.as_ref().filter(|notes| **notes != channel.account_notes);
            if look.is_none() && notes.is_none() && channel.credential.as_ref() == Some(credential) {
                continue;
            }
            let subscription = match look {
                Some(look) => Some(self.subscription(channel, look, now).await?),
                None => None,
            };
            let found = Found {
                credential: credential.clone(),
                subscription: subscription.as_ref(),
                notes: notes.map(Vec::as_slice),
            };
            let _gone_meanwhile = self.directory.note_look(channel.id, found, now).await?;
        }
        Ok(())
    }

    async fn subscription(
        &self,
        channel: &Channel,
        look: &Look,
        now: Timestamp,
    ) -> Result<Subscription, Fault> {
        let last_received_at =
            if look.is_incomplete() { self.last_received(channel.id).await? } else { None };
        Ok(Subscription::after(channel, look, last_received_at, now))
    }

    async fn last_received(&self, channel: ChannelId) -> Result<Option<Timestamp>, Fault> {
        let Some(inbox) = &self.inbox else { return Ok(None) };
        let parts = Section::ALL.map(|section| Part::all(PartOf::Channel(channel, section)));
        let page = inbox.listed(&parts, Sorting::Activity, None, LATEST).await?;
        Ok(page.conversations.iter().filter_map(|conversation| conversation.last_customer_at).max())
    }
}
