// What must not be lost: a text, a decision, the way back.

import type { BrowserContext } from "@playwright/test";

import { type Owner, asOwner, draft, expect, post, register, submit, test } from "./support.ts";

/** The session ends: its cookie is gone, as after thirty days. */
async function expire(context: BrowserContext): Promise<void> {
  await context.clearCookies({ name: /gannet/ });
}

asOwner("a session that ends in the middle of a draft loses no letter", async ({
  page,
  owner,
  complaints,
}) => {
  const typed = "**Precious** <b>& \"quoted\"</b>\n\n  indented 🪶";
  await page.goto(`${owner.bot}/broadcasts/new`);
  await expire(page.context());
  await page.locator("textarea[name=text]").fill(typed);
  await page.getByRole("button", { name: "Continue" }).click();

  await expect(page.getByRole("alert")).toContainText("Your session has ended");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
  // A typing error on the way changes nothing.
  for (const password of [`${owner.password}x`, owner.password]) {
    await page.locator("input[name=email]").fill(owner.email);
    await page.locator("input[name=password]").fill(password);
    await submit(page.locator("form:has(input[name=password])"));
  }
  await expect(page.locator("textarea[name=text]")).toHaveValue(typed);
  complaints.expect(/401/);
  complaints.expect(/422/);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page).toHaveURL(/\/confirm$/);
  await page.getByRole("link", { name: "Back to the text" }).click();
  await expect(page.locator("textarea[name=text]")).toHaveValue(typed);
});

asOwner("a session that ends while settings are changed", async ({ page, owner, complaints }) => {
  await page.goto(`${owner.bot}/settings`);
  await expire(page.context());
  await page.locator("textarea[name=goodbye]").fill("Come back soon");
  await page.getByRole("button", { name: "Save the texts" }).click();
  await page.locator("input[name=email]").fill(owner.email);
  await page.locator("input[name=password]").fill(owner.password);
  await submit(page.locator("form:has(input[name=password])"));
  await expect(page.locator("textarea[name=goodbye]")).toHaveValue("Come back soon");
  complaints.expect(/401/);
});

asOwner("pressing Send twice sends once", async ({ page, owner, complaints }) => {
  const { path, version } = await draft(owner, `Twice? ${Date.now()}`);
  const press = () => owner.api.post(`${path}/send`, { form: { version } });
  const answers = await Promise.all([press(), press(), press()]);
  expect(answers.map((answer) => answer.status()).sort()).toEqual([200, 409, 409]);
  await post(owner.api, `${path}/cancel`, {});

  const another = await draft(owner, `Double click? ${Date.now()}`);
  await page.goto(`${another.path}/confirm`);
  await page.getByRole("button", { name: /^Send to/ }).dblclick();
  await expect(page).toHaveURL(new RegExp(`${another.path}(/send)?$`));
  // The second press may still find the button, and is told that it is being sent.
  complaints.allow(/409/);
  await page.goto(another.path);
  await expect(page.getByText("sending").first()).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Cancel it for good" }).click();
  await expect(page.getByText("cancelled").first()).toBeVisible();
});

asOwner("an old tab cannot write over a newer text unseen", async ({ page, owner, complaints }) => {
  const { path } = await draft(owner, "As it was");
  const other = await page.context().newPage();
  await page.goto(path);
  await other.goto(path);

  await other.locator("textarea[name=text]").fill("Theirs, newer");
  await other.getByRole("button", { name: "Continue" }).click();
  await expect(other).toHaveURL(/\/confirm$/);

  await page.locator("textarea[name=text]").fill("Mine, older");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("alert")).toContainText("Your text is still here");
  await expect(page.locator("textarea[name=text]")).toHaveValue("Mine, older");
  await expect(page.locator("pre")).toHaveText("Theirs, newer");
  complaints.expect(/409/);

  // Seen, and meant.
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page).toHaveURL(/\/confirm$/);
  await expect(page.locator(".bubble-text")).toHaveText("Mine, older");

  // What the other tab shows is not what would be sent.
  await other.getByRole("button", { name: /^Send to/ }).click();
  await expect(other.getByRole("alert")).toContainText("changed after you looked");
  complaints.expect(/409/);
});

asOwner("what was posted is not offered again as unsaved @wasm", async ({ page, owner }) => {
  const text = page.locator("textarea[name=text]");
  await page.goto(`${owner.bot}/broadcasts/new`);
  await expect(page.getByRole("group", { name: "Style" }), "the composer is live").toBeVisible();
  await text.fill("Posted at once");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page).toHaveURL(/\/confirm$/);
  await page.goto(`${owner.bot}/broadcasts/new`);
  await expect(page.getByRole("group", { name: "Style" })).toBeVisible();
  await expect(page.getByText("This browser kept a text")).toBeHidden();
});

asOwner("a text that the network kept away is offered again @wasm", async ({
  page,
  owner,
  complaints,
}) => {
  const text = page.locator("textarea[name=text]");
  await page.goto(`${owner.bot}/broadcasts/new`);
  await expect(page.getByRole("group", { name: "Style" })).toBeVisible();
  await page.context().setOffline(true);
  await text.fill("Typed in a tunnel");
  await expect(page.getByText("No connection. Your text is kept here")).toBeVisible();
  complaints.expect(/ERR_INTERNET_DISCONNECTED/);
  await page.context().setOffline(false);
  await page.goto(`${owner.bot}/broadcasts/new`);
  await page.getByRole("button", { name: "Take it" }).click();
  await expect(text).toHaveValue("Typed in a tunnel");
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
});

asOwner("hostile texts are shown as text, and refused where Telegram would", async ({
  page,
  owner,
  complaints,
}) => {
  const hostile = "<script>alert(1)</script> <img src=x onerror=alert(2)> [x](javascript:alert(3))";
  await page.goto(`${owner.bot}/settings`);
  const [welcome, goodbye] = [
    page.locator("textarea[name=welcome]"),
    page.locator("textarea[name=goodbye]"),
  ];
  const save = page.getByRole("button", { name: "Save the texts" });
  await welcome.fill(`${hostile}\n\u202Eesrever "quoted" </textarea>`);
  await goodbye.fill("Bye");
  await save.click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await expect(welcome).toHaveValue(`${hostile}\n\u202Eesrever "quoted" </textarea>`);
  const bubble = page.locator(".bubble-text").first();
  await expect(bubble).toContainText("<script>alert(1)</script>");
  await expect(bubble.locator("script, img, [href^=javascript]")).toHaveCount(0);

  await welcome.fill("x".repeat(4097));
  await save.click();
  await expect(welcome).toHaveAccessibleDescription(/4,?096/);
  await expect(welcome).toHaveValue("x".repeat(4097));
  await expect(goodbye).toHaveValue("Bye");
  complaints.expect(/422/);
});

asOwner("a form that is far too long gets a page that says so", async ({
  page,
  owner,
  complaints,
}) => {
  await page.goto(`${owner.bot}/settings`);
  const welcome = page.locator("textarea[name=welcome]");
  await welcome.evaluate((field) => field.removeAttribute("maxlength"));
  await welcome.fill("ü".repeat(60_000));
  await page.getByRole("button", { name: "Save the texts" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("That is too much at once");
  await expect(page.getByText(/Request/)).toBeVisible();
  complaints.expect(/413/);
  await page.goBack();
  await expect(welcome, "the browser still has it").toHaveValue("ü".repeat(60_000));
});

asOwner("a message cannot end the title or the field that it stands in", async ({ page, owner }) => {
  const hostile = "</title></textarea><h1>Not ours</h1>";
  const { path, version } = await draft(owner, hostile);
  await page.goto(path);
  await expect(page.locator("textarea[name=text]")).toHaveValue(hostile);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Draft");
  await post(owner.api, `${path}/send`, { version });
  await post(owner.api, `${path}/cancel`, {});
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText([hostile]);
  await expect(page).toHaveTitle(new RegExp(`^${hostile}`));
});

const NOWHERE: [what: string, path: (owner: Owner) => string, status: number][] = [
  ["a bot that does not exist", () => "/bots/no_such_bot", 403],
  ["a word that is no bot's name", () => "/bots/%3Cb%3E/settings", 403],
  ["a person who does not exist", ({ bot }) => `${bot}/subscribers/1`, 404],
  ["a person who is no number", ({ bot }) => `${bot}/subscribers/ann`, 404],
  [
    "a broadcast that does not exist",
    ({ bot }) => `${bot}/broadcasts/00000000-0000-7000-8000-000000000000`,
    404,
  ],
  ["a broadcast that is no id", ({ bot }) => `${bot}/broadcasts/%00`, 404],
  ["the confirmation of nothing", ({ bot }) => `${bot}/broadcasts/x/confirm`, 404],
];

asOwner("what is not there gets a page that leads on", async ({ page, owner, complaints }) => {
  for (const [what, path, status] of NOWHERE) {
    await test.step(what, async () => {
      const answer = await page.goto(path(owner));
      expect(answer?.status()).toBe(status);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(/access|nothing here/);
      await expect(page.getByRole("link", { name: "Go to the start" })).toBeVisible();
      await expect(page.locator(".problem code")).toBeVisible();
    });
  }
  complaints.expect(/403|404/);
});

asOwner("a stranger cannot tell somebody's bot from none", async ({ page, newcomer, owner, complaints }) => {
  await page.context().clearCookies();
  await register(page, newcomer);
  const said = async (path: string) => {
    const answer = await page.goto(path);
    const main = await page.getByRole("main").innerText();
    return [answer?.status(), main.replace(/Request \S+/, "")];
  };
  const none = await said("/bots/no_such_bot/broadcasts");
  expect(await said(`${owner.bot}/broadcasts`)).toEqual(none);
  expect(none[0]).toBe(403);
  complaints.expect(/403/);
});
