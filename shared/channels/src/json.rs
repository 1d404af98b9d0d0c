//! Reading a provider's JSON without ever failing: a field of the wrong shape is a missing field.

use madoguchi_domain::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::digest;

/// The longest text that is stored whole, in bytes. Providers take at most a tenth of it; more would
/// not fit a table item, and a message that can never be stored would block its conversation.
const TEXT_BYTES: usize = 64 * 1024;
/// What is kept of an event that we do not understand, in bytes.
const RAW_BYTES: usize = 8 * 1024;
/// The longest provider id that is taken as it is; a longer one is replaced by its digest.
const ID_BYTES: usize = 255;
/// An address that is longer is worthless when cut, so it is left out.
const URL_BYTES: usize = 4096;
/// The last millisecond with 13 digits (the year 2286): message keys sort by 13 digits.
const LATEST_MS: i64 = 9_999_999_999_999;

/// A non-empty string.
pub(crate) fn text<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// A message's text, cut where it could not be stored.
pub(crate) fn long_text(object: &Value, key: &str) -> Option<String> {
    text(object, key).map(|text| cut_bytes(text, TEXT_BYTES).to_owned())
}

/// A string of at most `max` characters; more are cut (ING-10).
pub(crate) fn short_text(object: &Value, key: &str, max: usize) -> Option<String> {
    text(object, key).map(|text| cut(text, max))
}

/// An id. Ids are strings, but numbers occur (`app_id`, `sticker_id`).
pub(crate) fn id(object: &Value, key: &str) -> Option<String> {
    as_id(object.get(key)?)
}

/// See [`id`].
pub(crate) fn as_id(value: &Value) -> Option<String> {
    match value {
        Value::String(id) if id.len() > ID_BYTES => Some(digest::of(&[id.as_bytes()])),
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// An address that is short enough to be one.
pub(crate) fn url(object: &Value, key: &str) -> Option<String> {
    text(object, key).filter(|url| url.len() <= URL_BYTES).map(str::to_owned)
}

/// A whole number, also when it is written as a string or with a fraction of zero.
pub(crate) fn integer(object: &Value, key: &str) -> Option<i64> {
    match object.get(key)? {
        Value::Number(number) => number.as_i64().or_else(|| {
            number.as_f64().filter(|float| float.abs() < 9e15).map(|float| {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "bounded above; a fraction of a millisecond is noise"
                )]
                let whole = float as i64;
                whole
            })
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A number that cannot be negative.
pub(crate) fn unsigned(object: &Value, key: &str) -> Option<u64> {
    integer(object, key)?.try_into().ok()
}

/// A number that cannot be negative and is small, such as a place in a text or a list.
pub(crate) fn small(object: &Value, key: &str) -> Option<u32> {
    integer(object, key)?.try_into().ok()
}

/// A latitude or longitude of at most `most` degrees. Others are none, and could not be stored if they were.
pub(crate) fn degrees(degrees: f64, most: f64) -> Option<f64> {
    // A hair's breadth on the ground; smaller numbers than a table holds would be possible.
    const NOTHING: f64 = 1e-9;
    (degrees.abs() <= most).then_some(if degrees.abs() < NOTHING { 0.0 } else { degrees })
}

/// The ids that the elements of a list carry under `key`, at most `max` of them.
pub(crate) fn ids(list: Option<&Value>, key: &str, max: usize) -> Vec<String> {
    let list = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(|element| id(element, key)).take(max).collect()
}

/// A provider's instant; `None` for what no message key can carry.
pub(crate) fn instant(object: &Value, key: &str) -> Option<Timestamp> {
    let value = integer(object, key).filter(|value| *value >= 0)?;
    let instant = Timestamp::from_provider(value);
    (instant.as_ms() <= LATEST_MS).then_some(instant)
}

/// At most `max` characters; an ellipsis tells that something is missing.
pub(crate) fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(max.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// At most `max` bytes, at a character boundary.
pub(crate) fn cut_bytes(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// The JSON itself, for what we do not understand, without what still opens something: it is shown to people.
pub(crate) fn raw(value: &Value) -> String {
    let mut value = value.clone();
    remove_secrets(&mut value);
    cut_bytes(&value.to_string(), RAW_BYTES).to_owned()
}

/// Fields that hold a token or a code, at any depth. The depth is that of the parser's limit.
fn remove_secrets(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let opens = |name: &str| {
                let name = name.to_ascii_lowercase();
                name.ends_with("token") || matches!(name.as_str(), "authorization_code" | "nonce")
            };
            fields.retain(|name, _| !opens(name));
            fields.values_mut().for_each(remove_secrets);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_secrets),
        _ => {}
    }
}

/// The value of one element of a good envelope. What JSON allows but Rust strings do not (half a
/// surrogate pair, the remains of an emoji that somebody's client cut in two) is replaced; what
/// still cannot be read is kept as text. One bad element never costs the others (ING-8).
pub(crate) fn lenient(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get())
        .or_else(|_| serde_json::from_str(&without_lone_surrogates(raw.get())))
        .unwrap_or_else(|_| Value::from(raw.get()))
}

/// Replaces each `\ud800`–`\udfff` escape that is not part of a pair by the replacement character.
fn without_lone_surrogates(json: &str) -> String {
    let mut repaired = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        repaired.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = match (escaped_unit(rest), rest.get(6..).and_then(escaped_unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                repaired.push('\u{FFFD}');
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            // The character behind the backslash goes along, so that `\\` is not read as an opening.
            (None, _) => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
        };
        repaired.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    repaired.push_str(rest);
    repaired
}

/// The UTF-16 unit of a `\uXXXX` escape at the start of `text`.
fn escaped_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn element(text: &str) -> Box<RawValue> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn half_a_surrogate_pair_costs_one_character_and_not_the_event() {
        let table = [
            (r#"{"text":"a\ud83db"}"#, "a\u{FFFD}b"),
            (r#"{"text":"\ude00"}"#, "\u{FFFD}"),
            (r#"{"text":"\ud83d\ud83d\ude00"}"#, "\u{FFFD}😀"),
            (r#"{"text":"\ud83d\n\\ud83d"}"#, "\u{FFFD}\n\\ud83d"),
            (r#"{"text":"\uD83D\u0041é\\"}"#, "\u{FFFD}Aé\\"),
        ];
        for (json, expected) in table {
            assert_eq!(lenient(&element(json)), json!({ "text": expected }), "{json}");
        }
    }

    #[test]
    fn what_cannot_be_read_at_all_is_kept_as_text() {
        assert_eq!(lenient(&element("[1e999]")), json!("[1e999]"));
    }

    #[test]
    fn ids_and_numbers_are_read_in_either_form() {
        let object = json!({"a": 7, "b": "7", "c": "", "d": null, "e": 1.5, "f": "7.5", "g": -1});
        let ids: Vec<_> = ["a", "b", "c", "d", "e", "x"].map(|key| id(&object, key)).into();
        assert_eq!(ids, [Some("7".into()), Some("7".into()), None, None, None, None]);
        let numbers: Vec<_> = ["a", "b", "c", "d", "e", "f"].map(|key| integer(&object, key)).into();
        assert_eq!(numbers, [Some(7), Some(7), None, None, Some(1), None]);
        assert_eq!(unsigned(&object, "g"), None);
    }

    #[test]
    fn an_over_long_id_is_replaced_by_a_digest_of_it() {
        let long = json!({"id": "x".repeat(256), "same": "x".repeat(256), "other": "x".repeat(257)});
        assert_eq!(id(&long, "id").unwrap().len(), 64);
        assert_eq!(id(&long, "id"), id(&long, "same"));
        assert_ne!(id(&long, "id"), id(&long, "other"));
    }

    #[test]
    fn an_instant_is_milliseconds_that_a_message_key_can_carry() {
        let object = json!({
            "ms": 1_700_000_000_001_i64, "s": "1700000000", "negative": -1, "late": 10_000_000_000_000_i64,
        });
        assert_eq!(instant(&object, "ms"), Some(Timestamp::from_ms(1_700_000_000_001)));
        assert_eq!(instant(&object, "s"), Some(Timestamp::from_ms(1_700_000_000_000)));
        assert_eq!(instant(&object, "negative"), None);
        assert_eq!(instant(&object, "late"), None);
    }

    #[test]
    fn what_is_kept_of_an_unknown_event_opens_nothing() {
        let event = json!({
            "replyToken": "t", "kept": 1, "deep": [{"notification_messages_token": "t", "kept": 2}],
            "link": {"nonce": "n", "authorization_code": "c", "result": "ok"},
        });
        let kept: Value = serde_json::from_str(&raw(&event)).unwrap();
        assert_eq!(kept, json!({"kept": 1, "deep": [{"kept": 2}], "link": {"result": "ok"}}));
    }

    #[test]
    fn cuts_stay_inside_their_bounds() {
        assert_eq!(cut("あいう", 3), "あいう");
        assert_eq!(cut("あいうえ", 3), "あい…");
        assert_eq!(cut_bytes("あい", 4), "あ");
        assert_eq!(raw(&json!("あ".repeat(9_000))).len(), 8_191);
    }
}
