//! Keys for requests that must not be done twice.

use std::time::Duration;

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use sim::stripe::{Trouble, What};

use super::support::{Shop, id};

const KEY: &[(&str, &str)] = &[("Idempotency-Key", "order-1")];

#[tokio::test]
async fn the_same_key_gives_the_same_answer() {
    let shop = Shop::open().await;
    let ask = |form: &'static [(&'static str, &'static str)]| {
        shop.call_with(Method::POST, "customers", form, KEY)
    };
    let first = ask(&[("name", "Ada")]).await;
    let second = ask(&[("name", "Ada")]).await;
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(second.header("original-request"), first.header("request-id"));
    assert_eq!(first.header("idempotent-replayed"), "");
    assert_eq!(first.ok(), second.ok());
    let other = ask(&[("name", "Grace")]).await;
    assert_eq!(other.refusal(), (400, "idempotency_error", "", ""));
    assert_eq!(shop.stripe.objects("customer").len(), 1);

    // A day later the key is forgotten.
    shop.days(1);
    ask(&[("name", "Grace")]).await.ok();
    assert_eq!(shop.stripe.objects("customer").len(), 2);
}

#[tokio::test]
async fn refused_parameters_do_not_use_a_key_up_and_refused_deeds_do() {
    let shop = Shop::open().await;
    let ask = |path: &'static str, form: &'static [(&'static str, &'static str)]| {
        shop.call_with(Method::POST, path, form, KEY)
    };
    assert_eq!(ask("customers", &[("colour", "red")]).await.status, 400);
    let gone = ask("customers/cus_none", &[("name", "Ada")]).await;
    assert_eq!(gone.status, 404);
    let again = ask("customers/cus_none", &[("name", "Ada")]).await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (StatusCode::NOT_FOUND, "true")
    );
}

#[tokio::test]
async fn of_sixty_four_at_once_one_is_done() {
    let shop = Shop::with(|setup| setup.latency = Duration::from_millis(30)).await;
    let all = (0..64).map(|_| shop.call_with(Method::POST, "customers", &[("name", "Ada")], KEY));
    let answers = join_all(all).await;
    let customers = shop.stripe.objects("customer");
    assert_eq!(customers.len(), 1);
    let mut busy = 0;
    for answer in answers {
        if answer.status == StatusCode::CONFLICT {
            assert_eq!(answer.refusal().2, "idempotency_key_in_use");
            busy += 1;
        } else {
            assert_eq!(id(&answer.ok()), id(&customers[0]));
        }
    }
    assert!(busy > 0, "nobody came at the same time");
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again() {
    let shop = Shop::open().await;
    shop.stripe.add_trouble(Trouble::times(What::ClosedAfter, 1));
    let url = format!("{}/v1/customers", shop.stripe.base_url());
    let lost = shop.http.post(url).bearer_auth(shop.stripe.secret_key());
    let lost = lost.header("Idempotency-Key", "order-1").form(&[("name", "Ada")]);
    assert!(lost.send().await.is_err());
    assert_eq!(shop.stripe.objects("customer").len(), 1);
    let again = shop.call_with(Method::POST, "customers", &[("name", "Ada")], KEY).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(id(&again.ok()), id(&shop.stripe.objects("customer")[0]));
}
