//! The roles, made on a bare server, and which of them are too powerful.

use store::roles;
use testdb::Alone;
use tokio_postgres::{Client, NoTls};

async fn connected(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_is_no_superuser_makes_roles_and_database() {
    let server = Alone::start(None);
    let superuser = connected(&server.superuser_url("localhost", "")).await;
    let admin = "create role admin login createrole createdb";
    superuser.batch_execute(admin).await.expect("a role");

    let url = server.url("admin", "localhost", "");
    for database in ["gannet", "gannet", "another"] {
        roles::create(&url, database, |_| Some("TEST".to_owned())).await.expect(database);
    }
    let owners = "select count(*) from pg_database d join pg_roles r on r.oid = d.datdba
                  where datname in ('gannet', 'another') and rolname = 'gannet_owner'";
    assert_eq!(superuser.query_one(owners, &[]).await.expect("counted").get::<_, i64>(0), 2);
    let after = connected(&url).await;
    let refused = after.batch_execute("set role gannet_owner").await;
    assert!(refused.is_err(), "the administrator may not act as the owner afterwards");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_belongs_to_a_powerful_role_is_too_powerful() {
    let server = Alone::start(None);
    let superuser = connected(&server.superuser_url("localhost", "")).await;
    let made = "create role plain login;
                create role passes bypassrls; create role between; create role ann login;
                grant passes to between; grant between to ann;
                create role bob login noinherit; grant postgres to bob;";
    superuser.batch_execute(made).await.expect("roles");
    for (role, want) in [("plain", false), ("ann", true), ("bob", true)] {
        let url = server.url(role, "localhost", "");
        let found = roles::too_powerful(&url).await.expect("asked");
        assert_eq!(found.is_some_and(|why| why.contains("belongs to a role")), want, "{role}");
    }
}
