//! `GET /oauth/facebook`: the way back from Facebook's login dialog. The route is open, since the browser carries no sign-in of
//! ours; the state is the key. It opens one thing, once: a login is laid down for the setup that the state belongs to. Whoever
//! began that setup takes it over in the console ([`super::take_login`]), with what the browser is given here. So neither a
//! stolen state nor a login address that somebody else was talked into opening gets anywhere.

use std::collections::HashMap;

use axum::extract::{Query, Request, State};
use axum::http::header::{LOCATION, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use madoguchi_channels::messenger::login::{WayBack, granted_scopes, redeem_code, user};
use madoguchi_channels::{Token, TokenError};
use madoguchi_domain::audit::Entry;
use madoguchi_domain::setup::facebook::{Login, LoginFailed, Source};
use madoguchi_domain::setup::{SetupProblem, WayBackRefused};
use madoguchi_domain::{Language, Setup, SetupId};
use madoguchi_runtime::{fingerprint, unguessable};
use madoguchi_store::Saved;
use madoguchi_store::directory::{LoginState, Returned};

use super::{ConnectApi, SharedConnect, page};
use crate::ApiError;
use crate::auth::{self, language};
use crate::conversations::TRIES;

/// No state of ours is longer, nor any code that Facebook is known to give.
const LONGEST: usize = 2_048;

/// What Facebook gives the browser.
#[cfg(feature = "openapi")]
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its shape counts")]
struct Back {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// Where Facebook sends browsers back to
///
/// Open: the state is the key, works once and for 10 minutes. Whoever cannot go on is told why on a page for people.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/oauth/facebook", operation_id = "returnFromFacebook", tag = "Connecting",
    params(Back),
    responses(
        (status = 302, description = "On to the console, with `setup` and `login`.", headers(("Location"))),
        (
            status = 200, description = "The login was canceled or refused; the page says what to do.",
            content_type = "text/html", body = String,
        ),
        (
            status = 400, description = "The state is unknown, was used before, or is too old; the page says so.",
            content_type = "text/html", body = String,
        ),
    ),
))]
pub(crate) async fn way_back(State(api): SharedConnect, request: Request) -> Result<Response, ApiError> {
    let query = Query::<HashMap<String, String>>::try_from_uri(request.uri());
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let text = |name: &str| query.get(name).map(String::as_str).filter(|text| text.len() <= LONGEST);
    let language = language(request.headers());
    let returned = match text("state") {
        Some(state) => api.directory.take_back(&fingerprint(state), api.clock.now()).await?,
        None => Returned::Unknown,
    };
    let (refused, setup) = match returned {
        Returned::Welcome(state) => match api.awaited(&state).await? {
            Some(setup) => return api.welcome(&setup, WayBack::read(text), language).await,
            None => (WayBackRefused::SetupEnded, Some(state.setup)),
        },
        Returned::Replayed(state) => (WayBackRefused::Replayed, Some(state.setup)),
        Returned::TooLate(state) => (WayBackRefused::TooLate, Some(state.setup)),
        Returned::Unknown => (WayBackRefused::Unknown, None),
    };
    let subject = setup.map_or_else(|| "setup".to_owned(), |setup| format!("setup/{setup}"));
    let (by, now) = (auth::stranger(request.extensions()), api.clock.now());
    let entry = Entry::refused("setup.login_refused", refused.public_id(), subject, by, now);
    let _once_a_minute = api.audit.record(&entry).await?;
    tracing::warn!(reason = refused.public_id(), "Somebody came back from a login and was turned away");
    let advice = refused.advice(language);
    Ok(page::tell(StatusCode::BAD_REQUEST, &advice, &api.back_to(None, None), language))
}

impl ConnectApi {
    /// The setup that the state is for, if it still goes on.
    async fn awaited(&self, state: &LoginState) -> Result<Option<Setup>, ApiError> {
        let setup = self.directory.setup(state.setup).await?;
        Ok(setup.filter(|setup| setup.may_go_on(&state.by, self.clock.now()).is_ok()))
    }

    async fn welcome(&self, setup: &Setup, back: WayBack, language: Language) -> Result<Response, ApiError> {
        let (failed, problem) = match back {
            WayBack::Code(code) => match self.lay_down(setup, &code).await? {
                Ok(ticket) => return Ok(redirect(&self.back_to(Some(setup.id), Some(&ticket)))),
                Err(error) => {
                    tracing::warn!(setup.id = %setup.id, %error, "A code could not be redeemed");
                    (LoginFailed::Refused, SetupProblem::LoginRefused)
                }
            },
            WayBack::Denied => (LoginFailed::Denied, SetupProblem::LoginDenied),
            WayBack::Failed => (LoginFailed::Refused, SetupProblem::LoginRefused),
        };
        self.note(setup.id, |setup| {
            setup.facebook_mut()?.fail(failed);
            Ok(())
        })
        .await?;
        let back = self.back_to(Some(setup.id), None);
        Ok(page::tell(StatusCode::OK, &problem.advice(language), &back, language))
    }

    /// Redeems the code and lays the login down; what takes it over is returned.
    async fn lay_down(&self, setup: &Setup, code: &Token) -> Result<Result<String, TokenError>, ApiError> {
        let app = self.meta_app().await?;
        let graph = self.graph(&app);
        let found = async {
            let issued =
                redeem_code(graph.http, graph.config, &graph.app, code, &self.redirect_uri()).await?;
            let token = issued.token;
            let user = user(graph.http, graph.config, token.as_str(), graph.app.app_secret).await?;
            let granted =
                granted_scopes(graph.http, graph.config, token.as_str(), graph.app.app_secret).await?;
            Ok::<_, TokenError>((token, user, granted))
        };
        let (token, user, granted) = match found.await {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        let ticket = unguessable()?;
        let source = Source::Setup(fingerprint(&ticket));
        let login = Login {
            user_id: user.id,
            user_name: user.name,
            at: self.clock.now(),
            source: source.clone(),
            granted,
            instead_of: None,
        };
        let besides = match setup.facebook()?.login.as_ref().map(|login| &login.source) {
            Some(Source::Setup(ticket)) => Some(ticket.as_str()),
            Some(Source::Connection(_)) | None => None,
        };
        self.keep_login(setup.id, &fingerprint(&ticket), token.as_str(), besides).await?;
        self.note(setup.id, |setup| {
            setup.facebook_mut()?.offer(login.clone());
            Ok(())
        })
        .await?;
        Ok(Ok(ticket))
    }

    /// Changes the setup in nobody's name: who came back is not known.
    async fn note(
        &self,
        id: SetupId,
        change: impl Fn(&mut Setup) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        let directory = self.directory.by_function("connect-api");
        for _ in 0..TRIES {
            let mut setup = self.existing(id).await?;
            change(&mut setup)?;
            if directory.save_setup(&setup).await? == Saved::Done {
                return Ok(());
            }
        }
        Err(ApiError::contended("the setup"))
    }

    /// The console's address, with the setup that goes on there.
    fn back_to(&self, setup: Option<SetupId>, ticket: Option<&str>) -> String {
        let mut url = self.console_url.clone();
        let pairs = [("setup", setup.map(|id| id.to_string())), ("login", ticket.map(str::to_owned))];
        // Neither holds anything that would have to be encoded.
        for (name, value) in pairs {
            if let Some(value) = value {
                let before = if url.contains('?') { '&' } else { '?' };
                url = format!("{url}{before}{name}={value}");
            }
        }
        url
    }
}

fn redirect(url: &str) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    let headers = response.headers_mut();
    if let Ok(url) = HeaderValue::from_str(url) {
        headers.insert(LOCATION, url);
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
