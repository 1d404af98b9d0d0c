//! Width and height of a JPEG or PNG, read from its structure, and whether it is whole. Nothing is decoded: that is the
//! business of whoever shows it.

/// Pixels of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Across.
    pub width: u32,
    /// Down.
    pub height: u32,
}

/// The pixels of a PNG (W3C PNG, 5.2 and 11.2.2): the signature, then chunks of which the first is `IHDR` and the last
/// `IEND`, with an `IDAT` in between. `None` if it is damaged or cut off.
pub fn png(bytes: &[u8]) -> Option<Pixels> {
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let (mut pixels, mut has_data) = (None, false);
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let (data, after) = after.split_at_checked(u32::from_be_bytes(*length).try_into().ok()?)?;
        let (_checksum, after) = after.split_first_chunk::<4>()?;
        match (kind, pixels) {
            (b"IHDR", None) if data.len() == 13 => {
                let (width, data) = data.split_first_chunk::<4>()?;
                let (height, _) = data.split_first_chunk::<4>()?;
                let (width, height) = (u32::from_be_bytes(*width), u32::from_be_bytes(*height));
                pixels = Some(Pixels { width, height });
            }
            (_, None) => return None,
            (b"IEND", Some(_)) => return pixels.filter(|_| has_data),
            (b"IDAT", Some(_)) => has_data = true,
            _ => {}
        }
        rest = after;
    }
}

/// The pixels of a JPEG (ITU-T T.81, B.1 and B.2): `SOI`, segments of which one is a frame header `SOF`, the scans, `EOI`.
/// What some cameras append behind `EOI` is no damage. `None` if it is damaged or cut off.
pub fn jpeg(bytes: &[u8]) -> Option<Pixels> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    let mut pixels = None;
    loop {
        let (marker, after) = marker(rest)?;
        rest = match marker {
            0xd9 => return None,
            // Without a length: `TEM`, `RST0` to `RST7`.
            0x01 | 0xd0..=0xd7 => after,
            marker => {
                let (length, _) = after.split_first_chunk::<2>()?;
                let (segment, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
                match marker {
                    // `DHT`, `JPG` and `DAC` stand between the frame headers.
                    0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => pixels = frame(segment),
                    0xda => return pixels.filter(|_| ends(after)),
                    _ => {}
                }
                after
            }
        };
    }
}

/// The next marker, before which any number of `0xff` may stand.
fn marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (0xff, mut rest) = bytes.split_first().map(|(first, rest)| (*first, rest))? else { return None };
    loop {
        let (next, after) = rest.split_first()?;
        match next {
            0xff => rest = after,
            0x00 => return None,
            marker => return Some((*marker, after)),
        }
    }
}

/// Length, precision, then height and width.
fn frame(segment: &[u8]) -> Option<Pixels> {
    match segment {
        [_, _, _, h1, h2, w1, w2, ..] => Some(Pixels {
            width: u16::from_be_bytes([*w1, *w2]).into(),
            height: u16::from_be_bytes([*h1, *h2]).into(),
        }),
        _ => None,
    }
}

/// Whether `EOI` stands behind the first scan: inside of one `0xff` is always followed by `0x00` or a restart.
fn ends(scans: &[u8]) -> bool {
    scans.windows(2).any(|pair| pair == b"\xff\xd9")
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&length[..], &kind, data, &[0; 4]].concat()
    }

    /// A PNG of this size, whose pixels are none.
    pub(crate) fn a_png(width: u32, height: u32) -> Vec<u8> {
        let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
        let signature = b"\x89PNG\r\n\x1a\n".to_vec();
        [
            signature,
            chunk(*b"IHDR", &header),
            chunk(*b"tEXt", b"a"),
            chunk(*b"IDAT", b"xyz"),
            chunk(*b"IEND", b""),
        ]
        .concat()
    }

    /// The same of a JPEG, with a restart and a stuffed byte in its scan.
    pub(crate) fn a_jpeg(width: u16, height: u16) -> Vec<u8> {
        let frame = [&[0xff, 0xc2, 0, 8, 8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[0]].concat();
        [
            b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xff\xc4\0\x03\0".to_vec(),
            frame,
            b"\xff\xda\0\x02\x12\xff\0\x34\xff\xd0\x56\xff\xd9".to_vec(),
        ]
        .concat()
    }

    #[test]
    fn chn_12_pixels_are_read_from_whole_files() {
        assert_eq!(png(&a_png(640, 480)), Some(Pixels { width: 640, height: 480 }));
        assert_eq!(jpeg(&a_jpeg(640, 480)), Some(Pixels { width: 640, height: 480 }));
        let appended = [a_jpeg(1, 2), b"trailer".to_vec()].concat();
        assert_eq!(jpeg(&appended), Some(Pixels { width: 1, height: 2 }));
    }

    #[test]
    fn chn_12_whatever_is_cut_off_is_told() {
        let (png_bytes, jpeg_bytes) = (a_png(64, 64), a_jpeg(64, 64));
        for end in 0..png_bytes.len() {
            assert_eq!(png(&png_bytes[..end]), None, "{end}");
        }
        for end in 0..jpeg_bytes.len() {
            assert_eq!(jpeg(&jpeg_bytes[..end]), None, "{end}");
        }
    }

    #[test]
    fn what_only_begins_like_an_image_is_none() {
        let signature = b"\x89PNG\r\n\x1a\n".to_vec();
        for damaged in [
            [signature.clone(), chunk(*b"IEND", b"")].concat(),
            [signature.clone(), chunk(*b"IHDR", &[1; 12]), chunk(*b"IDAT", b"x"), chunk(*b"IEND", b"")]
                .concat(),
            [signature.clone(), chunk(*b"IHDR", &[1; 13]), chunk(*b"IEND", b"")].concat(),
            [signature, chunk(*b"IDAT", b"x"), chunk(*b"IHDR", &[1; 13]), chunk(*b"IEND", b"")].concat(),
        ] {
            assert_eq!(png(&damaged), None, "{damaged:?}");
        }
        for damaged in [
            &b"\xff\xd8\xff\xd9"[..],
            // A scan without a frame, a frame without its size, no marker.
            b"\xff\xd8\xff\xda\0\x02x\xff\xd9",
            b"\xff\xd8\xff\xc0\0\x04\x08\0\xff\xda\0\x02x\xff\xd9",
            b"\xff\xd8 hello \xff\xd9",
        ] {
            assert_eq!(jpeg(damaged), None, "{damaged:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..80, byte in any::<u8>()
        ) {
            let (_, _) = (png(&bytes), jpeg(&bytes));
            for mut near in [a_png(9, 9), a_jpeg(9, 9)] {
                if let Some(place) = near.get_mut(at) {
                    *place = byte;
                }
                let (_, _) = (png(&near), jpeg(&near));
            }
        }
    }
}
