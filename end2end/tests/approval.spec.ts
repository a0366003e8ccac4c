// A second person before a message goes to many; and a bot that stands still.

import type { Browser, Page } from "@playwright/test";

import {
  address,
  asOwner as test,
  axeViolations,
  draft,
  expect,
  mailsTo,
  person,
  type Person,
  post,
  register,
} from "./support.ts";

/** Somebody in a browser of their own, with an account, who has joined by the owner's link. */
async function colleague(browser: Browser, owner: Page, wasm: boolean, who: Person): Promise<Page> {
  await owner.goto("/w/members");
  await owner.getByLabel("Role", { exact: true }).last().selectOption("member");
  await owner.getByRole("button", { name: "Invite", exact: true }).click();
  const link = /http\S+\/join\?token=[\w.-]+/.exec((await owner.locator("main").innerText()) ?? "")?.[0];
  expect(link, "a link to hand over").toBeDefined();

  const context = await browser.newContext({
    storageState: { cookies: [], origins: [] },
    extraHTTPHeaders: { "x-forwarded-for": address() },
  });
  if (!wasm) {
    await context.route(/\.(js|wasm)(\?|$)/, (route) => route.abort("blockedbyclient"));
  }
  const page = await context.newPage();
  await register(page, who);
  await page.goto(link ?? "");
  await page.getByRole("button", { name: "Join" }).click();
  await expect(page.getByRole("status")).toContainText("Welcome to the team");

  await owner.goto("/w/rights");
  const card = owner.locator("form", {
    has: owner.getByRole("button", { name: new RegExp(`what ${who.name} may do`) }),
  });
  await card.getByRole("combobox").first().selectOption("sender");
  await card.getByRole("button").click();
  await expect(owner.getByRole("status")).toContainText("Saved");
  return page;
}

/** Waits until hardly anybody joins any more: an approval counts for a tenth more people than were looked at. */
async function everybodyHasCome(page: Page, path: string): Promise<void> {
  const audience = async () => {
    await page.goto(`${path}/confirm`);
    const text = await page.getByText(/^[\d,]+ people$/).first().innerText();
    return Number(text.replace(/\D/g, ""));
  };
  await expect(async () => {
    const before = await audience();
    await page.waitForTimeout(2_000);
    expect(await audience()).toBeLessThanOrEqual(before * 1.01);
  }).toPass({ timeout: 90_000 });
}

/** Sets above how many recipients a second person is asked. */
async function bound(page: Page, above: string): Promise<void> {
  await page.goto("/w");
  await page.locator("input[name=above]").fill(above);
  await page.getByRole("button", { name: "Save the number" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");
}

test("a broadcast to many is written, asked for, refused, asked for again, approved and sent", async ({
  page,
  owner,
  browser,
  wasm,
}) => {
  test.setTimeout(210_000);
  const paula = person("Paula Second");
  const hers = await colleague(browser, page, wasm, paula);
  await bound(page, "2");
  try {
    const { path } = await draft(owner, "To **many** at once");
    await everybodyHasCome(page, path);
    await expect(page.getByRole("button", { name: /^Send to/ })).toHaveCount(0);
    await expect(page.getByText("To many at once")).toBeVisible();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Ask for approval" }).click();
    await expect(page.getByRole("status")).toContainText("told by mail");
    await expect(page.getByRole("heading", { name: "Waits for a second person" })).toBeVisible();
    expect(await axeViolations(page)).toEqual([]);

    // Told by mail and on the pages, and led to what it is about.
    let link = "";
    await expect(async () => {
      const mails = await mailsTo(paula.email);
      const asked = mails.find((mail) => mail.subject.includes("waits for your approval"));
      link = /\/bots\/\S+\/confirm/.exec(asked?.text ?? "")?.[0] ?? "";
      expect(link, "a link in a mail").toContain(path);
    }).toPass({ timeout: 15_000 });
    await hers.goto("/");
    await expect(hers.getByText("1 broadcast waits for your approval")).toBeVisible();
    await hers.goto(owner.bot);
    await hers.getByRole("link", { name: "To many at once" }).click();
    await expect(hers).toHaveURL(new RegExp(`${path}/confirm`));
    expect(await axeViolations(hers)).toEqual([]);
    await hers.getByText("Say no").click();
    await hers.locator("textarea[name=reason]").fill("Not <b>today</b>");
    await hers.getByRole("button", { name: "Refuse it" }).click();
    await expect(hers.getByRole("status")).toContainText("Refused");

    await page.goto(`${path}/confirm`);
    await expect(page.getByText("Not <b>today</b>")).toBeVisible();
    await page.getByRole("button", { name: "Ask for approval" }).click();
    await hers.goto(link);
    await hers.getByRole("button", { name: /^Approve and send to/ }).click();
    await expect(hers).toHaveURL(new RegExp(`${path}$`));
    await expect(hers.getByText(/sending|done/).first()).toBeVisible();

    await page.goto("/w/audit");
    await expect(page.getByText(/approved a broadcast to .* that Olga Owner asked for/)).toBeVisible();
    await page.goto(path);
    const cancel = page.locator(`form[action$='/cancel'] button`);
    if ((await cancel.count()) > 0) {
      await post(owner.api, `${path}/cancel`, {});
    }
  } finally {
    await bound(page, "");
    await hers.context().close();
  }
});

test("a read-only bot is neither edited nor sent from, says so, and goes on afterwards", async ({
  page,
  owner,
}) => {
  const { path } = await draft(owner, "Later, perhaps");
  await page.goto(`${owner.bot}/settings`);
  await page.getByRole("button", { name: "Make it read-only" }).click();
  await expect(page.getByRole("status")).toContainText("read-only");
  expect(await axeViolations(page)).toEqual([]);
  try {
    await expect(page.locator("textarea[name=welcome]")).toHaveCount(0);
    for (const rest of ["", "/broadcasts", "/broadcasts/new"]) {
      await page.goto(`${owner.bot}${rest}`);
      await expect(page.getByText("This bot is read-only")).toBeVisible();
      await expect(page.getByRole("link", { name: "New broadcast" })).toHaveCount(0);
    }
    await page.goto(path);
    await expect(page.locator("textarea[name=text]")).toHaveCount(0);
    await expect(page.getByText("Later, perhaps")).toBeVisible();
    expect(await axeViolations(page)).toEqual([]);
    await page.goto(`${path}/confirm`);
    await expect(page.getByRole("button", { name: /^Send to/ })).toHaveCount(0);
    const refused = await owner.api.post(path, { form: { text: "Changed", if_unmodified_since: "1" } });
    expect(refused.status()).toBe(409);
    expect(await refused.text()).toContain("read-only");
  } finally {
    await post(owner.api, `${owner.bot}/read-only`, { read_only: "off" });
  }
  await page.goto(path);
  await expect(page.locator("textarea[name=text]")).toHaveValue("Later, perhaps");
  await page.goto(`${path}/confirm`);
  await expect(page.getByRole("button", { name: /^Send to/ })).toBeVisible();
});
