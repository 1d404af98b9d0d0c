//! What a browser shows that comes back from a login and cannot go on: what happened, what to do, and the way to the console.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use madoguchi_domain::Language;
use madoguchi_domain::setup::Advice;

const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    // The address holds a state.
    (REFERRER_POLICY, "no-referrer"),
];

pub(super) fn tell(status: StatusCode, advice: &Advice, console: &str, language: Language) -> Response {
    let (code, title, back) = match language {
        Language::En => ("en", "Login at Facebook", "Back to the console"),
        Language::Ja => ("ja", "Facebookログイン", "コンソールに戻る"),
    };
    let (message, remedy) = (escaped(&advice.message), escaped(&advice.remedy));
    let console = escaped(console);
    let html = format!(
        "<!doctype html><html lang=\"{code}\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><body style=\"font:1rem/1.6 system-ui,sans-serif;\
         max-width:36rem;margin:4rem auto;padding:0 1rem\"><h1 style=\"font-size:1.3rem\">{message}</h1>\
         <p>{remedy}</p><p><a href=\"{console}\">{back}</a></p></body></html>\n"
    );
    (status, HEADERS, html).into_response()
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut html, letter| {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            letter => html.push(letter),
        }
        html
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped(r#"<a href="x">&'"#), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    }
}
