//! Who gets in. Every route stands in [`ROUTES`] with what it takes; [`admit`] looks there before anything else does.
//! A route that nobody wrote down is closed.

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use madoguchi_domain::role::{Act, Scope};

use crate::auth::{self, RolesClaim};
use crate::{ApiError, Operator};

/// What a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing: who has the address may have what is there.
    Open,
    /// A person whose role may do this.
    To(Act),
}

/// Method, path as the router spells it, and what it takes.
pub type Route = (&'static str, &'static str, Access);

/// Every route of the API.
pub const ROUTES: &[Route] = &[
    ("GET", "/api/conversations", Access::To(Act::Read)),
    ("GET", "/api/conversations/counts", Access::To(Act::Read)),
    ("GET", "/api/conversations/{conversation}", Access::To(Act::Read)),
    ("PATCH", "/api/conversations/{conversation}/contact", Access::To(Act::Answer)),
    ("PUT", "/api/conversations/{conversation}/assignee", Access::To(Act::Answer)),
    ("DELETE", "/api/conversations/{conversation}/assignee", Access::To(Act::Answer)),
    ("POST", "/api/conversations/{conversation}/transfer", Access::To(Act::Answer)),
    ("PUT", "/api/conversations/{conversation}/mode", Access::To(Act::Answer)),
    ("DELETE", "/api/conversations/{conversation}", Access::To(Act::Answer)),
    ("POST", "/api/conversations/{conversation}/close", Access::To(Act::Answer)),
    ("POST", "/api/conversations/{conversation}/reopen", Access::To(Act::Answer)),
    ("POST", "/api/conversations/{conversation}/done", Access::To(Act::Answer)),
    ("DELETE", "/api/conversations/{conversation}/done", Access::To(Act::Answer)),
    ("POST", "/api/conversations/{conversation}/snooze", Access::To(Act::Answer)),
    ("DELETE", "/api/conversations/{conversation}/snooze", Access::To(Act::Answer)),
    ("POST", "/api/conversations/{conversation}/block", Access::To(Act::Answer)),
    ("DELETE", "/api/conversations/{conversation}/block", Access::To(Act::Answer)),
    ("GET", "/api/blocked", Access::To(Act::Read)),
    ("POST", "/api/conversations/{conversation}/read", Access::To(Act::Answer)),
    ("POST", "/api/conversations/{conversation}/typing", Access::To(Act::Answer)),
    ("GET", "/api/conversations/{conversation}/search", Access::To(Act::Read)),
    ("GET", "/api/search", Access::To(Act::Read)),
    ("GET", "/api/search/rebuild", Access::To(Act::Administrate)),
    ("POST", "/api/search/rebuild", Access::To(Act::Administrate)),
    ("GET", "/api/conversations/{conversation}/messages", Access::To(Act::Read)),
    ("POST", "/api/conversations/{conversation}/messages", Access::To(Act::Answer)),
    ("DELETE", "/api/conversations/{conversation}/messages/{message}", Access::To(Act::Answer)),
    ("POST", "/api/conversations/{conversation}/messages/{message}/resend", Access::To(Act::Answer)),
    (
        "GET",
        "/api/conversations/{conversation}/messages/{message}/attachments/{attachment}",
        Access::To(Act::Read),
    ),
    (
        "POST",
        "/api/conversations/{conversation}/messages/{message}/attachments/{attachment}/retry",
        Access::To(Act::Answer),
    ),
    ("POST", "/api/conversations/{conversation}/uploads", Access::To(Act::Answer)),
    ("POST", "/api/conversations/{conversation}/notes", Access::To(Act::Answer)),
    ("PATCH", "/api/conversations/{conversation}/notes/{message}", Access::To(Act::Answer)),
    ("DELETE", "/api/conversations/{conversation}/notes/{message}", Access::To(Act::Answer)),
    ("PUT", "/api/conversations/{conversation}/labels/{label}", Access::To(Act::Answer)),
    ("DELETE", "/api/conversations/{conversation}/labels/{label}", Access::To(Act::Answer)),
    ("GET", "/api/conversations/{conversation}/draft", Access::To(Act::Answer)),
    ("PUT", "/api/conversations/{conversation}/draft", Access::To(Act::Answer)),
    ("DELETE", "/api/conversations/{conversation}/draft", Access::To(Act::Answer)),
    // Customers' apps have nothing but the address, which cannot be guessed.
    ("GET", "/media/{token}", Access::Open),
    ("GET", "/media/operator.png", Access::Open),
    ("GET", "/api/notices", Access::To(Act::Read)),
    ("GET", "/api/me", Access::To(Act::ChangeOneself)),
    ("PATCH", "/api/me", Access::To(Act::ChangeOneself)),
    ("GET", "/api/me/mentions", Access::To(Act::Read)),
    ("POST", "/api/me/mentions/read", Access::To(Act::Read)),
    ("GET", "/api/me/drafts", Access::To(Act::Answer)),
    ("PUT", "/api/me/picture", Access::To(Act::ChangeOneself)),
    ("DELETE", "/api/me/picture", Access::To(Act::ChangeOneself)),
    ("POST", "/api/me/picture/uploads", Access::To(Act::ChangeOneself)),
    ("GET", "/api/me/availability", Access::To(Act::ChangeOneself)),
    ("PUT", "/api/me/availability", Access::To(Act::ChangeOneself)),
    ("GET", "/api/me/notifications", Access::To(Act::ChangeOneself)),
    ("PUT", "/api/me/notifications", Access::To(Act::ChangeOneself)),
    ("POST", "/api/me/notifications/test", Access::To(Act::ChangeOneself)),
    ("GET", "/api/me/notifications/troubleshooting", Access::To(Act::ChangeOneself)),
    ("GET", "/api/me/push-subscriptions", Access::To(Act::ChangeOneself)),
    ("POST", "/api/me/push-subscriptions", Access::To(Act::ChangeOneself)),
    ("DELETE", "/api/me/push-subscriptions/{subscription}", Access::To(Act::ChangeOneself)),
    // A mail program has nothing but the link, which we have signed.
    ("GET", "/notifications/unsubscribe/{token}", Access::Open),
    ("POST", "/notifications/unsubscribe/{token}", Access::Open),
    ("GET", "/api/operators", Access::To(Act::Read)),
    ("GET", "/api/sender-sync", Access::To(Act::Administrate)),
    ("POST", "/api/sender-sync", Access::To(Act::Administrate)),
    ("GET", "/api/tickets", Access::To(Act::Read)),
    ("POST", "/api/tickets", Access::To(Act::Answer)),
    ("GET", "/api/tickets/export", Access::To(Act::Read)),
    ("GET", "/api/tickets/{number}", Access::To(Act::Read)),
    ("PATCH", "/api/tickets/{number}", Access::To(Act::Answer)),
    ("GET", "/api/tickets/{number}/messages", Access::To(Act::Read)),
    ("GET", "/api/channels", Access::To(Act::SeeOrganisation)),
    ("POST", "/api/channels", Access::To(Act::Authorize)),
    ("GET", "/api/channels/{channel}", Access::To(Act::SeeOrganisation)),
    ("PATCH", "/api/channels/{channel}", Access::To(Act::Administrate)),
    ("DELETE", "/api/channels/{channel}", Access::To(Act::Authorize)),
    ("POST", "/api/channels/{channel}/disable", Access::To(Act::Administrate)),
    ("POST", "/api/channels/{channel}/enable", Access::To(Act::Administrate)),
    ("GET", "/api/channels/{channel}/health", Access::To(Act::SeeOrganisation)),
    ("POST", "/api/channels/{channel}/check", Access::To(Act::Administrate)),
    ("PUT", "/api/channels/{channel}/credential", Access::To(Act::Authorize)),
    ("PUT", "/api/channels/{channel}/icon", Access::To(Act::Administrate)),
    ("DELETE", "/api/channels/{channel}/icon", Access::To(Act::Administrate)),
    ("GET", "/api/channels/{channel}/operators", Access::To(Act::Administrate)),
    ("POST", "/api/channels/{channel}/operators", Access::To(Act::Administrate)),
    ("DELETE", "/api/channels/{channel}/operators/{person}", Access::To(Act::Administrate)),
    ("POST", "/api/channels/{channel}/operators/{person}/retry", Access::To(Act::Administrate)),
    ("GET", "/api/consent", Access::To(Act::Authorize)),
    ("GET", "/api/connections", Access::To(Act::Authorize)),
    ("GET", "/api/setups", Access::To(Act::Authorize)),
    ("POST", "/api/setups", Access::To(Act::Authorize)),
    ("GET", "/api/setups/{setup}", Access::To(Act::Authorize)),
    ("DELETE", "/api/setups/{setup}", Access::To(Act::Authorize)),
    ("PUT", "/api/setups/{setup}/consent", Access::To(Act::Authorize)),
    ("PUT", "/api/setups/{setup}/brand", Access::To(Act::Authorize)),
    ("POST", "/api/setups/{setup}/facebook", Access::To(Act::Authorize)),
    ("PUT", "/api/setups/{setup}/facebook", Access::To(Act::Authorize)),
    ("GET", "/api/setups/{setup}/pages", Access::To(Act::Authorize)),
    ("PUT", "/api/setups/{setup}/pages", Access::To(Act::Authorize)),
    ("PUT", "/api/setups/{setup}/credentials", Access::To(Act::Authorize)),
    ("PUT", "/api/setups/{setup}/names", Access::To(Act::Authorize)),
    ("PUT", "/api/setups/{setup}/department", Access::To(Act::Authorize)),
    ("POST", "/api/setups/{setup}/finish", Access::To(Act::Authorize)),
    // A browser that comes back from a login has nothing but its state, which opens one thing once.
    ("GET", "/oauth/facebook", Access::Open),
    // Meta signs what it tells; how far a deletion is may be seen by whoever has its code.
    ("POST", "/webhooks/messenger/deauthorize", Access::Open),
    ("POST", "/webhooks/messenger/data-deletion", Access::Open),
    ("GET", "/data-deletion/{code}", Access::Open),
    ("GET", "/api/people", Access::To(Act::Administrate)),
    ("GET", "/api/people/{person}", Access::To(Act::Administrate)),
    ("DELETE", "/api/people/{person}", Access::To(Act::Administrate)),
    ("PUT", "/api/people/{person}/capacity", Access::To(Act::Administrate)),
    ("GET", "/api/brands", Access::To(Act::SeeOrganisation)),
    ("POST", "/api/brands", Access::To(Act::Administrate)),
    ("PATCH", "/api/brands/{brand}", Access::To(Act::Administrate)),
    ("DELETE", "/api/brands/{brand}", Access::To(Act::Administrate)),
    ("GET", "/api/brands/{brand}/profanity", Access::To(Act::Administrate)),
    ("PUT", "/api/brands/{brand}/profanity", Access::To(Act::Administrate)),
    ("POST", "/api/brands/{brand}/profanity/test", Access::To(Act::Administrate)),
    ("GET", "/api/departments", Access::To(Act::SeeOrganisation)),
    ("POST", "/api/departments", Access::To(Act::Administrate)),
    ("PATCH", "/api/departments/{department}", Access::To(Act::Administrate)),
    ("DELETE", "/api/departments/{department}", Access::To(Act::Administrate)),
    ("POST", "/api/live/tickets", Access::To(Act::Read)),
    ("GET", "/api/views", Access::To(Act::ChangeOneself)),
    ("POST", "/api/views", Access::To(Act::ChangeOneself)),
    ("PATCH", "/api/views/{view}", Access::To(Act::ChangeOneself)),
    ("DELETE", "/api/views/{view}", Access::To(Act::ChangeOneself)),
    ("GET", "/api/labels", Access::To(Act::SeeOrganisation)),
    ("POST", "/api/labels", Access::To(Act::Administrate)),
    ("PATCH", "/api/labels/{label}", Access::To(Act::Administrate)),
    ("DELETE", "/api/labels/{label}", Access::To(Act::Administrate)),
    // Operators keep the templates, too (TPL-3).
    ("GET", "/api/templates", Access::To(Act::SeeOrganisation)),
    ("POST", "/api/templates", Access::To(Act::Answer)),
    ("GET", "/api/templates/{template}", Access::To(Act::SeeOrganisation)),
    ("PATCH", "/api/templates/{template}", Access::To(Act::Answer)),
    ("DELETE", "/api/templates/{template}", Access::To(Act::Answer)),
    ("POST", "/api/templates/{template}/preview", Access::To(Act::Answer)),
    ("GET", "/api/channels/{channel}/bot", Access::To(Act::Administrate)),
    ("PUT", "/api/channels/{channel}/bot", Access::To(Act::Administrate)),
    ("DELETE", "/api/channels/{channel}/bot", Access::To(Act::Administrate)),
    ("POST", "/api/channels/{channel}/bot/test", Access::To(Act::Administrate)),
    ("GET", "/api/webhooks", Access::To(Act::Administrate)),
    ("POST", "/api/webhooks", Access::To(Act::Administrate)),
    ("GET", "/api/webhooks/{webhook}", Access::To(Act::Administrate)),
    ("PATCH", "/api/webhooks/{webhook}", Access::To(Act::Administrate)),
    ("DELETE", "/api/webhooks/{webhook}", Access::To(Act::Administrate)),
    ("POST", "/api/webhooks/{webhook}/secret", Access::To(Act::Administrate)),
    ("POST", "/api/webhooks/{webhook}/test", Access::To(Act::Administrate)),
    ("GET", "/api/webhooks/{webhook}/deliveries", Access::To(Act::Administrate)),
    ("POST", "/api/webhooks/{webhook}/deliveries/{delivery}/replay", Access::To(Act::Administrate)),
    ("GET", "/api/reports", Access::To(Act::Read)),
    ("GET", "/api/reports/channels", Access::To(Act::Read)),
    ("GET", "/api/reports/export", Access::To(Act::Read)),
    ("GET", "/api/audit", Access::To(Act::Audit)),
    ("GET", "/api/audit/export", Access::To(Act::Audit)),
    ("GET", "/api/quarantine", Access::To(Act::Replay)),
    ("POST", "/api/quarantine/{quarantined}/replay", Access::To(Act::Replay)),
];

fn access(method: &Method, path: &str) -> Option<Access> {
    // The router answers HEAD as GET without a body.
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    ROUTES.iter().find(|route| route.0 == method && route.1 == path).map(|route| route.2)
}

/// Lets a request through to its route, with the [`Operator`] who calls, or answers why not.
pub(crate) async fn admit(State(claim): State<RolesClaim>, mut request: Request, next: Next) -> Response {
    let Some(path) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    match access(request.method(), path.as_str()) {
        Some(Access::Open) => {}
        Some(Access::To(act)) => match caller(&request, &claim, act) {
            Ok(operator) => drop(request.extensions_mut().insert(operator)),
            Err(refused) => return refused.into_response(),
        },
        None if ROUTES.iter().any(|route| route.1 == path.as_str()) => {
            return ApiError::MethodNotAllowed.into_response();
        }
        None => return ApiError::UnknownRoute.into_response(),
    }
    next.run(request).await
}

fn caller(request: &Request, claim: &RolesClaim, act: Act) -> Result<Operator, ApiError> {
    let operator = auth::caller(request, claim)?;
    match (operator.may(act), operator.is_machine(), Scope::of(act)) {
        (true, ..) => Ok(operator),
        (false, true, Some(scope)) => Err(ApiError::ScopeMissing(scope)),
        (false, true, None) => Err(ApiError::PersonNeeded),
        (false, false, _) => Err(ApiError::AdministratorsOnly),
    }
}
