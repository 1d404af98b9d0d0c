//! An object that is stored piece by piece, so that a large one never lies in memory as a whole.

use http::Method;

use super::{Bucket, BucketError, Call, Described};

/// Bytes of a part. S3 takes at most 10,000 parts of at least 5 MiB, the last one excepted.
pub const PART_BYTES: usize = 8 * 1024 * 1024;

/// An object under way.
#[derive(Debug)]
pub struct Upload<'a> {
    bucket: &'a Bucket,
    key: String,
    id: String,
    tags: Vec<String>,
}

impl<'a> Upload<'a> {
    pub(super) async fn begin(
        bucket: &'a Bucket,
        key: &str,
        described: Described<'_>,
    ) -> Result<Self, BucketError> {
        let call = Call {
            query: vec![("uploads", String::new())],
            headers: described.headers(),
            ..Call::new("CreateMultipartUpload", Method::POST, key)
        };
        let answer = bucket.call(call).await?;
        let id = answer.element("UploadId").map(str::to_owned).ok_or(BucketError::Unavailable {
            operation: "CreateMultipartUpload",
            detail: "an answer without an id".to_owned(),
        })?;
        Ok(Self { bucket, key: key.to_owned(), id, tags: Vec::new() })
    }

    /// Stores the next part: [`PART_BYTES`], or less if it is the last one.
    pub async fn part(&mut self, bytes: Vec<u8>) -> Result<(), BucketError> {
        let number = (self.tags.len() + 1).to_string();
        let call = Call {
            query: vec![("partNumber", number), ("uploadId", self.id.clone())],
            body: bytes,
            ..Call::new("UploadPart", Method::PUT, &self.key)
        };
        let tag = self.bucket.call(call).await?.etag().ok_or(BucketError::Unavailable {
            operation: "UploadPart",
            detail: "an answer without a tag".to_owned(),
        })?;
        self.tags.push(tag);
        Ok(())
    }

    /// Puts the parts together: from here on the object is there.
    pub async fn complete(self) -> Result<(), BucketError> {
        let parts = self.tags.iter().enumerate().map(|(index, tag)| {
            format!("<Part><PartNumber>{}</PartNumber><ETag>{tag}</ETag></Part>", index + 1)
        });
        let body =
            format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.collect::<String>());
        let call = Call {
            query: vec![("uploadId", self.id.clone())],
            body: body.into_bytes(),
            ..Call::new("CompleteMultipartUpload", Method::POST, &self.key)
        };
        // S3 answers 200 before it puts them together, and tells a failure in the body.
        self.bucket.call(call).await?.without_error("CompleteMultipartUpload").map(drop)
    }

    /// Forgets the parts. What is not forgotten, the bucket forgets by itself after a day.
    pub async fn abort(self) -> Result<(), BucketError> {
        let call = Call {
            query: vec![("uploadId", self.id.clone())],
            ..Call::new("AbortMultipartUpload", Method::DELETE, &self.key)
        };
        self.bucket.call(call).await.map(drop)
    }
}
