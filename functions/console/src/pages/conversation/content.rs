//! What a message holds beside its text: pictures, sounds, files, places, and what only the provider's app can show.

use maud::{Markup, html};

use super::model::{Attachment, File, Message};
use super::text::is_web;
use crate::parts::{Icon, icon};
use crate::view::View;

/// Where a file is found: a link of the API's own is good for minutes only.
pub(super) fn address(conversation: &str, message: &str, index: usize) -> String {
    format!("/console/files/{conversation}/{message}/{index}")
}

/// A size as people read it; a MB is 1,000,000 bytes, as providers count.
pub(super) fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let in_units = |unit: u64| bytes as f64 / unit as f64;
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.0} KB", in_units(1_000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", in_units(1_000_000)),
        _ => format!("{:.1} GB", in_units(1_000_000_000)),
    }
}

/// A playing time: `1:05`.
pub(super) fn duration(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The attachments of a message; those of an album in its order.
pub(super) fn attachments(view: &View, conversation: &str, message: &Message) -> Markup {
    if message.parts.is_empty() {
        return html! {
            @for (index, attachment) in message.attachments.iter().enumerate() {
                (one(view, conversation, &message.id, index, attachment))
            }
        };
    }
    let count = message.parts.iter().map(|part| part.attachments.len().max(1)).sum::<usize>();
    html! {
        div.album data-count=(count.min(4)) {
            @for part in &message.parts {
                @if part.unsent {
                    span.album-gone { (view.say("取り消されました", "Taken back")) }
                } @else {
                    @for (index, attachment) in part.attachments.iter().enumerate() { (one(view, conversation, &part.id, index, attachment)) }
                }
            }
        }
    }
}

fn one(view: &View, conversation: &str, message: &str, index: usize, attachment: &Attachment) -> Markup {
    let href = address(conversation, message, index);
    if let Some(file) = &attachment.file {
        return match file.state.as_str() {
            "stored" => stored(view, &href, attachment, file),
            "pending" => waiting(view, attachment, file),
            "gone" => {
                html! { p.tombstone { (icon(Icon::Ban)) (view.say("お客様が取り消したファイルです", "The customer took this file back")) } }
            }
            _ => failed(view, conversation, (message, index), attachment, file),
        };
    }
    match attachment.kind.as_str() {
        "location" => location(view, attachment),
        "sticker" => html! {
            span.sticker { (icon(Icon::Sticker)) span { (view.say("スタンプ", "Sticker")) @if let Some(reference) = &attachment.reference { " " small.muted { (reference) } } } }
        },
        kind => card(view, kind, attachment),
    }
}

fn stored(view: &View, href: &str, attachment: &Attachment, file: &File) -> Markup {
    let content_type = file.content_type.as_deref().unwrap_or_default();
    let name = attachment.title.as_deref().unwrap_or_default();
    match (attachment.kind.as_str(), content_type.split('/').next()) {
        ("image", Some("image")) => {
            let label = if name.is_empty() { view.say("画像を開く", "Open the picture") } else { name };
            html! {
                a.picture href=(href) target="_blank" rel="noopener" data-lightbox aria-label=(label) {
                    img src=(format!("{href}?preview=1")) alt="" loading="lazy" decoding="async" width=[file.width] height=[file.height];
                }
            }
        }
        ("video", Some("video")) => html! {
            video.player controls preload="metadata" playsinline src=(href) width=[file.width] height=[file.height] aria-label=(view.say("動画", "Video")) {}
        },
        ("audio", Some("audio" | "video")) => html! {
            audio.player controls preload="none" src=(href) aria-label=(view.say("音声", "Voice message")) {}
            @if let Some(ms) = file.duration_ms { span.muted.small { (duration(ms)) } }
        },
        _ => html! {
            a.file href=(href) target="_blank" rel="noopener" {
                (icon(shape(content_type)))
                span.file-words {
                    bdi.file-name { @if name.is_empty() { (view.say("ファイル", "File")) } @else { (name) } }
                    span.muted.small {
                        @if let Some(bytes) = file.size_bytes { (size(bytes)) }
                        @if file.as_link { " · " (view.say("リンクで送信", "sent as a link")) }
                    }
                }
                (icon(Icon::Download))
            }
        },
    }
}

fn shape(content_type: &str) -> Icon {
    match content_type.split('/').next() {
        Some("image") => Icon::Image,
        Some("video") => Icon::Video,
        Some("audio") => Icon::Music,
        Some("text") => Icon::FileText,
        _ => Icon::File,
    }
}

fn word(view: &View, kind: &str) -> &'static str {
    match kind {
        "image" => view.say("画像", "Picture"),
        "video" => view.say("動画", "Video"),
        "audio" => view.say("音声", "Voice message"),
        _ => view.say("ファイル", "File"),
    }
}

fn waiting(view: &View, attachment: &Attachment, file: &File) -> Markup {
    html! {
        div.file.waiting data-pending {
            (icon(Icon::Loader))
            span.file-words {
                bdi.file-name { (attachment.title.as_deref().unwrap_or_else(|| word(view, &attachment.kind))) }
                span.muted.small { (view.say("取り込み中…", "Being copied …")) @if let Some(bytes) = file.size_bytes { " " (size(bytes)) } }
            }
        }
    }
}

fn failed(
    view: &View,
    conversation: &str,
    (message, index): (&str, usize),
    attachment: &Attachment,
    file: &File,
) -> Markup {
    let retry = format!("POST /conversations/{conversation}/messages/{message}/attachments/{index}/retry");
    html! {
        div.file.failed {
            (icon(Icon::CircleAlert))
            span.file-words {
                bdi.file-name { (attachment.title.as_deref().unwrap_or_else(|| word(view, &attachment.kind))) }
                span.small { @if let Some(failure) = &file.failure { (failure.message) } @else { (view.say("取り込めませんでした", "It could not be copied")) } }
            }
            button.button.small type="button" data-call=(retry) { (icon(Icon::RotateCcw)) (view.say("再試行", "Try again")) }
        }
    }
}

/// Latitude and longitude of a `geo:` address (RFC 5870).
fn degrees(url: &str) -> Option<(f64, f64)> {
    let (latitude, longitude) = url.strip_prefix("geo:")?.split_once(',')?;
    Some((latitude.parse().ok()?, longitude.split([',', ';', '?']).next()?.parse().ok()?))
}

fn location(view: &View, attachment: &Attachment) -> Markup {
    let place = attachment.url.as_deref().and_then(degrees);
    html! {
        div.place {
            svg.place-map viewBox="0 0 240 96" aria-hidden="true" focusable="false" {
                path d="M0 70 60 40l50 18 60-34 70 30" {}
                path d="M70 0l24 96M170 0l-30 96M0 26l240 44" {}
                circle cx="120" cy="46" r="13" {}
            }
            span.place-pin { (icon(Icon::MapPin)) }
            @if let Some((latitude, longitude)) = place {
                a href=(format!("https://www.google.com/maps/search/?api=1&query={latitude},{longitude}")) target="_blank" rel="noopener noreferrer" {
                    (view.say("地図で開く", "Open in a map")) " " (icon(Icon::ExternalLink))
                }
                span.muted.small { (format!("{latitude:.5}, {longitude:.5}")) }
            }
        }
    }
}

/// What only the provider's app can show in full.
fn card(view: &View, kind: &str, attachment: &Attachment) -> Markup {
    let what = match kind {
        "fallback" => view.say("リンク", "Link"),
        "reel" | "ig_reel" => view.say("リール", "Reel"),
        "post" | "ig_post" => view.say("投稿", "Post"),
        "share" => view.say("シェア", "Share"),
        "story_mention" => view.say("ストーリーズでのメンション", "Mentioned in a story"),
        "ig_story" | "story" => view.say("ストーリーズ", "Story"),
        "template" => view.say("テンプレート", "Template"),
        "product" => view.say("商品", "Product"),
        "appointment_booking" => view.say("予約", "Appointment"),
        "contact" | "contacts" => view.say("連絡先", "Contact"),
        "image" | "video" | "audio" | "file" => word(view, kind),
        other => other,
    };
    let url = attachment.url.as_deref().filter(|url| is_web(url));
    html! {
        div.card-inline {
            (icon(if kind == "fallback" { Icon::Link } else { Icon::LayoutGrid }))
            span.file-words {
                span.small.muted { (what) }
                @if let Some(title) = &attachment.title { bdi { (title) } }
                @if let Some(url) = url {
                    a href=(url) target="_blank" rel="noopener noreferrer nofollow" { (view.say("開く", "Open")) " " (icon(Icon::ExternalLink)) }
                } @else {
                    span.small { (view.say("お客様のアプリで確認してください", "Can be seen in the provider's app only")) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn msg_6_sizes_and_playing_times_are_for_people() {
        for (bytes, expected) in
            [(0, "0 B"), (999, "999 B"), (1_500, "2 KB"), (8_000_000, "8.0 MB"), (2_500_000_000, "2.5 GB")]
        {
            assert_eq!(size(bytes), expected);
        }
        for (ms, expected) in [(0, "0:00"), (900, "0:01"), (65_000, "1:05"), (600_000, "10:00")] {
            assert_eq!(duration(ms), expected);
        }
    }

    #[test]
    fn msg_6_a_place_is_read_and_nonsense_is_not() {
        for (url, expected) in [
            ("geo:35.681236,139.767125", Some((35.681_236, 139.767_125))),
            ("geo:-1.5,2;u=35", Some((-1.5, 2.0))),
            ("https://maps.example", None),
            ("geo:a,b", None),
        ] {
            assert_eq!(degrees(url), expected, "{url}");
        }
    }
}
