//! Setups: ways to a channel that are under way, and the logins that they have sent somebody off to.

use madoguchi_domain::setup::SHOWN_AFTER_END;
use madoguchi_domain::{OperatorId, Setup, SetupId, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Directory, channel::saved};
use crate::Saved;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

const SETUPS: &str = "setup";
const LOGINS: &str = "login";
/// Partition of the `credential` index: setups that keep a credential, by their end.
const DUE: &str = "setup";
/// When the table forgets the item, in seconds.
const FORGET_AT: &str = "forget_at";
/// So long a login that is over can be told from one that never was.
const LOGIN_SHOWN: Span = Span::from_days(1);

/// That somebody was sent off to a login dialog. What comes back names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginState {
    /// Fingerprint of what comes back.
    pub fingerprint: String,
    /// The setup that it is for.
    pub setup: SetupId,
    /// Who was sent off.
    pub by: OperatorId,
    /// Until when it may come back.
    pub ends_at: Timestamp,
    /// When it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

/// What there is to a state that comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// It is for this setup, and was used for it now and never again.
    Welcome(LoginState),
    /// Somebody came back with it before.
    Replayed(LoginState),
    /// It took too long.
    TooLate(LoginState),
    /// Nobody was sent off with it.
    Unknown,
}

fn setup_key(id: SetupId) -> Item {
    item::key(SETUPS, id.to_string())
}

fn login_key(fingerprint: &str) -> Item {
    item::key(LOGINS, fingerprint)
}

impl Directory {
    /// The setup.
    pub async fn setup(&self, id: SetupId) -> Result<Option<Setup>, StoreError> {
        access::get(&self.client, &self.table, setup_key(id)).await
    }

    /// Every setup that is not forgotten yet.
    pub async fn setups(&self) -> Result<Vec<Setup>, StoreError> {
        self.list(SETUPS).await
    }

    /// Writes a setup, if nobody has since it was read (`rev` 0: if there is none).
    pub async fn save_setup(&self, setup: &Setup) -> Result<Saved, StoreError> {
        let next = Setup { rev: setup.rev + 1, ..setup.clone() };
        let mut item = self.signed(setup_key(setup.id), &next)?;
        if setup.keeps_secret() {
            item.insert("credential_pk".into(), s(DUE));
            item.insert("credential_due".into(), n(setup.ends_at.as_ms()));
        }
        let forget_at = setup.ends_at + SHOWN_AFTER_END;
        item.insert(FORGET_AT.into(), n(forget_at.as_ms() / 1000));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let request = match setup.rev {
            0 => request.condition_expression("attribute_not_exists(pk)"),
            read => request.condition_expression("rev = :rev").expression_attribute_values(":rev", n(read)),
        };
        saved("PutItem", request.send().await)
    }

    /// Forgets a setup; once more is harmless.
    pub async fn remove_setup(&self, id: SetupId) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(setup_key(id)));
        request.send().await.map(drop).map_err(|error| failed("DeleteItem", error))
    }

    /// Setups that have ended and still keep a secret, the longest overdue first.
    pub async fn overdue_setups(&self, now: Timestamp) -> Result<Vec<SetupId>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("credential")
            .key_condition_expression("credential_pk = :pk AND credential_due <= :now")
            .expression_attribute_values(":pk", s(DUE))
            .expression_attribute_values(":now", n(now.as_ms()))
            .limit(25)
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let items = answer.items.unwrap_or_default();
        Ok(items.iter().filter_map(|item| text(item, "sk").parse().ok()).collect())
    }

    /// Notes that the secret of a setup is destroyed.
    pub async fn note_secret_gone(&self, id: SetupId) -> Result<Saved, StoreError> {
        let request = self.client.update_item().table_name(&self.table).set_key(Some(setup_key(id)));
        let request = request
            .update_expression("REMOVE credential_pk, credential_due")
            .condition_expression("attribute_exists(pk)");
        saved("UpdateItem", request.send().await)
    }

    /// Notes that somebody is sent off to a login dialog.
    pub async fn send_off(&self, state: &LoginState) -> Result<(), StoreError> {
        let mut item = item::encode(login_key(&state.fingerprint), state)?;
        let forget_at = state.ends_at + LOGIN_SHOWN;
        item.insert(FORGET_AT.into(), n(forget_at.as_ms() / 1000));
        access::put(&self.client, &self.table, item).await
    }

    /// Takes a state that comes back, by its fingerprint. Of several at once one is welcome.
    pub async fn take_back(&self, fingerprint: &str, now: Timestamp) -> Result<Returned, StoreError> {
        let request = self.client.update_item().table_name(&self.table).set_key(Some(login_key(fingerprint)));
        let answer = request
            .update_expression("SET used_at = :now")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(used_at) AND ends_at > :now")
            .expression_attribute_values(":now", n(now.as_ms()))
            .send()
            .await;
        let taken = saved("UpdateItem", answer)?;
        let state: Option<LoginState> =
            access::get(&self.client, &self.table, login_key(fingerprint)).await?;
        Ok(match (state, taken) {
            (None, _) => Returned::Unknown,
            (Some(state), Saved::Done) => Returned::Welcome(state),
            (Some(state), Saved::Conflict) if state.used_at.is_some() => Returned::Replayed(state),
            (Some(state), Saved::Conflict) => Returned::TooLate(state),
        })
    }
}
