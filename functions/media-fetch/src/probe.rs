//! Facts about files from as few of their bytes as will do.

mod mp3;
mod mp4;

use madoguchi_runtime::{Bucket, BucketError};

pub(crate) use mp4::Facts;

/// Boxes at the top of an MP4; files in pieces have many.
const MOST_BOXES: usize = 64;
/// The facts stand at the beginning of the box that holds them.
const MOVIE_BYTES: u64 = 256 * 1024;
/// Holds the first frame of an MP3, and what stands in it about the whole.
const FRAME_BYTES: u64 = 8 * 1024;

/// Width and height of a picture, if its first bytes tell.
pub(crate) fn pixels(head: &[u8]) -> Option<(u32, u32)> {
    let size = imagesize::blob_size(head).ok()?;
    Some((size.width.try_into().ok()?, size.height.try_into().ok()?))
}

/// How long a sound plays, in milliseconds; `None` if it does not tell.
pub(crate) async fn duration(
    bucket: &Bucket,
    key: &str,
    size_bytes: u64,
) -> Result<Option<u64>, BucketError> {
    let start = bucket.read(key, 0, FRAME_BYTES).await?.unwrap_or_default();
    if start.get(4..8) == Some(b"ftyp") {
        return Ok(mp4(bucket, key, size_bytes).await?.duration_ms);
    }
    let skipped = mp3::tag_bytes(&start);
    let frames = match skipped {
        0 => start,
        skipped => bucket.read(key, skipped, FRAME_BYTES).await?.unwrap_or_default(),
    };
    Ok(mp3::duration_ms(&frames, size_bytes.saturating_sub(skipped)))
}

/// What an MP4 tells about itself. The box that tells may stand at the end.
pub(crate) async fn mp4(bucket: &Bucket, key: &str, size_bytes: u64) -> Result<Facts, BucketError> {
    let mut at = 0;
    for _ in 0..MOST_BOXES {
        if at >= size_bytes {
            break;
        }
        let Some(head) = bucket.read(key, at, 16).await? else { break };
        let Some(head) = mp4::head(&head) else { break };
        if &head.name == b"moov" {
            let length = head.content_bytes(size_bytes - at).min(MOVIE_BYTES);
            let content = bucket.read(key, at + head.own_bytes, length).await?;
            return Ok(mp4::facts(&content.unwrap_or_default()));
        }
        match head.whole_bytes {
            // To the end of the file.
            0 => break,
            whole => at = at.saturating_add(whole),
        }
    }
    Ok(Facts::default())
}
