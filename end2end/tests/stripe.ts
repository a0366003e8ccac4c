// The simulated Stripe that the server talks to: what people do on its pages, and what only Stripe can do.
// `crates/sim/STRIPE.md` describes it.

import { expect, type Page, request } from "@playwright/test";

import type { Person } from "./support.ts";

/** Where it is. `cargo xtask test` starts one and says so. */
const SIMULATOR = process.env.STRIPE_SIM_URL ?? "http://127.0.0.1:8082";
/** What its events are signed with. Not a secret: no money moves there. */
export const WEBHOOK_SECRET = process.env.STRIPE_WEBHOOK_SECRET ?? "whsec_gannet_sim_not_a_secret";
const KEY = "sk_test_gannet_sim_not_a_secret";

/** Stripe's test cards. */
export const CARD = {
  pays: "4242 4242 4242 4242",
  declined: "4000 0000 0000 0002",
  failsLater: "4000 0000 0000 0341",
};

/** What is at Stripe, as far as journeys look at it. */
interface AtStripe {
  id: string;
  email?: string;
  customer?: string;
}

/** What only Stripe, or somebody else at its API, can do. */
export class Steer {
  /** Has nothing told until {@link letGo}. */
  async hold(): Promise<void> {
    await this.#control("PUT", "/events/hold", { hold: true });
  }

  /** Has told what was held back. */
  async letGo(): Promise<void> {
    await this.#control("PUT", "/events/hold", { hold: false });
  }

  /** Has the bank decline the next charge of somebody. */
  async declineNext(who: Person): Promise<void> {
    const { id } = await this.#customer(who);
    await this.#control("POST", `/customers/${id}/decline`, { times: 1 });
  }

  /** Ends somebody's trial, so that the first payment is made now: the clock is everybody's, and stays. */
  async endTrial(who: Person): Promise<void> {
    const { id } = await this.#customer(who);
    const all = await this.#control("GET", "/objects?kind=subscription");
    const own = (all as AtStripe[]).filter((one) => one.customer === id);
    expect(own, "one subscription").toHaveLength(1);
    const api = await request.newContext({ baseURL: SIMULATOR });
    const answer = await api.post(`/v1/subscriptions/${own[0]?.id}`, {
      headers: { authorization: `Bearer ${KEY}`, "stripe-version": "2026-09-30.endive" },
      form: { trial_end: "now" },
    });
    expect(answer.status(), await answer.text()).toBe(200);
    await api.dispose();
  }

  async #customer(who: Person): Promise<AtStripe> {
    const all = (await this.#control("GET", "/objects?kind=customer")) as AtStripe[];
    const found = all.find((one) => one.email === who.email);
    expect(found, `a customer ${who.email}`).toBeDefined();
    return found as AtStripe;
  }

  async #control(method: string, path: string, data?: object): Promise<unknown> {
    const api = await request.newContext({ baseURL: SIMULATOR });
    const answer = await api.fetch(`/control${path}`, data === undefined ? { method } : { method, data });
    expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true);
    const said = await answer.text();
    await api.dispose();
    return said === "" ? undefined : JSON.parse(said);
  }
}

/** Waits until the page is one of Stripe's. */
export async function expectStripe(page: Page, title: string): Promise<void> {
  await expect(page).toHaveURL((url) => url.href.startsWith(`${SIMULATOR}/`));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
}

/** Types a card on Stripe's page and presses the button. */
export async function giveCard(page: Page, card: string, button: string | RegExp): Promise<void> {
  await page.getByLabel("Card number").fill(card);
  await page.getByRole("button", { name: button }).click();
}
