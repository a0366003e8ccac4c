//! The HTTP side: API, pages and control behind one address.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use axum::Router;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tower::ServiceExt;

use super::{gate, world::World};
use crate::listen::{Body, Reset, Site};

/// The way in to a world.
#[derive(Clone)]
pub(crate) struct Door {
    pub world: Arc<World>,
    pub pages: Router,
    pub control: Router,
}

impl Site for Door {
    async fn answer(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Reset> {
        let path = request.uri().path();
        if path.starts_with("/v1/") {
            return gate::answer(&self.world, request).await;
        }
        let router = if path == "/control" || path.starts_with("/control/") {
            if !self.world.rules.control || !peer.ip().to_canonical().is_loopback() {
                let mut nothing = Response::new(Body::Left("".into()));
                *nothing.status_mut() = StatusCode::NOT_FOUND;
                return Ok(nothing);
            }
            &self.control
        } else {
            &self.pages
        };
        let answered = router.clone().oneshot(request.map(axum::body::Body::new)).await;
        let answered = answered.unwrap_or_else(|never: Infallible| match never {});
        Ok(answered.map(|body| Body::Right(body.boxed_unsync())))
    }
}
