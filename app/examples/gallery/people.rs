//! Who looks at a page.

use contract::{Backend, cx::{RequestCx, Viewer}, form::FormState};
use domain::{ids::{UserId, WorkspaceId}, rights::Role};
use uuid::Uuid;

use crate::sample::{self, Scene};

/// Somebody who asks for a page, and what their workspace holds.
pub struct Guest {
    pub cx: RequestCx,
    pub backend: Backend,
    pub form: FormState,
}

fn cx(viewer: Option<Viewer>) -> RequestCx {
    RequestCx {
        request_id: "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b".to_owned(),
        ip: [127, 0, 0, 1].into(),
        user_agent: "Gallery".to_owned(),
        now: sample::NOW.parse().expect("a valid time"),
        viewer,
    }
}

fn ann() -> Viewer {
    Viewer {
        user: UserId::from(Uuid::from_u128(1)),
        name: "Ann Lee".to_owned(),
        email: "ann@example.com".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        workspace: WorkspaceId::from(Uuid::from_u128(2)),
        workspace_name: "Acme".to_owned(),
        role: Role::Owner,
    }
}

fn guest(viewer: Option<Viewer>, scene: Scene) -> Guest {
    Guest { cx: cx(viewer), backend: sample::backend(scene), form: FormState::default() }
}

/// Nobody is signed in.
pub fn nobody() -> Guest {
    guest(None, Scene::Busy)
}

/// An owner with two bots.
pub fn owner() -> Guest {
    guest(Some(ann()), Scene::Busy)
}

/// An owner who has just signed up.
pub fn newcomer() -> Guest {
    guest(Some(ann()), Scene::Empty)
}
