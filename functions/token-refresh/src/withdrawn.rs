//! What people took back at Meta ([`madoguchi_domain::withdrawal`]). A login that was taken back is held at once and
//! checked; of one whose data must go, the credential is destroyed and the name forgotten. Channels and conversations
//! are the company's own and stay.
//!
//! Every step is harmless once more, and a request stays open until all of them are done.

use madoguchi_domain::credential::Cause;
use madoguchi_domain::withdrawal::{Extent, Withdrawal, concerns, names_login_of};
use madoguchi_domain::{ConnectionId, Timestamp};
use madoguchi_store::directory::Connection;
use madoguchi_store::{Saved, StoreError};

use crate::outcome::Fault;
use crate::{LEASE, TokenRefresh, chain};

impl TokenRefresh {
    /// Carries out every request that is open. What goes wrong with one is logged, counted and kept from the others.
    /// Returns how many are done.
    pub(crate) async fn heed_withdrawals(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut done = 0;
        for code in self.directory.open_withdrawals(now).await? {
            match self.heed(&code, now).await {
                Ok(true) => done += 1,
                Ok(false) => {}
                Err(fault) => {
                    self.metrics.count("TokenRefreshFaults", 1);
                    tracing::error!(
                        error = chain(&fault),
                        "What somebody took back at Meta could not be carried out"
                    );
                }
            }
        }
        Ok(done)
    }

    /// Whether the request is carried out. It is not while somebody else works on a login that it concerns.
    async fn heed(&self, code: &str, now: Timestamp) -> Result<bool, Fault> {
        let Some(withdrawal) = self.directory.withdrawal(code).await? else { return Ok(true) };
        let Some(user) = withdrawal.user_id.clone() else { return Ok(true) };
        let is_theirs = |connection: &Connection| {
            connection.linked.as_ref().is_some_and(|linked| linked.user_id == user)
                && concerns(withdrawal.issued_at, connection.authorized_at)
        };
        let mut logins = 0;
        for connection in self.directory.connections().await?.into_iter().filter(is_theirs) {
            if !self.end_login(connection.id, &withdrawal, is_theirs, now).await? {
                return Ok(false);
            }
            logins += 1;
        }
        if withdrawal.extent == Extent::Data {
            self.forget_setups_of(&user).await?;
        }
        let extent = withdrawal.extent;
        self.directory.settle_withdrawal(&withdrawal.completed(logins, now)).await?;
        self.metrics.count("WithdrawalsCarriedOut", 1);
        tracing::warn!(?extent, logins, "Somebody took back at Meta what they had allowed our app");
        Ok(true)
    }

    /// Holds the channels of a login, and takes its data away if they asked for that. False: somebody else has it in hand.
    async fn end_login(
        &self,
        id: ConnectionId,
        withdrawal: &Withdrawal,
        is_theirs: impl Fn(&Connection) -> bool,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let Some((lease, mut connection)) = self.directory.lease_connection(id, LEASE, now).await? else {
            return Ok(false);
        };
        if is_theirs(&connection) {
            for channel in &connection.channels {
                let held =
                    self.directory.hold_channel(*channel, Cause::AppAccessWithdrawn, DETAIL, now).await?;
                if held == Saved::Conflict {
                    let _known_as_such =
                        self.directory.name_cause(*channel, Cause::AppAccessWithdrawn, DETAIL).await?;
                }
            }
            if withdrawal.extent == Extent::Data {
                self.secrets.destroy(&self.names.connection(connection.kind, connection.id)).await?;
                connection.linked = None;
                connection.expires_at = None;
            }
            // Meta has the last word: the check holds it for the cause that it names, or releases it.
            connection.check_at = now;
        }
        Ok(self.directory.settle_connection(lease, &connection).await? == Saved::Done)
    }

    /// Ways to a channel that are under way with a login of theirs end.
    async fn forget_setups_of(&self, user: &str) -> Result<(), Fault> {
        for setup in self.directory.setups().await? {
            if names_login_of(&setup, user) {
                self.secrets.destroy(&self.names.setup(setup.id)).await?;
                self.directory.remove_setup(setup.id).await?;
            }
        }
        Ok(())
    }
}

const DETAIL: &str = "deauthorized";
