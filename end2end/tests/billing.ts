// What journeys about paying are made of.

import type { Locator, Page } from "@playwright/test";

import { expectStripe, giveCard, Steer } from "./stripe.ts";
import { type Account, expect, signUp, test as base } from "./support.ts";

/** The page about the plan. */
export const PAGE = "/account/subscription";

interface Fixtures {
  /** Who pays: somebody new each time, since a workspace has one plan. */
  payer: Account;
  /** What only Stripe can do. */
  stripe: Steer;
}

/** Journeys of {@link Fixtures.payer}, who is signed in. */
export const test = base.extend<Fixtures>({
  payer: async ({}, use) => {
    const who = await signUp("Paula Payer");
    await use(who);
    await who.api.dispose();
  },

  storageState: async ({ payer }, use) => use(payer.state),

  stripe: async ({}, use) => use(new Steer()),
});

/** The card of a plan. */
export function offer(page: Page, plan: string): Locator {
  return page.locator("section.card", { has: page.getByRole("heading", { name: plan, exact: true }) });
}

/** What stands in the card of the plan in force. */
export function mine(page: Page): Locator {
  return page.locator("section.card", { has: page.getByRole("heading", { name: "Your plan" }) });
}

/** Chooses a plan, pays, and waits until it is in force. */
export async function buy(page: Page, plan: string, card: string): Promise<void> {
  await page.goto(PAGE);
  await offer(page, plan).getByRole("button", { name: "Choose, monthly" }).click();
  await expectStripe(page, "Subscribe");
  await giveCard(page, card, /^(Start trial|Subscribe)$/);
  await expect(page.getByText("Thank you. The plan is in force.")).toBeVisible({ timeout: 20_000 });
}

/** Looks again until Stripe's news are there. */
export async function expectSoon(page: Page, words: string | RegExp): Promise<void> {
  await expect(async () => {
    await page.goto(PAGE);
    await expect(mine(page)).toContainText(words, { timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
}

/** Asks for another plan, up to what it costs. */
export async function askFor(page: Page, plan: string): Promise<void> {
  await page.goto(PAGE);
  await offer(page, plan).getByRole("link", { name: "Change to it, monthly" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Change the plan");
}
