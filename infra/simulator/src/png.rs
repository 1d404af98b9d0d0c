//! Small pictures made on the spot: faces, photographs and stickers.

const SIDE: u32 = 96;
const MIDDLE: u32 = SIDE / 2;

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Motif {
    /// Somebody's profile picture.
    Face,
    /// What a customer photographs.
    Photo,
    /// A round face on nothing.
    Sticker,
}

type Colour = [u8; 3];
/// The palette index of a point.
type Paint = Box<dyn Fn(u32, u32) -> u8>;

/// A square PNG; colours and expression depend on the seed.
pub(crate) fn picture(motif: Motif, seed: &str) -> Vec<u8> {
    let hash = ring::digest::digest(&ring::digest::SHA256, seed.as_bytes());
    let byte = |index: usize| hash.as_ref()[index];
    let light = [150 + byte(0) % 90, 150 + byte(1) % 90, 150 + byte(2) % 90];
    let dark = light.map(|channel| channel / 2 + 20);
    let (palette, paint): ([Colour; 3], Paint) = match motif {
        Motif::Face => ([light, dark, dark], Box::new(|x, y| u8::from(is_person(x, y)))),
        Motif::Photo => ([[190, 220, 240], dark, [250, 225, 130]], Box::new(landscape)),
        Motif::Sticker => {
            let expression = seed.bytes().last().unwrap_or_default() % 4;
            ([[255; 3], [250, 205, 80], [90, 60, 30]], Box::new(move |x, y| smiley(x, y, expression)))
        }
    };

    let mut rows = Vec::new();
    for y in 0..SIDE {
        rows.push(0); // each row starts with its filter: none
        rows.extend((0..SIDE).map(|x| paint(x, y)));
    }
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [SIDE.to_be_bytes(), SIDE.to_be_bytes()].concat();
    header.extend([8, 3, 0, 0, 0]); // eight bits, palette
    chunk(&mut png, *b"IHDR", &header);
    chunk(&mut png, *b"PLTE", &palette.concat());
    if motif == Motif::Sticker {
        chunk(&mut png, *b"tRNS", &[0]); // the first colour is transparent
    }
    chunk(&mut png, *b"IDAT", &stored_zlib(&rows));
    chunk(&mut png, *b"IEND", &[]);
    png
}

fn square_distance(x: u32, y: u32, to_x: u32, to_y: u32) -> u32 {
    x.abs_diff(to_x).pow(2) + y.abs_diff(to_y).pow(2)
}

fn is_person(x: u32, y: u32) -> bool {
    square_distance(x, y, MIDDLE, 36) < 17 * 17 || (square_distance(x, y, MIDDLE, SIDE) < 36 * 36 && y > 58)
}

/// Two hills under a sun.
fn landscape(x: u32, y: u32) -> u8 {
    if square_distance(x, y, 24, 112) < 50 * 50 || square_distance(x, y, 76, 124) < 48 * 48 {
        1
    } else if square_distance(x, y, 70, 26) < 11 * 11 {
        2
    } else {
        0
    }
}

fn smiley(x: u32, y: u32, expression: u8) -> u8 {
    let eye = square_distance(x, y, 34, 40) < 5 * 5 || square_distance(x, y, 62, 40) < 5 * 5;
    let ring = |to_y: u32| (17 * 17..22 * 22).contains(&square_distance(x, y, MIDDLE, to_y));
    let mouth = match expression {
        0 => ring(48) && y > 56,
        1 => square_distance(x, y, MIDDLE, 56) < 19 * 19 && y > 56,
        2 => ring(76) && y < 66,
        _ => square_distance(x, y, MIDDLE, 64) < 8 * 8,
    };
    let head = square_distance(x, y, MIDDLE, MIDDLE) < 44 * 44;
    if eye || mouth { 2 } else { u8::from(head) }
}

fn chunk(png: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    let length = u32::try_from(content.len()).unwrap_or_default();
    png.extend(length.to_be_bytes());
    let checked_from = png.len();
    png.extend(kind);
    png.extend(content);
    let checksum = crc32(&png[checked_from..]);
    png.extend(checksum.to_be_bytes());
}

/// Zlib without compression: the picture is under the 65,535 bytes of one stored block.
fn stored_zlib(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or_default();
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(content);
    stream.extend(adler32(content).to_be_bytes());
    stream
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    (high << 16) | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_match_their_published_check_values() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
    }

    #[test]
    fn the_same_seed_gives_the_same_small_picture() {
        for motif in [Motif::Face, Motif::Photo, Motif::Sticker] {
            let drawn = picture(motif, "a");
            assert!(drawn.starts_with(b"\x89PNG"));
            assert_eq!(drawn, picture(motif, "a"));
            assert_ne!(drawn, picture(motif, "b"));
        }
    }
}
