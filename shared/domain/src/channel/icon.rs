//! The icon of a channel (CHN-12): a JPEG or PNG, stored under the digest of its bytes, so that its address never shows
//! anything else. One that is replaced stays where it is: somebody may be showing it.

use crate::ids::ChannelId;
use crate::media::{Pixels, jpeg, png, sniff};

/// The largest icon, in bytes: 1 MiB.
pub const ICON_MAX_BYTES: usize = 1_048_576;
/// Width and height of an icon, in pixels. Larger ones only cost whoever shows them.
pub const ICON_SIDE: std::ops::RangeInclusive<u32> = 16..=4_096;

/// What the token of a channel's icon begins with.
const TOKEN: &str = "channel~";

/// Why an image is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IconRefused {
    /// Nothing in it.
    #[error("the icon is empty; send the image itself as the body")]
    Empty,
    /// Too large.
    #[error("the icon has {size_bytes} bytes; at most {ICON_MAX_BYTES} are taken; make it smaller")]
    TooLarge {
        /// Its size.
        size_bytes: usize,
    },
    /// Neither JPEG nor PNG, whatever it is called.
    #[error("an icon must be a JPEG or PNG by its content, not only by its name; convert it")]
    Type,
    /// Cut off, or damaged.
    #[error("the icon is damaged or cut off; save it anew")]
    Damaged,
    /// Too small, or too large.
    #[error(
        "the icon is {} by {} pixels; each must be from {} to {}",
        .0.width, .0.height, ICON_SIDE.start(), ICON_SIDE.end()
    )]
    Pixels(Pixels),
}

impl IconRefused {
    /// The stable public id.
    pub const fn public_id(&self) -> &'static str {
        match self {
            Self::Empty => "icon_empty",
            Self::TooLarge { .. } => "icon_too_large",
            Self::Type => "icon_type_refused",
            Self::Damaged => "icon_damaged",
            Self::Pixels(_) => "icon_pixels_refused",
        }
    }
}

/// Whether `bytes` can be an icon; returns their content type.
pub fn check(bytes: &[u8]) -> Result<&'static str, IconRefused> {
    match bytes.len() {
        0 => return Err(IconRefused::Empty),
        1..=ICON_MAX_BYTES => {}
        size_bytes => return Err(IconRefused::TooLarge { size_bytes }),
    }
    let (content_type, pixels) = match sniff(bytes).as_deref() {
        Some("image/jpeg") => ("image/jpeg", jpeg(bytes)),
        Some("image/png") => ("image/png", png(bytes)),
        _ => return Err(IconRefused::Type),
    };
    let pixels = pixels.ok_or(IconRefused::Damaged)?;
    if ICON_SIDE.contains(&pixels.width) && ICON_SIDE.contains(&pixels.height) {
        Ok(content_type)
    } else {
        Err(IconRefused::Pixels(pixels))
    }
}

/// The key of the icon with this digest: SHA-256 in hex.
pub fn key(channel: ChannelId, digest: &str) -> String {
    format!("channel-icons/{channel}/{digest}")
}

/// What an icon is asked for by: the last segment of a path. The same for ever, and for the same bytes only.
pub fn token(channel: ChannelId, digest: &str) -> String {
    format!("{TOKEN}{channel}~{digest}")
}

/// The key of the icon that `token` names.
pub fn named_by(token: &str) -> Option<String> {
    let (channel, digest) = token.strip_prefix(TOKEN)?.split_once('~')?;
    let is_digest =
        digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_digest.then_some(key(channel.parse().ok()?, digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelKind;
    use crate::media::raster_tests::{a_jpeg, a_png};

    #[test]
    fn chn_12_an_icon_is_a_whole_jpeg_or_png_of_a_megabyte_at_most() {
        let padded = |bytes: Vec<u8>, size: usize| {
            let mut bytes = bytes;
            bytes.resize(size, 0);
            bytes
        };
        for (bytes, expected) in [
            (a_png(256, 256), Ok("image/png")),
            (a_jpeg(256, 256), Ok("image/jpeg")),
            (a_png(16, 4_096), Ok("image/png")),
            (padded(a_jpeg(256, 256), ICON_MAX_BYTES), Ok("image/jpeg")),
            (padded(a_jpeg(256, 256), ICON_MAX_BYTES + 1), Err("icon_too_large")),
            (Vec::new(), Err("icon_empty")),
            (b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), Err("icon_type_refused")),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), Err("icon_type_refused")),
            (b"an icon.png".to_vec(), Err("icon_type_refused")),
            (a_png(256, 256)[..60].to_vec(), Err("icon_damaged")),
            (a_jpeg(256, 256)[..30].to_vec(), Err("icon_damaged")),
            (a_png(15, 256), Err("icon_pixels_refused")),
            (a_png(256, 4_097), Err("icon_pixels_refused")),
            (a_png(u32::MAX, u32::MAX), Err("icon_pixels_refused")),
            (a_jpeg(0, 256), Err("icon_pixels_refused")),
        ] {
            let checked = check(&bytes);
            assert_eq!(checked.as_ref().map_err(IconRefused::public_id), expected.as_ref().map_err(|id| *id));
        }
    }

    #[test]
    fn a_token_names_a_channels_icon_and_nothing_else() {
        let (channel, digest) = (ChannelId::derive(ChannelKind::Line, "1"), "0a".repeat(32));
        assert_eq!(named_by(&token(channel, &digest)), Some(key(channel, &digest)));
        for other in [
            String::new(),
            digest.clone(),
            format!("channel~{channel}"),
            format!("channel~{channel}~{}", &digest[1..]),
            format!("channel~{channel}~{}", digest.to_uppercase()),
            format!("channel~x~{digest}"),
            format!("icon~{channel}~{digest}"),
            format!("channel~{channel}~../../in/{}", &digest[9..]),
        ] {
            assert_eq!(named_by(&other), None, "{other}");
        }
    }

    #[test]
    fn chn_12_a_refusal_says_limit_and_size() {
        let text = check(&vec![0; ICON_MAX_BYTES + 7]).unwrap_err().to_string();
        assert!(text.contains("1048583") && text.contains("1048576"), "{text}");
        let text = check(&a_png(9_000, 8)).unwrap_err().to_string();
        assert!(text.contains("9000 by 8") && text.contains("16 to 4096"), "{text}");
    }
}
