// A broadcast that begins by itself: at a time that is chosen, changed, taken back, and comes.

import { asOwner as test, axeViolations, draft, expect, post } from "./support.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** `2026-11-27`, so many days from now by the clock of UTC. */
function day(ahead: number): string {
  return new Date(Date.now() + ahead * DAY_MS).toISOString().slice(0, 10);
}

/** The next last Sunday in March that is more than a day ahead: clocks in Berlin skip 2 to 3 o'clock. */
function nightWithAGap(): string {
  const thisYear = new Date().getUTCFullYear();
  const nights = [thisYear, thisYear + 1].map((year) => {
    const last = new Date(Date.UTC(year, 2, 31));
    return new Date(last.getTime() - last.getUTCDay() * DAY_MS);
  });
  const next = nights.find((night) => night.getTime() > Date.now() + DAY_MS);
  return (next ?? new Date(0)).toISOString().slice(0, 10);
}

test("a time is chosen, mended, changed and taken back", async ({ page, owner, complaints }) => {
  const { path } = await draft(owner, "Closed on **Monday**");
  await page.goto(`${path}/confirm`);
  await page.getByText("Send at a time instead").click();
  const plan = page.locator("form[action$='/schedule']");
  await plan.getByLabel("Day").fill("2020-01-01");
  await plan.getByLabel("Time", { exact: true }).fill("09:30");
  await plan.getByLabel("Time zone").selectOption("Asia/Kathmandu");
  expect(await axeViolations(page)).toEqual([]);
  await plan.getByRole("button").click();

  // What was typed is still there, and what is wrong stands at its field.
  await expect(page.getByRole("alert")).toContainText("This time has passed already");
  await expect(plan.getByLabel("Time", { exact: true })).toHaveValue("09:30");
  await expect(plan.getByLabel("Time zone")).toHaveValue("Asia/Kathmandu");
  complaints.expect(/422/);
  expect(await axeViolations(page)).toEqual([]);
  await plan.getByLabel("Day").fill(day(3));
  await plan.getByRole("button").click();

  await expect(page.getByRole("status")).toContainText("at its time");
  await expect(page.getByText("09:30 (Asia/Kathmandu, UTC+05:45)")).toBeVisible();
  await expect(page.getByText("Everybody who is subscribed at that time")).toBeVisible();
  await expect(page.getByText("Closed on Monday").last()).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);

  await page.goto(`${owner.bot}/broadcasts`);
  const row = page.getByRole("row").filter({ has: page.locator(`a[href='${path}']`) });
  await expect(row).toContainText("scheduled");

  await page.goto(path);
  await page.getByRole("link", { name: "Change the time" }).click();
  await plan.getByLabel("Time", { exact: true }).fill("18:00");
  await plan.getByRole("button", { name: "Change the time" }).click();
  await expect(page.getByText("18:00 (Asia/Kathmandu, UTC+05:45)")).toBeVisible();

  // The text is saved when one says so, and not before.
  await page.getByRole("link", { name: "Change the text" }).click();
  await page.locator("textarea[name=text]").fill("Closed on Tuesday");
  await page.getByLabel("Deliver without sound").check();
  expect(await axeViolations(page)).toEqual([]);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Closed on Tuesday").last()).toBeVisible();
  await expect(page.getByText("Without sound")).toBeVisible();
  await expect(page.getByText("18:00 (Asia/Kathmandu, UTC+05:45)")).toBeVisible();

  await page.getByRole("button", { name: "Back to draft" }).click();
  await expect(page.getByRole("status").first()).toContainText("It is a draft again");
  await expect(page.locator("textarea[name=text]")).toHaveValue("Closed on Tuesday");
  await expect(page.getByLabel("Deliver without sound")).toBeChecked();
  await post(owner.api, `${path}/discard`, {});
});

test("half a sentence in what waits for its time is saved by nobody @wasm", async ({ page, owner }) => {
  const { path, version } = await draft(owner, "As it was meant");
  const form = { day: day(3), time: "09:30", zone: "UTC", if_unmodified_since: version };
  await post(owner.api, `${path}/schedule`, form);
  await page.goto(`${path}?edit=text`);
  await expect(page.locator(".toolbar")).toBeVisible();
  await page.locator("textarea[name=text]").fill("As it was m");
  await expect(page.locator(".composer-state")).toHaveText("Not saved yet");
  // Longer than drafts wait before they are saved.
  await page.waitForTimeout(2_500);
  await page.goto(path);
  await expect(page.getByText("As it was meant").last()).toBeVisible();
  await post(owner.api, `${path}/unschedule`, {});
  await post(owner.api, `${path}/discard`, {});
});

test("a time that the clock skips is said to be later", async ({ page, owner }) => {
  const { path } = await draft(owner, "In the night of the long hour");
  await page.goto(`${path}/confirm`);
  await page.getByText("Send at a time instead").click();
  const plan = page.locator("form[action$='/schedule']");
  await plan.getByLabel("Day").fill(nightWithAGap());
  await plan.getByLabel("Time", { exact: true }).fill("02:30");
  await plan.getByLabel("Time zone").selectOption("Europe/Berlin");
  await plan.getByRole("button").click();
  await expect(page.getByRole("status")).toContainText("skips the time you chose");
  await expect(page.getByText("03:30 (Europe/Berlin, UTC+02:00)")).toBeVisible();
  await post(owner.api, `${path}/unschedule`, {});
  await post(owner.api, `${path}/discard`, {});
});

test("what is due goes out by itself", async ({ page, owner }) => {
  const { path, version } = await draft(owner, "By itself");
  const now = new Date().toISOString();
  const form = { day: now.slice(0, 10), time: now.slice(11, 16), zone: "UTC", if_unmodified_since: version };
  await post(owner.api, `${path}/schedule`, form);
  await expect(async () => {
    await page.goto(path);
    await expect(page.getByText(/sending|done/).first()).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
  await page.goto("/w/audit");
  await expect(page.getByText("Scheduler").first()).toBeVisible();
  await page.goto(path);
  if ((await page.locator("form[action$='/cancel'] button").count()) > 0) {
    await post(owner.api, `${path}/cancel`, {});
  }
});
