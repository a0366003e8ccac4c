// Two-step sign-in: setting it up, bringing the code, and doing without the app.

import { createHmac } from "node:crypto";

import type { Page } from "@playwright/test";

import { type Person, axeViolations, expect, register, signIn, submit, test } from "./support.ts";

const CODE_FORM = "form:has(input[name=code])";

/** What an authenticator app does with a key (RFC 6238). `ahead` of the step that is now. */
function totp(key: string, ahead = 0): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key.replaceAll(" ", "")]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const secret = new Uint8Array((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const hash = createHmac("sha1", secret).update(counter).digest();
  const from = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Waits until the current step lasts for a while, so that no code runs out under way. */
async function room(page: Page): Promise<void> {
  const left = 30_000 - (Date.now() % 30_000);
  if (left < 12_000) {
    await page.waitForTimeout(left);
  }
}

/** Types a code; the form goes by itself where there are scripts, and by its button elsewhere. */
async function bring(page: Page, code: string, wasm: boolean): Promise<void> {
  const input = page.locator("input[name=code]");
  if (!wasm) {
    await input.fill(code);
    await submit(page.locator(CODE_FORM));
    return;
  }
  // Nothing tells when the island has woken, and what stood there before says nothing to it.
  await expect(async () => {
    if (await input.isVisible()) {
      await input.fill("");
      await input.fill(code);
    }
    await expect(input).toBeHidden({ timeout: 1_000 });
  }).toPass({ timeout: 15_000 });
}

/** Sets it up with the code of the previous step. Gives the key and the backup codes. */
async function enrol(page: Page, wasm: boolean): Promise<{ key: string; codes: string[] }> {
  await page.goto("/account");
  await page.getByRole("link", { name: "Two-step", exact: true }).click();
  await page.getByRole("button", { name: "Set it up" }).click();
  await expect(page.getByRole("img", { name: /QR code/ })).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  const key = await page.locator(".copy code").innerText();
  await room(page);
  await bring(page, totp(key, -1), wasm);
  await expect(page.getByRole("heading", { name: "Your backup codes" })).toBeVisible();
  const codes = (await page.locator(".backup-codes code").innerText()).trim().split(/\s+/);
  expect(codes).toHaveLength(8);
  return { key, codes };
}

async function signOut(page: Page): Promise<void> {
  await page.goto("/account");
  await page.locator("main").getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/auth\/login/);
}

/** Gives the password, and comes to the second step. */
async function password(page: Page, who: Person): Promise<void> {
  await signIn(page, who);
  await expect(page).toHaveURL(/\/auth\/2fa/);
}

test("two-step sign-in is set up, and asked for from then on", async ({ page, newcomer, wasm }) => {
  await register(page, newcomer);
  const { key, codes } = await enrol(page, wasm);
  expect(await axeViolations(page)).toEqual([]);

  const link = page.getByRole("link", { name: "Keep as a file" });
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  expect(download.suggestedFilename()).toBe("gannet-backup-codes.txt");
  await page.getByRole("link", { name: "I have kept them" }).click();
  await expect(page.getByText("8 backup codes left.")).toBeVisible();

  await signOut(page);
  await password(page, newcomer);
  expect(await axeViolations(page)).toEqual([]);
  await page.goto("/bots");
  await expect(page, "nothing else is reachable yet").toHaveURL(/\/auth\/login/);
  await password(page, newcomer);
  await bring(page, totp(key), wasm);
  await expect(page).not.toHaveURL(/\/auth\//);

  await signOut(page);
  await password(page, newcomer);
  await page.getByRole("link", { name: "Use a backup code" }).click();
  await page.locator("input[name=code]").fill(codes[0] ?? "");
  await submit(page.locator(CODE_FORM));
  await expect(page).not.toHaveURL(/\/auth\//);
  await page.goto("/account/two-factor");
  await expect(page.getByText("7 backup codes left.")).toBeVisible();
});

test("a wrong code is said at its field, and a used one does not work again", async ({
  page,
  newcomer,
  complaints,
  wasm,
}) => {
  await register(page, newcomer);
  const { codes } = await enrol(page, wasm);
  await signOut(page);
  for (const code of ["12345", codes[0] ?? ""]) {
    await password(page, newcomer);
    await page.goto("/auth/2fa?with=backup");
    await page.locator("input[name=code]").fill(code);
    await submit(page.locator(CODE_FORM));
    if (code === "12345") {
      await expect(page.locator("#f-code-error")).toContainText("six digits");
    }
  }
  await expect(page).not.toHaveURL(/\/auth\//);
  await signOut(page);
  await password(page, newcomer);
  await page.goto("/auth/2fa?with=backup");
  await page.locator("input[name=code]").fill(codes[0] ?? "");
  await submit(page.locator(CODE_FORM));
  await expect(page.locator("#f-code-error")).toContainText("used already");
  complaints.expect(/422/);
});

test("it is turned off with password and code, by keyboard alone", async ({
  page,
  newcomer,
  wasm,
}) => {
  await register(page, newcomer);
  const { codes } = await enrol(page, wasm);
  await page.goto("/account/two-factor?change=off");
  await page.locator("input[name=password]").focus();
  await page.keyboard.type(newcomer.password);
  await page.locator("input[name=code]").focus();
  await page.keyboard.type(codes[0] ?? "");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Two-step sign-in is off.")).toBeVisible();
  await signOut(page);
  await signIn(page, newcomer);
  await expect(page).not.toHaveURL(/\/auth\//);
});

test.describe("on a phone", () => {
  const WIDTH = 360;
  test.use({ viewport: { width: WIDTH, height: 720 }, hasTouch: true, isMobile: true });

  test("two-step sign-in is set up and asked for, and nothing is wider than the phone", async ({
    page,
    newcomer,
    wasm,
  }) => {
    const fits = async (): Promise<void> => {
      const wide = await page.evaluate(() => document.scrollingElement?.scrollWidth);
      expect(wide, page.url()).toBeLessThanOrEqual(WIDTH);
    };
    await register(page, newcomer);
    await page.goto("/account/two-factor");
    await page.getByRole("button", { name: "Set it up" }).tap();
    await expect(page.getByRole("img", { name: /QR code/ })).toBeVisible();
    await fits();
    const key = await page.locator(".copy code").innerText();
    await room(page);
    await bring(page, totp(key, -1), wasm);
    await expect(page.getByRole("heading", { name: "Your backup codes" })).toBeVisible();
    await fits();
    await signOut(page);
    await password(page, newcomer);
    await fits();
    await bring(page, totp(key), wasm);
    await expect(page).not.toHaveURL(/\/auth\//);
  });
});
