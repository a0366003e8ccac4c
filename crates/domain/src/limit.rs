//! How often what may be tried: section 3 of the promises, as values.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

const MINUTE: u64 = 60;

/// What is limited. Each has a bucket for everybody it is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Signing in, by client.
    Login,
    /// The second factor, by client.
    SecondFactor,
    /// Signing up, by client.
    Register,
    /// Asking for a link to a new password, by address.
    Forgot,
    /// Setting a new password, by the link's token.
    Reset,
    /// Entering a code from a mail, by client: each code has five tries of its own.
    Verify,
    /// Asking for another code, by client.
    Resend,
    /// Asking for links to new passwords, by client, whatever the addresses.
    ForgotByClient,
    /// Setting new passwords, by client, whatever the tokens.
    ResetByClient,
    /// Codes mailed to one address, by whoever asks for them.
    CodeMail,
    /// Wrong passwords and codes for one account from anywhere, for addresses without an account
    /// alike. What was right is given back.
    Account,
    /// The same for one account from a browser in which its owner has signed in before: strangers
    /// cannot use it up.
    KnownBrowser,
    /// Inviting people, by workspace.
    Invite,
    /// Asking for approval of broadcasts, by person: each request mails others.
    Ask,
    /// Founding workspaces, by person.
    Found,
    /// Signing a member out everywhere, by workspace and member.
    SignOut,
    /// Wrong answers where a signed-in person is asked for the password once more.
    Proof,
    /// Asking Stripe for something, by workspace.
    Billing,
}

/// How many within what time, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Served within any span of `within`; at least 1.
    pub most: u16,
    /// Length of that span.
    pub within: Duration,
    /// How long the bucket is shut once it went over; without one it opens as tries grow old.
    pub lock: Option<Duration>,
}

impl Limit {
    /// All of them.
    pub const ALL: [Limit; 18] = [
        Self::Login,
        Self::SecondFactor,
        Self::Register,
        Self::Forgot,
        Self::Reset,
        Self::Verify,
        Self::Resend,
        Self::ForgotByClient,
        Self::ResetByClient,
        Self::CodeMail,
        Self::Account,
        Self::KnownBrowser,
        Self::Proof,
        Self::Invite,
        Self::Ask,
        Self::Found,
        Self::SignOut,
        Self::Billing,
    ];

    /// The word for it in the database.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::SecondFactor => "second_factor",
            Self::Register => "register",
            Self::Forgot => "forgot",
            Self::Reset => "reset",
            Self::Verify => "verify",
            Self::Resend => "resend",
            Self::ForgotByClient => "forgot_by_client",
            Self::ResetByClient => "reset_by_client",
            Self::CodeMail => "code_mail",
            Self::Account => "account",
            Self::KnownBrowser => "known_browser",
            Self::Proof => "proof",
            Self::Invite => "invite",
            Self::Ask => "ask",
            Self::Found => "found",
            Self::SignOut => "sign_out",
            Self::Billing => "billing",
        }
    }

    /// How many within what time.
    pub const fn bounds(self) -> Bounds {
        let quarter = Some(15);
        let (most, minutes, lock) = match self {
            Self::Login => (10, 1, quarter),
            Self::SecondFactor => (10, 15, quarter),
            Self::Register => (3, 10, None),
            Self::Forgot | Self::Reset | Self::CodeMail => (5, 30, None),
            Self::Verify => (30, 15, None),
            Self::Resend => (10, 15, None),
            Self::ForgotByClient | Self::ResetByClient => (20, 30, None),
            Self::Account | Self::KnownBrowser | Self::Proof => (10, 15, None),
            Self::Invite => (50, 60, None),
            Self::Ask => (30, 60, None),
            Self::Found => (10, 60, None),
            Self::SignOut => (3, 60, None),
            Self::Billing => (30, 10, None),
        };
        let lock = match lock {
            Some(minutes) => Some(Duration::from_secs(minutes * MINUTE)),
            None => None,
        };
        Bounds { most, within: Duration::from_secs(minutes * MINUTE), lock }
    }

    /// Whether going over it counts against the client. It does not where others may have used the
    /// bucket up.
    pub const fn is_an_episode(self) -> bool {
        match self {
            Self::Login
            | Self::SecondFactor
            | Self::Register
            | Self::Reset
            | Self::Verify
            | Self::Resend
            | Self::ForgotByClient
            | Self::ResetByClient => true,
            Self::Forgot
            | Self::CodeMail
            | Self::Account
            | Self::KnownBrowser
            | Self::Proof
            | Self::Invite
            | Self::Ask
            | Self::Found
            | Self::Billing
            | Self::SignOut => false,
        }
    }
}

/// Episodes of a client within [`EPISODES_WITHIN`] that shut it out.
pub const EPISODES: u16 = 3;
/// How long an episode counts.
pub const EPISODES_WITHIN: Duration = Duration::from_secs(24 * 60 * MINUTE);
/// How long a client is shut out.
pub const BLOCK: Duration = Duration::from_secs(60 * MINUTE);

/// Who counts as one client: an IPv4 address, or an IPv6 network of 64 bits, which is what one
/// household or one server gets. `::ffff:192.0.2.1` is 192.0.2.1.
pub fn client(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_table_of_promises() {
        let minutes = |minutes| Duration::from_secs(minutes * MINUTE);
        let cases = [
            (Limit::Login, 10, 1, Some(15)),
            (Limit::SecondFactor, 10, 15, Some(15)),
            (Limit::Register, 3, 10, None),
            (Limit::Forgot, 5, 30, None),
            (Limit::Reset, 5, 30, None),
            (Limit::Account, 10, 15, None),
        ];
        for (limit, most, within, lock) in cases {
            let want = Bounds { most, within: minutes(within), lock: lock.map(minutes) };
            assert_eq!(limit.bounds(), want, "{limit:?}");
        }
        assert_eq!((EPISODES, EPISODES_WITHIN, BLOCK), (3, minutes(24 * 60), minutes(60)));
    }

    #[test]
    fn no_two_limits_share_a_word() {
        let words: HashSet<_> = Limit::ALL.iter().map(|limit| limit.kind()).collect();
        assert_eq!(words.len(), Limit::ALL.len());
        assert!(Limit::ALL.iter().all(|limit| limit.bounds().most > 0));
    }

    #[test]
    fn a_household_is_one_client_and_its_neighbours_are_others() {
        let cases = [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("::1", "::/64"),
        ];
        for (ip, want) in cases {
            assert_eq!(client(ip.parse().expect("an address")), want, "{ip}");
        }
    }
}
