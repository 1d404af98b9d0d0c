//! What stands in paths and headers.

use madoguchi_domain::webhook::DeliveryKey;
use madoguchi_domain::{
    BrandId, ChannelId, ConversationId, DepartmentId, LabelId, MessageKey, OperatorId, SetupId, TemplateId,
    ViewId, WebhookId,
};
use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};

use crate::etag::IfMatch;
use crate::input::{AttachmentIndex, IdempotencyKey, PathId, Version};
use crate::tickets::TicketNumber;
use crate::view::QuarantinedId;

/// A part of a path that stands for something.
#[derive(Clone, Debug)]
pub struct PathParameter {
    /// As routes spell it.
    pub name: &'static str,
    /// What the paths begin with in which it has this meaning.
    pub below: &'static str,
    /// What it stands for.
    pub description: &'static str,
    /// Its JSON schema.
    pub schema: Value,
    /// The error if there is no such thing; `None` where a page for people says so.
    pub not_found: Option<&'static str>,
}

fn of<T: PathId>(description: &'static str, schema: Value) -> PathParameter {
    let not_found = Some(T::not_found().public_id());
    PathParameter { name: T::PARAMETER, below: "/", description, schema, not_found }
}

/// Every parameter that paths have.
pub fn path_parameters() -> Vec<PathParameter> {
    let uuid = || json!({ "type": "string", "format": "uuid" });
    let text = || json!({ "type": "string", "minLength": 1 });
    let number = |minimum: u8| json!({ "type": "integer", "minimum": minimum });
    let open = |name, below, description, not_found| PathParameter {
        name,
        below,
        description,
        schema: text(),
        not_found,
    };
    vec![
        of::<ConversationId>("The conversation's id.", uuid()),
        of::<MessageKey>("The message's id, unique within its conversation.", text()),
        of::<AttachmentIndex>("Which attachment of the message, from 0.", number(0)),
        of::<ChannelId>("The channel's id.", uuid()),
        of::<BrandId>("The brand's id.", uuid()),
        of::<DepartmentId>("The department's id.", uuid()),
        of::<LabelId>("The label's id.", uuid()),
        of::<TemplateId>("The template's id.", uuid()),
        of::<SetupId>("The setup's id.", uuid()),
        of::<WebhookId>("The webhook's id.", uuid()),
        of::<DeliveryKey>("The delivery's id.", text()),
        of::<TicketNumber>("The ticket's number.", number(1)),
        of::<QuarantinedId>("The id of what was quarantined.", text()),
        of::<OperatorId>(
            "The identity provider's id of the person (`sub`).",
            json!({ "type": "string", "minLength": 1, "maxLength": 1_024 }),
        ),
        of::<ViewId>("The view's id.", uuid()),
        open("subscription", "/api/me/", "The id of the browser's subscription.", Some("unknown_route")),
        open("token", "/media/", "The last part of the file's address.", Some("attachment_not_found")),
        open("token", "/notifications/", "What the link of the e-mail carries.", Some("unknown_route")),
        open("code", "/data-deletion/", "The confirmation code that Meta shows to the person.", None),
    ]
}

fn header(name: &str, description: &str, required: Required, most: Option<usize>) -> Parameter {
    let visible = most.map(|_| "^[!-~]+$");
    let schema =
        ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(most).pattern(visible);
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(description))
        .required(required)
        .schema(Some(schema.build()))
        .build()
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The `ETag` of what was read. If somebody has changed it since, the change is refused with \
                           `changed_meanwhile` and how it is now. Without it the last word counts.";
        vec![header("If-Match", description, Required::False, None)]
    }
}

impl IntoParams for Version {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The version that the change is made to, such as `\"7\"`, in place of `version`.";
        vec![header("If-Match", description, Required::False, None)]
    }
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "1 to 200 visible ASCII characters that name this and nothing else: under the same key it \
                           is done once, however often it is sent.";
        vec![header("Idempotency-Key", description, Required::True, Some(200))]
    }
}
