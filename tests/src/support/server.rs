//! Serves a router on a port of its own.

use axum::Router;
use tokio::net::TcpListener;

/// Starts `router` and returns its address, such as `http://127.0.0.1:34567`.
pub(crate) async fn serve(router: Router) -> String {
    serve_with(|_| router).await
}

/// The same for a router that must know its own address.
pub(crate) async fn serve_with(router: impl FnOnce(&str) -> Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = router(&url);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
