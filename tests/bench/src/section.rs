//! What every part of the benchmark hands over: tables for people, named figures for targets and machines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One part's results.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Section {
    /// The part's name on the command line, and the first part of its figures' names.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// How it was measured, a paragraph each, in Markdown.
    pub method: Vec<String>,
    /// For people.
    pub tables: Vec<Table>,
    /// What a reader should know about the results, a paragraph each, in Markdown.
    pub notes: Vec<String>,
    /// For targets and machines, such as `functions.webhook-ingest.init_ms`; the unit ends the name.
    pub figures: BTreeMap<String, f64>,
}

/// A table, with its cells as they are printed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Table {
    /// One line above it.
    pub caption: String,
    /// Heads of the columns; the first column names the row, the others hold figures.
    pub columns: Vec<String>,
    /// As many cells as columns each.
    pub rows: Vec<Vec<String>>,
}

impl Section {
    /// Results of the part called `id`, still empty.
    pub fn new(id: &str, title: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            method: Vec::new(),
            tables: Vec::new(),
            notes: Vec::new(),
            figures: BTreeMap::new(),
        }
    }

    /// Notes the figure `{id}.{name}`.
    pub fn figure(&mut self, name: &str, value: f64) {
        self.figures.insert(format!("{}.{name}", self.id), value);
    }
}

impl Table {
    /// A table without rows.
    pub fn new(caption: &str, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Self { caption: caption.to_owned(), columns, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }
}
