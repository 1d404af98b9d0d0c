//! What is in quarantine, as administrators see it: why, and not what it says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_store::inbox::Quarantined;
use serde::Serialize;

use crate::ApiError;
use crate::input::PathId;

/// One piece in quarantine.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct QuarantinedView {
    id: String,
    /// A stable id, such as `not_json` or `unknown_channel`.
    reason: String,
    detail: String,
    channel_kind: String,
    channel_id: Option<String>,
    received_at: String,
    part: u32,
    parts: u32,
}

impl From<&Quarantined> for QuarantinedView {
    fn from(quarantined: &Quarantined) -> Self {
        Self {
            id: QuarantinedId(quarantined.id.clone()).to_public(),
            reason: quarantined.reason.clone(),
            detail: quarantined.detail.clone(),
            channel_kind: quarantined.channel_kind.clone(),
            channel_id: quarantined.channel_id.clone(),
            received_at: quarantined.received_at.to_string(),
            part: quarantined.part,
            parts: quarantined.parts,
        }
    }
}

/// The stored id of what is in quarantine: the provider's own, which may hold any character.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct QuarantinedId(pub(crate) String);

impl QuarantinedId {
    /// The id as it stands in an address: itself if that is safe, else `~` and its base64. A gateway
    /// decodes percent signs before it looks for slashes, so they are no help.
    fn to_public(&self) -> String {
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !self.0.is_empty() && self.0.bytes().all(safe) && !self.0.starts_with('.') {
            self.0.clone()
        } else {
            format!("~{}", URL_SAFE_NO_PAD.encode(&self.0))
        }
    }
}

impl PathId for QuarantinedId {
    const PARAMETER: &'static str = "quarantined";
    fn parse(text: &str) -> Option<Self> {
        let Some(encoded) = text.strip_prefix('~') else { return Some(Self(text.to_owned())) };
        String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok().map(Self)
    }
    fn not_found() -> ApiError {
        ApiError::QuarantinedNotFound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_survives_an_address() {
        for (id, expected) in [
            ("01HXYZ", Some("01HXYZ")),
            ("m_a-b.c", Some("m_a-b.c")),
            ("mid.$cA/=+", None),
            ("~x", None),
            ("..", None),
            ("", None),
            ("日本", None),
        ] {
            let public = QuarantinedId(id.into()).to_public();
            if let Some(expected) = expected {
                assert_eq!(public, expected);
            }
            assert!(public.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b)), "{public}");
            assert_eq!(QuarantinedId::parse(&public), Some(QuarantinedId(id.into())));
        }
        assert_eq!(QuarantinedId::parse("~%"), None);
    }
}
