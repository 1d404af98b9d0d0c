//! What a reply says, for every provider alike.

use madoguchi_domain::media::MediaKind;

/// What a reply says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outgoing<'a> {
    /// Text.
    Text(&'a str),
    /// A file, by an address that anybody can get it from and that stays good: LINE's app asks for it when the customer
    /// looks (MSG-15).
    File {
        /// As what.
        kind: MediaKind,
        /// Its address.
        url: &'a str,
        /// The address of a small picture of it.
        preview_url: Option<&'a str>,
        /// How long it plays.
        duration_ms: Option<u64>,
    },
    /// A sticker: on LINE `package/sticker`, on Messenger its number.
    Sticker(&'a str),
    /// A place.
    Location(Place<'a>),
}

/// A place as it goes out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place<'a> {
    /// Its name.
    pub title: &'a str,
    /// Its address.
    pub address: Option<&'a str>,
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
}
