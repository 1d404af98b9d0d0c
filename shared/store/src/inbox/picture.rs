//! Operators' pictures: what each wants, until it is done. Here and not in the Directory, because this table's stream
//! starts the work.

use aws_sdk_dynamodb::types::Put;
use madoguchi_domain::OperatorId;
use madoguchi_domain::picture::OperatorPicture;

use super::Inbox;
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item::{self, Item, n, reference_key, s, text};

/// The partition of the `pending` index.
pub(crate) const PENDING: &str = "picture";

fn key(operator: &OperatorId) -> Item {
    item::key(format!("operator#{}", reference_key(&operator.0)), "picture")
}

impl Inbox {
    /// An operator's picture; `None` of one who never had any.
    pub async fn operator_picture(&self, id: &OperatorId) -> Result<Option<OperatorPicture>, StoreError> {
        access::get(&self.client, &self.table, key(id)).await
    }

    /// Writes an operator's picture, if nobody has since it was read.
    pub async fn save_operator_picture(&self, picture: &OperatorPicture) -> Result<Saved, StoreError> {
        let mut next = picture.clone();
        next.rev += 1;
        let mut item = item::encode(key(&next.operator), &next)?;
        if next.wanted().is_some() {
            item.insert("pending_pk".into(), s(PENDING));
            item.insert("pending_sk".into(), s(next.operator.0.clone()));
            item.insert("pending_state".into(), s(PENDING));
        }
        let (condition, values) = match picture.rev {
            0 => ("attribute_not_exists(pk)", None),
            rev => ("rev = :rev", Some([(":rev".to_owned(), n(rev))].into())),
        };
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .build()
            .map_err(|error| StoreError::Unavailable { operation: "PutItem", detail: error.to_string() })?;
        self.put_alone(put).await
    }

    /// The operators whose wish for a picture is not done.
    pub async fn pending_operator_pictures(&self) -> Result<Vec<OperatorId>, StoreError> {
        let items = self.unfinished_in(PENDING.to_owned()).await?;
        Ok(items.iter().map(|item| OperatorId(text(item, "pending_sk").to_owned())).collect())
    }
}
