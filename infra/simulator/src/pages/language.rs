//! Japanese or English, as a browser asks for it.

/// By the weights of `Accept-Language`; Japanese for a browser that asks for nothing, English for one that knows neither.
pub(super) fn chosen(accept: &str) -> &'static str {
    if accept.trim().is_empty() {
        return "ja";
    }
    let (japanese, english) = (weight(accept, "ja"), weight(accept, "en"));
    if japanese > english { "ja" } else { "en" }
}

/// In thousandths; 0 for a language that is not named.
fn weight(accept: &str, language: &str) -> u32 {
    let named = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let primary = parts.next()?.split('-').next()?;
        if !primary.eq_ignore_ascii_case(language) {
            return None;
        }
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        Some(weight.map_or(1_000, thousandths))
    });
    named.max().unwrap_or(0)
}

fn thousandths(weight: &str) -> u32 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let number = |digits: &str| digits.parse::<u32>().unwrap_or(0);
    (number(whole) * 1_000 + number(&digits)).min(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_weighs_more() {
        for (accept, expected) in [
            ("", "ja"),
            ("ja", "ja"),
            ("ja-JP,ja;q=0.9,en-US;q=0.8,en;q=0.7", "ja"),
            ("en-US,en;q=0.9,ja;q=0.8", "en"),
            ("en;q=0.2, JA;q=0.25", "ja"),
            ("fr, ja;q=0.1", "ja"),
            ("fr,de;q=0.5", "en"),
            ("en;q=0,ja;q=0.001", "ja"),
            ("*", "en"),
            ("ja;q=nonsense", "en"),
        ] {
            assert_eq!(chosen(accept), expected, "{accept}");
        }
    }
}
