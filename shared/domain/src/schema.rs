//! JSON schemas of what is written as text and read by rules of its own, for the description of the API.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::message::MessageKey;
use crate::organisation::hours::{Day, Minute, Zone};
use crate::webhook::EventKind;

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

macro_rules! schemas {
    ($($type:ty: $schema:expr;)*) => {$(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                $schema.build().into()
            }
        }

        impl ToSchema for $type {}
    )*};
}

schemas! {
    MessageKey: text();
    Zone: text().description(Some("A time zone of the IANA database, such as `Asia/Tokyo`."));
    Day: text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)));
    Minute: text().pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"));
    EventKind: text().enum_values(Some(EventKind::ALL.map(EventKind::as_str)));
}
