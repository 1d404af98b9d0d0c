//! Operators: what customers see of them.

use madoguchi_domain::OperatorId;
use madoguchi_domain::picture::{OperatorPicture, ShownPicture};
use madoguchi_domain::sender::Profile;

use super::Directory;
use super::channel::saved;
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item::{self, Item, n, s};

const PARTITION: &str = "operator";

fn key(operator: &OperatorId) -> Item {
    item::key(PARTITION, operator.0.clone())
}

impl Directory {
    /// What is kept of an operator; `None` of one who has set nothing.
    pub async fn operator(&self, id: &OperatorId) -> Result<Option<Profile>, StoreError> {
        if !id.is_possible() {
            return Ok(None);
        }
        access::get(&self.client, &self.table, key(id)).await
    }

    /// Every operator who has set something.
    pub async fn operators(&self) -> Result<Vec<Profile>, StoreError> {
        self.list(PARTITION).await
    }

    /// Writes what is kept of an operator, if nobody has since it was read.
    pub async fn save_operator(&self, profile: &Profile) -> Result<Saved, StoreError> {
        let next = Profile { rev: profile.rev + 1, ..profile.clone() };
        self.save(key(&next.operator), profile.rev, &next).await
    }

    /// Writes which upload customers see as an operator's picture. A later wish than that of `picture` stays.
    pub async fn show_picture(
        &self,
        picture: &OperatorPicture,
        upload: Option<&str>,
    ) -> Result<(), StoreError> {
        let shown = ShownPicture { upload: upload.map(str::to_owned), wish: picture.rev };
        let shown = serde_dynamo::to_attribute_value(&shown).map_err(|error| StoreError::Unreadable {
            key: format!("{PARTITION}/{}", picture.operator.0),
            detail: error.to_string(),
        })?;
        let set = "SET #picture = :picture, changed_by = :changed_by, \
                   #operator = if_not_exists(#operator, :operator), \
                   account_name = if_not_exists(account_name, :name), \
                   rev = if_not_exists(rev, :none) + :one";
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&picture.operator)))
            .update_expression(set)
            .condition_expression("attribute_not_exists(#picture.wish) OR #picture.wish < :wish")
            .expression_attribute_names("#picture", "picture")
            .expression_attribute_names("#operator", "operator")
            .expression_attribute_values(":picture", shown)
            .expression_attribute_values(":changed_by", self.signature(None)?)
            .expression_attribute_values(":operator", s(picture.operator.0.clone()))
            .expression_attribute_values(":name", s(picture.account_name.clone()))
            .expression_attribute_values(":none", n(0))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":wish", n(picture.rev));
        // What is shown by a later wish already is as good.
        saved("UpdateItem", request.send().await).map(|_| ())
    }
}
