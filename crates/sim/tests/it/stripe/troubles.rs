//! An API that is away, slow, or cut off.

use std::time::{Duration, Instant};

use sim::stripe::{Trouble, What};

use super::support::Shop;

#[tokio::test]
async fn each_trouble_is_what_it_says_and_ends() {
    let shop = Shop::open().await;
    for (what, status) in [(What::Down, 503), (What::Status(500), 500), (What::TooMany, 429)] {
        shop.stripe.add_trouble(Trouble::times(what, 2));
        for _ in 0..2 {
            let answer = shop.post("customers", &[]).await;
            assert_eq!(answer.refusal().0, status, "{what:?}");
        }
        shop.get("customers", &[]).await.ok();
    }
    assert!(shop.stripe.objects("customer").is_empty());
    let ask = || {
        shop.http
            .get(format!("{}/v1/customers", shop.stripe.base_url()))
            .bearer_auth(shop.stripe.secret_key())
            .send()
    };
    let id = shop.stripe.add_trouble(Trouble::new(What::Closed));
    for _ in 0..3 {
        assert!(ask().await.is_err());
    }
    assert_eq!(shop.stripe.requests().last().expect("it was asked").status, 0);
    assert!(shop.stripe.remove_trouble(id));
    assert!(ask().await.is_ok());
    shop.stripe.add_trouble(Trouble::times(What::SlowMs(80), 1));
    let begun = Instant::now();
    assert!(ask().await.is_ok());
    assert!(begun.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn whoever_hangs_up_is_served_all_the_same() {
    let shop = Shop::open().await;
    shop.stripe.add_trouble(Trouble::times(What::SlowMs(100), 1));
    let url = format!("{}/v1/customers", shop.stripe.base_url());
    let request =
        shop.http.post(url).bearer_auth(shop.stripe.secret_key()).form(&[("name", "Ada")]);
    assert!(request.timeout(Duration::from_millis(20)).send().await.is_err());
    crate::support::soon("the customer", async || {
        (shop.stripe.objects("customer").len() == 1).then_some(())
    })
    .await;
}
