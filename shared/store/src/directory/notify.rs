//! What operators want to be told of, the browsers that they are told by, and how the latest attempts ended.

use madoguchi_domain::OperatorId;
use madoguchi_domain::notify::{PushSubscription, Settings, Standing};

use super::Directory;
use super::channel::saved;
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item::{self, Item, s};

const SETTINGS: &str = "notify";
const STANDING: &str = "notify-standing";
const BROWSERS: &str = "push";

fn of(partition: &str, operator: &OperatorId) -> Item {
    item::key(partition, operator.0.clone())
}

impl Directory {
    /// What somebody has chosen to be told of; nothing yet, if they never did.
    pub async fn notify_settings(&self, operator: &OperatorId) -> Result<Settings, StoreError> {
        let settings = access::get(&self.client, &self.table, of(SETTINGS, operator)).await?;
        Ok(settings.unwrap_or_else(|| Settings::new(operator.clone())))
    }

    /// What everybody has chosen who has chosen anything.
    pub async fn all_notify_settings(&self) -> Result<Vec<Settings>, StoreError> {
        self.list(SETTINGS).await
    }

    /// Writes what somebody has chosen, if nobody has since it was read (`rev` 0: if they had chosen nothing).
    pub async fn save_notify_settings(&self, settings: &Settings) -> Result<Saved, StoreError> {
        let next = Settings { rev: settings.rev + 1, ..settings.clone() };
        self.save(of(SETTINGS, &next.operator), settings.rev, &next).await
    }

    /// How the latest attempts to tell somebody ended.
    pub async fn notify_standing(&self, operator: &OperatorId) -> Result<Standing, StoreError> {
        let standing = access::get(&self.client, &self.table, of(STANDING, operator)).await?;
        Ok(standing.unwrap_or_default())
    }

    /// Writes how they ended, if nobody has since it was read (`rev` 0: if nothing was known).
    pub async fn save_notify_standing(
        &self,
        operator: &OperatorId,
        standing: &Standing,
    ) -> Result<Saved, StoreError> {
        let next = Standing { rev: standing.rev + 1, ..standing.clone() };
        self.save(of(STANDING, operator), standing.rev, &next).await
    }

    /// The browsers that anybody is told by.
    pub async fn all_push_subscriptions(&self) -> Result<Vec<PushSubscription>, StoreError> {
        self.list(BROWSERS).await
    }

    /// The browsers that somebody is told by.
    pub async fn push_subscriptions(
        &self,
        operator: &OperatorId,
    ) -> Result<Vec<PushSubscription>, StoreError> {
        let mut browsers = self.all_push_subscriptions().await?;
        browsers.retain(|browser| browser.operator == *operator);
        Ok(browsers)
    }

    /// A browser, whosever it is: it tells one person only, who subscribed last.
    pub async fn push_subscription(&self, id: &str) -> Result<Option<PushSubscription>, StoreError> {
        access::get(&self.client, &self.table, item::key(BROWSERS, id)).await
    }

    /// Writes a browser, if nobody has since it was read (`rev` 0: if there is none).
    pub async fn save_push_subscription(&self, browser: &PushSubscription) -> Result<Saved, StoreError> {
        let next = PushSubscription { rev: browser.rev + 1, ..browser.clone() };
        self.save(item::key(BROWSERS, next.id.clone()), browser.rev, &next).await
    }

    /// Forgets a browser, if it is still this person's.
    pub async fn remove_push_subscription(&self, operator: &OperatorId, id: &str) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table);
        let request = request
            .set_key(Some(item::key(BROWSERS, id)))
            .condition_expression("#operator = :operator")
            .expression_attribute_names("#operator", "operator")
            .expression_attribute_values(":operator", s(operator.0.clone()));
        let _whether_it_was_there = saved("DeleteItem", request.send().await)?;
        Ok(())
    }
}
