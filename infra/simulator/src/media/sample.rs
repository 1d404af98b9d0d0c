//! Small files made on the spot, and what makes a large one of them.

use super::{Format, mp4, ogg};
use crate::png::{self, Motif};

/// How long the samples play.
pub(super) const DURATION_S: u32 = 12;
/// A transparent point: the smallest lossless WebP.
const WEBP: [u8; 34] = [
    b'R', b'I', b'F', b'F', 26, 0, 0, 0, b'W', b'E', b'B', b'P', b'V', b'P', b'8', b'L', 13, 0, 0, 0, 0x2f,
    0, 0, 0, 0x10, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xfe, 0x07, 0,
];
const BOX_HEADER_BYTES: u64 = 8;

/// The beginning of a file; what is missing to its size is padding.
pub(super) struct Sample {
    pub(super) beginning: Vec<u8>,
    pub(super) size_bytes: u64,
}

/// The same id gives the same file.
pub(super) fn prefix(format: Format, id: &str, size_bytes: Option<u64>) -> Sample {
    let mut beginning = match format {
        Format::Png => png::picture(Motif::Photo, id),
        Format::Webp => WEBP.to_vec(),
        Format::Mp4 => mp4::video(id, DURATION_S),
        Format::M4a { .. } => mp4::silence(DURATION_S),
        Format::Ogg => ogg::silence(DURATION_S),
        Format::Pdf => pdf(id),
        Format::Vcard => {
            format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{id}\r\nTEL:+819000000000\r\nEND:VCARD\r\n")
                .into_bytes()
        }
    };
    let own_bytes = beginning.len() as u64;
    let Some(wanted) = size_bytes.filter(|wanted| *wanted > own_bytes) else {
        return Sample { beginning, size_bytes: own_bytes };
    };
    let size_bytes = match format {
        // Players skip a box named `free`, so that the padded film still is one.
        Format::Mp4 | Format::M4a { .. } => {
            let free = (wanted - own_bytes).max(BOX_HEADER_BYTES);
            beginning.extend(u32::try_from(free).unwrap_or(u32::MAX).to_be_bytes());
            beginning.extend(b"free");
            own_bytes + free
        }
        // Everything else ends before its padding, and readers stop there.
        _ => wanted,
    };
    Sample { beginning, size_bytes }
}

/// One page with one line.
fn pdf(id: &str) -> Vec<u8> {
    use std::fmt::Write;

    let text = format!("BT /F1 18 Tf 72 720 Td (Quotation {id}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut places = String::new();
    let mut document = "%PDF-1.4\n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        let _ = writeln!(places, "{:010} 00000 n ", document.len());
        let _ = write!(document, "{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let table_at = document.len();
    let count = objects.len() + 1;
    let _ = write!(document, "xref\n0 {count}\n0000000000 65535 f \n{places}");
    let _ = write!(document, "trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{table_at}\n%%EOF\n");
    document.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_begins_as_sniffers_expect() {
        let cases: [(Format, usize, &[u8]); 7] = [
            (Format::Png, 0, b"\x89PNG\r\n\x1a\n"),
            (Format::Webp, 8, b"WEBPVP8L"),
            (Format::Mp4, 4, b"ftypisom"),
            (Format::M4a { plain: true }, 4, b"ftypM4A "),
            (Format::Ogg, 0, b"OggS"),
            (Format::Pdf, 0, b"%PDF-1.4"),
            (Format::Vcard, 0, b"BEGIN:VCARD"),
        ];
        for (format, at, expected) in cases {
            let sample = prefix(format, "1", None);
            assert_eq!(&sample.beginning[at..at + expected.len()], expected, "{format:?}");
            assert_eq!(sample.size_bytes, sample.beginning.len() as u64);
            assert!(sample.size_bytes < 60_000, "{format:?} has {} bytes", sample.size_bytes);
        }
    }

    #[test]
    fn padding_reaches_the_wanted_size_and_never_shortens() {
        for format in Format::ALL {
            let own = prefix(format, "1", None).size_bytes;
            assert_eq!(prefix(format, "1", Some(1)).size_bytes, own);
            let large = prefix(format, "1", Some(200_000_000));
            assert_eq!(large.size_bytes, 200_000_000, "{format:?}");
            assert!(large.beginning.len() < 100_000);
        }
    }

    #[test]
    fn a_document_points_at_its_objects() {
        let document = String::from_utf8(pdf("7")).unwrap();
        let table = document.split("xref\n0 6\n").nth(1).unwrap();
        for (number, line) in table.lines().skip(1).take(5).enumerate() {
            let at: usize = line[..10].parse().unwrap();
            assert!(document[at..].starts_with(&format!("{} 0 obj", number + 1)));
        }
    }
}
