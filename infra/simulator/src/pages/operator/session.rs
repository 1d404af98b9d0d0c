//! Tokens stay here; the browser holds only a cookie that scripts cannot read.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::http::{HeaderMap, header};

use crate::ids;

const COOKIE: &str = "operator_session";

#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) email: String,
    pub(crate) groups: Vec<String>,
    pub(super) id_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) expires_at_ms: i64,
}

#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Session>>);

impl Sessions {
    pub(super) fn get(&self, id: &str) -> Option<Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(super) fn put(&self, id: &str, session: Session) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), session);
    }

    pub(super) fn remove(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

pub(super) fn new_id() -> String {
    ids::secret("")
}

pub(super) fn id_from(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(name, value)| (name == COOKIE).then(|| value.to_owned()))
}

/// Without `Secure`: the page is served over plain HTTP on this machine only.
pub(super) fn cookie(id: &str) -> String {
    format!("{COOKIE}={id}; Path=/operator; HttpOnly; SameSite=Strict")
}

pub(super) fn no_cookie() -> String {
    format!("{COOKIE}=; Path=/operator; HttpOnly; SameSite=Strict; Max-Age=0")
}
