// Paying for the workspace: a plan is chosen, paid on Stripe's page, changed, and cancelled; a card fails.

import type { Page } from "@playwright/test";

import { expectToFit, PHONE, tabTo, tap } from "./hands.ts";
import { CARD, expectStripe, giveCard, Steer } from "./stripe.ts";
import {
  type Account,
  axeViolations,
  expect,
  mailsTo,
  person,
  post,
  signUp,
  test as base,
} from "./support.ts";

const PAGE = "/account/subscription";

interface Fixtures {
  /** Who pays: somebody new each time, since a workspace has one plan. */
  payer: Account;
  /** What only Stripe can do. */
  stripe: Steer;
}

const test = base.extend<Fixtures>({
  payer: async ({}, use) => {
    const who = await signUp("Paula Payer");
    await use(who);
    await who.api.dispose();
  },

  storageState: async ({ payer }, use) => use(payer.state),

  stripe: async ({}, use) => use(new Steer()),
});

/** The card of a plan. */
function offer(page: Page, plan: string) {
  return page.locator("section.card", { has: page.getByRole("heading", { name: plan, exact: true }) });
}

/** What stands in the card of the plan in force. */
function mine(page: Page) {
  return page.locator("section.card", { has: page.getByRole("heading", { name: "Your plan" }) });
}

/** Chooses a plan, pays, and waits until it is in force. */
async function buy(page: Page, plan: string, card: string): Promise<void> {
  await page.goto(PAGE);
  await offer(page, plan).getByRole("button", { name: "Choose, monthly" }).click();
  await expectStripe(page, "Subscribe");
  await giveCard(page, card, /^(Start trial|Subscribe)$/);
  await expect(page.getByText("Thank you. The plan is in force.")).toBeVisible({ timeout: 20_000 });
}

/** Looks again until Stripe's news are there. */
async function expectSoon(page: Page, words: string | RegExp): Promise<void> {
  await expect(async () => {
    await page.goto(PAGE);
    await expect(mine(page)).toContainText(words, { timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
}

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
  expect(await axeViolations(page)).toEqual([]);
});
