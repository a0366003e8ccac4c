// The log is narrowed by its address, files are made of it and of the whole workspace, and two people who
// edit the same thing lose nothing.

import { readFile } from "node:fs/promises";

import { asOwner as test, axeViolations, expect, submit } from "./support.ts";

test("audit.visible: the log is narrowed, its address says by what, and a file holds the same", async ({ page }) => {
  await page.goto("/w/audit");
  expect(await axeViolations(page)).toEqual([]);
  await page.getByLabel("What happened").selectOption("bot.connected");
  await submit(page.locator("form:has(select[name=kind])"));
  await expect(page).toHaveURL(/kind=bot\.connected/);
  const lines = page.getByRole("table", { name: "Audit log" }).getByRole("row").filter({ hasText: "connected the sandbox bot" });
  await expect(lines).toHaveCount(1);
  await lines.locator("summary").click();
  await expect(lines.getByText("bot.connected")).toBeVisible();

  const coming = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export as CSV" }).click();
  const text = await readFile(await (await coming).path(), "utf8");
  expect(text.split("\r\n").filter((line) => line.includes("bot.connected"))).toHaveLength(1);
  expect(text.startsWith("time,line,person,")).toBe(true);

  await page.goto("/w/audit?kind=%27%20or%20true%20--");
  await expect(page.getByText("No line matches")).toBeVisible();
});

test("everything of the workspace is written to files and fetched", async ({ page, owner }) => {
  await page.goto("/w/export");
  expect(await axeViolations(page)).toEqual([]);
  const again = page.locator("input[name=again]");
  if (await again.isVisible()) {
    await again.fill(owner.password);
  }
  await page.getByRole("button", { name: "Write an export" }).click();
  const files = page.getByRole("table", { name: "Files of the export" });
  await expect(async () => {
    await page.goto("/w/export");
    await expect(files).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
  expect(await axeViolations(page)).toEqual([]);

  const coming = page.waitForEvent("download");
  await page.getByRole("link", { name: "subscribers.csv" }).click();
  const text = await readFile(await (await coming).path(), "utf8");
  const lines = text.trimEnd().split("\r\n");
  expect(lines[0]).toContain("bot,chat,name,username");
  expect(lines.length, "a thousand people, and more who came meanwhile").toBeGreaterThan(2);

  await page.goto("/w/audit?kind=workspace.export_fetched");
  await expect(page.getByText("fetched subscribers.csv of the export").first()).toBeVisible();
});

test("data.optimistic: whoever saves second sees both versions and keeps their own", async ({
  page,
  owner,
  complaints,
}) => {
  await page.goto(`${owner.bot}/broadcasts/new`);
  await page.locator("textarea[name=text]").fill("The first version");
  await submit(page.locator("form.composer"));
  // The address may be that of the draft before the answer has come.
  await expect(page).toHaveURL(/\/broadcasts\/[0-9a-f-]{36}\/confirm$/);
  const address = new URL(page.url()).pathname.replace(/\/confirm$/, "");
  await page.goto(address);
  const version = await page.locator("input[name=if_unmodified_since]").inputValue();

  // Somebody else saves while this page is open.
  const saved = await owner.api.post(address, {
    form: { text: "What Olga wrote", if_unmodified_since: version },
  });
  expect(saved.status()).toBe(200);

  // As a browser posts it whose scripts have not heard of that.
  await page.locator("textarea[name=text]").fill("What I wrote");
  await page.locator("form.composer").evaluate((form: HTMLFormElement) => form.submit());
  await expect(page.getByText("Somebody changed this draft meanwhile")).toBeVisible();
  await expect(page.locator("pre.theirs")).toHaveText("What Olga wrote");
  await expect(page.locator("textarea[name=text]")).toHaveValue(/What I wrote/);
  expect(await axeViolations(page)).toEqual([]);

  complaints.expect(/409/);

  await submit(page.locator("form.composer"));
  await expect(page).toHaveURL(/\/confirm$/);
  await page.goto(address);
  await expect(page.locator("textarea[name=text]")).toHaveValue(/What I wrote/);
});
