//! ISO base media files: MP4, M4A, MOV (ISO/IEC 14496-12).

/// What the movie box tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// How long it plays.
    pub(crate) duration_ms: Option<u64>,
    /// Width and height as it is shown.
    pub(crate) pixels: Option<(u32, u32)>,
}

/// The head of a box.
pub(super) struct Head {
    pub(super) name: [u8; 4],
    /// Bytes of the head itself.
    pub(super) own_bytes: u64,
    /// Bytes of head and content; 0 = to the end.
    pub(super) whole_bytes: u64,
}

impl Head {
    /// Bytes of the content, of a box that is followed by so much.
    pub(super) fn content_bytes(&self, left: u64) -> u64 {
        let whole = if self.whole_bytes == 0 { left } else { self.whole_bytes.min(left) };
        whole.saturating_sub(self.own_bytes)
    }
}

pub(super) fn head(bytes: &[u8]) -> Option<Head> {
    let name = bytes.get(4..8)?.try_into().ok()?;
    let (own_bytes, whole_bytes) = match u64::from(u32_at(bytes, 0)?) {
        1 => (16, u64_at(bytes, 8)?),
        whole => (8, whole),
    };
    (whole_bytes == 0 || whole_bytes >= own_bytes).then_some(Head { name, own_bytes, whole_bytes })
}

/// What the content of a movie box tells; it may be cut.
pub(super) fn facts(movie: &[u8]) -> Facts {
    let duration_ms = child(movie, *b"mvhd").and_then(duration);
    let pixels = children(movie)
        .filter(|(name, _)| name == b"trak")
        .find_map(|(_, track)| child(track, *b"tkhd").and_then(pixels));
    Facts { duration_ms, pixels }
}

fn duration(header: &[u8]) -> Option<u64> {
    let (scale, length) = match header.first()? {
        0 => (u32_at(header, 12)?, u64::from(u32_at(header, 16)?)),
        _ => (u32_at(header, 20)?, u64_at(header, 24)?),
    };
    // All ones stand for "not known", none for a file in pieces.
    let known = scale > 0 && length > 0 && length != u64::from(u32::MAX) && length != u64::MAX;
    known.then(|| length.saturating_mul(1000) / u64::from(scale))
}

/// The size of a track that shows something, turned as its matrix says.
fn pixels(header: &[u8]) -> Option<(u32, u32)> {
    let matrix = match header.first()? {
        0 => 40,
        _ => 52,
    };
    // 16.16 fixed point.
    let (width, height) = (u32_at(header, matrix + 36)? >> 16, u32_at(header, matrix + 40)? >> 16);
    let turned = u32_at(header, matrix)? == 0 && u32_at(header, matrix + 4)? != 0;
    let shown = if turned { (height, width) } else { (width, height) };
    (width > 0 && height > 0).then_some(shown)
}

fn child(content: &[u8], wanted: [u8; 4]) -> Option<&[u8]> {
    children(content).find(|(name, _)| *name == wanted).map(|(_, content)| content)
}

fn children(content: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = content;
    std::iter::from_fn(move || {
        let head = head(rest)?;
        let start = usize::try_from(head.own_bytes).ok()?;
        let length = usize::try_from(head.content_bytes(rest.len() as u64)).ok()?;
        let content = rest.get(start..start + length)?;
        rest = &rest[start + length..];
        Some((head.name, content))
    })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_box(name: [u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 8).unwrap();
        [&length.to_be_bytes()[..], &name, content].concat()
    }

    fn movie_header(scale: u32, length: u32) -> Vec<u8> {
        let mut content = vec![0; 100];
        content[12..16].copy_from_slice(&scale.to_be_bytes());
        content[16..20].copy_from_slice(&length.to_be_bytes());
        a_box(*b"mvhd", &content)
    }

    fn track(width: u32, height: u32, turned: bool) -> Vec<u8> {
        let mut content = vec![0; 84];
        let one = 0x0001_0000_u32.to_be_bytes();
        let at = if turned { 44 } else { 40 };
        content[at..at + 4].copy_from_slice(&one);
        content[76..80].copy_from_slice(&(width << 16).to_be_bytes());
        content[80..84].copy_from_slice(&(height << 16).to_be_bytes());
        a_box(*b"trak", &a_box(*b"tkhd", &content))
    }

    #[test]
    fn duration_and_pixels_are_read() {
        let movie = [movie_header(600, 900), track(0, 0, false), track(1920, 1080, false)].concat();
        assert_eq!(facts(&movie), Facts { duration_ms: Some(1500), pixels: Some((1920, 1080)) });
        let turned = [movie_header(1000, 1), track(1920, 1080, true)].concat();
        assert_eq!(facts(&turned), Facts { duration_ms: Some(1), pixels: Some((1080, 1920)) });
    }

    #[test]
    fn a_long_header_has_other_places() {
        let mut content = vec![0; 112];
        content[0] = 1;
        content[20..24].copy_from_slice(&1000_u32.to_be_bytes());
        content[24..32].copy_from_slice(&7_000_000_000_u64.to_be_bytes());
        assert_eq!(facts(&a_box(*b"mvhd", &content)).duration_ms, Some(7_000_000_000));
    }

    #[test]
    fn what_is_broken_tells_nothing_and_ends() {
        for movie in [
            Vec::new(),
            vec![0; 7],
            vec![0xff; 64],
            a_box(*b"mvhd", &[]),
            movie_header(0, 5),
            movie_header(600, u32::MAX),
            [&3_u32.to_be_bytes()[..], b"mvhd"].concat(),
        ] {
            assert_eq!(facts(&movie), Facts::default(), "{movie:?}");
        }
        let cut = movie_header(600, 900);
        for length in 0..cut.len() {
            facts(&cut[..length]);
        }
    }
}
