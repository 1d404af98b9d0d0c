//! Who looks at a conversation: noted, and told to everybody who looks at it, too.

use futures::future::join_all;
use madoguchi_domain::live::{Connection, Hearing, Viewer, present};
use madoguchi_domain::{ConversationId, Timestamp};
use madoguchi_live::Told;

use crate::{LiveApi, LiveError};

impl LiveApi {
    /// Notes that `connection` shows `conversation`, and perhaps whether its person is writing; tells all who are there.
    pub(crate) async fn view(
        &self,
        conversation: ConversationId,
        connection: &Connection,
        typing: Option<bool>,
        now: Timestamp,
    ) -> Result<(), LiveError> {
        self.live.note_viewer(conversation, connection, typing, now).await?;
        // Whoever writes knows it already.
        let but = typing.is_some().then_some(connection.id.as_str());
        self.tell_viewers(conversation, but, now).await
    }

    /// Notes that a connection shows a conversation no more, and tells those who stay.
    pub(crate) async fn leave(
        &self,
        conversation: ConversationId,
        connection: &str,
        now: Timestamp,
    ) -> Result<(), LiveError> {
        self.live.remove_viewer(conversation, connection).await?;
        self.tell_viewers(conversation, None, now).await
    }

    async fn tell_viewers(
        &self,
        conversation: ConversationId,
        but: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LiveError> {
        let viewers = self.live.viewers(conversation).await?;
        let told = Told::Presence {
            conversation_id: conversation,
            people: present(&viewers, now).into_iter().map(Into::into).collect(),
            at: now.to_string(),
        };
        let here = viewers.iter().filter(|viewer| viewer.viewing_until > now);
        let others = here.filter(|viewer| but != Some(viewer.connection.as_str()));
        let outcomes =
            join_all(others.map(|viewer| self.tell_viewer(viewer, conversation, &told, now))).await;
        outcomes.into_iter().collect()
    }

    async fn tell_viewer(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        told: &Told,
        now: Timestamp,
    ) -> Result<(), LiveError> {
        let Some(channel) = self.channel_of(conversation).await? else { return Ok(()) };
        let channel = self.audience.channel(channel, now).await?;
        let hearing = self.audience.hearing(&viewer.person, viewer.role, channel.as_ref(), now);
        if hearing.await? == Hearing::Yes {
            self.answer(&viewer.connection, told, now).await?;
        }
        Ok(())
    }
}
