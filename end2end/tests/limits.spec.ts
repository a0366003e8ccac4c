// Too often: what one sees, how long it takes, and that it ends.

import { expect, submit, test } from "./support.ts";

const FORM = "form:has(input[name=password])";

test("signing up too often says how long it takes, and keeps what was typed", async ({
  page,
  newcomer,
  wasm,
  complaints,
}) => {
  await page.goto("/auth/register");
  for (let n = 0; n < 4; n += 1) {
    await page.locator("input[name=name]").fill(newcomer.name);
    await page.locator("input[name=email]").fill(newcomer.email);
    // Refused for its weakness, and counted all the same.
    await page.locator("input[name=password]").fill("short");
    await submit(page.locator(FORM));
    await expect(page.getByRole("alert")).toBeVisible();
  }
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("You can go on in");
  await expect(alert).toBeFocused();
  await expect(page.locator("input[name=name]")).toHaveValue(newcomer.name);
  await expect(page.locator("input[name=email]")).toHaveValue(newcomer.email);
  if (wasm) {
    const timer = page.getByRole("timer");
    await expect(timer).toContainText(/9:\d\d to go/);
    const before = await timer.innerText();
    await expect(timer).not.toHaveText(before, { useInnerText: true });
  }
  complaints.expect(/422/);
  complaints.expect(/429/);
});
