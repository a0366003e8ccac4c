//! TLS with a real PostgreSQL, over a port.

use std::fs;

use store::connect;
use testdb::Alone;
use tokio_postgres::{NoTls, connect as plain};

const LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// How many connections that are not the one who asks speak TLS.
async fn encrypted(server: &Alone) -> i64 {
    let url = server.superuser_url("localhost", "sslmode=disable");
    let (client, connection) = plain(&url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    let count = "select count(*) from pg_stat_ssl s join pg_stat_activity a using (pid)
                 where s.ssl and a.backend_type = 'client backend' and pid <> pg_backend_pid()";
    client.query_one(count, &[]).await.expect("counted").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_verified_and_a_private_issuer_can_be_named() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a pair");
    let (certificate, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let server = Alone::start(Some((&certificate, &key)));
    let issuers = tempfile::NamedTempFile::new().expect("a file");
    fs::write(issuers.path(), &certificate).expect("written");
    let named = format!("sslmode=verify-full&sslrootcert={}", issuers.path().display());
    let open = async |host: &str, query: &str| {
        let url = server.superuser_url(host, query);
        tokio::time::timeout(LIMIT, connect::open(&url)).await.expect("in time")
    };

    let unasked = open("localhost", "").await.expect("nobody listens in between");
    assert_eq!(encrypted(&server).await, 0);
    drop(unasked);
    let refused = |result: diesel::ConnectionResult<_>| match result {
        Ok(_) => panic!("it was let in"),
        Err(err) => err.to_string(),
    };
    let unknown = refused(open("localhost", "sslmode=require").await);
    assert!(unknown.contains("TLS handshake") && unknown.contains("UnknownIssuer"), "{unknown}");
    let misnamed = refused(open("127.0.0.1", &named).await);
    assert!(misnamed.contains("TLS handshake") && misnamed.contains("not valid for"), "{misnamed}");
    let missing = refused(open("localhost", "sslmode=require&sslrootcert=/none").await);
    assert!(missing.starts_with("/none: "), "{missing}");

    let verified = open("localhost", &named).await.expect("its issuer is known");
    assert_eq!(encrypted(&server).await, 1);
    drop(verified);
    let version = connect::server_version(&server.superuser_url("localhost", &named)).await;
    assert!(version.expect("told") >= 150_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_offers_no_tls_gets_none_of_ours_in_plain_text() {
    let server = Alone::start(None);
    let url = server.superuser_url("localhost", "sslmode=require");
    let refused = connect::open(&url).await.err().expect("it speaks plain text").to_string();
    assert!(refused.contains("TLS handshake") && refused.contains("not support"), "{refused}");
}
