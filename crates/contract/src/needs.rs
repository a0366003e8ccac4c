//! What an endpoint asks of whoever calls it.
//!
//! Every address declares its need where it is routed. Use cases enforce rights; the declarations
//! are what a test holds every address to, so that none is forgotten.

use domain::rights::Right;

/// What somebody must hold for an endpoint to serve them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it is there for everybody.
    Public,
    /// A session.
    SignedIn,
    /// A session as owner or admin of the current workspace.
    Admin,
    /// A session of somebody who looks after the instance.
    InstanceAdmin,
    /// A session as owner of the current workspace.
    Owner,
    /// This right on the bot whose slug stands in the path.
    OnBot(Right),
    /// Ownership of the workspace of the bot whose slug stands in the path.
    OwnerOfBot,
    /// This right on one bot of the current workspace at least; owners and admins always.
    OnSomeBot(Right),
    /// A seat at the machine itself: loopback, and no proxy between. For all others it is not there.
    Local,
    /// A secret that comes with the request.
    Secret,
}
