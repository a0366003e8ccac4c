// What journeys are made of. They import `test` and `expect` from here and not from Playwright, so
// that every page is watched and, in the project `no-wasm`, stays without WASM.

import { randomBytes } from "node:crypto";

import axe, { type AxeResults } from "axe-core";
import {
  type APIRequestContext,
  test as base,
  expect,
  type Locator,
  type Page,
  request,
} from "@playwright/test";

export { expect };

/** What a project decides. */
export interface Reach {
  /** Whether scripts and WASM reach the browser. */
  wasm: boolean;
}

/** What the browser complained about while a journey ran. */
export interface Complaints {
  /** One line each: an exception, an error on the console, a violation of the content policy. */
  lines: string[];
  /** Takes out the lines that the journey provoked, of which there must be at least one. */
  expect(pattern: RegExp): void;
  /** Takes out the lines that the journey may have provoked. */
  allow(pattern: RegExp): void;
}

/** A person with an account. */
export interface Person {
  name: string;
  email: string;
  password: string;
}

/** Somebody who is signed in. */
export interface Account extends Person {
  /** Speaks to the server without a browser, signed in, and is answered in JSON. */
  api: APIRequestContext;
  /** The cookies of a session. */
  state: Awaited<ReturnType<APIRequestContext["storageState"]>>;
}

/** Somebody who is signed in and has a sandbox bot, to which people come. */
export interface Owner extends Account {
  /** The bot's address. */
  bot: string;
}

/** Where the server is, as in `playwright.config.ts`. */
const SERVER = process.env.BASE_URL ?? "http://localhost:3000";

/** An address that nobody else comes from (RFC 2544 keeps the range for tests). */
export function address(): string {
  const [a, b, c] = randomBytes(3);
  return `198.${18 + ((a ?? 0) & 1)}.${b}.${c}`;
}

interface Lasting {
  /** One for all journeys of a project: signing up is walked elsewhere. */
  owner: Owner;
}

interface Fixtures {
  complaints: Complaints;
  /** Somebody new, who has no account yet. */
  newcomer: Person;
  /** The address that the journey comes from; null: the server's own machine. */
  client: string | null;
}

export const test = base.extend<Fixtures & Reach, Lasting>({
  wasm: [true, { option: true }],

  // Automatic: a journey fails when the browser complained, whatever else it looked at.
  complaints: [
    async ({ page, wasm }, use) => {
      let lines: string[] = [];
      if (!wasm) {
        await page.context().route(/\.(js|wasm)(\?|$)/, (route) => route.abort("blockedbyclient"));
      }
      // Of the context, so that a second tab is watched like the first.
      page.context().on("weberror", (error) => {
        lines.push(`exception: ${error.error().message}`);
      });
      page.context().on("console", (message) => {
        // Without WASM the page's script reports that its import was blocked: we did that.
        const ours = !wasm && /ERR_BLOCKED_BY_CLIENT/.test(message.text());
        if (message.type() === "error" && !ours) {
          lines.push(`console: ${message.text()}`);
        }
      });
      await use({
        get lines() {
          return lines;
        },
        expect(pattern) {
          expect(lines.some((line) => pattern.test(line)), `a complaint like ${pattern}`).toBe(true);
          this.allow(pattern);
        },
        allow(pattern) {
          lines = lines.filter((line) => !pattern.test(line));
        },
      });
      if (!wasm) {
        lines = lines.filter((line) => !/dynamically imported module/.test(line));
      }
      expect(lines, "the browser complained").toEqual([]);
    },
    { auto: true },
  ],

  newcomer: async ({}, use) => use(person()),

  // Everybody comes from somewhere else: what is limited by address is walked in a journey of its own.
  extraHTTPHeaders: async ({ client }, use) => {
    await use(client === null ? {} : { "x-forwarded-for": client });
  },

  client: [async ({}, use) => use(address()), { option: true }],

  owner: [
    async ({}, use) => {
      const owner = await settle();
      await use(owner);
      await owner.api.dispose();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

/** Journeys of somebody who is signed in already, as the {@link Owner}. */
export const asOwner = test.extend({
  storageState: async ({ owner }, use) => use(owner.state),
});

/** Speaks to the server without a browser, and is answered in JSON. */
function speak(): Promise<APIRequestContext> {
  return request.newContext({
    baseURL: SERVER,
    extraHTTPHeaders: { accept: "application/json", "x-forwarded-for": address() },
  });
}

/** Makes an account without a browser. */
export async function signUp(name: string): Promise<Account> {
  const [api, who] = [await speak(), person(name)];
  await post(api, "/auth/register", { ...who });
  const code = await readCode(who.email);
  await post(api, "/auth/verify", { email: who.email, code });
  return { ...who, api, state: await api.storageState() };
}

/** Makes an account and a sandbox bot without a browser, and waits until somebody is there. */
async function settle(): Promise<Owner> {
  const who = await signUp("Olga Owner");
  const { api } = who;
  const { next: bot } = await post<{ next: string }>(api, "/bots/sandbox", {});
  await expect(async () => {
    const people = await api.get(`${bot}/subscribers`, { headers: { accept: "text/html" } });
    expect(await people.text(), "somebody has pressed Start").toContain("<tbody");
  }).toPass({ timeout: 30_000 });
  return { ...who, bot };
}

/** Posts a form that the server must take, and returns its answer. */
export async function post<T>(
  api: APIRequestContext,
  path: string,
  form: Record<string, string>,
): Promise<T> {
  const answer = await api.post(path, { form });
  expect(answer.status(), `POST ${path}: ${await answer.text()}`).toBe(200);
  return answer.json() as Promise<T>;
}

/** A draft, as the server answers when it has saved one. */
export interface Saved {
  id: string;
  version: string;
}

/** Writes a draft of the owner's bot and returns its address and version. */
export async function draft(owner: Owner, text: string): Promise<{ path: string; version: string }> {
  const list = `${owner.bot}/broadcasts`;
  const saved = await post<Saved>(owner.api, list, { text });
  return { path: `${list}/${saved.id}`, version: saved.version };
}

/** Somebody whom no other journey knows. */
export function person(name = "Robin Tester"): Person {
  const unique = randomBytes(6).toString("hex");
  return { name, email: `robin.${unique}@example.test`, password: `Not-a-secret-${unique}` };
}

/** Signs up, verifies the address with the code from the mail, and signs in, as a person does. */
export async function register(page: Page, who: Person): Promise<void> {
  await page.goto("/auth/register");
  await page.locator("input[name=name]").fill(who.name);
  await page.locator("input[name=email]").fill(who.email);
  await page.locator("input[name=password]").fill(who.password);
  await submit(page.locator("form:has(input[name=password])"));

  await expect(page.locator("input[name=code]")).toBeVisible();
  await page.locator("input[name=code]").fill(await readCode(who.email));
  await submit(page.locator("form:has(input[name=code])"));
  await expect(page.locator("input[name=code]")).toBeHidden();

  if (new URL(page.url()).pathname === "/auth/login") {
    await signIn(page, who);
  }
}

/** Signs in with the form. */
export async function signIn(page: Page, who: Person): Promise<void> {
  await page.goto("/auth/login");
  await page.locator("input[name=email]").fill(who.email);
  await page.locator("input[name=password]").fill(who.password);
  await submit(page.locator("form:has(input[name=password])"));
  await expect(page).not.toHaveURL(/\/auth\/login/);
}

/** Presses the button that sends the form. */
export async function submit(form: Locator): Promise<void> {
  await form.locator("button:not([type=button]):not([type=reset])").first().click();
}

/** A mail that the server kept instead of sending it. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** The mails to an address, the newest first. */
export async function mailsTo(address: string): Promise<Mail[]> {
  // Mail is read on the server's own machine alone, so without the page's headers.
  const api = await request.newContext({ baseURL: SERVER, extraHTTPHeaders: {} });
  const answer = await api.get("/dev/mail", { headers: { accept: "application/json" } });
  expect(answer.status(), "GET /dev/mail").toBe(200);
  const mails: Mail[] = await answer.json();
  await api.dispose();
  return mails.filter((mail) => mail.to.includes(address));
}

/** Waits for a mail with a code of six digits and returns the code of the newest. */
export async function readCode(address: string): Promise<string> {
  let code = "";
  await expect(async () => {
    const newest = (await mailsTo(address))[0];
    code = /\b\d{6}\b/.exec(newest?.text ?? "")?.[0] ?? "";
    expect(code, `a code in a mail to ${address}`).not.toBe("");
  }).toPass({ timeout: 15_000 });
  return code;
}

/**
 * Clicks until the click has an effect.
 *
 * A button of an island does nothing before the island is hydrated, and nothing on the page tells
 * when that is. So `effect` is an expectation with a short timeout of its own.
 */
export async function clickUntil(target: Locator, effect: () => Promise<void>): Promise<void> {
  await expect(async () => {
    await target.click({ timeout: 2_000 });
    await effect();
  }).toPass({ intervals: [100, 250, 500], timeout: 15_000 });
}

/**
 * What axe finds wrong with the page as it stands, one line each. `only` is the name of a rule, when
 * all others have been asked already.
 */
export async function axeViolations(page: Page, only?: string): Promise<string[]> {
  // Evaluated by the debugger, which the page's content policy does not bind.
  await page.evaluate(axe.source);
  const options = JSON.stringify(only === undefined ? {} : { runOnly: [only] });
  const results = await page.evaluate<AxeResults>(`axe.run(document, ${options})`);
  return results.violations.map((violation) => {
    const where = violation.nodes.map((node) => node.target.join(" ")).join(", ");
    return `${violation.id}: ${violation.help} (${where})`;
  });
}
