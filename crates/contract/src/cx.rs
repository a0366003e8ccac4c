//! Who asks, from where, and when.

use std::net::IpAddr;

use domain::{
    Timestamp,
    ids::{UserId, WorkspaceId},
    rights::Role,
};

use crate::auth::Admission;

/// What a use case knows of the request that calls it.
#[derive(Clone, Debug)]
pub struct RequestCx {
    /// Names the request in answers and logs (a UUID).
    pub request_id: String,
    /// The client's address, through trusted proxies.
    pub ip: IpAddr,
    /// That address is a proxy of ours: everybody behind it would share what is counted for it.
    pub is_proxy: bool,
    /// The client's `User-Agent`, cut to 400 characters.
    pub user_agent: String,
    /// When the request arrived.
    pub now: Timestamp,
    /// The person who is signed in.
    pub viewer: Option<Viewer>,
    /// When the viewer last proved who they are, in this session: by signing in, or once more.
    pub proved_at: Option<Timestamp>,
    /// The viewer's session, as the list of sessions names it.
    pub session: Option<String>,
    /// The browser, if somebody has signed in with it before.
    pub browser: Option<KnownBrowser>,
}

impl RequestCx {
    /// Whether the viewer has proved who they are within the last ten minutes.
    pub fn is_fresh(&self) -> bool {
        self.proved_at.is_some_and(|at| self.now.as_second() - at.as_second() < FRESH_SECS)
    }
}

/// How long a proof of who one is counts for what needs a fresh one.
const FRESH_SECS: i64 = 10 * 60;

/// A browser in which somebody has signed in before, by its signed cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBrowser {
    /// Tells it from others; random.
    pub id: String,
    /// Who signed in with it, the latest first.
    pub users: Vec<Admission>,
}

impl KnownBrowser {
    /// Whether its person has signed in with it, with credentials that are still in force.
    pub fn knows(&self, who: Admission) -> bool {
        self.users.contains(&who)
    }
}

/// The person who is signed in, with the workspace they work in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The account.
    pub user: UserId,
    /// How they want to be called.
    pub name: String,
    /// Their address, as typed.
    pub email: String,
    /// Their time zone (IANA name).
    pub time_zone: String,
    /// The workspace that is current in this session.
    pub workspace: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// Their role in it.
    pub role: Role,
    /// Looks after the instance as a whole.
    pub instance_admin: bool,
}
