//! How texts are counted and what single words mean.

/// One septet each; the second line takes two.
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_EXTENSION: &str = "^{}\\[~]|€\u{c}";

/// How many SMS a text takes: 160 septets or 70 code units alone, 153 or 67 each when there are several.
pub(crate) fn segments(text: &str) -> usize {
    let septets = text.chars().try_fold(0, |sum, character| {
        let cost =
            if GSM.contains(character) { 1 } else { 2 * usize::from(GSM_EXTENSION.contains(character)) };
        (cost > 0).then_some(sum + cost)
    });
    let (length, alone, each) = match septets {
        Some(septets) => (septets, 160, 153),
        None => (text.encode_utf16().count(), 70, 67),
    };
    if length <= alone { 1 } else { length.div_ceil(each) }
}

/// The kind of keyword that a message consists of: `STOP`, `START` or `HELP`.
pub(crate) fn keyword(text: &str) -> Option<&'static str> {
    match text.trim().to_uppercase().as_str() {
        "STOP" | "STOPALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" | "OPTOUT" | "REVOKE" => Some("STOP"),
        "START" | "YES" | "UNSTOP" => Some("START"),
        "HELP" | "INFO" => Some("HELP"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_follow_the_alphabet() {
        for (text, expected) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            ("窓".repeat(70), 1),
            ("窓".repeat(71), 2),
            ("窓".repeat(134), 2),
            ("窓".repeat(135), 3),
            ("😀".repeat(35), 1),
            ("😀".repeat(36), 2),
        ] {
            assert_eq!(segments(&text), expected, "{} characters", text.chars().count());
        }
    }

    #[test]
    fn keywords_stand_alone() {
        assert_eq!(keyword(" Stop "), Some("STOP"));
        assert_eq!(keyword("unstop"), Some("START"));
        assert_eq!(keyword("please stop"), None);
    }
}
