//! Serves a router on a port of its own.

use axum::Router;
use tokio::net::TcpListener;

/// Starts `router` and returns its address, such as `http://127.0.0.1:34567`.
pub(crate) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
