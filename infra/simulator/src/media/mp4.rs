//! Films and voice messages that players really play: uncompressed H.264 macroblocks and silent AAC frames in
//! an MP4 container.

const MACROBLOCK: u32 = 16;
/// In macroblocks.
const WIDTH: u32 = 6;
const HEIGHT: u32 = 4;
/// A frame is some nine kilobytes, so there are few of them and each stays long.
const FRAMES: u32 = 4;

const AAC_RATE: u32 = 44_100;
const AAC_FRAME_SAMPLES: u32 = 1_024;
/// One channel of silence, as an AAC encoder writes it.
const AAC_SILENT_FRAME: [u8; 6] = [0x00, 0xc8, 0x00, 0x80, 0x23, 0x80];

/// The clock of the container as a whole: milliseconds.
const MOVIE_TIMESCALE: u32 = 1_000;

struct Track {
    brand: [u8; 4],
    handler: [u8; 4],
    /// The box that says what is specific to films or to sound.
    media_header: Vec<u8>,
    sample_entry: Vec<u8>,
    timescale: u32,
    sample_duration: u32,
    samples: Vec<Vec<u8>>,
    width: u32,
    height: u32,
}

/// A square wanders over a plain ground; the seed chooses the colours.
pub(super) fn video(seed: &str, seconds: u32) -> Vec<u8> {
    let hash = ring::digest::digest(&ring::digest::SHA256, seed.as_bytes());
    let tint = [hash.as_ref()[0] / 2 + 64, hash.as_ref()[1] / 2 + 64];
    let (sequence, picture) = parameter_sets();
    let samples = (0..FRAMES)
        .map(|number| {
            let unit = frame(number, tint);
            [u32::try_from(unit.len()).unwrap_or_default().to_be_bytes().to_vec(), unit].concat()
        })
        .collect();
    file(&Track {
        brand: *b"isom",
        handler: *b"vide",
        media_header: full(*b"vmhd", 1, &[&[0; 8]]),
        sample_entry: avc1(&sequence, &picture),
        timescale: MOVIE_TIMESCALE,
        sample_duration: seconds * MOVIE_TIMESCALE / FRAMES,
        samples,
        width: WIDTH * MACROBLOCK,
        height: HEIGHT * MACROBLOCK,
    })
}

pub(super) fn silence(seconds: u32) -> Vec<u8> {
    let frames = seconds * AAC_RATE / AAC_FRAME_SAMPLES;
    file(&Track {
        brand: *b"M4A ",
        handler: *b"soun",
        media_header: full(*b"smhd", 0, &[&[0; 4]]),
        sample_entry: mp4a(),
        timescale: AAC_RATE,
        sample_duration: AAC_FRAME_SAMPLES,
        samples: (0..frames).map(|_| AAC_SILENT_FRAME.to_vec()).collect(),
        width: 0,
        height: 0,
    })
}

// The container.

fn file(track: &Track) -> Vec<u8> {
    let head = boxed(*b"ftyp", &[&track.brand, &0x200_u32.to_be_bytes(), b"isomiso2mp41"]);
    // Its length does not depend on the offset inside.
    let moved = movie(track, 0).len();
    let data_at = u32::try_from(head.len() + moved + 8).unwrap_or_default();
    let data: Vec<&[u8]> = track.samples.iter().map(Vec::as_slice).collect();
    [head, movie(track, data_at), boxed(*b"mdat", &data)].concat()
}

fn movie(track: &Track, data_at: u32) -> Vec<u8> {
    let samples = u32::try_from(track.samples.len()).unwrap_or_default();
    let duration = samples * track.sample_duration;
    let movie_duration = u64::from(duration) * u64::from(MOVIE_TIMESCALE) / u64::from(track.timescale.max(1));
    let movie_duration = u32::try_from(movie_duration).unwrap_or(u32::MAX).to_be_bytes();
    let volume: [u8; 2] = if track.width == 0 { [1, 0] } else { [0, 0] };

    let movie_header = full(
        *b"mvhd",
        0,
        &[
            &[0; 8],
            &MOVIE_TIMESCALE.to_be_bytes(),
            &movie_duration,
            &[0, 1, 0, 0, 1, 0],
            &[0; 10],
            &matrix(),
            &[0; 24],
            &2_u32.to_be_bytes(),
        ],
    );
    let track_header = full(
        *b"tkhd",
        7,
        &[
            &[0; 8],
            &1_u32.to_be_bytes(),
            &[0; 4],
            &movie_duration,
            &[0; 12],
            &volume,
            &[0; 2],
            &matrix(),
            &(track.width << 16).to_be_bytes(),
            &(track.height << 16).to_be_bytes(),
        ],
    );
    let media_header = full(
        *b"mdhd",
        0,
        // The last two bytes but two say "undetermined language".
        &[&[0; 8], &track.timescale.to_be_bytes(), &duration.to_be_bytes(), &[0x55, 0xc4, 0, 0]],
    );
    let handler = full(*b"hdlr", 0, &[&[0; 4], &track.handler, &[0; 13]]);
    let here = full(*b"url ", 1, &[]);
    let references = boxed(*b"dinf", &[&full(*b"dref", 0, &[&1_u32.to_be_bytes(), &here])]);
    let table = boxed(*b"stbl", &sample_table(track, samples, data_at).each_ref().map(Vec::as_slice));
    let information = boxed(*b"minf", &[&track.media_header, &references, &table]);
    let media = boxed(*b"mdia", &[&media_header, &handler, &information]);
    boxed(*b"moov", &[&movie_header, &boxed(*b"trak", &[&track_header, &media])])
}

fn sample_table(track: &Track, samples: u32, data_at: u32) -> [Vec<u8>; 5] {
    let word = u32::to_be_bytes;
    let sizes: Vec<u8> = track
        .samples
        .iter()
        .flat_map(|sample| u32::try_from(sample.len()).unwrap_or_default().to_be_bytes())
        .collect();
    [
        full(*b"stsd", 0, &[&word(1), &track.sample_entry]),
        full(*b"stts", 0, &[&word(1), &word(samples), &word(track.sample_duration)]),
        full(*b"stsc", 0, &[&word(1), &word(1), &word(samples), &word(1)]),
        full(*b"stsz", 0, &[&word(0), &word(samples), &sizes]),
        full(*b"stco", 0, &[&word(1), &word(data_at)]),
    ]
}

fn boxed(kind: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u32::try_from(content.len() + 8).unwrap_or_default();
    [length.to_be_bytes().as_slice(), &kind, &content].concat()
}

/// A box with a version (always 0) and flags.
fn full(kind: [u8; 4], flags: u32, parts: &[&[u8]]) -> Vec<u8> {
    boxed(kind, &[&flags.to_be_bytes(), &parts.concat()])
}

/// Neither turned nor stretched.
fn matrix() -> [u8; 36] {
    let mut matrix = [0; 36];
    for (at, value) in [(0, 0x0001_0000_u32), (16, 0x0001_0000), (32, 0x4000_0000)] {
        matrix[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    matrix
}

fn avc1(sequence: &[u8], picture: &[u8]) -> Vec<u8> {
    let size = |length: usize| u16::try_from(length).unwrap_or_default().to_be_bytes();
    let configuration = boxed(
        *b"avcC",
        &[
            &[1, sequence[1], sequence[2], sequence[3], 0xff, 0xe1],
            &size(sequence.len()),
            sequence,
            &[1],
            &size(picture.len()),
            picture,
        ],
    );
    let points = |macroblocks: u32| u16::try_from(macroblocks * MACROBLOCK).unwrap_or_default().to_be_bytes();
    let resolution = 0x0048_0000_u32.to_be_bytes();
    let (width, height) = (points(WIDTH), points(HEIGHT));
    let head: [&[u8]; 11] = [
        &[0, 0, 0, 0, 0, 0, 0, 1],
        &[0; 16],
        &width,
        &height,
        &resolution,
        &resolution,
        &[0; 4],
        &[0, 1],
        &[0; 32],
        &[0, 0x18, 0xff, 0xff],
        &configuration,
    ];
    boxed(*b"avc1", &head)
}

fn mp4a() -> Vec<u8> {
    let descriptor = full(
        *b"esds",
        0,
        &[
            &[3, 25, 0, 0, 0],
            // AAC, and room and rates that players do not need.
            &[4, 17, 0x40, 0x15, 0, 0, 0],
            &[0; 8],
            // Low complexity, 44.1 kHz, one channel.
            &[5, 2, 0x12, 0x08],
            &[6, 1, 2],
        ],
    );
    let rate = (AAC_RATE << 16).to_be_bytes();
    boxed(*b"mp4a", &[&[0, 0, 0, 0, 0, 0, 0, 1], &[0; 8], &[0, 1, 0, 16, 0, 0, 0, 0], &rate, &descriptor])
}

// The film.

/// H.264 is written bit by bit.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u8,
}

impl Bits {
    fn bit(&mut self, bit: u32) {
        if self.used == 0 {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit & 1 == 1) << (7 - self.used);
        }
        self.used = (self.used + 1) % 8;
    }

    fn bits(&mut self, value: u32, count: u32) {
        (0..count).rev().for_each(|place| self.bit(value >> place));
    }

    /// Exponential Golomb: as many zeros as the number has further digits.
    fn golomb(&mut self, value: u32) {
        let digits = 32 - (value + 1).leading_zeros();
        self.bits(0, digits - 1);
        self.bits(value + 1, digits);
    }

    fn align(&mut self) {
        self.used = 0;
    }

    fn end(mut self) -> Vec<u8> {
        self.bit(1);
        self.bytes
    }
}

/// A unit with its header; three bytes that look like a start code are broken up.
fn unit(header: u8, payload: &[u8]) -> Vec<u8> {
    let mut unit = vec![header];
    let mut zeros = 0;
    for byte in payload {
        if zeros == 2 && *byte <= 3 {
            unit.push(3);
            zeros = 0;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        unit.push(*byte);
    }
    unit
}

fn parameter_sets() -> (Vec<u8>, Vec<u8>) {
    let mut sequence = Bits::default();
    sequence.bits(66, 8); // baseline
    sequence.bits(0xc0, 8);
    sequence.bits(10, 8); // level 1
    sequence.golomb(0);
    sequence.golomb(0); // four bits of frame number
    sequence.golomb(2); // shown in the order of decoding
    sequence.golomb(0);
    sequence.bit(0);
    sequence.golomb(WIDTH - 1);
    sequence.golomb(HEIGHT - 1);
    sequence.bits(0b1100, 4); // whole frames, not cropped, no usability information

    let mut picture = Bits::default();
    picture.golomb(0);
    picture.golomb(0);
    picture.bits(0, 2); // variable-length codes
    picture.golomb(0);
    picture.golomb(0);
    picture.golomb(0);
    picture.bits(0, 3);
    picture.golomb(0);
    picture.golomb(0);
    picture.golomb(0);
    picture.bits(0b100, 3); // slices say how they are filtered
    (unit(0x67, &sequence.end()), unit(0x68, &picture.end()))
}

/// A picture on its own, every macroblock of which carries its points as they are.
fn frame(number: u32, tint: [u8; 2]) -> Vec<u8> {
    const RAW_MACROBLOCK: u32 = 25;
    let mut slice = Bits::default();
    slice.golomb(0);
    slice.golomb(7); // intra, like all others
    slice.golomb(0);
    slice.bits(0, 4);
    slice.golomb(number % 2); // pictures next to each other must differ in this
    slice.bits(0, 2);
    slice.golomb(0);
    slice.golomb(1); // not filtered
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            slice.golomb(RAW_MACROBLOCK);
            slice.align();
            let lit = x == 1 + number % (WIDTH - 2) && (1..HEIGHT - 1).contains(&y);
            slice.bytes.extend([if lit { 220 } else { 90 }; 256]);
            let [blue, red] = if lit { [128; 2] } else { tint };
            slice.bytes.extend([blue; 64]);
            slice.bytes.extend([red; 64]);
        }
    }
    unit(0x65, &slice.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The boxes of a level: name and content.
    fn boxes(mut bytes: &[u8]) -> Vec<(String, &[u8])> {
        let mut found = Vec::new();
        while !bytes.is_empty() {
            let length = u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize;
            found.push((String::from_utf8(bytes[4..8].to_vec()).unwrap(), &bytes[8..length]));
            bytes = &bytes[length..];
        }
        found
    }

    fn inside<'b>(bytes: &'b [u8], path: &[&str]) -> &'b [u8] {
        path.iter().fold(bytes, |bytes, name| {
            boxes(bytes).into_iter().find(|(found, _)| found == name).map(|(_, content)| content).unwrap()
        })
    }

    #[test]
    fn numbers_are_written_as_the_standard_shows() {
        for (value, written) in [(0, "1"), (1, "010"), (2, "011"), (3, "00100"), (25, "000011010")] {
            let mut bits = Bits::default();
            bits.golomb(value);
            let all: Vec<String> = bits.bytes.iter().map(|byte| format!("{byte:08b}")).collect();
            let all = all.concat();
            assert!(all.starts_with(written) && all[written.len()..].bytes().all(|bit| bit == b'0'));
        }
    }

    #[test]
    fn start_codes_never_appear_inside_a_unit() {
        assert_eq!(unit(0x65, &[0, 0, 0, 0, 0, 1]), [0x65, 0, 0, 3, 0, 0, 3, 0, 1]);
    }

    #[test]
    fn durations_are_what_they_should_be() {
        for (file, expected) in [(video("a", 12), 12_000), (silence(12), 11_981)] {
            let header = inside(&file, &["moov", "mvhd"]);
            let number = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
            assert_eq!((number(12), number(16)), (1_000, expected));
        }
    }

    #[test]
    fn the_samples_lie_where_the_table_says() {
        for file in [video("a", 12), silence(12)] {
            let table = inside(&file, &["moov", "trak", "mdia", "minf", "stbl"]);
            let at = u32::from_be_bytes(inside(table, &["stco"])[8..12].try_into().unwrap()) as usize;
            let sizes: usize = inside(table, &["stsz"])[12..]
                .chunks(4)
                .map(|size| u32::from_be_bytes(size.try_into().unwrap()) as usize)
                .sum();
            let data = inside(&file, &["mdat"]);
            assert_eq!(data.len(), sizes);
            assert_eq!(&file[at..at + sizes], data);
        }
    }
}
