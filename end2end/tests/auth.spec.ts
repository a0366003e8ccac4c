// Getting in, getting out, and everything that one can type wrong on the way.

import type { Page } from "@playwright/test";

import {
  type Person,
  address,
  expect,
  mailsTo,
  person,
  readCode,
  register,
  signIn,
  submit,
  test,
} from "./support.ts";

const PASSWORD_FORM = "form:has(input[name=password])";
const CODE_FORM = "form:has(input[name=code])";

/** A form whose fields the browser does not look at first, so that the server has to. */
async function unchecked(page: Page, form: string) {
  const found = page.locator(form);
  await found.evaluate((element) => {
    element.setAttribute("novalidate", "");
    for (const input of element.querySelectorAll("[maxlength]")) {
      input.removeAttribute("maxlength");
    }
  });
  return found;
}

interface Case {
  /** What is wrong. */
  name: string;
  typed: Partial<Person>;
  /** The field and what is said there. */
  field: keyof Person;
  message: RegExp;
}

const STRONG = "Not-a-secret-7";
const BAD: Case[] = [
  { name: "no name", typed: { name: "" }, field: "name", message: /name/ },
  { name: "a name of spaces", typed: { name: "   " }, field: "name", message: /name/ },
  { name: "81 characters of name", typed: { name: "n".repeat(81) }, field: "name", message: /80/ },
  {
    name: "a name that turns the line around",
    typed: { name: "Robin\u202Egnp.exe" },
    field: "name",
    message: /name/i,
  },
  { name: "no address", typed: { email: "" }, field: "email", message: /Enter your email/ },
  { name: "no host", typed: { email: "robin" }, field: "email", message: /name@example/ },
  { name: "two hosts", typed: { email: "a@b@c" }, field: "email", message: /name@example/ },
  {
    name: "an address with markup",
    typed: { email: "\"><b>x</b>@example.test" },
    field: "email",
    message: /name@example/,
  },
  {
    name: "320 characters of address",
    typed: { email: `${"a".repeat(307)}@example.test` },
    field: "email",
    message: /254/,
  },
  { name: "no password", typed: { password: "" }, field: "password", message: /Choose/ },
  { name: "a short one", typed: { password: "Abc-1" }, field: "password", message: /10 characters/ },
  {
    name: "one without digits",
    typed: { password: "Only-Letters" },
    field: "password",
    message: /a digit/,
  },
  {
    name: "a common one",
    typed: { password: "Password123!" },
    field: "password",
    message: /attackers/,
  },
  {
    name: "73 bytes of password",
    typed: { password: `Aa1-${"x".repeat(69)}` },
    field: "password",
    message: /71 bytes/,
  },
  {
    name: "18 emoji, which are 72 bytes",
    typed: { password: "🪶".repeat(18) },
    field: "password",
    message: /71 bytes/,
  },
];

test("what cannot be taken is said at its field, and what was typed stays", async ({
  page,
  complaints,
}) => {
  await page.goto("/auth/register");
  for (const { name, typed, field, message } of BAD) {
    await test.step(name, async () => {
      // More tries than one address has.
      await page.setExtraHTTPHeaders({ "x-forwarded-for": address() });
      const who = { name: "Robin", email: "robin@example.test", password: STRONG, ...typed };
      const form = await unchecked(page, PASSWORD_FORM);
      for (const key of ["name", "email", "password"] as const) {
        await form.locator(`input[name=${key}]`).fill(who[key]);
      }
      const answer = page.waitForResponse((got) => got.request().method() === "POST");
      await submit(form);
      expect((await answer).status()).toBe(422);

      const wrong = page.locator(`input[name=${field}]`);
      await expect(wrong).toHaveAttribute("aria-invalid", "true");
      await expect(wrong).toHaveAccessibleDescription(message);
      await expect(page.getByRole("alert").getByRole("link")).toHaveText([message]);
      await expect(page.locator("[aria-invalid]")).toHaveCount(1);
      await expect(page.locator("input[name=name]")).toHaveValue(who.name);
      await expect(page.locator("input[name=email]")).toHaveValue(who.email);
      await expect(page.locator("input[name=password]")).toHaveValue("");
      if (who.password !== "") {
        expect(await page.content()).not.toContain(who.password);
      }
    });
  }
  complaints.expect(/422/);
});

test("all that is wrong is said at once, and leads to its field", async ({ page, complaints }) => {
  await page.goto("/auth/register");
  await submit(await unchecked(page, PASSWORD_FORM));
  const summary = page.getByRole("alert");
  await expect(summary).toContainText("3 things");
  await expect(summary).toBeFocused();
  await expect(summary.getByRole("link")).toHaveText([/name/, /email/, /password/]);
  await summary.getByRole("link").nth(1).click();
  await expect(page.locator("input[name=email]")).toBeFocused();
  complaints.expect(/422/);
});

test("unusual names and addresses are taken and shown as they were typed", async ({ page }) => {
  const who = { ...person("<b>Ann & \"Bo\"</b> O’Neil ü 🪶"), password: "Grüße-aus-Köln-7🪶" };
  who.email = who.email.replace("robin.", "Robin.O'Neil+News.").replace("example", "EXAMPLE");
  await register(page, who);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(who.name);
  await page.goto("/account");
  await expect(page.getByText(who.name).first()).toBeVisible();
  await expect(page.getByText(who.email).first()).toBeVisible();
  await expect(page.locator("main b")).toHaveCount(0);

  // In lower case it is the same person.
  await submit(page.locator("main form[action='/auth/logout']"));
  await expect(page).toHaveURL(/\/auth\/login$/);
  await signIn(page, { ...who, email: who.email.toLowerCase() });
  await expect(page).toHaveURL(/\/$/);
});

test("a wrong code is refused, a mistyped address mended, the right code lets in", async ({
  page,
  newcomer,
  complaints,
}) => {
  const mistyped = person();
  await page.goto("/auth/register?next=%2Fbots%2Fconnect");
  const form = page.locator(PASSWORD_FORM);
  await form.locator("input[name=name]").fill(mistyped.name);
  await form.locator("input[name=email]").fill(mistyped.email);
  await form.locator("input[name=password]").fill(mistyped.password);
  await submit(form);
  await expect(page.getByText(mistyped.email)).toBeVisible();

  await page.getByRole("link", { name: "Mend it" }).click();
  await expect(form.locator("input[name=email]")).toHaveValue(mistyped.email);
  await form.locator("input[name=name]").fill(newcomer.name);
  await form.locator("input[name=email]").fill(newcomer.email);
  await form.locator("input[name=password]").fill(newcomer.password);
  await submit(form);
  await expect(page.getByText(newcomer.email)).toBeVisible();

  const right = await readCode(newcomer.email);
  const wrong = right === "000000" ? "000001" : "000000";
  for (const [code, message] of [
    ["", /Enter the code/],
    ["12345", /six digits/],
    ["abcdef", /six digits/],
    [wrong, /code/],
    // A code belongs to one address.
    [await readCode(mistyped.email), /code/],
  ] as const) {
    const asked = await unchecked(page, CODE_FORM);
    await asked.locator("input[name=code]").fill(code === right ? wrong : code);
    await submit(asked);
    await expect(page.locator("input[name=code]")).toHaveAccessibleDescription(message);
    await expect(page.locator("input[name=code]")).toHaveValue("");
    await expect(page.getByText(newcomer.email)).toBeVisible();
  }
  complaints.expect(/422/);

  // Written in two groups, as people read it aloud.
  await page.locator("input[name=code]").fill(`${right.slice(0, 3)} ${right.slice(3)}`);
  await submit(page.locator(CODE_FORM));
  await expect(page).toHaveURL(/\/bots\/connect$/);
});

test("another code comes once a minute, and nobody learns who has an account", async ({
  page,
  newcomer,
  complaints,
}) => {
  await page.goto(`/auth/verify?email=${encodeURIComponent(newcomer.email)}`);
  const another = page.getByRole("button", { name: "Send another code" });
  await another.click();
  await expect(page.getByText("Another code is on its way")).toBeVisible();
  await another.click();
  await expect(page.getByRole("alert")).toContainText(/second|minute|moment/);
  await expect(page.getByText(newcomer.email)).toBeVisible();
  complaints.expect(/429/);
  expect(await mailsTo(newcomer.email)).toEqual([]);
});

test("signing out and in again", async ({ page, newcomer, complaints }) => {
  await register(page, newcomer);
  await page.goto("/account");
  await submit(page.locator("main form[action='/auth/logout']"));
  await expect(page).toHaveURL(/\/auth\/login$/);
  const left = (await page.context().cookies()).map((cookie) => cookie.name);
  expect(left, "only that somebody has signed in here before").toEqual([
    expect.stringMatching(/gannet-browser$/),
  ]);
  await page.goBack();
  await expect(page, "nothing is left in the browser's cache").toHaveURL(/\/auth\/login/);

  await page.goto("/auth/login");
  await page.locator("input[name=email]").fill(newcomer.email);
  await page.locator("input[name=password]").fill(`${newcomer.password}x`);
  await submit(page.locator(PASSWORD_FORM));
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("do not belong together");
  const said = await alert.innerText();
  await expect(page.locator("input[name=email]")).toHaveValue(newcomer.email);
  await expect(page.locator("input[name=password]")).toHaveValue("");

  await page.locator("input[name=email]").fill(person().email);
  await page.locator("input[name=password]").fill(newcomer.password);
  await submit(page.locator(PASSWORD_FORM));
  await expect(alert, "alike for an address that nobody has").toHaveText(said, {
    useInnerText: true,
  });
  complaints.expect(/422/);

  await signIn(page, newcomer);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(newcomer.name);
});

test("signing in leads to where one wanted to go, and never to another site", async ({
  page,
  owner,
}) => {
  const enter = async () => {
    await page.locator("input[name=email]").fill(owner.email);
    await page.locator("input[name=password]").fill(owner.password);
    await submit(page.locator(PASSWORD_FORM));
  };
  await page.goto(`${owner.bot}/subscribers?status=active`);
  await expect(page).toHaveURL(/\/auth\/login\?next=/);
  await enter();
  await expect(page).toHaveURL(`${owner.bot}/subscribers?status=active`);

  for (const next of ["//evil.test/", "https://evil.test/", "/\\evil.test", "/\t/evil.test"]) {
    await page.context().clearCookies();
    await page.goto(`/auth/login?next=${encodeURIComponent(next)}`);
    await enter();
    await expect(page, next).toHaveURL("/");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Overview");
  }
});

test("whoever is signed in needs no sign-in page", async ({ page, newcomer }) => {
  await register(page, newcomer);
  for (const path of ["/auth/login", "/auth/register", "/auth/verify"]) {
    await page.goto(path);
    await expect(page, path).toHaveURL("/");
  }
});

test("auth.cookies: only our cookies, and no script can read them", async ({
  page,
  newcomer,
  baseURL,
}) => {
  const jar = page.context();
  await page.goto("/");
  expect(await jar.cookies(), "a visitor gets none").toEqual([]);

  await register(page, newcomer);
  const https = baseURL?.startsWith("https:") === true;
  const ours = { path: "/", httpOnly: true, secure: https, sameSite: "Lax" };
  const name = https ? "__Host-gannet" : "gannet";
  const known = https ? "__Host-gannet-browser" : "gannet-browser";
  const all = await jar.cookies();
  expect(all.map((cookie) => cookie.name).sort()).toEqual([name, known].sort());
  expect(all.find((cookie) => cookie.name === known)).toMatchObject(ours);
  const session = all.find((cookie) => cookie.name === name);
  // A domain without a dot before it: this host alone, none below it.
  expect(session).toMatchObject({ ...ours, name, domain: new URL(baseURL ?? "").hostname });
  const days = ((session?.expires ?? 0) - Date.now() / 1000) / 86_400;
  expect(days).toBeGreaterThan(29);
  expect(days).toBeLessThanOrEqual(30);

  await page.goto("/account");
  await page.locator("main form[action='/theme'] button[value=dark]").click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  const theme = (await jar.cookies()).filter((cookie) => !cookie.name.includes("gannet"));
  expect(theme).toMatchObject([{ ...ours, name: https ? "__Host-theme" : "theme", value: "dark" }]);
  expect(await page.evaluate(() => document.cookie)).toBe("");
});
