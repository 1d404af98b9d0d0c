//! What browsers load beside the pages: embedded, compressed when built, and kept by browsers for a year, since the address
//! names the version.

use axum::extract::Path;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

/// One asset in its three forms.
pub(crate) struct File {
    name: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// Where an asset is, such as `/console/assets/0a1b2c3d4e5f/app.css`. Modules import each other relatively, so that one
/// version of all is loaded.
pub(crate) fn address(name: &str) -> String {
    format!("/console/assets/{VERSION}/{name}")
}

/// `GET /console/assets/{version}/{name}`.
pub(crate) async fn serve(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(file) = FILES.iter().find(|file| file.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // Between two deployments a page may ask for what is no more: it gets what there is, and asks again next time.
    let kept = if version == VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes = |coding: &str| {
        accepted.split(',').any(|one| one.split(';').next().is_some_and(|name| name.trim() == coding))
    };
    let head = [(CONTENT_TYPE, media_type(file.name)), (CACHE_CONTROL, kept), (VARY, "Accept-Encoding")];
    if takes("br") {
        (head, [(CONTENT_ENCODING, "br")], file.brotli).into_response()
    } else if takes("gzip") {
        (head, [(CONTENT_ENCODING, "gzip")], file.gzip).into_response()
    } else {
        (head, file.plain).into_response()
    }
}

/// `GET /console/sw.js`: the service worker, which shows notifications while no page is open. Its address is always the same,
/// and it is above everything that it looks after: a browser that has it finds the next release's.
pub(crate) async fn worker() -> Response {
    let Some(file) = FILES.iter().find(|file| file.name == "js/sw.js") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let scope = (HeaderName::from_static("service-worker-allowed"), "/console/");
    ([(CONTENT_TYPE, media_type(file.name)), (CACHE_CONTROL, "no-cache")], [scope], file.plain)
        .into_response()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("yaml") => "application/yaml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn con_1_an_asset_comes_compressed_and_for_a_year() {
        for (accepted, coding) in [("gzip, br", Some("br")), ("gzip;q=0.8", Some("gzip")), ("", None)] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, accepted.parse().unwrap());
            let answer = serve(Path((VERSION.to_owned(), "app.css".to_owned())), headers).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap()), coding);
            assert!(answer.headers()[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        }
        let old = serve(Path(("0".to_owned(), "app.css".to_owned())), HeaderMap::new()).await;
        assert_eq!(old.headers()[CACHE_CONTROL], "no-cache");
        let none = serve(Path((VERSION.to_owned(), "../Cargo.toml".to_owned())), HeaderMap::new()).await;
        assert_eq!(none.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn ntf_5_the_service_worker_looks_after_the_whole_console_and_is_never_stale() {
        let answer = worker().await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["service-worker-allowed"], "/console/");
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-cache");
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
    }

    /// The first load is what a person waits for.
    #[test]
    fn con_1_everything_together_stays_below_150_kilobytes() {
        let loaded = FILES.iter().filter(|file| file.name != "openapi.yaml");
        let sum: usize = loaded.map(|file| file.brotli.len()).sum();
        assert!(sum < 150_000, "{sum} bytes");
    }
}
