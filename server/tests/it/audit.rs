//! `audit.row`: whatever a person changes leaves a line.

use std::collections::BTreeSet;

use domain::Timestamp;
use reqwest::{Method, StatusCode};
use server::http::router::endpoints;
use sim::{Fault, NewBot, Script, Sim, SimConfig, SimHandle, Trouble};

use crate::support::{Answer, Authenticator, Browser, PASSWORD, Site, Till, backup_codes};

/// What may be posted and leaves no line, and why.
const SILENT: [(&str, &str); 7] = [
    ("/w/switch", "changes which workspace a browser works in, and nothing else"),
    ("/theme", "changes a cookie and nothing here"),
    ("/auth/resend", "puts a code in the place of another; using it is on record"),
    ("/account/address/resend", "puts a code in the place of another; using it is on record"),
    ("/telegram/{hook}", "is Telegram's, and no person's"),
    ("/stripe/webhook", "is Stripe's, and no person's; what it leads to is on record as Stripe's"),
    ("/account/subscription/look", "asks Stripe; what is found is on record as Stripe's"),
];

/// Somebody whose every step is counted.
struct Steps {
    site: Site,
    who: Browser,
    taken: BTreeSet<String>,
}

impl Steps {
    /// Posts `fields` to `endpoint`, whose variable parts stand in `parts`, and sees that the person has
    /// a line more in the logs. Gives where it led.
    async fn take(
        &mut self,
        endpoint: &str,
        parts: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> String {
        let path = parts.iter().fold(endpoint.to_owned(), |path, (name, value)| {
            path.replace(&format!("{{{name}}}"), value)
        });
        let before = self.lines().await;
        let answer = self.who.post(&path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.gist());
        assert!(self.lines().await > before, "{endpoint} left no line");
        self.taken.insert(endpoint.to_owned());
        answer.location().to_owned()
    }

    /// As [`Steps::take`], where the answer is a page: what is shown once leads nowhere.
    async fn take_page(&mut self, endpoint: &str, fields: &[(&str, &str)]) -> Answer {
        let before = self.lines().await;
        let answer = self.who.post(endpoint, fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{endpoint}: {}", answer.gist());
        assert!(self.lines().await > before, "{endpoint} left no line");
        self.taken.insert(endpoint.to_owned());
        answer
    }

    async fn take_codes(&mut self, endpoint: &str, fields: &[(&str, &str)]) -> Vec<String> {
        backup_codes(&self.take_page(endpoint, fields).await)
    }

    /// Everything that can be done with a team, by the owner of the bot `acme_shop_bot`.
    async fn take_team(&mut self) {
        self.take("/w/rename", &[], &[("name", "Acme")]).await;
        let member = ("role", "member");
        self.take_page("/w/invitations", &[("email", "cy@example.org"), member]).await;
        for verb in ["resend", "revoke"] {
            let open = self.who.get("/w/members").await.value_of("invitation");
            let endpoint = format!("/w/invitations/{verb}");
            self.take(&endpoint, &[], &[("invitation", &open)]).await;
        }
        let bob = self.site.member("bob").await;
        for goes in [true, false] {
            let link = self.take_page("/w/invitations", &[member]).await;
            let token = link.body.split("/join?token=").nth(1).expect("a link");
            let token = token.split('<').next().expect("a token");
            let ann = std::mem::replace(&mut self.who, bob.clone());
            self.take("/join", &[], &[("token", token)]).await;
            if goes {
                self.take("/w/leave", &[], &[]).await;
            }
            self.who = ann;
        }
        let bob = ("user", self.who.get("/w/rights").await.value_of("user"));
        let bob = (bob.0, bob.1.as_str());
        self.take("/w/rights", &[], &[bob, ("on:acme_shop_bot", "sender")]).await;
        self.take("/w/members/role", &[], &[bob, ("role", "admin")]).await;
        self.take("/w/export", &[], &[]).await;
        self.take("/w/members/sign-out", &[], &[bob]).await;
        self.take("/w/members/remove", &[], &[bob]).await;
        let here = self.who.get("/w").await;
        self.take("/w/new", &[], &[("called", "Second")]).await;
        self.take("/w/close", &[], &[("typed", "Second")]).await;
        let second = self.who.get("/w").await.value_of("workspace");
        self.take("/w/keep", &[], &[("workspace", &second)]).await;
        let back = self.who.get("/w").await.value_of("workspace");
        self.who.done("/w/switch", &[("workspace", &back)]).await;
        assert!(here.body.contains("Acme") && self.who.get("/w").await.body.contains("Acme"));
    }

    /// A plan that is paid, looked after, and changed.
    async fn take_plan(&mut self, till: &Till) {
        let path = "/account/subscription";
        let team = [("plan", "team"), ("every", "month")];
        let page = self.take(&format!("{path}/checkout"), &[], &team).await;
        till.pay(&page, "4242424242424242").await;
        self.who.wait_for(path, "Next payment", 10).await;
        self.who.wait_for("/w/audit", "reported the plan Team (monthly), paid", 5).await;
        self.take(&format!("{path}/portal"), &[], &[]).await;
        let offer = self.who.get(&format!("{path}/change?plan=scale&every=month")).await;
        let at = offer.value_of("at");
        let scale = [("plan", "scale"), ("every", "month"), ("at", at.as_str())];
        self.take(&format!("{path}/change"), &[], &scale).await;
    }

    /// A broadcast that one person may not have got, once more.
    async fn take_again(&mut self, telegram: &SimHandle, bot: i64) {
        telegram.add_fault(Fault {
            bot: Some(bot),
            method: Some(sim::Method::SendMessage),
            count: Some(1),
            ..Fault::new(Trouble::ResetAfter)
        });
        let draft = self.who.done("/bots/acme_shop_bot/broadcasts", &[("text", "Lost")]).await;
        let draft = id(&draft);
        let path = format!("/bots/acme_shop_bot/broadcasts/{draft}");
        let version = self.who.get(&format!("{path}/confirm")).await.value_of("version");
        self.who.done(&format!("{path}/send"), &[("version", &version)]).await;
        self.who.wait_for(&path, "1 outcome is unknown", 20).await;
        self.who.wait_for("/w/audit", "finished a broadcast", 20).await;
        let until = self.who.get(&format!("{path}/again?all=on")).await.value_of("until");
        let here = [("slug", "acme_shop_bot"), ("id", draft.as_str())];
        let fields = [("all", "on"), ("until", until.as_str())];
        self.take("/bots/{slug}/broadcasts/{id}/again", &here, &fields).await;
        self.who.wait_for("/w/audit", "5 of 5 sent", 20).await;
    }

    /// Everything that a second person's approval is made of, by the owner of `acme_shop_bot` and a member.
    async fn take_approval(&mut self) {
        let (slug, bot) = (("slug", "acme_shop_bot"), "/bots/acme_shop_bot");
        let bea = self.site.member("bea").await;
        let link = self.who.post("/w/invitations", &[("role", "member")]).await;
        let token = link.body.split("/join?token=").nth(1).expect("a link");
        bea.done("/join", &[("token", token.split('<').next().expect("a token"))]).await;
        let user = self.who.get("/w/rights").await.value_of("user");
        self.who.done("/w/rights", &[("user", &user), ("on:acme_shop_bot", "sender")]).await;

        self.take("/w/approval", &[], &[("above", "2")]).await;
        let draft = self.who.done(&format!("{bot}/broadcasts"), &[("text", "To many")]).await;
        let draft = id(&draft);
        let page = format!("{bot}/broadcasts/{draft}/confirm");
        let here = [slug, ("id", draft.as_str())];
        let version = self.who.get(&page).await.value_of("version");
        let version = ("version", version.as_str());
        let step = |verb: &str| format!("/bots/{{slug}}/broadcasts/{{id}}/{verb}");
        for verb in ["withdraw", "refuse", "approve"] {
            self.take(&step("ask"), &here, &[version]).await;
            let request = bea.get(&page).await.value_of("request");
            let decision = [("request", request.as_str()), version];
            let ann = self.who.clone();
            if verb != "withdraw" {
                self.who = bea.clone();
            }
            self.take(&step(verb), &here, &decision).await;
            self.who = ann;
        }
        self.who.done("/w/approval", &[("above", "")]).await;
    }

    /// Everything that can be done with a second factor.
    async fn take_second_factor(&mut self, email: (&str, &str)) {
        let password = ("password", PASSWORD);
        self.take("/account/two-factor/begin", &[], &[]).await;
        let app = Authenticator::of_page(&self.who.get("/account/two-factor").await);
        let code = app.code(0);
        let codes = self.take_codes("/account/two-factor/confirm", &[("code", &code)]).await;
        self.take("/w/security", &[], &[("required", "on")]).await;
        let both = [password, ("code", codes[0].as_str())];
        let codes = self.take_codes("/account/two-factor/codes", &both).await;
        self.who.done("/auth/logout", &[]).await;
        self.who.done("/auth/login", &[email, password]).await;
        self.take("/auth/2fa", &[], &[("code", &codes[0])]).await;
        self.who.done("/w/security", &[]).await;
        self.take("/account/two-factor/off", &[], &[password, ("code", &codes[1])]).await;
    }

    /// Lines about people: what parts of Gannet did is not counted.
    async fn lines(&self) -> i64 {
        let sql = "select (select count(*) from audit_log where actor_id is not null)
                        + (select count(*) from account_log)";
        self.site.db.superuser().await.query_one(sql, &[]).await.expect("a number").get(0)
    }
}

/// The id at the end of a path without its query.
fn id(path: &str) -> String {
    let path = path.split('?').next().expect("a path");
    path.rsplit('/').next().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_that_changes_something_leaves_a_line() {
    let telegram = Sim::start(SimConfig::default()).await.expect("a simulator");
    let settings = [
        ("TELEGRAM_API_URL", telegram.base_url()),
        // Slow enough to be stopped on the way.
        ("TELEGRAM_RATE_PER_BOT", "1".to_owned()),
        ("TELEGRAM_PAID_RATE", "2".to_owned()),
        ("TELEGRAM_PAID_PRICE_MILLISTARS", "100".to_owned()),
    ];
    let till = Till::open().await;
    let site = Site::with(&[&settings[..], &till.settings()].concat()).await;
    till.tell(&site.url());
    let who = Browser::new(&site.url());
    let mut ann = Steps { site, who, taken: BTreeSet::new() };
    let email = ("email", "ann@example.org");

    ann.take("/auth/register", &[], &[("name", "Ann"), email, ("password", PASSWORD)]).await;
    let code = ann.site.mail.code_for(email.1).await;
    ann.take("/auth/verify", &[], &[email, ("code", &code)]).await;
    ann.take("/auth/logout", &[], &[]).await;
    ann.take("/auth/login", &[], &[email, ("password", PASSWORD)]).await;

    ann.take("/auth/forgot-password", &[], &[email]).await;
    let token = ann.site.mail.token_for(email.1).await;
    let another = "Another-Horse-8";
    let chosen = [("token", token.as_str()), ("password", another)];
    ann.take("/auth/reset-password", &[], &chosen).await;
    ann.who.done("/auth/login", &[email, ("password", another)]).await;

    let profile = [("name", "Ann Lee"), ("time_zone", "Europe/Berlin")];
    ann.take("/account", &[], &profile).await;
    let back = [("again", another), ("password", PASSWORD)];
    ann.take("/account/password", &[], &back).await;
    let newer = ("email", "ann.lee@example.org");
    ann.take("/account/address", &[], &[newer]).await;
    let code = ann.site.mail.code_for(newer.1).await;
    ann.take("/account/address/verify", &[], &[("code", &code)]).await;
    let phone = Browser::new(&ann.site.url());
    phone.done("/auth/login", &[newer, ("password", PASSWORD)]).await;
    let page = ann.who.get("/account/sessions").await;
    let session = page.value_of("session");
    ann.take("/account/sessions/revoke", &[], &[("session", &session)]).await;
    let out = phone.get("/account").await;
    assert!(out.location().starts_with("/auth/login"), "it is out on its next click");
    ann.take("/account/sessions/revoke-others", &[], &[]).await;

    ann.take_second_factor(newer).await;

    let new = NewBot { username: Some("acme_shop_bot".to_owned()), ..NewBot::default() };
    let bot = telegram.create_bot(new).expect("a bot");
    ann.take("/bots/connect", &[], &[("token", &bot.token), ("step", "connect")]).await;
    let slug = ("slug", "acme_shop_bot");
    telegram.people(bot.id, Script { count: 5, ..Script::default() }).expect("people");
    ann.who.wait_for("/bots/acme_shop_bot/subscribers", "5 people", 20).await;
    ann.take("/bots/{slug}/repair", &[slug], &[]).await;
    let page = ann.who.get("/bots/acme_shop_bot/settings").await;
    let version = page.value_of("if_unmodified_since");
    let version = ("if_unmodified_since", version.as_str());
    let texts = [("welcome", "Hi"), ("goodbye", "Bye"), version];
    ann.take("/bots/{slug}/settings", &[slug], &texts).await;
    for state in ["on", "off"] {
        ann.take("/bots/{slug}/read-only", &[slug], &[("read_only", state)]).await;
    }
    ann.take("/bots/{slug}/rate", &[slug], &[("rate", "1")]).await;
    let token = telegram.rotate_token(bot.id).expect("a new token");
    ann.take("/bots/{slug}/token", &[slug], &[("token", &token)]).await;
    ann.take_plan(&till).await;
    ann.take_team().await;
    ann.take_approval().await;

    let draft = ann.take("/bots/{slug}/broadcasts", &[slug], &[("text", "Hello")]).await;
    let draft = id(&draft);
    let path = format!("/bots/acme_shop_bot/broadcasts/{draft}");
    let here = [slug, ("id", draft.as_str())];
    let page = ann.who.get(&path).await;
    let version = page.value_of("if_unmodified_since");
    let edited = [("text", "Hello!"), ("if_unmodified_since", version.as_str())];
    ann.take("/bots/{slug}/broadcasts/{id}", &here, &edited).await;
    for audience in ["both", "subscribers"] {
        let page = ann.who.get(&format!("{path}/confirm")).await;
        let version = page.value_of("if_unmodified_since");
        let whom = [("audience", audience), ("if_unmodified_since", version.as_str())];
        ann.take("/bots/{slug}/broadcasts/{id}/recipients", &here, &whom).await;
    }
    for stars in ["5", ""] {
        let page = ann.who.get(&format!("{path}/confirm")).await;
        let version = page.value_of("if_unmodified_since");
        let cost = [("stars", stars), ("if_unmodified_since", version.as_str())];
        ann.take("/bots/{slug}/broadcasts/{id}/pay", &here, &cost).await;
    }
    let token = ann.who.get(&format!("{path}/confirm")).await.value_of("if_unmodified_since");
    let day = Timestamp::from_second(Timestamp::now().as_second() + 2 * 24 * 60 * 60);
    let day = day.expect("a moment").to_string()[..10].to_owned();
    let plan = [
        ("day", day.as_str()),
        ("time", "09:30"),
        ("zone", "Europe/Berlin"),
        ("if_unmodified_since", token.as_str()),
    ];
    ann.take("/bots/{slug}/broadcasts/{id}/schedule", &here, &plan).await;
    ann.take("/bots/{slug}/broadcasts/{id}/unschedule", &here, &[]).await;
    let version = ann.who.get(&format!("{path}/confirm")).await.value_of("version");
    ann.take("/bots/{slug}/broadcasts/{id}/send", &here, &[("version", &version)]).await;
    for verb in ["pause", "resume", "cancel"] {
        ann.take(&format!("/bots/{{slug}}/broadcasts/{{id}}/{verb}"), &here, &[]).await;
    }
    ann.take_again(&telegram, bot.id).await;
    let other = ann.who.done("/bots/acme_shop_bot/broadcasts", &[("text", "Never")]).await;
    let other = id(&other);
    let there = [slug, ("id", other.as_str())];
    ann.take("/bots/{slug}/broadcasts/{id}/discard", &there, &[]).await;

    let second = "select id::text from workspaces where name = 'Second'";
    let second: String =
        ann.site.db.superuser().await.query_one(second, &[]).await.expect("one").get(0);
    ann.take("/bots/{slug}/move", &[slug], &[("workspace", &second)]).await;

    let sandbox = ann.take("/bots/sandbox", &[], &[]).await;
    let sandbox = id(&sandbox);
    let slug = ("slug", sandbox.as_str());
    let draft = ann.who.done(&format!("/bots/{sandbox}/broadcasts"), &[("text", "Hi")]).await;
    let draft = id(&draft);
    let here = [slug, ("id", draft.as_str())];
    ann.who.get(&format!("/bots/{sandbox}/broadcasts/{draft}")).await;
    // The line is written when the Start arrives, which is a moment later.
    let link = "/bots/{slug}/broadcasts/{id}/link";
    ann.who.done(&format!("/bots/{sandbox}/broadcasts/{draft}/link"), &[]).await;
    ann.who.wait_for("/w/audit", "linked their Telegram", 20).await;
    ann.taken.insert(link.to_owned());
    ann.take("/bots/{slug}/broadcasts/{id}/test", &here, &[]).await;
    ann.take("/bots/{slug}/disconnect", &[slug], &[("username", &sandbox)]).await;

    let token = ann.site.setup_token();
    ann.take("/instance/setup", &[], &[("token", &token)]).await;
    ann.take("/instance/invite", &[], &[("email", "bob@example.org")]).await;
    let shut_out = "insert into client_standings (client, episodes, blocked_until, expires_at)
        values ('203.0.113.9', '{}', now() + interval '1 hour', now() + interval '1 day')";
    ann.site.db.superuser().await.batch_execute(shut_out).await.expect("written");
    ann.take("/instance/blocks/lift", &[], &[("client", "203.0.113.9")]).await;

    // Bob is about to go, and Ann works in the workspace that was his.
    let orphan = "update users set closes_at = now() + interval '30 days' where email_key = 'bob@example.org';
        insert into members (workspace_id, user_id, role)
        select m.workspace_id, ann.id, 'member' from members m join users u on u.id = m.user_id, users ann
        where u.email_key = 'bob@example.org' and ann.email_key = 'ann.lee@example.org'";
    ann.site.db.superuser().await.batch_execute(orphan).await.expect("written");
    let page = ann.who.get("/instance").await;
    let (workspace, me) = (page.value_of("workspace"), page.body.split("<option value=\"").nth(1));
    let me = me.and_then(|rest| rest.split('"').next()).expect("an heir");
    let gift = [("workspace", workspace.as_str()), ("user", me)];
    ann.take("/instance/workspaces/owner", &[], &gift).await;

    ann.take("/account/close", &[], &[("sure", "on")]).await;

    let silent = SILENT.map(|(path, _)| path.to_owned());
    let known: BTreeSet<String> = ann.taken.iter().cloned().chain(silent).collect();
    let all: BTreeSet<String> = endpoints()
        .into_iter()
        .filter(|endpoint| endpoint.method != Method::GET)
        // The same handlers under another name.
        .map(|endpoint| endpoint.path.strip_prefix("/api").unwrap_or(&endpoint.path).to_owned())
        .collect();
    assert_eq!(known, all, "each endpoint is either called here or silent for a reason");
}
