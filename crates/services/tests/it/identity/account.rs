//! Who is behind a session.

use contract::account::{AccountApi, SignedIn};
use domain::{ids::WorkspaceId, rights::Role};

use super::*;

async fn viewer(
    gannet: &Instance,
    user: UserId,
    workspace: Option<WorkspaceId>,
) -> Option<contract::cx::Viewer> {
    gannet.svc.viewer(SignedIn { user, workspace }).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chosen_workspace_counts_while_one_belongs_to_it_and_then_the_oldest() {
    let gannet = Instance::new().await;
    let ann = gannet.member("Ann@example.com", "Ann").await;
    let own = viewer(&gannet, ann, None).await.expect("a viewer");
    assert_eq!(
        (own.name.as_str(), own.email.as_str(), own.role),
        ("Ann", "Ann@example.com", Role::Owner)
    );
    assert_eq!((own.workspace_name.as_str(), own.time_zone.as_str()), ("Ann's workspace", "UTC"));

    let acme = gannet.db.tenant("acme").await;
    assert_eq!(
        viewer(&gannet, ann, Some(acme.workspace)).await,
        Some(own.clone()),
        "not a member there"
    );
    let person = testdb::Person { id: ann, email: own.email.clone() };
    gannet.db.member(acme.workspace, &person, Role::Member).await;
    let there = viewer(&gannet, ann, Some(acme.workspace)).await.expect("a viewer");
    assert_eq!((there.workspace, there.role), (acme.workspace, Role::Member));
    assert_eq!(viewer(&gannet, ann, None).await, Some(own), "the oldest");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_behind_a_session_without_a_verified_account_and_nobody_is_left_without_a_workspace()
 {
    let gannet = Instance::new().await;
    assert_eq!(viewer(&gannet, UserId::from(Uuid::now_v7()), None).await, None);
    let homeless = gannet.db.person("homeless").await;
    let looks = (0..8).map(|_| viewer(&gannet, homeless.id, None));
    for seen in futures::future::join_all(looks).await {
        assert_eq!(seen.expect("a viewer").workspace_name, "homeless's workspace");
    }
    let owned = "select count(*)::text from workspaces";
    assert_eq!(gannet.texts(owned).await, ["1"], "however many look at once");
    let acme = gannet.db.tenant("acme").await;
    let admin = gannet.db.superuser().await;
    admin.execute("update users set verified_at = null", &[]).await.expect("unverified");
    assert_eq!(viewer(&gannet, acme.owner.id, Some(acme.workspace)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_the_own_browsers_and_nobody_elses() {
    let gannet = Instance::new().await;
    let (ann, bob) = (
        gannet.member("ann@example.com", "Ann").await,
        gannet.member("bob@example.com", "Bob").await,
    );
    let admin = gannet.db.superuser().await;
    for (n, user, expires) in [(1, ann, "1 day"), (2, ann, "-1 day"), (3, bob, "1 day")] {
        let insert = format!(
            "insert into sessions (id_hash, user_id, epoch, data, expires_at, ip, user_agent)
             values (sha256('{n}'), $1, (select credentials_epoch from users where id = $1), '{{}}', gannet_now() + interval '{expires}', '192.0.2.{n}', 'Browser {n}')"
        );
        admin.execute(&insert, &[&user.as_uuid()]).await.expect("a session");
    }
    let cx = RequestCx { viewer: viewer(&gannet, ann, None).await, ..cx() };
    let sessions = gannet.svc.sessions(&cx).await.expect("sessions");
    let seen: Vec<_> = sessions.iter().map(|s| (s.ip.as_str(), s.user_agent.as_str())).collect();
    assert_eq!(seen, [("192.0.2.1", "Browser 1")]);
    assert_eq!(gannet.svc.sessions(&super::cx()).await, Err(ClientError::Unauthenticated));
}
