//! CSV (RFC 4180), as spreadsheets open it, and entries as that.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use madoguchi_domain::audit::{Entry, Fields};

const COLUMNS: [&str; 13] = [
    "at",
    "act",
    "actor_id",
    "actor_name",
    "actor_role",
    "ip",
    "user_agent",
    "request_id",
    "subject",
    "channel_id",
    "conversation_id",
    "before",
    "after",
];

/// Where the next part begins; left out with the last.
const NEXT_CURSOR: &str = "next-cursor";

pub(super) fn head() -> String {
    first_line(COLUMNS)
}

/// The names of the columns. The mark before them tells Excel that the rest is UTF-8.
pub(crate) fn first_line<const CELLS: usize>(columns: [&str; CELLS]) -> String {
    format!("\u{feff}{}", line(columns.map(str::to_owned)))
}

/// A part of a file that a browser saves as `name`.
pub(crate) fn part(name: &'static str, file: String, next: Option<&str>) -> Response {
    let mut response = file.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    // As text the file would lose its byte order mark on the way out of the function, and Excel its Japanese. What has an
    // encoding goes as bytes.
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    if let Some(next) = next.and_then(|next| HeaderValue::from_str(next).ok()) {
        headers.insert(NEXT_CURSOR, next);
    }
    response
}

pub(super) fn row(entry: &Entry) -> String {
    let by = &entry.by;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    line([
        entry.at.to_string(),
        entry.act.clone(),
        by.id.clone(),
        text(&by.name),
        by.role.map(|role| role.to_string()).unwrap_or_default(),
        text(&by.ip),
        text(&by.user_agent),
        text(&by.request_id),
        entry.subject.clone(),
        entry.channel.map(|id| id.to_string()).unwrap_or_default(),
        entry.conversation.map(|id| id.to_string()).unwrap_or_default(),
        json(&entry.before),
        json(&entry.after),
    ])
}

fn json(fields: &Fields) -> String {
    if fields.is_empty() { String::new() } else { serde_json::json!(fields).to_string() }
}

/// One row.
pub(crate) fn line(cells: impl IntoIterator<Item = String>) -> String {
    let mut line = cells.into_iter().map(|cell| quoted(&cell)).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// What a formula begins with.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// Where a spreadsheet begins a cell, or a row, that was set up for another separator than the comma: quotation marks that
/// are not at the beginning of its own cells hold nothing together.
const SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];

/// What a spreadsheet would take for a formula begins with an apostrophe instead.
fn harmless(cell: &str) -> String {
    let mut harmless = String::with_capacity(cell.len());
    if cell.starts_with(FORMULA) || cell.starts_with(['\t', '\r', '\n']) {
        harmless.push('\'');
    }
    for (at, c) in cell.char_indices() {
        harmless.push(c);
        let begins = || cell[at + c.len_utf8()..].trim_start_matches([' ', '"']).starts_with(FORMULA);
        if SEPARATORS.contains(&c) && begins() {
            harmless.push('\'');
        }
    }
    harmless
}

fn quoted(cell: &str) -> String {
    let cell = harmless(cell);
    if cell.contains([',', '"', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::audit::Author;
    use madoguchi_domain::{OperatorId, Role, Timestamp};
    use serde_json::json;

    use super::*;

    #[test]
    fn aud_2_a_cell_is_quoted_where_it_must_be_and_never_calculates() {
        for (cell, expected) in [
            ("", ""),
            ("本店", "本店"),
            ("a b", "a b"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("=1+1", "'=1+1"),
            ("+81", "'+81"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("a;=1+1", "a;'=1+1"),
            ("a;b", "a;b"),
            ("a; =1", "a;' =1"),
            ("a;\"=1\"", "\"a;'\"\"=1\"\"\""),
            ("a\t@SUM(A1)", "a\t'@SUM(A1)"),
            ("a\n-1;＋1", "\"a\n'-1;'＋1\""),
            ("＝1", "'＝1"),
            ("=cmd|' /C calc'!A0,\"x\"", "\"'=cmd|' /C calc'!A0,\"\"x\"\"\""),
            ("1=1", "1=1"),
        ] {
            assert_eq!(quoted(cell), expected, "{cell:?}");
        }
    }

    #[test]
    fn aud_2_a_row_has_a_cell_for_each_column() {
        let at = Timestamp::from_ms(1_793_491_200_000);
        let by = Author::person(&OperatorId("p".into()), "=Yamada", Role::Owner, at);
        let by = by.from_where(Some("203.0.113.9"), None, "r");
        let after = Fields::from([("name".to_owned(), json!("本店, 銀座"))]);
        let entry = Entry::asked("audit.exported", "audit".to_owned(), by, after, at);
        assert_eq!(
            row(&entry),
            "2026-11-01T00:00:00.000Z,audit.exported,p,'=Yamada,owner,203.0.113.9,,r,audit,,,,\
             \"{\"\"name\"\":\"\"本店, 銀座\"\"}\"\r\n"
        );
        assert!(head().starts_with("\u{feff}at,act,actor_id,"));
        assert_eq!(head().matches(',').count(), row(&entry).matches(',').count() - 1);
    }
}
