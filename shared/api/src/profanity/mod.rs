//! What a brand finds offensive (ABU-1): read, change, try out.

mod change;
mod read;
mod try_out;

pub(crate) use change::change;
pub(crate) use read::read;
pub(crate) use try_out::try_out;

use madoguchi_domain::BrandId;
use madoguchi_domain::profanity::Profanity;
use madoguchi_store::Directory;
use serde::{Deserialize, Serialize};

use crate::{ApiError, brands};

/// What is chosen; what is left out is as if nobody had chosen anything.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    on: bool,
    japanese: Option<bool>,
    english: Option<bool>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    exceptions: Vec<String>,
    limit: Option<u32>,
    #[serde(default)]
    block: bool,
}

impl Choice {
    /// The settings that it makes of those of `before`, if they are within their bounds.
    fn of(self, before: &Profanity) -> Result<Profanity, ApiError> {
        let unset = Profanity::new(before.brand);
        let trimmed = |list: Vec<String>| list.iter().map(|word| word.trim().to_owned()).collect();
        let chosen = Profanity {
            on: self.on,
            japanese: self.japanese.unwrap_or(unset.japanese),
            english: self.english.unwrap_or(unset.english),
            words: trimmed(self.words),
            exceptions: trimmed(self.exceptions),
            limit: self.limit.unwrap_or(unset.limit),
            block: self.block,
            ..before.clone()
        };
        chosen.check().map_err(ApiError::Profanity)?;
        Ok(chosen)
    }
}

/// What is chosen for a brand.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a box to tick")]
pub(crate) struct ProfanityView {
    on: bool,
    japanese: bool,
    english: bool,
    words: Vec<String>,
    exceptions: Vec<String>,
    limit: u32,
    block: bool,
    version: u64,
}

impl From<&Profanity> for ProfanityView {
    fn from(chosen: &Profanity) -> Self {
        let Profanity { on, japanese, english, limit, block, rev: version, .. } = *chosen;
        let (words, exceptions) = (chosen.words.clone(), chosen.exceptions.clone());
        Self { on, japanese, english, words, exceptions, limit, block, version }
    }
}

/// What is chosen for the brand, unless that was given up.
async fn existing(directory: &Directory, brand: BrandId) -> Result<Profanity, ApiError> {
    brands::existing(directory, brand).await?;
    Ok(directory.profanity(brand).await?.unwrap_or_else(|| Profanity::new(brand)))
}
