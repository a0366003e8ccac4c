//! Who asks, from where, and when.

use std::net::IpAddr;

use domain::{
    Timestamp,
    ids::{UserId, WorkspaceId},
    rights::Role,
};

/// What a use case knows of the request that calls it.
#[derive(Clone, Debug)]
pub struct RequestCx {
    /// Names the request in answers and logs (a UUID).
    pub request_id: String,
    /// The client's address, through trusted proxies.
    pub ip: IpAddr,
    /// The client's `User-Agent`, cut to 400 characters.
    pub user_agent: String,
    /// When the request arrived.
    pub now: Timestamp,
    /// The person who is signed in.
    pub viewer: Option<Viewer>,
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
}
