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

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(read::read, change::change, try_out::try_out))]
pub(crate) struct Described;

/// What is chosen; what is left out is as if nobody had chosen anything.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Choice {
    /// Whether customers' messages are looked at.
    on: bool,
    /// The Japanese starter list. Left out: `true`.
    japanese: Option<bool>,
    /// The English one. Left out: `true`.
    english: Option<bool>,
    /// The brand's own words, of at least two letters or one kanji. A Latin word ends where its letters end;
    /// `*` at an end lets it go on there. Japanese is found anywhere, but for two kana and words in quotes,
    /// which must stand alone.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 300))]
    words: Vec<String>,
    /// Phrases in which no word counts.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 300))]
    exceptions: Vec<String>,
    /// The offensive message of an episode that closes it. Left out: `3`.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    limit: Option<u32>,
    /// Whether the contact is blocked then. Left out: `false`.
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ProfanityView {
    /// Whether customers' messages are looked at.
    on: bool,
    /// The Japanese starter list. Left out: `true`.
    japanese: bool,
    /// The English one. Left out: `true`.
    english: bool,
    /// The brand's own words, of at least two letters or one kanji. A Latin word ends where its letters end;
    /// `*` at an end lets it go on there. Japanese is found anywhere, but for two kana and words in quotes,
    /// which must stand alone.
    #[cfg_attr(feature = "openapi", schema(max_items = 300))]
    words: Vec<String>,
    /// Phrases in which no word counts.
    #[cfg_attr(feature = "openapi", schema(max_items = 300))]
    exceptions: Vec<String>,
    /// The offensive message of an episode that closes it. Left out: `3`.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    limit: u32,
    /// Whether the contact is blocked then. Left out: `false`.
    block: bool,
    /// 0 until somebody chooses something.
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
