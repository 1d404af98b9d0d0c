//! `GET /data-deletion/{code}`: how far a deletion is, for the person who asked for it. Whoever has the code may see it;
//! it names nobody.

use axum::extract::{Path, State};
use axum::http::header::{
    CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::IntoResponse;
use madoguchi_domain::Language;
use madoguchi_domain::withdrawal::{Extent, Withdrawal};

use crate::ApiError;
use crate::auth::language;
use crate::connect::SharedConnect;

const HEADERS: [(HeaderName, &str); 5] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // The address is the only key to the page.
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// Longer than any code.
const LONGEST: usize = 64;

/// How far a deletion is, for people
///
/// Open to whoever has the code; the page names nobody. In Japanese or English, as `Accept-Language` asks.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/data-deletion/{code}", operation_id = "readDataDeletion", tag = "Connecting",
    responses(
        (status = 200, description = "The page."),
        (status = 404, description = "There is no such request; also a page."),
    ),
))]
pub(crate) async fn status(
    State(api): SharedConnect,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    let language = language(&headers);
    let is_code =
        !code.is_empty() && code.len() <= LONGEST && code.bytes().all(|b| b.is_ascii_alphanumeric());
    let found = if is_code { api.directory.withdrawal(&code).await? } else { None };
    let found = found.filter(|withdrawal| withdrawal.extent == Extent::Data);
    let status = if found.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let language_tag = [(CONTENT_LANGUAGE, tag(language))];
    Ok((status, HEADERS, language_tag, page(found.as_ref(), language)))
}

const fn tag(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Ja => "ja",
    }
}

fn page(withdrawal: Option<&Withdrawal>, language: Language) -> String {
    let title = match language {
        Language::En => "Deletion of your data",
        Language::Ja => "データ削除のリクエスト",
    };
    let body = withdrawal.map_or_else(|| unknown(language), |withdrawal| told(withdrawal, language));
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>{title}</title>\n<h1>{title}</h1>\n{body}</html>\n",
        tag(language)
    )
}

fn unknown(language: Language) -> String {
    let text = match language {
        Language::En => "There is no request with this code. Please check the address.",
        Language::Ja => "このコードのリクエストはありません。アドレスをご確認ください。",
    };
    format!("<p>{text}</p>\n")
}

/// Codes are letters and digits, and instants are ours: nothing here has to be escaped.
fn told(withdrawal: &Withdrawal, language: Language) -> String {
    let Withdrawal { code, received_at, completed_at, .. } = withdrawal;
    let (state, what, kept) = match (language, completed_at) {
        (Language::En, None) => (
            format!("Received at {received_at} (UTC). It will be carried out within a few minutes."),
            "Will be deleted: your login, your name and your id at Facebook, and every access token made from them.",
            KEPT_EN,
        ),
        (Language::En, Some(at)) => (
            format!("Completed at {at} (UTC)."),
            "Deleted: your login, your name and your id at Facebook, and every access token made from them.",
            KEPT_EN,
        ),
        (Language::Ja, None) => (
            format!("受付済み（{received_at} UTC）。数分以内に削除します。"),
            "削除するもの：Facebookのログイン、お名前、ID、およびそれらから作られたすべてのアクセストークン。",
            KEPT_JA,
        ),
        (Language::Ja, Some(at)) => (
            format!("完了（{at} UTC）。"),
            "削除したもの：Facebookのログイン、お名前、ID、およびそれらから作られたすべてのアクセストークン。",
            KEPT_JA,
        ),
    };
    let label = match language {
        Language::En => "Confirmation code",
        Language::Ja => "確認コード",
    };
    format!("<p>{label}: {code}</p>\n<p><strong>{state}</strong></p>\n<p>{what}</p>\n<p>{kept}</p>\n")
}

const KEPT_EN: &str = "Kept: the conversations of the Pages, which belong to the company that runs them, and the security log's \
                       entries about the login until their time is over. The Pages stay disconnected until somebody \
                       authorizes them again.";
const KEPT_JA: &str = "残るもの：ページの会話（ページを運営する会社のものです）と、保存期間が終わるまでのログインに関する監査記録。\
                       ページは、再認証されるまで送信できません。";

#[cfg(test)]
mod tests {
    use madoguchi_domain::{Span, Timestamp};

    use super::*;

    #[test]
    fn the_page_tells_received_and_completed_in_both_languages_and_names_nobody() {
        let at = Timestamp::from_ms(1_790_000_000_000);
        let asked = Withdrawal {
            code: "0123456789ABCDEF01234567".into(),
            extent: Extent::Data,
            user_id: Some("17841400000000000".into()),
            issued_at: at,
            received_at: at,
            completed_at: None,
            logins: 0,
        };
        let done = asked.clone().completed(1, at + Span::from_minutes(1));
        for (withdrawal, language, state) in [
            (&asked, Language::En, "Received at"),
            (&done, Language::En, "Completed at"),
            (&asked, Language::Ja, "受付済み"),
            (&done, Language::Ja, "完了"),
        ] {
            let page = page(Some(withdrawal), language);
            assert!(page.contains(state) && page.contains(&withdrawal.code), "{page}");
            assert!(!page.contains("17841400000000000") && !page.contains("<script"), "{page}");
            assert!(page.contains(&format!("lang=\"{}\"", tag(language))));
        }
        assert!(page(None, Language::En).contains("no request with this code"));
        assert!(page(None, Language::Ja).contains("ありません"));
    }
}
