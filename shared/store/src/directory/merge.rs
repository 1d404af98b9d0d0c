//! What the merge fields of message templates are filled with (TPL-4).

use madoguchi_domain::message_template::{Object, Values};
use madoguchi_domain::{Channel, Conversation, MessageTemplate};

use super::Directory;
use crate::error::StoreError;

impl Directory {
    /// What contact and conversation know. Brand and department are read only if `template` asks for their names, where fields
    /// that name no object come from `object`, else from the template's own.
    pub async fn merge_values(
        &self,
        template: &MessageTemplate,
        object: Option<Object>,
        conversation: &Conversation,
        channel: Option<&Channel>,
    ) -> Result<Values, StoreError> {
        let mut values = Values::of(conversation, channel);
        let fields = template.fields(object);
        let asked = |field: &str| fields.contains(&(Object::Conversation, field.to_owned()));
        if let Some(brand) = channel.and_then(|channel| channel.brand)
            && asked("brand")
        {
            let brand = self.brand(brand).await?;
            values.set(Object::Conversation, "brand", brand.as_ref().map(|brand| brand.name.as_str()));
        }
        // The one that it was transferred to, else the channel's.
        let department = conversation.department.or_else(|| channel.and_then(|channel| channel.department));
        if let Some(department) = department
            && asked("department")
        {
            let department = self.department(department).await?;
            let name = department.as_ref().map(|department| department.name.as_str());
            values.set(Object::Conversation, "department", name);
        }
        Ok(values)
    }
}
