// The life of a workspace: a bot moves into it, it is marked for deletion, and kept.

import type { Page } from "@playwright/test";

import { asOwner as test, axeViolations, expect, mailsTo, submit } from "./support.ts";

/** Founds another workspace and works in it. */
async function found(page: Page): Promise<string> {
  await page.goto("/w");
  const name = `Life ${Math.random().toString(36).slice(2, 8)}`;
  await page.locator("input[name=called]").fill(name);
  await submit(page.locator("form[action='/w/new']"));
  await expect(page).toHaveURL(/\/$/);
  return name;
}

/** The form of a page that has this field; it may ask for the password once more. */
async function prove(page: Page, form: string, password: string): Promise<void> {
  const again = page.locator(`${form} input[name=again]`);
  if (await again.isVisible()) {
    await again.fill(password);
  }
}

test("a workspace is deleted by whoever types its name, and kept with everything in it", async ({
  page,
  owner,
  complaints,
}) => {
  const name = await found(page);
  await page.goto("/w");
  expect(await axeViolations(page)).toEqual([]);
  const form = "form[action='/w/close']";
  await page.locator(`${form} input[name=typed]`).fill("Something else");
  await prove(page, form, owner.password);
  await submit(page.locator(form));
  await expect(page.getByRole("alert")).toContainText(name);
  complaints.expect(/422/);
  await expect(page.locator(`${form} input[name=typed]`)).toHaveValue("Something else");
  expect(await axeViolations(page)).toEqual([]);

  await page.locator(`${form} input[name=typed]`).fill(name);
  await prove(page, form, owner.password);
  await submit(page.locator(form));
  await expect(page.getByRole("status")).toContainText("30 days");
  await page.goto("/w");
  await expect(page.locator("input[name=name]"), "another one is at hand").not.toHaveValue(name);
  const row = page.getByRole("row", { name: new RegExp(name) });
  await expect(row.getByRole("button", { name: "Switch" })).toHaveCount(0);
  expect(await axeViolations(page)).toEqual([]);
  await expect(async () => {
    const mails = await mailsTo(owner.email);
    expect(mails.filter((mail) => mail.text.includes(name)).length, "one mail").toBe(1);
  }).toPass({ timeout: 15_000 });

  await row.getByRole("button", { name: "Keep it" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toContainText("stays");
  await page.goto("/w/audit");
  await expect(page.getByText("marked the workspace for deletion").first()).toBeVisible();
  await expect(page.getByText("kept the workspace").first()).toBeVisible();
});

test("a bot moves to another workspace, and back, with its subscribers", async ({ page, owner }) => {
  const settings = `${owner.bot}/settings`;
  await page.goto("/w");
  const home = await page.locator("input[name=name]").inputValue();
  const name = await found(page);
  for (const [from, to] of [
    [home, name],
    [name, home],
  ] as const) {
    await page.goto(settings);
    const form = `form[action='${owner.bot}/move']`;
    await page.locator(`${form} select`).selectOption({ label: to });
    expect(await axeViolations(page)).toEqual([]);
    await prove(page, form, owner.password);
    await submit(page.locator(form));
    await expect(page.getByRole("status")).toContainText("The bot moved");
    await page.goto(`${owner.bot}/subscribers`);
    await expect(page.locator("tbody tr").first()).toBeVisible();
    await page.goto("/w/audit");
    await expect(page.getByText("from another workspace").first()).toBeVisible();
    await page.goto("/w");
    await expect(page.locator("input[name=name]"), `moved from ${from}`).toHaveValue(to);
  }
});
