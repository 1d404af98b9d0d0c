//! An icon of a picture: its middle, square and small.

use std::io::Cursor;

use image::imageops::{self, FilterType};
use image::{DynamicImage, GenericImageView as _, ImageDecoder as _, ImageFormat};
use madoguchi_domain::picture::{ICON_PIXELS, PictureFailure};

use crate::preview::{self, MOST_PIXELS};

/// A square PNG of a JPEG or PNG.
pub(crate) fn of_picture(bytes: &[u8]) -> Result<Vec<u8>, PictureFailure> {
    decode_and_crop(bytes).and_then(|icon| icon.ok_or(PictureFailure::Unreadable))
}

fn decode_and_crop(bytes: &[u8]) -> Result<Option<Vec<u8>>, PictureFailure> {
    let Some((width, height)) = preview::reader(bytes).and_then(|reader| reader.into_dimensions().ok())
    else {
        return Ok(None);
    };
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(PictureFailure::TooManyPixels);
    }
    Ok(cropped(bytes))
}

fn cropped(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = preview::reader(bytes)?.into_decoder().ok()?;
    let orientation = decoder.orientation().ok()?;
    let picture = DynamicImage::from_decoder(decoder).ok()?;
    let (width, height) = picture.dimensions();
    let side = width.min(height);
    // A view: the picture may be large, and is not copied.
    let middle = picture.view((width - side) / 2, (height - side) / 2, side, side);
    let small = if side > ICON_PIXELS {
        imageops::thumbnail(&*middle, ICON_PIXELS, ICON_PIXELS)
    } else {
        imageops::resize(&*middle, ICON_PIXELS, ICON_PIXELS, FilterType::Triangle)
    };
    let mut icon = DynamicImage::ImageRgba8(small);
    // The middle of a turned picture is the turned middle.
    icon.apply_orientation(orientation);
    let mut png = Cursor::new(Vec::new());
    icon.write_to(&mut png, ImageFormat::Png).ok()?;
    Some(png.into_inner())
}

#[cfg(test)]
mod tests {
    use image::{ImageReader, Rgba, RgbaImage};

    use super::*;

    /// LINE takes 1 MB.
    const LINE_BYTES: usize = 1_000_000;

    fn encoded(picture: RgbaImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let picture = DynamicImage::ImageRgba8(picture);
        let picture =
            if format == ImageFormat::Jpeg { DynamicImage::from(picture.to_rgb8()) } else { picture };
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// Red, with a green square in the middle.
    fn flag(width: u32, height: u32, green: Rgba<u8>) -> RgbaImage {
        let side = width.min(height);
        let (left, top) = ((width - side) / 2, (height - side) / 2);
        RgbaImage::from_fn(width, height, |x, y| {
            let inside = (left..left + side).contains(&x) && (top..top + side).contains(&y);
            if inside { green } else { Rgba([255, 0, 0, 255]) }
        })
    }

    fn decoded(icon: &[u8]) -> RgbaImage {
        assert_eq!(image::guess_format(icon).unwrap(), ImageFormat::Png);
        ImageReader::new(Cursor::new(icon)).with_guessed_format().unwrap().decode().unwrap().to_rgba8()
    }

    #[test]
    fn snd_3_an_icon_is_the_square_middle_of_any_picture() {
        let green = Rgba([0, 200, 0, 255]);
        for (width, height) in [(300, 900), (900, 300), (1, 1), (3, 2), (256, 256), (4000, 257), (1, 2000)] {
            for format in [ImageFormat::Png, ImageFormat::Jpeg] {
                let icon = of_picture(&encoded(flag(width, height, green), format)).unwrap();
                assert!(icon.len() < LINE_BYTES);
                let icon = decoded(&icon);
                assert_eq!(icon.dimensions(), (ICON_PIXELS, ICON_PIXELS), "{width}x{height}");
                let middle = icon.get_pixel(ICON_PIXELS / 2, ICON_PIXELS / 2);
                assert!(middle[1] > 150, "{width}x{height} {format:?}: {middle:?}");
                if format == ImageFormat::Png {
                    assert!(
                        icon.pixels().all(|pixel| *pixel == green),
                        "nothing of the sides: {width}x{height}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_can_be_seen_through_stays_so_and_noise_fits_as_well() {
        let clear = Rgba([0, 200, 0, 0]);
        let icon = decoded(&of_picture(&encoded(flag(600, 300, clear), ImageFormat::Png)).unwrap());
        assert!(icon.pixels().all(|pixel| pixel[3] == 0));
        let mut state = 7_u32;
        let noise = RgbaImage::from_fn(512, 512, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Rgba(state.to_be_bytes())
        });
        assert!(of_picture(&encoded(noise, ImageFormat::Png)).unwrap().len() < LINE_BYTES);
    }

    #[test]
    fn what_is_broken_is_unreadable_and_what_is_too_large_is_not_decoded() {
        let whole = encoded(flag(64, 64, Rgba([0, 200, 0, 255])), ImageFormat::Png);
        let svg: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'/>";
        let gif: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
        for broken in [&[] as &[u8], b"not a picture", svg, gif, &whole[..whole.len() / 2]] {
            assert_eq!(of_picture(broken), Err(PictureFailure::Unreadable));
        }
        // A header that promises 60,000 by 60,000 pixels.
        let mut bomb = whole;
        bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let crc = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(of_picture(&bomb), Err(PictureFailure::TooManyPixels));
    }

    /// The checksum of a PNG's chunk.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(
                crc ^ u32::from(*byte),
                |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
            )
        })
    }

    #[test]
    fn a_picture_in_the_inks_of_print_becomes_one_of_light() {
        // Eight by eight pixels of four inks, each half way.
        let segments: [&[u8]; 7] = [
            b"\xff\xd8\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0\xff\xdb\0\x43\0",
            &[1; 64],
            b"\xff\xc0\0\x14\x08\0\x08\0\x08\x04\x01\x11\0\x02\x11\0\x03\x11\0\x04\x11\0",
            b"\xff\xc4\0\x14\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            b"\xff\xc4\0\x14\x10\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            b"\xff\xda\0\x0e\x04\x01\0\x02\0\x03\0\x04\0\0\x3f\0",
            b"\0\xff\xd9",
        ];
        let icon = decoded(&of_picture(&segments.concat()).unwrap());
        assert_eq!(icon.dimensions(), (ICON_PIXELS, ICON_PIXELS));
        let [red, green, blue, alpha] = icon.get_pixel(9, 9).0;
        assert!(
            red == green && green == blue && (30..100).contains(&red) && alpha == 255,
            "{red} {green} {blue}"
        );
    }
}
