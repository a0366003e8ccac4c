// One's own account: back in without the password, other browsers, another password and address.

import type { Browser, Page } from "@playwright/test";

import {
  type Person,
  expect,
  mailsTo,
  person,
  readCode,
  register,
  signIn,
  submit,
  test,
} from "./support.ts";

/** The address in the newest link to a new password. */
async function readLink(address: string): Promise<string> {
  let link = "";
  await expect(async () => {
    const mails = await mailsTo(address);
    link = mails.map((mail) => /\/auth\/reset-password\?token=\w+/.exec(mail.text)?.[0] ?? "").find(Boolean) ?? "";
    expect(link, `a link in a mail to ${address}`).not.toBe("");
  }).toPass({ timeout: 15_000 });
  return link;
}

/** Another browser of the same person. */
async function elsewhere(browser: Browser, who: Person): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await signIn(page, who);
  return page;
}

test("auth.recovery: a forgotten password is reset by mail, once", async ({ page, newcomer, complaints }) => {
  await register(page, newcomer);
  await page.goto("/account");
  await submit(page.locator("main form[action='/auth/logout']"));
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.locator("input[name=email]").fill(newcomer.email);
  await submit(page.locator("form:has(input[name=email])"));
  await expect(page.getByRole("status")).toContainText("on its way");

  const link = await readLink(newcomer.email);
  await page.goto(link);
  const chosen = { ...newcomer, password: `${newcomer.password}-New` };
  await page.locator("input[name=password]").fill("short");
  await submit(page.locator("form:has(input[name=password])"));
  await expect(page.locator("input[name=password]")).toHaveAccessibleDescription(/10 characters/);
  complaints.expect(/422/);
  await page.locator("input[name=password]").fill(chosen.password);
  await submit(page.locator("form:has(input[name=password])"));
  await expect(page).toHaveURL(/\/auth\/login/);
  await expect(page.getByRole("status")).toContainText("was changed");
  await signIn(page, chosen);

  await page.goto(link);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("does not work any more");
  await expect(page.getByRole("link", { name: "Ask for a new link" })).toBeVisible();
});

test("auth.session: another browser that is signed out is out on its next click", async ({
  page,
  browser,
  newcomer,
}) => {
  await register(page, newcomer);
  const other = await elsewhere(browser, newcomer);
  await page.goto("/account/sessions");
  await expect(page.getByText("This one")).toBeVisible();
  await submit(page.locator("form[action='/account/sessions/revoke']"));
  await expect(page.getByRole("status")).toContainText("signed out");
  await other.goto("/account");
  await expect(other).toHaveURL(/\/auth\/login/);
  await page.goto("/account");
  await expect(page, "this one stays").toHaveURL(/\/account$/);
  await other.context().close();
});

test("a new password signs everybody else out", async ({ page, browser, newcomer }) => {
  await register(page, newcomer);
  const other = await elsewhere(browser, newcomer);
  await page.goto("/account/password");
  await page.locator("input[name=again]").fill(newcomer.password);
  await page.locator("input[name=password]").fill(`${newcomer.password}-New`);
  await submit(page.locator("form:has(input[name=password])"));
  await expect(page.getByRole("status")).toContainText("was changed");
  await other.goto("/account");
  await expect(other).toHaveURL(/\/auth\/login/);
  await other.context().close();
});

test("a new address is proved before it counts", async ({ page, newcomer }) => {
  await register(page, newcomer);
  const { email } = person();
  await page.goto("/account/address");
  await page.locator("input[name=email]").fill(email);
  await submit(page.locator("form:has(input[name=email])"));
  await expect(page.getByText(email)).toBeVisible();
  const told = (await mailsTo(newcomer.email)).map((mail) => mail.subject);
  expect(told).toContain("A new address for your Gannet account");
  await page.locator("input[name=code]").fill(await readCode(email));
  await submit(page.locator("form:has(input[name=code])"));
  await expect(page.getByRole("status")).toContainText("in force");
  await page.goto("/account");
  await expect(page.getByText(email).first()).toBeVisible();
});

test("a closed account comes back with its owner", async ({ page, newcomer }) => {
  await register(page, newcomer);
  await page.goto("/account/close");
  await page.getByRole("checkbox").check();
  await submit(page.locator("main form:has(input[name=sure])"));
  await expect(page.getByRole("status")).toContainText("closed");
  await signIn(page, newcomer);
  await expect(page.getByRole("status")).toContainText("your account stays");
});
