//! The way in, where it bends.

use crate::support::{Browser, PASSWORD, Site};

#[tokio::test(flavor = "multi_thread")]
async fn who_mistyped_the_address_mends_it_and_types_nothing_else_again() {
    let site = Site::with(&[]).await;
    let ann = Browser::new(&site.url());
    let form = [("name", "Ann Lee"), ("email", "ann@exmaple.org"), ("password", PASSWORD)];
    let code_page = ann.done("/auth/register", &form).await;
    // Through a wrong code and another mail the name stays at hand.
    let page = ann.get(&code_page).await;
    let who = [("email", page.value_of("email")), ("name", page.value_of("name"))];
    let who = who.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(who, [("email", "ann@exmaple.org"), ("name", "Ann Lee")]);
    let refused = ann.post("/auth/verify", &[who[0], who[1], ("code", "000000")]).await;
    assert_eq!(refused.status, 422, "{}", refused.gist());
    let resent = ann.post("/auth/resend", &who).await;
    for page in [page, refused, resent] {
        let mend = page.body.split("href=\"").find(|rest| rest.starts_with("/auth/register"));
        let mend = mend.and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let form = ann.get(&mend.replace("&amp;", "&")).await;
        assert_eq!(form.value_of("name"), "Ann Lee", "{}", page.gist());
        assert_eq!(form.value_of("email"), "ann@exmaple.org", "{}", page.gist());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_sign_ups_are_closed_the_page_and_the_form_say_so() {
    let site = Site::with(&[("SIGNUPS", "closed".to_owned())]).await;
    let ann = Browser::new(&site.url());
    let closed = contract::auth::Signups::Closed.refusal();
    let page = ann.get("/auth/register").await;
    assert!(page.status == 200 && page.body.contains(closed), "{}", page.gist());
    let form = [("name", "Ann"), ("email", "ann@example.org"), ("password", PASSWORD)];
    let refused = ann.post("/auth/register", &form).await;
    assert!(refused.status == 409 && refused.body.contains(closed), "{}", refused.gist());
}
