//! What people have written, with its links: only the schemes that are known to be harmless become any.

use maud::{Markup, html};

use super::model::{Inset, Mark};

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Plain(&'a str),
    Web(&'a str, &'a str),
    Mail(&'a str),
    Phone(&'a str, String),
    Mention(&'a str, bool),
    Marked(&'a str),
}

/// `text` with its links and mentions, which `insets` tell by their place in UTF-16 code units.
pub(super) fn text(text: &str, insets: &[Inset]) -> Markup {
    let mut pieces = Vec::new();
    let mut places: Vec<&Inset> = insets.iter().collect();
    places.sort_by_key(|inset| inset.index);
    let mut at = 0;
    for inset in places {
        let Some((start, end)) = bytes(text, inset.index, inset.length) else { continue };
        if start < at {
            continue;
        }
        let inside = &text[start..end];
        let piece = match (inset.kind.as_str(), inset.url.as_deref()) {
            ("link", Some(url)) if is_web(url) => Piece::Web(inside, url),
            ("mention", _) => Piece::Mention(inside, inset.us),
            _ => continue,
        };
        pieces.extend(contacts(&text[at..start]));
        pieces.push(piece);
        at = end;
    }
    pieces.extend(contacts(&text[at..]));
    markup(&pieces)
}

/// `text` with what was found in it.
pub(super) fn marked(text: &str, marks: &[Mark]) -> Markup {
    let mut pieces = Vec::new();
    let mut at = 0;
    for mark in marks {
        let Some((start, end)) = bytes(text, mark.index, mark.length) else { continue };
        if start < at {
            continue;
        }
        pieces.push(Piece::Plain(&text[at..start]));
        pieces.push(Piece::Marked(&text[start..end]));
        at = end;
    }
    pieces.push(Piece::Plain(&text[at..]));
    markup(&pieces)
}

fn markup(pieces: &[Piece<'_>]) -> Markup {
    html! {
        @for piece in pieces {
            @match piece {
                Piece::Plain(text) => (text),
                Piece::Web(text, url) => a href=(url) target="_blank" rel="noopener noreferrer nofollow" { (text) },
                Piece::Mail(address) => a href=(format!("mailto:{address}")) { (address) },
                Piece::Phone(text, number) => a href=(format!("tel:{number}")) { (text) },
                Piece::Mention(text, us) => span.mention data-us[*us] { (text) },
                Piece::Marked(text) => mark { (text) },
            }
        }
    }
}

/// Whether a browser may be led there.
pub(super) fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The bytes of a place in UTF-16 code units; `None` where it does not fit the text.
fn bytes(text: &str, index: u32, length: u32) -> Option<(usize, usize)> {
    let (start, end) = (index as usize, index as usize + length as usize);
    let mut units = 0;
    let mut found = None;
    for (at, letter) in text.char_indices().chain([(text.len(), '\0')]) {
        if units == start {
            found = Some(at);
        }
        if units == end {
            return found.map(|start| (start, at));
        }
        units += letter.len_utf16();
    }
    None
}

/// Mail addresses and telephone numbers.
fn contacts(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let word = rest.find(|c| !is_contact(c)).unwrap_or(rest.len());
        if word == 0 {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let found = &rest[..word];
        let trimmed = found.trim_end_matches(['.', '-', '_', ')', '+', '@']);
        let piece = if is_mail(trimmed) {
            Some(Piece::Mail(trimmed))
        } else {
            phone(trimmed).map(|number| Piece::Phone(trimmed, number))
        };
        if let Some(piece) = piece {
            if plain < at {
                pieces.push(Piece::Plain(&text[plain..at]));
            }
            pieces.push(piece);
            plain = at + trimmed.len();
        }
        at += word;
    }
    if plain < text.len() {
        pieces.push(Piece::Plain(&text[plain..]));
    }
    pieces
}

const fn is_contact(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '+' | '@' | '(' | ')')
}

fn is_mail(word: &str) -> bool {
    let Some((name, host)) = word.split_once('@') else { return false };
    let label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'))
        && host.contains('.')
        && host.split('.').all(label)
        && host
            .rsplit('.')
            .next()
            .is_some_and(|top| top.len() > 1 && top.chars().all(|c| c.is_ascii_alphabetic()))
}

/// The number as telephones dial it: one that begins with 0 or + and has as many digits as ITU-T E.164 allows.
fn phone(word: &str) -> Option<String> {
    let known = word.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '(' | ')' | '+'));
    let begins = word.starts_with(['0', '+']) || word.starts_with("(0");
    let number: String = word.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let digits = number.trim_start_matches('+').len();
    (known && begins && (9..=15).contains(&digits) && number.rfind('+').unwrap_or(0) == 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(index: u32, length: u32, url: &str) -> Inset {
        Inset { index, length, kind: "link".into(), url: Some(url.into()), us: false }
    }

    #[test]
    fn con_1_only_harmless_addresses_become_links() {
        let table = [
            (
                "見て https://a.jp/?a=1&b=2 ！",
                vec![link(3, 20, "https://a.jp/?a=1&b=2")],
                "<a href=\"https://a.jp/?a=1&amp;b=2\"",
            ),
            ("😀 http://a.jp", vec![link(3, 11, "http://a.jp")], ">http://a.jp</a>"),
            ("javascript:alert(1)", vec![link(0, 19, "javascript:alert(1)")], "javascript:alert(1)"),
            ("<script>", vec![], "&lt;script&gt;"),
            ("short", vec![link(3, 40, "https://a.jp")], "short"),
        ];
        for (said, insets, expected) in table {
            let shown = text(said, &insets).into_string();
            assert!(shown.contains(expected), "{said}: {shown}");
            assert!(!shown.contains("href=\"javascript"), "{shown}");
        }
    }

    #[test]
    fn con_1_mail_addresses_and_numbers_can_be_called() {
        for (said, expected) in [
            ("電話は03-1234-5678です", Some("tel:0312345678")),
            ("+81-90-1234-5678.", Some("tel:+819012345678")),
            ("(03)1234-5678", Some("tel:0312345678")),
            ("mail a.b+c@example.co.jp!", Some("mailto:a.b+c@example.co.jp")),
            ("注文 20261122-0001", None),
            ("2026-11-22", None),
            ("a@b", None),
            ("0120", None),
        ] {
            let shown = text(said, &[]).into_string();
            match expected {
                Some(expected) => assert!(shown.contains(&format!("href=\"{expected}\"")), "{said}: {shown}"),
                None => assert_eq!(shown, said),
            }
        }
    }

    #[test]
    fn src_3_what_was_found_is_marked() {
        let marks = [Mark { index: 2, length: 2 }, Mark { index: 90, length: 2 }];
        assert_eq!(marked("😀注文<", &marks).into_string(), "😀<mark>注文</mark>&lt;");
    }
}
