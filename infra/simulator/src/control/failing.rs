//! Faults over HTTP.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{delete, get},
};
use serde_json::{Value, json};

use super::done;
use crate::{faults::FaultRule, shared::Shared};

type Control = State<Arc<Shared>>;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/control/faults", get(faults).post(set_fault).delete(clear_faults))
        .route("/control/faults/{id}", delete(clear_fault))
}

async fn faults(State(shared): Control) -> Json<Value> {
    Json(shared.read(|world| json!(world.faults)))
}

async fn set_fault(State(shared): Control, Json(rule): Json<FaultRule>) -> Json<Value> {
    Json(json!({"id": shared.change(|world| super::set_fault(world, rule))}))
}

async fn clear_faults(State(shared): Control) -> Json<Value> {
    shared.change(|world| world.faults.clear());
    done()
}

async fn clear_fault(State(shared): Control, Path(id): Path<u64>) -> Json<Value> {
    shared.change(|world| world.faults.retain(|rule| rule.id != id));
    done()
}
