import { expect, test } from "./support.ts";

test("the server says that it is well", async ({ page }) => {
  for (const path of ["/healthz", "/livez"]) {
    const answer = await page.request.get(path);
    expect(answer.status(), path).toBe(200);
  }
});

test("the first page comes, and nothing of it is loaded from elsewhere", async ({ page, baseURL }) => {
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== baseURL && url.protocol !== "data:") {
      elsewhere.push(request.url());
    }
  });
  const answer = await page.goto("/");
  expect(answer?.status()).toBe(200);
  await expect(page.locator("h1")).toBeVisible();
  await page.waitForLoadState("networkidle");
  expect(elsewhere).toEqual([]);
});
