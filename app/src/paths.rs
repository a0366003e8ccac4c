//! Every address there is, so that none is written twice.
//!
//! Slugs and ids consist of letters, digits, `_` and `-`, and need no encoding; what people typed
//! goes through [`query`].

use domain::{
    bot::Slug,
    ids::{BroadcastId, ChatId},
};

/// The overview for those who are signed in, the landing page for all others.
pub const HOME: &str = "/";
/// `POST`: the theme.
pub const THEME: &str = "/theme";
/// Signing up.
pub const REGISTER: &str = "/auth/register";
/// The code from the mail.
pub const VERIFY: &str = "/auth/verify";
/// `POST`: another code.
pub const RESEND: &str = "/auth/resend";
/// Signing in.
pub const LOGIN: &str = "/auth/login";
/// The second step of signing in.
pub const SECOND_FACTOR: &str = "/auth/2fa";
/// `POST`: signing out.
pub const LOGOUT: &str = "/auth/logout";
/// Asking for a link that sets a new password.
pub const FORGOT: &str = "/auth/forgot-password";
/// Where that link leads.
pub const RESET: &str = "/auth/reset-password";
/// The workspace's bots.
pub const BOTS: &str = "/bots";
/// Connecting a bot. `POST` with `token` looks it up and shows it; with `step=connect` it connects.
pub const CONNECT: &str = "/bots/connect";
/// `POST`: a bot in the sandbox.
pub const SANDBOX: &str = "/bots/sandbox";
/// The audit log.
pub const AUDIT: &str = "/w/audit";
/// The audit log as a file, `format` being `csv` or `jsonl`, with the filters of the page.
pub const AUDIT_EXPORT: &str = "/w/audit/export";
/// The viewer's own account.
pub const ACCOUNT: &str = "/account";
/// Looking after the instance; for instance admins.
pub const INSTANCE: &str = "/instance";
/// What happened to accounts.
pub const INSTANCE_LOG: &str = "/instance/log";
/// Becoming the first instance admin, with the token from the log as `token`.
pub const SETUP: &str = "/instance/setup";
/// `POST`: lets a client in again.
pub const LIFT: &str = "/instance/blocks/lift";
/// `POST`: mails an invitation to sign up.
pub const INVITE: &str = "/instance/invite";
/// `POST`: gives a workspace an owner that has none.
pub const GIVE_OWNER: &str = "/instance/workspaces/owner";
/// `POST`: another password.
pub const ACCOUNT_PASSWORD: &str = "/account/password";
/// Another address. `POST` asks for it.
pub const ACCOUNT_ADDRESS: &str = "/account/address";
/// `POST`: another code to the new address.
pub const ADDRESS_RESEND: &str = "/account/address/resend";
/// `POST`: the code from the mail to the new address.
pub const ADDRESS_VERIFY: &str = "/account/address/verify";
/// Where the viewer is signed in, and what happened lately.
pub const ACCOUNT_SESSIONS: &str = "/account/sessions";
/// `POST`: signs one browser out.
pub const REVOKE: &str = "/account/sessions/revoke";
/// `POST`: signs all other browsers out.
pub const REVOKE_OTHERS: &str = "/account/sessions/revoke-others";
/// The end of the account.
pub const ACCOUNT_CLOSE: &str = "/account/close";
/// What the workspace has and pays for. `POST` below it: `checkout`, `portal`, `change`, `look`.
pub const SUBSCRIPTION: &str = "/account/subscription";
/// `POST`: on to Stripe's page of payment.
pub const CHECKOUT: &str = "/account/subscription/checkout";
/// `POST`: on to Stripe's Customer Portal.
pub const PORTAL: &str = "/account/subscription/portal";
/// What another plan costs. `POST` changes to it.
pub const CHANGE_PLAN: &str = "/account/subscription/change";
/// `POST`: looks at Stripe now.
pub const LOOK: &str = "/account/subscription/look";
/// The viewer's second factor. `POST` below it: `begin`, `confirm`, `codes`, `off`.
pub const TWO_FACTOR: &str = "/account/two-factor";
/// The current workspace, and the viewer's others.
pub const WORKSPACE: &str = "/w";
/// `POST`: another name for it.
pub const RENAME: &str = "/w/rename";
/// `POST`: another workspace.
pub const FOUND: &str = "/w/new";
/// `POST`: works in another one.
pub const SWITCH: &str = "/w/switch";
/// `POST`: marks it for deletion.
pub const CLOSE: &str = "/w/close";
/// `POST`: keeps one that was to go.
pub const KEEP: &str = "/w/keep";
/// `POST`: leaves it.
pub const LEAVE: &str = "/w/leave";
/// Its people.
pub const MEMBERS: &str = "/w/members";
/// `POST`: another role for one of them.
pub const ROLE: &str = "/w/members/role";
/// `POST`: removes one of them.
pub const REMOVE: &str = "/w/members/remove";
/// Everything of the workspace as files.
pub const EXPORT: &str = "/w/export";
/// A file of an export.
pub fn export_file(id: &str, file: &str) -> String {
    format!("{EXPORT}/{id}/{file}")
}

/// Where all sessions of a member are ended.
pub const SIGN_OUT_MEMBER: &str = "/w/members/sign-out";
/// `POST`: invites somebody.
pub const INVITATIONS: &str = "/w/invitations";
/// `POST`: withdraws an invitation.
pub const INVITATION_REVOKE: &str = "/w/invitations/revoke";
/// `POST`: mails an invitation again.
pub const INVITATION_RESEND: &str = "/w/invitations/resend";
/// What members may do with which bot. `POST`: changes it.
pub const RIGHTS: &str = "/w/rights";
/// Where the link of an invitation leads. `POST`: accepts it.
pub const JOIN: &str = "/join";
/// What the current workspace asks of its members. `POST`: sets it.
pub const SECURITY: &str = "/w/security";
/// `POST`: above how many recipients a second person is asked.
pub const APPROVAL: &str = "/w/approval";
/// Every component in every state; only on loopback.
pub const STYLEGUIDE: &str = "/styleguide";

/// `POST …/{action}`: `begin`, `confirm`, `codes`, `off`.
pub fn two_factor_action(action: &str) -> String {
    format!("{TWO_FACTOR}/{action}")
}

/// Password and code, for what follows: `codes` or `off`.
pub fn two_factor_change(what: &str) -> String {
    query(TWO_FACTOR, &[("change", what)])
}

/// The viewer's second factor, for whom their workspace sends there.
pub fn two_factor_for_workspace() -> String {
    query(TWO_FACTOR, &[("why", "workspace")])
}

/// One bot. `GET` shows how it is.
pub fn bot(slug: &Slug) -> String {
    format!("{BOTS}/{slug}")
}

/// `POST`: registers the connection anew.
pub fn repair(slug: &Slug) -> String {
    format!("{BOTS}/{slug}/repair")
}

/// The bot's settings; `POST`: its texts.
pub fn settings(slug: &Slug) -> String {
    format!("{BOTS}/{slug}/settings")
}

/// `POST`: a new token.
pub fn token(slug: &Slug) -> String {
    format!("{BOTS}/{slug}/token")
}

/// `POST`: makes the bot read-only, or takes that back.
pub fn read_only(slug: &Slug) -> String {
    format!("{BOTS}/{slug}/read-only")
}

/// `POST`: how fast the bot sends.
pub fn rate(slug: &Slug) -> String {
    format!("{BOTS}/{slug}/rate")
}

/// `POST`: moves the bot to another workspace.
pub fn relocate(slug: &Slug) -> String {
    format!("{BOTS}/{slug}/move")
}

/// `POST`: takes the bot out.
pub fn disconnect(slug: &Slug) -> String {
    format!("{BOTS}/{slug}/disconnect")
}

/// The bot's subscribers.
pub fn subscribers(slug: &Slug) -> String {
    format!("{BOTS}/{slug}/subscribers")
}

/// One subscriber.
pub fn person(slug: &Slug, chat: ChatId) -> String {
    format!("{BOTS}/{slug}/subscribers/{chat}")
}

/// Groups and channels that the bot is in.
pub fn chats(slug: &Slug) -> String {
    format!("{BOTS}/{slug}/chats")
}

/// The bot's broadcasts; `POST`: a new draft.
pub fn broadcasts(slug: &Slug) -> String {
    format!("{BOTS}/{slug}/broadcasts")
}

/// An empty composer.
pub fn new_broadcast(slug: &Slug) -> String {
    format!("{BOTS}/{slug}/broadcasts/new")
}

/// One broadcast: the composer while it is a draft, its progress and results later. `POST` saves.
pub fn broadcast(slug: &Slug, id: BroadcastId) -> String {
    format!("{BOTS}/{slug}/broadcasts/{id}")
}

/// What pressing Send would do.
pub fn confirm(slug: &Slug, id: BroadcastId) -> String {
    broadcast_action(slug, id, "confirm")
}

/// Results of unknown outcome.
pub fn unknown(slug: &Slug, id: BroadcastId) -> String {
    query(&broadcast(slug, id), &[("outcome", "unknown")])
}

/// Sending once more to people of unknown outcome. `POST` does it.
pub fn again(slug: &Slug, id: BroadcastId) -> String {
    broadcast_action(slug, id, "again")
}

/// `POST …/{action}`: `send`, `recipients`, `schedule`, `unschedule`, `pause`, `resume`, `cancel`, `discard`, `test`, `link`; and for a second
/// person's approval `ask`, `approve`, `refuse`, `withdraw`.
pub fn broadcast_action(slug: &Slug, id: BroadcastId, action: &str) -> String {
    format!("{BOTS}/{slug}/broadcasts/{id}/{action}")
}

/// The stream of a broadcast's progress.
pub fn events(slug: &Slug, id: BroadcastId) -> String {
    broadcast_action(slug, id, "events")
}

/// `path` with its query; pairs without a value are left out.
pub fn query(path: &str, values: &[(&str, &str)]) -> String {
    let query = pairs(values);
    match (query.is_empty(), path.contains('?')) {
        (true, _) => path.to_owned(),
        (false, true) => format!("{path}&{query}"),
        (false, false) => format!("{path}?{query}"),
    }
}

/// `name=value&…`, as a query or the body of a form; pairs without a value are left out.
pub fn pairs(values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in values.iter().filter(|(_, value)| !value.is_empty()) {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        encode(value, &mut out);
    }
    out
}

/// `text` as part of an address.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode(text, &mut out);
    out
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn encode(value: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::query;

    #[test]
    fn a_query_carries_anything_and_nothing_for_nothing() {
        assert_eq!(query("/a", &[("q", ""), ("after", "")]), "/a");
        assert_eq!(query("/a", &[("q", "a&b=ü /"), ("s", "x")]), "/a?q=a%26b%3D%C3%BC%20%2F&s=x");
    }
}
