//! Templates that the provider has approved: where they can be sent, and what may be filled in (CHN-4, TPL-6).

use crate::channel::ChannelKind;
use crate::event::Template;

/// Twilio takes at most 100 variables (error 92002).
const MAX_VARIABLES: usize = 100;
/// WhatsApp takes 1,024 characters of template text and variables together; of the text we know nothing.
const MAX_CHARACTERS: usize = 1_024;

/// Why a template cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateRefused {
    /// The channel has none.
    #[error("{0} has no templates; send a text")]
    NotHere(ChannelKind),
    /// Not Twilio's id of a template.
    #[error("the template's id must be `HX` and 32 hexadecimal digits")]
    NotAnId,
    /// More than the provider takes.
    #[error("the template has {count} variables; at most {MAX_VARIABLES} are taken")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// Together longer than the provider takes.
    #[error("the variables are {length} characters long together; at most {MAX_CHARACTERS} are taken")]
    TooLong {
        /// In characters.
        length: usize,
    },
    /// Line breaks are refused by the provider (error 92007).
    #[error("the variable `{name}` is empty or has a line break")]
    NotOneLine {
        /// Which.
        name: String,
    },
}

/// Refuses a template that the provider of `kind` would refuse.
pub fn check(kind: ChannelKind, template: &Template) -> Result<(), TemplateRefused> {
    if !matches!(kind, ChannelKind::WhatsApp | ChannelKind::Sms) {
        return Err(TemplateRefused::NotHere(kind));
    }
    let digits = template.content_sid.strip_prefix("HX").unwrap_or_default();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(TemplateRefused::NotAnId);
    }
    let count = template.variables.len();
    if count > MAX_VARIABLES {
        return Err(TemplateRefused::TooMany { count });
    }
    let length = template.variables.values().map(|value| value.chars().count()).sum();
    if length > MAX_CHARACTERS {
        return Err(TemplateRefused::TooLong { length });
    }
    let one_line = |text: &str| !text.trim().is_empty() && !text.contains(['\n', '\r']);
    match template.variables.iter().find(|(name, value)| !one_line(name) || !one_line(value)) {
        Some((name, _)) => Err(TemplateRefused::NotOneLine { name: crate::text::cut(name, 60) }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template<'a>(sid: &str, variables: impl IntoIterator<Item = (&'a str, String)>) -> Template {
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Template { content_sid: sid.to_owned(), variables }
    }

    #[test]
    fn chn_4_a_template_is_checked_before_the_call() {
        const SID: &str = "HX0123456789abcdef0123456789abcdef";
        let one = |value: &str| template(SID, [("1", value.to_owned())]);
        let names: Vec<String> = (0..101).map(|number| number.to_string()).collect();
        let many =
            |count| template(SID, names.iter().take(count).map(|name| (name.as_str(), "x".to_owned())));
        let table = [
            (ChannelKind::WhatsApp, template(SID, []), None),
            (ChannelKind::Sms, one("山田様"), None),
            (ChannelKind::WhatsApp, one(&"あ".repeat(1_024)), None),
            (ChannelKind::WhatsApp, one(&"あ".repeat(1_025)), Some("1025 characters")),
            (ChannelKind::WhatsApp, many(100), None),
            (ChannelKind::WhatsApp, many(101), Some("101 variables")),
            (ChannelKind::WhatsApp, one("a\nb"), Some("variable `1`")),
            (ChannelKind::WhatsApp, one(" "), Some("variable `1`")),
            (ChannelKind::WhatsApp, template(&SID[..33], []), Some("`HX`")),
            (ChannelKind::WhatsApp, template("MG0123456789abcdef0123456789abcdef", []), Some("`HX`")),
            (ChannelKind::Line, template(SID, []), Some("no templates")),
            (ChannelKind::Messenger, template(SID, []), Some("no templates")),
        ];
        for (kind, template, expected) in table {
            let refused = check(kind, &template).err().map(|error| error.to_string());
            match (expected, refused) {
                (None, None) => {}
                (Some(part), Some(text)) => assert!(text.contains(part), "{text}"),
                other => panic!("{kind} {template:?}: {other:?}"),
            }
        }
    }
}
