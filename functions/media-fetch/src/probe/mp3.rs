//! MPEG audio, layer 3 (ISO/IEC 11172-3), and the tags in front of it.

/// kbit/s by index, of MPEG 1 and of MPEG 2 and 2.5.
const BITRATES: [[u64; 15]; 2] = [
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
const SAMPLE_RATES: [u64; 3] = [44_100, 48_000, 32_000];

/// Bytes of the `ID3v2` tag at the start of a file, which may hold a picture.
pub(super) fn tag_bytes(start: &[u8]) -> u64 {
    match start {
        [b'I', b'D', b'3', _, _, _, a, b, c, d, ..] => {
            // Seven bits each.
            let size = [a, b, c, d].iter().fold(0, |size, byte| size << 7 | u64::from(**byte & 0x7f));
            size + 10
        }
        _ => 0,
    }
}

/// How long it plays, by the count in the first frame if an encoder left one, else by its bitrate. `size_bytes` is what
/// follows the tag.
pub(super) fn duration_ms(frames: &[u8], size_bytes: u64) -> Option<u64> {
    let start = frames.windows(4).position(|bytes| Frame::of(bytes).is_some())?;
    let frame = Frame::of(&frames[start..])?;
    let count = frame.count(&frames[start..]);
    Some(match count {
        Some(count) => count * frame.samples * 1000 / frame.sample_rate,
        // kbit/s are bits per millisecond.
        None => size_bytes.saturating_sub(start as u64) * 8 / frame.bitrate,
    })
}

struct Frame {
    mpeg_1: bool,
    mono: bool,
    bitrate: u64,
    sample_rate: u64,
    samples: u64,
}

impl Frame {
    fn of(bytes: &[u8]) -> Option<Self> {
        let [0xff, second, third, fourth, ..] = *bytes else { return None };
        // Eleven bits of sync, and layer 3.
        if second & 0xe6 != 0xe2 {
            return None;
        }
        let version = second >> 3 & 3;
        let mpeg_1 = version == 3;
        let halvings = match version {
            3 => 0,
            2 => 1,
            0 => 2,
            _ => return None,
        };
        let bitrate = *BITRATES[usize::from(!mpeg_1)].get(usize::from(third >> 4))?;
        let sample_rate = SAMPLE_RATES.get(usize::from(third >> 2 & 3))? >> halvings;
        let samples = if mpeg_1 { 1152 } else { 576 };
        (bitrate > 0).then_some(Self { mpeg_1, mono: fourth >> 6 == 3, bitrate, sample_rate, samples })
    }

    /// The number of frames, which encoders of a varying bitrate leave in the first one.
    fn count(&self, frame: &[u8]) -> Option<u64> {
        let side = match (self.mpeg_1, self.mono) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        };
        let note = frame.get(4 + side..)?;
        let named = note.starts_with(b"Xing") || note.starts_with(b"Info");
        let counted = note.get(7)? & 1 == 1;
        let count = u32::from_be_bytes(note.get(8..12)?.try_into().ok()?);
        (named && counted && count > 0).then_some(count.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MPEG 1, layer 3, 128 kbit/s, 44.1 kHz, stereo.
    const FRAME: [u8; 4] = [0xff, 0xfb, 0x90, 0x00];

    #[test]
    fn a_constant_bitrate_tells_the_duration() {
        let mut frames = FRAME.to_vec();
        frames.resize(417, 0);
        assert_eq!(duration_ms(&frames, 16_000 * 3), Some(3000));
        // Junk in front of the first frame.
        let late = [vec![0; 100], frames].concat();
        assert_eq!(duration_ms(&late, 16_000 * 3 + 100), Some(3000));
    }

    #[test]
    fn a_count_of_frames_tells_it_exactly() {
        let mut frames = FRAME.to_vec();
        frames.resize(36, 0);
        frames.extend(b"Xing\x00\x00\x00\x01");
        frames.extend(1000_u32.to_be_bytes());
        assert_eq!(duration_ms(&frames, 1), Some(1000 * 1152 * 1000 / 44_100));
    }

    #[test]
    fn a_tag_is_skipped_by_its_length() {
        assert_eq!(tag_bytes(b"ID3\x04\x00\x00\x00\x00\x02\x01rest"), 257 + 10);
        assert_eq!(tag_bytes(&FRAME), 0);
        assert_eq!(tag_bytes(b"ID3"), 0);
    }

    #[test]
    fn what_is_no_mp3_tells_nothing() {
        for bytes in [&b""[..], b"hello world", &[0xff; 64], &[0xff, 0xfb, 0xf0, 0], &[0xff, 0xfb, 0x00, 0]] {
            assert_eq!(duration_ms(bytes, 1_000_000), None, "{bytes:?}");
        }
    }
}
