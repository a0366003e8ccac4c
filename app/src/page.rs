//! What every page starts from: who asks for what, and what to do when it cannot be served.

use std::future::Future;

use contract::{
    Backend, ClientError,
    billing::Told,
    cx::{RequestCx, Viewer},
    form::FormState,
};
use domain::Timestamp;
use http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use crate::{
    format::Clock,
    frame::{Frame, Gate, Place},
    paths,
    problem::Problem,
    ui::{Theme, Time},
};

/// One request for a page.
#[derive(Clone)]
pub(crate) struct Visit {
    /// Who, from where, when.
    pub cx: RequestCx,
    /// The use cases.
    pub backend: Backend,
    /// The form that came back, if this page answers a failed POST.
    pub form: FormState,
    /// The named parts of the path.
    pub params: ParamsMap,
    /// The query.
    pub query: ParamsMap,
    /// Path and query, to come back to.
    pub here: String,
    /// The theme in force.
    pub theme: Theme,
    /// What the workspace is told about its plan.
    pub told: Vec<Told>,
    parts: Parts,
}

impl Visit {
    /// The request that is being served.
    ///
    /// # Errors
    /// [`ClientError::Internal`] when the server has not put its context there: a wiring mistake.
    fn begin() -> Result<Self, ClientError> {
        let parts = use_context::<Parts>().ok_or(ClientError::Internal)?;
        let cx = parts.extensions.get::<RequestCx>().cloned().ok_or(ClientError::Internal)?;
        let backend = use_context::<Backend>().ok_or(ClientError::Internal)?;
        Ok(Self {
            cx,
            backend,
            form: parts.extensions.get::<FormState>().cloned().unwrap_or_default(),
            // The router's own accessor panics where no route matched (the page for 404).
            params: use_context::<ArcMemo<ParamsMap>>()
                .map(|params| params.get_untracked())
                .unwrap_or_default(),
            query: use_query_map().get_untracked(),
            here: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            theme: theme_of(&parts),
            told: Vec::new(),
            parts,
        })
    }

    /// The person who is signed in.
    ///
    /// # Errors
    /// [`ClientError::Unauthenticated`] when nobody is.
    pub fn viewer(&self) -> Result<&Viewer, ClientError> {
        self.cx.viewer.as_ref().ok_or(ClientError::Unauthenticated)
    }

    /// Times as the viewer reads them.
    pub fn clock(&self) -> Clock {
        Clock::new(self.cx.now, self.cx.viewer.as_ref().map_or("UTC", |viewer| &viewer.time_zone))
    }

    /// A moment, short, with the whole of it on hover.
    pub fn time(&self, at: Timestamp) -> impl IntoView + use<> {
        let clock = self.clock();
        view! { <Time datetime=at.to_string() text=clock.moment(at) title=clock.full(at) /> }
    }

    /// A named part of the path, empty when there is none.
    pub fn param(&self, name: &str) -> String {
        self.params.get(name).unwrap_or_default()
    }

    /// A value of the query, empty when there is none.
    pub fn asked(&self, name: &str) -> String {
        self.query.get(name).unwrap_or_default()
    }

    /// What stands in a field: what was typed before it came back, or what the address says.
    pub fn typed(&self, field: &str) -> String {
        self.form.values.get(field).cloned().unwrap_or_else(|| self.asked(field))
    }

    /// Something the server sends along with this page alone.
    pub fn extension<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.parts.extensions.get().cloned()
    }
}

/// The theme that the cookie asks for.
pub(crate) fn theme_of(parts: &Parts) -> Theme {
    let cookies =
        parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let word = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| matches!(name, "theme" | "__Host-theme").then_some(value));
    Theme::parse(word.unwrap_or_default())
}

/// Makes a page, or says why there is none: a refusal becomes its status and a page of its own, and
/// who must sign in first comes back here afterwards.
pub(crate) fn page<Fut>(make: impl FnOnce(Visit) -> Fut + Send + 'static) -> impl IntoView
where
    Fut: Future<Output = Result<AnyView, ClientError>> + Send + 'static,
{
    let visit = Visit::begin();
    Suspend::new(async move {
        let mut visit = match visit {
            Ok(visit) => visit,
            Err(error) => return refusal(None, &error),
        };
        if visit.cx.viewer.is_some() {
            visit.told = visit.backend.billing.told(&visit.cx).await;
        }
        match make(visit.clone()).await {
            Ok(view) => view,
            Err(error) => refusal(Some(visit), &error),
        }
    })
}

/// Leads elsewhere with 303. What is rendered after it is never seen.
pub(crate) fn see_other(address: &str) {
    if let (Some(answer), Ok(address)) = (use_context::<ResponseOptions>(), address.parse()) {
        answer.set_status(StatusCode::SEE_OTHER);
        answer.insert_header(header::LOCATION, address);
    }
}

/// Has the browser load the page again after `secs` seconds. As a header, so that a script that
/// listens instead can call it off (`window.stop()`).
pub(crate) fn refresh_in(secs: u32) {
    if let Some(answer) = use_context::<ResponseOptions>() {
        answer.insert_header(header::REFRESH, secs.into());
    }
}

/// As [`refresh_in`], with the page at `address` instead.
pub(crate) fn go_on_in(secs: u32, address: &str) {
    let after = HeaderValue::try_from(format!("{secs};url={address}"));
    if let (Some(answer), Ok(after)) = (use_context::<ResponseOptions>(), after) {
        answer.insert_header(header::REFRESH, after);
    }
}

/// Keeps the address of the page that is being made from whatever it leads to: it holds a secret.
pub(crate) fn hide_address() {
    if let Some(answer) = use_context::<ResponseOptions>() {
        answer.insert_header(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
}

/// Sets the status of the page that is being made.
pub(crate) fn set_status(status: u16) {
    if let (Some(answer), Ok(status)) =
        (use_context::<ResponseOptions>(), StatusCode::from_u16(status))
    {
        answer.set_status(status);
    }
}

fn refusal(visit: Option<Visit>, error: &ClientError) -> AnyView {
    if let (ClientError::Unauthenticated, Some(visit)) = (error, &visit) {
        see_other(&paths::query(paths::LOGIN, &[("next", &visit.here)]));
        return ().into_any();
    }
    if *error == ClientError::NeedsSecondFactor {
        see_other(&paths::two_factor_for_workspace());
        return ().into_any();
    }
    set_status(error.status());
    let request_id = visit.as_ref().map(|visit| visit.cx.request_id.clone());
    let problem =
        view! { <Problem status=error.status() reason=error.to_string() request_id /> }.into_any();
    match visit {
        Some(visit) if visit.cx.viewer.is_some() => view! {
            <Frame visit title="Something is in the way" place=Place::Elsewhere>
                {problem}
            </Frame>
        }
        .into_any(),
        _ => view! { <Gate title="Something is in the way">{problem}</Gate> }.into_any(),
    }
}
