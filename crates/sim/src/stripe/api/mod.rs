//! The endpoints below `/v1`: what each takes, and what it does.

mod billing_portal;
mod catalogue;
mod charges;
mod checkout;
mod coupons;
mod customers;
mod events;
pub(crate) mod expand;
mod invoices;
mod page;
mod payment_methods;
mod preview;
mod refunds;
mod subscription_changes;
mod subscriptions;
mod webhook_endpoints;

use serde_json::{Map, Value};

use super::{
    form::Node,
    params::{self, Param},
    refusal::{Answer, Refusal},
    state::State,
};

/// One endpoint.
pub(crate) struct Route {
    pub verb: &'static str,
    /// With `{…}` in place of an id.
    pub path: &'static str,
    pub params: &'static [&'static [Param]],
    pub run: fn(&mut Call<'_>) -> Answer,
}

/// A request whose parameters are in order.
pub(crate) struct Call<'a> {
    pub state: &'a mut State,
    pub livemode: bool,
    /// The id in the path.
    pub id: String,
    pub path: &'a str,
    pub params: Map<String, Value>,
}

const ROUTES: &[&[Route]] = &[
    billing_portal::ROUTES,
    catalogue::ROUTES,
    charges::ROUTES,
    checkout::ROUTES,
    coupons::ROUTES,
    customers::ROUTES,
    events::ROUTES,
    invoices::ROUTES,
    payment_methods::ROUTES,
    refunds::ROUTES,
    subscriptions::ROUTES,
    webhook_endpoints::ROUTES,
];

/// All endpoints.
pub(crate) fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().flat_map(|group| group.iter())
}

/// The endpoint of a request, and the id in its path. Words win over ids.
pub(crate) fn find(verb: &str, path: &str) -> Option<(&'static Route, String)> {
    let found = routes().filter(|route| route.verb == verb);
    let mut matches: Vec<_> =
        found.filter_map(|route| Some((route, matched(route.path, path)?))).collect();
    matches.sort_by_key(|(route, _)| route.path.contains('{'));
    matches.into_iter().next()
}

fn matched(pattern: &str, path: &str) -> Option<String> {
    let mut id = String::new();
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(id),
            (Some(slot), Some(given)) if slot.starts_with('{') && !given.is_empty() => {
                given.clone_into(&mut id);
            }
            (Some(word), Some(given)) if word == given => {}
            _ => return None,
        }
    }
}

/// Checks the parameters and does what is asked.
pub(crate) fn run(
    state: &mut State,
    (route, id): (&Route, String),
    livemode: bool,
    path: &str,
    given: &Node,
) -> Answer {
    let mut params = params::check(given, route.params)?;
    let expanded = params.remove("expand");
    let mut call = Call { state, livemode, id, path, params };
    let answer = (route.run)(&mut call)?;
    let paths = expanded.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    expand::expand(call.state, answer, &paths)
}

/// What the parameters of an endpoint are called, for checks against Stripe's own lists.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedEndpoint {
    /// `GET`, `POST` or `DELETE`.
    pub verb: &'static str,
    /// With `{…}` in place of an id.
    pub path: &'static str,
    /// Name of each parameter, and whether it is required.
    pub params: Vec<(&'static str, bool)>,
}

/// All endpoints with their parameters, `expand` left out.
pub fn listed_endpoints() -> Vec<ListedEndpoint> {
    let listed = routes().map(|route| ListedEndpoint {
        verb: route.verb,
        path: route.path,
        params: route
            .params
            .iter()
            .flat_map(|group| group.iter())
            .map(|param| (param.name, param.must))
            .collect(),
    });
    listed.collect()
}

impl Call<'_> {
    /// The object in the path.
    fn named(&self, kind: &str) -> Result<&Value, Refusal> {
        self.state.find(kind, &self.id, self.livemode, None)
    }

    /// The object that a parameter names, if it does.
    fn given(&self, kind: &str, param: &str) -> Result<Option<&Value>, Refusal> {
        match self.params.get(param).and_then(Value::as_str) {
            Some(id) => self.state.find(kind, id, self.livemode, Some(param)).map(Some),
            None => Ok(None),
        }
    }

    /// Answers an object as it is now.
    fn show(&self, id: &str) -> Answer {
        Ok(self.state.shown(id))
    }
}
