// The main job, as a newcomer does it: sign up, a sandbox bot, a thousand people, one broadcast.

import { axeViolations, clickUntil, expect, register, submit, test } from "./support.ts";

test("a newcomer sends a broadcast to a thousand people and finds it in the audit log", async ({
  page,
  newcomer,
  wasm,
}) => {
  test.setTimeout(150_000);
  await register(page, newcomer);

  await page.goto("/");
  await submit(page.locator("form[action='/bots/sandbox']").first());
  await expect(page).toHaveURL(/\/bots\/sandbox_[a-z]+_bot/);
  const bot = new URL(page.url()).pathname;
  await expect(async () => {
    await page.goto(`${bot}/subscribers`);
    await expect(page.locator("tbody tr").first()).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 15_000 });

  await page.goto(`${bot}/broadcasts/new`);
  const text = page.locator("textarea[name=text]");
  if (wasm) {
    await expect(async () => {
      await text.fill("Spring is **here** 🌱");
      await expect(page.getByText("17 / 4,096")).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 15_000 });
  } else {
    await text.fill("Spring is **here** 🌱");
  }
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page).toHaveURL(/\/confirm/);

  // A thousand press Start within 20 seconds; a few of them block the bot or leave at once.
  let audience = 0;
  await expect(async () => {
    await page.reload();
    const button = await page.getByRole("button", { name: /^Send to/ }).textContent({ timeout: 1_000 });
    const before = audience;
    audience = Number(button?.replace(/\D/g, ""));
    expect(audience).toBeGreaterThan(900);
    expect(audience).toBe(before);
  }).toPass({ intervals: [1_000], timeout: 60_000 });
  expect(await axeViolations(page)).toEqual([]);
  await page.getByRole("button", { name: /^Send to/ }).click();
  await expect(page).toHaveURL(/\/broadcasts\/[0-9a-f-]+$/);
  await expect(page.getByText("sending").first()).toBeVisible();

  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("paused").first()).toBeVisible();
  await page.getByRole("button", { name: "Resume" }).click();

  await expect(page.getByText("done").first()).toBeVisible({ timeout: 90_000 });
  await page.goto("/w/audit");
  // Who left between the look and the press is not among them.
  await expect(page.getByText(/sent a broadcast to 9\d\d recipients/)).toBeVisible();
  await expect(page.getByText(/finished a broadcast/)).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
});

test("the composer keeps what was typed across a reload @wasm", async ({ page, newcomer }) => {
  await register(page, newcomer);
  await page.goto("/");
  await submit(page.locator("form[action='/bots/sandbox']").first());
  await expect(page).toHaveURL(/\/bots\/sandbox_[a-z]+_bot/);
  await page.goto(`${new URL(page.url()).pathname}/broadcasts/new`);
  const text = page.locator("textarea[name=text]");
  await clickUntil(text, async () => {
    await text.fill("Not yet finished");
    await expect(page.getByText("16 / 4,096")).toBeVisible({ timeout: 1_000 });
  });
  await expect(page).toHaveURL(/\/broadcasts\/[0-9a-f-]{36}/, { timeout: 6_000 });
  await page.reload();
  await expect(page.locator("textarea[name=text]")).toHaveValue("Not yet finished");
});
