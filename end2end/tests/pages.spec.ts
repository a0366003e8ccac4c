// Every page there is, in both themes and three widths: nothing that axe minds, nothing that the
// browser minds, nothing that has to be scrolled sideways.

import type { Page } from "@playwright/test";

import { type Owner, asOwner, axeViolations, draft, expect, post, test } from "./support.ts";

const WIDTHS = [360, 768, 1280];
const TEXT = "**Spring is here** 🌱\n\n> Everything __minus 20 %__\n\n[Our shop](https://shop.example)";

/** A page of somebody who is signed in. */
interface Case {
  name: string;
  /** Its address, once what it shows has been made. */
  at: (owner: Owner) => string | Promise<string>;
  /** Its heading. */
  heading: RegExp;
  /** When it is a refusal. */
  status?: number;
}

/** Looks at the open page in every theme and width. */
async function inspect(page: Page, heading: RegExp, wasm: boolean): Promise<void> {
  await expect(page).toHaveTitle(/Gannet/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText([heading]);
  await expect(page.getByRole("main")).toHaveCount(1);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await expectNoSidewaysScroll(page, width);
      // The themes differ in colours alone, and without WASM there is no more to see than with it.
      const rule = colorScheme === "dark" ? "color-contrast" : undefined;
      if (wasm || (width === WIDTHS[0] && rule === undefined)) {
        expect(await axeViolations(page, rule), `${colorScheme}, ${width} px`).toEqual([]);
      }
    }
  }
}

async function expectNoSidewaysScroll(page: Page, width: number): Promise<void> {
  const [room, wide] = await page.evaluate(() => {
    const root = document.scrollingElement ?? document.documentElement;
    const inner = window.innerWidth;
    const outside = [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > inner + 1)
      .map((element) => `${element.tagName}.${element.className}`);
    return [inner - root.scrollWidth, outside.slice(0, 5)] as const;
  });
  expect(room, `${width} px: what sticks out: ${wide.join(", ")}`).toBeGreaterThanOrEqual(0);
}

/** The bot's page, once all people are there: until then it loads itself again and again. */
async function settled({ api, bot }: Owner): Promise<string> {
  await expect(async () => {
    const page = await api.get(bot, { headers: { accept: "text/html" } });
    expect(page.headers()).not.toHaveProperty("refresh");
  }).toPass({ intervals: [1_000], timeout: 75_000 });
  return bot;
}

/** The address of the first person in the list. */
async function someone({ api, bot }: Owner): Promise<string> {
  const list = await api.get(`${bot}/subscribers`, { headers: { accept: "text/html" } });
  const link = /\/subscribers\/(\d+)"/.exec(await list.text());
  expect(link, "a person in the list").not.toBeNull();
  return `${bot}/subscribers/${link?.[1]}`;
}

/** A broadcast that waits for its time. */
async function waiting(owner: Owner): Promise<string> {
  const { path, version } = await draft(owner, TEXT);
  const day = new Date(Date.now() + 3 * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
  // The longest name there is.
  const zone = "America/Argentina/ComodRivadavia";
  await post(owner.api, `${path}/schedule`, { day, time: "09:30", zone, if_unmodified_since: version });
  return path;
}

/** A broadcast that has been sent, and stopped or ended by the `action`. */
async function sent(owner: Owner, action: "pause" | "cancel" | ""): Promise<string> {
  const { path, version } = await draft(owner, TEXT);
  await post(owner.api, `${path}/send`, { version });
  if (action !== "") {
    await post(owner.api, `${path}/${action}`, {});
  }
  return path;
}

const FOR_ALL: [path: string, heading: RegExp, status: number][] = [
  ["/", /Write to everyone/, 200],
  ["/auth/register", /Create your account/, 200],
  ["/auth/forgot-password", /Forgot your password/, 200],
  ["/auth/reset-password?token=none", /does not work any more/, 200],
  ["/auth/login", /Sign in/, 200],
  ["/auth/2fa", /Sign in/, 200],
  ["/join?token=none", /does not work any more/, 200],
  ["/auth/verify", /Enter the code/, 200],
  ["/auth/verify?email=robin%40example.test&done=sent", /Enter the code/, 200],
  ["/no/such/page", /There is nothing here/, 404],
];

for (const [path, heading, status] of FOR_ALL) {
  test(`a stranger at ${path}`, async ({ page, wasm, complaints }) => {
    const answer = await page.goto(path);
    expect(answer?.status()).toBe(status);
    await inspect(page, heading, wasm);
    if (status !== 200) {
      complaints.expect(new RegExp(String(status)));
    }
  });
}

test.describe("at the server's own machine", () => {
  test.use({ client: null });

  test("the styleguide, which shows page headers too", async ({ page, wasm }) => {
    await page.goto("/styleguide");
    await page.locator("main h1").first().waitFor();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await expectNoSidewaysScroll(page, width);
    }
    // Both themes are on it, side by side.
    expect(wasm ? await axeViolations(page) : []).toEqual([]);
  });
});

test("the theme that was chosen is there from the first byte", async ({ page }) => {
  await page.goto("/auth/login?next=%2Fbots");
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.getByRole("button", { name: "Light theme" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  const light = await paper();
  await page.getByRole("button", { name: "Dark theme" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page, "back to where it was pressed").toHaveURL("/auth/login?next=%2Fbots");
  expect(await paper()).not.toBe(light);
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/");
  expect(await paper(), "the device is not asked any more").not.toBe(light);
  const html = await (await page.request.get("/")).text();
  expect(html).toMatch(/<html[^>]* data-theme="dark"/);
});

const FOR_OWNERS: Case[] = [
  { name: "the overview", at: () => "/", heading: /Overview/ },
  { name: "the bots", at: () => "/bots", heading: /Bots/ },
  { name: "connecting a bot", at: () => "/bots/connect", heading: /Connect a bot/ },
  { name: "a bot", at: settled, heading: /./ },
  { name: "its settings", at: ({ bot }) => `${bot}/settings`, heading: /Settings/ },
  { name: "its subscribers", at: ({ bot }) => `${bot}/subscribers`, heading: /Subscribers/ },
  {
    name: "a search that finds nobody",
    at: ({ bot }) => `${bot}/subscribers?q=nobody-is-called-so`,
    heading: /Subscribers/,
  },
  { name: "a person", at: someone, heading: /./ },
  { name: "an empty composer", at: ({ bot }) => `${bot}/broadcasts/new`, heading: /New broadcast/ },
  { name: "a draft", at: async (owner) => (await draft(owner, TEXT)).path, heading: /Draft/ },
  {
    name: "the confirmation",
    at: async (owner) => `${(await draft(owner, TEXT)).path}/confirm`,
    heading: /Ready to send/,
  },
  {
    name: "the confirmation of nothing",
    at: async (owner) => `${(await draft(owner, "")).path}/confirm`,
    heading: /Ready to send/,
  },
  { name: "a scheduled broadcast", at: waiting, heading: /Spring/ },
  { name: "its text", at: async (owner) => `${await waiting(owner)}?edit=text`, heading: /Scheduled/ },
  {
    name: "the confirmation of another time",
    at: async (owner) => `${await waiting(owner)}/confirm`,
    heading: /Ready to send/,
  },
  { name: "a paused broadcast", at: (owner) => sent(owner, "pause"), heading: /Spring/ },
  { name: "the broadcasts", at: ({ bot }) => `${bot}/broadcasts`, heading: /Broadcasts/ },
  { name: "the audit log", at: () => "/w/audit", heading: /Audit log/ },
  { name: "the account", at: () => "/account", heading: /Account/ },
  { name: "the password", at: () => "/account/password", heading: /Password/ },
  { name: "the second factor", at: () => "/account/two-factor", heading: /Two-step sign-in/ },
  { name: "the workspace", at: () => "/w", heading: /Workspace/ },
  { name: "the members", at: () => "/w/members", heading: /Members/ },
  { name: "the rights", at: () => "/w/rights", heading: /Rights/ },
  { name: "the workspace's security", at: () => "/w/security", heading: /Security/ },
  { name: "the address", at: () => "/account/address", heading: /Address/ },
  { name: "the sessions", at: () => "/account/sessions", heading: /Sessions/ },
  { name: "the end of the account", at: () => "/account/close", heading: /Close/ },
  { name: "nothing", at: () => "/no/such/page", heading: /nothing here/, status: 404 },
  { name: "somebody else's bot", at: () => "/bots/no_such_bot", heading: /access/, status: 403 },
];

asOwner.describe("an owner at", () => {
  for (const { name, at, heading, status = 200 } of FOR_OWNERS) {
    asOwner(name, async ({ page, owner, wasm, complaints }) => {
      asOwner.slow(at === settled);
      const answer = await page.goto(await at(owner));
      expect(answer?.status()).toBe(status);
      await inspect(page, heading, wasm);
      if (status !== 200) {
        complaints.expect(new RegExp(String(status)));
      }
    });
  }
});
