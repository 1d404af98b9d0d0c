//! The `OpenAPI` description of the API, made of its code: handlers and views tell paths and shapes (see
//! `madoguchi_api::openapi`), tables of the code tell who may call and what can go wrong.

mod conform;
mod document;
mod errors;
mod schemas;
mod yaml;

use std::path::{Path, PathBuf};

pub use conform::{Description, Mismatch};
pub use document::document;

/// Where the description is kept, in the repository.
pub fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.yaml")
}

/// The file as it should be.
pub fn text() -> String {
    format!(
        "# Written by `make openapi` from the code in shared/api; changes belong there.\n{}",
        yaml::written(&document())
    )
}
