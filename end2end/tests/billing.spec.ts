// Paying for the workspace: a plan is chosen, paid on Stripe's page, changed, and cancelled.

import { expectSoon, mine, offer, PAGE, test } from "./billing.ts";
import { expectToFit, PHONE, tabTo, tap } from "./hands.ts";
import { CARD, expectStripe, giveCard } from "./stripe.ts";
import { axeViolations, expect } from "./support.ts";

test("a plan is chosen, paid on Stripe's page, and in force", async ({ page, payer, stripe }) => {
  await page.goto("/account");
  await page.getByRole("link", { name: "Subscription", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Subscription");
  await expect(mine(page)).toContainText("Free");
  expect(await axeViolations(page)).toEqual([]);
  const choose = offer(page, "Team").getByRole("button", { name: "Choose, monthly" });

  await choose.click();
  await expectStripe(page, "Subscribe");
  await page.getByRole("link", { name: /^Back/ }).click();
  await expect(page.getByRole("status")).toContainText("without paying. Nothing was changed");
  await expect(mine(page)).toContainText("Free");

  await choose.click();
  await giveCard(page, CARD.declined, "Start trial");
  await expect(page.getByRole("alert")).toHaveText("Your card was declined.");
  await page.goto(PAGE);
  await expect(mine(page), "nothing was paid").toContainText("Free");

  await choose.click();
  await stripe.hold();
  try {
    await giveCard(page, CARD.pays, "Start trial");
    await expect(page.getByRole("main")).toContainText("Waiting for Stripe");
    await expect(mine(page), "only Stripe says that it is paid").toContainText("Free");
    expect(await axeViolations(page)).toEqual([]);
  } finally {
    await stripe.letGo();
  }
  // The page looks by itself.
  await expect(page.getByText("Thank you. The plan is in force.")).toBeVisible({ timeout: 20_000 });
  await expect(mine(page)).toContainText("Team");
  await expect(mine(page)).toContainText("Trial");
  await expect(mine(page)).toContainText("First payment");
  await expect(mine(page)).toContainText(payer.email);
  expect(await page.content(), "nothing of the card").not.toContain("4242");
  expect(await axeViolations(page)).toEqual([]);
});

test("a plan is chosen and paid without a mouse", async ({ page }) => {
  await page.goto("/account");
  await tabTo(page, page.getByRole("link", { name: "Subscription", exact: true }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Subscription");
  await tabTo(page, offer(page, "Scale").getByRole("button", { name: "Choose, yearly" }));
  await page.keyboard.press("Enter");
  await expectStripe(page, "Subscribe");
  await tabTo(page, page.getByLabel("Card number"));
  await page.keyboard.type(CARD.pays);
  await page.keyboard.press("Enter");
  await expect(page.getByText("Thank you. The plan is in force.")).toBeVisible({ timeout: 20_000 });
  await expect(mine(page)).toContainText("Scale, paid yearly");
  await expect(mine(page)).toContainText("Next payment");
  await expect(page.getByRole("table", { name: "Invoices" })).toContainText("Paid");
});

test.describe("on a phone", () => {
  test.use(PHONE);

  test("a plan is bought, cancelled, and kept after all", async ({ page }) => {
    await page.goto(PAGE);
    await expectToFit(page);
    await tap(offer(page, "Team").getByRole("button", { name: "Choose, monthly" }));
    await giveCard(page, CARD.pays, "Start trial");
    await expect(page.getByText("Thank you. The plan is in force.")).toBeVisible({ timeout: 20_000 });
    await expectToFit(page);

    await tap(page.getByRole("button", { name: "Cancel the plan" }));
    await expectStripe(page, "Cancel plan");
    await page.getByRole("button", { name: "Cancel plan" }).tap();
    await expect(page.getByText("You are back from Stripe")).toBeVisible();
    await expectSoon(page, "Cancelled");
    await expect(mine(page)).toContainText(/Ends.*\d/);
    await expect(offer(page, "Team"), "until then it is theirs").toContainText("Yours");
    expect(await axeViolations(page)).toEqual([]);
    await expectToFit(page);

    await tap(page.getByRole("button", { name: "Manage billing" }));
    await expectStripe(page, "Billing");
    await page.getByRole("button", { name: "Keep plan" }).tap();
    await page.getByRole("link", { name: "Return" }).tap();
    await expectSoon(page, "Trial");
    await expect(mine(page)).toContainText("First payment");
    await expectToFit(page);
  });
});
