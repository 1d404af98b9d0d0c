//! What a file is, by its bytes; and how it may be shown.

/// One spelling per type: what browsers, phones and libraries call the same thing differently.
const SPELLINGS: [(&str, &str); 17] = [
    ("image/jpg", "image/jpeg"),
    ("image/pjpeg", "image/jpeg"),
    ("image/x-png", "image/png"),
    ("audio/m4a", "audio/mp4"),
    ("audio/x-m4a", "audio/mp4"),
    ("audio/mp3", "audio/mpeg"),
    ("audio/x-mp3", "audio/mpeg"),
    ("audio/x-mpeg", "audio/mpeg"),
    ("audio/x-wav", "audio/wav"),
    ("audio/wave", "audio/wav"),
    ("audio/vnd.wave", "audio/wav"),
    ("audio/x-aac", "audio/aac"),
    ("audio/aacp", "audio/aac"),
    // A voice message of WhatsApp is Opus in Ogg; bare Opus is no file.
    ("audio/opus", "audio/ogg"),
    ("video/avi", "video/x-msvideo"),
    ("video/msvideo", "video/x-msvideo"),
    ("video/x-m4v", "video/mp4"),
];

/// A content type in the one spelling that is used here, without its parameters.
pub fn canonical(content_type: &str) -> String {
    let bare = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let spelling = SPELLINGS.iter().find(|(other, _)| *other == bare);
    spelling.map_or(bare, |(_, ours)| (*ours).to_owned())
}

/// What the first bytes of a file tell about its type; `None` if they do not. A few hundred bytes are enough.
pub fn sniff(head: &[u8]) -> Option<String> {
    // ADTS, in each of its two versions and with or without a checksum.
    if let [0xff, second, ..] = head
        && second & 0xf6 == 0xf0
    {
        return Some("audio/aac".to_owned());
    }
    // The library takes a small part of the combinations of MPEG version and layer 3.
    if let [0xff, second, third, ..] = head
        && second & 0xe6 == 0xe2
        && third >> 4 != 0xf
    {
        return Some("audio/mpeg".to_owned());
    }
    // The library takes it for a shell script.
    if head.starts_with(b"#!AMR") {
        return Some("audio/amr".to_owned());
    }
    Some(canonical(infer::get(head)?.mime_type()))
}

/// How a file is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serving {
    /// What the answer says it is: a type that shows nothing but itself, or one that shows nothing.
    pub content_type: &'static str,
    /// Whether it may be shown in place; everything else is saved.
    pub inline: bool,
}

/// How a file of the type that its bytes told is handed out. Only types that cannot carry script are named; the rest,
/// HTML and SVG among it, is bytes to be saved.
pub fn serving(sniffed: &str) -> Serving {
    const SHOWN: [&str; 13] = [
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "video/mp4",
        "video/quicktime",
        "video/webm",
        "audio/mpeg",
        "audio/mp4",
        "audio/aac",
        "audio/wav",
        "audio/ogg",
        "audio/amr",
    ];
    match SHOWN.into_iter().find(|shown| *shown == sniffed) {
        Some(content_type) => Serving { content_type, inline: true },
        // Opens in a viewer of its own, after it was saved.
        None if sniffed == "application/pdf" => Serving { content_type: "application/pdf", inline: false },
        None => Serving { content_type: "application/octet-stream", inline: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_from_bytes() {
        let table: &[(&[u8], Option<&str>)] = &[
            (b"\xff\xd8\xff\xe0\x00\x10JFIF", Some("image/jpeg")),
            (b"\x89PNG\r\n\x1a\n", Some("image/png")),
            (b"GIF89a\x01\x00", Some("image/gif")),
            (b"RIFF\x24\x00\x00\x00WEBPVP8 ", Some("image/webp")),
            (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", Some("video/mp4")),
            (b"\x00\x00\x00\x1cftypM4A \x00\x00\x02\x00M4A isom", Some("audio/mp4")),
            (b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ", Some("video/quicktime")),
            (b"RIFF\x24\x00\x00\x00WAVEfmt ", Some("audio/wav")),
            (b"RIFF\x24\x00\x00\x00AVI LIST", Some("video/x-msvideo")),
            (b"OggS\x00\x02", Some("audio/ogg")),
            (
                b"OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xaa\xbb\xcc\xdd\x01\x13OpusHead\x01",
                Some("audio/ogg"),
            ),
            (b"ID3\x03\x00\x00\x00", Some("audio/mpeg")),
            (b"\xff\xfb\x90\x64", Some("audio/mpeg")),
            (b"\xff\xf3\x40\xc4", Some("audio/mpeg")),
            (b"\xff\xf1\x50\x80", Some("audio/aac")),
            (b"\xff\xf8\x50\x80", Some("audio/aac")),
            (b"#!AMR\n", Some("audio/amr")),
            (b"%PDF-1.7\n", Some("application/pdf")),
            (b"PK\x03\x04\x14\x00", Some("application/zip")),
            (b"MZ\x90\x00", Some("application/vnd.microsoft.portable-executable")),
            (b"hello", None),
            (b"", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(sniff(bytes).as_deref(), *expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_webm_is_told_from_other_files_of_its_container() {
        for (name, expected) in [
            (&b"\x42\x82\x84webm"[..], Some("video/webm")),
            (b"\x42\x82\x88matroska", Some("video/x-matroska")),
            (b"\x42\x82\x84else", None),
        ] {
            let mut bytes = [b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f", name].concat();
            bytes.resize(300, 0);
            assert_eq!(sniff(&bytes).as_deref(), expected);
        }
    }

    #[test]
    fn one_type_has_one_spelling() {
        for (given, expected) in [
            ("image/JPG; charset=binary", "image/jpeg"),
            (" audio/x-m4a ", "audio/mp4"),
            ("application/pdf", "application/pdf"),
            ("", ""),
        ] {
            assert_eq!(canonical(given), expected, "{given}");
        }
        for (_, ours) in SPELLINGS {
            assert_eq!(canonical(ours), ours);
        }
    }

    #[test]
    fn what_may_carry_script_is_saved_and_never_shown() {
        for sniffed in
            ["text/html", "text/xml", "image/svg+xml", "application/zip", "application/javascript", ""]
        {
            let expected = Serving { content_type: "application/octet-stream", inline: false };
            assert_eq!(serving(sniffed), expected, "{sniffed}");
        }
        assert_eq!(serving("image/png"), Serving { content_type: "image/png", inline: true });
        assert!(!serving("application/pdf").inline);
    }
}
