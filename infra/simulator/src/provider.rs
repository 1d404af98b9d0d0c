//! The front door of all providers: which one is meant, what fault applies, and the log of calls.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::State,
    http::{HeaderMap, Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::time::sleep;

use crate::{
    faults::{self, Fault, Scope},
    graph, line,
    model::{Call, Provider},
    params,
    server::CutConnection,
    shared::Shared,
    twilio,
};

const BODY_LIMIT_BYTES: usize = 30 * 1024 * 1024;

/// One request to a provider, taken apart.
pub(crate) struct ApiRequest {
    pub(crate) method: Method,
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl ApiRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// As it was asked for, without the query.
    pub(crate) fn path(&self) -> String {
        format!("/{}", self.segments.join("/"))
    }

    /// The media type without its parameters.
    pub(crate) fn content_type(&self) -> &str {
        self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim()
    }
}

#[derive(Clone)]
struct FaultName(String);

pub(crate) async fn dispatch(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts.uri.path().to_owned();
    let request = ApiRequest {
        segments: path.split('/').skip(1).map(params::decode).collect(),
        query: params::pairs(parts.uri.query().unwrap_or_default()),
        method: parts.method,
        headers: parts.headers,
        body,
    };
    let method = request.method.to_string();
    if path.starts_with("/fbcdn/") {
        return graph::cdn::answer(&shared, &request);
    }
    if path.starts_with("/twilio-media/") {
        return twilio::signed_media(&shared, &request);
    }
    let provider = if twilio::is_setup(&request.segments) {
        Provider::Sms
    } else if path.starts_with("/v2/") || path.starts_with("/oauth2/") {
        Provider::Line
    } else if request.segments.first().is_some_and(|first| first == twilio::VERSION) {
        shared.read(|world| twilio::provider(world, &request))
    } else {
        Provider::Messenger
    };
    let response = match provider {
        Provider::Line => line::answer(&shared, request).await,
        Provider::Messenger => graph::answer(&shared, request).await,
        Provider::WhatsApp | Provider::Sms => twilio::answer(&shared, request, provider).await,
    };
    let cut = response.extensions().get::<CutConnection>().is_some();
    let fault = response.extensions().get::<FaultName>().map(|fault| fault.0.clone());
    shared.change(|world| {
        let at_ms = world.clock.now_ms();
        let status = (!cut).then(|| response.status().as_u16());
        world.log_call(Call { provider, method, path, status, fault, at_ms });
    });
    response
}

/// Runs a call under the fault that is due for it. `refuse` words a refusal in the provider's manner.
pub(crate) async fn under_fault<E, F>(
    shared: &Shared,
    scope: &Scope<'_>,
    refuse: fn(&Shared, &Fault) -> Response,
    effect: E,
) -> Response
where
    E: FnOnce(Option<Fault>) -> F,
    F: Future<Output = Response>,
{
    let Some(fault) = shared.change(|world| faults::take(&mut world.faults, scope)) else {
        return effect(None).await;
    };
    let name = fault.name();
    let mut response = match fault {
        Fault::Slow { delay_ms } => {
            let response = effect(None).await;
            sleep(std::time::Duration::from_millis(delay_ms)).await;
            response
        }
        Fault::Timeout { after_effect, hang_ms } => {
            if after_effect {
                effect(None).await;
            }
            sleep(Fault::hang(hang_ms)).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Fault::ConnectionReset { after_effect } => {
            if after_effect {
                effect(None).await;
            }
            let mut response = ().into_response();
            response.extensions_mut().insert(CutConnection);
            response
        }
        Fault::Answer { status, ref body, after_effect } => {
            if after_effect {
                effect(None).await;
            }
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
        }
        Fault::ServerError { after_effect } => {
            if after_effect {
                effect(None).await;
            }
            refuse(shared, &fault)
        }
        // These two shape the effect itself: only the LINE calls know how.
        Fault::Conflict | Fault::OutsideWindow if scope.provider == Provider::Line => {
            effect(Some(fault)).await
        }
        // Twilio accepts first and tells afterwards.
        Fault::OutsideWindow
        | Fault::UserUnavailable
        | Fault::DeliveryFailure { .. }
        | Fault::Statuses { .. }
            if scope.provider.is_twilio() =>
        {
            effect(Some(fault)).await
        }
        fault => refuse(shared, &fault),
    };
    response.extensions_mut().insert(FaultName(name));
    response
}
