// A team: somebody is invited, joins, sees what was granted, and loses it.

import type { Page } from "@playwright/test";

import {
  address,
  asOwner as test,
  axeViolations,
  expect,
  mailsTo,
  person,
  readCode,
  submit,
} from "./support.ts";

/** The link of the newest invitation of an address. */
async function readInvitation(email: string): Promise<string> {
  let link = "";
  await expect(async () => {
    const mails = await mailsTo(email);
    link = mails.map((mail) => /\/join\?token=[\w.-]+/.exec(mail.text)?.[0] ?? "").find(Boolean) ?? "";
    expect(link, `an invitation in a mail to ${email}`).not.toBe("");
  }).toPass({ timeout: 15_000 });
  return link;
}

/** Signs somebody up on the page that an invitation leads to, up to where they are led then. */
async function signUpFrom(page: Page, who: { name: string; email: string; password: string }): Promise<void> {
  await page.getByRole("link", { name: "Create an account" }).click();
  await expect(page.locator("input[name=email]")).toHaveValue(who.email);
  await page.locator("input[name=name]").fill(who.name);
  await page.locator("input[name=password]").fill(who.password);
  await submit(page.locator("form:has(input[name=password])"));
  await page.locator("input[name=code]").fill(await readCode(who.email));
  await submit(page.locator("form:has(input[name=code])"));
}

test("a colleague is invited by mail, joins, is granted a right, and loses the workspace", async ({
  page,
  owner,
  browser,
}) => {
  const cleo = person("Cleo Colleague");
  await page.goto("/w/members");
  expect(await axeViolations(page)).toEqual([]);
  await page.locator("input[name=email]").fill(cleo.email);
  await page.getByLabel("Role", { exact: true }).last().selectOption("member");
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(page.getByText("The invitation is ready")).toBeVisible();
  await expect(page.getByText(cleo.email, { exact: true })).toBeVisible();

  const context = await browser.newContext({
    storageState: { cookies: [], origins: [] },
    extraHTTPHeaders: { "x-forwarded-for": address() },
  });
  const hers = await context.newPage();
  await hers.goto(await readInvitation(cleo.email));
  expect(await axeViolations(hers)).toEqual([]);
  await signUpFrom(hers, cleo);
  await expect(hers).toHaveURL(/\/join\?token=/);
  await hers.getByRole("button", { name: "Join" }).click();
  await expect(hers.getByRole("status")).toContainText("Welcome to the team");
  const subscribers = `${owner.bot}/subscribers`;
  await hers.goto(subscribers);
  await expect(hers.getByRole("heading", { level: 1 }), "nothing was granted").toContainText("no access");

  await page.goto("/w/rights");
  expect(await axeViolations(page)).toEqual([]);
  const card = page.locator("form", { has: page.getByRole("button", { name: /what Cleo Colleague may do/ }) });
  await card.getByRole("combobox").first().selectOption("viewer");
  await card.getByRole("button").click();
  await expect(page.getByRole("status")).toContainText("Saved");
  await hers.goto(subscribers);
  await expect(hers.getByRole("heading", { level: 1 })).toContainText("Subscribers");

  await page.goto("/w/members");
  await page.getByText("Change Cleo Colleague").click();
  await page.getByRole("button", { name: "Remove Cleo Colleague" }).click();
  await expect(page.getByRole("status")).toContainText("lost the workspace");
  await hers.goto(subscribers);
  await expect(hers.getByRole("heading", { level: 1 })).toContainText("no access");
  await context.close();

  await page.goto("/w/audit");
  await expect(page.getByText("removed Cleo Colleague").first()).toBeVisible();
});

test("a workspace of one's own is founded, named, worked in and left behind, by keyboard", async ({ page }) => {
  await page.goto("/w");
  const name = `Second ${Math.random().toString(36).slice(2, 8)}`;
  await page.locator("input[name=called]").focus();
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/$/);
  await page.goto("/w");
  await expect(page.locator("input[name=name]")).toHaveValue(name);
  expect(await axeViolations(page)).toEqual([]);
  await page.locator("form[action='/w/switch'] button").first().focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/$/);
  await page.goto("/w");
  await expect(page.locator("input[name=name]")).not.toHaveValue(name);
});
