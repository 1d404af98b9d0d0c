//! Locations that operators send: which channels have them, and what each takes (MSG-12).

use crate::channel::ChannelKind;
use crate::event::Content;
use crate::text::{Limit, Unit};

/// What a location holds on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest name of the place. A name is required everywhere.
    pub title: Limit,
    /// The longest address.
    pub address: Limit,
    /// Whether there is no location without an address.
    pub address_required: bool,
}

/// LINE: at most 100 each, and both required (Messaging API reference, location message).
const LINE: Limits = Limits {
    title: Limit { max: 100, unit: Unit::Utf16 },
    address: Limit { max: 100, unit: Unit::Utf16 },
    address_required: true,
};
/// Twilio, WhatsApp: the name is required, the label is not. It tells no lengths; these are the ones that are kept of a
/// customer's location.
const WHATSAPP: Limits = Limits {
    title: Limit { max: 100, unit: Unit::Characters },
    address: Limit { max: 300, unit: Unit::Characters },
    address_required: false,
};

/// What a location holds on a channel of `kind`; `None` where there are none. Messenger's Send API has none, and a text
/// message cannot be one.
pub const fn limits(kind: ChannelKind) -> Option<Limits> {
    match kind {
        ChannelKind::Line => Some(LINE),
        ChannelKind::WhatsApp => Some(WHATSAPP),
        ChannelKind::Messenger | ChannelKind::Sms => None,
    }
}

/// Why a location cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceRefused {
    /// The channel has none.
    #[error("{0} takes no locations; send a link to a map as a text instead")]
    NotHere(ChannelKind),
    /// Something is missing, or nothing but spaces.
    #[error("a location on {channel} needs `{field}`")]
    Missing {
        /// What.
        field: &'static str,
        /// Whose rule.
        channel: ChannelKind,
    },
    /// Longer than the provider takes.
    #[error("the location's `{field}` is {length} {unit} long; {channel} takes at most {limit}")]
    TooLong {
        /// What.
        field: &'static str,
        /// Counted in `unit`.
        length: usize,
        /// The most that is taken.
        limit: usize,
        /// What is counted.
        unit: &'static str,
        /// Whose limit.
        channel: ChannelKind,
    },
    /// It is shown in one line.
    #[error("the location's `{field}` has a line break or another character that cannot be shown")]
    NotOneLine {
        /// What.
        field: &'static str,
    },
    /// Not on the globe.
    #[error("the location's `{field}` must be between -{most} and {most} degrees")]
    Degrees {
        /// What.
        field: &'static str,
        /// The most, to either side.
        most: u32,
    },
}

impl PlaceRefused {
    /// The stable public id.
    pub const fn public_id(&self) -> &'static str {
        match self {
            Self::NotHere(_) => "location_not_supported",
            Self::Missing { .. } => "location_incomplete",
            Self::TooLong { .. } => "location_too_long",
            Self::NotOneLine { .. } => "location_not_one_line",
            Self::Degrees { .. } => "location_out_of_range",
        }
    }
}

/// A place as a message holds it. Coordinates are kept to the centimetre, which is seven decimals; a table holds no
/// number that is much smaller. Whether it can be sent is for [`check`] to say.
pub fn content(title: &str, address: Option<&str>, latitude: f64, longitude: f64) -> Content {
    // Adding nothing turns minus nothing into nothing.
    let rounded = |degrees: f64| (degrees * 1e7).round() / 1e7 + 0.0;
    let (latitude, longitude) = (rounded(latitude), rounded(longitude));
    let address = address.map(str::trim).filter(|address| !address.is_empty()).map(str::to_owned);
    Content::Location { title: Some(title.trim().to_owned()), address, latitude, longitude }
}

/// Refuses a location that the provider of `kind` would refuse.
pub fn check(
    kind: ChannelKind,
    title: Option<&str>,
    address: Option<&str>,
    latitude: f64,
    longitude: f64,
) -> Result<(), PlaceRefused> {
    let limits = limits(kind).ok_or(PlaceRefused::NotHere(kind))?;
    for (field, degrees, most) in [("latitude", latitude, 90), ("longitude", longitude, 180)] {
        // Also of what is no number.
        if !(-f64::from(most)..=f64::from(most)).contains(&degrees) {
            return Err(PlaceRefused::Degrees { field, most });
        }
    }
    line(kind, "title", title, limits.title, true)?;
    line(kind, "address", address, limits.address, limits.address_required)
}

fn line(
    channel: ChannelKind,
    field: &'static str,
    text: Option<&str>,
    Limit { max: limit, unit }: Limit,
    required: bool,
) -> Result<(), PlaceRefused> {
    let text = text.unwrap_or_default();
    if required && text.trim().is_empty() {
        return Err(PlaceRefused::Missing { field, channel });
    }
    if text.chars().any(char::is_control) {
        return Err(PlaceRefused::NotOneLine { field });
    }
    let length = unit.count(text);
    if length > limit {
        return Err(PlaceRefused::TooLong { field, length, limit, unit: unit.name(), channel });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use ChannelKind::{Line, Messenger, Sms, WhatsApp};

    #[test]
    fn msg_12_each_row_holds_to_the_unit() {
        let (long, lines) = (Err("location_too_long"), Err("location_not_one_line"));
        let (missing, not_here) = (Err("location_incomplete"), Err("location_not_supported"));
        let range = Err("location_out_of_range");
        let kana = |count| "あ".repeat(count);
        let table = [
            (Line, "東京駅".to_owned(), Some("丸の内".to_owned()), (35.681_236, 139.767_125), Ok(())),
            (Line, kana(100), Some(kana(100)), (90.0, 180.0), Ok(())),
            (Line, kana(101), Some(kana(1)), (0.0, 0.0), long),
            (Line, kana(1), Some(kana(101)), (0.0, 0.0), long),
            // Two units each.
            (Line, "😀".repeat(50), Some("😀".repeat(50)), (-90.0, -180.0), Ok(())),
            (Line, "😀".repeat(51), Some(kana(1)), (0.0, 0.0), long),
            (Line, kana(1), None, (0.0, 0.0), missing),
            (Line, kana(1), Some(" ".to_owned()), (0.0, 0.0), missing),
            (Line, " ".to_owned(), Some(kana(1)), (0.0, 0.0), missing),
            (Line, "a\nb".to_owned(), Some(kana(1)), (0.0, 0.0), lines),
            (Line, kana(1), Some("a\u{7f}".to_owned()), (0.0, 0.0), lines),
            (Line, kana(1), Some(kana(1)), (90.000_001, 0.0), range),
            (Line, kana(1), Some(kana(1)), (-90.000_001, 0.0), range),
            (Line, kana(1), Some(kana(1)), (0.0, 180.000_001), range),
            (Line, kana(1), Some(kana(1)), (0.0, f64::NAN), range),
            (Line, kana(1), Some(kana(1)), (f64::INFINITY, 0.0), range),
            (WhatsApp, kana(100), None, (0.0, 0.0), Ok(())),
            (WhatsApp, "😀".repeat(100), Some(kana(300)), (0.0, 0.0), Ok(())),
            (WhatsApp, kana(101), None, (0.0, 0.0), long),
            (WhatsApp, kana(1), Some(kana(301)), (0.0, 0.0), long),
            (WhatsApp, String::new(), Some(kana(1)), (0.0, 0.0), missing),
            (WhatsApp, kana(1), None, (0.0, -181.0), range),
            (Messenger, kana(1), Some(kana(1)), (0.0, 0.0), not_here),
            (Sms, kana(1), Some(kana(1)), (0.0, 0.0), not_here),
        ];
        for (kind, title, address, (latitude, longitude), expected) in table {
            let checked = check(kind, Some(&title), address.as_deref(), latitude, longitude);
            let checked = checked.map_err(|refused| refused.public_id());
            assert_eq!(checked, expected, "{kind} {title} {address:?} {latitude} {longitude}");
        }
        assert_eq!(check(Line, None, Some("a"), 0.0, 0.0).unwrap_err().public_id(), "location_incomplete");
    }

    #[test]
    fn msg_12_a_refusal_tells_what_helps() {
        let refused = check(Messenger, Some("駅"), None, 0.0, 0.0).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "messenger takes no locations; send a link to a map as a text instead"
        );
        let refused = check(Line, Some(&"あ".repeat(101)), Some("a"), 0.0, 0.0).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the location's `title` is 101 UTF-16 code units long; line takes at most 100"
        );
    }

    #[test]
    fn a_place_is_kept_to_the_centimetre() {
        let table = [(35.681_236, 35.681_236), (35.123_456_789, 35.123_456_8), (1e-300, 0.0), (-1e-300, 0.0)];
        for (told, kept) in table {
            let Content::Location { title, address, latitude, longitude } =
                content(" 駅 ", Some(" "), told, told)
            else {
                panic!("no place")
            };
            assert_eq!((title.as_deref(), address), (Some("駅"), None));
            assert_eq!((latitude.to_string(), longitude.to_string()), (kept.to_string(), kept.to_string()));
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_on_the_globe_and_stays_so(
            kind in prop::sample::select(vec![Line, Messenger, WhatsApp, Sms]),
            title in "\\PC{0,120}",
            address in prop::option::of("\\PC{0,320}"),
            latitude in prop_oneof![any::<f64>(), -100.0..100.0],
            longitude in prop_oneof![any::<f64>(), -200.0..200.0],
        ) {
            let Content::Location { title, address, latitude, longitude } =
                content(&title, address.as_deref(), latitude, longitude)
            else {
                return Err(TestCaseError::fail("no place"));
            };
            if check(kind, title.as_deref(), address.as_deref(), latitude, longitude).is_ok() {
                prop_assert!(latitude.abs() <= 90.0 && longitude.abs() <= 180.0);
                prop_assert_eq!(
                    content(title.as_deref().unwrap(), address.as_deref(), latitude, longitude),
                    Content::Location { title, address, latitude, longitude }
                );
            }
        }
    }
}
