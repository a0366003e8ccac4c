//! Routes that say what they need.
//!
//! All our routes are made here, and none can be made without a [`Needs`]. Rights are enforced by
//! the use cases; the list of endpoints is what the access test calls one by one.

use axum::{
    Router,
    handler::Handler,
    http::Method,
    routing::{MethodRouter, get, post},
};
use contract::needs::Needs;

/// One method of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// How it is called.
    pub method: Method,
    /// Where; variable parts in braces.
    pub path: String,
    /// What whoever calls it must hold.
    pub needs: Needs,
}

/// Routes whose handlers share the state `S`, with what each of them needs.
pub struct Table<S> {
    router: Router<S>,
    endpoints: Vec<Endpoint>,
}

impl<S: Clone + Send + Sync + 'static> Table<S> {
    /// Without any route.
    pub fn new() -> Self {
        Self { router: Router::new(), endpoints: Vec::new() }
    }

    /// Shows something: GET, and with it HEAD.
    pub fn get<T: 'static>(self, path: &str, needs: Needs, handler: impl Handler<T, S>) -> Self {
        self.add(Method::GET, path, needs, get(handler))
    }

    /// Does something: POST.
    pub fn post<T: 'static>(self, path: &str, needs: Needs, handler: impl Handler<T, S>) -> Self {
        self.add(Method::POST, path, needs, post(handler))
    }

    fn add(mut self, method: Method, path: &str, needs: Needs, route: MethodRouter<S>) -> Self {
        self.router = self.router.route(path, route);
        self.endpoints.push(Endpoint { method, path: path.to_owned(), needs });
        self
    }

    /// All of `inner` below `prefix`; its `/` is the prefix itself.
    pub fn nest(mut self, prefix: &str, inner: Self) -> Self {
        self.router = self.router.nest(prefix, inner.router);
        self.endpoints.extend(inner.endpoints.into_iter().map(|endpoint| Endpoint {
            path: format!("{prefix}{}", endpoint.path.trim_end_matches('/')),
            ..endpoint
        }));
        self
    }

    /// The list, without the routes.
    pub fn into_endpoints(self) -> Vec<Endpoint> {
        self.endpoints
    }

    /// The routes, at work on `state`.
    pub fn serve(self, state: S) -> Router {
        self.router.with_state(state)
    }
}

impl<S: Clone + Send + Sync + 'static> Default for Table<S> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_whole_paths() {
        let nothing = async || {};
        let inner = Table::<()>::new().post("/", Needs::SignedIn, nothing);
        let inner = inner.get("/b", Needs::Public, nothing);
        let table = Table::new().get("/", Needs::Local, nothing).nest("/a/{x}", inner);
        let list: Vec<_> = table
            .into_endpoints()
            .into_iter()
            .map(|Endpoint { method, path, needs }| (method, path, needs))
            .collect();
        let want = [
            (Method::GET, "/", Needs::Local),
            (Method::POST, "/a/{x}", Needs::SignedIn),
            (Method::GET, "/a/{x}/b", Needs::Public),
        ];
        assert_eq!(list, want.map(|(method, path, needs)| (method, path.to_owned(), needs)));
    }
}
