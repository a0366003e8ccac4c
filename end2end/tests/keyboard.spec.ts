// The main job up to the last look before sending, without a mouse: Tab, Enter, and letters.

import { expectFocusInSight, tabTo } from "./hands.ts";
import { asOwner, draft, expect, readCode, test } from "./support.ts";

test("from the first page to the last look before sending, without a mouse", async ({
  page,
  newcomer,
}) => {
  test.slow();
  const { keyboard } = page;
  await page.goto("/");
  await tabTo(page, page.getByRole("link", { name: "Create your account" }));
  await keyboard.press("Enter");
  await tabTo(page, page.locator("input[name=name]"));
  await keyboard.type(newcomer.name);
  await keyboard.press("Tab");
  await keyboard.type(newcomer.email);
  await keyboard.press("Tab");
  await keyboard.type(newcomer.password);
  await keyboard.press("Enter");

  await expect(page.locator("input[name=code]"), "waits for the code").toBeFocused();
  await keyboard.type(await readCode(newcomer.email));
  await keyboard.press("Enter");

  await tabTo(page, page.getByRole("button", { name: "Try with a sandbox bot" }));
  await keyboard.press("Enter");
  await expect(page).toHaveURL(/\/bots\/sandbox_[a-z]+_bot/);
  const people = page.getByRole("heading", { name: "Sandbox people are pressing Start" });
  await expect(people).toBeVisible();
  // Somebody must be there to be sent to. The page looks again by itself, from its beginning.
  await expect(page.getByText("can be written to")).toBeVisible({ timeout: 15_000 });
  await expect(async () => {
    await tabTo(page, page.getByRole("link", { name: "New broadcast" }));
    await keyboard.press("Enter");
    await expect(page).toHaveURL(/\/broadcasts\/new$/, { timeout: 1_000 });
  }).toPass();

  await tabTo(page, page.locator("textarea[name=text]"));
  await keyboard.type("Written with ten fingers");
  await tabTo(page, page.getByRole("button", { name: "Continue" }));
  await keyboard.press("Enter");
  await expect(page).toHaveURL(/\/confirm$/);
  await tabTo(page, page.getByRole("button", { name: /^Send to/ }));
  await expect(page.getByRole("button", { name: /^Send to/ })).toBeFocused();
});

asOwner("the first stop leads past the navigation", async ({ page, owner }) => {
  for (const path of ["/bots", `${owner.bot}/broadcasts`]) {
    await page.goto(path);
    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: "Skip to the content" });
    await expect(skip).toBeFocused();
    await expect(skip).toBeInViewport();
    await page.keyboard.press("Enter");
    await expect(page.locator("#main")).toBeFocused();
    await page.keyboard.press("Tab");
    const inside = await page.evaluate(() => document.activeElement?.closest("main") !== null);
    expect(inside, "the next stop is in the content").toBe(true);
  }
});

asOwner("every stop of a page can be seen, and the focus comes back round", async ({
  page,
  owner,
}) => {
  asOwner.slow();
  for (const path of ["/bots", `${owner.bot}/subscribers`, `${owner.bot}/settings`, "/w/audit", "/account"]) {
    await page.goto(path);
    let stops = 0;
    do {
      await page.keyboard.press("Tab");
      await expectFocusInSight(page);
      stops += 1;
    } while (stops < 200 && (await page.evaluate(() => document.activeElement !== document.body)));
    expect(stops, path).toBeGreaterThan(5);
    expect(stops, `${path}: no trap`).toBeLessThan(200);
  }
});

test("what went wrong is where the focus is", async ({ page, complaints }) => {
  await page.goto("/auth/login");
  await tabTo(page, page.locator("input[name=email]"));
  await page.keyboard.type("robin@example.test");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Not-the-password-7");
  await page.keyboard.press("Enter");
  await expect(page.locator(".error-summary")).toBeFocused();

  // Before the code, which has the focus otherwise.
  await page.goto("/auth/verify?email=robin%40example.test");
  await page.keyboard.type("12345");
  await page.keyboard.press("Enter");
  await expect(page.locator(".error-summary")).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.locator("input[name=code]")).toBeFocused();
  complaints.expect(/422/);
});

asOwner("a question opens, keeps the focus, and gives it back", async ({ page, owner }) => {
  await page.goto((await draft(owner, "Keep me")).path);
  const open = page.getByRole("button", { name: "Throw the draft away" });
  await tabTo(page, open);
  await page.keyboard.press("Enter");
  const question = page.getByRole("dialog", { name: "Throw this draft away?" });
  await expect(question).toBeVisible();
  await tabTo(page, question.getByRole("button", { name: "Keep it" }));
  await page.keyboard.press("Escape");
  await expect(question).toBeHidden();
  await expect(open).toBeFocused();
});
