// What Stripe tells is believed when Stripe signed it. Signed here by Stripe's own library, so that it is not
// our reading of its documentation that is asked.

import { randomBytes } from "node:crypto";

import Stripe from "stripe";
import { type APIResponse } from "@playwright/test";

import { expect, test } from "./support.ts";
import { WEBHOOK_SECRET } from "./stripe.ts";

const { generateTestHeaderString } = Stripe.webhooks;
/** How far a signature may be from the server's clock, in seconds. */
const TOLERANCE = 300;

/** An event about a customer whom nobody knows. */
function event(): string {
  const unique = randomBytes(8).toString("hex");
  return JSON.stringify({
    id: `evt_${unique}`,
    object: "event",
    api_version: "2026-09-30.endive",
    created: seconds(),
    livemode: false,
    pending_webhooks: 1,
    type: "customer.subscription.updated",
    data: { object: { id: `sub_${unique}`, object: "subscription", customer: `cus_${unique}` } },
  });
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Stripe's header for a body, as its library makes it. */
function sign(payload: string, how: { secret?: string; timestamp?: number; scheme?: string } = {}): string {
  return generateTestHeaderString({ secret: WEBHOOK_SECRET, ...how, payload });
}

/** Only the part of a header with the signature. */
function part(header: string, scheme = "v1"): string {
  const found = header.split(",").find((one) => one.startsWith(`${scheme}=`));
  expect(found, `${scheme} in ${header}`).toBeDefined();
  return found ?? "";
}

// No page is looked at, so once is enough.
test.describe("Stripe's events", { tag: "@no-wasm" }, () => {
  let bring: (body: string, signature?: string) => Promise<APIResponse>;

  test.beforeEach(({ request }) => {
    bring = (data, signature) => {
      const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8" };
      if (signature !== undefined) {
        headers["stripe-signature"] = signature;
      }
      return request.post("/stripe/webhook", { data, headers });
    };
  });

  test("pay.signature: an event that Stripe's own library signed is taken", async () => {
    const body = event();
    const taken = await bring(body, sign(body));
    expect(taken.status()).toBe(200);
    expect(await taken.text(), "and nothing is said").toBe("");
    expect((await bring(body, sign(body))).status(), "brought again").toBe(200);

    const next = event();
    const other = sign(next, { secret: "whsec_another_endpoint_not_a_secret" });
    const [time, ours] = sign(next).split(",");
    for (const both of [`${time},${part(other)},${ours}`, `${time},${ours},${part(other)}`]) {
      expect((await bring(next, both)).status(), "one of two fits, as while a secret is exchanged").toBe(200);
    }
    const with0 = `${sign(next)},${part(sign(next, { scheme: "v0" }), "v0")}`;
    expect((await bring(next, with0)).status(), "beside another scheme").toBe(200);
  });

  test("pay.signature: an event is taken up to five minutes from the clock, to either side", async () => {
    const statuses: Record<string, number> = {};
    for (const off of [-TOLERANCE - 1, -TOLERANCE, TOLERANCE, TOLERANCE + 1]) {
      await expect(async () => {
        const [body, now] = [event(), seconds()];
        const answer = await bring(body, sign(body, { timestamp: now + off }));
        statuses[off] = answer.status();
        // Judged in another second than it was signed in, it would be another distance.
        expect(Date.parse(answer.headers().date ?? "") / 1000).toBe(now);
      }).toPass({ intervals: [100] });
    }
    expect(statuses).toEqual({ "-301": 400, "-300": 200, "300": 200, "301": 400 });
  });

  test("pay.signature: an event that is not signed well is refused, without a word about why", async () => {
    const body = event();
    const good = sign(body);
    const [time] = good.split(",");
    const bad: Record<string, [string, string | undefined]> = {
      "no signature": [body, undefined],
      "an empty one": [body, ""],
      "v0 only": [body, sign(body, { scheme: "v0" })],
      "a time only": [body, time],
      "no time": [body, part(good)],
      "two times": [body, `${time},${good}`],
      "a changed body": [body.replace("updated", "deleted"), good],
      "a longer body": [`${body} `, good],
      "a cut signature": [body, good.slice(0, -1)],
      "a signature cut by half": [body, good.slice(0, -32)],
      "an hour old": [body, sign(body, { timestamp: seconds() - 3600 })],
      "another time than was signed": [body, `t=${seconds() - 1},${part(good)}`],
      "another endpoint's secret": [body, sign(body, { secret: "whsec_another_endpoint_not_a_secret" })],
      "signed, but no event": ["{}", sign("{}")],
    };
    for (const [what, [data, signature]] of Object.entries(bad)) {
      const answer = await bring(data, signature);
      expect(answer.status(), what).toBe(400);
      expect(await answer.text(), what).toBe("");
    }
    expect((await bring(body, good)).status(), "all of it was about one that is good").toBe(200);
  });

  test("pay.signature: an event longer than any can be is refused, signed or not", async () => {
    const body = JSON.stringify({ ...JSON.parse(event()), padding: "x".repeat(1024 * 1024) });
    const answer = await bring(body, sign(body));
    expect(answer.status()).toBe(413);
    expect(await answer.text()).toBe("");
    expect((await bring(body)).status(), "not even read").toBe(400);
  });
});
