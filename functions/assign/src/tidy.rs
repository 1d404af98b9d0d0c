//! What somebody holds is what is open and theirs, on channels that they see.

use madoguchi_domain::assignment::{Why, unassign};
use madoguchi_domain::{ConversationId, OperatorId, Timestamp, membership};
use madoguchi_store::Saved;
use madoguchi_store::inbox::{Given, Part, PartOf, Sorting};

use crate::staff::Staff;
use crate::{AssignError, Assigner, TRIES};

/// So many listed conversations are looked at together.
const PAGE: usize = 100;

impl Assigner {
    /// Takes a conversation off what `operator` holds, unless it is open and theirs.
    pub(crate) async fn free(&self, operator: &OperatorId, id: ConversationId) -> Result<(), AssignError> {
        for _ in 0..TRIES {
            if !self.inbox.duty(operator).await?.held.contains(&id)
                || self.inbox.free(operator, id).await? == Saved::Done
            {
                return Ok(());
            }
        }
        Err(AssignError::Contended("what somebody holds"))
    }

    /// Goes through what `operator` holds, and what is listed as theirs: what is not theirs leaves, and what they do not see
    /// any more becomes nobody's. False if time was up before the end.
    pub(crate) async fn look_after(
        &self,
        operator: &OperatorId,
        stop_at: Timestamp,
    ) -> Result<bool, AssignError> {
        let held = self.inbox.duty(operator).await?.held;
        for id in &held {
            if self.clock.now() >= stop_at {
                return Ok(false);
            }
            self.check(operator, *id).await?;
        }
        let listed = [Part::all(PartOf::Operator(operator.clone()))];
        let mut after = None;
        loop {
            if self.clock.now() >= stop_at {
                return Ok(false);
            }
            let page = self.inbox.listed(&listed, Sorting::Activity, after.as_deref(), PAGE).await?;
            for conversation in page.conversations.iter().filter(|listed| !held.contains(&listed.id)) {
                self.check(operator, conversation.id).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(true);
            }
        }
    }

    async fn check(&self, operator: &OperatorId, id: ConversationId) -> Result<(), AssignError> {
        for _ in 0..TRIES {
            let conversation = self.inbox.conversation(id).await?.filter(|conversation| {
                conversation.is_open() && conversation.assignee.as_ref() == Some(operator)
            });
            let Some(conversation) = conversation else { return self.free(operator, id).await };
            let person = self.directory.person(operator).await?;
            let channel = self.directory.channel(conversation.channel_id).await?;
            let person = person.filter(|person| person.removed_at.is_none());
            let sees = person.as_ref().zip(channel.as_ref());
            // Whose channel is gone is closed by others.
            if channel.is_none()
                || sees
                    .is_some_and(|(person, channel)| membership::may_see(person.role, channel, Some(person)))
            {
                return Ok(());
            }
            let who = Staff::read(&self.inbox, &self.directory).await?.called(operator);
            let now = self.clock.now();
            let Ok(Some(handed)) = unassign(&conversation, Some(&who), None, &Why::AccessLost, now) else {
                return Ok(());
            };
            if self.inbox.hand(&handed, 0, None, now).await? == Given::Done {
                self.metrics.count("ConversationsReleased", 1);
                tracing::info!(
                    conversation.id = %id, operator.id = operator.0,
                    "Took conversation `{id}` from somebody who does not see it any more"
                );
                return Ok(());
            }
        }
        Err(AssignError::Contended("what somebody holds"))
    }
}
