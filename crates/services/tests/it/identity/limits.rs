//! `limit.*` where the use cases charge them. How a charge is decided is tested in `store`.

use contract::{
    account::{AccountApi, AddressCode, NewAddress},
    auth::{Forgot, Reset},
    cx::KnownBrowser,
};
use futures::future::join_all;

use super::*;

const EVE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 66));

fn wrong(email: &str) -> Login {
    Login { email: email.into(), password: "Wrong-Horse-7!".into() }
}

fn right(email: &str) -> Login {
    Login { password: PASSWORD.into(), ..wrong(email) }
}

fn is_limited<T>(result: &Result<T, ClientError>) -> bool {
    matches!(result, Err(ClientError::RateLimited { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_sign_ins_a_minute_good_or_bad_and_then_a_quarter_of_an_hour_none() {
    let gannet = Instance::new().await;
    gannet.member("ann@example.org", "Ann").await;
    for n in 0..10 {
        let form = if n % 2 == 0 { right("ann@example.org") } else { wrong("") };
        assert!(!is_limited(&gannet.auth.login(&from(EVE), form).await), "{n}");
    }
    for secs in [0, 600, 890] {
        gannet.at(secs);
        let refused = gannet.auth.login(&from(EVE), right("ann@example.org")).await;
        assert!(is_limited(&refused), "{secs}: {refused:?}");
    }
    let elsewhere = gannet.auth.login(&cx(), right("ann@example.org")).await;
    assert!(matches!(elsewhere, Ok(LoginOutcome::SignedIn(_))));
    gannet.at(901);
    assert!(gannet.auth.login(&from(EVE), right("ann@example.org")).await.is_ok());
    let episodes = gannet.log().await.into_iter().filter(|kind| kind == "account.limit_exceeded");
    assert_eq!(episodes.count(), 1, "one line for the episode, none for each refusal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_costs_no_bcrypt() {
    let lanes = Lanes { cost: 4, at_once: 1, waiting: 0, patience: Duration::from_secs(1) };
    let gannet = Instance::with(lanes).await;
    for _ in 0..10 {
        let _ = gannet.auth.login(&from(EVE), wrong("nobody@example.org")).await;
    }
    // Where one place is all there is, thirty at once that hashed would find it taken (503).
    let login = async || gannet.auth.login(&from(EVE), wrong("nobody@example.org")).await;
    let all = (0..30).map(|_| login());
    assert!(join_all(all).await.iter().all(is_limited));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_finds_the_queue_full_is_sent_away_before_anything_is_counted() {
    let lanes = Lanes { cost: 14, at_once: 1, waiting: 0, patience: Duration::from_secs(60) };
    let gannet = Instance::with(lanes).await;
    let elsewhere = cx();
    let slow = gannet.auth.login(&elsewhere, wrong("nobody@example.org"));
    let is_away = |result: &Result<LoginOutcome, ClientError>| {
        matches!(result, Err(ClientError::Unavailable { .. }))
    };
    let flood = async {
        // Once somebody finds no place, the other one has it, and has it for more than a second.
        tokio::time::sleep(Duration::from_millis(100)).await;
        while !is_away(&gannet.auth.login(&cx(), wrong("somebody@example.org")).await) {}
        let mut refused = Vec::new();
        for _ in 0..20 {
            refused.push(gannet.auth.login(&from(EVE), wrong("nobody@example.org")).await);
        }
        refused
    };
    let (slow, refused) = tokio::join!(slow, flood);
    assert_eq!(fields(slow), [""]);
    assert!(refused.iter().all(is_away), "{refused:?}");
    let counted = format!("select key from limit_buckets where key = '{EVE}'");
    assert_eq!(gannet.texts(&counted).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn three_sign_ups_in_ten_minutes_for_each_client() {
    let gannet = Instance::new().await;
    let sign_up = async |n: u8, ip: IpAddr| {
        let email = format!("p{n}@example.org");
        gannet.sign_up(&from(ip), &email, "").await
    };
    for n in 0..3 {
        sign_up(n, EVE).await.expect("within the limit");
    }
    assert!(is_limited(&sign_up(3, EVE).await));
    // One household of IPv6 is one client.
    let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
    for (n, address) in [(4, "2001:db8:1:2::1"), (5, "2001:db8:1:2::2"), (6, "2001:db8:1:2:3::3")] {
        sign_up(n, ip(address)).await.expect("within the limit");
    }
    assert!(is_limited(&sign_up(7, ip("2001:db8:1:2:ffff::")).await));
    sign_up(8, ip("2001:db8:1:3::1")).await.expect("another network");
    gannet.at(601);
    sign_up(3, EVE).await.expect("ten minutes later");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_asked_for_and_tried_so_often_by_a_client_and_no_more() {
    let gannet = Instance::new().await;
    let verify = async |n: u8| {
        let form = Verify { email: format!("p{n}@example.org"), code: "000000".into() };
        gannet.auth.verify(&from(EVE), form, None).await
    };
    for n in 0..30 {
        assert!(!is_limited(&verify(n).await), "{n}");
    }
    assert!(is_limited(&verify(30).await));
    let resend = async |n: u8| {
        gannet.auth.resend(&from(EVE), Resend { email: format!("p{n}@example.org") }).await
    };
    for n in 0..10 {
        resend(n).await.expect("within the limit");
    }
    assert!(is_limited(&resend(10).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_links_for_an_address_in_half_an_hour_and_twenty_for_a_client() {
    let gannet = Instance::new().await;
    gannet.member("ann@example.org", "Ann").await;
    let forgot = async |cx: &RequestCx, email: &str| {
        gannet.auth.forgot(cx, Forgot { email: email.into() }).await
    };
    for email in ["ann@example.org", "nobody@example.org"] {
        for _ in 0..5 {
            forgot(&cx(), email).await.expect("within the limit");
        }
        let refused = forgot(&cx(), &email.to_uppercase()).await;
        assert!(is_limited(&refused), "{email}: alike with and without an account: {refused:?}");
    }
    let links = gannet.mails_to("ann@example.org").await;
    assert_eq!(links.iter().filter(|mail| mail.text.contains("?token=")).count(), 5);
    for n in 0..20 {
        forgot(&from(EVE), &format!("p{n}@example.org")).await.expect("within the limit");
    }
    assert!(is_limited(&forgot(&from(EVE), "p20@example.org").await));
    assert!(is_limited(&forgot(&from(EVE), "no address").await), "before anything is looked at");
    forgot(&cx(), "p20@example.org").await.expect("another client");
    gannet.at(1_801);
    forgot(&from(EVE), "ann@example.org").await.expect("half an hour later");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_fill_no_mailbox_with_codes_and_shut_nobody_out_by_asking_for_links() {
    let gannet = Instance::new().await;
    gannet.register("bob@example.org", PASSWORD, "Bob").await.expect("signed up");
    for n in 1..12 {
        gannet.at(n * 61);
        let _ = gannet.resend_to("bob@example.org").await;
        let _ = gannet.auth.login(&cx(), right("bob@example.org")).await;
        let _ = gannet.register("bob@example.org", PASSWORD, "Bob").await;
    }
    let codes = gannet.mails_to("bob@example.org").await;
    assert_eq!(codes.len(), 5, "in half an hour, whoever asks and however");
    gannet.at(12 * 61);
    let sent = gannet.auth.login(&cx(), right("bob@example.org")).await;
    assert!(is_unverified(&sent), "and it does not show where it would tell: {sent:?}");

    let ann = from(Ipv4Addr::new(203, 0, 113, 7).into());
    for round in 0..4 {
        gannet.at(2_000 * (round + 1));
        for _ in 0..6 {
            let form = || Forgot { email: "ann@example.org".into() };
            let _ = gannet.auth.forgot(&cx(), form()).await;
            let _ = gannet.auth.forgot(&ann, form()).await;
        }
    }
    let blocks = services::limits::blocks(&gannet.svc.store).await.expect("read");
    assert!(blocks.is_empty(), "{blocks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_tries_of_a_link_in_half_an_hour_and_twenty_for_a_client() {
    let gannet = Instance::new().await;
    gannet.member("ann@example.org", "Ann").await;
    let ask = async || {
        let form = Forgot { email: "ann@example.org".into() };
        gannet.auth.forgot(&cx(), form).await.expect("asked");
        let mails = gannet.mails_to("ann@example.org").await;
        let rest = mails.iter().find_map(|mail| mail.text.split_once("?token=")).expect("a link").1;
        rest.lines().next().expect("a line").to_owned()
    };
    let reset = async |cx: &RequestCx, token: &str, password: &str| {
        let form = Reset { token: token.into(), password: password.into() };
        gannet.auth.reset(cx, form).await
    };
    let (link, unknown) = (ask().await, "0".repeat(64));
    for token in [link.as_str(), &unknown] {
        for _ in 0..5 {
            fields(reset(&cx(), token, "short").await);
        }
        let refused = reset(&cx(), token, "Another-Horse-8").await;
        assert!(is_limited(&refused), "alike for links there are and those there are not");
    }
    gannet.at(1_801);
    reset(&cx(), &link, "Another-Horse-8").await.expect("half an hour later");

    for n in 0..20 {
        fields(reset(&from(EVE), &format!("{n:064}"), "Another-Horse-8").await);
    }
    let link = ask().await;
    assert!(is_limited(&reset(&from(EVE), &link, "Another-Horse-9").await));
    assert!(is_limited(&reset(&from(EVE), "no token", "Another-Horse-9").await));
    reset(&cx(), &link, "Another-Horse-9").await.expect("another client");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_for_another_address_count_with_all_others_of_the_client() {
    let gannet = Instance::new().await;
    let eve = RequestCx { ip: EVE, ..gannet.at_work("eve@example.org", "eves").await };
    for n in 0..10 {
        gannet.at(n * 61);
        if n % 2 == 0 {
            let form = NewAddress { email: format!("p{n}@example.org") };
            gannet.svc.ask_address(&eve, form).await.expect("within the limit");
        } else {
            gannet.svc.resend_address(&eve).await.expect("within the limit");
        }
    }
    gannet.at(10 * 61);
    let another = NewAddress { email: "p10@example.org".into() };
    assert!(is_limited(&gannet.svc.ask_address(&eve, another.clone()).await));
    assert!(is_limited(&gannet.svc.resend_address(&eve).await));
    assert!(is_limited(&gannet.resend_from(EVE).await), "those of a sign-up too");

    let verify = async |cx: &RequestCx| {
        gannet.svc.verify_address(cx, AddressCode { code: "no code".into() }).await
    };
    for n in 0..30 {
        assert!(!is_limited(&verify(&eve).await), "{n}");
    }
    assert!(is_limited(&verify(&eve).await));
    let elsewhere = RequestCx { ip: cx().ip, ..eve };
    assert_eq!(fields(verify(&elsewhere).await), ["code"]);
    gannet.svc.ask_address(&elsewhere, another).await.expect("another client");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_from_many_places_slows_the_account_and_not_its_owner() {
    let gannet = Instance::new().await;
    let ann = gannet.member("ann@example.org", "Ann").await;
    gannet.member("bob@example.org", "Bob").await;
    let browser =
        KnownBrowser { id: "TEST-browser".into(), users: vec![gannet.admission(ann).await] };
    let at_home = || RequestCx { browser: Some(browser.clone()), ..cx() };

    for email in ["ann@example.org", "nobody@example.org"] {
        // What is right is given back: only what is wrong counts.
        if email.starts_with("ann") {
            for _ in 0..12 {
                gannet.auth.login(&cx(), right(email)).await.expect("right");
            }
        }
        let login = async || gannet.auth.login(&cx(), wrong(email)).await;
        let results = join_all((0..40).map(|_| login())).await;
        let passed = results.iter().filter(|result| !is_limited(result)).count();
        assert_eq!(passed, 10, "{email}: alike with and without an account");
        assert!(is_limited(&gannet.auth.login(&cx(), right(email)).await), "{email}");
    }
    gannet.auth.login(&at_home(), right("ann@example.org")).await.expect("her own bucket");
    gannet.auth.login(&cx(), right("bob@example.org")).await.expect("not his account");
    let bobs = gannet.auth.login(&at_home(), right("bob@example.org")).await;
    assert!(bobs.is_ok(), "a browser that knows somebody else has no part in it");

    for _ in 0..10 {
        assert!(!is_limited(&gannet.auth.login(&at_home(), wrong("ann@example.org")).await));
    }
    assert!(is_limited(&gannet.auth.login(&at_home(), right("ann@example.org")).await));
    gannet.at(901);
    gannet.auth.login(&at_home(), right("ann@example.org")).await.expect("later");
    gannet.auth.login(&cx(), right("ann@example.org")).await.expect("from anywhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_episodes_shut_a_client_out_and_a_sign_in_between_forgives() {
    let gannet = Instance::new().await;
    gannet.member("ann@example.org", "Ann").await;
    let episode = async |start: i64| {
        gannet.at(start);
        let mut forms = 0;
        while !is_limited(&gannet.auth.login(&from(EVE), wrong("")).await) {
            forms += 1;
            assert!(forms <= 10);
        }
    };
    let blocks = async || services::limits::blocks(&gannet.svc.store).await.expect("read").len();
    episode(0).await;
    episode(1_000).await;
    gannet.at(2_000);
    gannet.auth.login(&from(EVE), right("ann@example.org")).await.expect("signed in");
    episode(2_100).await;
    episode(3_100).await;
    assert_eq!(blocks().await, 0);
    episode(4_100).await;
    assert_eq!(blocks().await, 1);
    let refused = gannet.resend_from(EVE).await;
    assert!(is_limited(&refused), "other endpoints are shut too: {refused:?}");
    gannet.at(4_100 + 3_610);
    assert!(!is_limited(&gannet.resend_from(EVE).await));

    // A proxy of ours is limited like anybody, and never shut out.
    let proxy = RequestCx { is_proxy: true, ..from(Ipv4Addr::new(10, 0, 0, 1).into()) };
    for n in 0..5 {
        gannet.at(10_000 + n * 1_000);
        for _ in 0..11 {
            let _ = gannet.auth.login(&proxy, wrong("")).await;
        }
    }
    assert_eq!(blocks().await, 0);
}

impl Instance {
    pub(super) async fn sign_up(
        &self,
        cx: &RequestCx,
        email: &str,
        invitation: &str,
    ) -> Result<(), ClientError> {
        let form = Register {
            email: email.into(),
            password: PASSWORD.into(),
            name: "Somebody".into(),
            invitation: invitation.into(),
        };
        let mark = self.auth.register(cx, form).await?;
        self.remember(email, mark);
        Ok(())
    }

    async fn resend_to(&self, email: &str) -> Result<(), ClientError> {
        self.auth.resend(&cx(), Resend { email: email.into() }).await
    }

    async fn resend_from(&self, ip: IpAddr) -> Result<(), ClientError> {
        self.auth.resend(&from(ip), Resend { email: "somebody@example.org".into() }).await
    }
}
