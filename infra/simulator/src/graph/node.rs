//! `GET /{id}`: a customer's profile, a persona, the page, or the person who logged in.

use serde_json::{Value, json};

use super::{GraphCall, GraphError, auth, persona};
use crate::{
    model::Provider,
    shared::Shared,
    state::{TokenKind, World},
};

pub(super) fn read(shared: &Shared, node: &str, call: &GraphCall) -> Result<Value, GraphError> {
    shared.read(|world| {
        let token = auth::caller(world, call)?;
        match &token.kind {
            TokenKind::Page { page_id, .. } if node == "me" || node == page_id => Ok(page(world, page_id)),
            TokenKind::Page { page_id, .. } => {
                if let Some(persona) = persona::read(world, page_id, node) {
                    return Ok(persona);
                }
                profile(world, &shared.base_url, page_id, node, call.text("fields"))
            }
            TokenKind::User if node == "me" || node == world.user(token).0 => {
                let (id, name) = world.user(token);
                Ok(json!({"id": id, "name": name}))
            }
            TokenKind::User => match world.page(node) {
                Some(_) => Ok(page(world, node)),
                None => Err(GraphError::missing_object(node)),
            },
        }
    })
}

fn page(world: &World, id: &str) -> Value {
    json!({"id": id, "name": world.page(id).map(|page| page.name.as_str())})
}

fn profile(
    world: &World,
    base_url: &str,
    page: &str,
    psid: &str,
    fields: Option<&str>,
) -> Result<Value, GraphError> {
    let thread = world.thread(Provider::Messenger, page, psid);
    let customer = thread.and_then(|thread| world.customer(thread.customer.as_deref()?));
    let customer = customer.ok_or_else(|| GraphError::missing_object(psid))?;
    if !customer.profile_access {
        // Without the feature, or when the person allows nothing, the object is empty; it is no error.
        return Ok(json!({}));
    }
    let full = json!({
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "name": format!("{} {}", customer.last_name, customer.first_name),
        "profile_pic": format!("{base_url}/media/face-{}.png", customer.id),
        "locale": locale(&customer.language),
        "timezone": 9,
        "id": psid,
    });
    let wanted = fields.unwrap_or("first_name,last_name,profile_pic").split(',').chain(["id"]).map(str::trim);
    Ok(wanted.filter_map(|name| full.get(name).map(|value| (name.to_owned(), value.clone()))).collect())
}

/// Meta names a language with a country.
fn locale(language: &str) -> &'static str {
    match language.split('-').next() {
        Some("en") => "en_US",
        Some("zh") => "zh_TW",
        Some("ko") => "ko_KR",
        Some("ar") => "ar_AR",
        _ => "ja_JP",
    }
}
