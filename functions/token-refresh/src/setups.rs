//! Setups that nobody finished in time: what they kept of a login is destroyed.

use madoguchi_domain::Timestamp;

use crate::TokenRefresh;
use crate::outcome::Fault;

impl TokenRefresh {
    /// Destroys the secrets of setups that have ended. One that ends in between is found again.
    pub(crate) async fn forget_setups(&self, now: Timestamp) -> Result<(), Fault> {
        for id in self.directory.overdue_setups(now).await? {
            self.secrets.schedule_deletion(&self.names.setup(id)).await?;
            let _gone_meanwhile = self.directory.note_secret_gone(id).await?;
            tracing::info!(setup.id = %id, "Setup `{id}` has ended; what it kept is destroyed");
        }
        Ok(())
    }
}
