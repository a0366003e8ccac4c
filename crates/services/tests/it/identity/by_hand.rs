//! Verifying an address on the server's command line.

use domain::email::Email;
use services::{
    ServiceError,
    admin::{self, Verified},
};
use store::audit::Origin;

use super::*;

fn origin() -> Origin {
    Origin { user_agent: Some("TEST command".into()), ..Origin::system("command line") }
}

fn email(text: &str) -> Email {
    text.parse().expect("an address")
}

async fn verify(site: &Instance, address: &str) -> Result<Verified, ServiceError> {
    admin::verify(&site.svc.store, &site.svc.code_key, &email(address), &origin()).await
}

#[tokio::test]
async fn an_account_is_opened_by_hand_as_by_its_code_and_says_who_did_it() {
    let site = Instance::new().await;
    site.register("ann@example.org", PASSWORD, "Ann").await.expect("signed up");
    let code = site.code("ann@example.org").await;

    let verified = verify(&site, "Ann@Example.org").await.expect("verified");
    assert_eq!(verified, Verified::Now { workspace: "Ann's workspace".into() });
    site.login("ann@example.org", PASSWORD).await.expect("signed in");
    let again = verify(&site, "ann@example.org").await.expect("nothing to do");
    assert_eq!(again, Verified::Before);
    assert_eq!(fields(site.verify("ann@example.org", &code).await), ["code"], "the code is void");
    let open = site.texts("select purpose from email_codes where used_at is null").await;
    assert!(open.is_empty(), "{open:?}");

    let log = site.texts("select kind || ' ' || user_agent from account_log order by id").await;
    assert_eq!(
        log,
        [
            "account.registered Test/1.0",
            "account.verified_by_operator TEST command",
            "account.signed_in Test/1.0",
            "account.verification_refused Test/1.0",
        ]
    );
    let audit = "select concat_ws(' ', kind, actor_name, actor_id) from audit_log";
    assert_eq!(site.texts(audit).await, ["workspace.created command line"]);
    let members =
        "select w.name || ' ' || m.role from members m join workspaces w on w.id = m.workspace_id";
    assert_eq!(site.texts(members).await, ["Ann's workspace owner"]);
}

#[tokio::test]
async fn by_hand_and_by_code_at_once_found_one_workspace() {
    let site = Instance::new().await;
    site.register("ann@example.org", PASSWORD, "Ann").await.expect("signed up");
    let code = site.code("ann@example.org").await;
    let by_hand = (0..8).map(|_| verify(&site, "ann@example.org"));
    let (by_hand, by_code) =
        tokio::join!(futures::future::join_all(by_hand), site.verify("ann@example.org", &code));
    let won = by_hand.iter().filter(|done| matches!(done, Ok(Verified::Now { .. }))).count();
    assert_eq!(won + usize::from(by_code.is_ok()), 1, "{by_hand:?}");
    assert_eq!(site.texts("select name from workspaces").await.len(), 1);
}

#[tokio::test]
async fn nobody_is_made_up() {
    let site = Instance::new().await;
    assert!(matches!(verify(&site, "nobody@example.org").await, Err(ServiceError::NotFound)));
    let nobody = email("nobody@example.org");
    let shown = admin::show(&site.svc.store, &nobody).await;
    assert!(matches!(shown, Err(ServiceError::NotFound)));
    let listed = admin::list(&site.svc.store, Some(&nobody)).await;
    assert!(matches!(listed, Err(ServiceError::NotFound)));
    assert_eq!(site.log().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_list_goes_from_the_newest_to_the_oldest_and_ends() {
    let site = Instance::new().await;
    site.member("ann@example.org", "Ann").await;
    site.register("Bob@example.org", PASSWORD, "Bob").await.expect("signed up");
    for index in 0..50 {
        site.db.person(&format!("p{index:02}")).await;
    }
    let store = &site.svc.store;
    let first = admin::list(store, None).await.expect("a page");
    assert_eq!(first.users.len(), 50);
    assert_eq!(first.users[0].address, "p49@example.org");
    assert_eq!(first.next.as_deref(), Some("p00@example.org"));

    let after = email(&first.next.expect("more"));
    let rest = admin::list(store, Some(&after)).await.expect("a page");
    assert_eq!(rest.next, None);
    let [bob, ann] = &rest.users[..] else { panic!("two are left: {rest:?}") };
    assert_eq!(
        (bob.address.as_str(), bob.verified_at, bob.signed_in_at),
        ("Bob@example.org", None, None)
    );
    assert!(bob.workspaces.is_empty());
    assert!(ann.verified_at.is_some() && ann.signed_in_at.is_some());
    let places: Vec<_> =
        ann.workspaces.iter().map(|place| (&*place.name, place.role.as_str())).collect();
    assert_eq!(places, [("Ann's workspace", "owner")]);

    let shown = admin::show(store, &email("bob@example.org")).await.expect("an account");
    assert_eq!((shown.name.as_str(), shown.created_at), ("Bob", bob.created_at));
}
