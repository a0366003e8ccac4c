//! The names of all settings, and what to say about names that are none.

use super::Complaint;

/// One setting, as `--help` lists it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// What it does, its bounds and its default, in one line.
    pub about: &'static str,
}

/// All settings, in the order in which `gannet config` prints them.
pub const SETTINGS: &[Setting] = &[
    Setting { name: "LISTEN", about: "address and port to listen on (127.0.0.1:3000)" },
    Setting {
        name: "BASE_URL",
        about: "the address people type; http only for loopback (http://localhost:3000)",
    },
    Setting {
        name: "TRUSTED_PROXIES",
        about: "addresses or networks whose X-Forwarded-For is believed (none)",
    },
    Setting {
        name: "WEB_ALLOWED_IPS",
        about: "addresses or networks that may reach the web app (everyone)",
    },
    Setting { name: "SIGNUPS", about: "who may register: open, invite or closed (open)" },
    Setting { name: "GANNET_SITE", about: "directory of static files (those in the binary)" },
    Setting {
        name: "METRICS_LISTEN",
        about: "address and port of its own for /metrics, for whoever reaches it (none)",
    },
    Setting {
        name: "METRICS_TOKEN",
        about: "what a request for /metrics on LISTEN brings as a bearer, at least 32 characters (none)",
    },
    Setting {
        name: "DATA_DIR",
        about: "where gannet keeps its files (/var/lib/gannet, or the user's data home)",
    },
    Setting { name: "GANNET_KEYS", about: "directory of the key files (DATA_DIR/keys)" },
    Setting {
        name: "WEB_SECRET_KEY",
        about: "root secret, at least 32 bytes (a key file is made in GANNET_KEYS)",
    },
    Setting {
        name: "DATABASE_URL",
        about: "PostgreSQL 15 or newer, the role for requests (gannet's own PostgreSQL)",
    },
    Setting { name: "DATABASE_WORKER_URL", about: "the same database, the role for the worker" },
    Setting { name: "DATABASE_OWNER_URL", about: "the same database, the role for migrations" },
    Setting {
        name: "DATABASE_ADMIN_URL",
        about: "an administrator of that server, for `migrate --create-roles` alone (none)",
    },
    Setting {
        name: "DATABASE_CA_FILE",
        about: "certificates (PEM) believed beside the public ones when PostgreSQL speaks TLS (none)",
    },
    Setting {
        name: "SMTP_URL",
        about: "smtp://user:password@host:587 or smtps://… (mail is readable at /dev/mail)",
    },
    Setting { name: "MAIL_FROM", about: "sender of mail (Gannet <gannet@host of BASE_URL>)" },
    Setting {
        name: "GEOIP_DATABASE",
        about: "file in MaxMind's format (.mmdb) that knows the country of an address (none)",
    },
    Setting {
        name: "TELEGRAM_API_URL",
        about: "Bot API server for real bots (https://api.telegram.org)",
    },
    Setting {
        name: "TELEGRAM_RATE_PER_BOT",
        about: "messages a second per bot, 1 to 100000; above 30 only with a server of your own (30)",
    },
    Setting {
        name: "TELEGRAM_PAID_RATE",
        about: "messages a second for whoever pays Stars, above the rate per bot (not offered)",
    },
    Setting {
        name: "TELEGRAM_PAID_PRICE_MILLISTARS",
        about: "what each of those costs in thousandths of a Star, 1 to 1000000 (not offered)",
    },
    Setting {
        name: "SANDBOX",
        about: "offer the sandbox Telegram: on, off or auto, which means on loopback (auto)",
    },
    Setting {
        name: "STRIPE_SECRET_KEY",
        about: "sk_live_… or sk_test_… of the account that payments go to (none; nothing is sold)",
    },
    Setting {
        name: "STRIPE_WEBHOOK_SECRET",
        about: "whsec_… of the endpoint BASE_URL/stripe/webhook, two with a comma while it changes (none)",
    },
    Setting { name: "STRIPE_API_URL", about: "where Stripe is (https://api.stripe.com)" },
    Setting {
        name: "PLANS",
        about: "what can be had, as TOML; PLANS_FILE names the file (one plan, free and without limits)",
    },
    Setting { name: "LOG", about: "what to log, such as info or server=debug,info (info)" },
    Setting { name: "LOG_FORMAT", about: "text or json (text)" },
];

/// Names that begin like ours and are no settings: for our build, for hosting platforms, and of systemd.
const FOREIGN: &[&str] =
    &["GANNET_EMBED_SITE", "WEB_CONCURRENCY", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];

const PREFIXES: &[&str] = &[
    "WEB_",
    "SMTP_",
    "MAIL_",
    "METRICS_",
    "TELEGRAM_",
    "DATABASE_",
    "GANNET_",
    "SANDBOX",
    "SIGNUP",
    "TRUSTED_",
    "BASE_",
    "LISTEN",
    "DATA_",
    "LOG_",
    "STRIPE_",
    "PLAN",
];

/// Whether `name` is one of our settings, or the file form of one.
pub(super) fn is_ours(name: &str) -> bool {
    let plain = name.strip_suffix("_FILE").unwrap_or(name);
    SETTINGS.iter().any(|setting| setting.name == name || setting.name == plain)
}

/// A complaint for each name that begins like a setting of ours and is none: most likely a
/// spelling mistake, and a limit that silently does not hold is worse than no start.
pub(super) fn unknown<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Complaint> {
    names
        .filter(|name| PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
        .filter(|name| !is_ours(name) && !FOREIGN.contains(name))
        .map(|name| {
            let nearest = SETTINGS
                .iter()
                .min_by_key(|setting| strsim::damerau_levenshtein(setting.name, name))
                .map_or("LISTEN", |setting| setting.name);
            Complaint::about(name, format_args!("no such setting; did you mean {nearest}?"))
        })
        .collect()
}
