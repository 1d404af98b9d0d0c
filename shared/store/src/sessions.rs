//! The Sessions table: who is signed in at the console, and who is just signing in (CON-1). Everything in it ends by itself.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValue;
use madoguchi_domain::Timestamp;
use madoguchi_domain::session::{Limits, Login, RENEWAL_LASTS, Session};

use crate::directory::saved;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s};
use crate::{Saved, access};

/// Access to the Sessions table. What it is asked for is known by fingerprints, so that no cookie follows from it. The tokens are as the
/// issuer gave them: whoever may read the table can call the API until they end, and nobody but the console may.
#[derive(Clone, Debug)]
pub struct Sessions {
    client: Client,
    table: String,
}

fn login(state: &str) -> Item {
    Item::from([("pk".to_owned(), s(format!("login#{state}")))])
}

fn session(id: &str) -> Item {
    Item::from([("pk".to_owned(), s(format!("session#{id}")))])
}

impl Sessions {
    /// The table called `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Notes that somebody was sent off to sign in; `state` is the fingerprint of what they bring back.
    pub async fn begin_login(&self, state: &str, begun: &Login) -> Result<(), StoreError> {
        let mut item = item::encode(login(state), begun)?;
        item.insert("expires_at".to_owned(), n(begun.ends_at.as_ms() / 1000));
        access::put(&self.client, &self.table, item).await
    }

    /// Takes the login of `state`, which nobody gets a second time; `None` if there is none, or its time is over.
    pub async fn take_login(&self, state: &str, now: Timestamp) -> Result<Option<Login>, StoreError> {
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(login(state)));
        let answer = request.return_values(ReturnValue::AllOld).send().await;
        let answer = answer.map_err(|error| failed("DeleteItem", error))?;
        let found: Option<Login> = answer.attributes.map(item::decode).transpose()?;
        Ok(found.filter(|login| now < login.ends_at))
    }

    /// Keeps the session whose id has the fingerprint `id`.
    pub async fn begin(&self, id: &str, begun: &Session, limits: Limits) -> Result<(), StoreError> {
        let mut item = item::encode(session(id), begun)?;
        let end = begun.began_at + limits.life;
        item.insert("expires_at".to_owned(), n(end.as_ms() / 1000));
        access::put(&self.client, &self.table, item).await
    }

    /// The session, as last written: one that has just ended lets nobody in. Whether it is over is for the caller to see.
    pub async fn read(&self, id: &str) -> Result<Option<Session>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(session(id)));
        let answer = request.consistent_read(true).send().await.map_err(|error| failed("GetItem", error))?;
        answer.item.map(item::decode).transpose()
    }

    /// Notes that it was used.
    pub async fn note_use(&self, id: &str, now: Timestamp) -> Result<Saved, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(session(id)))
            .update_expression("SET used_at = :now")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", n(now.as_ms()));
        saved("UpdateItem", request.send().await)
    }

    /// Whether the caller is to renew the token that ends at `token_ends_at`: [`Saved::Conflict`] if somebody else does, or has.
    /// Who does not come to an end of it is not waited for longer than [`RENEWAL_LASTS`].
    pub async fn claim_renewal(
        &self,
        id: &str,
        token_ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(session(id)))
            .update_expression("SET renewing_until = :until")
            .condition_expression(
                "attribute_exists(pk) AND token_ends_at = :seen AND \
                 (attribute_not_exists(renewing_until) OR renewing_until <= :now)",
            )
            .expression_attribute_values(":until", n((now + RENEWAL_LASTS).as_ms()))
            .expression_attribute_values(":seen", n(token_ends_at.as_ms()))
            .expression_attribute_values(":now", n(now.as_ms()));
        saved("UpdateItem", request.send().await)
    }

    /// Keeps the tokens and claims of `renewed` in place of those that were there; [`Saved::Conflict`] if the session has been
    /// ended meanwhile.
    pub async fn renew(&self, id: &str, renewed: &Session) -> Result<Saved, StoreError> {
        let mut item = item::encode(Item::new(), renewed)?;
        let mut request = self.client.update_item().table_name(&self.table).set_key(Some(session(id)));
        for name in ["claims", "id_token", "refresh_token", "token_ends_at"] {
            if let Some(value) = item.remove(name) {
                request = request.expression_attribute_values(format!(":{name}"), value);
            }
        }
        let refresh = if renewed.refresh_token.is_some() { ", refresh_token = :refresh_token" } else { "" };
        let request = request
            .update_expression(format!(
                "SET claims = :claims, id_token = :id_token, token_ends_at = :token_ends_at{refresh} \
                 REMOVE renewing_until"
            ))
            .condition_expression("attribute_exists(pk)");
        saved("UpdateItem", request.send().await)
    }

    /// Ends a session; ending one that has ended succeeds.
    pub async fn end(&self, id: &str) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(session(id)));
        request.send().await.map(drop).map_err(|error| failed("DeleteItem", error))
    }
}
