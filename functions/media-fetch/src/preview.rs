//! Small pictures of large ones, and a still for a video. Bounded in pixels and memory: what decodes to more is refused.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits, Rgb, RgbImage};
use madoguchi_domain::media::PREVIEW_MAX_BYTES;

/// Pixels of a picture that is decoded: more than any phone's camera makes in one shot.
pub(crate) const MOST_PIXELS: u64 = 50_000_000;
/// What decoding may allocate: those pixels in four bytes each, and some room.
const MOST_BYTES: u64 = 224 * 1024 * 1024;
/// Longest side and quality, until the preview is small enough. The last one always is.
const SIZES: [(u32, u8); 3] = [(1024, 80), (768, 70), (480, 60)];
/// Longest side of a video's still.
const STILL_PIXELS: u32 = 640;

/// A JPEG of at most 1 MB of a JPEG or PNG; `None` if it cannot be decoded within the bounds.
pub(crate) fn of_picture(bytes: &[u8]) -> Option<Vec<u8>> {
    let (width, height) = reader(bytes)?.into_dimensions().ok()?;
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return None;
    }
    let mut decoder = reader(bytes)?.into_decoder().ok()?;
    let orientation = decoder.orientation().ok()?;
    let picture = DynamicImage::from_decoder(decoder).ok()?;
    SIZES.iter().find_map(|(side, quality)| {
        let mut small = picture.thumbnail(*side, *side);
        small.apply_orientation(orientation);
        let jpeg = jpeg(&small.to_rgb8(), *quality)?;
        (jpeg.len() as u64 <= PREVIEW_MAX_BYTES).then_some(jpeg)
    })
}

pub(crate) fn reader(bytes: &[u8]) -> Option<ImageReader<Cursor<&[u8]>>> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    reader.limits(limits);
    Some(reader)
}

/// A still in the video's proportions (LINE shows the video cropped otherwise): a play sign on grey. What a video shows
/// would take a decoder for videos.
pub(crate) fn of_video(pixels: Option<(u32, u32)>) -> Option<Vec<u8>> {
    const GREY: Rgb<u8> = Rgb([44, 46, 51]);
    const LIGHT: Rgb<u8> = Rgb([236, 237, 240]);
    let (width, height) = scaled(pixels.unwrap_or((16, 9)));
    let (middle_x, middle_y) = (i64::from(width) / 2, i64::from(height) / 2);
    let half = i64::from(width.min(height)) / 8;
    let still = RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (i64::from(x) - middle_x + half, (i64::from(y) - middle_y).abs());
        // A triangle that points to the right: as high as it is far from its tip.
        let inside = x >= 0 && x <= 2 * half && 2 * y <= 2 * half - x;
        if inside { LIGHT } else { GREY }
    });
    jpeg(&still, 80)
}

fn scaled((width, height): (u32, u32)) -> (u32, u32) {
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let side = u64::from(STILL_PIXELS);
    let longest = width.max(height);
    // Nothing narrower than 16 pixels, whatever a broken file says.
    let scale = |length: u64| u32::try_from((length * side / longest).max(16)).unwrap_or(STILL_PIXELS);
    (scale(width), scale(height))
}

fn jpeg(picture: &RgbImage, quality: u8) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use image::ImageFormat;

    use super::*;
    use crate::probe::pixels;

    fn png(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let picture = RgbImage::from_fn(width, height, |x, y| Rgb(pixel(x, y)));
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_preview_is_a_small_jpeg_in_the_same_proportions() {
        let large = png(2048, 1024, |x, y| [x.to_le_bytes()[0], y.to_le_bytes()[0], 90]);
        let small = of_picture(&large).unwrap();
        assert_eq!(pixels(&small), Some((1024, 512)));
        assert!(small.len() as u64 <= PREVIEW_MAX_BYTES);
        assert_eq!(image::guess_format(&small).unwrap(), ImageFormat::Jpeg);
    }

    #[test]
    fn what_cannot_be_decoded_within_the_bounds_has_no_preview() {
        assert_eq!(of_picture(b"not a picture"), None);
        assert_eq!(of_picture(&[]), None);
        let mut cut = png(64, 64, |_, _| [1, 2, 3]);
        cut.truncate(cut.len() / 2);
        assert_eq!(of_picture(&cut), None);
        // A header that promises 60,000 by 60,000 pixels, with its checksum.
        let mut bomb = png(1, 1, |_, _| [0, 0, 0]);
        bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        assert_eq!(of_picture(&bomb), None);
    }

    #[test]
    fn a_still_has_the_proportions_of_its_video() {
        for (video, still) in [
            (Some((1920, 1080)), (640, 360)),
            (Some((1080, 1920)), (360, 640)),
            (None, (640, 360)),
            (Some((0, 0)), (640, 640)),
            (Some((u32::MAX, 1)), (640, 16)),
        ] {
            let jpeg = of_video(video).unwrap();
            assert_eq!(pixels(&jpeg), Some(still), "{video:?}");
            assert!(jpeg.len() < 100_000);
        }
    }
}
