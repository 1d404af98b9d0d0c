//! A silent voice message: Opus frames in Ogg pages.

const FRAMES_PER_SECOND: u32 = 50;
/// 20 ms of nothing, one channel.
const SILENT_FRAME: [u8; 3] = [0xf8, 0xff, 0xfe];
/// Opus counts in 48 kHz, whatever was recorded.
const SAMPLES_PER_FRAME: u64 = 960;
const PRE_SKIP: u16 = 312;

const FIRST: u8 = 2;
const LAST: u8 = 4;

pub(super) fn silence(seconds: u32) -> Vec<u8> {
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend(PRE_SKIP.to_le_bytes());
    head.extend(48_000_u32.to_le_bytes());
    head.extend([0, 0, 0]); // gain, channel mapping
    let vendor = b"simulator";
    let mut tags = b"OpusTags".to_vec();
    tags.extend(u32::try_from(vendor.len()).unwrap_or_default().to_le_bytes());
    tags.extend(vendor);
    tags.extend([0; 4]); // no comments

    let mut stream = page(FIRST, 0, 0, &[&head]);
    stream.extend(page(0, 0, 1, &[&tags]));
    let frames: Vec<&[u8]> = (0..FRAMES_PER_SECOND).map(|_| SILENT_FRAME.as_slice()).collect();
    for second in 0..seconds {
        let flags = if second + 1 == seconds { LAST } else { 0 };
        let position = u64::from((second + 1) * FRAMES_PER_SECOND) * SAMPLES_PER_FRAME;
        stream.extend(page(flags, position, second + 2, &frames));
    }
    stream
}

/// One page; every packet is shorter than 255 bytes, so that each takes one segment.
fn page(flags: u8, position: u64, number: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend(position.to_le_bytes());
    page.extend(1_u32.to_le_bytes()); // the stream's serial number
    page.extend(number.to_le_bytes());
    page.extend([0; 4]); // the checksum is taken with zeros in its place
    page.push(u8::try_from(packets.len()).unwrap_or_default());
    page.extend(packets.iter().map(|packet| u8::try_from(packet.len()).unwrap_or_default()));
    page.extend(packets.concat());
    let checksum = crc32(&page);
    page[22..26].copy_from_slice(&checksum.to_le_bytes());
    page
}

/// Ogg's: the polynomial of zlib's, but neither mirrored nor inverted.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc >> 31 == 1 { (crc << 1) ^ 0x04C1_1DB7 } else { crc << 1 };
    bytes.iter().fold(0, |crc, byte| (0..8).fold(crc ^ (u32::from(*byte) << 24), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_matches_the_check_value_of_its_polynomial() {
        // CRC-32/CKSUM is this one, inverted at the end and followed by the length.
        assert_eq!(crc32(b"123456789"), 0x89A1_897F);
    }

    #[test]
    fn twelve_seconds_are_fourteen_pages() {
        let stream = silence(12);
        assert_eq!(stream.windows(5).filter(|bytes| *bytes == b"OggS\0").count(), 14);
        assert!(stream.windows(8).any(|bytes| bytes == b"OpusHead"));
    }
}
