//! `/{version}/dialog/oauth`: the page on which a person logs in, ticks Pages and permissions, and allows or cancels.

use axum::{
    http::{Method, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::debug_token::SCOPES;
use crate::{
    ids, params,
    provider::ApiRequest,
    shared::Shared,
    state::{Code, Grant, World},
};

/// What the person does in the dialog.
#[derive(Debug, Clone, Default)]
pub struct Consent {
    /// Logs in as the other person who manages the same pages.
    pub as_other_person: bool,
    /// Ticks these pages only; all of them by default.
    pub pages: Option<Vec<String>>,
    /// Leaves these permissions out.
    pub declines: Vec<String>,
    /// Presses Cancel.
    pub cancels: bool,
}

/// The second person of the demo world.
const OTHER_PERSON: (&str, &str) = ("3000000000000002", "Second Administrator");

struct Asked {
    redirect_uri: String,
    state: String,
    scopes: Vec<String>,
}

pub(super) fn answer(shared: &Shared, request: &ApiRequest) -> Response {
    let asked = match check(shared, &request.query) {
        Ok(asked) => asked,
        Err(why) => return refusal(&why),
    };
    if request.method == Method::POST {
        let form = params::pairs(&String::from_utf8_lossy(&request.body));
        let ticked = |name: &str| -> Vec<String> {
            form.iter().filter(|pair| pair.0 == name).map(|pair| pair.1.clone()).collect()
        };
        let granted = ticked("grant");
        let consent = Consent {
            as_other_person: ticked("person") == [OTHER_PERSON.0],
            pages: Some(ticked("page")),
            declines: asked.scopes.iter().filter(|scope| !granted.contains(scope)).cloned().collect(),
            cancels: ticked("decision") != ["allow"],
        };
        let back = shared.change(|world| decide(world, &asked, &consent));
        return (StatusCode::FOUND, [(header::LOCATION, back)]).into_response();
    }
    shared.read(|world| page(world, &asked).into_response())
}

/// What a person does who was sent to `address`; where the browser goes then.
pub(crate) fn perform(shared: &Shared, address: &str, consent: &Consent) -> Result<String, String> {
    let query = address.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let asked = check(shared, &params::pairs(query))?;
    Ok(shared.change(|world| decide(world, &asked, consent)))
}

fn check(shared: &Shared, query: &[(String, String)]) -> Result<Asked, String> {
    let text = |name: &str| {
        query.iter().find(|pair| pair.0 == name).map(|pair| pair.1.clone()).filter(|text| !text.is_empty())
    };
    let api = shared.targets().api_base().map(|api| format!("{api}/oauth/facebook"));
    shared.read(|world| {
        if text("client_id").as_deref() != Some(&world.app.id) {
            return Err("App ID: the parameter client_id is not a valid app id.".to_owned());
        }
        let redirect_uri = text("redirect_uri").ok_or("The parameter redirect_uri is required.")?;
        if !world.app.redirect_uris.contains(&redirect_uri) && api.as_ref() != Some(&redirect_uri) {
            return Err(
                "URL blocked: the redirect URI is not white-listed in the app's client OAuth settings."
                    .to_owned(),
            );
        }
        if text("response_type").is_some_and(|wanted| wanted != "code") {
            return Err("The parameter response_type must be code.".to_owned());
        }
        let scopes: Vec<String> = match (text("scope"), text("config_id")) {
            (Some(scopes), _) => scopes.split(',').map(|scope| scope.trim().to_owned()).collect(),
            (None, Some(_)) => SCOPES.map(ToOwned::to_owned).to_vec(),
            (None, None) => return Err("Neither scope nor config_id was given.".to_owned()),
        };
        if let Some(unknown) = scopes.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
            return Err(format!("Invalid scope: {unknown}."));
        }
        Ok(Asked { redirect_uri, state: text("state").unwrap_or_default(), scopes })
    })
}

fn decide(world: &mut World, asked: &Asked, consent: &Consent) -> String {
    let state = params::encode(&asked.state);
    let back = &asked.redirect_uri;
    if consent.cancels {
        return format!(
            "{back}?error=access_denied&error_code=200&error_description=Permissions+error&error_reason=user_denied\
             &state={state}"
        );
    }
    let declined = SCOPES.iter().filter(|scope| {
        !asked.scopes.iter().any(|asked| asked == *scope)
            || consent.declines.iter().any(|left| left == *scope)
    });
    let grant = Grant {
        user: consent.as_other_person.then(|| (OTHER_PERSON.0.to_owned(), OTHER_PERSON.1.to_owned())),
        declined: declined.map(ToString::to_string).collect(),
        pages: consent.pages.clone(),
    };
    let value = ids::secret("AQ");
    world.codes.push(Code { value: value.clone(), redirect_uri: back.clone(), used: false, grant });
    format!("{back}?code={value}&state={state}")
}

fn page(world: &World, asked: &Asked) -> Response {
    let tick = |name: &str, value: &str, label: &str| {
        let (value, label) = (escaped(value), escaped(label));
        format!(
            "<p><label><input type=\"checkbox\" name=\"{name}\" value=\"{value}\" checked> {label}</label>"
        )
    };
    let pages: String = world.pages.iter().map(|page| tick("page", &page.id, &page.name)).collect();
    let scopes: String = asked.scopes.iter().map(|scope| tick("grant", scope, scope)).collect();
    let (app, person, person_id) =
        (escaped(&world.app.name), escaped(&world.app.user_name), escaped(&world.app.user_id));
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Log in with Facebook (simulated)</title>\
         <link rel=\"stylesheet\" href=\"/assets/style.css\"><body><main><h1>{app} asks for access</h1>\
         <form method=\"post\"><p><label>Continue as <select name=\"person\"><option value=\"{person_id}\">{person}\
         <option value=\"{}\">{}</select></label><fieldset><legend>Pages</legend>{pages}</fieldset>\
         <fieldset><legend>Permissions</legend>{scopes}</fieldset>\
         <p><button name=\"decision\" value=\"allow\">Allow</button> \
         <button name=\"decision\" value=\"cancel\">Cancel</button></form></main></body></html>\n",
        OTHER_PERSON.0, OTHER_PERSON.1
    );
    // The form's answer leads elsewhere, which `form-action` would forbid.
    let policy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
}

fn refusal(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Html(format!("<!doctype html><title>Error</title><p>{}\n", escaped(why))))
        .into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
