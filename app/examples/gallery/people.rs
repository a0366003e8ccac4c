//! Who looks at a page.

use axum::http::Extensions;
use contract::{
    Backend, ClientError, FieldError,
    auth::Admission,
    bots::TokenPreview,
    cx::{RequestCx, Viewer},
    form::FormState,
    second_factor::{BackupCodes, Pending},
};
use domain::{
    ids::{UserId, WorkspaceId},
    rights::Role,
};
use uuid::Uuid;

use crate::sample::{self, Scene, Second};

/// Somebody who asks for a page, and what their workspace holds.
pub struct Guest {
    pub cx: RequestCx,
    pub backend: Backend,
    pub form: FormState,
    /// What a handler sends along with the page.
    pub also: Extensions,
}

fn cx(viewer: Option<Viewer>) -> RequestCx {
    RequestCx {
        request_id: "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b".to_owned(),
        ip: [127, 0, 0, 1].into(),
        is_proxy: false,
        user_agent: "Gallery".to_owned(),
        now: sample::NOW.parse().expect("a valid time"),
        viewer,
        proved_at: Some(sample::NOW.parse().expect("a valid time")),
        session: None,
        browser: None,
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
        instance_admin: false,
    }
}

fn guest(viewer: Option<Viewer>, scene: Scene) -> Guest {
    Guest {
        cx: cx(viewer),
        backend: sample::backend(scene),
        form: FormState::default(),
        also: Extensions::new(),
    }
}

/// Nobody is signed in.
pub fn nobody() -> Guest {
    guest(None, Scene::Busy)
}

/// Nobody is signed in, and nobody may sign up.
pub fn uninvited() -> Guest {
    guest(None, Scene::Closed)
}

/// An owner with two bots.
pub fn owner() -> Guest {
    guest(Some(ann()), Scene::Busy)
}

/// An owner where nothing is sold.
pub fn uninvited_owner() -> Guest {
    guest(Some(ann()), Scene::Closed)
}

/// An owner whose first bot is read-only.
pub fn still() -> Guest {
    guest(Some(ann()), Scene::Still)
}

/// An owner whose broadcast stopped by itself.
pub fn tripped() -> Guest {
    guest(Some(ann()), Scene::Tripped)
}

/// Who is asked for a second person's approval.
pub fn asked() -> Guest {
    guest(Some(ann()), Scene::Second(Second::Yours))
}

/// The same, whose reason for a no was too long.
pub fn refused_reason() -> Guest {
    back(
        asked(),
        &[("reason", "Not today, because …")],
        &[("reason", "Keep the reason to 500 characters.")],
    )
}

/// Who has asked for it.
pub fn asking() -> Guest {
    guest(Some(ann()), Scene::Second(Second::Mine))
}

/// Whose draft needs it.
pub fn needing() -> Guest {
    guest(Some(ann()), Scene::Second(Second::Needed))
}

/// Whose draft needs it and was refused.
pub fn turned_down() -> Guest {
    guest(Some(ann()), Scene::Second(Second::Refused))
}

/// Whose draft needs it, and nobody could give it.
pub fn alone() -> Guest {
    guest(Some(ann()), Scene::Second(Second::Alone))
}

/// Whose draft was approved.
pub fn approved() -> Guest {
    guest(Some(ann()), Scene::Second(Second::Approved))
}

/// An owner who proved long ago who they are, and is asked once more.
pub fn hurried() -> Guest {
    let mut guest = owner();
    guest.cx.proved_at = None;
    guest
}

/// An owner who has just signed up.
pub fn newcomer() -> Guest {
    guest(Some(ann()), Scene::Empty)
}

/// An owner who typed another name than the workspace's, and proved long ago who they are.
pub fn refused_deletion() -> Guest {
    back(
        hurried(),
        &[("typed", "Acme shop")],
        &[
            ("typed", "Type “Acme” to delete the workspace."),
            ("again", "Enter your password once more to do this."),
        ],
    )
}

/// An owner who chooses who gets a broadcast, and ticked nobody.
pub fn addressing() -> Guest {
    back(
        owner(),
        &[("audience", "chosen"), ("to--4711", "on")],
        &[("audience", "Tick the groups and channels that are to get it.")],
    )
}

/// An owner who lets a broadcast cost something, and mistyped.
pub fn paying() -> Guest {
    let wrong = "Enter how many Stars it may cost at the most, 1 to 1,000,000 in digits alone, or nothing to send it for free.";
    back(owner(), &[("stars", "many")], &[("stars", wrong)])
}

/// Somebody who looks after the instance.
pub fn keeper() -> Guest {
    let mut guest = hurried();
    guest.cx.viewer = Some(Viewer { instance_admin: true, ..ann() });
    guest
}

/// The same, where there is nothing to do.
pub fn quiet_keeper() -> Guest {
    guest(Some(Viewer { instance_admin: true, ..ann() }), Scene::Empty)
}

/// A form that came back.
fn back(mut guest: Guest, typed: &[(&str, &str)], errors: &[(&str, &str)]) -> Guest {
    let own = |&(name, text): &(&str, &str)| (name.to_owned(), text.to_owned());
    let fields =
        errors.iter().map(own).map(|(field, message)| FieldError { field, message }).collect();
    let form = FormState { values: typed.iter().map(own).collect(), ..FormState::default() };
    guest.form = form.refused(&ClientError::Invalid { fields });
    guest
}

/// Somebody whose registration was not taken.
pub fn refused_register() -> Guest {
    back(
        nobody(),
        &[("name", "Ann"), ("email", "ann@")],
        &[
            ("email", "Enter an address like name@example.com."),
            ("password", "Use at least 10 characters."),
        ],
    )
}

/// Somebody with a wrong password.
pub fn refused_login() -> Guest {
    back(
        nobody(),
        &[("email", "ann@example.com"), ("next", "/bots")],
        &[("", "Address and password do not belong together.")],
    )
}

/// An owner who pasted half a token.
pub fn refused_connect() -> Guest {
    back(
        owner(),
        &[],
        &[(
            "token",
            "There is no token in this text. It looks like 123456789:AA… and stands in BotFather’s message.",
        )],
    )
}

/// An owner whose draft was changed by somebody else.
pub fn conflict() -> Guest {
    back(
        owner(),
        &[("text", "**Spring is here**, and so are we"), ("if_unmodified_since", "1")],
        &[("", "Somebody else changed this draft.")],
    )
}

/// An owner whose token Telegram knows; another program holds the bot.
pub fn looked() -> Guest {
    let preview = TokenPreview {
        ticket: "sealed:TEST".into(),
        name: "Acme Shop".to_owned(),
        username: "Acme_Shop_Bot".to_owned(),
        picture: None,
        held_by: Some("old-bot.example".to_owned()),
    };
    sent_along(owner(), preview)
}

fn sent_along<T: Clone + Send + Sync + 'static>(mut guest: Guest, what: T) -> Guest {
    guest.also.insert(what);
    guest
}

/// An owner who proved an hour ago who they are.
pub fn stale() -> Guest {
    let mut guest = newcomer();
    guest.cx.proved_at = None;
    guest
}

/// An owner in the middle of setting up a second factor.
pub fn enrolling() -> Guest {
    guest(Some(ann()), Scene::Enrolling)
}

/// An owner who has just got their backup codes.
pub fn with_codes() -> Guest {
    let codes = (0..8).map(|n| format!("TEST-CODE-ABCD-EF2{n}")).collect();
    sent_along(owner(), BackupCodes { codes })
}

/// Somebody between password and code.
pub fn halfway() -> Guest {
    sent_along(
        nobody(),
        Pending { admission: Admission { user: UserId::from(Uuid::from_u128(1)), epoch: 0 } },
    )
}

/// The same, after a wrong code.
pub fn refused_code() -> Guest {
    back(halfway(), &[("next", "/bots")], &[("code", "This code is wrong.")])
}
