//! Personas: names and pictures that messages can be sent under instead of the page's.

use std::time::Duration;

use serde_json::{Value, json};

use super::{GraphCall, GraphError, auth};
use crate::{
    media::fetch::fetch,
    shared::Shared,
    state::{Persona, World},
};

const NAME_LIMIT: usize = 50;
const PICTURE_LIMIT_BYTES: u64 = 8 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);
const PAGE_SIZE: usize = 25;

pub(super) async fn create(shared: &Shared, page: &str, call: &GraphCall) -> Result<Value, GraphError> {
    let page = shared.read(|world| auth::page_caller(world, call, page).map(ToOwned::to_owned))?;
    let name = call.required("name")?;
    let picture = call.required("profile_picture_url")?;
    if name.chars().count() > NAME_LIMIT {
        return Err(GraphError::parameter("(#100) Param name must be at most 50 characters long"));
    }
    let fetched = fetch(shared, picture, PICTURE_LIMIT_BYTES, PATIENCE).await;
    let is_picture = fetched.as_ref().is_ok_and(|file| file.content_type.starts_with("image/"));
    if !is_picture {
        return Err(GraphError::parameter("(#100) The profile picture could not be fetched"));
    }
    Ok(shared.change(|world| {
        let id = (5_000_000_000_000_000 + world.next_number()).to_string();
        world.personas.push(Persona {
            id: id.clone(),
            page,
            name: name.to_owned(),
            picture_url: picture.to_owned(),
            deleted: false,
        });
        json!({"id": id})
    }))
}

/// Pages of 25 unless `limit` says otherwise; `after` is where the last page ended.
pub(super) fn list(shared: &Shared, page: &str, call: &GraphCall) -> Result<Value, GraphError> {
    shared.read(|world| {
        let page = auth::page_caller(world, call, page)?;
        let number = |name: &str| call.text(name).and_then(|value| value.parse::<usize>().ok());
        let (start, limit) = (number("after").unwrap_or(0), number("limit").unwrap_or(PAGE_SIZE));
        let own: Vec<&Persona> =
            world.personas.iter().filter(|persona| persona.page == page && !persona.deleted).collect();
        let shown = own.iter().skip(start).take(limit);
        let data: Vec<Value> = shown.map(|persona| describe(persona)).collect();
        let end = start + data.len();
        let mut answer = json!({"data": data, "paging": {"cursors": {"before": start.to_string(), "after": end.to_string()}}});
        if end < own.len() {
            let base = &shared.base_url;
            answer["paging"]["next"] =
                format!("{base}/{}/{page}/personas?limit={limit}&after={end}", call.version).into();
        }
        Ok(answer)
    })
}

/// `GET /{persona-id}`; `None` when the id is not a persona's.
pub(super) fn read(world: &World, page: &str, id: &str) -> Option<Value> {
    find(world, page, id).map(describe)
}

pub(super) fn delete(shared: &Shared, id: &str, call: &GraphCall) -> Result<Value, GraphError> {
    shared.change(|world| {
        let page = auth::page_caller(world, call, "me")?.to_owned();
        let own = world
            .personas
            .iter_mut()
            .find(|persona| persona.id == id && persona.page == page && !persona.deleted);
        let own = own.ok_or_else(|| GraphError::missing_object(id))?;
        own.deleted = true;
        Ok(json!({"success": true}))
    })
}

/// The persona that a send names; the documents give no subcode for a wrong one.
pub(super) fn of_send<'w>(
    world: &'w World,
    page: &str,
    call: &GraphCall,
) -> Result<Option<&'w Persona>, GraphError> {
    let Some(id) = call.text("persona_id") else { return Ok(None) };
    find(world, page, id)
        .map(Some)
        .ok_or_else(|| GraphError::parameter("(#100) Invalid persona id: it does not exist or was deleted"))
}

fn find<'w>(world: &'w World, page: &str, id: &str) -> Option<&'w Persona> {
    world.personas.iter().find(|persona| persona.id == id && persona.page == page && !persona.deleted)
}

fn describe(persona: &Persona) -> Value {
    json!({"id": persona.id, "name": persona.name, "profile_picture_url": persona.picture_url})
}
