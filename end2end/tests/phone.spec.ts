// The pages of the main job in one hand: 360 pixels wide, and fingers.

import { expectToFit, PHONE, tap } from "./hands.ts";
import { asOwner, draft, expect, post, test } from "./support.ts";

test.describe("a stranger's phone", () => {
  test.use(PHONE);

  test("from the first page to the code", async ({ page, newcomer }) => {
    await page.goto("/");
    await expectToFit(page);
    await tap(page.getByRole("link", { name: "Create your account" }));
    await page.locator("input[name=name]").fill(newcomer.name);
    await page.locator("input[name=email]").fill(newcomer.email);
    await page.locator("input[name=password]").fill(newcomer.password);
    await expectToFit(page);
    await tap(page.getByRole("button", { name: "Create account" }));
    const code = page.locator("input[name=code]");
    await expect(code).toHaveAttribute("inputmode", "numeric");
    await expect(code).toHaveAttribute("autocomplete", "one-time-code");
    await expectToFit(page);
  });
});

asOwner.describe("an owner's phone", () => {
  asOwner.use(PHONE);

  asOwner("writes, looks, sends, holds and ends a broadcast", async ({ page, owner }) => {
    await page.goto("/");
    await expectToFit(page);
    await tap(page.getByRole("link", { name: "New broadcast" }).first());
    await page.locator("textarea[name=text]").fill("**Written** with a thumb");
    await expectToFit(page);
    await tap(page.getByRole("button", { name: "Continue" }));
    await expect(page).toHaveURL(/\/confirm$/);
    await expectToFit(page);
    await tap(page.getByRole("button", { name: /^Send to/ }));
    await expect(page.getByText("sending").first()).toBeVisible();
    await expectToFit(page);
    await tap(page.getByRole("button", { name: "Pause" }));
    await expect(page.getByText("paused").first()).toBeVisible();
    await tap(page.getByRole("button", { name: "Cancel" }));
    await expectToFit(page);
    await tap(page.getByRole("button", { name: "Cancel it for good" }));
    await expect(page.getByText("cancelled").first()).toBeVisible();
    await expectToFit(page);
    await page.goto(owner.bot);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  });

  asOwner("goes everywhere by the bar, the tabs and the menu", async ({ page, owner }) => {
    await page.goto("/bots");
    const bar = page.getByRole("navigation", { name: "Places" });
    for (const name of ["Audit log", "Account", "Overview", "Bots"]) {
      await tap(bar.getByRole("link", { name }));
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
      await expect(bar.locator("[aria-current=page]")).toHaveText(name);
    }
    // All of the row leads there, not only the name.
    await page.getByRole("row", { name: owner.bot.slice("/bots/".length) }).tap();
    const tabs = page.locator(".tabs");
    for (const name of ["Subscribers", "Broadcasts", "Settings"]) {
      await tap(tabs.getByRole("link", { name }));
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
      await expectToFit(page);
    }
    await tap(page.getByRole("button", { name: "Menu" }));
    const menu = page.getByRole("navigation", { name: "Main" });
    await expect(menu).toBeVisible();
    await expectToFit(page);
    await menu.getByRole("link", { name: "Subscribers" }).tap();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Subscribers");
    await expect(menu).toBeHidden();
  });

  asOwner("long words break instead of widening the page", async ({ page, owner }) => {
    const endless = "W".repeat(600);
    const { path, version } = await draft(owner, `${endless}\n\n> ${endless}\n\n\`${endless}\``);
    for (const rest of ["", "/confirm"]) {
      await page.goto(`${path}${rest}`);
      await expectToFit(page);
    }
    await post(owner.api, `${path}/send`, { version });
    await post(owner.api, `${path}/cancel`, {});
    for (const address of [path, `${owner.bot}/broadcasts`]) {
      await page.goto(address);
      await expectToFit(page);
    }
  });
});
