//! What waits for somebody is given out, oldest first, while there is anybody with room.

use std::collections::{HashMap, HashSet};

use madoguchi_domain::assignment::{
    MOST_HELD, Why, assign, choose, goes_back_to, queue_order, waits_for_rule,
};
use madoguchi_domain::{Channel, ChannelId, Conversation, ConversationId, OperatorId, Timestamp};
use madoguchi_store::inbox::{Given, ListPage, Part, Sorting, Turn};

use crate::staff::Staff;
use crate::{AssignError, Assigner, TRIES};

/// So many waiting conversations are looked at together.
const PAGE: usize = 50;

/// What came of an attempt to place one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placed {
    /// Somebody has it, or it does not wait any more.
    Done,
    /// Nobody who sees its channel has room.
    NoRoom,
}

impl Assigner {
    /// Gives out what waits. The lists can be a moment behind the writes, so `news`, which waits since just now, is looked
    /// at also if they do not have it yet. False if time was up before the end.
    pub(crate) async fn drain(
        &self,
        news: Option<ConversationId>,
        stop_at: Timestamp,
    ) -> Result<bool, AssignError> {
        let news = match news {
            Some(id) => self.inbox.conversation(id).await?.filter(waits_for_rule),
            None => None,
        };
        let channels = self.directory.channels().await?;
        let channels: HashMap<ChannelId, Channel> =
            channels.into_iter().filter(|c| c.status.is_on()).map(|c| (c.id, c)).collect();
        let ruled: Vec<&Channel> =
            channels.values().filter(|channel| channel.settings.assignment.is_on()).collect();
        if news.is_none() && ruled.is_empty() {
            return Ok(true);
        }
        let mut staff = Staff::read(&self.inbox, &self.directory).await?;
        if !staff.is_anybody_available() {
            return Ok(true);
        }
        let mut full: HashSet<ChannelId> = HashSet::new();
        let mut news = news;
        if let Some(conversation) = &news
            && conversation.previous_assignee.is_some()
            && let Some(channel) = channels.get(&conversation.channel_id)
            && self.give_back(conversation.id, channel, &mut staff).await?
        {
            news = None;
        }
        let news = news.filter(|news| ruled.iter().any(|channel| channel.id == news.channel_id));
        // Whoever waits for an answer goes before those who do not.
        for sorting in [Sorting::Waiting, Sorting::Activity] {
            let mut after = None;
            loop {
                // What waits where nobody has room is not gone through.
                let open = ruled.iter().filter(|channel| !full.contains(&channel.id));
                let parts: Vec<Part> = open.map(|channel| Part::waiting_for_rule(channel.id)).collect();
                if parts.is_empty() {
                    return Ok(true);
                }
                if self.clock.now() >= stop_at {
                    return Ok(false);
                }
                let page = self.inbox.listed(&parts, sorting, after.as_deref(), PAGE).await?;
                let ListPage { mut conversations, next } = page;
                if after.is_none() && sorting == Sorting::Waiting {
                    let is_news = |listed: &Conversation| news.as_ref().is_some_and(|n| n.id == listed.id);
                    if !conversations.iter().any(is_news) {
                        conversations.extend(news.clone());
                    }
                }
                queue_order(&mut conversations);
                for conversation in conversations {
                    let Some(channel) = channels.get(&conversation.channel_id) else { continue };
                    let has_had_its_turn =
                        sorting == Sorting::Activity && conversation.waiting_since().is_some();
                    let is_nobodys = conversation.previous_assignee.is_none();
                    if has_had_its_turn || full.contains(&channel.id) && is_nobodys {
                        continue;
                    }
                    if self.clock.now() >= stop_at {
                        return Ok(false);
                    }
                    if self.place(conversation.id, channel, &mut staff).await? == Placed::NoRoom {
                        full.insert(channel.id);
                    }
                }
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(true)
    }

    /// Gives a reopened conversation back to whom it was with, if they take it (ASG-13). Tells whether it is placed.
    async fn give_back(
        &self,
        id: ConversationId,
        channel: &Channel,
        staff: &mut Staff,
    ) -> Result<bool, AssignError> {
        for _ in 0..TRIES {
            let Some(conversation) = self.inbox.conversation(id).await?.filter(waits_for_rule) else {
                return Ok(true);
            };
            let Some(to) = conversation.previous_assignee.clone() else { return Ok(false) };
            staff.look_at(&self.inbox, &self.directory, &to).await?;
            let takes = staff.candidate(&to).is_some_and(|them| goes_back_to(them, &conversation, channel));
            if !takes {
                return Ok(false);
            }
            let why = Why::Returned;
            if self.hand(&conversation, &to, &why, MOST_HELD, None, staff).await? == Given::Done {
                return Ok(true);
            }
        }
        Err(AssignError::Contended("a reopened conversation"))
    }

    /// Gives a conversation to whom it was with, or by the rule.
    async fn place(
        &self,
        id: ConversationId,
        channel: &Channel,
        staff: &mut Staff,
    ) -> Result<Placed, AssignError> {
        if self.give_back(id, channel, staff).await? {
            return Ok(Placed::Done);
        }
        let rule = channel.settings.assignment;
        for _ in 0..TRIES {
            let Some(conversation) = self.inbox.conversation(id).await?.filter(waits_for_rule) else {
                return Ok(Placed::Done);
            };
            let turn = self.inbox.turn(channel.id).await?;
            let next = choose(channel, &staff.candidates(), turn.last.as_ref());
            let Some(to) = next.map(|next| next.person.id.clone()) else { return Ok(Placed::NoRoom) };
            // What was read when the work began may have changed since.
            staff.look_at(&self.inbox, &self.directory, &to).await?;
            let still = choose(channel, &staff.candidates(), turn.last.as_ref());
            let Some(still) = still.filter(|still| still.person.id == to) else { continue };
            let room = still.duty.room(channel.settings.capacity());
            if self.hand(&conversation, &to, &Why::Rule(rule), room, Some(&turn), staff).await? == Given::Done
            {
                return Ok(Placed::Done);
            }
        }
        Err(AssignError::Contended("a waiting conversation"))
    }

    async fn hand(
        &self,
        conversation: &Conversation,
        to: &OperatorId,
        why: &Why,
        room: usize,
        turn: Option<&Turn>,
        staff: &mut Staff,
    ) -> Result<Given, AssignError> {
        let now = self.clock.now();
        let id = conversation.id;
        let Ok(Some(handed)) = assign(conversation, &staff.called(to), None, None, why, now) else {
            return Ok(Given::Conflict);
        };
        let given = self.inbox.hand(&handed, room, turn, now).await?;
        staff.look_at(&self.inbox, &self.directory, to).await?;
        if given == Given::Done {
            self.metrics.count("ConversationsAssigned", 1);
            tracing::info!(conversation.id = %id, operator.id = to.0, ?why, "Assigned conversation `{id}`");
        }
        Ok(given)
    }
}
