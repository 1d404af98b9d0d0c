//! What operators call a channel.

use crate::ApiError;

const LONGEST: usize = 100;

/// The name without the blanks around it.
pub(super) fn parse(name: &str) -> Result<String, ApiError> {
    let name = name.trim();
    let length = name.chars().count();
    if (1..=LONGEST).contains(&length) && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(ApiError::InvalidBody { what: format!("`name` must be one line of 1 to {LONGEST} characters") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_up_to_100_characters() {
        let (long, longer) = ("店".repeat(100), "店".repeat(101));
        for (name, expected) in [
            (" 本店 ", Some("本店")),
            (long.as_str(), Some(long.as_str())),
            (longer.as_str(), None),
            (" ", None),
            ("a\nb", None),
        ] {
            assert_eq!(parse(name).ok().as_deref(), expected, "{name}");
        }
    }
}
