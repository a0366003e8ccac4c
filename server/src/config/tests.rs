use std::{
    io,
    path::{Path, PathBuf},
};

use super::*;

fn host(root: bool) -> Host {
    fn read(path: &Path) -> io::Result<String> {
        match path.to_str() {
            Some("/run/secrets/smtp") => Ok("smtp://ann:TEST-pw@mail.example.org\n".to_owned()),
            Some("/run/secrets/empty") => Ok("\n".to_owned()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
    Host { root, directory: PathBuf::from("/start"), read }
}

fn read<const N: usize>(pairs: [(&str, &str); N]) -> Result<Config, Vec<Complaint>> {
    Config::read(&Variables::from_pairs(&pairs), &host(true))
}

fn complaints<const N: usize>(pairs: [(&str, &str); N]) -> Vec<String> {
    match read(pairs) {
        Ok(config) => panic!("no complaint about {pairs:?}: {config:?}"),
        Err(complaints) => complaints.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn nothing_set_means_everything_on_this_machine() {
    let config = read([]).expect("defaults are sound");
    assert_eq!(config.web.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.web.base_url.origin(), "http://localhost:3000");
    assert_eq!(config.data.dir, Path::new("/var/lib/gannet"));
    assert_eq!(config.data.keys, Path::new("/var/lib/gannet/keys"));
    assert_eq!(config.database, DatabaseConfig::Embedded);
    assert!(config.mail.smtp.is_none());
    assert!(config.telegram.sandbox);
    assert_eq!(config.telegram.rate_per_bot, 30);
    let names: Vec<_> = config.report.lines().iter().map(|line| line.name).collect();
    let known: Vec<_> = SETTINGS.iter().map(|setting| setting.name).collect();
    assert_eq!(names, known, "each setting is read once, and listed");
}

#[test]
fn data_home_depends_on_the_user() {
    let cases: [(&[(&str, &str)], &str); 3] = [
        (&[("HOME", "/home/ann")], "/home/ann/.local/share/gannet"),
        (&[("HOME", "/home/ann"), ("XDG_DATA_HOME", "/data")], "/data/gannet"),
        (&[("DATA_DIR", "here")], "/start/here"),
    ];
    for (pairs, want) in cases {
        let config = Config::read(&Variables::from_pairs(pairs), &host(false)).expect("sound");
        assert_eq!(config.data.dir, Path::new(want), "{pairs:?}");
    }
    let homeless = Config::read(&Variables::default(), &host(false)).expect_err("no home");
    assert_eq!(homeless.len(), 1);
}

#[test]
fn bad_values_say_what_would_be_right() {
    let cases = [
        ("LISTEN", "3000", "no address and port"),
        ("LISTEN", "127.0.0.1:0", "port 0"),
        ("BASE_URL", "localhost:3000", "not http or https"),
        ("BASE_URL", "http://localhost:3000/app", "without a path"),
        ("BASE_URL", "ftp://localhost", "not http or https"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "meant 10.0.0.0/8?"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "choose their own address"),
        ("WEB_ALLOWED_IPS", "office", "no address or network"),
        ("WEB_ALLOWED_IPS", ",", "names no address"),
        ("METRICS_LISTEN", "9464", "no address and port"),
        ("METRICS_LISTEN", "127.0.0.1:3000", "an address of its own"),
        ("METRICS_TOKEN", "TEST-too-short", "32 to 256"),
        ("METRICS_TOKEN", "TEST a token with spaces in it is none of ours", "no spaces"),
        ("METRICS_TOKENS", "x", "did you mean METRICS_TOKEN?"),
        ("SIGNUPS", "yes", "open, invite or closed"),
        ("SANDBOX", "true", "on, off or auto"),
        ("WEB_SECRET_KEY", "short", "needs 32 or more"),
        ("WEB_SECRET_KEY", "changeme-changeme-changeme-changeme", "placeholder"),
        ("GANNET_KEYS", "/var/lib/gannet/postgres/keys", "apart from the data"),
        ("SMTP_URL", "mail.example.org:25", "must begin with smtp"),
        ("MAIL_FROM", "nobody", "must be an address"),
        ("TELEGRAM_API_URL", "http://10.0.0.5:8081", "loopback only"),
        ("TELEGRAM_RATE_PER_BOT", "0", "1 to 100000"),
        ("TELEGRAM_RATE_PER_BOT", "31", "of your own"),
        ("TELEGRAM_PAID_RATE", "1000", "set TELEGRAM_PAID_PRICE_MILLISTARS too"),
        ("TELEGRAM_PAID_PRICE_MILLISTARS", "100", "set TELEGRAM_PAID_RATE too"),
        ("LOG", "server=loud", "not a log filter"),
        ("LOG_FORMAT", "xml", "text or json"),
        ("SMTP_URL_FILE", "/run/secrets/none", "cannot read"),
        ("SMTP_URL_FILE", "/run/secrets/empty", "is empty"),
        ("TELEGRAM_RATE_PER_BOTS", "10", "did you mean TELEGRAM_RATE_PER_BOT?"),
        ("WEB_ALLOWED_IP", "10.0.0.1", "did you mean WEB_ALLOWED_IPS?"),
        ("BASE_URI", "https://gannet.example", "did you mean BASE_URL?"),
        ("LISTEN_ADDR", "0.0.0.0:80", "did you mean LISTEN?"),
        ("DATA_DIRECTORY", "/data", "did you mean DATA_DIR?"),
        ("LOG_LEVEL", "debug", "did you mean LOG?"),
        ("DATABASE_CA_FILE", "/run/secrets/none", "cannot read"),
        ("DATABASE_CA_FILE", "/run/secrets/smtp", "holds no certificate"),
    ];
    for (name, value, want) in cases {
        let got = complaints([(name, value)]);
        assert_eq!(got.len(), 1, "{name}={value}: {got:?}");
        assert!(got[0].starts_with(name) && got[0].contains(want), "{name}={value}: {}", got[0]);
    }
}

#[test]
fn sockets_that_systemd_hands_over_are_no_settings_of_ours() {
    let names = [("LISTEN_FDS", "1"), ("LISTEN_PID", "7"), ("LISTEN_FDNAMES", "web")];
    assert!(read(names).is_ok());
}

#[test]
fn all_complaints_come_at_once() {
    let got =
        complaints([("LISTEN", "x"), ("SIGNUPS", "x"), ("LOG_FORMAT", "x"), ("MAIL_FORM", "x")]);
    assert_eq!(got.len(), 4, "{got:?}");
}

#[test]
fn contradictions_are_refused() {
    let public = complaints([("BASE_URL", "https://gannet.example")]);
    assert!(public[0].starts_with("SMTP_URL: needed"), "{public:?}");
    // Also where the address cannot stay: nobody should learn of it at the second try.
    for (base, what) in [
        ("gannet.example", "not an address"),
        ("http://gannet.example", "loopback only"),
        ("https://gannet.example/app", "without a path"),
    ] {
        let got = complaints([("BASE_URL", base)]);
        assert_eq!(got.len(), 2, "{base}: {got:?}");
        assert!(got[0].starts_with("BASE_URL") && got[0].contains(what), "{base}: {got:?}");
        assert!(got[1].starts_with("SMTP_URL: needed"), "{base}: {got:?}");
    }

    let one_of_three = complaints([("DATABASE_URL", "postgres://a:TEST@db/gannet")]);
    assert_eq!(one_of_three.len(), 2, "{one_of_three:?}");

    let same_role = complaints([
        ("DATABASE_URL", "postgres://a:TEST@db/gannet"),
        ("DATABASE_WORKER_URL", "postgres://a:TEST@db/gannet"),
        ("DATABASE_OWNER_URL", "postgres://o:TEST@db/other"),
    ]);
    assert_eq!(same_role.len(), 3, "{same_role:?}");

    let both = complaints([("SMTP_URL", "smtp://m"), ("SMTP_URL_FILE", "/run/secrets/smtp")]);
    assert!(both[0].contains("not both"), "{both:?}");
}

#[test]
fn a_file_can_hold_a_value_and_secrets_stay_hidden() {
    let config = read([
        ("BASE_URL", "https://gannet.example"),
        ("SMTP_URL_FILE", "/run/secrets/smtp"),
        ("WEB_SECRET_KEY", "TEST-b7Qx92mZkLr04vNcTe8wYs61HdJfUp35"),
        ("METRICS_TOKEN", "TEST-pw-0123456789abcdef0123456789"),
        ("DATABASE_URL", "postgres://a:TEST-pw@db/gannet"),
        ("DATABASE_WORKER_URL", "postgres://w:TEST-pw@db/gannet"),
        ("DATABASE_OWNER_URL", "postgres://o:TEST-pw@db/gannet?password=TEST-pw"),
    ])
    .expect("sound");
    let smtp = config.mail.smtp.as_ref().expect("from the file");
    assert_eq!(smtp.reveal(), "smtp://ann:TEST-pw@mail.example.org");
    assert_eq!(smtp.place(), ("mail.example.org".to_owned(), 587));
    assert!(!config.telegram.sandbox, "off beyond loopback");

    let shown = format!("{}{config:?}", config.report);
    assert!(!shown.contains("TEST-pw") && !shown.contains("b7Qx92mZ"), "{shown}");
    assert!(shown.contains("file /run/secrets/smtp"), "{shown}");
}

#[test]
fn complaints_never_repeat_a_secret_and_stay_on_one_line() {
    let got = complaints([
        ("DATABASE_URL", "postgres//a:TEST-pw@db"),
        ("DATABASE_WORKER_URL", "mysql://w:TEST-pw@db/x"),
        ("DATABASE_OWNER_URL", "postgres://:TEST-pw@db/x"),
        ("SMTP_URL", "imap://ann:TEST-pw@m"),
        ("LISTEN", "a\nb"),
    ]);
    assert_eq!(got.len(), 5, "{got:?}");
    for line in got {
        assert!(!line.contains("TEST-pw") && !line.contains('\n'), "{line}");
    }
}

#[test]
fn a_base_url_knows_how_public_it_is() {
    let cases = [
        ("http://localhost:3000", true, false),
        ("http://app.localhost", true, false),
        ("http://127.8.0.1", true, false),
        ("http://[::1]:3000", true, false),
        ("http://[::ffff:127.0.0.1]", true, false),
        ("https://gannet.example", false, true),
        ("https://203.0.113.9", false, true),
        ("https://192.168.1.4", false, false),
        ("https://100.64.0.1", false, false),
        ("https://[fd00::1]", false, false),
        ("https://[::ffff:10.0.0.1]", false, false),
        ("https://nas", false, false),
        ("https://nas.local", false, false),
    ];
    for (text, loopback, public) in cases {
        let url = <BaseUrl as reader::Value>::parse(text).expect(text);
        assert_eq!((url.is_loopback(), url.is_public_https()), (loopback, public), "{text}");
    }
}

#[test]
fn networks_judge_mapped_addresses_as_v4() {
    let networks = <Networks as reader::Value>::parse("10.0.0.0/8, 2001:db8::/32 ::1").expect("ok");
    let cases = [
        ("10.1.2.3", true),
        ("::ffff:10.1.2.3", true),
        ("11.0.0.1", false),
        ("2001:db8::5", true),
        ("::1", true),
        ("::2", false),
    ];
    for (ip, want) in cases {
        assert_eq!(networks.contains(ip.parse().expect(ip)), want, "{ip}");
    }
}
