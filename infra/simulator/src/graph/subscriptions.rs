//! `/{page}/subscribed_apps`: which of a page's events reach the app.

use serde_json::{Value, json};

use super::{GraphCall, GraphError, auth};
use crate::{
    shared::Shared,
    state::{SUBSCRIPTION_FIELDS, World},
};

pub(super) fn list(shared: &Shared, page: &str, call: &GraphCall) -> Result<Value, GraphError> {
    shared.read(|world| {
        let page = auth::page_caller(world, call, page)?;
        let fields = world.page(page).and_then(|page| page.subscribed_fields.clone());
        let app = fields.map(|fields| {
            json!({"category": "Business", "name": world.app.name, "id": world.app.id, "subscribed_fields": fields})
        });
        Ok(json!({"data": app.into_iter().collect::<Vec<_>>()}))
    })
}

/// The answer is Meta's sample to the letter: a string, not a truth value.
pub(super) fn subscribe(shared: &Shared, page: &str, call: &GraphCall) -> Result<Value, GraphError> {
    shared.change(|world| {
        let page = authorised(world, page, call)?;
        let fields = fields(call)?;
        if let Some(page) = world.page_mut(&page) {
            page.subscribed_fields = Some(fields);
        }
        Ok(json!({"success": "true"}))
    })
}

pub(super) fn unsubscribe(shared: &Shared, page: &str, call: &GraphCall) -> Result<Value, GraphError> {
    shared.change(|world| {
        let page = authorised(world, page, call)?;
        if let Some(page) = world.page_mut(&page) {
            page.subscribed_fields = None;
        }
        Ok(json!({"success": true}))
    })
}

fn authorised(world: &World, page: &str, call: &GraphCall) -> Result<String, GraphError> {
    if !auth::caller(world, call)?.grant.has("pages_manage_metadata") {
        return Err(GraphError::new(200, "(#200) Requires pages_manage_metadata permission"));
    }
    let page = auth::page_caller(world, call, page)?.to_owned();
    let may = world.page(&page).is_some_and(|page| page.tasks.iter().any(|task| task == "MODERATE"));
    if may {
        return Ok(page);
    }
    Err(GraphError::new(200, "(#200) To subscribe, the person needs the MODERATE task on the page"))
}

fn fields(call: &GraphCall) -> Result<Vec<String>, GraphError> {
    let listed: Vec<String> = match call.params.get("subscribed_fields") {
        Some(Value::Array(fields)) => {
            fields.iter().filter_map(|field| field.as_str().map(ToOwned::to_owned)).collect()
        }
        Some(Value::String(fields)) => fields.split(',').map(|field| field.trim().to_owned()).collect(),
        _ => Vec::new(),
    };
    if listed.is_empty() {
        return Err(GraphError::parameter("(#100) The parameter subscribed_fields is required"));
    }
    if let Some(unknown) = listed.iter().find(|field| !SUBSCRIPTION_FIELDS.contains(&field.as_str())) {
        return Err(GraphError::parameter(format!(
            "(#100) Param subscribed_fields: unknown field {unknown}"
        )));
    }
    Ok(listed)
}
